/* io/stream.c - theory of operation
 *
 *   LOOKUP   DNS is asked for the name (skipped for literals and known addresses)
 *   RACE     TCP, io/race.h
 *   PROXY    CONNECT on the bare socket; we read the head of the answer and not a byte more
 *   TLS      handshake inside a bufferevent; then the pin
 *   UP       bytes
 *   DOWN     the owner knows; waits for stream_close
 *   CLOSED   stream_close was called from inside a call; waits for the outermost leave()
 *
 * A deferred call makes the first step, so that no call comes from inside stream_open.  One timer
 * limits all steps up to UP together.
 *
 * A call into the owner may close the stream.  Every entry from the loop is between enter() and
 * leave().  A stream that was closed in between is freed by the outermost leave(), so the code
 * before that may still look at it, and borrowed bytes stay valid.
 *
 * Bounded: what waits to be written (STREAM_WRITE_MAX), what is read ahead (READ_AHEAD), the
 * proxy's answer, the time.
 */
#include "io/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include "io/dialer_inside.h"
#include "io/proxy.h"
#include "io/race.h"
#include "io/socket_address.h"
#include "wire/nat64.h"

enum { READ_AHEAD = 64 << 10, WHERE_MAX = STREAM_HOST_MAX + 16 };

enum stream_state { LOOKUP, RACE, PROXY, TLS, UP, DOWN, CLOSED };

struct stream {
	struct dialer *d;
	struct stream_config cfg; /* its strings point into own */
	struct {
		char *host, *name, *ca_file, *proxy;
	} own;
	enum stream_state state;
	unsigned depth; /* entries from the loop that have not left yet */
	char where[WHERE_MAX];
	struct proxy proxy;
	char by[PROXY_TEXT_MAX]; /* the proxy, without its password; "": none */
	struct endpoint remote;
	struct loop_deferred *start;
	struct loop_timer *limit;
	struct lookup *lookup;
	struct race *race;
	int fd; /* until the bufferevent has it; -1: none */
	struct loop_fd *watch;
	char head[PROXY_ANSWER_MAX]; /* of the proxy's answer */
	size_t n_head;
	struct bufferevent *bev;
};

/* --- the end --- */

static void release(struct stream *s)
{
	loop_deferred_free(s->start);
	loop_timer_free(s->limit);
	lookup_stop(s->lookup);
	race_stop(s->race);
	loop_fd_free(s->watch);
	if (s->fd >= 0)
		close(s->fd);
	if (s->bev)
		bufferevent_free(s->bev);
	OPENSSL_cleanse(&s->proxy, sizeof(s->proxy));
	if (s->own.proxy)
		OPENSSL_cleanse(s->own.proxy, strlen(s->own.proxy)); /* may hold a password */
	free(s->own.host);
	free(s->own.name);
	free(s->own.ca_file);
	free(s->own.proxy);
	free(s);
}

static void enter(struct stream *s)
{
	s->depth++;
}

static void leave(struct stream *s)
{
	if (--s->depth == 0 && s->state == CLOSED)
		release(s);
}

void stream_close(struct stream *s)
{
	if (!s)
		return;
	s->state = CLOSED;
	if (s->bev) {
		bufferevent_setcb(s->bev, NULL, NULL, NULL, NULL);
		bufferevent_disable(s->bev, EV_READ | EV_WRITE);
	}
	if (s->depth == 0)
		release(s);
}

/* Stops everything, and then tells the owner. */
static void fail(struct stream *s, const char *why)
{
	if (s->state == DOWN || s->state == CLOSED)
		return;
	s->state = DOWN;
	loop_timer_set(s->limit, MONO_NEVER);
	loop_fd_free(s->watch);
	s->watch = NULL;
	lookup_stop(s->lookup);
	s->lookup = NULL;
	race_stop(s->race);
	s->race = NULL;
	if (s->bev) {
		bufferevent_setcb(s->bev, NULL, NULL, NULL, NULL);
		bufferevent_disable(s->bev, EV_READ | EV_WRITE);
	}
	s->cfg.calls.down(s->cfg.calls.self, why);
}

static const char *stage_text(const struct stream *s)
{
	switch (s->state) {
	case LOOKUP:
		return "while its address was looked up";
	case RACE:
		return s->proxy.host[0] ? "while the proxy was dialled" : "while it was dialled";
	case PROXY:
		return "while the proxy connected to it";
	case TLS:
		return "in the TLS handshake";
	case UP:
	case DOWN:
	case CLOSED:
		break;
	}
	return "";
}

static void on_limit(void *self)
{
	struct stream *s = self;
	char why[FAILURE_MAX];
	mono_ns limit = s->cfg.limit ? s->cfg.limit : STREAM_CONNECT_LIMIT;
	enter(s);
	failure_say(why, "%s did not answer within %.3g s (%s)", s->where,
		    (double)limit / (double)SECOND, stage_text(s));
	fail(s, why);
	leave(s);
}

/* --- up --- */

static void go_up(struct stream *s)
{
	struct stream_up up = {.remote = s->remote, .by_proxy = s->proxy.host[0] != 0};
	SSL *ssl = s->cfg.trust == STREAM_PLAIN ? NULL : bufferevent_openssl_get_ssl(s->bev);
	if (ssl) {
		up.tls = SSL_version(ssl);
		tls_meta_cn(ssl, up.meta_cn);
	}
	s->state = UP;
	loop_timer_set(s->limit, MONO_NEVER);
	s->cfg.calls.up(s->cfg.calls.self, &up);
}

static void on_bytes(struct bufferevent *bev, void *self)
{
	struct stream *s = self;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n;
	enter(s);
	while (s->state == UP && (n = evbuffer_get_contiguous_space(in)) > 0) {
		const uint8_t *p = evbuffer_pullup(in, (ev_ssize_t)n);
		s->cfg.calls.bytes(s->cfg.calls.self, (struct bytes){p, n});
		if (s->state == UP)
			evbuffer_drain(in, n);
	}
	leave(s);
}

static void on_writable(struct bufferevent *bev, void *self)
{
	struct stream *s = self;
	enter(s);
	if (s->state == UP)
		s->cfg.calls.writable(s->cfg.calls.self);
	leave(s);
}

static void on_broken(struct stream *s, short what)
{
	char why[FAILURE_MAX];
	int error = EVUTIL_SOCKET_ERROR();
	unsigned long tls_error = bufferevent_get_openssl_error(s->bev);
	if (tls_error)
		tls_failure(bufferevent_openssl_get_ssl(s->bev), tls_error, s->where, why);
	else if (what & BEV_EVENT_EOF || error == 0)
		failure_say(why, "%s%s%s closed the connection%s", s->where,
			    s->by[0] ? " or the proxy " : "", s->by,
			    s->state == TLS ? " in the TLS handshake" : "");
	else
		failure_say(why, "the connection to %s broke: %s", s->where, strerror(error));
	fail(s, why);
}

static void on_event(struct bufferevent *bev, short what, void *self)
{
	struct stream *s = self;
	char why[FAILURE_MAX];
	enter(s);
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		on_broken(s, what);
	else if (what & BEV_EVENT_CONNECTED && s->state == TLS) {
		if (s->cfg.trust == STREAM_PIN &&
		    !tls_check_pin(bufferevent_openssl_get_ssl(bev), s->cfg.pin, s->where, why))
			fail(s, why);
		else
			go_up(s);
	}
	leave(s);
}

static struct bufferevent *wrap(struct stream *s, char *why)
{
	struct event_base *base = loop_base(s->d->l);
	if (s->cfg.trust == STREAM_PLAIN)
		return bufferevent_socket_new(base, s->fd, BEV_OPT_CLOSE_ON_FREE);
	SSL_CTX *ctx = dialer_context(s->d, s->cfg.trust, s->cfg.ca_file, why);
	if (!ctx)
		return NULL;
	SSL *ssl = tls_new(ctx, s->cfg.trust, s->cfg.host, s->cfg.name);
	SSL_CTX_free(ctx);
	if (!ssl)
		return NULL;
	struct bufferevent *bev = bufferevent_openssl_socket_new(
		base, s->fd, ssl, BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		SSL_free(ssl);
	return bev;
}

/* The socket leads to the server: TLS, or up at once. */
static void begin_bytes(struct stream *s)
{
	char why[FAILURE_MAX] = "out of memory";
	s->state = TLS;
	s->bev = wrap(s, why);
	if (!s->bev) {
		fail(s, why);
		return;
	}
	s->fd = -1;
	bufferevent_setcb(s->bev, on_bytes, on_writable, on_event, s);
	bufferevent_setwatermark(s->bev, EV_READ, 0, READ_AHEAD);
	bufferevent_setwatermark(s->bev, EV_WRITE, STREAM_WRITE_MAX / 2, 0);
	if (s->cfg.trust == STREAM_PLAIN)
		go_up(s);
	if (s->state == TLS || s->state == UP)
		bufferevent_enable(s->bev, EV_READ | EV_WRITE);
}

bool stream_is_stranded(const struct stream *s)
{
	int fd = s->bev ? (int)bufferevent_getfd(s->bev) : s->fd;
	if (s->state == RACE)
		return race_is_stranded(s->race);
	return fd >= 0 && socket_is_stranded(fd);
}

const char *stream_proxy(const struct stream *s)
{
	return s->by[0] ? s->by : NULL;
}

size_t stream_room(const struct stream *s)
{
	if (s->state != UP)
		return 0;
	size_t waiting = evbuffer_get_length(bufferevent_get_output(s->bev));
	return waiting < STREAM_WRITE_MAX ? STREAM_WRITE_MAX - waiting : 0;
}

bool stream_write(struct stream *s, struct bytes b)
{
	if (b.n > stream_room(s))
		return false;
	return bufferevent_write(s->bev, b.p, b.n) == 0;
}

/* --- the proxy --- */

static void proxy_failed(struct stream *s, const char *what)
{
	char why[FAILURE_MAX];
	failure_say(why, "the proxy %s does not connect to %s: %s", s->by, s->where, what);
	fail(s, why);
}

/* Reads up to the end of the head, and no more. 1: the head is whole, 0: not yet, -1: it never will
 * be. */
static int read_head(struct stream *s)
{
	size_t room = sizeof(s->head) - 1 - s->n_head;
	ssize_t n = recv(s->fd, s->head + s->n_head, room, MSG_PEEK);
	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
	s->head[s->n_head + (size_t)n] = 0;
	const char *end = strstr(s->head, "\r\n\r\n");
	size_t take = end ? (size_t)(end + 4 - s->head) - s->n_head : (size_t)n;
	if (recv(s->fd, s->head + s->n_head, take, 0) != (ssize_t)take)
		return -1;
	s->n_head += take;
	s->head[s->n_head] = 0;
	if (end)
		return 1;
	return s->n_head < sizeof(s->head) - 1 ? 0 : -1;
}

static void on_proxy(void *self, unsigned ready)
{
	struct stream *s = self;
	char why[FAILURE_MAX];
	enter(s);
	int got = read_head(s);
	if (got < 0) {
		proxy_failed(s, "it closed the connection, or is no HTTP proxy");
	} else if (got > 0) {
		loop_fd_free(s->watch);
		s->watch = NULL;
		if (proxy_answer(&s->proxy, s->head, why))
			begin_bytes(s);
		else
			proxy_failed(s, why);
	}
	leave(s);
}

static void begin_proxy(struct stream *s)
{
	uint8_t request[PROXY_REQUEST_MAX];
	struct wr w = wr_of(request, sizeof(request));
	s->state = PROXY;
	proxy_request(&w, &s->proxy, s->cfg.host, s->cfg.port);
	ssize_t sent = w.bad ? -1 : send(s->fd, request, w.n, MSG_NOSIGNAL);
	OPENSSL_cleanse(request, sizeof(request));
	s->watch = loop_fd_new(s->d->l, s->fd, (struct loop_fd_call){on_proxy, s});
	if (sent != (ssize_t)w.n || !s->watch)
		proxy_failed(s, "the request could not be sent");
	else
		loop_fd_want(s->watch, LOOP_READ);
}

/* --- to a socket --- */

static void on_raced(void *self, int fd, const struct endpoint *to, const char *what)
{
	struct stream *s = self;
	char why[FAILURE_MAX];
	enter(s);
	if (fd < 0) {
		if (s->proxy.host[0])
			failure_say(why, "cannot reach the proxy %s for %s: %s", s->by, s->where,
				    what);
		else
			failure_say(why, "cannot reach %s: %s", s->where, what);
		fail(s, why);
	} else {
		s->fd = fd;
		s->remote = *to;
		if (s->proxy.host[0])
			begin_proxy(s);
		else
			begin_bytes(s);
	}
	leave(s);
}

/* In a network that has only IPv6, its NAT64 leads to IPv4 addresses (netcheck.md 10). */
static struct ip way_to(const struct dialer *d, const struct ip *ip)
{
	if (d->nat64.ip.family == 0 || !nat64_translates(&d->nat64, ip))
		return *ip;
	return nat64_embed(&d->nat64, ip);
}

static bool has(const struct endpoint *v, size_t n, const struct endpoint *e)
{
	for (size_t i = 0; i < n; i++)
		if (endpoint_equal(&v[i], e))
			return true;
	return false;
}

static void begin_race(struct stream *s, const struct ip *v, size_t n)
{
	struct endpoint to[LOOKUP_MAX];
	size_t n_to = 0;
	for (size_t i = 0; i < n; i++) {
		struct endpoint e = {.ip = way_to(s->d, &v[i]),
				     .port = s->proxy.host[0] ? s->proxy.port : s->cfg.port};
		if (!has(to, n_to, &e)) /* DNS64 may have given the same address */
			to[n_to++] = e;
	}
	s->state = RACE;
	s->race = race_start(s->d->l, to, n_to, (struct race_call){on_raced, s});
	if (!s->race)
		fail(s, "out of memory");
}

static void on_found(void *self, const struct ip *v, size_t n, const char *what)
{
	struct stream *s = self;
	char why[FAILURE_MAX];
	enter(s);
	s->lookup = NULL;
	if (n > 0) {
		begin_race(s, v, n);
	} else {
		failure_say(
			why,
			"cannot find the address of %s: %s; is the name right, and does DNS work?",
			s->proxy.host[0] ? s->proxy.host : s->cfg.host, what);
		fail(s, why);
	}
	leave(s);
}

/* Addresses that need no DNS. */
static size_t known_addresses(const struct stream *s, struct ip v[static 2])
{
	size_t n = 0;
	if (ip_parse(&v[0], s->proxy.host[0] ? s->proxy.host : s->cfg.host))
		return 1;
	if (s->proxy.host[0])
		return 0;
	if (s->cfg.known6.family)
		v[n++] = s->cfg.known6;
	if (s->cfg.known4.family)
		v[n++] = s->cfg.known4;
	return n;
}

static bool choose_proxy(struct stream *s, char *why)
{
	bool ok = true;
	if (!s->cfg.proxy)
		ok = proxy_from_environment(&s->proxy, s->cfg.host, s->cfg.port,
					    s->cfg.trust != STREAM_PLAIN, why);
	else if (s->cfg.proxy[0])
		ok = proxy_parse(&s->proxy, s->cfg.proxy, why);
	if (ok)
		(void)proxy_format(s->by, &s->proxy);
	return ok;
}

static void on_start(void *self)
{
	struct stream *s = self;
	char why[FAILURE_MAX];
	struct ip v[2];
	enter(s);
	if (!choose_proxy(s, why)) {
		fail(s, why);
	} else {
		size_t n = known_addresses(s, v);
		if (n > 0) {
			begin_race(s, v, n);
		} else {
			const char *host = s->proxy.host[0] ? s->proxy.host : s->cfg.host;
			struct lookup *k =
				lookup_start(s->d, host, (struct lookup_call){on_found, s});
			if (s->state == LOOKUP)
				s->lookup = k;
		}
	}
	leave(s);
}

/* --- the beginning --- */

/* Sets *text to a copy of itself, which *own keeps. NULL stays NULL. False: out of memory. */
static bool copy_text(char **own, const char **text)
{
	if (!*text)
		return true;
	*own = strdup(*text);
	*text = *own;
	return *own != NULL;
}

static bool copy_config(struct stream *s, const struct stream_config *cfg)
{
	s->cfg = *cfg;
	if (!s->cfg.name)
		s->cfg.name = cfg->host;
	return copy_text(&s->own.host, &s->cfg.host) && copy_text(&s->own.name, &s->cfg.name) &&
	       copy_text(&s->own.ca_file, &s->cfg.ca_file) &&
	       copy_text(&s->own.proxy, &s->cfg.proxy);
}

struct stream *stream_open(struct dialer *d, const struct stream_config *cfg)
{
	struct stream *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->d = d;
	s->fd = -1;
	bool ok = copy_config(s, cfg);
	snprintf(s->where, sizeof(s->where), strchr(cfg->host, ':') ? "[%s]:%u" : "%s:%u",
		 cfg->host, cfg->port);
	s->start = loop_deferred_new(d->l, (struct loop_call){on_start, s});
	s->limit = loop_timer_new(d->l, (struct loop_call){on_limit, s});
	if (!ok || !s->start || !s->limit) {
		release(s);
		return NULL;
	}
	loop_deferred_ask(s->start);
	loop_timer_set(s->limit, loop_now(d->l) + (cfg->limit ? cfg->limit : STREAM_CONNECT_LIMIT));
	return s;
}

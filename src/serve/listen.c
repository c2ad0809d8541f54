/* listen.c - the streams of a server
 *
 * A stream is
 *
 *   GREETING   with its first owner, until the time limit
 *   GIVEN      with an owner that took it over, for as long as both sides like
 *   LINGERING  its last bytes are on the way; it is closed when the other side has closed, or at
 *              the time limit: the one of its greeting, else a new one of the same length
 *
 * A stream is always read.  An owner that wants more than LISTEN_INPUT_MAX bytes waits for ever.
 * `writable` is called when less than UNSENT_LOW bytes wait to be sent.  The kernel is asked
 * to take no more than NOT_SENT_MAX ahead: nobody can drop what lies there.
 *
 * Bounded: streams by the configuration, all of them and those of one host; the input of each by
 * LISTEN_INPUT_MAX, its output by its owner.
 */
#include "serve/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "io/bind.h"
#include "io/random.h"
#include "io/socket_address.h"
#include "serve/hosts.h"

/* The limits of TCP: docs/protocol/derp.md 5.6. */
enum {
	UNSENT_LOW = 8 * 1024,
	NOT_SENT_MAX = 64 * 1024,
	ACCEPT_AT_ONCE = 64,
	TCP_TIMEOUT_MS = 15 * 1000, /* for bytes that are not acknowledged */
	TCP_IDLE_S = 600
};
#define ACCEPT_PAUSE (200 * MSEC) /* when there are no file descriptors left */

enum stream_state { GREETING, GIVEN, LINGERING };

struct listen_stream {
	struct listen *l;
	struct bufferevent *bev;
	struct listen_owner owner;
	struct listen_stream *before, *after;
	mono_ns since; /* when its time limit began */
	uint32_t host; /* in `hosts` */
	uint8_t state; /* enum stream_state */
	bool tls;
};

/* Streams in the order in which they came. */
struct stream_list {
	struct listen_stream *first, *last;
};

struct port {
	struct listen *l;
	int fd[BIND_FAMILIES];
	struct port_watch {
		struct port *port;
		struct loop_fd *watch;
		int fd;
	} watch[BIND_FAMILIES];
	bool tls;
};

struct listen {
	struct listen_config cfg;
	SSL_CTX *tls;
	struct port ports[LISTEN_PORTS_MAX];
	size_t n_ports;
	struct stream_list limited, given; /* limited: GREETING and LINGERING, the oldest first */
	struct loop_timer *timer, *accept_again;
	struct hosts hosts;
	struct listen_stats stats;
};

/* --- streams --- */

static void list_add(struct stream_list *list, struct listen_stream *s)
{
	s->after = NULL;
	s->before = list->last;
	if (list->last)
		list->last->after = s;
	else
		list->first = s;
	list->last = s;
}

static void list_remove(struct stream_list *list, struct listen_stream *s)
{
	if (s->before)
		s->before->after = s->after;
	else
		list->first = s->after;
	if (s->after)
		s->after->before = s->before;
	else
		list->last = s->before;
}

static struct stream_list *list_of(struct listen_stream *s)
{
	return s->state == GIVEN ? &s->l->given : &s->l->limited;
}

/* TLS's own end of a stream, if it can be sent at once. */
static void say_goodbye(struct listen_stream *s)
{
	SSL *ssl = s->tls ? bufferevent_openssl_get_ssl(s->bev) : NULL;
	if (ssl && SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}

void listen_close(struct listen_stream *s)
{
	list_remove(list_of(s), s);
	s->owner.gone(s->owner.self);
	say_goodbye(s);
	bufferevent_free(s->bev);
	hosts_leave(&s->l->hosts, s->host);
	s->l->stats.streams--;
	free(s);
}

static void close_all(struct stream_list *list)
{
	for (struct listen_stream *s = list->first, *next; s; s = next) {
		next = s->after;
		listen_close(s);
	}
}

void listen_give(struct listen_stream *s, const struct listen_owner *owner)
{
	list_remove(list_of(s), s);
	s->state = GIVEN;
	list_add(&s->l->given, s);
	s->owner = *owner;
}

uint64_t listen_host(const struct listen_stream *s)
{
	return s->host;
}

size_t listen_unsent(const struct listen_stream *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->bev));
}

/* If there is no memory for it the stream says less than it should; its owner goes on. */
void listen_write(struct listen_stream *s, struct bytes b)
{
	(void)bufferevent_write(s->bev, b.p, b.n);
}

/* first: of those whose time is limited; NULL: there is none. */
static void arm(struct listen *l, const struct listen_stream *first)
{
	loop_timer_set(l->timer, first ? first->since + l->cfg.greeting_max : MONO_NEVER);
}

static void set_timer(struct listen *l)
{
	arm(l, l->limited.first);
}

/* Called again when all is sent. */
static void linger(struct listen_stream *s)
{
	if (s->state == GIVEN) {
		list_remove(&s->l->given, s);
		list_add(&s->l->limited, s);
		s->since = loop_now(s->l->cfg.loop);
		set_timer(s->l);
	}
	s->state = LINGERING;
	bufferevent_setwatermark(s->bev, EV_WRITE, 0, 0);
	if (listen_unsent(s) > 0)
		return;
	say_goodbye(s);
	shutdown(bufferevent_getfd(s->bev), SHUT_WR);
}

static void on_timer(void *self)
{
	struct listen *l = self;
	mono_ns now = loop_now(l->cfg.loop);
	struct listen_stream *s = l->limited.first, *next;
	for (; s && s->since + l->cfg.greeting_max <= now; s = next) {
		next = s->after;
		l->stats.slow += s->state == GREETING;
		listen_close(s);
	}
	arm(l, s);
}

/* --- what the bufferevent tells --- */

/* The first run of bytes that lies in one piece. */
static struct bytes first_bytes(struct evbuffer *in)
{
	size_t n = evbuffer_get_contiguous_space(in);
	return (struct bytes){n ? evbuffer_pullup(in, (ev_ssize_t)n) : NULL, n};
}

/* False: the stream is closed, or its owner wants to see more bytes first. */
static bool feed(struct listen_stream *s, struct evbuffer *in)
{
	size_t used = 0;
	switch (s->owner.input(s->owner.self, first_bytes(in), &used)) {
	case LISTEN_ON:
		break;
	case LISTEN_LINGER:
		linger(s);
		break;
	case LISTEN_CLOSE:
		listen_close(s);
		return false;
	}
	evbuffer_drain(in, used);
	return used > 0 || s->state == LINGERING;
}

static void on_read(struct bufferevent *bev, void *self)
{
	struct listen_stream *s = self;
	struct evbuffer *in = bufferevent_get_input(bev);
	while (s->state != LINGERING && evbuffer_get_length(in) > 0)
		if (!feed(s, in))
			return;
	evbuffer_drain(in, evbuffer_get_length(in));
}

static void on_written(struct bufferevent *bev, void *self)
{
	struct listen_stream *s = self;
	if (s->state == LINGERING)
		linger(s);
	else if (s->owner.writable)
		s->owner.writable(s->owner.self);
}

static void on_event(struct bufferevent *bev, short what, void *self)
{
	struct listen_stream *s = self;
	if (what & BEV_EVENT_CONNECTED)
		return; /* TLS is up */
	if (s->tls && s->state == GREETING && bufferevent_get_openssl_error(bev) != 0)
		s->l->stats.tls_failed++;
	listen_close(s);
}

/* --- accepting --- */

static void set_options(int fd)
{
	static const int on = 1, timeout_ms = TCP_TIMEOUT_MS, idle_s = TCP_IDLE_S,
			 not_sent = NOT_SENT_MAX;
	/* All of them make it better, none is needed. */
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &not_sent, sizeof(not_sent));
	(void)!setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)!setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s));
}

static struct bufferevent *wrap_tls(struct listen *l, int fd)
{
	SSL *ssl = l->tls ? SSL_new(l->tls) : NULL;
	struct bufferevent *bev = NULL;
	if (ssl)
		bev = bufferevent_openssl_socket_new(loop_base(l->cfg.loop), fd, ssl,
						     BUFFEREVENT_SSL_ACCEPTING,
						     BEV_OPT_CLOSE_ON_FREE);
	if (bev)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	else
		SSL_free(ssl);
	return bev;
}

/* The fd is closed with it, or here if it cannot be had. */
static struct bufferevent *wrap(struct listen *l, int fd, bool tls)
{
	struct bufferevent *bev =
		tls ? wrap_tls(l, fd)
		    : bufferevent_socket_new(loop_base(l->cfg.loop), fd, BEV_OPT_CLOSE_ON_FREE);
	if (!bev)
		close(fd);
	return bev;
}

/* NULL, with the fd closed: out of memory, or there is no certificate yet. */
static struct listen_stream *stream_new(struct listen *l, int fd, bool tls)
{
	struct listen_stream *s = calloc(1, sizeof(*s));
	struct bufferevent *bev = wrap(l, fd, tls);
	if (s && bev) {
		*s = (struct listen_stream){.l = l,
					    .bev = bev,
					    .since = loop_now(l->cfg.loop),
					    .state = GREETING,
					    .tls = tls};
		if (l->cfg.accept.fn(l->cfg.accept.self, s, &s->owner))
			return s;
	}
	if (bev)
		bufferevent_free(bev);
	free(s);
	return NULL;
}

static void open_stream(struct listen *l, int fd, uint32_t host, bool tls)
{
	set_options(fd);
	struct listen_stream *s = stream_new(l, fd, tls);
	if (!s) {
		hosts_leave(&l->hosts, host);
		return;
	}
	s->host = host;
	list_add(&l->limited, s);
	l->stats.streams++;
	l->stats.accepted++;
	bufferevent_setwatermark(s->bev, EV_READ, 0, LISTEN_INPUT_MAX);
	bufferevent_setwatermark(s->bev, EV_WRITE, UNSENT_LOW, 0);
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	set_timer(l);
}

static void want_accept(struct listen *l, unsigned what)
{
	for (size_t i = 0; i < l->n_ports; i++)
		for (int f = 0; f < BIND_FAMILIES; f++)
			if (l->ports[i].watch[f].watch)
				loop_fd_want(l->ports[i].watch[f].watch, what);
}

static void on_accept_again(void *self)
{
	want_accept(self, LOOP_READ);
}

/* Without a pause the loop would spin: the connection stays in the kernel's queue. */
static void pause_accepting(struct listen *l)
{
	mono_ns now = loop_now(l->cfg.loop);
	log_seldom(l->cfg.log, LOG_AT_WARNING, "no descriptors", now,
		   "no file descriptors left for more clients: raise the limit (LimitNOFILE=)");
	l->stats.refused++;
	want_accept(l, 0);
	loop_timer_set(l->accept_again, now + ACCEPT_PAUSE);
}

/* Sets *host if it may. */
static bool may_come(struct listen *l, const struct sockaddr_storage *sa, uint32_t *host)
{
	struct endpoint from = {0};
	char text[IP_TEXT_MAX];
	if (l->stats.streams >= l->cfg.streams_max)
		return false;
	if (!socket_address_read(&from, sa))
		from = (struct endpoint){0};
	if (hosts_enter(&l->hosts, &from.ip, host))
		return true;
	log_seldom(l->cfg.log, LOG_AT_WARNING, "host full", loop_now(l->cfg.loop),
		   "%s has %u connections already: more of them are turned away "
		   "(--streams-per-host)",
		   ip_format(&from.ip, text), l->cfg.host_streams_max);
	return false;
}

static void on_accept(void *self, unsigned ready)
{
	struct port_watch *w = self;
	struct listen *l = w->port->l;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		struct sockaddr_storage from = {0};
		socklen_t n = sizeof(from);
		int fd = accept4(w->fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				pause_accepting(l);
			return;
		}
		uint32_t host;
		if (may_come(l, &from, &host)) {
			open_stream(l, fd, host, w->port->tls);
			continue;
		}
		l->stats.refused++;
		close(fd);
	}
}

/* --- ports --- */

static void close_port(struct port *p)
{
	for (int i = 0; i < BIND_FAMILIES; i++) {
		loop_fd_free(p->watch[i].watch);
		p->watch[i].watch = NULL;
	}
	bind_close(p->fd);
}

bool listen_open(struct listen *l, const struct endpoint *at, bool tls, uint16_t *port,
		 char why[static FAILURE_MAX])
{
	if (l->n_ports == LISTEN_PORTS_MAX)
		return failure_say(why, "no more than %d ports can be listened on",
				   LISTEN_PORTS_MAX);
	struct port *p = &l->ports[l->n_ports];
	*p = (struct port){.l = l, .tls = tls};
	if (!bind_port(p->fd, at, BIND_TCP, why))
		return false;
	for (int i = 0; i < BIND_FAMILIES; i++) {
		p->watch[i] = (struct port_watch){p, NULL, p->fd[i]};
		if (p->fd[i] < 0)
			continue;
		p->watch[i].watch = loop_fd_new(l->cfg.loop, p->fd[i],
						(struct loop_fd_call){on_accept, &p->watch[i]});
		if (!p->watch[i].watch) {
			close_port(p);
			return failure_say(why, "out of memory for a listening port");
		}
		loop_fd_want(p->watch[i].watch, LOOP_READ);
	}
	*port = bind_port_of(p->fd);
	l->n_ports++;
	return true;
}

void listen_set_tls(struct listen *l, SSL_CTX *ctx)
{
	SSL_CTX_up_ref(ctx);
	SSL_CTX_free(l->tls);
	l->tls = ctx;
}

void listen_stop(struct listen *l)
{
	for (size_t i = 0; i < l->n_ports; i++)
		close_port(&l->ports[i]);
	l->n_ports = 0;
	loop_timer_set(l->accept_again, MONO_NEVER);
}

/* --- beginning and end --- */

struct listen *listen_new(const struct listen_config *cfg)
{
	struct listen *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->cfg = *cfg;
	if (cfg->greeting_max == 0)
		l->cfg.greeting_max = LISTEN_GREETING_MAX;
	const struct rng rng = random_source();
	const bool ok = hosts_init(&l->hosts, cfg->streams_max, cfg->host_streams_max, &rng);
	l->timer = loop_timer_new(cfg->loop, (struct loop_call){on_timer, l});
	l->accept_again = loop_timer_new(cfg->loop, (struct loop_call){on_accept_again, l});
	if (ok && l->timer && l->accept_again)
		return l;
	listen_free(l);
	return NULL;
}

void listen_free(struct listen *l)
{
	if (!l)
		return;
	if (l->accept_again)
		listen_stop(l);
	close_all(&l->limited);
	close_all(&l->given);
	loop_timer_free(l->timer);
	loop_timer_free(l->accept_again);
	SSL_CTX_free(l->tls);
	hosts_fini(&l->hosts);
	free(l);
}

const struct listen_stats *listen_stats(const struct listen *l)
{
	return &l->stats;
}

/* relay_listen.c - the streams of a relay
 *
 * A stream is GREETING (TLS handshake, HTTP requests; all of that within GREETING_MAX), then DERP
 * for as long as both sides like, or LINGERING: its last answer is on the way, it is closed when
 * the other side has closed, or GREETING_MAX after it came.
 *
 * A client is always read: what it sends is dropped by the queues of its receivers, not by making
 * it wait.  A client is written to only while less than OUTPUT_MAX bytes wait in its bufferevent;
 * the rest stays in the queues of the server, where the oldest is dropped.  The kernel is asked not
 * to take more than NOT_SENT_MAX ahead either: what lies there cannot be dropped any more.
 *
 * Who has output is asked of the server after each piece of input, for a queue of the server holds
 * less than one read may bring; what came together leaves in one write, in the next turn.
 */
#include "serve/relay_listen.h"

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
#include "relay/upgrade.h"

enum {
	OUTPUT_MAX = 32 * 1024,
	OUTPUT_LOW = 8 * 1024, /* write more when less than this waits */
	NOT_SENT_MAX = 64 * 1024,
	INPUT_MAX = 16 * 1024, /* one TLS record */
	PIECE_MAX = 1024, /* taken at a time: fewer packets than a queue holds, even empty ones */
	ACCEPT_AT_ONCE = 64,
	TCP_TIMEOUT_MS = 15 * 1000, /* bytes not acknowledged for so long: gone; data plane 3.5 */
	TCP_IDLE_S = 600
};
#define GREETING_MAX (20 * SECOND)
#define ACCEPT_PAUSE (200 * MSEC) /* when there are no file descriptors left */
#define NOT_UPGRADED UINT32_MAX

enum stream_state { GREETING, DERP, LINGERING };

struct stream {
	struct relay_listen *r;
	struct bufferevent *bev;
	struct upgrade_asked *asked; /* NULL in state DERP */
	struct stream *before, *after;
	mono_ns opened_at;
	uint32_t client;
	uint8_t state; /* enum stream_state */
	bool tls;
};

/* Streams in the order in which they came. */
struct stream_list {
	struct stream *first, *last;
};

struct port {
	struct relay_listen *r;
	int fd[BIND_FAMILIES];
	struct port_watch {
		struct port *port;
		struct loop_fd *watch;
		int fd;
	} watch[BIND_FAMILIES];
	bool tls;
};

struct relay_listen {
	struct relay_listen_config cfg;
	SSL_CTX *tls;
	struct port ports[RELAY_LISTEN_PORTS_MAX];
	size_t n_ports;
	struct stream_list greeting, derp; /* greeting: LINGERING too */
	struct stream **by_client;
	struct loop_timer *timer, *accept_again;
	struct loop_deferred *drain_server;
	struct relay_listen_stats stats;
};

/* --- streams --- */

static void list_add(struct stream_list *list, struct stream *s)
{
	s->after = NULL;
	s->before = list->last;
	*(list->last ? &list->last->after : &list->first) = s;
	list->last = s;
}

static void list_remove(struct stream_list *list, struct stream *s)
{
	*(s->before ? &s->before->after : &list->first) = s->after;
	*(s->after ? &s->after->before : &list->last) = s->before;
}

static struct stream_list *list_of(struct stream *s)
{
	return s->state == DERP ? &s->r->derp : &s->r->greeting;
}

/* TLS's own end of a stream, if it can be sent at once. */
static void say_goodbye(struct stream *s)
{
	SSL *ssl = s->tls ? bufferevent_openssl_get_ssl(s->bev) : NULL;
	if (ssl && SSL_is_init_finished(ssl))
		(void)SSL_shutdown(ssl);
	ERR_clear_error();
}

static void close_stream(struct stream *s)
{
	struct relay_listen *r = s->r;
	list_remove(list_of(s), s);
	if (s->client != NOT_UPGRADED) {
		relay_server_gone(r->cfg.server, s->client, loop_now(r->cfg.loop));
		r->by_client[s->client] = NULL;
		loop_deferred_ask(r->drain_server);
	}
	say_goodbye(s);
	bufferevent_free(s->bev);
	upgrade_asked_free(s->asked);
	r->stats.streams--;
	free(s);
}

static void close_all(struct stream_list *list)
{
	for (struct stream *s = list->first, *next; s; s = next) {
		next = s->after;
		close_stream(s);
	}
}

static void linger(struct stream *s)
{
	s->state = LINGERING;
	bufferevent_setwatermark(s->bev, EV_WRITE, 0, 0);
	if (evbuffer_get_length(bufferevent_get_output(s->bev)) > 0)
		return;
	say_goodbye(s);
	shutdown(bufferevent_getfd(s->bev), SHUT_WR);
}

/* --- from the server to its clients --- */

static void write_to(struct stream *s)
{
	static uint8_t out[INPUT_MAX];
	struct relay_listen *r = s->r;
	size_t n, waiting = evbuffer_get_length(bufferevent_get_output(s->bev));
	while (waiting < OUTPUT_MAX &&
	       (n = relay_server_output(r->cfg.server, s->client, out, sizeof(out),
					loop_now(r->cfg.loop)))) {
		(void)bufferevent_write(s->bev, out, n);
		waiting += n;
	}
}

static void serve_ready(struct relay_listen *r)
{
	uint32_t client;
	while (relay_server_ready(r->cfg.server, &client))
		write_to(r->by_client[client]);
}

static void set_timer(struct relay_listen *r)
{
	mono_ns at = relay_server_deadline(r->cfg.server);
	if (r->greeting.first)
		at = mono_min(at, r->greeting.first->opened_at + GREETING_MAX);
	loop_timer_set(r->timer, at);
}

static void on_drain_server(void *self)
{
	struct relay_listen *r = self;
	uint32_t client;
	while (relay_server_expired(r->cfg.server, &client)) {
		struct stream *s = r->by_client[client];
		if (!s)
			continue; /* it broke in the same turn */
		r->by_client[client] = NULL;
		s->client = NOT_UPGRADED;
		r->stats.slow++;
		close_stream(s);
	}
	serve_ready(r);
	set_timer(r);
}

static void on_timer(void *self)
{
	struct relay_listen *r = self;
	mono_ns now = loop_now(r->cfg.loop);
	for (struct stream *s = r->greeting.first, *next; s && s->opened_at + GREETING_MAX <= now;
	     s = next) {
		next = s->after;
		r->stats.slow += s->state == GREETING;
		close_stream(s);
	}
	relay_server_tick(r->cfg.server, now);
	loop_deferred_ask(r->drain_server);
}

/* --- from a client to the server --- */

/* False: the stream is closed. */
static bool become_derp(struct stream *s)
{
	struct relay_listen *r = s->r;
	uint32_t client;
	if (!relay_server_open(r->cfg.server, loop_now(r->cfg.loop), &client)) {
		log_seldom(r->cfg.log, LOG_AT_WARNING, "relay full", loop_now(r->cfg.loop),
			   "the relay is full: a client was turned away");
		close_stream(s);
		return false;
	}
	list_remove(&r->greeting, s);
	s->state = DERP;
	list_add(&r->derp, s);
	s->client = client;
	r->by_client[client] = s;
	upgrade_asked_free(s->asked);
	s->asked = NULL;
	loop_deferred_ask(r->drain_server);
	return true;
}

/* The first run of bytes that lies in one piece. */
static struct bytes first_bytes(struct evbuffer *in)
{
	size_t n = evbuffer_get_contiguous_space(in);
	return (struct bytes){n ? evbuffer_pullup(in, (ev_ssize_t)n) : NULL, n};
}

/* An answer is longer than its question: who asks on and on, and does not read, is answered no
 * more. */
static bool wants_too_much(const struct stream *s)
{
	return evbuffer_get_length(bufferevent_get_output(s->bev)) > OUTPUT_MAX;
}

/* False: there is nothing more to do for these bytes. */
static bool read_http(struct stream *s, struct evbuffer *in)
{
	uint8_t answer[UPGRADE_HEADER_MAX];
	struct wr w = wr_of(answer, sizeof(answer));
	size_t used;
	bool close;
	enum upgrade_want want = upgrade_asked_input(
		s->asked, first_bytes(in), &used, relay_server_key(s->r->cfg.server), &w, &close);
	evbuffer_drain(in, used);
	if (w.n)
		(void)bufferevent_write(s->bev, answer, w.n);
	switch (want) {
	case WANT_MORE:
		return true;
	case WANT_DERP:
		return become_derp(s);
	case WANT_PAGE:
	case WANT_BAD:
		s->r->stats.pages++;
		if (close || want == WANT_BAD || wants_too_much(s)) {
			linger(s);
			return false;
		}
		return true;
	}
	return false;
}

static bool read_derp(struct stream *s, struct evbuffer *in)
{
	struct relay_listen *r = s->r;
	struct bytes b = first_bytes(in);
	b.n = b.n < PIECE_MAX ? b.n : PIECE_MAX;
	bool ok = relay_server_input(r->cfg.server, s->client, b, loop_now(r->cfg.loop));
	loop_deferred_ask(r->drain_server);
	if (ok) {
		evbuffer_drain(in, b.n);
		serve_ready(r);
		return true;
	}
	r->by_client[s->client] = NULL;
	s->client = NOT_UPGRADED;
	close_stream(s);
	return false;
}

static void on_read(struct bufferevent *bev, void *self)
{
	struct stream *s = self;
	struct evbuffer *in = bufferevent_get_input(bev);
	while (evbuffer_get_length(in) > 0) {
		if (s->state == LINGERING)
			evbuffer_drain(in, evbuffer_get_length(in));
		else if (s->state == GREETING ? !read_http(s, in) : !read_derp(s, in))
			return;
	}
}

static void on_written(struct bufferevent *bev, void *self)
{
	struct stream *s = self;
	if (s->state == DERP)
		write_to(s);
	else if (s->state == LINGERING)
		linger(s);
}

static void on_event(struct bufferevent *bev, short what, void *self)
{
	struct stream *s = self;
	if (what & BEV_EVENT_CONNECTED)
		return; /* TLS is up */
	if (s->tls && s->state == GREETING && bufferevent_get_openssl_error(bev) != 0)
		s->r->stats.tls_failed++;
	close_stream(s);
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

/* The fd is closed with it, or here if it cannot be had. */
static struct bufferevent *wrap(struct relay_listen *r, int fd, bool tls)
{
	struct event_base *base = loop_base(r->cfg.loop);
	if (!tls) {
		struct bufferevent *plain = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
		if (!plain)
			close(fd);
		return plain;
	}
	SSL *ssl = r->tls ? SSL_new(r->tls) : NULL;
	struct bufferevent *bev = NULL;
	if (ssl)
		bev = bufferevent_openssl_socket_new(base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
						     BEV_OPT_CLOSE_ON_FREE);
	if (bev) {
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
		return bev;
	}
	SSL_free(ssl);
	close(fd);
	return NULL;
}

static void open_stream(struct relay_listen *r, int fd, bool tls)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct upgrade_asked *asked = s ? upgrade_asked_new() : NULL;
	if (!asked) {
		free(s);
		close(fd);
		return;
	}
	set_options(fd);
	*s = (struct stream){.r = r,
			     .asked = asked,
			     .opened_at = loop_now(r->cfg.loop),
			     .client = NOT_UPGRADED,
			     .state = GREETING,
			     .tls = tls,
			     .bev = wrap(r, fd, tls)};
	if (!s->bev) {
		upgrade_asked_free(asked);
		free(s);
		return;
	}
	list_add(&r->greeting, s);
	r->stats.streams++;
	r->stats.accepted++;
	bufferevent_setwatermark(s->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_setwatermark(s->bev, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_setcb(s->bev, on_read, on_written, on_event, s);
	bufferevent_enable(s->bev, EV_READ | EV_WRITE);
	set_timer(r);
}

static void want_accept(struct relay_listen *r, unsigned what)
{
	for (size_t i = 0; i < r->n_ports; i++)
		for (int f = 0; f < BIND_FAMILIES; f++)
			if (r->ports[i].watch[f].watch)
				loop_fd_want(r->ports[i].watch[f].watch, what);
}

static void on_accept_again(void *self)
{
	want_accept(self, LOOP_READ);
}

/* Without a pause the loop would spin: the connection stays where it is. */
static void pause_accepting(struct relay_listen *r)
{
	mono_ns now = loop_now(r->cfg.loop);
	log_seldom(r->cfg.log, LOG_AT_WARNING, "no descriptors", now,
		   "no file descriptors left for more clients: raise the limit (LimitNOFILE=)");
	r->stats.refused++;
	want_accept(r, 0);
	loop_timer_set(r->accept_again, now + ACCEPT_PAUSE);
}

static void on_accept(void *self, unsigned ready)
{
	struct port_watch *w = self;
	struct relay_listen *r = w->port->r;
	for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
		int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM)
				pause_accepting(r);
			return;
		}
		if (r->stats.streams < r->cfg.streams_max) {
			open_stream(r, fd, w->port->tls);
			continue;
		}
		r->stats.refused++;
		close(fd);
	}
}

static void close_port(struct port *p)
{
	for (int i = 0; i < BIND_FAMILIES; i++) {
		loop_fd_free(p->watch[i].watch);
		p->watch[i].watch = NULL;
	}
	bind_close(p->fd);
}

bool relay_listen_open(struct relay_listen *r, const struct endpoint *at, bool tls, uint16_t *port,
		       char why[static FAILURE_MAX])
{
	if (r->n_ports == RELAY_LISTEN_PORTS_MAX)
		return failure_say(why, "no more than %d ports can be listened on",
				   RELAY_LISTEN_PORTS_MAX);
	struct port *p = &r->ports[r->n_ports];
	*p = (struct port){.r = r, .tls = tls};
	if (!bind_port(p->fd, at, BIND_TCP, why))
		return false;
	for (int i = 0; i < BIND_FAMILIES; i++) {
		p->watch[i] = (struct port_watch){p, NULL, p->fd[i]};
		if (p->fd[i] < 0)
			continue;
		p->watch[i].watch = loop_fd_new(r->cfg.loop, p->fd[i],
						(struct loop_fd_call){on_accept, &p->watch[i]});
		if (!p->watch[i].watch) {
			close_port(p);
			return failure_say(why, "out of memory for a listening port");
		}
		loop_fd_want(p->watch[i].watch, LOOP_READ);
	}
	*port = bind_port_of(p->fd);
	r->n_ports++;
	return true;
}

void relay_listen_set_tls(struct relay_listen *r, SSL_CTX *ctx)
{
	SSL_CTX_up_ref(ctx);
	SSL_CTX_free(r->tls);
	r->tls = ctx;
}

/* --- beginning and end --- */

struct relay_listen *relay_listen_new(const struct relay_listen_config *cfg)
{
	struct relay_listen *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->cfg = *cfg;
	r->by_client = calloc(cfg->streams_max, sizeof(struct stream *));
	r->timer = loop_timer_new(cfg->loop, (struct loop_call){on_timer, r});
	r->accept_again = loop_timer_new(cfg->loop, (struct loop_call){on_accept_again, r});
	r->drain_server = loop_deferred_new(cfg->loop, (struct loop_call){on_drain_server, r});
	if (r->by_client && r->timer && r->accept_again && r->drain_server)
		return r;
	relay_listen_free(r);
	return NULL;
}

static void stop_accepting(struct relay_listen *r)
{
	for (size_t i = 0; i < r->n_ports; i++)
		close_port(&r->ports[i]);
	r->n_ports = 0;
	loop_timer_set(r->accept_again, MONO_NEVER);
}

void relay_listen_drain(struct relay_listen *r, mono_ns reconnect, mono_ns keep_trying)
{
	stop_accepting(r);
	relay_server_drain(r->cfg.server, reconnect, keep_trying, loop_now(r->cfg.loop));
	on_drain_server(r);
}

void relay_listen_free(struct relay_listen *r)
{
	if (!r)
		return;
	if (r->accept_again)
		stop_accepting(r);
	close_all(&r->greeting);
	close_all(&r->derp);
	loop_timer_free(r->timer);
	loop_timer_free(r->accept_again);
	loop_deferred_free(r->drain_server);
	SSL_CTX_free(r->tls);
	free(r->by_client);
	free(r);
}

const struct relay_listen_stats *relay_listen_stats(const struct relay_listen *r)
{
	return &r->stats;
}

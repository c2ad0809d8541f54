/* relay_route.c - DERP on upgraded streams
 *
 * A client is always read: the queues of its receivers drop what it sends, so nobody waits.  A
 * client is written to only while less than LISTEN_UNSENT_MAX bytes wait in its stream; the rest
 * stays in the queues of the server, where the oldest packet is dropped (derp.md 5.2).
 *
 * After each piece of input the server is asked which clients have output, for one read may bring
 * more packets than a queue holds.  What came together leaves in one write, in the next turn.
 *
 * Bounded: one seat for each client of the server, taken at the start.
 */
#include "serve/relay_route.h"

#include <stdlib.h>

#include "serve/listen.h"
#include "serve/relay_pages.h"

enum {
	OUTPUT_MAX = 16 * 1024, /* written at a time: one TLS record */
	PIECE_MAX = 1024 /* taken at a time: fewer packets than a queue holds, even empty ones */
};

/* Its index is the client's number in the server. */
struct seat {
	struct relay_route *r;
	struct listen_stream *stream; /* NULL: the server has no such client (any more) */
};

struct relay_route {
	struct relay_route_config cfg;
	struct seat *seats;
	struct loop_timer *timer;
	struct loop_deferred *settle;
	struct relay_route_stats stats;
};

static uint32_t client_of(const struct seat *seat)
{
	return (uint32_t)(seat - seat->r->seats);
}

static mono_ns now_of(const struct relay_route *r)
{
	return loop_now(r->cfg.loop);
}

/* --- from the server to its clients --- */

static void write_to(void *self)
{
	struct seat *seat = self;
	struct relay_route *r = seat->r;
	uint8_t out[OUTPUT_MAX];
	size_t n, unsent = listen_unsent(seat->stream);
	while (unsent < LISTEN_UNSENT_MAX &&
	       (n = relay_server_output(r->cfg.server, client_of(seat), out, sizeof(out),
					now_of(r)))) {
		listen_write(seat->stream, (struct bytes){out, n});
		unsent += n;
	}
}

static void serve_ready(struct relay_route *r)
{
	uint32_t client;
	while (relay_server_ready(r->cfg.server, &client))
		write_to(&r->seats[client]);
}

/* The server has let its client go already. */
static void close_expired(struct relay_route *r, struct seat *seat)
{
	struct listen_stream *stream = seat->stream;
	if (!stream)
		return; /* it broke in the same turn */
	seat->stream = NULL;
	r->stats.slow++;
	listen_close(stream);
}

/* At the end of each turn in which the server was touched. */
static void on_settle(void *self)
{
	struct relay_route *r = self;
	uint32_t client;
	while (relay_server_expired(r->cfg.server, &client))
		close_expired(r, &r->seats[client]);
	serve_ready(r);
	loop_timer_set(r->timer, relay_server_deadline(r->cfg.server));
}

static void on_timer(void *self)
{
	struct relay_route *r = self;
	relay_server_tick(r->cfg.server, now_of(r));
	loop_deferred_ask(r->settle);
}

/* --- from a client to the server --- */

static enum listen_verdict on_input(void *self, struct bytes b, size_t *used)
{
	struct seat *seat = self;
	struct relay_route *r = seat->r;
	b.n = b.n < PIECE_MAX ? b.n : PIECE_MAX;
	bool ok = relay_server_input(r->cfg.server, client_of(seat), b, now_of(r));
	loop_deferred_ask(r->settle);
	if (!ok) {
		seat->stream = NULL; /* the server has let its client go already */
		return LISTEN_CLOSE;
	}
	*used = b.n;
	serve_ready(r);
	return LISTEN_ON;
}

static void on_gone(void *self)
{
	struct seat *seat = self;
	struct relay_route *r = seat->r;
	if (!seat->stream)
		return;
	relay_server_gone(r->cfg.server, client_of(seat), now_of(r));
	seat->stream = NULL;
	loop_deferred_ask(r->settle);
}

static bool take(void *self, const struct http_request *q, struct listen_stream *s)
{
	struct relay_route *r = self;
	uint32_t client;
	if (!relay_server_open(r->cfg.server, listen_host(s), now_of(r), &client)) {
		log_seldom(r->cfg.log, LOG_AT_WARNING, "relay full", now_of(r),
			   "the relay is full: a client was turned away");
		return false;
	}
	struct seat *seat = &r->seats[client];
	*seat = (struct seat){r, s};
	listen_give(s, &(struct listen_owner){on_input, write_to, on_gone, seat});
	loop_deferred_ask(r->settle);
	return true;
}

static void answer(void *self, const struct http_request *q, struct http_answer *a)
{
	struct relay_route *r = self;
	relay_pages_derp(relay_server_key(r->cfg.server), q, a);
}

bool relay_route_add(struct relay_route *r, struct http_routes *routes)
{
	struct http_route derp = {.methods = METHOD_GET | METHOD_HEAD,
				  .path = "/derp",
				  .answer = answer,
				  .take = take,
				  .self = r};
	return http_routes_add(routes, &derp) && relay_pages_add(routes);
}

/* --- beginning and end --- */

struct relay_route *relay_route_new(const struct relay_route_config *cfg)
{
	struct relay_route *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->cfg = *cfg;
	r->seats = calloc(cfg->clients_max, sizeof(*r->seats));
	r->timer = loop_timer_new(cfg->loop, (struct loop_call){on_timer, r});
	r->settle = loop_deferred_new(cfg->loop, (struct loop_call){on_settle, r});
	if (r->seats && r->timer && r->settle)
		return r;
	relay_route_free(r);
	return NULL;
}

void relay_route_drain(struct relay_route *r, mono_ns reconnect, mono_ns keep_trying)
{
	relay_server_drain(r->cfg.server, reconnect, keep_trying, now_of(r));
	on_settle(r);
}

void relay_route_free(struct relay_route *r)
{
	if (!r)
		return;
	loop_timer_free(r->timer);
	loop_deferred_free(r->settle);
	free(r->seats);
	free(r);
}

const struct relay_route_stats *relay_route_stats(const struct relay_route *r)
{
	return &r->stats;
}

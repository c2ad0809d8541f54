/* couple.h - two machines that reach each other: for the fuzz targets of whole machines
 *
 * Each end is a reach, or what stands on top of one, inside the pump that real programs use.
 * Between the ends are two relays, and a line that carries UDP both ways without a NAT.  The
 * relays answer STUN.  The target decides what each end is told, and what the line and the relays
 * do; this file checks what must hold after every call:
 *
 *   - a turn ends, and after the ticks of a moment the deadline lies ahead
 *   - a stream is dialled only where there is none, and hung up only where there is one
 *   - a datagram has a destination, and leaves from a socket that is wished for
 */
#ifndef FUZZ_COUPLE_H
#define FUZZ_COUPLE_H

#include <string.h>

#include "crypto/seeded.h"
#include "fuzz/fuzz.h"
#include "reach/pump.h"
#include "relay/server.h"
#include "relay/stun_server.h"

enum {
	COUPLE_RELAYS = 2, /* of the regions 1 and 2 */
	COUPLE_LINE_MAX = 64,
	COUPLE_PORT = 41641,
	COUPLE_ROUNDS_MAX = 1000, /* of one turn */
	COUPLE_TURNS_MAX = 100000 /* of one step of time */
};

#define COUPLE_DELAY (5 * MSEC) /* of the line, one way */

struct couple;

struct couple_end {
	struct couple *couple;
	struct reach *reach;
	struct pump pump;
	const struct pump_machine *machine;
	void (*tick)(void *self, mono_ns now);
	void (*datagram)(void *self, struct datagram *d, mono_ns now);
	void *self;
	struct ip ip;
	struct socket_wish wish;
	struct couple_stream {
		enum { STREAM_NONE, STREAM_ASKED, STREAM_UP, STREAM_BROKEN } state;
		uint32_t client;
	} streams[COUPLE_RELAYS];
	bool mute;    /* the line loses what this end sends */
	bool refused; /* the system does not send what this end sends */
};

struct couple_datagram {
	mono_ns at;
	size_t to; /* the end */
	uint16_t socket;
	struct endpoint from;
	uint32_t n;
	uint8_t b[PACKET_SIZE];
};

struct couple {
	struct seeded seeded;
	struct rng rng;
	mono_ns now;
	struct relay_server *relays[COUPLE_RELAYS];
	bool relay_off[COUPLE_RELAYS];
	struct couple_end ends[2];
	struct couple_datagram line[COUPLE_LINE_MAX];
	size_t n;
	struct couple_datagram last; /* the last one that was put on the line */
};

static inline struct ip couple_relay_ip(size_t k)
{
	return ip_v4(203, 0, 113, (uint8_t)(k + 1));
}

/* What arrives is lost when the line is full. */
static inline void couple_put(struct couple *c, size_t to, uint16_t socket,
			      const struct endpoint *from, struct bytes b)
{
	struct couple_datagram *d = &c->last;
	FUZZ_ASSERT(b.n <= sizeof(d->b));
	*d = (struct couple_datagram){.at = c->now + COUPLE_DELAY,
				      .to = to,
				      .socket = socket,
				      .from = *from,
				      .n = (uint32_t)b.n};
	memcpy(d->b, b.p, b.n);
	if (c->n < COUPLE_LINE_MAX)
		c->line[c->n++] = *d;
}

/* --- effects --- */

static inline void couple_follow(void *self, const struct socket_wish *w)
{
	struct couple_end *e = self;
	FUZZ_ASSERT(w->n <= SOCKETS_MAX);
	e->wish = *w;
}

static inline void couple_answer_stun(struct couple *c, size_t asker, const struct datagram *d,
				      const struct endpoint *from)
{
	static const struct stun_places places = {.port = {STUN_PORT}};
	uint8_t memory[PACKET_SIZE];
	struct wr answer = wr_of(memory, sizeof(memory));
	struct stun_way way;
	if (stun_server_answer(&places, &d->at, from, packet_bytes(&d->packet), &way, &answer))
		couple_put(c, asker, d->socket, &d->at, wr_done(&answer));
}

/* An extra socket has its number for a port. */
static inline void couple_send_one(struct couple_end *e, const struct datagram *d)
{
	struct couple *c = e->couple;
	size_t from = (size_t)(e - c->ends), to = 1 - from;
	struct endpoint at = {e->ip, d->socket ? d->socket : COUPLE_PORT};
	if (e->mute)
		return;
	if (d->at.port == STUN_PORT) {
		couple_answer_stun(c, from, d, &at);
		return;
	}
	uint16_t socket = d->at.port == COUPLE_PORT ? 0 : d->at.port;
	if (ip_equal(&d->at.ip, &c->ends[to].ip) &&
	    (socket == 0 || socket_wished(&c->ends[to].wish, socket)))
		couple_put(c, to, socket, &at, packet_bytes(&d->packet));
}

static inline void couple_send(void *self, const struct datagram *v, size_t n,
			       struct pump_refused *refused, mono_ns now)
{
	struct couple_end *e = self;
	for (size_t i = 0; i < n; i++) {
		FUZZ_ASSERT(v[i].at.ip.family != 0 && v[i].at.port != 0);
		FUZZ_ASSERT(v[i].socket == 0 || socket_wished(&e->wish, v[i].socket));
		if (!e->refused)
			couple_send_one(e, &v[i]);
		else if (refused->n < PUMP_REFUSED_MAX)
			refused->v[refused->n++] = v[i].at;
	}
}

static inline bool couple_fill(void *self, mono_ns now)
{
	static uint8_t chunk[1 << 16];
	struct couple_end *e = self;
	bool any = false;
	size_t n;
	for (size_t k = 0; k < COUPLE_RELAYS; k++) {
		struct couple_stream *s = &e->streams[k];
		while (s->state == STREAM_UP &&
		       (n = reach_to_stream(e->reach, (uint16_t)(k + 1), chunk, sizeof(chunk),
					    now)) > 0) {
			any = true;
			if (!relay_server_input(e->couple->relays[k], s->client,
						(struct bytes){chunk, n}, now))
				s->state = STREAM_BROKEN;
		}
	}
	return any;
}

static inline void couple_hang_up(struct couple_end *e, size_t k)
{
	struct couple_stream *s = &e->streams[k];
	if (s->state == STREAM_UP)
		relay_server_gone(e->couple->relays[k], s->client, e->couple->now);
	s->state = STREAM_NONE;
}

static inline void couple_on_event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct couple_end *e = self;
	FUZZ_ASSERT(memchr(ev->why, 0, sizeof(ev->why)));
	if (ev->kind == REACH_DIAL) {
		FUZZ_ASSERT(ev->region >= 1 && ev->region <= COUPLE_RELAYS);
		FUZZ_ASSERT(e->streams[ev->region - 1].state == STREAM_NONE);
		e->streams[ev->region - 1].state = STREAM_ASKED;
	} else if (ev->kind == REACH_HANGUP) {
		FUZZ_ASSERT(ev->region >= 1 && ev->region <= COUPLE_RELAYS);
		FUZZ_ASSERT(e->streams[ev->region - 1].state != STREAM_NONE);
		couple_hang_up(e, ev->region - 1u);
	}
}

static inline void couple_arm(void *self, mono_ns deadline)
{
}

/* After any call into the machine of this end. */
static inline void couple_settle(struct couple_end *e)
{
	FUZZ_ASSERT(pump_settle(&e->pump, COUPLE_ROUNDS_MAX, e->couple->now));
}

static inline void couple_tick(struct couple_end *e)
{
	if (e->machine->deadline(e->self) > e->couple->now)
		return;
	e->tick(e->self, e->couple->now);
	couple_settle(e);
	FUZZ_ASSERT(e->machine->deadline(e->self) > e->couple->now);
}

/* --- the line and the streams --- */

static inline void couple_datagram_to(struct couple_end *e, const struct endpoint *from,
				      uint16_t socket, struct bytes b)
{
	uint8_t memory[PACKET_SIZE];
	struct datagram d = {.packet = packet_in(memory, sizeof(memory), PACKET_HEADROOM),
			     .at = *from,
			     .socket = socket};
	uint8_t *room = packet_append(&d.packet, b.n);
	if (!room)
		return;
	if (b.n)
		memcpy(room, b.p, b.n);
	e->datagram(e->self, &d, e->couple->now);
	couple_settle(e);
}

static inline mono_ns couple_line_due(const struct couple *c)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < c->n; i++)
		first = mono_min(first, c->line[i].at);
	return first;
}

static inline void couple_move_line(struct couple *c)
{
	for (size_t i = 0; i < c->n;) {
		struct couple_datagram d = c->line[i];
		if (d.at > c->now) {
			i++;
			continue;
		}
		memmove(&c->line[i], &c->line[i + 1], (c->n - i - 1) * sizeof(d));
		c->n--;
		couple_datagram_to(&c->ends[d.to], &d.from, d.socket, (struct bytes){d.b, d.n});
	}
}

/* The machine has not heard of it yet. */
static inline void couple_break(struct couple_end *e, size_t k, const char *why)
{
	couple_hang_up(e, k);
	reach_stream_down(e->reach, (uint16_t)(k + 1), why, e->couple->now);
	couple_settle(e);
}

static inline void couple_connect(struct couple_end *e, size_t k)
{
	struct couple *c = e->couple;
	struct couple_stream *s = &e->streams[k];
	if (c->relay_off[k] || !relay_server_open(c->relays[k], 0, c->now, &s->client)) {
		couple_break(e, k, "refused");
		return;
	}
	s->state = STREAM_UP;
	reach_stream_up(e->reach, (uint16_t)(k + 1), NULL, c->now);
	couple_settle(e);
}

/* True: something moved. */
static inline bool couple_move_stream(struct couple_end *e, size_t k)
{
	uint8_t chunk[4096];
	struct couple *c = e->couple;
	struct couple_stream *s = &e->streams[k];
	size_t n = 0;
	if (s->state == STREAM_ASKED)
		couple_connect(e, k);
	else if (s->state == STREAM_BROKEN)
		couple_break(e, k, "closed");
	else if (s->state == STREAM_UP && (n = relay_server_output(c->relays[k], s->client, chunk,
								   sizeof(chunk), c->now)) > 0) {
		reach_from_stream(e->reach, (uint16_t)(k + 1), (struct bytes){chunk, n}, c->now);
		couple_settle(e);
	}
	return n > 0;
}

static inline void couple_move_streams(struct couple *c)
{
	bool more = true;
	for (unsigned round = 0; more; round++) {
		FUZZ_ASSERT(round < COUPLE_ROUNDS_MAX);
		more = false;
		for (size_t i = 0; i < 2; i++)
			for (size_t k = 0; k < COUPLE_RELAYS; k++)
				more |= couple_move_stream(&c->ends[i], k);
	}
}

static inline void couple_tick_relay(struct couple *c, size_t k)
{
	uint32_t client;
	relay_server_tick(c->relays[k], c->now);
	while (relay_server_expired(c->relays[k], &client))
		for (size_t i = 0; i < 2; i++)
			if (c->ends[i].streams[k].state == STREAM_UP &&
			    c->ends[i].streams[k].client == client)
				c->ends[i].streams[k].state = STREAM_BROKEN;
	while (relay_server_ready(c->relays[k], &client))
		;
}

/* --- time --- */

static inline mono_ns couple_deadline(const struct couple *c)
{
	mono_ns first = couple_line_due(c);
	for (size_t i = 0; i < 2; i++)
		first = mono_min(first, c->ends[i].machine->deadline(c->ends[i].self));
	for (size_t k = 0; k < COUPLE_RELAYS; k++)
		first = mono_min(first, relay_server_deadline(c->relays[k]));
	return first;
}

static inline void couple_pass(struct couple *c, mono_ns how_long)
{
	mono_ns until = c->now + how_long;
	couple_move_streams(c);
	for (unsigned turns = 0; couple_deadline(c) <= until; turns++) {
		FUZZ_ASSERT(turns < COUPLE_TURNS_MAX);
		c->now = mono_max(c->now, couple_deadline(c));
		for (size_t k = 0; k < COUPLE_RELAYS; k++)
			if (relay_server_deadline(c->relays[k]) <= c->now)
				couple_tick_relay(c, k);
		for (size_t i = 0; i < 2; i++)
			couple_tick(&c->ends[i]);
		couple_move_line(c);
		couple_move_streams(c);
	}
	c->now = until;
}

/* --- life --- */

static inline void couple_init(struct couple *c)
{
	memset(c, 0, sizeof(*c));
	c->now = 1000 * SECOND;
	seeded_init(&c->seeded, 1);
	c->rng = seeded_rng(&c->seeded);
	for (size_t k = 0; k < COUPLE_RELAYS; k++) {
		struct relay_server_config cfg = {.rng = c->rng, .clients_max = 4};
		key_generate(cfg.key.b, &c->rng);
		c->relays[k] = relay_server_new(&cfg, c->now);
		FUZZ_ASSERT(c->relays[k]);
	}
	for (size_t i = 0; i < 2; i++)
		c->ends[i] =
			(struct couple_end){.couple = c, .ip = ip_v4(192, 0, 2, (uint8_t)(i + 1))};
}

static inline void couple_fini(struct couple *c)
{
	for (size_t k = 0; k < COUPLE_RELAYS; k++)
		relay_server_free(c->relays[k]);
}

/* The machine of this end is new: e->reach, machine, tick, datagram and self are set. */
static inline void couple_start(struct couple_end *e)
{
	static const struct pump_effects effects = {.follow = couple_follow,
						    .send = couple_send,
						    .fill = couple_fill,
						    .event = couple_on_event,
						    .arm = couple_arm};
	for (size_t k = 0; k < COUPLE_RELAYS; k++)
		couple_hang_up(e, k);
	e->wish = (struct socket_wish){.n = 0};
	e->pump = (struct pump){.reach = e->reach,
				.machine = e->machine,
				.machine_self = e->self,
				.effects = &effects,
				.effects_self = e};
}

#endif

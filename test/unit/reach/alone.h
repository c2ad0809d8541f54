/* alone.h - one reach, a relay, and a peer that the test plays by hand: what the machine sends is
 * kept, and what the peer says is sealed as the test likes */
#ifndef REACH_ALONE_H
#define REACH_ALONE_H

#include "reach/inside.h"
#include "unit/relay/ends.h"
#include "wire/disco.h"

enum { ALONE_KEPT = 256, ALONE_REGION = 1, ALONE_PEERS = 4 };

struct alone_sent {
	struct datagram d; /* its packet's memory is the machine's, and may have changed since */
	uint8_t b[PACKET_SIZE];
};

struct alone_taken {
	struct node_key source;
	struct way from;
	uint32_t head, len;
	uint8_t last; /* byte */
};

struct alone {
	struct ends ends; /* the relay, the clock, random numbers */
	struct reach *reach;
	uint32_t client; /* the machine's number at the relay */
	bool stream;
	/* the peer */
	struct end end; /* its stream to the relay, and its node key */
	struct endpoint at;
	struct disco_private disco;
	struct disco_key disco_public;
	struct box_shared shared;
	peer_id id;
	/* of the last turn */
	struct alone_sent sent[ALONE_KEPT];
	size_t n_sent;
	struct alone_taken taken[ALONE_KEPT]; /* through the relay */
	size_t n_taken, most_taken;           /* in all, and in one drain */
	struct reach_event events[ALONE_KEPT];
	size_t n_events;
};

static inline void alone_keep(struct alone *a, const struct reach_out *out)
{
	for (size_t i = 0; i < out->n_udp; i++) {
		assert_true(a->n_sent < ALONE_KEPT);
		struct alone_sent *s = &a->sent[a->n_sent++];
		s->d = out->udp[i];
		memcpy(s->b, s->d.packet.data, s->d.packet.len);
	}
	for (size_t i = 0; i < out->n_relayed; i++) {
		assert_true(a->n_taken < ALONE_KEPT);
		const struct packet *p = &out->relayed[i].packet;
		a->taken[a->n_taken++] =
			(struct alone_taken){out->relayed[i].source, out->relayed[i].from, p->head,
					     p->len, p->data[p->len - 1]};
	}
	if (out->n_relayed > a->most_taken)
		a->most_taken = out->n_relayed;
}

/* True: any. */
static inline bool alone_take_events(struct alone *a)
{
	struct reach_event ev;
	bool any = false;
	while (reach_event(a->reach, &ev)) {
		assert_true(a->n_events < ALONE_KEPT);
		a->events[a->n_events++] = ev;
		any = true;
		if (ev.kind == REACH_HANGUP && a->stream) {
			relay_server_gone(a->ends.server, a->client, a->ends.now);
			a->stream = false;
		}
		if (ev.kind != REACH_DIAL || ev.region != ALONE_REGION)
			continue;
		assert_true(relay_server_open(a->ends.server, 0, a->ends.now, &a->client));
		a->stream = true;
		reach_stream_up(a->reach, ALONE_REGION, relay_server_key(a->ends.server),
				a->ends.now);
	}
	return any;
}

static inline bool alone_move_streams(struct alone *a)
{
	uint8_t chunk[4096];
	bool any = false;
	size_t n;
	while (a->stream && (n = reach_to_stream(a->reach, ALONE_REGION, chunk, sizeof(chunk),
						 a->ends.now)) > 0) {
		any = true;
		assert_true(relay_server_input(a->ends.server, a->client, (struct bytes){chunk, n},
					       a->ends.now));
	}
	while (a->stream && (n = relay_server_output(a->ends.server, a->client, chunk,
						     sizeof(chunk), a->ends.now)) > 0) {
		any = true;
		reach_from_stream(a->reach, ALONE_REGION, (struct bytes){chunk, n}, a->ends.now);
	}
	return any;
}

/* Everything that the machine wants, until it wants nothing. */
static inline void alone_turn(struct alone *a)
{
	const struct reach_out *out;
	bool more = true;
	a->n_sent = a->n_taken = a->most_taken = a->n_events = 0;
	reach_tick(a->reach, a->ends.now);
	for (int i = 0; more && i < 100; i++) {
		more = reach_drain(a->reach, &out, a->ends.now);
		if (more)
			alone_keep(a, out);
		more |= alone_take_events(a);
		more |= alone_move_streams(a);
	}
	assert_false(more);
}

/* The machine and its home relay; nobody else yet. */
static inline struct alone *alone_new(bool own_receipts)
{
	struct alone *a = calloc(1, sizeof(*a));
	assert_non_null(a);
	ends_init(&a->ends, 8, 0);
	struct reach_config cfg = {.rng = a->ends.rng,
				   .peers_max = ALONE_PEERS,
				   .port = 41641,
				   .own_receipts = own_receipts};
	key_generate(cfg.key.b, &a->ends.rng);
	key_generate(cfg.disco.b, &a->ends.rng);
	a->reach = reach_new(&cfg, a->ends.now);
	assert_non_null(a->reach);
	const struct relay_place relay = {.region = ALONE_REGION};
	reach_set_relays(a->reach, &relay, 1, ALONE_REGION, a->ends.now);
	alone_turn(a);
	alone_turn(a);
	a->at = (struct endpoint){ip_v4(192, 0, 2, 7), 41641};
	key_generate(a->disco.b, &a->ends.rng);
	key_public(a->disco_public.b, a->disco.b);
	assert_true(box_shared_of(&a->shared, a->disco.b, reach_disco_key(a->reach)->b));
	return a;
}

static inline void alone_free(struct alone *a)
{
	reach_free(a->reach);
	if (a->end.buffer)
		end_close(&a->ends, &a->end);
	ends_fini(&a->ends);
	free(a);
}

/* The peer stands at the relay, is known, and has one hint. */
static inline void alone_introduce(struct alone *a)
{
	end_join(&a->ends, &a->end);
	const struct paths_peer cfg = {.key = a->end.key,
				       .home = ALONE_REGION,
				       .hints = {a->at},
				       .n_hints = 1,
				       .disco = a->disco_public};
	assert_int_equal(reach_peer_set(a->reach, &cfg, a->ends.now, &a->id), REACH_PEER_KEPT);
	alone_turn(a);
}

/* A datagram comes by UDP. */
static inline enum reach_input alone_input(struct alone *a, const struct endpoint *from,
					   uint16_t socket, struct bytes b, struct way *way)
{
	uint8_t memory[PACKET_SIZE];
	struct datagram d = {.packet = packet_in(memory, sizeof(memory), PACKET_HEADROOM),
			     .at = *from,
			     .socket = socket};
	memcpy(packet_append(&d.packet, b.n), b.p, b.n);
	return reach_input(a->reach, &d, a->ends.now, way);
}

static inline struct bytes alone_seal(struct alone *a, uint8_t out[static PACKET_SIZE],
				      const struct disco_msg *msg)
{
	struct wr w = wr_of(out, PACKET_SIZE);
	disco_seal(&w, &a->disco_public, &a->shared, msg, &a->ends.rng);
	return wr_done(&w);
}

/* The peer says this by UDP. */
static inline void alone_say(struct alone *a, const struct endpoint *from,
			     const struct disco_msg *msg)
{
	uint8_t b[PACKET_SIZE];
	struct way way;
	assert_int_equal(alone_input(a, from, 0, alone_seal(a, b, msg), &way), REACH_TAKEN);
}

/* The first disco message of this type that went to the peer by UDP in the last turn. */
static inline bool alone_said(const struct alone *a, enum disco_type type, struct disco_msg *msg,
			      struct endpoint *to)
{
	struct disco_key sender;
	struct bytes sealed;
	for (size_t i = 0; i < a->n_sent; i++) {
		struct bytes b = {a->sent[i].b, a->sent[i].d.packet.len};
		*to = a->sent[i].d.at;
		if (disco_open_frame(b, &sender, &sealed) && disco_open(sealed, &a->shared, msg) &&
		    msg->type == type)
			return true;
	}
	return false;
}

/* The next packet that the relay gives the peer, as `end_expect`. False: none. */
static inline bool alone_relayed(struct alone *a, struct bytes *packet)
{
	struct derp_frame f;
	while (end_read(&a->ends, &a->end, &f))
		if (f.type == DERP_RECV_PACKET) {
			assert_true(key_equal(f.packet.peer.b, a->reach->self.b));
			*packet = f.packet.packet;
			return true;
		}
	return false;
}

/* The same, without disco. */
static inline bool alone_relayed_data(struct alone *a, struct bytes *packet)
{
	while (alone_relayed(a, packet))
		if (!disco_is(*packet))
			return true;
	return false;
}

/* A packet of n bytes, whose last one is `mark`, in memory of the test. */
static inline struct packet alone_packet(uint8_t memory[static PACKET_SIZE], size_t n, uint8_t mark)
{
	struct packet p = packet_in(memory, PACKET_SIZE, PACKET_HEADROOM);
	uint8_t *b = packet_append(&p, n);
	assert_non_null(b);
	memset(b, 4, n);
	b[n - 1] = mark;
	return p;
}

/* Data goes to the peer. Its memory is good until the turn is over. */
static inline void alone_send(struct alone *a, const struct packet *p)
{
	reach_begin(a->reach);
	reach_send(a->reach, a->id, p, a->ends.now);
}

/* The peer answers the first ping that reached it by UDP, and has a direct path. */
static inline void alone_go_direct(struct alone *a)
{
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 40, 0);
	struct disco_msg ping, pong = {.type = DISCO_PONG};
	struct endpoint to;
	struct paths_peer_status st;
	struct bytes b;
	alone_send(a, &p);
	alone_turn(a);
	assert_true(alone_said(a, DISCO_PING, &ping, &to));
	assert_true(endpoint_equal(&to, &a->at));
	a->ends.now += 20 * MSEC;
	pong.pong = (struct disco_pong){.txid = ping.ping.txid, .seen = {ip_v4(192, 0, 2, 1), 1}};
	alone_say(a, &a->at, &pong);
	alone_turn(a);
	reach_peer_status(a->reach, a->id, a->ends.now, &st);
	assert_true(st.direct && !st.doubted);
	while (alone_relayed(a, &b))
		;
}

static inline size_t alone_events_of(const struct alone *a, int kind)
{
	size_t n = 0;
	for (size_t i = 0; i < a->n_events; i++)
		n += (int)a->events[i].kind == kind;
	return n;
}

#endif

/* two.h - two nodes and a relay in one process: no NAT, no delay but one step of virtual time */
#ifndef NODE_TWO_H
#define NODE_TWO_H

#include "node/inside.h"

#include <stdlib.h>

#include "crypto/seeded.h"
#include "relay/server.h"
#include "unit/unit.h"
#include "wire/ip.h"
#include "wire/tsmp.h"

enum { STEP_MS = 5, REGION = 1, HELD_MAX = 512, RECEIVED_MAX = 512 };

#define WALL (1700000000 * SECOND)

struct side {
	struct node *node;
	struct node_private key;
	struct node_key pub;
	struct endpoint ep;
	struct ip address;
	uint64_t clock_behind_ns;
	bool stream, dial; /* the stream to the relay is up; asked for */
	uint32_t client;
	peer_id peer;
	uint8_t received[RECEIVED_MAX]; /* last byte of each packet that came out of the TUN side */
	size_t n_received;
	struct path_event moved;
	mono_ns handshake_at; /* of the last session that was counted */
	int pongs_relay, pongs_direct, sessions, hangups, relay_lost;
};

struct world {
	struct seeded seeded;
	struct rng rng;
	mono_ns now;
	struct relay_server *relay;
	struct side side[2];
	bool direct_open;
	struct held {
		size_t to, n;
		uint8_t data[PACKET_SIZE];
		struct endpoint from;
	} held[HELD_MAX]; /* UDP under way until the next step */
	size_t n_held;
};

static inline void take_udp(struct world *w, size_t from, const struct datagram *d)
{
	struct side *other = &w->side[1 - from];
	if (!w->direct_open || !endpoint_equal(&d->at, &other->ep))
		return;
	assert_true(w->n_held < HELD_MAX);
	struct held *h = &w->held[w->n_held++];
	*h = (struct held){.to = 1 - from, .n = d->packet.len, .from = w->side[from].ep};
	memcpy(h->data, d->packet.data, d->packet.len);
}

static inline void on_path(struct side *s, const struct path_event *ev)
{
	if (ev->kind == PATH_MOVED)
		s->moved = *ev;
	if (ev->kind == PATH_PONG && ev->via.kind == WAY_RELAY)
		s->pongs_relay++;
	if (ev->kind == PATH_PONG && ev->via.kind == WAY_UDP)
		s->pongs_direct++;
}

static inline void on_event(struct world *w, struct side *s, const struct reach_event *ev)
{
	switch (ev->kind) {
	case REACH_DIAL:
		s->dial = true;
		break;
	case REACH_HANGUP:
		s->hangups++;
		if (s->stream)
			relay_server_gone(w->relay, s->client, w->now);
		s->stream = s->dial = false;
		break;
	case REACH_RELAY:
		s->relay_lost += !ev->ready;
		break;
	case REACH_PATH:
		on_path(s, &ev->path);
		break;
	case REACH_UPNP:
	case REACH_SELF:
	case REACH_NETCHECK:
	case REACH_LOOKUP64:
	case REACH_NAT64:
		break;
	}
}

static inline void count_sessions(struct world *w, struct side *s)
{
	struct node_peer_status st;
	if (!node_peer_status(s->node, s->peer, w->now, &st) ||
	    st.tunnel.handshake_at == MONO_NEVER || st.tunnel.handshake_at == s->handshake_at)
		return;
	s->handshake_at = st.tunnel.handshake_at;
	s->sessions++;
}

static inline void drain(struct world *w, size_t i)
{
	struct side *s = &w->side[i];
	const struct node_out *out;
	struct reach_event ev;
	while (node_drain(s->node, &out, w->now)) {
		for (size_t k = 0; k < out->net->n_udp; k++)
			take_udp(w, i, &out->net->udp[k]);
		for (size_t k = 0; k < out->n_tun; k++) {
			assert_true(s->n_received < RECEIVED_MAX);
			s->received[s->n_received++] = out->tun[k].data[out->tun[k].len - 1];
		}
	}
	while (reach_event(node_reach(s->node), &ev))
		on_event(w, s, &ev);
	count_sessions(w, s);
}

static inline void move_streams(struct world *w)
{
	uint8_t chunk[4096];
	size_t n;
	for (size_t i = 0; i < 2; i++) {
		struct side *s = &w->side[i];
		if (s->dial && relay_server_open(w->relay, 0, w->now, &s->client)) {
			s->dial = false;
			s->stream = true;
			reach_stream_up(node_reach(s->node), REGION, relay_server_key(w->relay),
					w->now);
			drain(w, i);
		}
		while (s->stream && (n = reach_to_stream(node_reach(s->node), REGION, chunk,
							 sizeof(chunk), w->now)) > 0)
			assert_true(relay_server_input(w->relay, s->client,
						       (struct bytes){chunk, n}, w->now));
	}
	for (size_t i = 0; i < 2; i++) {
		struct side *s = &w->side[i];
		while (s->stream && (n = relay_server_output(w->relay, s->client, chunk,
							     sizeof(chunk), w->now)) > 0) {
			reach_from_stream(node_reach(s->node), REGION, (struct bytes){chunk, n},
					  w->now);
			drain(w, i);
		}
	}
}

static inline void move_udp(struct world *w)
{
	static struct held now_held[HELD_MAX];
	size_t n = w->n_held;
	memcpy(now_held, w->held, n * sizeof(*now_held));
	w->n_held = 0;
	for (size_t k = 0; k < n; k++) {
		uint8_t memory[PACKET_SIZE];
		struct datagram d = {.packet = packet_in(memory, sizeof(memory), PACKET_HEADROOM),
				     .at = now_held[k].from};
		memcpy(packet_append(&d.packet, now_held[k].n), now_held[k].data, now_held[k].n);
		node_from_udp(w->side[now_held[k].to].node, &d, 1, w->now);
		drain(w, now_held[k].to);
	}
}

static inline void run(struct world *w, mono_ns length)
{
	for (mono_ns end = w->now + length; w->now < end; w->now += STEP_MS * MSEC) {
		move_udp(w);
		move_streams(w);
		relay_server_tick(w->relay, w->now);
		for (size_t i = 0; i < 2; i++) {
			if (node_deadline(w->side[i].node) <= w->now)
				node_tick(w->side[i].node, w->now);
			drain(w, i);
		}
	}
}

/* disco: as a coordination server tells it; NULL: it does not. */
static inline void introduce(struct world *w, size_t i, const struct disco_key *disco)
{
	struct side *s = &w->side[i], *other = &w->side[1 - i];
	struct prefix allowed = prefix_of(&other->address, 32);
	struct netmap_peer peer = {
		.key = other->pub, .home = REGION, .allowed = &allowed, .n_allowed = 1};
	const struct netmap_change change = {.now = &peer};
	if (disco)
		peer.disco = *disco;
	assert_int_equal(node_peer_set(s->node, &change, w->now, &s->peer), TUNNEL_ADDED);
}

static inline void start(struct world *w, size_t i)
{
	struct side *s = &w->side[i];
	struct node_config cfg = {.key = s->key,
				  .rng = w->rng,
				  .wall_offset_ns = WALL - s->clock_behind_ns,
				  .peers_max = 4,
				  .port = 41641};
	s->node = node_new(&cfg, w->now);
	assert_non_null(s->node);
	struct relay_place relay = {.region = REGION};
	struct own_address home = {.ip = s->ep.ip, .bits = 24};
	node_set_addresses(s->node, &s->address, 1);
	reach_set_relays(node_reach(s->node), &relay, 1, 1, w->now);
	reach_set_interfaces(node_reach(s->node), &home, 1, w->now);
	introduce(w, i, NULL);
	drain(w, i);
}

static inline struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof(*w));
	assert_non_null(w);
	seeded_init(&w->seeded, 1);
	w->rng = seeded_rng(&w->seeded);
	w->now = 1000 * SECOND;
	w->direct_open = true;
	struct relay_server_config cfg = {.rng = w->rng, .clients_max = 8};
	key_generate(cfg.key.b, &w->rng);
	w->relay = relay_server_new(&cfg, w->now);
	for (uint8_t i = 0; i < 2; i++) {
		struct side *s = &w->side[i];
		key_generate(s->key.b, &w->rng);
		key_public(s->pub.b, s->key.b);
		s->ep = (struct endpoint){ip_v4(192, 0, 2, (uint8_t)(i + 1)), 41641};
		s->address = ip_v4(100, 64, 0, (uint8_t)(i + 1));
	}
	for (size_t i = 0; i < 2; i++)
		start(w, i);
	return w;
}

static inline void world_free(struct world *w)
{
	node_free(w->side[0].node);
	node_free(w->side[1].node);
	relay_server_free(w->relay);
	free(w);
}

/* A packet of side i for the other, whose last byte is `mark`. */
static inline void say(struct world *w, size_t i, uint8_t mark)
{
	uint8_t memory[PACKET_SIZE], data[20] = {[19] = mark};
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	struct wr out = wr_of(p.data, p.tail);
	ip_write(&out, &w->side[i].address, &w->side[1 - i].address, IP_UDP, 64, sizeof(data));
	wr_put(&out, data, sizeof(data));
	assert_non_null(packet_append(&p, out.n));
	node_from_tun(w->side[i].node, &p, 1, w->now);
	drain(w, i);
}

static inline bool is_direct(struct world *w, size_t i)
{
	struct node_peer_status status;
	assert_true(node_peer_status(w->side[i].node, w->side[i].peer, w->now, &status));
	return status.path.direct;
}

#endif

/* Two nodes and a relay in one process: no NAT, no delay but one step of virtual time.  The
 * simulator has the hard cases (test/sim); here is what the node itself does. */
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
	uint64_t udp_sent;
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

static void take_udp(struct world *w, size_t from, const struct datagram *d)
{
	struct side *other = &w->side[1 - from];
	w->side[from].udp_sent++;
	if (!w->direct_open || !endpoint_equal(&d->at, &other->ep))
		return;
	assert_true(w->n_held < HELD_MAX);
	struct held *h = &w->held[w->n_held++];
	*h = (struct held){.to = 1 - from, .n = d->packet.len, .from = w->side[from].ep};
	memcpy(h->data, d->packet.data, d->packet.len);
}

static void on_path(struct side *s, const struct path_event *ev)
{
	if (ev->kind == PATH_MOVED)
		s->moved = *ev;
	if (ev->kind == PATH_PONG && ev->via.kind == WAY_RELAY)
		s->pongs_relay++;
	if (ev->kind == PATH_PONG && ev->via.kind == WAY_UDP)
		s->pongs_direct++;
}

static void on_event(struct world *w, struct side *s, const struct reach_event *ev)
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

static void count_sessions(struct world *w, struct side *s)
{
	struct node_peer_status st;
	if (!node_peer_status(s->node, s->peer, w->now, &st) ||
	    st.tunnel.handshake_at == MONO_NEVER || st.tunnel.handshake_at == s->handshake_at)
		return;
	s->handshake_at = st.tunnel.handshake_at;
	s->sessions++;
}

static void drain(struct world *w, size_t i)
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

static void move_streams(struct world *w)
{
	uint8_t chunk[4096];
	size_t n;
	for (size_t i = 0; i < 2; i++) {
		struct side *s = &w->side[i];
		if (s->dial && relay_server_open(w->relay, w->now, &s->client)) {
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

static void move_udp(struct world *w)
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

static void run(struct world *w, mono_ns length)
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
static void introduce(struct world *w, size_t i, const struct disco_key *disco)
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

static void start(struct world *w, size_t i)
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

static struct world *world_new(void)
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

static void world_free(struct world *w)
{
	node_free(w->side[0].node);
	node_free(w->side[1].node);
	relay_server_free(w->relay);
	free(w);
}

/* A packet of side i for the other, whose last byte is `mark`. */
static void say(struct world *w, size_t i, uint8_t mark)
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

static bool is_direct(struct world *w, size_t i)
{
	struct node_peer_status status;
	assert_true(node_peer_status(w->side[i].node, w->side[i].peer, w->now, &status));
	return status.path.direct;
}

static void the_first_packet_goes_through_the_relay(void **state)
{
	struct world *w = world_new();
	w->direct_open = false;
	run(w, 100 * MSEC);
	say(w, 0, 7);
	assert_int_equal(w->side[1].n_received, 0);
	run(w, 100 * MSEC);
	assert_int_equal(w->side[1].n_received, 1);
	assert_int_equal(w->side[1].received[0], 7);
	assert_false(is_direct(w, 0));
	world_free(w);
}

static void then_it_goes_directly(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 1 * SECOND);
	assert_true(is_direct(w, 0));
	assert_int_equal(w->side[0].moved.reason, PATH_FIRST);
	assert_true(endpoint_equal(&w->side[0].moved.via.ep, &w->side[1].ep));
	struct relay_client_status before, after;
	assert_true(reach_relay_status(node_reach(w->side[0].node), REGION, &before));
	say(w, 0, 2);
	say(w, 1, 3);
	run(w, 50 * MSEC);
	assert_true(reach_relay_status(node_reach(w->side[0].node), REGION, &after));
	assert_int_equal(before.tx_packets, after.tx_packets);
	assert_int_equal(w->side[1].received[1], 2);
	assert_int_equal(w->side[0].received[0], 3);
	/* The adverts that told the disco keys went through the tunnel, and no further. */
	assert_int_equal(w->side[0].n_received, 1);
	assert_int_equal(w->side[1].n_received, 2);
	assert_int_equal(w->side[0].sessions, 1);
	world_free(w);
}

/* An advert as the system of side i would send it, from this address. */
static struct packet forged_advert(struct world *w, size_t i, const struct ip *from,
				   uint8_t memory[static PACKET_SIZE])
{
	struct packet p = packet_in(memory, PACKET_SIZE, PACKET_HEADROOM);
	struct wr out = wr_of(p.data, p.tail);
	struct disco_key forged = {.b = {9, 9, 9}};
	tsmp_write_advert(&out, from, &w->side[1 - i].address, &forged);
	assert_non_null(packet_append(&p, out.n));
	return p;
}

static bool knows_the_key_of(struct world *w, size_t i, size_t of)
{
	struct node_peer_status st;
	assert_true(node_peer_status(w->side[i].node, w->side[i].peer, w->now, &st));
	return key_equal(st.path.disco.b, reach_disco_key(node_reach(w->side[of].node))->b);
}

/* The peer allows one of our addresses; which one we cannot know. */
static void the_disco_key_gets_through_by_the_address_that_the_peer_allows(void **state)
{
	for (size_t first = 0; first < 3; first++) {
		struct world *w = world_new();
		struct ip own[3] = {ip_v4(10, 1, 1, 1), ip_v4(10, 1, 1, 2), ip_v4(10, 1, 1, 3)};
		own[first] = w->side[1].address;
		node_set_addresses(w->side[1].node, own, 3);
		run(w, 100 * MSEC);
		say(w, 0, 1);
		run(w, 1 * SECOND);
		assert_true(knows_the_key_of(w, 0, 1));
		world_free(w);
	}
}

static struct packet link_local_packet(uint8_t *memory, const char *src, const char *dst)
{
	struct packet p = packet_in(memory, PACKET_SIZE, PACKET_HEADROOM);
	struct wr out = wr_of(p.data, p.tail);
	struct ip from, to;
	assert_true(ip_parse(&from, src) && ip_parse(&to, dst));
	ip_write(&out, &from, &to, IP_UDP, 255, 0);
	assert_non_null(packet_append(&p, out.n));
	return p;
}

/* A router advertisement is such a packet. */
static void link_local_packets_do_not_pass(void **state)
{
	static const char *const rows[][2] = {
		{"fe80::1", "ff02::1"}, {"fe80::1", "fd7a::1"}, {"fd7a::1", "febf::1"}};
	struct world *w = world_new();
	const struct prefix all = {.ip = {.family = 6}};
	for (size_t i = 0; i < 2; i++) /* even where the prefixes allow them */
		assert_true(tunnel_allow(w->side[i].node->tunnel, w->side[i].peer, &all));
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 1 * SECOND);
	size_t before = w->side[1].n_received;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t memory[PACKET_SIZE];
		struct packet p = link_local_packet(memory, rows[i][0], rows[i][1]);
		node_from_tun(w->side[0].node, &p, 1, w->now);
		assert_int_equal(node_stats(w->side[0].node)->link_local, i + 1);
		/* A peer that lets it out all the same. */
		p = link_local_packet(memory, rows[i][0], rows[i][1]);
		node_send_own(w->side[0].node, w->side[0].peer, &p, w->now);
		drain(w, 0);
		run(w, 100 * MSEC);
		assert_int_equal(node_stats(w->side[1].node)->link_local, i + 1);
	}
	assert_int_equal(w->side[1].n_received, before);
	world_free(w);
}

/* A host behind a gateway must not tell the gateway's peers another disco key. */
static void nobody_else_tells_a_disco_key_in_our_name(void **state)
{
	struct world *w = world_new();
	uint8_t memory[PACKET_SIZE];
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 1 * SECOND);
	assert_true(knows_the_key_of(w, 1, 0));
	/* The gateway does not carry it... */
	struct packet p = forged_advert(w, 0, &w->side[0].address, memory);
	node_from_tun(w->side[0].node, &p, 1, w->now);
	drain(w, 0);
	run(w, 100 * MSEC);
	assert_int_equal(node_stats(w->side[0].node)->tsmp, 1);
	assert_true(knows_the_key_of(w, 1, 0));
	/* ...and where one does, its peer does not take it. */
	const struct ip lan_host = ip_v4(10, 5, 0, 77);
	struct prefix allowed[] = {prefix_of(&w->side[0].address, 32), prefix_of(&lan_host, 16)};
	struct netmap_peer gateway = {.key = w->side[0].pub,
				      .home = REGION,
				      .allowed = allowed,
				      .n_allowed = ARRAY_LEN(allowed)};
	const struct netmap_change change = {.now = &gateway};
	assert_int_equal(node_peer_set(w->side[1].node, &change, w->now, &w->side[1].peer),
			 TUNNEL_ADDED);
	p = forged_advert(w, 0, &lan_host, memory);
	node_send_own(w->side[0].node, w->side[0].peer, &p, w->now);
	drain(w, 0);
	run(w, 100 * MSEC);
	assert_true(knows_the_key_of(w, 1, 0));
	world_free(w);
}

static void a_dead_direct_path_is_left_within_a_second(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 1 * SECOND);
	assert_true(is_direct(w, 0));
	w->direct_open = false;
	size_t before = w->side[1].n_received;
	for (int i = 0; i < 20; i++) {
		say(w, 0, 2);
		say(w, 1, 3);
		run(w, 50 * MSEC);
	}
	assert_true(w->side[1].n_received > before);
	run(w, 100 * MSEC);
	before = w->side[1].n_received;
	say(w, 0, 4);
	run(w, 50 * MSEC);
	assert_int_equal(w->side[1].n_received, before + 1);
	world_free(w);
}

static void a_restarted_node_is_met_again_soon(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 1 * SECOND);
	assert_true(is_direct(w, 0));
	relay_server_gone(w->relay, w->side[1].client, w->now);
	node_free(w->side[1].node);
	w->side[1].stream = w->side[1].dial = false;
	w->side[1].n_received = 0;
	start(w, 1);
	for (int i = 0; i < 60 && w->side[1].n_received == 0; i++) {
		say(w, 0, 2);
		run(w, 50 * MSEC);
	}
	assert_true(w->side[1].n_received > 0);
	run(w, 2 * SECOND);
	say(w, 0, 3);
	run(w, 1 * SECOND);
	assert_true(is_direct(w, 0));
	world_free(w);
}

static void who_restarted_as_somebody_says_gets_a_new_handshake(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	introduce(w, 0,
		  reach_disco_key(node_reach(
			  w->side[1].node))); /* known already, or never known: no restart */
	say(w, 0, 1);
	run(w, 1 * SECOND);
	introduce(w, 0, reach_disco_key(node_reach(w->side[1].node)));
	say(w, 0, 1);
	run(w, 100 * MSEC);
	assert_int_equal(w->side[0].sessions, 1);
	relay_server_gone(w->relay, w->side[1].client, w->now);
	node_free(w->side[1].node);
	w->side[1].stream = w->side[1].dial = false;
	w->side[1].n_received = 0;
	start(w, 1);
	run(w, 100 * MSEC);
	assert_int_equal(w->side[1].n_received, 0);
	introduce(w, 0, reach_disco_key(node_reach(w->side[1].node)));
	say(w, 0, 2);
	run(w, 100 * MSEC);
	assert_int_equal(w->side[0].sessions, 2);
	assert_int_equal(w->side[1].n_received, 1);
	world_free(w);
}

/* A small router has no clock of its own: it starts in 1970, and later is told the time. */
static void a_clock_that_is_set_late_is_heeded(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, SECOND);
	assert_int_equal(w->side[1].n_received, 1);
	node_free(w->side[0].node);
	relay_server_gone(w->relay, w->side[0].client, w->now);
	w->side[0].stream = false;
	w->side[0].clock_behind_ns = WALL;
	start(w, 0);
	run(w, 100 * MSEC);
	say(w, 0, 2);
	run(w, SECOND);
	assert_int_equal(w->side[1].n_received, 1); /* its stamp is older than what was seen */
	assert_true(node_tunnel_stats(w->side[1].node)->replayed > 0);
	node_set_wall(w->side[0].node, WALL);
	run(w, 6 * SECOND);
	assert_int_equal(w->side[1].n_received, 2);
	world_free(w);
}

static void pings_are_answered_over_each_way(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	/* Before any session: the ping waits for the disco key. */
	assert_true(node_ping(w->side[0].node, w->side[0].peer, w->now));
	run(w, 1 * SECOND);
	assert_true(w->side[0].pongs_relay >= 1);
	assert_true(node_ping(w->side[0].node, w->side[0].peer, w->now));
	run(w, 200 * MSEC);
	assert_true(w->side[0].pongs_direct >= 1);
	assert_false(node_ping(w->side[0].node, 3, w->now));
	assert_false(node_ping(w->side[0].node, 99, w->now));
	world_free(w);
}

static void more_relayed_packets_than_slots_all_arrive(void **state)
{
	struct world *w = world_new();
	w->direct_open = false;
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 200 * MSEC);
	size_t before = w->side[1].n_received;
	for (uint8_t i = 0; i < 30; i++) {
		say(w, 0, i);
		move_streams(w);
		say(w, 0, i);
		say(w, 0, i);
	}
	run(w, 200 * MSEC);
	assert_int_equal(w->side[1].n_received, before + 90);
	world_free(w);
}

static void what_cannot_be_sent_is_counted(void **state)
{
	struct world *w = world_new();
	struct node *n = w->side[0].node;
	uint8_t memory[PACKET_SIZE];
	struct ip from = ip_v4(100, 64, 0, 1), nobody = ip_v4(10, 9, 8, 7);
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	struct wr out = wr_of(p.data, p.tail);
	ip_write(&out, &from, &nobody, IP_UDP, 64, 0);
	assert_non_null(packet_append(&p, out.n));
	node_from_tun(n, &p, 1, w->now);
	assert_int_equal(node_stats(n)->no_peer, 1);
	p.data[0] = 0;
	node_from_tun(n, &p, 1, w->now);
	assert_int_equal(node_stats(n)->not_ip, 1);
	world_free(w);
}

/* The tunnel is not to be a way to itself. */
static void our_own_datagrams_are_not_taken_from_the_tunnel(void **state)
{
	static const struct {
		struct ip from;
		uint16_t port;
		bool is_ours;
	} rows[] = {
		{{4, {100, 64, 0, 1}}, 41641, true},
		{{4, {100, 64, 0, 1}}, 41642, false},   /* another program's */
		{{4, {192, 168, 7, 20}}, 41641, false}, /* forwarded for somebody */
	};
	struct world *w = world_new();
	struct node *n = w->side[0].node;
	struct ip own = ip_v4(100, 64, 0, 1), there = ip_v4(10, 9, 8, 7);
	node_set_addresses(n, &own, 1);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t memory[PACKET_SIZE];
		struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
		struct wr out = wr_of(p.data, p.tail);
		uint64_t before = node_stats(n)->own_datagram;
		ip_write(&out, &rows[i].from, &there, IP_UDP, 64, UDP_HEADER_LEN);
		udp_write(&out, &rows[i].from, &there, rows[i].port, 41641, (struct bytes){0});
		assert_non_null(packet_append(&p, out.n));
		node_from_tun(n, &p, 1, w->now);
		assert_int_equal(node_stats(n)->own_datagram - before, rows[i].is_ours);
	}
	world_free(w);
}

static void a_relay_that_is_left_out_is_hung_up(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	assert_true(w->side[0].stream);
	reach_set_relays(node_reach(w->side[0].node), NULL, 0, 1, w->now);
	drain(w, 0);
	assert_int_equal(w->side[0].hangups, 1);
	struct relay_client_status status;
	assert_false(reach_relay_status(node_reach(w->side[0].node), REGION, &status));
	/* Without a way, packets are counted as lost and nothing breaks. */
	say(w, 0, 1);
	run(w, 100 * MSEC);
	world_free(w);
}

static void a_lost_stream_is_dialled_again(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	struct side *s = &w->side[0];
	relay_server_gone(w->relay, s->client, w->now);
	s->stream = false;
	reach_stream_down(node_reach(s->node), REGION, "the cable was cut", w->now);
	drain(w, 0);
	assert_int_equal(s->relay_lost, 1);
	run(w, 10 * SECOND);
	assert_true(s->stream);
	say(w, 0, 9);
	run(w, 100 * MSEC);
	assert_int_equal(w->side[1].n_received, 1);
	world_free(w);
}

static void a_removed_peer_is_gone(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 500 * MSEC);
	struct side *s = &w->side[0];
	node_peer_remove(s->node, s->peer, w->now);
	node_peer_remove(s->node, s->peer, w->now);
	assert_int_equal(reach_peer_find(node_reach(s->node), &w->side[1].pub), PEER_NONE);
	struct node_peer_status status;
	assert_false(node_peer_status(s->node, s->peer, w->now, &status));
	run(w, 500 * MSEC);
	introduce(w, 0, NULL);
	say(w, 0, 5);
	run(w, 500 * MSEC);
	assert_int_equal(w->side[1].received[w->side[1].n_received - 1], 5);
	world_free(w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_first_packet_goes_through_the_relay),
	cmocka_unit_test(then_it_goes_directly),
	cmocka_unit_test(nobody_else_tells_a_disco_key_in_our_name),
	cmocka_unit_test(a_dead_direct_path_is_left_within_a_second),
	cmocka_unit_test(a_restarted_node_is_met_again_soon),
	cmocka_unit_test(who_restarted_as_somebody_says_gets_a_new_handshake),
	cmocka_unit_test(a_clock_that_is_set_late_is_heeded),
	cmocka_unit_test(pings_are_answered_over_each_way),
	cmocka_unit_test(more_relayed_packets_than_slots_all_arrive),
	cmocka_unit_test(what_cannot_be_sent_is_counted),
	cmocka_unit_test(the_disco_key_gets_through_by_the_address_that_the_peer_allows),
	cmocka_unit_test(link_local_packets_do_not_pass),
	cmocka_unit_test(our_own_datagrams_are_not_taken_from_the_tunnel),
	cmocka_unit_test(a_relay_that_is_left_out_is_hung_up),
	cmocka_unit_test(a_lost_stream_is_dialled_again),
	cmocka_unit_test(a_removed_peer_is_gone),
};
RUN_TESTS(tests)

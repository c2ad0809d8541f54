/* What a node does with another one and a relay.  The simulator has the hard cases (sim/). */
#include "unit/node/two.h"

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

/* Where data goes: by the route of its peer, by a way that the owner names, or nowhere. */
#include "unit/reach/alone.h"

static void data_for_a_relayed_peer_comes_out_of_its_relay_in_our_name(void **state)
{
	struct alone *a = alone_new(false);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 100, 9);
	struct bytes b;
	alone_introduce(a);
	alone_send(a, &p);
	alone_turn(a);
	assert_true(alone_relayed_data(a, &b));
	assert_int_equal(b.n, 100);
	assert_int_equal(b.p[99], 9);
	assert_false(alone_relayed_data(a, &b));
	for (size_t i = 0; i < a->n_sent; i++) /* pings of the hint only */
		assert_true(disco_is((struct bytes){a->sent[i].b, a->sent[i].d.packet.len}));
	alone_free(a);
}

static void data_for_a_direct_peer_stays_in_its_memory_and_leaves_the_main_port(void **state)
{
	struct alone *a = alone_new(false);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 100, 9);
	struct bytes b;
	alone_introduce(a);
	alone_go_direct(a);
	alone_send(a, &p);
	alone_turn(a);
	assert_true(a->n_sent >= 1);
	assert_ptr_equal(a->sent[0].d.packet.data, p.data);
	assert_int_equal(a->sent[0].d.packet.len, 100);
	assert_true(endpoint_equal(&a->sent[0].d.at, &a->at));
	assert_int_equal(a->sent[0].d.socket, 0);
	assert_int_equal(a->sent[0].d.from.family, 0);
	assert_false(a->sent[0].d.dont_fragment);
	assert_false(alone_relayed_data(a, &b));
	assert_int_equal(reach_stats(a->reach)->no_way, 0);
	alone_free(a);
}

static void data_for_a_doubted_peer_goes_by_both_ways(void **state)
{
	struct alone *a = alone_new(false);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 100, 9);
	struct bytes b;
	alone_introduce(a);
	alone_go_direct(a);
	reach_udp_unreachable(a->reach, &a->at, a->ends.now);
	alone_send(a, &p);
	alone_turn(a);
	assert_ptr_equal(a->sent[0].d.packet.data, p.data);
	assert_true(endpoint_equal(&a->sent[0].d.at, &a->at));
	assert_true(alone_relayed_data(a, &b));
	assert_int_equal(b.p[99], 9);
	alone_free(a);
}

/* The peer is known by its key alone: it has no relay, and nobody hinted at an endpoint. */
static void data_without_a_way_is_counted_for_its_peer_alone(void **state)
{
	struct alone *a = alone_new(false);
	struct paths_peer cfg = {.key.b = {1}};
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 100, 9);
	peer_id other;
	assert_int_equal(reach_peer_set(a->reach, &cfg, a->ends.now, &a->id), REACH_PEER_KEPT);
	cfg.key.b[0] = 2;
	assert_int_equal(reach_peer_set(a->reach, &cfg, a->ends.now, &other), REACH_PEER_KEPT);
	alone_send(a, &p);
	alone_send(a, &p);
	alone_turn(a);
	assert_int_equal(a->n_sent, 0);
	assert_int_equal(reach_peer_lost(a->reach, a->id), 2);
	assert_int_equal(reach_peer_lost(a->reach, other), 0);
	assert_int_equal(reach_stats(a->reach)->no_way, 2);
	alone_free(a);
}

static void a_packet_by_a_named_way_leaves_that_socket_and_is_no_traffic(void **state)
{
	struct alone *a = alone_new(false);
	const struct endpoint there = {ip_v4(198, 51, 100, 3), 7};
	const struct way by = way_udp_by(&there, 17);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 32, 9);
	struct paths_peer_status st;
	alone_introduce(a);
	reach_begin(a->reach);
	reach_send_by(a->reach, a->id, &p, &by, a->ends.now);
	alone_turn(a);
	assert_int_equal(a->n_sent, 1); /* no ping */
	assert_true(endpoint_equal(&a->sent[0].d.at, &there));
	assert_int_equal(a->sent[0].d.socket, 17);
	reach_peer_status(a->reach, a->id, a->ends.now, &st);
	assert_false(st.active);
	alone_free(a);
}

static void a_packet_by_no_way_goes_nowhere(void **state)
{
	struct alone *a = alone_new(false);
	const struct way none = {.kind = WAY_NONE};
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 32, 9);
	struct bytes b;
	alone_introduce(a);
	reach_begin(a->reach);
	reach_send_by(a->reach, a->id, &p, &none, a->ends.now);
	alone_turn(a);
	assert_int_equal(a->n_sent, 0);
	assert_false(alone_relayed(a, &b));
	alone_free(a);
}

static void a_relay_that_nobody_named_is_no_way(void **state)
{
	struct alone *a = alone_new(false);
	const struct way by = way_relay(77);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 32, 9);
	struct bytes b;
	alone_introduce(a);
	reach_begin(a->reach);
	reach_send_by(a->reach, a->id, &p, &by, a->ends.now);
	alone_turn(a);
	assert_int_equal(reach_stats(a->reach)->no_way, 1);
	assert_int_equal(reach_peer_lost(a->reach, a->id), 0); /* it has a way of its own */
	assert_false(alone_relayed(a, &b));
	alone_free(a);
}

/* A handshake of a stranger is answered before anybody knows the peer. */
static void an_answer_goes_where_the_question_came_from(void **state)
{
	struct alone *a = alone_new(false);
	const struct endpoint there = {ip_v4(198, 51, 100, 3), 7};
	struct way by = way_udp_by(&there, 3);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 92, 9);
	struct bytes b;
	end_join(&a->ends, &a->end);
	reach_begin(a->reach);
	reach_reply(a->reach, &p, &by, NULL, a->ends.now);
	by = way_relay(ALONE_REGION);
	reach_reply(a->reach, &p, &by, &a->end.key, a->ends.now);
	alone_turn(a);
	assert_int_equal(a->n_sent, 1);
	assert_true(endpoint_equal(&a->sent[0].d.at, &there));
	assert_int_equal(a->sent[0].d.socket, 3);
	assert_true(alone_relayed_data(a, &b));
	assert_int_equal(b.n, 92);
	alone_free(a);
}

/* --- NAT64: 2001:db8:64::/96 is in front of 192.0.2.7 --- */

static struct alone *behind_nat64(void)
{
	struct alone *a = alone_new(false);
	struct own_address own = {.bits = 64};
	struct ip told[1];
	assert_true(ip_parse(&own.ip, "2001:db8::1"));
	assert_true(ip_parse(&told[0], "2001:db8:64::c000:aa"));
	reach_set_interfaces(a->reach, &own, 1, a->ends.now);
	reach_nat64_answer(a->reach, told, 1, 3600, false, a->ends.now);
	alone_turn(a);
	assert_non_null(reach_nat64(a->reach));
	return a;
}

static void from_a_network_with_ipv6_only_data_leaves_by_its_nat64(void **state)
{
	struct alone *a = behind_nat64();
	const struct endpoint v4 = {ip_v4(192, 0, 2, 7), 41641};
	struct endpoint v6 = {.port = 41641}, other;
	const struct way by[] = {way_udp(&v4), way_udp_by(&v4, 5)};
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 92, 9);
	assert_true(ip_parse(&v6.ip, "2001:db8:64::c000:207"));
	alone_introduce(a);
	reach_begin(a->reach);
	reach_send_by(a->reach, a->id, &p, &by[0], a->ends.now);
	reach_reply(a->reach, &p, &by[1], NULL, a->ends.now);
	assert_true(endpoint_parse(&other, "[2001:db8:1::5]:9"));
	const struct way six = way_udp(&other);
	reach_send_by(a->reach, a->id, &p, &six, a->ends.now);
	alone_turn(a);
	assert_true(a->n_sent >= 3);
	assert_true(endpoint_equal(&a->sent[0].d.at, &v6));
	assert_true(endpoint_equal(&a->sent[1].d.at, &v6));
	assert_int_equal(a->sent[1].d.socket, 5);
	assert_true(endpoint_equal(&a->sent[2].d.at, &other)); /* IPv6 is left alone */
	alone_free(a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(data_for_a_relayed_peer_comes_out_of_its_relay_in_our_name),
	cmocka_unit_test(data_for_a_direct_peer_stays_in_its_memory_and_leaves_the_main_port),
	cmocka_unit_test(data_for_a_doubted_peer_goes_by_both_ways),
	cmocka_unit_test(data_without_a_way_is_counted_for_its_peer_alone),
	cmocka_unit_test(a_packet_by_a_named_way_leaves_that_socket_and_is_no_traffic),
	cmocka_unit_test(a_packet_by_no_way_goes_nowhere),
	cmocka_unit_test(a_relay_that_nobody_named_is_no_way),
	cmocka_unit_test(an_answer_goes_where_the_question_came_from),
	cmocka_unit_test(from_a_network_with_ipv6_only_data_leaves_by_its_nat64),
};
RUN_TESTS(tests)

/* What comes in: which datagrams end in the machine, and which are the owner's. */
#include "unit/reach/alone.h"
#include "wire/stun.h"

static struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){p, n};
}

static void a_datagram_that_is_neither_stun_nor_disco_is_the_owners(void **state)
{
	static const uint8_t magic[] = {0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac, 1, 2, 3};
	const uint8_t handshake[148] = {1}, data[1400] = {4}, one[1] = {0};
	const struct bytes rows[] = {
		bytes_of(handshake, sizeof(handshake)),
		bytes_of(data, sizeof(data)),
		bytes_of(one, 1),
		bytes_of(one, 0),
		bytes_of(magic, sizeof(magic)), /* too short for a sender's key: no disco */
	};
	struct alone *a = alone_new(false);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct way from;
		assert_int_equal(alone_input(a, &a->at, 0, rows[i], &from), REACH_DATA);
		assert_int_equal(from.kind, WAY_UDP);
		assert_true(endpoint_equal(&from.ep, &a->at));
		assert_int_equal(from.socket, 0);
	}
	alone_free(a);
}

static void the_socket_by_which_data_came_is_a_part_of_its_way(void **state)
{
	struct alone *a = alone_new(false);
	const uint8_t data[32] = {4};
	struct way from;
	assert_int_equal(alone_input(a, &a->at, 900, bytes_of(data, sizeof(data)), &from),
			 REACH_DATA);
	const struct way want = way_udp_by(&a->at, 900);
	assert_true(way_equal(&from, &want));
	alone_free(a);
}

static void a_stun_answer_that_nobody_waits_for_is_dropped_and_counted(void **state)
{
	struct alone *a = alone_new(false);
	const struct stun_answer answer = {.txid.b = {1, 2, 3}, .reflexive = a->at};
	uint8_t b[128];
	struct way from;
	struct wr w = wr_of(b, sizeof(b));
	stun_write_answer(&w, &answer);
	assert_int_equal(alone_input(a, &a->at, 0, wr_done(&w), &from), REACH_TAKEN);
	assert_int_equal(alone_input(a, &a->at, 3, wr_done(&w), &from), REACH_TAKEN);
	assert_int_equal(reach_paths_stats(a->reach)->unexpected, 2);
	assert_int_equal(reach_paths_stats(a->reach)->stun_taken, 0);
	alone_free(a);
}

static void disco_of_a_stranger_and_spoilt_disco_are_not_the_owners(void **state)
{
	struct alone *a = alone_new(false);
	const struct disco_msg ping = {.type = DISCO_PING, .ping.txid.b = {7}};
	uint8_t b[PACKET_SIZE];
	struct way from;
	struct bytes sealed = alone_seal(a, b, &ping);
	assert_int_equal(alone_input(a, &a->at, 0, sealed, &from), REACH_TAKEN);
	assert_int_equal(reach_paths_stats(a->reach)->stranger, 1);
	alone_introduce(a);
	b[sealed.n - 1] ^= 1;
	assert_int_equal(alone_input(a, &a->at, 0, sealed, &from), REACH_TAKEN);
	assert_int_equal(reach_paths_stats(a->reach)->unauthentic, 1);
	alone_turn(a);
	assert_int_equal(a->n_sent, 0);
	alone_free(a);
}

static void a_ping_by_udp_is_answered_there_and_says_from_where_it_came(void **state)
{
	struct alone *a = alone_new(false);
	const struct disco_msg ping = {.type = DISCO_PING, .ping.txid.b = {7}};
	const struct endpoint elsewhere = {ip_v4(198, 51, 100, 9), 4242};
	struct disco_msg pong;
	struct endpoint to;
	alone_introduce(a);
	alone_say(a, &elsewhere, &ping);
	alone_turn(a);
	assert_true(alone_said(a, DISCO_PONG, &pong, &to));
	assert_true(endpoint_equal(&to, &elsewhere));
	assert_true(endpoint_equal(&pong.pong.seen, &elsewhere));
	assert_memory_equal(pong.pong.txid.b, ping.ping.txid.b, DISCO_TXID_LEN);
	alone_free(a);
}

/* --- through the relay --- */

static void send_us(struct alone *a, struct end *from, struct bytes b)
{
	assert_true(end_send(&a->ends, from, &a->reach->self, b));
}

static void send_mark(struct alone *a, struct end *from, size_t n, uint8_t mark)
{
	static uint8_t b[DERP_PACKET_MAX];
	memset(b, 4, n);
	b[n - 1] = mark;
	send_us(a, from, bytes_of(b, n));
}

static void relayed_data_has_its_source_its_region_and_room_for_headers(void **state)
{
	struct alone *a = alone_new(false);
	const struct way want = way_relay(ALONE_REGION);
	alone_introduce(a);
	send_mark(a, &a->end, 100, 9);
	alone_turn(a);
	assert_int_equal(a->n_taken, 1);
	assert_true(key_equal(a->taken[0].source.b, a->end.key.b));
	assert_true(way_equal(&a->taken[0].from, &want));
	assert_int_equal(a->taken[0].len, 100);
	assert_int_equal(a->taken[0].last, 9);
	assert_int_equal(a->taken[0].head, PACKET_HEADROOM);
	assert_int_equal(reach_paths_stats(a->reach)->stranger, 0);
	alone_free(a);
}

/* Whether a handshake is good, the owner knows. */
static void relayed_data_of_a_stranger_is_the_owners_too(void **state)
{
	struct alone *a = alone_new(false);
	end_join(&a->ends, &a->end);
	send_mark(a, &a->end, 148, 1);
	alone_turn(a);
	assert_int_equal(a->n_taken, 1);
	assert_true(key_equal(a->taken[0].source.b, a->end.key.b));
	alone_free(a);
}

static void relayed_disco_ends_in_the_machine_and_is_answered_by_the_relay(void **state)
{
	struct alone *a = alone_new(false);
	const struct disco_msg ping = {.type = DISCO_PING, .ping.txid.b = {7}};
	const struct endpoint region = disco_relay_endpoint(ALONE_REGION);
	struct disco_msg pong;
	struct disco_key sender;
	struct bytes b, sealed;
	uint8_t memory[PACKET_SIZE];
	alone_introduce(a);
	send_us(a, &a->end, alone_seal(a, memory, &ping));
	alone_turn(a);
	assert_int_equal(a->n_taken, 0);
	assert_int_equal(a->n_sent, 0);
	assert_true(alone_relayed(a, &b));
	assert_true(disco_open_frame(b, &sender, &sealed));
	assert_true(disco_open(sealed, &a->shared, &pong));
	assert_int_equal(pong.type, DISCO_PONG);
	assert_true(endpoint_equal(&pong.pong.seen, &region));
	alone_free(a);
}

/* The relay vouches for node keys. A disco key of somebody else is a stranger's there. */
static void relayed_disco_under_another_node_key_is_a_strangers(void **state)
{
	struct alone *a = alone_new(false);
	const struct disco_msg ping = {.type = DISCO_PING, .ping.txid.b = {7}};
	struct end thief;
	struct bytes b;
	uint8_t memory[PACKET_SIZE];
	alone_introduce(a);
	end_join(&a->ends, &thief);
	send_us(a, &thief, alone_seal(a, memory, &ping));
	alone_turn(a);
	assert_int_equal(a->n_taken, 0);
	assert_int_equal(reach_paths_stats(a->reach)->stranger, 1);
	assert_false(alone_relayed(a, &b));
	end_close(&a->ends, &thief);
	alone_free(a);
}

static void a_drain_gives_no_more_than_a_batch_and_the_rest_follows_in_order(void **state)
{
	struct alone *a = alone_new(false);
	alone_introduce(a);
	for (uint8_t i = 0; i < 150; i++) {
		send_mark(a, &a->end, 100, i);
		(void)alone_move_streams(a); /* the relay keeps few for one client */
	}
	alone_turn(a);
	assert_int_equal(a->n_taken, 150);
	assert_int_equal(a->most_taken, BATCH_MAX);
	for (size_t i = 0; i < a->n_taken; i++)
		assert_int_equal(a->taken[i].last, i);
	alone_free(a);
}

static void the_largest_packet_that_fits_is_taken_and_a_larger_one_takes_no_room(void **state)
{
	struct alone *a = alone_new(false);
	const size_t largest = PACKET_SIZE - PACKET_HEADROOM;
	struct packet p;
	struct way from;
	struct node_key source;
	alone_introduce(a);
	send_mark(a, &a->end, largest + 1, 1);
	send_mark(a, &a->end, DERP_PACKET_MAX, 2);
	send_mark(a, &a->end, largest, 3);
	reach_begin(a->reach);
	(void)alone_move_streams(a);
	assert_int_equal(reach_relayed(a->reach, &p, &from, &source, a->ends.now),
			 REACH_RELAYED_DATA);
	assert_int_equal(p.len, largest);
	assert_int_equal(p.data[largest - 1], 3);
	assert_int_equal(reach_used(a->reach), 1);
	assert_int_equal(reach_stats(a->reach)->too_long, 2);
	assert_int_equal(reach_relayed(a->reach, &p, &from, &source, a->ends.now),
			 REACH_RELAYED_NOTHING);
	alone_free(a);
}

static void what_a_relay_says_is_not_there_is_told_with_its_key(void **state)
{
	struct alone *a = alone_new(false);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 100, 9);
	const struct way by = way_relay(ALONE_REGION);
	struct node_key nobody = {.b = {1}}, source;
	struct way from;
	reach_begin(a->reach);
	(void)disco_like(p.data, p.len); /* of other data a relay does not say it */
	reach_reply(a->reach, &p, &by, &nobody, a->ends.now);
	(void)alone_move_streams(a);
	assert_int_equal(reach_relayed(a->reach, &p, &from, &source, a->ends.now),
			 REACH_RELAYED_UNREACHED);
	assert_memory_equal(source.b, nobody.b, KEY_LEN);
	assert_int_equal(from.region, ALONE_REGION);
	assert_int_equal(reach_used(a->reach), 0);
	alone_free(a);
}

/* A drain that has no use for it goes on to what came behind it. */
static void data_behind_an_absence_is_taken_in_the_same_drain(void **state)
{
	struct alone *a = alone_new(false);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 100, 9);
	const struct way by = way_relay(ALONE_REGION);
	const struct node_key nobody = {.b = {1}};
	const struct reach_out *out;
	end_join(&a->ends, &a->end);
	reach_begin(a->reach);
	(void)disco_like(p.data, p.len); /* of other data a relay does not say it */
	reach_reply(a->reach, &p, &by, &nobody, a->ends.now);
	(void)alone_move_streams(a);
	send_mark(a, &a->end, 100, 5);
	(void)alone_move_streams(a);
	assert_true(reach_drain(a->reach, &out, a->ends.now));
	assert_int_equal(out->n_relayed, 1);
	assert_int_equal(out->relayed[0].packet.data[99], 5);
	alone_free(a);
}

/* --- NAT64 --- */

static void what_comes_through_the_nat64_comes_from_an_ipv4_endpoint(void **state)
{
	struct alone *a = alone_new(false);
	const struct disco_msg ping = {.type = DISCO_PING, .ping.txid.b = {7}};
	const uint8_t data[32] = {4};
	struct own_address own = {.bits = 64};
	struct ip told;
	struct endpoint outside = {.port = 41641}, v6, to;
	struct disco_msg pong;
	struct way from;
	assert_true(ip_parse(&own.ip, "2001:db8::1"));
	assert_true(ip_parse(&told, "2001:db8:64::c000:aa"));
	assert_true(ip_parse(&outside.ip, "2001:db8:64::c000:207")); /* 192.0.2.7 */
	assert_true(endpoint_parse(&v6, "[2001:db8:1::5]:9"));
	reach_set_interfaces(a->reach, &own, 1, a->ends.now);
	assert_int_equal(alone_input(a, &outside, 0, bytes_of(data, 32), &from), REACH_DATA);
	assert_true(endpoint_equal(&from.ep, &outside)); /* nobody knows of a NAT64 yet */
	reach_nat64_answer(a->reach, &told, 1, 3600, false, a->ends.now);
	assert_int_equal(alone_input(a, &outside, 0, bytes_of(data, 32), &from), REACH_DATA);
	assert_true(endpoint_equal(&from.ep, &a->at));
	assert_int_equal(alone_input(a, &v6, 0, bytes_of(data, 32), &from), REACH_DATA);
	assert_true(endpoint_equal(&from.ep, &v6));
	/* The pong tells the IPv4 endpoint, and leaves by the NAT64. */
	alone_introduce(a);
	alone_say(a, &outside, &ping);
	alone_turn(a);
	assert_true(alone_said(a, DISCO_PONG, &pong, &to));
	assert_true(endpoint_equal(&pong.pong.seen, &a->at));
	assert_true(endpoint_equal(&to, &outside));
	alone_free(a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_datagram_that_is_neither_stun_nor_disco_is_the_owners),
	cmocka_unit_test(the_socket_by_which_data_came_is_a_part_of_its_way),
	cmocka_unit_test(a_stun_answer_that_nobody_waits_for_is_dropped_and_counted),
	cmocka_unit_test(disco_of_a_stranger_and_spoilt_disco_are_not_the_owners),
	cmocka_unit_test(a_ping_by_udp_is_answered_there_and_says_from_where_it_came),
	cmocka_unit_test(relayed_data_has_its_source_its_region_and_room_for_headers),
	cmocka_unit_test(relayed_data_of_a_stranger_is_the_owners_too),
	cmocka_unit_test(relayed_disco_ends_in_the_machine_and_is_answered_by_the_relay),
	cmocka_unit_test(relayed_disco_under_another_node_key_is_a_strangers),
	cmocka_unit_test(a_drain_gives_no_more_than_a_batch_and_the_rest_follows_in_order),
	cmocka_unit_test(the_largest_packet_that_fits_is_taken_and_a_larger_one_takes_no_room),
	cmocka_unit_test(what_a_relay_says_is_not_there_is_told_with_its_key),
	cmocka_unit_test(data_behind_an_absence_is_taken_in_the_same_drain),
	cmocka_unit_test(what_comes_through_the_nat64_comes_from_an_ipv4_endpoint),
};
RUN_TESTS(tests)

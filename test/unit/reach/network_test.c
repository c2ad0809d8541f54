/* What the machine does when the network around it is another one. */
#include "crypto/seeded.h"
#include "unit/reach/alone.h"

static bool doubted(const struct alone *a)
{
	struct paths_peer_status st;
	reach_peer_status(a->reach, a->id, a->ends.now, &st);
	return st.doubted;
}

static struct alone *direct(void)
{
	struct alone *a = alone_new(false);
	alone_introduce(a);
	alone_go_direct(a);
	return a;
}

static bool relay_is_ready(const struct alone *a)
{
	struct relay_client_status st;
	assert_true(reach_relay_status(a->reach, ALONE_REGION, &st));
	return st.ready;
}

static void a_link_change_doubts_a_direct_path_and_asks_the_relay(void **state)
{
	struct alone *a = direct();
	reach_link_changed(a->reach, a->ends.now);
	assert_true(doubted(a));
	assert_true(relay_is_ready(a));
	a->stream = false; /* the relay's answer does not come */
	a->ends.now += 3 * SECOND;
	reach_tick(a->reach, a->ends.now);
	assert_false(relay_is_ready(a));
	alone_free(a);
}

static void a_relay_that_answers_after_a_link_change_is_kept(void **state)
{
	struct alone *a = direct();
	reach_link_changed(a->reach, a->ends.now);
	alone_turn(a); /* ping, pong */
	a->ends.now += 4 * SECOND;
	alone_turn(a);
	assert_true(relay_is_ready(a));
	assert_int_equal(alone_events_of(a, REACH_HANGUP), 0);
	alone_free(a);
}

static void the_same_addresses_again_are_no_link_change(void **state)
{
	struct alone *a = direct();
	const struct own_address first[] = {{.ip = ip_v4(192, 168, 1, 5), .bits = 24}};
	const struct own_address other[] = {{.ip = ip_v4(192, 168, 9, 5), .bits = 24}};
	reach_set_interfaces(a->reach, first, 1, a->ends.now);
	assert_true(doubted(a));
	alone_free(a);
	a = alone_new(false);
	reach_set_interfaces(a->reach, first, 1, a->ends.now);
	alone_introduce(a);
	alone_go_direct(a);
	reach_set_interfaces(a->reach, first, 1, a->ends.now);
	assert_false(doubted(a));
	reach_set_interfaces(a->reach, other, 1, a->ends.now);
	assert_true(doubted(a));
	alone_free(a);
}

static void another_port_is_a_link_change_and_the_same_port_is_none(void **state)
{
	struct alone *a = direct();
	reach_set_port(a->reach, 41641, a->ends.now);
	assert_false(doubted(a));
	reach_set_port(a->reach, 41642, a->ends.now);
	assert_true(doubted(a));
	alone_free(a);
}

static void a_short_sleep_keeps_the_relays_and_a_long_one_dials_them_anew(void **state)
{
	static const struct {
		mono_ns slept;
		bool dials;
	} rows[] = {{0, false},
		    {REACH_SLEEP_LONG - 1, false},
		    {REACH_SLEEP_LONG, true},
		    {SECOND * 3600, true}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct alone *a = direct();
		reach_slept(a->reach, rows[i].slept, a->ends.now);
		assert_true(doubted(a));
		assert_int_equal(relay_is_ready(a), !rows[i].dials);
		alone_turn(a);
		assert_int_equal(alone_events_of(a, REACH_HANGUP), rows[i].dials);
		assert_int_equal(alone_events_of(a, REACH_DIAL), rows[i].dials);
		alone_free(a);
	}
}

static void a_refusal_doubts_the_path_to_that_endpoint_only(void **state)
{
	struct alone *a = direct();
	const struct endpoint port = {a->at.ip, 1}, host = {ip_v4(192, 0, 2, 8), a->at.port},
			      none = {0};
	reach_udp_unreachable(a->reach, &port, a->ends.now);
	reach_udp_unreachable(a->reach, &host, a->ends.now);
	reach_udp_unreachable(a->reach, &none, a->ends.now);
	assert_false(doubted(a));
	reach_udp_unreachable(a->reach, &a->at, a->ends.now);
	assert_true(doubted(a));
	alone_free(a);
}

/* The system refuses the translated endpoint, for it knows no other. */
static void a_refusal_behind_nat64_doubts_the_path_to_the_ipv4_endpoint(void **state)
{
	struct alone *a = alone_new(false);
	struct own_address own = {.bits = 64};
	struct endpoint v6 = {.port = 41641};
	struct ip told;
	assert_true(ip_parse(&own.ip, "2001:db8::1"));
	assert_true(ip_parse(&told, "2001:db8:64::c000:aa"));
	assert_true(ip_parse(&v6.ip, "2001:db8:64::c000:207"));
	reach_set_interfaces(a->reach, &own, 1, a->ends.now);
	reach_nat64_answer(a->reach, &told, 1, 3600, false, a->ends.now);
	alone_turn(a);
	alone_introduce(a);
	const struct endpoint v4 = a->at;
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 40, 0);
	struct disco_msg msg, pong = {.type = DISCO_PONG};
	struct endpoint to;
	alone_send(a, &p);
	alone_turn(a);
	assert_true(alone_said(a, DISCO_PING, &msg, &to));
	assert_true(endpoint_equal(&to, &v6));
	pong.pong = (struct disco_pong){.txid = msg.ping.txid, .seen = v4};
	alone_say(a, &v6, &pong);
	assert_false(doubted(a));
	reach_udp_unreachable(a->reach, &v6, a->ends.now);
	assert_true(doubted(a));
	alone_free(a);
}

static void another_prefix_doubts_what_went_through_the_old_one_and_is_told_once(void **state)
{
	struct alone *a = direct();
	struct own_address own = {.bits = 64};
	struct ip told, next;
	assert_true(ip_parse(&own.ip, "2001:db8::1"));
	assert_true(ip_parse(&told, "2001:db8:64::c000:aa"));
	assert_true(ip_parse(&next, "2001:db8:99::c000:aa"));
	reach_set_interfaces(a->reach, &own, 1, a->ends.now);
	alone_turn(a);
	reach_nat64_answer(a->reach, &told, 1, 3600, false, a->ends.now);
	alone_turn(a);
	assert_int_equal(alone_events_of(a, REACH_NAT64), 1);
	reach_nat64_answer(a->reach, &told, 1, 3600, false, a->ends.now);
	alone_turn(a);
	assert_int_equal(alone_events_of(a, REACH_NAT64), 0);
	reach_nat64_answer(a->reach, &next, 1, 3600, false, a->ends.now);
	alone_turn(a);
	assert_int_equal(alone_events_of(a, REACH_NAT64), 1);
	assert_true(prefix_contains(reach_nat64(a->reach), &next));
	alone_free(a);
}

static void a_fixed_endpoint_is_a_candidate_of_ours(void **state)
{
	struct alone *a = alone_new(false);
	const struct endpoint fixed = {ip_v4(203, 0, 113, 5), 4500};
	reach_set_fixed(a->reach, &fixed, 1, a->ends.now);
	assert_int_equal(reach_candidates(a->reach)->n, 1);
	assert_true(endpoint_equal(&reach_candidates(a->reach)->v[0].ep, &fixed));
	reach_set_fixed(a->reach, NULL, 0, a->ends.now);
	assert_int_equal(reach_candidates(a->reach)->n, 0);
	alone_free(a);
}

/* True: own candidates changed. */
static bool drain_self(struct reach *r, mono_ns now)
{
	const struct reach_out *out;
	struct reach_event ev;
	bool changed = false;
	while (reach_drain(r, &out, now))
		;
	while (reach_event(r, &ev))
		changed |= ev.kind == REACH_SELF;
	return changed;
}

static void another_port_gives_another_candidate(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct reach_config cfg = {.rng = seeded_rng(&seeded), .peers_max = 4, .port = 41641};
	const struct own_address own = {.ip = ip_v4(192, 168, 7, 20), .bits = 24};
	mono_ns now = 1000 * SECOND;
	key_generate(cfg.key.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, now);
	assert_non_null(r);
	reach_set_interfaces(r, &own, 1, now);
	assert_true(drain_self(r, now));
	assert_int_equal(reach_candidates(r)->n, 1);
	assert_int_equal(reach_candidates(r)->v[0].ep.port, 41641);

	reach_set_port(r, 41641, now);
	assert_false(drain_self(r, now));
	reach_set_port(r, 7, now);
	assert_true(drain_self(r, now));
	assert_int_equal(reach_candidates(r)->n, 1);
	assert_int_equal(reach_candidates(r)->v[0].ep.port, 7);
	reach_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(another_port_gives_another_candidate),
	cmocka_unit_test(a_link_change_doubts_a_direct_path_and_asks_the_relay),
	cmocka_unit_test(a_relay_that_answers_after_a_link_change_is_kept),
	cmocka_unit_test(the_same_addresses_again_are_no_link_change),
	cmocka_unit_test(another_port_is_a_link_change_and_the_same_port_is_none),
	cmocka_unit_test(a_short_sleep_keeps_the_relays_and_a_long_one_dials_them_anew),
	cmocka_unit_test(a_refusal_doubts_the_path_to_that_endpoint_only),
	cmocka_unit_test(a_refusal_behind_nat64_doubts_the_path_to_the_ipv4_endpoint),
	cmocka_unit_test(another_prefix_doubts_what_went_through_the_old_one_and_is_told_once),
	cmocka_unit_test(a_fixed_endpoint_is_a_candidate_of_ours),
};
RUN_TESTS(tests)

/* What one drain gives: receipts, messages, events; and when the machine wants to be woken. */
#include "unit/reach/alone.h"

/* Data of the peer comes by this way, and the owner has opened it. */
static void data_by(struct alone *a, const struct way *by)
{
	reach_on_data(a->reach, a->id, by, a->ends.now);
	alone_turn(a);
}

static bool receipt(struct alone *a, peer_id *id, struct way *by)
{
	return reach_receipt(a->reach, id, by);
}

static void the_owner_owes_a_receipt_a_moment_after_data_by_the_way_that_it_came(void **state)
{
	struct alone *a = alone_new(false);
	struct way by, udp;
	peer_id id;
	alone_introduce(a);
	udp = way_udp(&a->at);
	data_by(a, &udp);
	assert_false(receipt(a, &id, &by)); /* an answer may follow by itself */
	a->ends.now += 100 * MSEC;
	alone_turn(a);
	assert_true(receipt(a, &id, &by));
	assert_int_equal(id, a->id);
	assert_true(way_equal(&by, &udp));
	assert_false(receipt(a, &id, &by));
	assert_int_equal(alone_events_of(a, REACH_PATH), 0); /* it is no event of the path */
	assert_int_equal(reach_paths_stats(a->reach)->receipts_sent, 0);
	alone_free(a);
}

static void a_machine_with_receipts_of_its_own_sends_them_and_owes_none(void **state)
{
	struct alone *a = alone_new(true);
	struct disco_msg msg;
	struct endpoint to;
	struct way by, udp;
	peer_id id;
	alone_introduce(a);
	udp = way_udp(&a->at);
	data_by(a, &udp);
	a->ends.now += 100 * MSEC;
	alone_turn(a);
	assert_true(alone_said(a, DISCO_RECEIPT, &msg, &to));
	assert_true(endpoint_equal(&to, &a->at));
	assert_int_equal(reach_paths_stats(a->reach)->receipts_sent, 1);
	assert_false(receipt(a, &id, &by));
	alone_free(a);
}

/* Such a peer has no path that it might doubt. */
static void relayed_data_of_a_peer_without_a_direct_path_needs_no_receipt(void **state)
{
	for (int own = 0; own < 2; own++) {
		struct alone *a = alone_new(own);
		const struct way relay = way_relay(ALONE_REGION);
		struct bytes b;
		struct way by;
		peer_id id;
		alone_introduce(a);
		data_by(a, &relay);
		a->ends.now += 100 * MSEC;
		alone_turn(a);
		assert_false(receipt(a, &id, &by));
		assert_false(alone_relayed(a, &b));
		assert_int_equal(a->n_sent, 0);
		alone_free(a);
	}
}

/* The receipt of a direct peer goes back by the relay too, if its data came that way: that way is
 * what the peer asks about. */
static void a_receipt_for_relayed_data_goes_through_the_relay(void **state)
{
	struct alone *a = alone_new(true);
	const struct way relay = way_relay(ALONE_REGION);
	struct disco_msg msg = {0};
	struct disco_key sender;
	struct endpoint to;
	struct bytes b, sealed;
	bool found = false;
	alone_introduce(a);
	alone_go_direct(a);
	data_by(a, &relay);
	a->ends.now += 100 * MSEC;
	alone_turn(a);
	while (!found && alone_relayed(a, &b))
		found = disco_open_frame(b, &sender, &sealed) &&
			disco_open(sealed, &a->shared, &msg) && msg.type == DISCO_RECEIPT;
	assert_true(found);
	assert_false(alone_said(a, DISCO_RECEIPT, &msg, &to));
	alone_free(a);
}

/* --- receipts by disco, of the peer --- */

static mono_ns silent_until(struct alone *a, bool with_receipts, uint64_t number)
{
	struct paths_peer_status st = {0};
	mono_ns start = a->ends.now;
	while (!st.doubted && a->ends.now < start + 3 * SECOND) {
		uint8_t memory[PACKET_SIZE];
		struct packet p = alone_packet(memory, 40, 0);
		const struct disco_msg msg = {.type = DISCO_RECEIPT, .receipt = number};
		alone_send(a, &p);
		alone_turn(a);
		if (with_receipts && (a->ends.now - start) % (300 * MSEC) == 0)
			alone_say(a, &a->at, &msg);
		number += number > 0;
		a->ends.now += 50 * MSEC;
		reach_peer_status(a->reach, a->id, a->ends.now, &st);
	}
	return a->ends.now - start;
}

static void receipts_of_the_peer_keep_a_path_out_of_doubt_and_replayed_ones_do_not(void **state)
{
	static const struct {
		bool receipts;
		uint64_t first; /* number; it grows, but for 0 */
		mono_ns from, to;
	} rows[] = {
		{false, 0, 100 * MSEC, 1500 * MSEC},
		{true, 0, 100 * MSEC, 1500 * MSEC}, /* the same number each time: replayed */
		{true, 1, 3 * SECOND, 4 * SECOND},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct alone *a = alone_new(true);
		alone_introduce(a);
		alone_go_direct(a);
		assert_in_range(silent_until(a, rows[i].receipts, rows[i].first), rows[i].from,
				rows[i].to);
		alone_free(a);
	}
}

/* --- bounds --- */

static void more_receipts_than_may_be_owed_are_dropped_and_the_first_stay_in_order(void **state)
{
	struct seeded seed;
	seeded_init(&seed, 1);
	struct reach_config cfg = {.rng = seeded_rng(&seed), .peers_max = 100, .port = 41641};
	const mono_ns t0 = 1000 * SECOND;
	const struct way udp = way_udp(&(struct endpoint){ip_v4(192, 0, 2, 7), 41641});
	struct paths_peer peer = {.home = 1};
	struct way by;
	peer_id id;
	key_generate(cfg.key.b, &cfg.rng);
	key_generate(cfg.disco.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, t0);
	assert_non_null(r);
	for (uint8_t i = 0; i < 100; i++) {
		peer.key.b[0] = (uint8_t)(i + 1);
		assert_int_equal(reach_peer_set(r, &peer, t0, &id), REACH_PEER_KEPT);
		reach_on_data(r, id, &udp, t0 + i * 1000);
	}
	reach_tick(r, t0 + 101 * MSEC);
	reach_output(r, t0 + 101 * MSEC);
	size_t n = 0;
	bool seen[100] = {0};
	while (reach_receipt(r, &id, &by)) {
		assert_false(seen[id]);
		seen[id] = true;
		n++;
	}
	assert_int_equal(n, REACH_RECEIPTS_MAX);
	reach_free(r);
}

/* --- events --- */

static void a_path_that_is_proven_is_told_with_its_peer_and_both_ways(void **state)
{
	struct alone *a = alone_new(false);
	const struct reach_event *ev = NULL;
	alone_introduce(a);
	alone_go_direct(a);
	for (size_t i = 0; i < a->n_events; i++)
		if (a->events[i].kind == REACH_PATH && a->events[i].path.kind == PATH_MOVED)
			ev = &a->events[i];
	assert_non_null(ev);
	assert_int_equal(ev->peer, a->id);
	assert_int_equal(ev->path.was.kind, WAY_RELAY);
	assert_int_equal(ev->path.via.kind, WAY_UDP);
	assert_true(endpoint_equal(&ev->path.via.ep, &a->at));
	assert_int_equal(ev->path.rtt, 20 * MSEC);
	alone_free(a);
}

static void new_candidates_of_ours_are_told_as_such(void **state)
{
	struct alone *a = alone_new(false);
	const struct own_address own = {.ip = ip_v4(192, 168, 1, 5), .bits = 24};
	reach_set_interfaces(a->reach, &own, 1, a->ends.now);
	alone_turn(a);
	assert_int_equal(alone_events_of(a, REACH_SELF), 1);
	assert_int_equal(reach_candidates(a->reach)->n, 1);
	assert_true(ip_equal(&reach_candidates(a->reach)->v[0].ep.ip, &own.ip));
	assert_int_equal(reach_candidates(a->reach)->v[0].ep.port, 41641);
	reach_set_interfaces(a->reach, &own, 1, a->ends.now);
	alone_turn(a);
	assert_int_equal(alone_events_of(a, REACH_SELF), 0); /* no news */
	alone_free(a);
}

/* --- time --- */

static void a_machine_that_was_asked_everything_waits_for_a_later_time(void **state)
{
	struct alone *a = alone_new(false);
	alone_introduce(a);
	alone_go_direct(a);
	for (int i = 0; i < 2000; i++) {
		mono_ns at = reach_deadline(a->reach);
		assert_true(at > a->ends.now);
		if (at == MONO_NEVER)
			break;
		a->ends.now = at;
		alone_turn(a);
	}
	alone_free(a);
}

static void the_earliest_of_the_parts_wakes_the_machine(void **state)
{
	struct alone *a = alone_new(false);
	struct way udp;
	alone_introduce(a);
	mono_ns before = reach_deadline(a->reach);
	assert_true(before > a->ends.now + 100 * MSEC);
	udp = way_udp(&a->at);
	data_by(a, &udp);
	assert_int_equal(reach_deadline(a->reach), a->ends.now + 100 * MSEC); /* the receipt */
	alone_free(a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_owner_owes_a_receipt_a_moment_after_data_by_the_way_that_it_came),
	cmocka_unit_test(a_machine_with_receipts_of_its_own_sends_them_and_owes_none),
	cmocka_unit_test(relayed_data_of_a_peer_without_a_direct_path_needs_no_receipt),
	cmocka_unit_test(a_receipt_for_relayed_data_goes_through_the_relay),
	cmocka_unit_test(receipts_of_the_peer_keep_a_path_out_of_doubt_and_replayed_ones_do_not),
	cmocka_unit_test(more_receipts_than_may_be_owed_are_dropped_and_the_first_stay_in_order),
	cmocka_unit_test(a_path_that_is_proven_is_told_with_its_peer_and_both_ways),
	cmocka_unit_test(new_candidates_of_ours_are_told_as_such),
	cmocka_unit_test(a_machine_that_was_asked_everything_waits_for_a_later_time),
	cmocka_unit_test(the_earliest_of_the_parts_wakes_the_machine),
};
RUN_TESTS(tests)

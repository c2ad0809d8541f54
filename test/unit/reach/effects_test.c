/* What waits for the owner: datagrams, slots and events, each with its bound. */
#include "unit/reach/alone.h"

/* A machine that wants nothing by itself. */
static struct reach *begin(struct seeded *seed)
{
	seeded_init(seed, 1);
	struct reach_config cfg = {.rng = seeded_rng(seed), .peers_max = 4, .port = 41641};
	key_generate(cfg.key.b, &cfg.rng);
	key_generate(cfg.disco.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, 1000 * SECOND);
	assert_non_null(r);
	return r;
}

static const struct way there = {.kind = WAY_UDP, .ep = {{4, {192, 0, 2, 1}}, 41641}};

static void an_empty_slot_has_room_for_headers_in_front(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	struct packet p;
	reach_begin(r);
	assert_true(reach_slot(r, &p));
	assert_int_equal(p.len, 0);
	assert_int_equal(p.head, PACKET_HEADROOM);
	assert_int_equal(p.tail, PACKET_SIZE - PACKET_HEADROOM);
	reach_free(r);
}

static void slots_end_and_the_refusal_is_counted(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	struct packet p, other;
	reach_begin(r);
	for (size_t i = 0; i < REACH_SLOTS; i++) {
		assert_true(reach_has_room(r));
		assert_true(reach_slot(r, &p));
	}
	assert_false(reach_has_room(r));
	assert_false(reach_slot(r, &other));
	assert_int_equal(reach_stats(r)->no_room, 1);
	assert_int_equal(reach_used(r), REACH_SLOTS);
	reach_slot_back(r);
	assert_true(reach_has_room(r));
	assert_true(reach_slot(r, &other));
	assert_ptr_equal(other.data, p.data); /* the last one again */
	assert_int_equal(reach_stats(r)->no_room, 1);
	reach_free(r);
}

static void slots_do_not_overlap(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	struct packet v[REACH_SLOTS];
	reach_begin(r);
	for (size_t i = 0; i < REACH_SLOTS; i++) {
		assert_true(reach_slot(r, &v[i]));
		memset(packet_append(&v[i], v[i].tail), (int)i, PACKET_SIZE - PACKET_HEADROOM);
	}
	for (size_t i = 0; i < REACH_SLOTS; i++) {
		assert_int_equal(v[i].data[0], i);
		assert_int_equal(v[i].data[v[i].len - 1], i);
	}
	reach_free(r);
}

static void what_is_queued_stays_until_it_was_handed_out(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 10, 1), slot;
	const struct reach_out *out;
	reach_begin(r);
	reach_reply(r, &p, &there, NULL, 1000 * SECOND);
	assert_true(reach_slot(r, &slot));
	reach_begin(r);
	reach_reply(r, &p, &there, NULL, 1000 * SECOND);
	assert_int_equal(reach_used(r), 1);
	out = reach_hand_out(r);
	assert_int_equal(out->n_udp, 2);
	assert_int_equal(reach_used(r), 1); /* the owner still reads it */
	reach_begin(r);
	assert_int_equal(reach_used(r), 0);
	assert_int_equal(reach_hand_out(r)->n_udp, 0);
	reach_free(r);
}

static void what_was_fed_before_a_drain_leaves_with_it_and_once(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 10, 1);
	const struct reach_out *out;
	reach_reply(r, &p, &there, NULL, 1000 * SECOND);
	assert_true(reach_drain(r, &out, 1000 * SECOND));
	assert_int_equal(out->n_udp, 1);
	assert_ptr_equal(out->udp[0].packet.data, p.data);
	assert_false(reach_drain(r, &out, 1000 * SECOND));
	assert_int_equal(out->n_udp, 0);
	reach_free(r);
}

static void one_datagram_too_many_is_counted_and_spoils_no_other(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	uint8_t memory[PACKET_SIZE], late[PACKET_SIZE];
	struct packet p = alone_packet(memory, 10, 1), too_late = alone_packet(late, 20, 2);
	reach_begin(r);
	for (size_t i = 0; i < REACH_OUT_MAX; i++) {
		/* A packet may need two ways, and its handshake's answer a third. */
		assert_int_equal(reach_has_room(r), i + 3 <= REACH_OUT_MAX);
		reach_send_udp(r, &p, &there);
	}
	reach_send_udp(r, &too_late, &there);
	assert_int_equal(reach_stats(r)->no_room, 1);
	const struct reach_out *out = reach_hand_out(r);
	assert_int_equal(out->n_udp, REACH_OUT_MAX);
	assert_int_equal(out->udp[REACH_OUT_MAX - 1].packet.len, 10);
	reach_free(r);
}

static void a_probe_keeps_its_source_and_its_mark_and_data_has_none(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 10, 1);
	const struct paths_send probe = {.via = way_udp_by(&there.ep, 9),
					 .dont_fragment = true,
					 .from = ip_v4(192, 0, 2, 200)};
	reach_begin(r);
	reach_send_probe(r, &p, &probe);
	reach_send_udp(r, &p, &there);
	const struct reach_out *out = reach_hand_out(r);
	assert_true(out->udp[0].dont_fragment);
	assert_true(ip_equal(&out->udp[0].from, &probe.from));
	assert_int_equal(out->udp[0].socket, 9);
	assert_false(out->udp[1].dont_fragment);
	assert_int_equal(out->udp[1].from.family, 0);
	assert_int_equal(out->udp[1].socket, 0);
	reach_free(r);
}

/* --- events --- */

static void events_come_in_their_order_and_the_oldest_are_lost_when_nobody_looks(void **state)
{
	static const uint16_t counts[] = {0, 1, REACH_EVENTS_MAX, REACH_EVENTS_MAX + 1, 200};
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		struct seeded seed;
		struct reach *r = begin(&seed);
		struct reach_event ev;
		uint16_t n = counts[i];
		uint16_t first = n > REACH_EVENTS_MAX ? (uint16_t)(n - REACH_EVENTS_MAX) : 0;
		for (uint16_t k = 0; k < n; k++)
			reach_emit(r, &(struct reach_event){.kind = REACH_SELF, .region = k});
		for (uint16_t k = first; k < n; k++) {
			assert_true(reach_event(r, &ev));
			assert_int_equal(ev.region, k);
		}
		assert_false(reach_event(r, &ev));
		reach_free(r);
	}
}

static void the_ring_of_events_turns_many_times(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	struct reach_event ev;
	uint16_t told = 0, taken = 0;
	for (int round = 0; round < 100; round++) {
		for (int k = 0; k < 5; k++)
			reach_emit(r, &(struct reach_event){.kind = REACH_SELF, .region = told++});
		while (taken < told - 2) {
			assert_true(reach_event(r, &ev));
			assert_int_equal(ev.region, taken++);
		}
	}
	reach_free(r);
}

/* A stream that is to be closed must not wait behind sixty changes of paths. */
static void a_hang_up_and_a_dial_go_before_all_other_events(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	const struct relay_place one = {.region = 1}, two = {.region = 2};
	const struct reach_out *out;
	struct reach_event ev;
	mono_ns now = 1000 * SECOND;
	reach_set_relays(r, &one, 1, 1, now);
	reach_tick(r, now);
	while (reach_drain(r, &out, now))
		;
	assert_true(reach_event(r, &ev));
	assert_int_equal(ev.kind, REACH_DIAL);
	reach_emit(r, &(struct reach_event){.kind = REACH_SELF});
	reach_set_relays(r, &two, 1, 2, now);
	reach_tick(r, now);
	while (reach_drain(r, &out, now))
		;
	assert_true(reach_event(r, &ev));
	assert_int_equal(ev.kind, REACH_HANGUP);
	assert_int_equal(ev.region, 1);
	assert_true(reach_event(r, &ev));
	assert_int_equal(ev.kind, REACH_DIAL);
	assert_int_equal(ev.region, 2);
	assert_true(reach_event(r, &ev));
	assert_int_equal(ev.kind, REACH_SELF);
	reach_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_empty_slot_has_room_for_headers_in_front),
	cmocka_unit_test(slots_end_and_the_refusal_is_counted),
	cmocka_unit_test(slots_do_not_overlap),
	cmocka_unit_test(what_is_queued_stays_until_it_was_handed_out),
	cmocka_unit_test(what_was_fed_before_a_drain_leaves_with_it_and_once),
	cmocka_unit_test(one_datagram_too_many_is_counted_and_spoils_no_other),
	cmocka_unit_test(a_probe_keeps_its_source_and_its_mark_and_data_has_none),
	cmocka_unit_test(events_come_in_their_order_and_the_oldest_are_lost_when_nobody_looks),
	cmocka_unit_test(the_ring_of_events_turns_many_times),
	cmocka_unit_test(a_hang_up_and_a_dial_go_before_all_other_events),
};
RUN_TESTS(tests)

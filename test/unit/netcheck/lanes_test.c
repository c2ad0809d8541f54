/* The requests of one report: when they leave, and which answers end them. */
#include "netcheck/lanes.h"

#include "crypto/seeded.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"

static const mono_ns start = 1000 * SECOND;
static const struct lanes_need all = {true, true}, none = {false, false};

struct table {
	struct seeded seeded;
	struct rng rng;
	struct lanes l;
	struct lanes_answer a;
	/* The requests of the last drain. */
	struct endpoint to[2 * RELAYS_MAX];
	struct stun_txid txid[2 * RELAYS_MAX];
	size_t n;
};

static struct endpoint relay(uint8_t family, size_t i)
{
	struct endpoint e = {.ip = {family, {203, 0, 113}}, .port = STUN_PORT};
	e.ip.b[3] = (uint8_t)(i + 1);
	return e;
}

/* So many relays, asked over IPv4 and IPv6 at 0 and 100 ms. */
static struct table *table_new(size_t relays, bool full)
{
	static struct table t;
	struct relay_place v[RELAYS_MAX] = {0};
	struct schedule_relay plan[RELAYS_MAX] = {0};
	t = (struct table){0};
	seeded_init(&t.seeded, 1);
	t.rng = seeded_rng(&t.seeded);
	for (size_t i = 0; i < relays; i++) {
		v[i] = (struct relay_place){.stun4 = relay(4, i), .stun6 = relay(6, i)};
		plan[i].v4 = plan[i].v6 = (struct schedule_lane){2, {0, 100 * MSEC}};
	}
	lanes_begin(&t.l, v, plan, relays, full, start);
	return &t;
}

static void drain(struct table *t, struct lanes_need need, mono_ns now)
{
	uint8_t b[STUN_REQUEST_LEN];
	struct wr w = wr_of(b, sizeof(b));
	lanes_tick(&t->l, need, &t->rng, now);
	for (t->n = 0; lanes_output(&t->l, &t->to[t->n], &w, now); t->n++) {
		assert_true(stun_read_request(wr_done(&w), &t->txid[t->n]));
		w = wr_of(b, sizeof(b));
	}
}

static enum stun_ask_verdict answer(struct table *t, const struct stun_txid *txid, uint8_t family,
				    mono_ns now)
{
	const struct stun_answer a = {.txid = *txid,
				      .reflexive = {{family, {198, 51, 100, 1}}, 41641}};
	return lanes_input(&t->l, &a, &t->a, now);
}

static void each_lane_sends_its_tries_in_time_and_then_ends_with_the_stage(void **state)
{
	struct table *t = table_new(2, true);
	drain(t, all, start);
	assert_int_equal(t->n, 4);
	assert_true(lanes_deadline(&t->l) == start + 100 * MSEC);
	drain(t, all, start + 99 * MSEC);
	assert_int_equal(t->n, 0);
	drain(t, all, start + 100 * MSEC);
	assert_int_equal(t->n, 4);
	assert_true(lanes_deadline(&t->l) == start + 3 * SECOND);
	assert_false(lanes_are_over(&t->l));
	drain(t, all, start + 3 * SECOND);
	assert_true(lanes_are_over(&t->l));
	assert_true(lanes_deadline(&t->l) == MONO_NEVER);
	assert_int_equal(answer(t, &t->txid[0], 4, start + 3 * SECOND), STUN_ASK_DROPPED);
}

static void a_late_answer_is_measured_from_its_own_request(void **state)
{
	struct table *t = table_new(1, true);
	drain(t, all, start);
	struct stun_txid first = t->txid[0];
	drain(t, all, start + 100 * MSEC);
	struct stun_txid second6 = t->txid[1];
	assert_memory_not_equal(&first, &t->txid[0], sizeof(first));
	assert_int_equal(answer(t, &first, 4, start + 130 * MSEC), STUN_ASK_ANSWERED);
	assert_true(t->a.rtt == 130 * MSEC && !t->a.v6 && t->a.relay == 0);
	assert_true(endpoint_equal(&t->a.sample.to, &t->to[0]));
	assert_int_equal(answer(t, &t->txid[0], 4, start + 140 * MSEC), STUN_ASK_DROPPED);
	assert_int_equal(answer(t, &second6, 6, start + 130 * MSEC), STUN_ASK_ANSWERED);
	assert_true(t->a.rtt == 30 * MSEC && t->a.v6);
	assert_true(t->l.v[0].latency == 30 * MSEC);
	assert_true(lanes_are_over(&t->l));
}

static void an_answer_of_another_family_does_not_end_a_lane(void **state)
{
	struct table *t = table_new(1, true);
	struct stun_txid stranger = {{1}};
	drain(t, all, start);
	assert_int_equal(answer(t, &t->txid[0], 6, start + MSEC), STUN_ASK_DROPPED);
	assert_int_equal(answer(t, &stranger, 4, start + MSEC), STUN_ASK_OTHER);
	assert_int_equal(answer(t, &t->txid[0], 4, start), STUN_ASK_ANSWERED);
	assert_true(t->a.rtt == 1); /* 0 would mean no answer */
}

static void a_try_that_would_tell_nothing_is_not_sent(void **state)
{
	struct table *t = table_new(2, true);
	drain(t, none, start);
	assert_int_equal(t->n, 4); /* no relay has a latency yet */
	assert_int_equal(answer(t, &t->txid[0], 4, start + 20 * MSEC), STUN_ASK_ANSWERED);
	drain(t, none, start + 100 * MSEC);
	assert_int_equal(t->n, 2); /* the relay that has not answered */
	assert_true(endpoint_equal(&t->to[0], &(struct endpoint){relay(4, 1).ip, STUN_PORT}));
}

static void after_three_relays_the_others_get_little_time(void **state)
{
	for (int full = 0; full < 2; full++) {
		struct table *t = table_new(4, full);
		drain(t, all, start);
		for (size_t i = 0; i < 3; i++)
			assert_int_equal(answer(t, &t->txid[2 * i], 4, start + (i + 1) * 10 * MSEC),
					 STUN_ASK_ANSWERED);
		assert_true(t->l.until == start + (full ? 90 : 60) * MSEC);
		drain(t, all, t->l.until);
		assert_true(lanes_are_over(&t->l));
	}
}

static void without_a_try_all_is_over_at_once(void **state)
{
	struct relay_place v[2] = {{.stun4 = relay(4, 0)}, {.stun4 = relay(4, 1)}};
	struct schedule_relay plan[2] = {0};
	struct lanes l;
	lanes_begin(&l, v, plan, 0, true, start);
	assert_true(lanes_are_over(&l));
	lanes_begin(&l, v, plan, 2, true, start);
	assert_true(lanes_are_over(&l));
	plan[1].v4.tries = 1;
	lanes_begin(&l, v, plan, 2, true, start);
	assert_false(lanes_are_over(&l));
	assert_true(lanes_deadline(&l) == start);
}

static void a_relay_counts_once_however_many_ways_it_answers(void **state)
{
	struct table *t = table_new(3, true);
	drain(t, all, start);
	for (size_t i = 0; i < 4; i++) /* the first two relays, over both families */
		assert_int_equal(answer(t, &t->txid[i], i % 2 ? 6 : 4, start + 10 * MSEC),
				 STUN_ASK_ANSWERED);
	assert_true(t->l.until == start + 3 * SECOND);
	assert_int_equal(answer(t, &t->txid[5], 6, start + 10 * MSEC), STUN_ASK_ANSWERED);
	assert_true(t->l.until == start + 30 * MSEC);
}

static void the_last_span_does_not_outlive_the_stage(void **state)
{
	struct table *t = table_new(3, true);
	drain(t, all, start);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(answer(t, &t->txid[2 * i], 4, start + 2 * SECOND),
				 STUN_ASK_ANSWERED);
	assert_true(t->l.until == start + 3 * SECOND);
}

/* The owner may send later than the time said so. */
static void a_round_trip_begins_when_the_request_left(void **state)
{
	struct table *t = table_new(1, true);
	lanes_tick(&t->l, all, &t->rng, start);
	drain(t, all, start + 20 * MSEC);
	assert_int_equal(answer(t, &t->txid[0], 4, start + 50 * MSEC), STUN_ASK_ANSWERED);
	assert_true(t->a.rtt == 30 * MSEC);
}

static void the_latency_of_a_relay_is_its_shorter_way(void **state)
{
	for (int shorter_last = 0; shorter_last < 2; shorter_last++) {
		struct table *t = table_new(1, true);
		drain(t, all, start);
		assert_int_equal(answer(t, &t->txid[!shorter_last], shorter_last ? 4 : 6,
					start + (shorter_last ? 60 : 20) * MSEC),
				 STUN_ASK_ANSWERED);
		assert_int_equal(answer(t, &t->txid[shorter_last], shorter_last ? 6 : 4,
					start + (shorter_last ? 20 : 60) * MSEC),
				 STUN_ASK_ANSWERED);
		assert_true(t->l.v[0].latency == 20 * MSEC);
	}
}

static void what_is_still_owed_at_the_end_is_not_sent(void **state)
{
	struct table *t = table_new(2, true);
	lanes_tick(&t->l, all, &t->rng, start);
	drain(t, all, start + 3 * SECOND);
	assert_int_equal(t->n, 0);
}

static void a_lane_of_no_more_use_still_takes_the_answer_to_what_it_sent(void **state)
{
	struct table *t = table_new(1, true);
	drain(t, all, start);
	struct stun_txid first6 = t->txid[1];
	assert_int_equal(answer(t, &t->txid[0], 4, start + 90 * MSEC), STUN_ASK_ANSWERED);
	assert_false(lanes_are_over(&t->l));
	drain(t, none, start + 100 * MSEC);
	assert_int_equal(t->n, 0);
	assert_true(lanes_are_over(&t->l));
	assert_int_equal(answer(t, &first6, 6, start + 110 * MSEC), STUN_ASK_ANSWERED);
	assert_true(t->a.v6 && t->a.rtt == 110 * MSEC);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_lane_sends_its_tries_in_time_and_then_ends_with_the_stage),
	cmocka_unit_test(a_late_answer_is_measured_from_its_own_request),
	cmocka_unit_test(an_answer_of_another_family_does_not_end_a_lane),
	cmocka_unit_test(a_try_that_would_tell_nothing_is_not_sent),
	cmocka_unit_test(after_three_relays_the_others_get_little_time),
	cmocka_unit_test(without_a_try_all_is_over_at_once),
	cmocka_unit_test(a_relay_counts_once_however_many_ways_it_answers),
	cmocka_unit_test(the_last_span_does_not_outlive_the_stage),
	cmocka_unit_test(a_round_trip_begins_when_the_request_left),
	cmocka_unit_test(the_latency_of_a_relay_is_its_shorter_way),
	cmocka_unit_test(what_is_still_owed_at_the_end_is_not_sent),
	cmocka_unit_test(a_lane_of_no_more_use_still_takes_the_answer_to_what_it_sent),
};
RUN_TESTS(tests)

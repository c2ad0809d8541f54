/* When hard NATs are tried, and how much that may send. */
#include "crypto/seeded.h"
#include "path/hard/budget.h"
#include "unit/unit.h"

static void it_begins_after_two_seconds_of_failing(void **state)
{
	struct hard_budget_peer p;
	hard_budget_peer_init(&p);
	assert_true(hard_budget_due(&p) == MONO_NEVER);
	assert_true(hard_budget_watch(&p, true, 10 * SECOND));
	assert_false(hard_budget_watch(&p, true, 11 * SECOND));
	assert_true(hard_budget_due(&p) == 12 * SECOND);
	assert_false(hard_budget_watch(&p, false, 11 * SECOND));
	assert_true(hard_budget_due(&p) == MONO_NEVER);
}

static void the_cool_down_doubles_up_to_eight_hours(void **state)
{
	struct hard_budget_peer p;
	hard_budget_peer_init(&p);
	hard_budget_watch(&p, true, 0);
	static const unsigned pauses[] = {60,   120,  240,   480,   960,  1920,
					  3840, 7680, 15360, 28800, 28800};
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		hard_budget_failed(&p, 1000 * SECOND);
		assert_true(hard_budget_due(&p) == (1000 + pauses[i]) * SECOND);
	}
	hard_budget_forgive(&p);
	assert_true(hard_budget_due(&p) == HARD_AFTER);
}

static void a_draw_is_repeated_at_equal_pauses_a_dozen_times(void **state)
{
	struct hard_budget_peer p;
	hard_budget_peer_init(&p);
	hard_budget_watch(&p, true, 0);
	for (int i = 1; i < HARD_DRAWS; i++) {
		hard_budget_lost(&p, HARD_COOL_BLOCK, 1000 * SECOND);
		assert_true(hard_budget_due(&p) == 1240 * SECOND);
	}
	hard_budget_lost(&p, HARD_COOL_BLOCK, 1000 * SECOND);
	assert_true(hard_budget_due(&p) == 1480 * SECOND);
	hard_budget_forgive(&p);
	hard_budget_lost(&p, HARD_COOL_BLOCK, 1000 * SECOND);
	assert_true(hard_budget_due(&p) == 1240 * SECOND);
}

static void what_worked_once_is_tried_again_at_once(void **state)
{
	struct hard_budget_peer p;
	hard_budget_peer_init(&p);
	hard_budget_watch(&p, true, 10 * SECOND);
	hard_budget_failed(&p, 12 * SECOND);
	hard_budget_won(&p);
	hard_budget_watch(&p, false, 14 * SECOND);
	hard_budget_watch(&p, true, 20 * SECOND);
	assert_true(hard_budget_due(&p) == 20 * SECOND + HARD_AGAIN);
	hard_budget_failed(&p, 21 * SECOND); /* that ends the advantage */
	hard_budget_watch(&p, false, 21 * SECOND);
	hard_budget_watch(&p, true, 200 * SECOND);
	assert_true(hard_budget_due(&p) == 200 * SECOND + HARD_AFTER);
	hard_budget_won(&p);
	hard_budget_forgive(&p); /* another network */
	assert_true(hard_budget_due(&p) == 200 * SECOND + HARD_AFTER);
}

/* How many packets may go in that time, when there is always one to send. */
static uint32_t spend_for(struct hard_budget *e, struct hard_budget_peer *p, const struct rng *rng,
			  bool slow, mono_ns from, mono_ns time)
{
	uint32_t n = 0;
	for (mono_ns now = from; now < from + time; now = mono_max(now + MSEC, hard_budget_next(e)))
		while (hard_budget_next(e) <= now) {
			if (!hard_budget_spend(e, p, true, slow, rng, now))
				return n;
			n++;
		}
	return n;
}

static void the_rate_is_a_hundred_a_second_after_a_small_burst(void **state)
{
	struct seeded s;
	seeded_init(&s, 1);
	struct rng rng = seeded_rng(&s);
	struct hard_budget e;
	struct hard_budget_peer p;
	hard_budget_init(&e, 0);
	hard_budget_peer_init(&p);
	hard_budget_begin(&e, 0);
	uint32_t n = spend_for(&e, &p, &rng, false, 0, 10 * SECOND);
	assert_true(n > 980 && n < 1000 + HARD_BURST + 20);
	hard_budget_begin(&e, 10 * SECOND); /* the burst is not given again at once */
	n = spend_for(&e, &p, &rng, false, 10 * SECOND, SECOND);
	assert_true(n < 100 + HARD_BURST + 5);
}

static void an_attempt_and_an_hour_have_their_limits(void **state)
{
	struct seeded s;
	seeded_init(&s, 1);
	struct rng rng = seeded_rng(&s);
	struct hard_budget e;
	struct hard_budget_peer p;
	hard_budget_init(&e, 0);
	hard_budget_peer_init(&p);
	uint32_t sum = 0;
	mono_ns now = 0;
	for (int i = 0; i < 8 && hard_budget_affordable(&e, &p, now); i++, now += 180 * SECOND) {
		hard_budget_begin(&e, now);
		uint32_t n = spend_for(&e, &p, &rng, false, now, 60 * SECOND);
		assert_true(n <= HARD_FLOWS_MAX + HARD_FLOWS_MAX / 2);
		sum += n;
	}
	assert_true(sum > HARD_PEER_MAX / 2 && sum <= HARD_PEER_MAX + HARD_PEER_MAX * 8 / 20 + 1);
	assert_false(hard_budget_affordable(&e, &p, now));
	assert_true(hard_budget_affordable(&e, &p, now + 3600 * SECOND));
	hard_budget_begin(&e, now);
	assert_true(spend_for(&e, &p, &rng, true, now, 100 * SECOND) >
		    9000); /* slow: the rate only */
}

static void all_attempts_together_have_a_limit_of_flows(void **state)
{
	struct seeded s;
	seeded_init(&s, 1);
	struct rng rng = seeded_rng(&s);
	struct hard_budget e;
	struct hard_budget_peer p, q;
	hard_budget_init(&e, 0);
	hard_budget_peer_init(&p);
	hard_budget_peer_init(&q);
	assert_true(hard_budget_affordable(&e, &p, 0));
	hard_budget_begin(&e, 0);
	assert_true(spend_for(&e, &p, &rng, false, 0, 20 * SECOND) > 1900);
	/* no other peer gets one either, until a NAT may have forgotten enough flows */
	assert_false(hard_budget_affordable(&e, &q, 20 * SECOND));
	assert_true(hard_budget_affordable(&e, &q, 20 * SECOND + HARD_FLOW_LASTS));
}

static void at_most_half_of_our_block_is_taken_by_all_together(void **state)
{
	struct hard_budget e;
	struct hard_budget_peer p;
	hard_budget_init(&e, 0);
	hard_budget_peer_init(&p);
	assert_int_equal(hard_budget_block(&e, 0, 0), 0);
	assert_int_equal(hard_budget_block(&e, 512, 0), 256);
	hard_budget_take_ports(&e, 100);
	assert_int_equal(hard_budget_block(&e, 512, 0), 156);
	assert_true(hard_budget_affordable(&e, &p, 0));
	hard_budget_take_ports(&e, 150);
	assert_int_equal(hard_budget_block(&e, 512, SECOND), 7);
	assert_int_equal(hard_budget_block(&e, 256, SECOND),
			 0); /* another guess of the size gives no ports back */
	assert_int_equal(hard_budget_block(&e, 512, SECOND), 7);
	assert_false(hard_budget_affordable(&e, &p, SECOND));
	assert_true(hard_budget_affordable(&e, &p, HARD_COOL_BLOCK));
	assert_int_equal(hard_budget_block(&e, 512, 2 * HARD_COOL_BLOCK), 256);
	hard_budget_take_ports(&e, 256);
	assert_int_equal(hard_budget_block(&e, 0, 2 * HARD_COOL_BLOCK),
			 0); /* another NAT, without blocks */
	assert_true(hard_budget_affordable(&e, &p, 2 * HARD_COOL_BLOCK));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_begins_after_two_seconds_of_failing),
	cmocka_unit_test(the_cool_down_doubles_up_to_eight_hours),
	cmocka_unit_test(the_rate_is_a_hundred_a_second_after_a_small_burst),
	cmocka_unit_test(an_attempt_and_an_hour_have_their_limits),
	cmocka_unit_test(a_draw_is_repeated_at_equal_pauses_a_dozen_times),
	cmocka_unit_test(what_worked_once_is_tried_again_at_once),
	cmocka_unit_test(all_attempts_together_have_a_limit_of_flows),
	cmocka_unit_test(at_most_half_of_our_block_is_taken_by_all_together),
};
RUN_TESTS(tests)

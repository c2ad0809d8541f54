#include "path/call.h"
#include "unit/unit.h"

static const mono_ns T0 = 1000 * SECOND;

static struct call nothing_sent(void)
{
	struct call c;
	call_init(&c);
	return c;
}

static void nothing_is_planned_at_first(void **state)
{
	struct call c = nothing_sent();
	assert_false(call_is_planned(&c));
	assert_true(call_deadline(&c, true) == MONO_NEVER);
	assert_false(call_tick(&c, true, T0));
}

static void with_young_candidates_a_call_goes_at_once(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, 0, T0);
	assert_int_equal(c.needs, T0 - 27 * SECOND);
	assert_int_equal(call_deadline(&c, true), T0);
	assert_true(call_tick(&c, true, T0));
	assert_false(call_is_planned(&c));
	assert_false(call_tick(&c, true, T0 + SECOND)); /* it went */
}

static void it_waits_300_ms_for_candidates_and_no_longer(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, 0, T0);
	assert_int_equal(call_deadline(&c, false), T0 + 300 * MSEC);
	assert_false(call_tick(&c, false, T0 + 299 * MSEC));
	assert_true(call_tick(&c, false, T0 + 300 * MSEC));
}

static void candidates_that_come_meanwhile_end_the_wait(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, 0, T0);
	assert_false(call_tick(&c, false, T0 + 100 * MSEC));
	assert_true(call_tick(&c, true, T0 + 100 * MSEC));
}

static void what_was_seen_before_a_doubt_is_too_old(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, T0 - SECOND, T0);
	assert_int_equal(c.needs, T0 - SECOND);
	call_plan(&c, T0 - 60 * SECOND, T0); /* a doubt of long ago makes nothing younger */
	assert_int_equal(c.needs, T0 - 27 * SECOND);
	call_plan(&c, 0, SECOND); /* soon after the clock began */
	assert_int_equal(c.needs, 0);
}

static void two_calls_are_250_ms_apart(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, 0, T0);
	assert_true(call_tick(&c, true, T0));
	call_plan(&c, 0, T0 + 100 * MSEC);
	assert_int_equal(call_deadline(&c, true), T0 + 250 * MSEC);
	assert_int_equal(call_deadline(&c, false), T0 + 550 * MSEC);
	assert_false(call_tick(&c, true, T0 + 249 * MSEC));
	assert_true(call_tick(&c, true, T0 + 250 * MSEC));
}

static void one_call_in_5_s_answers_the_peer(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, 0, T0);
	assert_false(call_on_call(&c, T0)); /* the planned one will do */
	assert_true(call_tick(&c, true, T0));
	assert_true(call_on_call(&c, T0)); /* one that was sent will not */
	assert_false(call_on_call(&c, T0 + 4999 * MSEC));
	assert_true(call_on_call(&c, T0 + 5 * SECOND));
}

static void a_call_that_is_cancelled_does_not_go(void **state)
{
	struct call c = nothing_sent();
	call_plan(&c, 0, T0);
	call_cancel(&c);
	assert_false(call_tick(&c, true, T0 + SECOND));
	call_plan(&c, 0, T0 + SECOND); /* and keeps none back */
	assert_true(call_tick(&c, true, T0 + SECOND));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_is_planned_at_first),
	cmocka_unit_test(with_young_candidates_a_call_goes_at_once),
	cmocka_unit_test(it_waits_300_ms_for_candidates_and_no_longer),
	cmocka_unit_test(candidates_that_come_meanwhile_end_the_wait),
	cmocka_unit_test(what_was_seen_before_a_doubt_is_too_old),
	cmocka_unit_test(two_calls_are_250_ms_apart),
	cmocka_unit_test(one_call_in_5_s_answers_the_peer),
	cmocka_unit_test(a_call_that_is_cancelled_does_not_go),
};
RUN_TESTS(tests)

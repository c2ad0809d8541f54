#include "driver/debounce.h"

#include "unit/unit.h"

static void one_change_is_looked_at_after_the_pause(void **state)
{
	struct debounce s = {0};
	assert_int_equal(debounce_event(&s, 1000 * MSEC), 1200 * MSEC);
}

static void a_group_is_looked_at_after_its_last_change(void **state)
{
	struct debounce s = {0};
	(void)debounce_event(&s, 1000 * MSEC);
	(void)debounce_event(&s, 1010 * MSEC);
	assert_int_equal(debounce_event(&s, 1150 * MSEC), 1350 * MSEC);
}

static void a_storm_does_not_push_the_look_away(void **state)
{
	struct debounce s = {0};
	mono_ns at = 0;
	for (mono_ns now = 1000 * MSEC; now < 1500 * MSEC; now += 10 * MSEC)
		at = debounce_event(&s, now);
	assert_int_equal(at, 1500 * MSEC);
	/* Late calls of a busy loop: the time is past, and stays. */
	assert_int_equal(debounce_event(&s, 1700 * MSEC), 1500 * MSEC);
}

static void after_a_look_the_next_change_is_the_first(void **state)
{
	struct debounce s = {0};
	(void)debounce_event(&s, 1000 * MSEC);
	debounce_done(&s);
	assert_int_equal(debounce_event(&s, 1450 * MSEC), 1650 * MSEC);
}

static void the_clock_may_begin_at_zero(void **state)
{
	struct debounce s = {0};
	assert_int_equal(debounce_event(&s, 0), DEBOUNCE_PAUSE);
	assert_int_equal(debounce_event(&s, 400 * MSEC), DEBOUNCE_MOST);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(one_change_is_looked_at_after_the_pause),
	cmocka_unit_test(a_group_is_looked_at_after_its_last_change),
	cmocka_unit_test(a_storm_does_not_push_the_look_away),
	cmocka_unit_test(after_a_look_the_next_change_is_the_first),
	cmocka_unit_test(the_clock_may_begin_at_zero),
};
RUN_TESTS(tests)

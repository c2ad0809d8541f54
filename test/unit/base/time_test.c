#include "base/time.h"
#include "unit/unit.h"

static void a_second_has_a_thousand_of_the_next_unit(void **state)
{
	assert_true(SECOND == 1000 * MSEC);
	assert_true(MSEC == 1000 * USEC);
	assert_true(USEC == 1000);
}

static void never_is_later_than_everything(void **state)
{
	assert_true(mono_min(MONO_NEVER, 5) == 5);
	assert_true(mono_min(5, MONO_NEVER) == 5);
	assert_true(mono_max(5, MONO_NEVER) == MONO_NEVER);
	assert_true(mono_max(7, 5) == 7);
	assert_true(mono_min(5, 5) == 5);
}

static void the_time_since_a_moment_is_never_negative(void **state)
{
	assert_true(mono_since(3, 10) == 7);
	assert_true(mono_since(10, 10) == 0);
	assert_true(mono_since(11, 10) == 0);
	assert_true(mono_since(MONO_NEVER - 1, 10) == 0);
	assert_true(mono_since(0, MONO_NEVER - 1) == MONO_NEVER - 1);
}

/* So "it is long ago" holds for what never happened. */
static void the_time_since_what_never_happened_is_never(void **state)
{
	assert_true(mono_since(MONO_NEVER, 0) == MONO_NEVER);
	assert_true(mono_since(MONO_NEVER, MONO_NEVER) == MONO_NEVER);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_second_has_a_thousand_of_the_next_unit),
	cmocka_unit_test(never_is_later_than_everything),
	cmocka_unit_test(the_time_since_a_moment_is_never_negative),
	cmocka_unit_test(the_time_since_what_never_happened_is_never),
};
RUN_TESTS(tests)

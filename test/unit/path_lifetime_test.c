#include "path/lifetime.h"
#include "unit.h"

static void eighteen_seconds_are_assumed(void **state)
{
	struct lifetime l = {0};
	assert_int_equal(lifetime_rest(&l), 18 * SECOND);
}

static void half_of_what_was_too_long_is_tried_next(void **state)
{
	struct lifetime l = {0};
	lifetime_dead_after(&l, 18 * SECOND);
	assert_int_equal(lifetime_rest(&l), 9 * SECOND);
	lifetime_dead_after(&l, 9 * SECOND);
	assert_int_equal(lifetime_rest(&l), 5 * SECOND);
	lifetime_dead_after(&l, 5 * SECOND);
	assert_int_equal(lifetime_rest(&l), 5 * SECOND); /* never more often */
}

static void a_long_rest_that_killed_it_tells_nothing_new(void **state)
{
	struct lifetime l = {0};
	lifetime_dead_after(&l, 300 * SECOND);
	assert_int_equal(lifetime_rest(&l), 18 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eighteen_seconds_are_assumed),
		cmocka_unit_test(half_of_what_was_too_long_is_tried_next),
		cmocka_unit_test(a_long_rest_that_killed_it_tells_nothing_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

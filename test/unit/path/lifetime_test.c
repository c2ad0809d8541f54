#include "path/lifetime.h"
#include "unit/unit.h"

static void eighteen_seconds_are_assumed(void **state)
{
	struct lifetime l = {0};
	assert_int_equal(lifetime_rest(&l, 0), 18 * SECOND);
}

static void half_of_what_was_too_long_is_tried_next(void **state)
{
	struct lifetime l = {0};
	lifetime_dead_after(&l, 18 * SECOND);
	assert_int_equal(lifetime_rest(&l, 0), 9 * SECOND);
	lifetime_dead_after(&l, 9 * SECOND);
	assert_int_equal(lifetime_rest(&l, 0), 5 * SECOND);
	lifetime_dead_after(&l, 5 * SECOND);
	assert_int_equal(lifetime_rest(&l, 0), 5 * SECOND); /* never more often */
}

static void a_long_rest_that_killed_it_tells_nothing_new(void **state)
{
	struct lifetime l = {0};
	lifetime_dead_after(&l, 300 * SECOND);
	assert_int_equal(lifetime_rest(&l, 0), 18 * SECOND);
}

static void what_was_measured_is_used_before_anything_died(void **state)
{
	static const struct {
		unsigned measured_s, rest_s;
	} rows[] = {{0, 18}, {6, 5}, {9, 6}, {15, 10}, {27, 18}, {120, 18}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct lifetime l = {0};
		assert_int_equal(lifetime_rest(&l, rows[i].measured_s * SECOND),
				 rows[i].rest_s * SECOND);
	}
	struct lifetime died = {0};
	lifetime_dead_after(&died, 14 * SECOND); /* the peer's NAT is worse than ours */
	assert_int_equal(lifetime_rest(&died, 120 * SECOND), 7 * SECOND);
	assert_int_equal(lifetime_rest(&died, 9 * SECOND), 6 * SECOND);
}

static void the_shortest_rest_that_killed_a_path_is_remembered(void **state)
{
	struct lifetime l = {0};
	assert_int_equal(l.below, 0);
	lifetime_dead_after(&l, 14 * SECOND);
	lifetime_dead_after(&l, 20 * SECOND);
	assert_int_equal(l.below, 14 * SECOND);
	lifetime_dead_after(&l, 11 * SECOND);
	assert_int_equal(l.below, 11 * SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eighteen_seconds_are_assumed),
		cmocka_unit_test(half_of_what_was_too_long_is_tried_next),
		cmocka_unit_test(what_was_measured_is_used_before_anything_died),
		cmocka_unit_test(the_shortest_rest_that_killed_a_path_is_remembered),
		cmocka_unit_test(a_long_rest_that_killed_it_tells_nothing_new),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

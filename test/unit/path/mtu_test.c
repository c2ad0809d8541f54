#include "path/mtu.h"
#include "unit/unit.h"

static const mono_ns now = 1000 * SECOND;

static struct mtu begun(uint16_t inner)
{
	struct mtu m;
	mtu_begin(&m, inner);
	return m;
}

static void the_size_that_the_tunnel_needs_is_tried_first_and_once_if_it_passes(void **state)
{
	static const struct {
		uint16_t inner, size;
	} rows[] = {{1280, 1312}, {1420, 1456}, {1500, 1472}, {576, 608}, {1279, 1312}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mtu m = begun(rows[i].inner);
		assert_int_equal(mtu_inner(&m), 0);
		assert_int_equal(mtu_wants(&m, now), rows[i].size);
		mtu_answered(&m, rows[i].size, now);
		assert_int_equal(m.proven, rows[i].size);
		assert_int_equal(mtu_inner(&m), 0); /* all fits */
		assert_int_equal(mtu_wants(&m, now + 599 * SECOND), 0);
		assert_int_equal(mtu_wants(&m, now + 600 * SECOND), rows[i].size);
	}
}

static void what_is_not_answered_twice_is_followed_by_the_next_smaller(void **state)
{
	struct mtu m = begun(1280);
	assert_int_equal(mtu_wants(&m, now), 1312);
	assert_int_equal(mtu_wants(&m, now), 1312);
	assert_int_equal(mtu_wants(&m, now), 1252); /* 1280 bytes by IPv4 */
	mtu_answered(&m, 1252, now);
	assert_int_equal(mtu_inner(&m), 1216);
	assert_int_equal(mtu_wants(&m, now), 0);
}

static void a_path_that_answers_no_size_is_not_limited(void **state)
{
	struct mtu m = begun(1280);
	unsigned probes = 0;
	while (mtu_wants(&m, now))
		probes++;
	assert_int_equal(probes, 8); /* a handful */
	assert_int_equal(mtu_inner(&m), 0);
	assert_int_equal(mtu_wants(&m, now + 600 * SECOND), 1312);
}

static void what_was_proven_counts_until_it_is_measured_again(void **state)
{
	struct mtu m = begun(1280);
	(void)mtu_wants(&m, now);
	(void)mtu_wants(&m, now);
	(void)mtu_wants(&m, now);
	mtu_answered(&m, 1252, now);
	assert_int_equal(mtu_wants(&m, now + 600 * SECOND), 1312);
	assert_int_equal(mtu_inner(&m), 1216);
	mtu_answered(&m, 1312, now + 600 * SECOND);
	assert_int_equal(mtu_inner(&m), 0);
}

static void a_late_answer_is_an_answer(void **state)
{
	struct mtu m = begun(1280);
	(void)mtu_wants(&m, now);
	(void)mtu_wants(&m, now);
	(void)mtu_wants(&m, now); /* smaller now */
	mtu_answered(&m, 1312, now);
	assert_int_equal(mtu_inner(&m), 0);
	assert_int_equal(mtu_wants(&m, now), 0);
	mtu_answered(&m, 1252, now); /* of the smaller one: tells nothing new */
	assert_int_equal(m.proven, 1312);
}

static void without_a_path_nothing_is_wanted(void **state)
{
	struct mtu m = {0};
	assert_int_equal(mtu_wants(&m, now), 0);
	assert_int_equal(mtu_inner(&m), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_size_that_the_tunnel_needs_is_tried_first_and_once_if_it_passes),
		cmocka_unit_test(what_is_not_answered_twice_is_followed_by_the_next_smaller),
		cmocka_unit_test(a_path_that_answers_no_size_is_not_limited),
		cmocka_unit_test(what_was_proven_counts_until_it_is_measured_again),
		cmocka_unit_test(a_late_answer_is_an_answer),
		cmocka_unit_test(without_a_path_nothing_is_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/bucket.h"
#include "unit/unit.h"

static void without_a_rate_there_is_no_limit(void **state)
{
	struct bucket b = bucket_of(0, 100, 0), c = bucket_of(100, -1, 0);
	assert_true(bucket_take(&b, UINT64_MAX, 0));
	assert_true(bucket_take(&c, UINT64_MAX, 0));
}

static void a_burst_then_the_rate(void **state)
{
	struct bucket b = bucket_of(1000, 300, 5 * SECOND);
	assert_true(bucket_take(&b, 200, 5 * SECOND));
	assert_true(bucket_take(&b, 100, 5 * SECOND));
	assert_false(bucket_take(&b, 1, 5 * SECOND));
	assert_false(bucket_take(&b, 101, 5100 * MSEC));
	assert_true(bucket_take(&b, 100, 5100 * MSEC));
	assert_true(bucket_take(&b, 300, 100 * SECOND));
	assert_false(bucket_take(&b, 1, 100 * SECOND));
	assert_false(bucket_take(&b, 1, 50 * SECOND)); /* a clock that goes back gives nothing */
}

static void small_steps_add_up(void **state)
{
	struct bucket b = bucket_of(10, 10, 0);
	assert_true(bucket_take(&b, 10, 0));
	for (mono_ns now = 0; now < SECOND; now += MSEC)
		assert_false(bucket_take(&b, 11, now));
	assert_true(bucket_take(&b, 10, SECOND));
}

static void absurd_rates_do_not_overflow(void **state)
{
	struct bucket b = bucket_of(INT64_MAX, INT64_MAX, 0);
	assert_true(bucket_take(&b, 1000000, 0));
	assert_true(bucket_take(&b, 1000000, MONO_NEVER - 1));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_a_rate_there_is_no_limit),
	cmocka_unit_test(a_burst_then_the_rate),
	cmocka_unit_test(small_steps_add_up),
	cmocka_unit_test(absurd_rates_do_not_overflow),
};
RUN_TESTS(tests)

#include "base/bucket.h"
#include "unit/unit.h"

static void without_a_rate_there_is_no_limit(void **state)
{
	struct bucket b = {0}, c = {0};
	struct bucket_rate none = bucket_rate_per_second(0, 100),
			   less = bucket_rate_per_second(100, -1);
	assert_true(bucket_take(&b, &none, UINT64_MAX, 0));
	assert_true(bucket_take(&c, &less, UINT64_MAX, 0));
	assert_true(bucket_left(&b, &none, 0) == UINT64_MAX);
	assert_true(bucket_when(&b, &none, 7) == 0);
}

static void a_burst_then_the_rate(void **state)
{
	struct bucket b = {0};
	struct bucket_rate r = bucket_rate_per_second(1000, 300);
	assert_true(bucket_take(&b, &r, 200, 5 * SECOND));
	assert_true(bucket_take(&b, &r, 100, 5 * SECOND));
	assert_false(bucket_take(&b, &r, 1, 5 * SECOND));
	assert_false(bucket_take(&b, &r, 101, 5100 * MSEC));
	assert_true(bucket_take(&b, &r, 100, 5100 * MSEC));
	assert_true(bucket_take(&b, &r, 300, 100 * SECOND));
	assert_false(bucket_take(&b, &r, 1, 100 * SECOND));
	assert_false(
		bucket_take(&b, &r, 1, 50 * SECOND)); /* a clock that goes back gives nothing */
}

static void small_steps_add_up(void **state)
{
	struct bucket b = {0};
	struct bucket_rate r = bucket_rate_per_second(10, 10);
	assert_true(bucket_take(&b, &r, 10, 0));
	for (mono_ns now = 0; now < SECOND; now += MSEC)
		assert_false(bucket_take(&b, &r, 11, now));
	assert_true(bucket_take(&b, &r, 10, SECOND));
}

static void absurd_rates_do_not_overflow(void **state)
{
	struct bucket b = {0};
	struct bucket_rate r = bucket_rate_per_second(INT64_MAX, INT64_MAX);
	assert_true(bucket_take(&b, &r, 1000000, 0));
	assert_true(bucket_take(&b, &r, 1000000, MONO_NEVER - 1));
	assert_false(bucket_take(&b, &r, UINT64_MAX, MONO_NEVER - 1));
}

static void what_is_left_and_when_there_is_more(void **state)
{
	static const struct bucket_rate hourly = {8000, 3600 * SECOND, 8000};
	struct bucket b = {0};
	mono_ns now = 7 * SECOND, each = 450 * MSEC;
	assert_true(bucket_left(&b, &hourly, now) == 8000);
	assert_true(bucket_when(&b, &hourly, 8000) <= now);
	assert_true(bucket_take(&b, &hourly, 8000, now));
	assert_true(bucket_left(&b, &hourly, now) == 0);
	assert_true(bucket_left(&b, &hourly, now + each - 1) == 0);
	assert_true(bucket_left(&b, &hourly, now + each) == 1);
	assert_true(bucket_left(&b, &hourly, now + 10 * each + each / 2) == 10);
	assert_true(bucket_when(&b, &hourly, 1) == now + each);
	assert_true(bucket_when(&b, &hourly, 100) == now + 100 * each);
	assert_true(bucket_when(&b, &hourly, 8000) == now + 3600 * SECOND);
	assert_true(bucket_left(&b, &hourly, now + 7200 * SECOND) == 8000);
	b = (struct bucket){0};
	assert_true(bucket_left(&b, &hourly, now) == 8000);
}

/* As many tokens can be taken as are left, and they are there when bucket_when says so, not
 * before. */
static void the_three_questions_agree(void **state)
{
	static const struct bucket_rate rates[] = {
		{3, SECOND, 1}, {7, SECOND, 20}, {200, SECOND, 200}, {1, 4500 * MSEC, 240}};
	uint64_t random = 1;
	for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
		const struct bucket_rate *r = &rates[i];
		struct bucket b = {0}, copy;
		mono_ns now = SECOND;
		for (int step = 0; step < 5000; step++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			now += (random >> 33) % (2 * r->period / r->tokens);
			uint64_t n = 1 + (random >> 20) % r->burst, left = bucket_left(&b, r, now);
			mono_ns when = bucket_when(&b, r, n);
			assert_int_equal(left >= n, when <= now);
			copy = b;
			assert_true(bucket_take(&copy, r, left, now));
			copy = b;
			assert_false(bucket_take(&copy, r, left + 1, now));
			copy = b;
			assert_true(bucket_take(&copy, r, n, mono_max(when, now)));
			copy = b;
			assert_true(when <= now || !bucket_take(&copy, r, n, when - 1));
			if (random >> 63)
				assert_int_equal(bucket_take(&b, r, n, now), left >= n);
		}
	}
}

static void nothing_is_always_there(void **state)
{
	struct bucket b = {0};
	struct bucket_rate r = bucket_rate_per_second(1, 1);
	assert_true(bucket_take(&b, &r, 1, SECOND));
	assert_true(bucket_take(&b, &r, 0, SECOND));
	assert_true(bucket_when(&b, &r, 0) <= SECOND);
	assert_int_equal(bucket_left(&b, &r, SECOND), 0);
}

static void what_is_refused_costs_nothing(void **state)
{
	struct bucket b = {0};
	struct bucket_rate r = bucket_rate_per_second(10, 10);
	assert_true(bucket_take(&b, &r, 5, SECOND));
	for (int i = 0; i < 1000; i++)
		assert_false(bucket_take(&b, &r, 6, SECOND));
	assert_true(bucket_take(&b, &r, 5, SECOND));
}

static void more_than_the_burst_never_fits(void **state)
{
	struct bucket b = {0};
	struct bucket_rate r = bucket_rate_per_second(1000, 3);
	assert_false(bucket_take(&b, &r, 4, 3600 * SECOND));
	assert_true(bucket_left(&b, &r, 3600 * SECOND) == 3);
	assert_true(bucket_take(&b, &r, 3, 3600 * SECOND));
}

/* A hostile relay may announce any numbers. */
static void a_rate_that_a_stranger_sets_is_cut_or_is_no_limit(void **state)
{
	struct bucket_rate r = bucket_rate_per_second(INT64_MAX, INT64_MAX);
	assert_true(r.tokens == INT32_MAX && r.burst == INT32_MAX && r.period == SECOND);
	r = bucket_rate_per_second((int64_t)INT32_MAX + 1, 1);
	assert_true(r.tokens == INT32_MAX && r.burst == 1);
	r = bucket_rate_per_second(1, 1);
	assert_true(r.tokens == 1 && r.burst == 1);
	static const int64_t none[][2] = {{0, 1}, {1, 0}, {-1, 1}, {1, -1}, {INT64_MIN, INT64_MIN}};
	for (size_t i = 0; i < ARRAY_LEN(none); i++)
		assert_true(bucket_rate_per_second(none[i][0], none[i][1]).tokens == 0);
}

/* The owner may lower a limit while tokens are missing. */
static void a_bucket_in_debt_under_a_smaller_burst_waits_for_it(void **state)
{
	struct bucket b = {0};
	struct bucket_rate wide = bucket_rate_per_second(10, 100),
			   narrow = bucket_rate_per_second(10, 10);
	assert_true(bucket_take(&b, &wide, 100, SECOND));
	assert_int_equal(bucket_left(&b, &narrow, SECOND), 0);
	assert_false(bucket_take(&b, &narrow, 0, SECOND));
	assert_true(bucket_left(&b, &narrow, 10 * SECOND) == 0);
	assert_true(bucket_left(&b, &narrow, 11 * SECOND) == 10);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_a_rate_there_is_no_limit),
	cmocka_unit_test(a_burst_then_the_rate),
	cmocka_unit_test(small_steps_add_up),
	cmocka_unit_test(absurd_rates_do_not_overflow),
	cmocka_unit_test(what_is_left_and_when_there_is_more),
	cmocka_unit_test(the_three_questions_agree),
	cmocka_unit_test(nothing_is_always_there),
	cmocka_unit_test(what_is_refused_costs_nothing),
	cmocka_unit_test(more_than_the_burst_never_fits),
	cmocka_unit_test(a_rate_that_a_stranger_sets_is_cut_or_is_no_limit),
	cmocka_unit_test(a_bucket_in_debt_under_a_smaller_burst_waits_for_it),
};
RUN_TESTS(tests)

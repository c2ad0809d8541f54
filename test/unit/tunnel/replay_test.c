#include "crypto/seeded.h"
#include "tunnel/replay.h"
#include "unit/unit.h"

static bool take(struct replay *r, uint64_t counter)
{
	if (!replay_fresh(r, counter))
		return false;
	replay_mark(r, counter);
	return true;
}

static void each_row_in_turn(void **state)
{
	enum { W = REPLAY_WINDOW };
	static const struct {
		uint64_t counter;
		bool taken;
	} rows[] = {
		{0, true},
		{0, false},
		{1, true},
		{1, false},
		{9, true},
		{8, true},
		{7, true},
		{7, false},
		{W, true},
		{W - 1, true},
		{W - 1, false},
		{2, true}, /* W - 2 behind the newest */
		{2, false},
		{W + 16, true},
		{3, false},  /* too old to tell */
		{16, false}, /* one too far behind */
		{17, true},  /* just not */
		{17, false},
		{3 * (uint64_t)W, true}, /* more than the whole window at once */
		{W + 16, false},
		{3 * (uint64_t)W - 1, true},
		{2 * (uint64_t)W + 1, true},
		{2 * (uint64_t)W, false},
		{UINT64_MAX - 8192, true},
		{UINT64_MAX - 8192, false},
		{0, false},
		{UINT64_MAX - 8193, true},
		{3 * (uint64_t)W, false},
	};
	struct replay r = {0};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (take(&r, rows[i].counter) != rows[i].taken)
			fail_msg("row %zu", i);
}

static void a_first_counter_may_be_any(void **state)
{
	static const uint64_t first[] = {1, 63, 64, 65, REPLAY_BITS - 1, REPLAY_BITS, 1000000};
	for (size_t i = 0; i < ARRAY_LEN(first); i++) {
		struct replay r = {0};
		assert_true(take(&r, first[i]));
		assert_false(take(&r, first[i]));
		assert_true(take(&r, first[i] - 1));
		assert_true(take(&r, first[i] + 1));
		assert_false(take(&r, first[i] - 1));
	}
}

static void a_whole_window_backwards_is_taken_once(void **state)
{
	struct replay r = {0};
	for (uint64_t i = REPLAY_WINDOW; i > 0; i--)
		assert_true(take(&r, i + 1000));
	for (uint64_t i = REPLAY_WINDOW; i > 0; i--)
		assert_false(take(&r, i + 1000));
	assert_false(take(&r, 1000));
}

/* Compared with a plain list of all counters that were taken. */
static void agrees_with_a_list(void **state)
{
	enum { N = 60000 };
	static bool seen[N];
	struct seeded seeded;
	seeded_init(&seeded, 7);
	struct rng rng = seeded_rng(&seeded);
	struct replay r = {0};
	uint64_t newest = 0;
	bool any = false;
	for (int i = 0; i < 200000; i++) {
		uint64_t low = newest > REPLAY_BITS + 200 ? newest - REPLAY_BITS - 200 : 0;
		uint64_t counter = rng_below(&rng, 2) ? low + rng_below(&rng, newest - low + 1)
						      : newest + rng_below(&rng, i % 500 ? 3 : 300);
		if (counter >= N)
			break;
		bool old = any && newest + 1 > counter && newest + 1 - counter > REPLAY_WINDOW;
		bool want = !seen[counter] && !old;
		assert_int_equal(take(&r, counter), want);
		if (!want)
			continue;
		seen[counter] = true;
		newest = counter > newest ? counter : newest;
		any = true;
	}
	assert_true(newest > 2 * REPLAY_BITS);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_row_in_turn),
	cmocka_unit_test(a_first_counter_may_be_any),
	cmocka_unit_test(a_whole_window_backwards_is_taken_once),
	cmocka_unit_test(agrees_with_a_list),
};
RUN_TESTS(tests)

#include "base/rng.h"
#include "unit/unit.h"

/* A source that gives these 64-bit numbers, one a draw. */
struct script {
	uint64_t v[4];
	size_t drawn;
};

static void play(void *self, uint8_t *out, size_t n)
{
	struct script *s = self;
	assert_true(s->drawn < ARRAY_LEN(s->v));
	assert_true(n <= sizeof(s->v[0]));
	memcpy(out, &s->v[s->drawn++], n);
}

static void every_draw_asks_the_source_for_exactly_so_many_bytes(void **state)
{
	struct script s = {.v = {0x1111111111111111, 0x2222222222222222}};
	struct rng rng = {play, &s};
	uint8_t out[6] = {9, 9, 9, 9, 9, 9};
	rng_fill(&rng, out, 5);
	assert_memory_equal(out, "\x11\x11\x11\x11\x11\x09", 6);
	assert_int_equal(rng_u32(&rng), 0x22222222);
	assert_int_equal(s.drawn, 2);
}

static void below_one_and_below_zero_there_is_only_zero(void **state)
{
	struct script s = {.drawn = ARRAY_LEN(s.v)}; /* any draw fails */
	struct rng rng = {play, &s};
	assert_true(rng_below(&rng, 0) == 0);
	assert_true(rng_below(&rng, 1) == 0);
}

static void a_number_below_n_is_the_rest_of_what_was_drawn(void **state)
{
	struct script s = {.v = {0, 9, 10, 12345}};
	struct rng rng = {play, &s};
	assert_true(rng_below(&rng, 10) == 0);
	assert_true(rng_below(&rng, 10) == 9);
	assert_true(rng_below(&rng, 10) == 0);
	assert_true(rng_below(&rng, 10) == 5);
}

/* 2^64 - 1 ends in 5: the last five values would favour 0 to 4. */
static void values_that_would_favour_small_results_are_drawn_again(void **state)
{
	struct script s = {.v = {UINT64_MAX, UINT64_MAX - 5, UINT64_MAX - 6}};
	struct rng rng = {play, &s};
	assert_true(rng_below(&rng, 10) == 9);
	assert_int_equal(s.drawn, 3);
}

static void the_greatest_range_and_the_least_are_used_whole(void **state)
{
	struct script s = {.v = {UINT64_MAX - 1, UINT64_MAX, 7}};
	struct rng rng = {play, &s};
	assert_true(rng_below(&rng, UINT64_MAX) == UINT64_MAX - 1);
	assert_true(rng_below(&rng, UINT64_MAX) == 7);
	s = (struct script){.v = {4, 7}};
	assert_true(rng_below(&rng, 2) == 0); /* and the least one */
	assert_true(rng_below(&rng, 2) == 1);
}

/* xorshift64*: good enough to count with. */
static void xorshift(void *self, uint8_t *out, size_t n)
{
	uint64_t *x = self, v;
	*x ^= *x >> 12;
	*x ^= *x << 25;
	*x ^= *x >> 27;
	v = *x * UINT64_C(2685821657736338717);
	memcpy(out, &v, n);
}

static void all_results_come_about_equally_often(void **state)
{
	uint64_t x = 1;
	struct rng rng = {xorshift, &x};
	unsigned count[7] = {0};
	for (int i = 0; i < 70000; i++)
		count[rng_below(&rng, 7)]++;
	for (size_t i = 0; i < 7; i++)
		assert_in_range(count[i], 9600, 10400);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_draw_asks_the_source_for_exactly_so_many_bytes),
	cmocka_unit_test(below_one_and_below_zero_there_is_only_zero),
	cmocka_unit_test(a_number_below_n_is_the_rest_of_what_was_drawn),
	cmocka_unit_test(values_that_would_favour_small_results_are_drawn_again),
	cmocka_unit_test(the_greatest_range_and_the_least_are_used_whole),
	cmocka_unit_test(all_results_come_about_equally_often),
};
RUN_TESTS(tests)

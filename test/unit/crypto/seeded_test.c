#include "crypto/seeded.h"
#include "unit/unit.h"

static void the_same_seed_gives_the_same_stream(void **state)
{
	struct seeded a, b;
	seeded_init(&a, 7);
	seeded_init(&b, 7);
	struct rng from_a = seeded_rng(&a), from_b = seeded_rng(&b);
	for (int i = 0; i < 100; i++)
		assert_int_equal(rng_u32(&from_a), rng_u32(&from_b));
}

/* Simulated runs are kept by their seeds, so the stream itself must stay. These are ChaCha20 with
 * the seed as its key and the number of the draw as its nonce. */
static void the_stream_is_chacha20_under_the_seed(void **state)
{
	uint8_t zero[8], want[8];
	struct seeded s;
	seeded_init(&s, 0);
	struct rng rng = seeded_rng(&s);
	rng_fill(&rng, zero, sizeof(zero));
	unhex(want, sizeof(want), "76b8e0ada0f13d90"); /* RFC 8439 A.1, vector 1 */
	assert_memory_equal(zero, want, sizeof(want));
}

static void every_draw_is_another_block(void **state)
{
	uint8_t one[32], two[32], again[64];
	struct seeded s;
	seeded_init(&s, 1);
	struct rng rng = seeded_rng(&s);
	rng_fill(&rng, one, sizeof(one));
	rng_fill(&rng, two, sizeof(two));
	assert_memory_not_equal(one, two, sizeof(one));
	assert_int_equal(s.n, 2);
	seeded_init(&s, 1);
	rng_fill(&rng, again, sizeof(again)); /* one draw, however long */
	assert_memory_equal(one, again, sizeof(one));
	assert_memory_not_equal(two, again + 32, sizeof(two));
	assert_int_equal(s.n, 1);
}

static void neighbouring_and_distant_seeds_differ(void **state)
{
	static const uint64_t seeds[] = {0, 1, 2, UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX};
	uint32_t first[ARRAY_LEN(seeds)];
	for (size_t i = 0; i < ARRAY_LEN(seeds); i++) {
		struct seeded s;
		seeded_init(&s, seeds[i]);
		struct rng rng = seeded_rng(&s);
		first[i] = rng_u32(&rng);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(first[i], first[k]);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_same_seed_gives_the_same_stream),
	cmocka_unit_test(the_stream_is_chacha20_under_the_seed),
	cmocka_unit_test(every_draw_is_another_block),
	cmocka_unit_test(neighbouring_and_distant_seeds_differ),
};
RUN_TESTS(tests)

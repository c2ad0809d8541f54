#include "base/heap.h"
#include "crypto/seeded.h"
#include "unit/unit.h"

static void gives_the_earliest_first(void **state)
{
	struct heap h;
	uint32_t id;
	assert_true(heap_init(&h, 4));
	assert_true(heap_first(&h) == MONO_NEVER);
	heap_set(&h, 0, 30);
	heap_set(&h, 1, 10);
	heap_set(&h, 2, 20);
	assert_true(heap_first(&h) == 10);
	assert_false(heap_due(&h, 9, &id));
	assert_true(heap_due(&h, 10, &id));
	assert_int_equal(id, 1);
	heap_set(&h, 0, 5);
	assert_true(heap_due(&h, 100, &id));
	assert_int_equal(id, 0);
	heap_set(&h, 2, MONO_NEVER);
	assert_false(heap_due(&h, MONO_NEVER - 1, &id));
	heap_set(&h, 3, MONO_NEVER);
	heap_set(&h, 4, 1); /* out of range: ignored */
	assert_true(heap_first(&h) == MONO_NEVER);
	heap_fini(&h);
}

/* Compared with the simplest implementation. */
static void agrees_with_a_list(void **state)
{
	enum { N = 50 };
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct heap h;
	mono_ns at[N];
	assert_true(heap_init(&h, N));
	for (size_t i = 0; i < N; i++)
		at[i] = MONO_NEVER;
	for (int round = 0; round < 5000; round++) {
		uint32_t id = (uint32_t)rng_below(&rng, N);
		at[id] = rng_below(&rng, 4) ? rng_below(&rng, 1000) : MONO_NEVER;
		heap_set(&h, id, at[id]);
		mono_ns first = MONO_NEVER;
		for (size_t i = 0; i < N; i++)
			first = mono_min(first, at[i]);
		assert_true(heap_first(&h) == first);
		if (round % 3 == 0 && heap_due(&h, 500, &id)) {
			assert_true(at[id] == first);
			at[id] = MONO_NEVER;
		}
	}
	heap_fini(&h);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(gives_the_earliest_first),
	cmocka_unit_test(agrees_with_a_list),
};
RUN_TESTS(tests)

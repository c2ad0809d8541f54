#include "base/heap.h"
#include "crypto/seeded.h"
#include "unit/no_memory.h"
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

static void equal_deadlines_all_come(void **state)
{
	struct heap h;
	uint32_t id, seen = 0;
	assert_true(heap_init(&h, 8));
	for (uint32_t i = 0; i < 8; i++)
		heap_set(&h, i, 5);
	for (int i = 0; i < 8; i++) {
		assert_true(heap_due(&h, 5, &id));
		seen |= 1U << id;
	}
	assert_int_equal(seen, 0xff);
	assert_false(heap_due(&h, MONO_NEVER, &id));
	heap_fini(&h);
}

static void a_deadline_moves_in_both_directions(void **state)
{
	struct heap h;
	uint32_t id;
	assert_true(heap_init(&h, 3));
	heap_set(&h, 0, 10);
	heap_set(&h, 1, 20);
	heap_set(&h, 2, 30);
	heap_set(&h, 0, 40);
	assert_true(heap_first(&h) == 20);
	heap_set(&h, 2, 0);
	assert_true(heap_first(&h) == 0);
	assert_true(heap_due(&h, 0, &id));
	assert_int_equal(id, 2);
	assert_int_equal(h.n, 2); /* each id once, however often it was set */
	heap_fini(&h);
}

static void an_id_that_was_due_can_be_set_again(void **state)
{
	struct heap h;
	uint32_t id;
	assert_true(heap_init(&h, 1));
	for (mono_ns now = 1; now < 10; now++) {
		heap_set(&h, 0, now);
		assert_false(heap_due(&h, now - 1, &id));
		assert_true(heap_due(&h, now, &id));
		assert_false(heap_due(&h, now, &id));
	}
	heap_fini(&h);
}

static void a_heap_for_nobody_is_empty(void **state)
{
	struct heap h;
	uint32_t id = 7;
	assert_true(heap_init(&h, 0));
	heap_set(&h, 0, 1);
	assert_true(heap_first(&h) == MONO_NEVER);
	assert_false(heap_due(&h, 5, &id));
	assert_int_equal(id, 7);
	heap_fini(&h);
	heap_fini(&h);
}

static void without_memory_there_is_no_heap_and_nothing_is_kept(void **state)
{
	struct heap h;
	for (int left = 0; left < 2; left++) {
		memory_left = left;
		assert_false(heap_init(&h, 4));
		assert_null(h.v);
		assert_null(h.place);
		assert_int_equal(h.cap, 0);
	}
	memory_left = -1;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(gives_the_earliest_first),
	cmocka_unit_test(agrees_with_a_list),
	cmocka_unit_test(equal_deadlines_all_come),
	cmocka_unit_test(a_deadline_moves_in_both_directions),
	cmocka_unit_test(an_id_that_was_due_can_be_set_again),
	cmocka_unit_test(a_heap_for_nobody_is_empty),
	cmocka_unit_test(without_memory_there_is_no_heap_and_nothing_is_kept),
};
RUN_TESTS(tests)

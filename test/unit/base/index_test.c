#include "base/index.h"
#include "crypto/seeded.h"
#include "unit/no_memory.h"
#include "unit/unit.h"

static bool has(const struct index *ix, uint64_t hash, uint32_t want)
{
	uint32_t id;
	for (struct index_walk w = index_walk(ix, hash); index_next(&w, &id);)
		if (id == want)
			return true;
	return false;
}

static void several_ids_share_a_hash(void **state)
{
	struct index ix;
	assert_true(index_init(&ix, 4));
	assert_true(index_add(&ix, 7, 0) && index_add(&ix, 7, 1) && index_add(&ix, 23, 2));
	assert_true(has(&ix, 7, 0) && has(&ix, 7, 1) && has(&ix, 23, 2));
	assert_false(has(&ix, 7, 2));
	index_remove(&ix, 7, 0);
	index_remove(&ix, 7, 9); /* not there */
	assert_false(has(&ix, 7, 0));
	assert_true(has(&ix, 7, 1) && has(&ix, 23, 2));
	index_fini(&ix);
}

/* Hashes from a small range collide often, and the table grows many times. */
static void agrees_with_a_list(void **state)
{
	enum { N = 600 };
	struct seeded seeded;
	seeded_init(&seeded, 2);
	struct rng rng = seeded_rng(&seeded);
	struct index ix;
	uint64_t hash[N];
	bool in[N] = {0};
	assert_true(index_init(&ix, 0));
	for (int round = 0; round < 20000; round++) {
		uint32_t id = (uint32_t)rng_below(&rng, N);
		if (in[id]) {
			index_remove(&ix, hash[id], id);
		} else {
			hash[id] = rng_below(&rng, 300);
			assert_true(index_add(&ix, hash[id], id));
		}
		in[id] = !in[id];
		uint32_t probe = (uint32_t)rng_below(&rng, N);
		if (in[probe])
			assert_true(has(&ix, hash[probe], probe));
	}
	for (uint32_t id = 0; id < N; id++)
		for (uint64_t h = 0; h < 300; h += 17)
			assert_int_equal(has(&ix, h, id), in[id] && hash[id] == h);
	index_fini(&ix);
}

static size_t count(const struct index *ix, uint64_t hash)
{
	size_t n = 0;
	uint32_t id;
	for (struct index_walk w = index_walk(ix, hash); index_next(&w, &id);)
		n++;
	return n;
}

static void an_empty_table_has_nothing(void **state)
{
	struct index ix;
	assert_true(index_init(&ix, 0));
	assert_int_equal(count(&ix, 0), 0);
	index_remove(&ix, 0, 0);
	assert_int_equal(ix.n, 0);
	index_fini(&ix);
	index_fini(&ix);
}

static void an_id_that_was_added_twice_is_removed_once(void **state)
{
	struct index ix;
	assert_true(index_init(&ix, 4));
	assert_true(index_add(&ix, 7, 3) && index_add(&ix, 7, 3));
	assert_int_equal(count(&ix, 7), 2);
	index_remove(&ix, 7, 3);
	assert_int_equal(count(&ix, 7), 1);
	index_remove(&ix, 8, 3); /* the id with another hash */
	assert_int_equal(count(&ix, 7), 1);
	index_fini(&ix);
}

/* 16 slots: hashes 14, 15, 31, 47 lie in slots 14, 15, 0, 1, and the first must not cut off the
 * others when it goes. */
static void a_chain_over_the_end_of_the_table_stays_whole(void **state)
{
	static const uint64_t hash[] = {14, 15, 31, 47, 0};
	for (uint32_t gone = 0; gone < ARRAY_LEN(hash); gone++) {
		struct index ix;
		assert_true(index_init(&ix, 4));
		for (uint32_t i = 0; i < ARRAY_LEN(hash); i++)
			assert_true(index_add(&ix, hash[i], i));
		index_remove(&ix, hash[gone], gone);
		for (uint32_t i = 0; i < ARRAY_LEN(hash); i++)
			assert_int_equal(has(&ix, hash[i], i), i != gone);
		index_fini(&ix);
	}
}

/* The slot is chosen by the low bits; the rest must be compared. */
static void hashes_that_share_their_low_bits_are_told_apart(void **state)
{
	struct index ix;
	assert_true(index_init(&ix, 4));
	assert_true(index_add(&ix, 5, 0));
	assert_true(index_add(&ix, UINT64_C(1) << 63 | 5, 1));
	assert_int_equal(count(&ix, 5), 1);
	assert_true(has(&ix, UINT64_C(1) << 63 | 5, 1));
	assert_int_equal(count(&ix, UINT64_C(1) << 32 | 5), 0);
	index_fini(&ix);
}

static void the_expected_number_fits_without_growing(void **state)
{
	struct index ix;
	assert_true(index_init(&ix, 1000));
	memory_left = 0;
	for (uint32_t id = 0; id < 1000; id++)
		assert_true(index_add(&ix, id * UINT64_C(0x9e3779b97f4a7c15), id));
	memory_left = -1;
	index_fini(&ix);
}

static void a_table_that_cannot_grow_keeps_what_it_has(void **state)
{
	struct index ix;
	uint32_t n = 0;
	memory_left = 0;
	assert_false(index_init(&ix, 4));
	memory_left = 1;
	assert_true(index_init(&ix, 4));
	while (index_add(&ix, n, n))
		n++;
	memory_left = -1;
	assert_int_equal(n, 12); /* three quarters of 16 */
	for (uint32_t id = 0; id < 20; id++)
		assert_int_equal(has(&ix, id, id), id < n);
	assert_true(index_add(&ix, n, n)); /* there is memory again */
	assert_true(has(&ix, 0, 0) && has(&ix, n, n));
	index_fini(&ix);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(several_ids_share_a_hash),
	cmocka_unit_test(agrees_with_a_list),
	cmocka_unit_test(an_empty_table_has_nothing),
	cmocka_unit_test(an_id_that_was_added_twice_is_removed_once),
	cmocka_unit_test(a_chain_over_the_end_of_the_table_stays_whole),
	cmocka_unit_test(hashes_that_share_their_low_bits_are_told_apart),
	cmocka_unit_test(the_expected_number_fits_without_growing),
	cmocka_unit_test(a_table_that_cannot_grow_keeps_what_it_has),
};
RUN_TESTS(tests)

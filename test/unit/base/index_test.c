#include "base/index.h"
#include "crypto/seeded.h"
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(several_ids_share_a_hash),
	cmocka_unit_test(agrees_with_a_list),
};
RUN_TESTS(tests)

#include "base/ready.h"
#include "unit/no_memory.h"
#include "unit/unit.h"

static void expect_next(struct ready *t, uint32_t want)
{
	uint32_t id = 77;
	assert_true(ready_next(t, &id));
	assert_int_equal(id, want);
}

static void the_first_to_come_is_served_first(void **state)
{
	struct ready t;
	uint32_t id = 77;
	assert_true(ready_init(&t, 4));
	assert_false(ready_next(&t, &id));
	assert_int_equal(id, 77);
	ready_add(&t, 2);
	ready_add(&t, 0);
	ready_add(&t, 3);
	expect_next(&t, 2);
	expect_next(&t, 0);
	expect_next(&t, 3);
	assert_false(ready_next(&t, &id));
	ready_fini(&t);
}

static void an_id_that_waits_keeps_its_place(void **state)
{
	struct ready t;
	uint32_t id;
	assert_true(ready_init(&t, 4));
	ready_add(&t, 1);
	ready_add(&t, 2);
	ready_add(&t, 1);
	expect_next(&t, 1);
	expect_next(&t, 2);
	assert_false(ready_next(&t, &id));
	ready_fini(&t);
}

/* So a busy one does not hold up the others. */
static void an_id_that_was_served_waits_behind_the_others(void **state)
{
	struct ready t;
	assert_true(ready_init(&t, 3));
	for (uint32_t id = 0; id < 3; id++)
		ready_add(&t, id);
	for (uint32_t turn = 0; turn < 100; turn++) {
		expect_next(&t, turn % 3);
		ready_add(&t, turn % 3);
	}
	ready_fini(&t);
}

static void all_ids_wait_at_once_wherever_the_ring_begins(void **state)
{
	struct ready t;
	uint32_t id;
	assert_true(ready_init(&t, 5));
	for (uint32_t begin = 0; begin < 5; begin++) {
		for (uint32_t i = 0; i < 5; i++)
			ready_add(&t, (begin + i) % 5);
		for (uint32_t i = 0; i < 5; i++)
			ready_add(&t, i);
		for (uint32_t i = 0; i < 5; i++)
			expect_next(&t, (begin + i) % 5);
		assert_false(ready_next(&t, &id));
		ready_add(&t, 0); /* the ring begins one further in the next round */
		expect_next(&t, 0);
	}
	ready_fini(&t);
}

static void an_id_out_of_range_does_not_wait(void **state)
{
	struct ready t;
	uint32_t id;
	assert_true(ready_init(&t, 4));
	ready_add(&t, 4);
	ready_add(&t, UINT32_MAX);
	assert_false(ready_next(&t, &id));
	ready_fini(&t);
}

static void a_queue_for_nobody_is_empty(void **state)
{
	struct ready t;
	uint32_t id;
	assert_true(ready_init(&t, 0));
	ready_add(&t, 0);
	assert_false(ready_next(&t, &id));
	ready_fini(&t);
	ready_fini(&t);
}

static void without_memory_there_is_no_queue_and_nothing_is_kept(void **state)
{
	struct ready t;
	for (memory_left = 0; memory_left < 2;) {
		int left = memory_left;
		assert_false(ready_init(&t, 4));
		assert_null(t.ring);
		assert_null(t.waits);
		memory_left = left + 1;
	}
	assert_true(ready_init(&t, 4));
	memory_left = -1;
	ready_fini(&t);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_first_to_come_is_served_first),
	cmocka_unit_test(an_id_that_waits_keeps_its_place),
	cmocka_unit_test(an_id_that_was_served_waits_behind_the_others),
	cmocka_unit_test(all_ids_wait_at_once_wherever_the_ring_begins),
	cmocka_unit_test(an_id_out_of_range_does_not_wait),
	cmocka_unit_test(a_queue_for_nobody_is_empty),
	cmocka_unit_test(without_memory_there_is_no_queue_and_nothing_is_kept),
};
RUN_TESTS(tests)

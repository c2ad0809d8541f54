#include <stdlib.h>

#include "base/ready.h"
#include "tunnel/staged.h"
#include "unit/unit.h"

static enum staged_outcome put(struct staged *s, struct staged_queue *q, uint8_t what, uint32_t max)
{
	return staged_put(s, q, (struct bytes){&what, 1}, max);
}

static int first(const struct staged *s, const struct staged_queue *q)
{
	struct bytes b = staged_first(s, q);
	return b.n ? b.p[0] : -1;
}

static void a_queue_gives_back_what_came_first(void **state)
{
	struct staged s;
	struct staged_queue q = {0};
	assert_true(staged_init(&s, 8));
	for (uint8_t i = 0; i < 5; i++)
		assert_int_equal(put(&s, &q, i, 8), STAGED_KEPT);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(first(&s, &q), i);
		staged_drop(&s, &q);
	}
	assert_int_equal(first(&s, &q), -1);
	assert_int_equal(q.n, 0);
	staged_drop(&s, &q); /* of an empty queue: nothing */
	staged_fini(&s);
}

static void a_long_queue_drops_its_own_oldest(void **state)
{
	struct staged s;
	struct staged_queue a = {0}, b = {0};
	assert_true(staged_init(&s, 8));
	assert_int_equal(put(&s, &b, 100, 2), STAGED_KEPT);
	assert_int_equal(put(&s, &a, 1, 2), STAGED_KEPT);
	assert_int_equal(put(&s, &a, 2, 2), STAGED_KEPT);
	assert_int_equal(put(&s, &a, 3, 2), STAGED_DROPPED_OLDEST);
	assert_int_equal(first(&s, &a), 2);
	assert_int_equal(first(&s, &b), 100);
	staged_fini(&s);
}

static void a_full_pool_drops_the_oldest_of_all(void **state)
{
	struct staged s;
	struct staged_queue a = {0}, b = {0};
	assert_true(staged_init(&s, 3));
	assert_int_equal(put(&s, &a, 1, 8), STAGED_KEPT);
	assert_int_equal(put(&s, &b, 2, 8), STAGED_KEPT);
	assert_int_equal(put(&s, &a, 3, 8), STAGED_KEPT);
	assert_int_equal(put(&s, &b, 4, 8), STAGED_DROPPED_OLDEST);
	assert_int_equal(first(&s, &a), 3);
	assert_int_equal(first(&s, &b), 2);
	staged_clear(&s, &b);
	assert_int_equal(b.n, 0);
	assert_int_equal(put(&s, &b, 5, 8), STAGED_KEPT);
	assert_int_equal(put(&s, &b, 6, 8), STAGED_KEPT);
	assert_int_equal(put(&s, &b, 7, 8), STAGED_DROPPED_OLDEST);
	assert_int_equal(a.n, 0);
	assert_int_equal(b.n, 3);
	staged_fini(&s);
	assert_int_equal(b.n, 0);
}

static void what_cannot_be_kept_is_refused(void **state)
{
	static uint8_t big[PACKET_CONTENT_MAX + 1];
	struct staged s;
	struct staged_queue q = {0};
	assert_true(staged_init(&s, 0));
	assert_int_equal(put(&s, &q, 1, 8), STAGED_NO_ROOM);
	staged_fini(&s);
	assert_true(staged_init(&s, 1));
	assert_int_equal(put(&s, &q, 1, 0), STAGED_NO_ROOM);
	assert_int_equal(staged_put(&s, &q, BYTES_OF(big), 8), STAGED_TOO_LONG);
	assert_int_equal(staged_put(&s, &q, (struct bytes){big, sizeof(big) - 1}, 8), STAGED_KEPT);
	staged_fini(&s);
}

static void ready_come_in_order_and_once(void **state)
{
	struct ready t;
	uint32_t id;
	assert_true(ready_init(&t, 3));
	assert_false(ready_next(&t, &id));
	for (int round = 0; round < 5; round++) {
		ready_add(&t, 2);
		ready_add(&t, 0);
		ready_add(&t, 2);
		ready_add(&t, 1);
		ready_add(&t, 3); /* none of ours */
		static const uint32_t want[] = {2, 0, 1};
		for (size_t i = 0; i < 3; i++) {
			assert_true(ready_next(&t, &id));
			assert_int_equal(id, want[i]);
		}
		assert_false(ready_next(&t, &id));
	}
	ready_fini(&t);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_queue_gives_back_what_came_first),
	cmocka_unit_test(a_long_queue_drops_its_own_oldest),
	cmocka_unit_test(a_full_pool_drops_the_oldest_of_all),
	cmocka_unit_test(what_cannot_be_kept_is_refused),
	cmocka_unit_test(ready_come_in_order_and_once),
};
RUN_TESTS(tests)

#include "path/history.h"
#include "unit/unit.h"

static struct path_event moved(uint16_t region)
{
	return (struct path_event){.kind = PATH_MOVED,
				   .was = way_relay(9),
				   .via = way_relay(region),
				   .reason = PATH_SILENT,
				   .rtt = 5};
}

static void changes_are_kept_in_their_order(void **state)
{
	struct history h = {0};
	struct path_event first = moved(1), second = {.kind = PATH_DOUBT, .via = way_relay(2)};
	history_note(&h, &first, 100);
	history_note(&h, &second, 200);
	assert_int_equal(h.n, 2);
	assert_int_equal(history_at(&h, 0)->at, 100);
	assert_int_equal(history_at(&h, 0)->was.region, 9);
	assert_int_equal(history_at(&h, 0)->via.region, 1);
	assert_int_equal(history_at(&h, 0)->reason, PATH_SILENT);
	assert_int_equal(history_at(&h, 0)->rtt, 5);
	assert_false(history_at(&h, 0)->doubt);
	assert_true(history_at(&h, 1)->doubt);
	assert_int_equal(history_at(&h, 1)->via.region, 2);
}

static void a_pong_is_no_change(void **state)
{
	struct history h = {0};
	history_note(&h, &(struct path_event){.kind = PATH_PONG}, 100);
	history_note(&h, &(struct path_event){.kind = PATH_SELF}, 100);
	assert_int_equal(h.n, 0);
}

static void the_oldest_is_forgotten_and_counted(void **state)
{
	struct history h = {0};
	for (uint16_t i = 0; i < 40; i++) {
		struct path_event ev = moved(i);
		history_note(&h, &ev, i);
	}
	assert_int_equal(h.n, 32);
	assert_int_equal(h.forgotten, 8);
	assert_int_equal(history_at(&h, 0)->via.region, 8);
	assert_int_equal(history_at(&h, 31)->via.region, 39);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_kept_in_their_order),
		cmocka_unit_test(a_pong_is_no_change),
		cmocka_unit_test(the_oldest_is_forgotten_and_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

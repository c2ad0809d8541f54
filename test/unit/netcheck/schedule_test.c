#include "netcheck/schedule.h"

#include "unit/unit.h"

static struct schedule_relay relay(uint16_t region, unsigned last_ms)
{
	return (struct schedule_relay){
		.region = region, .has4 = true, .has6 = true, .last = last_ms * MSEC};
}

static const struct schedule_host both = {
	.has4 = true, .has6 = true, .last_had4 = true, .last_had6 = true, .home = 1};

static void a_full_plan_asks_everybody_three_times_over_both_families(void **state)
{
	struct schedule_relay v[] = {relay(1, 0), relay(2, 10), relay(3, 0)};
	v[2].has6 = false;
	schedule_full(v, 3, &both);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(v[i].v4.tries, 3);
		assert_int_equal(v[i].v6.tries, i == 2 ? 0 : 3);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(v[i].v4.at[k], k * 100 * MSEC);
	}
	struct schedule_host no6 = both;
	no6.has6 = false;
	schedule_full(v, 3, &no6);
	assert_int_equal(v[0].v4.tries, 3);
	assert_int_equal(v[0].v6.tries, 0);
}

static void home_at_50_ms_is_asked_four_times_as_in_the_protocol_page(void **state)
{
	static const unsigned at_ms[] = {0, 60, 220, 330};
	struct schedule_relay v = relay(1, 50);
	schedule_incremental(&v, 1, &both);
	assert_int_equal(v.v4.tries, 4);
	for (int k = 0; k < 4; k++)
		assert_int_equal(v.v4.at[k], at_ms[k] * MSEC);
}

static void of_unknown_latency_the_next_try_comes_after_200_ms(void **state)
{
	struct schedule_relay v = relay(1, 0);
	schedule_incremental(&v, 1, &both);
	assert_int_equal(v.v4.at[1], 200 * MSEC);
	assert_int_equal(v.v4.at[2], 500 * MSEC);
}

static void an_incremental_plan_asks_the_three_nearest_and_home(void **state)
{
	static const struct {
		uint16_t region;
		unsigned last_ms;
		uint8_t tries4, tries6;
	} rows[] = {
		{1, 90, 4, 4}, /* home, though it is the farthest */
		{2, 10, 2, 2}, {3, 20, 2, 2},
		{4, 30, 1, 0}, /* the third: one family is enough, by its place in the order */
		{5, 40, 0, 0}, {6, 0, 0, 0},
	};
	struct schedule_relay v[ARRAY_LEN(rows)];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		v[i] = relay(rows[i].region, rows[i].last_ms);
	schedule_incremental(v, ARRAY_LEN(rows), &both);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(v[i].v4.tries, rows[i].tries4);
		assert_int_equal(v[i].v6.tries, rows[i].tries6);
	}
}

static void without_an_ipv6_answer_before_it_is_tried_once_near_and_not_far(void **state)
{
	struct schedule_relay v[] = {relay(2, 10), relay(3, 20), relay(4, 30), relay(1, 40)};
	struct schedule_host host = both;
	host.last_had6 = false;
	schedule_incremental(v, 4, &host);
	assert_int_equal(v[0].v4.tries, 2);
	assert_int_equal(v[0].v6.tries, 1);
	assert_int_equal(v[2].v4.tries, 1);
	assert_int_equal(v[2].v6.tries, 0);
	assert_int_equal(v[3].v4.tries, 4); /* home */
	assert_int_equal(v[3].v6.tries, 1);
}

static void relays_never_heard_of_come_last(void **state)
{
	struct schedule_relay v[] = {relay(7, 0), relay(8, 0), relay(9, 30), relay(10, 20),
				     relay(11, 10)};
	struct schedule_host host = both;
	host.home = 0;
	schedule_incremental(v, 5, &host);
	assert_int_equal(v[0].v4.tries + v[1].v4.tries, 0);
	assert_int_equal(v[4].v4.tries, 2);
	assert_int_equal(v[3].v4.tries, 2);
	assert_int_equal(v[2].v4.tries, 1);
}

static void families_that_we_or_the_relay_do_not_have_are_left_out(void **state)
{
	struct schedule_relay v[] = {relay(1, 10), relay(2, 20), relay(3, 30)};
	struct schedule_host host = both;
	host.has4 = false;
	v[1].has6 = false;
	schedule_incremental(v, 3, &host);
	for (int i = 0; i < 3; i++)
		assert_int_equal(v[i].v4.tries, 0);
	assert_int_equal(v[0].v6.tries, 4);
	assert_int_equal(v[1].v6.tries, 0);
	assert_int_equal(v[2].v6.tries, 1);
}

static void of_equals_the_first_in_the_list_are_nearer(void **state)
{
	struct schedule_relay v[] = {relay(5, 10), relay(6, 10), relay(7, 10), relay(8, 10)};
	static const uint8_t tries[] = {2, 2, 1, 0};
	schedule_incremental(v, 4, &both);
	for (int i = 0; i < 4; i++)
		assert_int_equal(v[i].v4.tries, tries[i]);
}

static void home_is_never_far(void **state)
{
	struct schedule_relay v[] = {relay(2, 10), relay(3, 20), relay(1, 30), relay(4, 40)};
	schedule_incremental(v, 4, &both);
	assert_int_equal(v[2].v4.tries, 4); /* the third, and asked over both */
	assert_int_equal(v[2].v6.tries, 4);
	assert_int_equal(v[3].v4.tries + v[3].v6.tries, 0); /* home takes no place beside them */
}

static void a_far_relay_is_asked_over_both_unless_both_answered_before(void **state)
{
	struct schedule_relay v[] = {relay(2, 10), relay(3, 20), relay(4, 30)};
	struct schedule_host host = both;
	host.last_had4 = false;
	schedule_incremental(v, 3, &host);
	assert_int_equal(v[2].v4.tries, 1);
	assert_int_equal(v[2].v6.tries, 1);
}

static void an_old_plan_does_not_shine_through(void **state)
{
	struct schedule_relay v[8];
	for (uint16_t i = 0; i < 8; i++)
		v[i] = relay((uint16_t)(i + 2), 10u * (i + 1));
	schedule_full(v, 8, &both);
	schedule_incremental(v, 8, &both);
	for (int i = 3; i < 8; i++)
		assert_int_equal(v[i].v4.tries + v[i].v6.tries, 0);
	assert_int_equal(v[2].v6.tries, 0);
}

static void as_many_relays_as_there_can_be_are_sorted(void **state)
{
	struct schedule_relay v[SCHEDULE_RELAYS_MAX + 1];
	struct schedule_host host = both;
	host.home = 0;
	for (uint16_t i = 0; i <= SCHEDULE_RELAYS_MAX; i++) /* 29 has no common divisor with 64 */
		v[i] = relay((uint16_t)(i + 1), i * 29u % SCHEDULE_RELAYS_MAX + 1);
	v[SCHEDULE_RELAYS_MAX].v4.tries = 77; /* of somebody else */
	schedule_incremental(v, SCHEDULE_RELAYS_MAX + 1, &host);
	for (int i = 0; i < SCHEDULE_RELAYS_MAX; i++)
		assert_int_equal(v[i].v4.tries, v[i].last <= 2 * MSEC   ? 2
						: v[i].last == 3 * MSEC ? 1
									: 0);
	assert_int_equal(v[SCHEDULE_RELAYS_MAX].v4.tries, 77);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_full_plan_asks_everybody_three_times_over_both_families),
	cmocka_unit_test(home_at_50_ms_is_asked_four_times_as_in_the_protocol_page),
	cmocka_unit_test(of_unknown_latency_the_next_try_comes_after_200_ms),
	cmocka_unit_test(an_incremental_plan_asks_the_three_nearest_and_home),
	cmocka_unit_test(without_an_ipv6_answer_before_it_is_tried_once_near_and_not_far),
	cmocka_unit_test(relays_never_heard_of_come_last),
	cmocka_unit_test(families_that_we_or_the_relay_do_not_have_are_left_out),
	cmocka_unit_test(of_equals_the_first_in_the_list_are_nearer),
	cmocka_unit_test(home_is_never_far),
	cmocka_unit_test(a_far_relay_is_asked_over_both_unless_both_answered_before),
	cmocka_unit_test(an_old_plan_does_not_shine_through),
	cmocka_unit_test(as_many_relays_as_there_can_be_are_sorted),
};
RUN_TESTS(tests)

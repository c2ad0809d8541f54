#include "sim/traffic.h"

#include "sim/pair.h"
#include "unit/unit.h"

/* Traffic whose packets were sent every 20 ms from 0 on and arrived 50 ms later, but for the lost
 * ones. */
static struct traffic_packet packets[100];

static struct traffic with_lost(size_t from, size_t until)
{
	for (size_t i = 0; i < 100; i++) {
		mono_ns sent = i * 20 * MSEC;
		packets[i] = (struct traffic_packet){.sent = sent, .arrived = sent + 50 * MSEC};
		packets[i].how =
			i < 50 ? way_relay(1) : way_udp(&(struct endpoint){ip_v4(192, 0, 2, 1), 9});
		if (i >= from && i < until)
			packets[i].arrived = MONO_NEVER;
	}
	return (struct traffic){.v = packets, .n = 100};
}

static void the_lost_are_counted_by_when_they_were_sent(void **state)
{
	struct traffic s = with_lost(10, 20);
	assert_int_equal(traffic_lost(&s, 0, MONO_NEVER), 10);
	assert_int_equal(traffic_lost(&s, 0, 15 * 20 * MSEC), 5);
	assert_int_equal(traffic_lost(&s, 15 * 20 * MSEC, MONO_NEVER), 5);
	assert_int_equal(traffic_lost(&s, 20 * 20 * MSEC, MONO_NEVER), 0);
}

static void the_longest_silence_is_between_two_arrivals(void **state)
{
	struct traffic s = with_lost(10, 20);
	assert_true(traffic_longest_gap(&s, 0, 2 * SECOND) == 11 * 20 * MSEC);
	s = with_lost(0, 0); /* until the first: from when it was sent */
	assert_true(traffic_longest_gap(&s, 0, 2 * SECOND) == 50 * MSEC);
	s = with_lost(60, 100); /* to the end: until the end */
	assert_true(traffic_longest_gap(&s, 0, 2 * SECOND) == 2 * SECOND - (59 * 20 + 50) * MSEC);
	assert_true(traffic_longest_gap(&s, 3 * SECOND, 4 * SECOND) == 0); /* nothing was sent */
}

static void the_first_arrival_may_be_asked_of_one_kind(void **state)
{
	struct traffic s = with_lost(50, 52);
	assert_true(traffic_first_arrival(&s, 0, false) == 50 * MSEC);
	assert_true(traffic_first_arrival(&s, 0, true) == 52 * 20 * MSEC + 50 * MSEC);
	assert_true(traffic_first_arrival(&s, 3 * SECOND, false) == MONO_NEVER);
}

static void what_is_not_of_this_traffic_or_damaged_is_told_apart(void **state)
{
	static const uint8_t noise[20] = {0x45};
	struct sim_node to = {.name = "to"}, other = {.name = "other"};
	struct traffic s = {.to = &to};
	struct way via = way_relay(1);
	assert_false(traffic_take(&s, &other, BYTES_OF(noise), &via, 0));
	assert_false(traffic_take(&s, &to, BYTES_OF(noise), &via, 0));
}

/* One seed gives one run, to the nanosecond; another gives another. */
static void a_seed_repeats_a_run_exactly(void **state)
{
	mono_ns end[3];
	uint64_t carried[3];
	assert_true(crypto_init());
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(i < 2 ? 42 : 43);
		struct pair p = pair_easy(w);
		pair_talk(&p);
		pair_wait_direct(&p, 2 * SECOND);
		end[i] = world_now(w);
		world_run(w, 5 * SECOND);
		carried[i] = w->net.carried;
		assert_string_equal(w->fault, "");
		assert_int_equal(p.there->doubled, 0);
		world_free(w);
	}
	assert_true(end[0] == end[1]);
	assert_true(carried[0] == carried[1]);
	assert_true(end[0] != end[2]);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_lost_are_counted_by_when_they_were_sent),
	cmocka_unit_test(the_longest_silence_is_between_two_arrivals),
	cmocka_unit_test(the_first_arrival_may_be_asked_of_one_kind),
	cmocka_unit_test(what_is_not_of_this_traffic_or_damaged_is_told_apart),
	cmocka_unit_test(a_seed_repeats_a_run_exactly),
};
RUN_TESTS(tests)

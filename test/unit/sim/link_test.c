#include "sim/link.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

enum { MANY = 10000 };

static struct seeded seeded;

static struct link link_with(struct link_config cfg)
{
	seeded_init(&seeded, 3);
	struct rng rng = seeded_rng(&seeded);
	struct link l;
	link_init(&l, &cfg, &rng);
	return l;
}

static void delays_each_datagram(void **state)
{
	struct link l = link_with((struct link_config){.delay = 25 * MSEC});
	mono_ns at[LINK_COPIES_MAX];
	assert_int_equal(link_pass(&l, 100, 1000, at), 1);
	assert_true(at[0] == 25 * MSEC + 1000);
	assert_int_equal(l.passed, 1);
}

static void jitter_spreads_and_keeps_the_order(void **state)
{
	struct link l = link_with((struct link_config){.delay = 10 * MSEC, .jitter = 5 * MSEC});
	mono_ns at[LINK_COPIES_MAX], last = 0, least = MONO_NEVER, most = 0;
	for (mono_ns i = 0; i < MANY; i++) {
		mono_ns now = i * 100 * USEC;
		assert_int_equal(link_pass(&l, 100, now, at), 1);
		assert_true(at[0] >= last);
		last = at[0];
		least = mono_min(least, at[0] - now);
		most = mono_max(most, at[0] - now);
	}
	assert_true(least >= 10 * MSEC);
	assert_true(most <= 15 * MSEC && most > 14 * MSEC);
}

static void loses_and_doubles_as_often_as_asked(void **state)
{
	struct link l =
		link_with((struct link_config){.loss_ppm = PPM / 10, .duplicate_ppm = PPM / 20});
	mono_ns at[LINK_COPIES_MAX];
	size_t copies[3] = {0};
	for (int i = 0; i < MANY; i++)
		copies[link_pass(&l, 100, 0, at)]++;
	assert_in_range(copies[0], MANY / 10 - 150, MANY / 10 + 150);
	assert_in_range(copies[2], MANY * 9 / 200 - 100, MANY * 9 / 200 + 100);
	assert_int_equal(l.lost, copies[0]);
}

static void reordered_datagrams_are_overtaken(void **state)
{
	struct link l = link_with((struct link_config){
		.delay = MSEC, .reorder_ppm = PPM / 10, .reorder_by = 10 * MSEC});
	mono_ns at[LINK_COPIES_MAX], last = 0;
	size_t late = 0;
	for (mono_ns i = 0; i < 1000; i++) {
		assert_int_equal(link_pass(&l, 100, i * MSEC, at), 1);
		late += at[0] < last;
		last = at[0];
	}
	assert_in_range(late, 50, 150);
}

static void a_rate_queues_and_then_drops(void **state)
{
	/* 1000 bytes at 8 Mbit/s: 1 ms each. */
	struct link l = link_with((struct link_config){.rate_bps = 8000000, .queue_max = 3 * MSEC});
	mono_ns at[LINK_COPIES_MAX];
	for (mono_ns i = 1; i <= 4; i++) {
		assert_int_equal(link_pass(&l, 1000, 0, at), 1);
		assert_true(at[0] == i * MSEC);
	}
	assert_int_equal(link_pass(&l, 1000, 0, at), 0);
	assert_int_equal(link_pass(&l, 1000, 2 * MSEC, at), 1);
	assert_true(at[0] == 5 * MSEC);
}

static void a_line_that_is_down_loses_all(void **state)
{
	struct link l = link_with((struct link_config){0});
	mono_ns at[LINK_COPIES_MAX];
	l.down = true;
	assert_int_equal(link_pass(&l, 1, 0, at), 0);
	l.down = false;
	assert_int_equal(link_pass(&l, 1, 0, at), 1);
}

static void what_is_sent_later_holds_nothing_up(void **state)
{
	struct link l = link_with(
		(struct link_config){.delay = 10 * MSEC, .jitter = MSEC, .rate_bps = 8000000});
	mono_ns at[LINK_COPIES_MAX], later;
	assert_true(link_pass_later(&l, 1000, 5 * SECOND, &later));
	assert_true(later >= 5 * SECOND + 11 * MSEC && later <= 5 * SECOND + 12 * MSEC);
	assert_int_equal(link_pass(&l, 1000, 0, at), 1);
	assert_true(at[0] <= 12 * MSEC);
	l.down = true;
	assert_false(link_pass_later(&l, 1000, 5 * SECOND, &later));
	assert_int_equal(l.lost, 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_sent_later_holds_nothing_up),
	cmocka_unit_test(delays_each_datagram),
	cmocka_unit_test(jitter_spreads_and_keeps_the_order),
	cmocka_unit_test(loses_and_doubles_as_often_as_asked),
	cmocka_unit_test(reordered_datagrams_are_overtaken),
	cmocka_unit_test(a_rate_queues_and_then_drops),
	cmocka_unit_test(a_line_that_is_down_loses_all),
};
RUN_TESTS(tests)

#include "path/receipts.h"
#include "unit/unit.h"

static const struct way there = {.kind = WAY_UDP, .ep = {{4, {192, 0, 2, 1}}, 41641}};

static struct receipts fresh(void)
{
	struct receipts s;
	receipts_init(&s);
	return s;
}

static void the_first_data_is_answered_after_100_ms(void **state)
{
	struct receipts s = fresh();
	assert_true(receipts_on_data(&s, &there, 10 * SECOND));
	assert_int_equal(s.due, 10 * SECOND + 100 * MSEC);
	assert_false(receipts_on_data(&s, &there, 10 * SECOND + 20 * MSEC)); /* one is under way */
	assert_true(receipts_give(&s, MONO_NEVER, 10 * SECOND + 100 * MSEC));
	assert_int_equal(s.due, MONO_NEVER);
	assert_true(way_equal(&s.to, &there));
}

static void a_stream_is_answered_three_times_a_second_at_most(void **state)
{
	struct receipts s = fresh();
	unsigned given = 0;
	for (mono_ns now = 10 * SECOND; now < 20 * SECOND; now += 5 * MSEC) {
		if (s.due <= now && receipts_give(&s, MONO_NEVER, now))
			given++;
		receipts_on_data(&s, &there, now);
	}
	assert_in_range(given, 27, 30);
}

static void who_speaks_by_itself_gives_no_sign(void **state)
{
	struct receipts s = fresh();
	receipts_on_data(&s, &there, 10 * SECOND);
	assert_false(receipts_give(&s, 10 * SECOND + 60 * MSEC, 10 * SECOND + 100 * MSEC));
	/* Data that we sent counts as a receipt: the next one is due after it. */
	receipts_on_data(&s, &there, 10 * SECOND + 120 * MSEC);
	assert_int_equal(s.due, 10 * SECOND + 410 * MSEC);
	receipts_on_data(&s, &there, 10 * SECOND + 400 * MSEC);
	assert_true(receipts_give(&s, 10 * SECOND + 60 * MSEC, s.due));
}

/* A receipt for old data would say that a path is alive although it has died since. */
static void what_was_heard_long_ago_is_not_told(void **state)
{
	struct receipts s = fresh();
	receipts_on_data(&s, &there, 10 * SECOND);
	assert_true(receipts_give(&s, MONO_NEVER, 10 * SECOND + 100 * MSEC));
	receipts_on_data(&s, &there, 10 * SECOND + 200 * MSEC);
	assert_int_equal(s.due, 10 * SECOND + 450 * MSEC);
	assert_false(receipts_give(&s, MONO_NEVER, s.due)); /* 250 ms old */
	assert_int_equal(s.due, MONO_NEVER);
	/* What comes next is answered at once: the sender has waited long enough. */
	receipts_on_data(&s, &there, 10 * SECOND + 500 * MSEC);
	assert_int_equal(s.due, 10 * SECOND + 500 * MSEC);
	assert_true(receipts_give(&s, MONO_NEVER, s.due));
	receipts_on_data(&s, &there, 11 * SECOND);
	assert_int_equal(s.due, 11 * SECOND + 100 * MSEC);
}

static struct expected_receipts unknown(void)
{
	struct expected_receipts r;
	expected_receipts_init(&r);
	return r;
}

static void the_interval_is_the_longest_answer_of_late(void **state)
{
	struct expected_receipts r = unknown();
	assert_int_equal(expected_receipts_patience(&r, 10 * SECOND), 0);
	expected_receipts_on_send(&r, 10 * SECOND);
	expected_receipts_on_send(&r, 10 * SECOND + 100 * MSEC); /* the first counts */
	expected_receipts_on_heard(&r, 10 * SECOND + 480 * MSEC);
	assert_int_equal(expected_receipts_patience(&r, 11 * SECOND), 540 * MSEC);
	expected_receipts_on_send(&r, 11 * SECOND);
	expected_receipts_on_heard(&r, 11 * SECOND + 200 * MSEC);
	assert_in_range(expected_receipts_patience(&r, 12 * SECOND), 520 * MSEC, 530 * MSEC);
	for (int i = 0; i < 100; i++) {
		expected_receipts_on_send(&r, 12 * SECOND);
		expected_receipts_on_heard(&r, 12 * SECOND + 20 * MSEC);
	}
	assert_true(expected_receipts_patience(&r, 13 * SECOND) < 100 * MSEC);
}

static void what_was_heard_without_a_question_teaches_nothing(void **state)
{
	struct expected_receipts r = unknown();
	expected_receipts_on_heard(&r, 10 * SECOND);
	assert_int_equal(expected_receipts_patience(&r, 10 * SECOND), 0);
}

static void one_lost_receipt_does_not_change_the_interval(void **state)
{
	struct expected_receipts r = unknown();
	expected_receipts_on_send(&r, 10 * SECOND);
	expected_receipts_on_heard(&r, 10 * SECOND + 480 * MSEC);
	expected_receipts_on_send(&r, 10 * SECOND + 500 * MSEC);
	expected_receipts_on_heard(&r, 10 * SECOND + 1480 * MSEC);
	assert_int_equal(expected_receipts_patience(&r, 12 * SECOND), 540 * MSEC);
}

static void who_falls_silent_is_asked_as_soon_as_a_stranger(void **state)
{
	struct expected_receipts r = unknown();
	expected_receipts_on_send(&r, 10 * SECOND);
	expected_receipts_on_heard(&r, 10 * SECOND + 480 * MSEC);
	expected_receipts_on_send(&r, 11 * SECOND);
	assert_int_equal(expected_receipts_patience(&r, 12 * SECOND), 540 * MSEC);
	assert_int_equal(expected_receipts_patience(&r, 12 * SECOND + 501 * MSEC), 0);
	expected_receipts_on_heard(
		&r, 21 * SECOND); /* WireGuard's own keepalive of a stock peer, each 10 s */
	assert_int_equal(expected_receipts_patience(&r, 21 * SECOND), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_data_is_answered_after_100_ms),
		cmocka_unit_test(a_stream_is_answered_three_times_a_second_at_most),
		cmocka_unit_test(who_speaks_by_itself_gives_no_sign),
		cmocka_unit_test(what_was_heard_long_ago_is_not_told),
		cmocka_unit_test(the_interval_is_the_longest_answer_of_late),
		cmocka_unit_test(what_was_heard_without_a_question_teaches_nothing),
		cmocka_unit_test(one_lost_receipt_does_not_change_the_interval),
		cmocka_unit_test(who_falls_silent_is_asked_as_soon_as_a_stranger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

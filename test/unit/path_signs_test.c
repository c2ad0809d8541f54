#include "path/signs.h"
#include "unit.h"

static const struct via there = {.kind = VIA_UDP, .ep = {{4, {192, 0, 2, 1}}, 41641}};

static struct signs fresh(void)
{
	struct signs s;
	signs_init(&s);
	return s;
}

static void the_first_data_is_answered_after_100_ms(void **state)
{
	struct signs s = fresh();
	assert_true(signs_data_heard(&s, &there, 10 * SECOND));
	assert_int_equal(s.due, 10 * SECOND + 100 * MSEC);
	assert_false(signs_data_heard(&s, &there, 10 * SECOND + 20 * MSEC)); /* one is under way */
	assert_true(signs_give(&s, MONO_NEVER, 10 * SECOND + 100 * MSEC));
	assert_int_equal(s.due, MONO_NEVER);
	assert_true(via_equal(&s.to, &there));
}

static void a_stream_is_answered_twice_a_second(void **state)
{
	struct signs s = fresh();
	unsigned given = 0;
	for (mono_ns now = 10 * SECOND; now < 20 * SECOND; now += 5 * MSEC) {
		if (s.due <= now && signs_give(&s, MONO_NEVER, now))
			given++;
		signs_data_heard(&s, &there, now);
	}
	assert_in_range(given, 19, 21);
}

static void who_speaks_by_itself_gives_no_sign(void **state)
{
	struct signs s = fresh();
	signs_data_heard(&s, &there, 10 * SECOND);
	assert_false(signs_give(&s, 10 * SECOND + 60 * MSEC, 10 * SECOND + 100 * MSEC));
	/* What was said counts as a sign: the next is due half a second after it. */
	signs_data_heard(&s, &there, 10 * SECOND + 120 * MSEC);
	assert_int_equal(s.due, 10 * SECOND + 560 * MSEC);
	assert_true(signs_give(&s, 10 * SECOND + 60 * MSEC, s.due));
}

static void the_rhythm_is_the_longest_answer_of_late(void **state)
{
	struct signs s = fresh();
	assert_int_equal(signs_patience(&s, 10 * SECOND), 0);
	signs_sent(&s, 10 * SECOND);
	signs_sent(&s, 10 * SECOND + 100 * MSEC); /* the first counts */
	signs_heard(&s, 10 * SECOND + 480 * MSEC);
	assert_int_equal(signs_patience(&s, 11 * SECOND), 540 * MSEC);
	signs_sent(&s, 11 * SECOND);
	signs_heard(&s, 11 * SECOND + 200 * MSEC);
	assert_in_range(signs_patience(&s, 12 * SECOND), 520 * MSEC, 530 * MSEC);
	for (int i = 0; i < 100; i++) {
		signs_sent(&s, 12 * SECOND);
		signs_heard(&s, 12 * SECOND + 20 * MSEC);
	}
	assert_true(signs_patience(&s, 13 * SECOND) < 100 * MSEC);
}

static void what_was_heard_without_a_question_teaches_nothing(void **state)
{
	struct signs s = fresh();
	signs_heard(&s, 10 * SECOND);
	assert_int_equal(signs_patience(&s, 10 * SECOND), 0);
}

static void one_lost_sign_is_no_other_rhythm(void **state)
{
	struct signs s = fresh();
	signs_sent(&s, 10 * SECOND);
	signs_heard(&s, 10 * SECOND + 480 * MSEC);
	signs_sent(&s, 10 * SECOND + 500 * MSEC);
	signs_heard(&s, 10 * SECOND + 1480 * MSEC);
	assert_int_equal(signs_patience(&s, 12 * SECOND), 540 * MSEC);
}

static void who_falls_silent_is_asked_as_soon_as_a_stranger(void **state)
{
	struct signs s = fresh();
	signs_sent(&s, 10 * SECOND);
	signs_heard(&s, 10 * SECOND + 480 * MSEC);
	signs_sent(&s, 11 * SECOND);
	assert_int_equal(signs_patience(&s, 12 * SECOND), 540 * MSEC);
	assert_int_equal(signs_patience(&s, 12 * SECOND + 501 * MSEC), 0);
	signs_heard(&s, 21 * SECOND); /* WireGuard's own sign of a stock peer, each 10 s */
	assert_int_equal(signs_patience(&s, 21 * SECOND), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_data_is_answered_after_100_ms),
		cmocka_unit_test(a_stream_is_answered_twice_a_second),
		cmocka_unit_test(who_speaks_by_itself_gives_no_sign),
		cmocka_unit_test(the_rhythm_is_the_longest_answer_of_late),
		cmocka_unit_test(what_was_heard_without_a_question_teaches_nothing),
		cmocka_unit_test(one_lost_sign_is_no_other_rhythm),
		cmocka_unit_test(who_falls_silent_is_asked_as_soon_as_a_stranger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tunnel/timers.h"
#include "unit/unit.h"

#define S SECOND

static struct timers fresh(uint16_t persistent_s)
{
	struct timers t;
	timers_init(&t, persistent_s, 100 * S);
	return t;
}

static void nothing_runs_before_something_happens(void **state)
{
	struct timers t = fresh(0);
	assert_true(timers_deadline(&t) == MONO_NEVER);
	assert_int_equal(timers_due(&t, 1000 * S), TIMERS_NOTHING);
	assert_false(timers_retrying(&t));
}

static void an_initiation_is_tried_again_after_five_seconds_and_a_bit(void **state)
{
	struct timers t = fresh(0);
	timers_session_wanted(&t, 100 * S);
	timers_initiation_sent(&t, 100 * S, 300 * MSEC);
	assert_true(timers_retrying(&t));
	assert_true(timers_deadline(&t) == 105 * S + 300 * MSEC);
	assert_int_equal(timers_due(&t, 105 * S), TIMERS_NOTHING);
	assert_int_equal(timers_due(&t, 106 * S), TIMERS_RETRY);
	assert_int_equal(timers_due(&t, 106 * S), TIMERS_NOTHING);
	timers_initiation_sent(&t, 106 * S, 0);
	assert_true(timers_deadline(&t) == 111 * S);
	timers_handshake_done(&t);
	assert_true(timers_deadline(&t) == MONO_NEVER);
}

static void a_try_that_did_not_arrive_is_repeated_sooner(void **state)
{
	struct timers t = fresh(0);
	timers_hasten_retry(&t, 101 * S); /* nothing is out */
	assert_false(timers_retrying(&t));
	timers_session_wanted(&t, 100 * S);
	timers_initiation_sent(&t, 100 * S, 0);
	timers_hasten_retry(&t, 101 * S);
	timers_hasten_retry(&t, 103 * S); /* later than planned: no change */
	assert_true(timers_deadline(&t) == 101 * S);
	assert_int_equal(timers_due(&t, 101 * S), TIMERS_RETRY);
}

/* Tries at 0, 5, ... 85; the one at 90 is not made. */
static void tries_end_after_ninety_seconds(void **state)
{
	struct timers t = fresh(0);
	mono_ns now = 100 * S;
	int tries = 0;
	timers_session_wanted(&t, now);
	do {
		timers_initiation_sent(&t, now, 0);
		tries++;
		now = timers_deadline(&t);
	} while (timers_due(&t, now) == TIMERS_RETRY);
	assert_true(now == 190 * S);
	assert_int_equal(tries, 18);
	/* After giving up only the keys of old sessions are still to be erased. */
	assert_true(timers_deadline(&t) == 190 * S + 540 * S);
	assert_int_equal(timers_due(&t, 730 * S), TIMERS_ERASE);
	assert_true(timers_deadline(&t) == MONO_NEVER);
}

static void asking_again_prolongs_the_tries(void **state)
{
	struct timers t = fresh(0);
	timers_session_wanted(&t, 100 * S);
	timers_initiation_sent(&t, 100 * S, 0);
	timers_session_wanted(&t, 150 * S);
	timers_initiation_sent(&t, 186 * S, 0);
	assert_int_equal(timers_due(&t, 191 * S), TIMERS_RETRY);
	timers_initiation_sent(&t, 236 * S, 0);
	assert_int_equal(timers_due(&t, 241 * S), TIMERS_GIVE_UP);
}

static void an_initiation_may_have_to_wait(void **state)
{
	struct timers t = fresh(0);
	timers_wait_until(&t, 103 * S);
	timers_wait_until(&t, 109 * S); /* the first stands */
	assert_true(timers_retrying(&t));
	assert_int_equal(timers_due(&t, 103 * S), TIMERS_RETRY);
}

static void received_data_is_confirmed_after_ten_seconds(void **state)
{
	struct timers t = fresh(0);
	timers_data_received(&t, 100 * S);
	assert_true(timers_deadline(&t) == 110 * S);
	assert_int_equal(timers_due(&t, 110 * S), TIMERS_KEEPALIVE);
	assert_true(timers_deadline(&t) == MONO_NEVER);
}

static void data_that_goes_on_coming_is_confirmed_again(void **state)
{
	struct timers t = fresh(0);
	timers_data_received(&t, 100 * S);
	timers_data_received(&t, 104 * S);
	timers_data_received(&t, 107 * S);
	assert_int_equal(timers_due(&t, 110 * S), TIMERS_KEEPALIVE);
	assert_true(timers_deadline(&t) == 120 * S);
	assert_int_equal(timers_due(&t, 120 * S), TIMERS_KEEPALIVE);
	assert_true(timers_deadline(&t) == MONO_NEVER);
}

static void anything_sent_confirms_what_was_received(void **state)
{
	struct timers t = fresh(0);
	timers_data_received(&t, 100 * S);
	timers_data_received(&t, 101 * S);
	timers_sent(&t, 102 * S);
	assert_true(timers_deadline(&t) == MONO_NEVER);
	timers_data_received(&t, 103 * S);
	assert_int_equal(timers_due(&t, 113 * S), TIMERS_KEEPALIVE);
	assert_true(timers_deadline(&t) == MONO_NEVER);
}

static void silence_is_noticed_fifteen_seconds_after_the_first_unanswered_data(void **state)
{
	struct timers t = fresh(0);
	timers_session_derived(&t, 50 * S, 200 * MSEC);
	timers_data_sent(&t, 100 * S);
	timers_data_sent(&t, 110 * S); /* later data moves nothing */
	assert_true(timers_deadline(&t) == 115 * S + 200 * MSEC);
	assert_int_equal(timers_due(&t, 115 * S + 200 * MSEC), TIMERS_SILENCE);
	timers_data_sent(&t, 120 * S);
	timers_received(&t, 121 * S);
	assert_true(timers_deadline(&t) == 590 * S);
}

static void keys_are_erased_nine_minutes_after_the_last_handshake(void **state)
{
	struct timers t = fresh(0);
	timers_session_derived(&t, 100 * S, 0);
	timers_session_derived(&t, 220 * S, 0);
	assert_true(timers_deadline(&t) == 760 * S);
	assert_int_equal(timers_due(&t, 759 * S), TIMERS_NOTHING);
	assert_int_equal(timers_due(&t, 760 * S), TIMERS_ERASE);
}

static void a_persistent_keepalive_begins_at_once_and_goes_on(void **state)
{
	struct timers t = fresh(25);
	assert_int_equal(timers_due(&t, 100 * S), TIMERS_KEEPALIVE);
	assert_true(timers_deadline(&t) == 125 * S);
	timers_sent(&t, 110 * S);
	assert_true(timers_deadline(&t) == 135 * S);
	timers_received(&t, 120 * S);
	assert_true(timers_deadline(&t) == 145 * S);
	timers_stop(&t);
	assert_int_equal(timers_due(&t, 145 * S), TIMERS_KEEPALIVE);
	assert_true(timers_deadline(&t) == 170 * S);
	timers_set_persistent(&t, 25, 150 * S); /* no change */
	assert_true(timers_deadline(&t) == 170 * S);
	timers_set_persistent(&t, 0, 150 * S);
	assert_true(timers_deadline(&t) == MONO_NEVER);
	timers_set_persistent(&t, 5, 160 * S);
	assert_true(timers_deadline(&t) == 160 * S);
}

static void things_due_at_once_come_one_by_one(void **state)
{
	struct timers t = fresh(0);
	timers_session_derived(&t, 100 * S, 0);
	timers_initiation_sent(&t, 100 * S, 0);
	timers_data_received(&t, 100 * S);
	timers_data_sent(&t, 100 * S);
	assert_int_equal(timers_due(&t, 180 * S), TIMERS_RETRY);
	assert_int_equal(timers_due(&t, 180 * S), TIMERS_KEEPALIVE);
	assert_int_equal(timers_due(&t, 180 * S), TIMERS_SILENCE);
	assert_int_equal(timers_due(&t, 180 * S), TIMERS_NOTHING);
	timers_stop(&t);
	assert_true(timers_deadline(&t) == MONO_NEVER);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(nothing_runs_before_something_happens),
	cmocka_unit_test(an_initiation_is_tried_again_after_five_seconds_and_a_bit),
	cmocka_unit_test(a_try_that_did_not_arrive_is_repeated_sooner),
	cmocka_unit_test(tries_end_after_ninety_seconds),
	cmocka_unit_test(asking_again_prolongs_the_tries),
	cmocka_unit_test(an_initiation_may_have_to_wait),
	cmocka_unit_test(received_data_is_confirmed_after_ten_seconds),
	cmocka_unit_test(data_that_goes_on_coming_is_confirmed_again),
	cmocka_unit_test(anything_sent_confirms_what_was_received),
	cmocka_unit_test(silence_is_noticed_fifteen_seconds_after_the_first_unanswered_data),
	cmocka_unit_test(keys_are_erased_nine_minutes_after_the_last_handshake),
	cmocka_unit_test(a_persistent_keepalive_begins_at_once_and_goes_on),
	cmocka_unit_test(things_due_at_once_come_one_by_one),
};
RUN_TESTS(tests)

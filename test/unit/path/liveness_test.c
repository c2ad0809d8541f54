#include "path/liveness.h"
#include "unit/unit.h"

enum { DIRECT, RELAY };

static struct liveness begun(bool is_relay, mono_ns rtt)
{
	struct liveness w;
	liveness_init(&w);
	liveness_begin(&w, is_relay, rtt, 10 * SECOND);
	return w;
}

/* Sends each 20 ms from `at` on until it says that the way is silent; when that is. */
static mono_ns silent_at(struct liveness *w, mono_ns at, unsigned *asked)
{
	for (mono_ns now = at; now < at + 60 * SECOND; now += 5 * MSEC) {
		enum liveness_verdict v = liveness_tick(w, now);
		*asked += v == LIVENESS_ASK;
		if (v == LIVENESS_SILENT)
			return now;
		if ((now - at) % (20 * MSEC) == 0)
			assert_int_equal(liveness_on_send(w, now), LIVENESS_FINE);
	}
	return MONO_NEVER;
}

/* Its receipts come so often, and the last one came just now. */
static void hear_signs(struct liveness *w, mono_ns every, mono_ns until)
{
	for (mono_ns now = 10 * SECOND; now <= until; now += every) {
		assert_int_equal(liveness_on_send(w, now + MSEC), LIVENESS_FINE);
		liveness_on_heard(w, now + every);
	}
}

static void nothing_is_due_while_nobody_speaks(void **state)
{
	struct liveness w = begun(DIRECT, 50 * MSEC);
	assert_true(liveness_deadline(&w) == MONO_NEVER);
	assert_int_equal(liveness_tick(&w, 3600 * SECOND), LIVENESS_FINE);
}

static void silence_is_noticed_in_700_ms_and_two_pings(void **state)
{
	static const struct {
		mono_ns rtt, within;
	} rows[] = {{5 * MSEC, 560 * MSEC},
		    {50 * MSEC, 560 * MSEC},
		    {200 * MSEC, 710 * MSEC},
		    {320 * MSEC, 850 * MSEC}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct liveness w = begun(DIRECT, rows[i].rtt);
		unsigned asked = 0;
		mono_ns at = silent_at(&w, 11 * SECOND, &asked);
		assert_in_range(at - 11 * SECOND, 300 * MSEC, rows[i].within);
		assert_int_equal(asked, 2);
	}
}

static void who_gives_signs_is_not_asked(void **state)
{
	struct liveness w = begun(DIRECT, 50 * MSEC);
	unsigned asked = 0;
	hear_signs(&w, 350 * MSEC, 20 * SECOND);
	mono_ns begin = w.since;
	for (mono_ns now = begin + 5 * MSEC; now < begin + 30 * SECOND; now += 5 * MSEC) {
		if ((now - begin) % (350 * MSEC) == 0)
			liveness_on_heard(&w, now);
		asked += liveness_tick(&w, now) != LIVENESS_FINE;
		assert_int_equal(liveness_on_send(&w, now), LIVENESS_FINE);
	}
	assert_int_equal(asked, 0);
}

static void when_its_signs_stay_away_silence_is_noticed_in_650_ms(void **state)
{
	for (int kind = DIRECT; kind <= RELAY; kind++) {
		struct liveness w = begun(kind, 100 * MSEC);
		unsigned asked = 0;
		hear_signs(&w, 350 * MSEC, 20 * SECOND);
		mono_ns since = w.since + MSEC;
		assert_in_range(silent_at(&w, since, &asked) - since, 500 * MSEC, 655 * MSEC);
		assert_int_equal(asked, 2);
	}
}

static void any_sign_calms_it(void **state)
{
	struct liveness w = begun(DIRECT, 50 * MSEC);
	assert_int_equal(liveness_on_send(&w, 11 * SECOND), LIVENESS_FINE);
	assert_int_equal(liveness_tick(&w, 12 * SECOND), LIVENESS_ASK);
	liveness_on_heard(&w, 12 * SECOND);
	assert_int_equal(w.state, LIVENESS_IDLE);
	assert_int_equal(liveness_on_send(&w, 13 * SECOND), LIVENESS_FINE);
	assert_int_equal(liveness_tick(&w, 14 * SECOND), LIVENESS_ASK);
	liveness_on_pong(&w, 70 * MSEC, 14 * SECOND);
	assert_int_equal(w.state, LIVENESS_IDLE);
	assert_int_equal(w.rtt, 70 * MSEC);
}

static void data_is_no_answer_to_who_has_lost_us(void **state)
{
	struct liveness w = begun(DIRECT, 50 * MSEC);
	liveness_probe(&w, true, 11 * SECOND);
	assert_true(liveness_is_called(&w));
	liveness_on_heard(&w, 11 * SECOND + 10 * MSEC);
	assert_true(liveness_is_called(&w));
	assert_int_equal(liveness_tick(&w, 11 * SECOND + 80 * MSEC), LIVENESS_ASK);
	assert_int_equal(liveness_tick(&w, 11 * SECOND + 160 * MSEC), LIVENESS_SILENT);
	liveness_probe(&w, true, 12 * SECOND);
	liveness_on_pong(&w, 50 * MSEC, 12 * SECOND + 50 * MSEC);
	assert_false(liveness_is_called(&w));
}

static void a_direct_path_not_heard_for_long_is_not_trusted_with_data(void **state)
{
	struct liveness w = begun(DIRECT, 50 * MSEC);
	assert_int_equal(liveness_on_send(&w, 16 * SECOND + 501 * MSEC), LIVENESS_SILENT);
	w = begun(DIRECT, 50 * MSEC);
	liveness_distrust(&w);
	assert_int_equal(liveness_on_send(&w, 10 * SECOND), LIVENESS_SILENT);
	w = begun(RELAY, 50 * MSEC); /* nothing forgets a relay */
	assert_int_equal(liveness_on_send(&w, 60 * SECOND), LIVENESS_FINE);
}

static void a_stock_peer_is_asked_each_3_s_only_over_a_relay(void **state)
{
	struct liveness w = begun(RELAY, 50 * MSEC);
	unsigned asked = 0;
	for (mono_ns now = 20 * SECOND; now < 80 * SECOND; now += 5 * MSEC) {
		assert_int_equal(liveness_on_send(&w, now), LIVENESS_FINE);
		if (liveness_tick(&w, now) == LIVENESS_ASK) {
			asked++;
			liveness_on_pong(&w, 50 * MSEC, now);
		}
	}
	assert_in_range(asked, 19, 20);
}

static void another_way_of_the_same_kind_has_the_same_receipt_interval(void **state)
{
	struct liveness w = begun(DIRECT, 50 * MSEC);
	hear_signs(&w, 350 * MSEC, 20 * SECOND);
	liveness_begin(&w, DIRECT, 60 * MSEC, 21 * SECOND);
	assert_true(expected_receipts_patience(&w.expected, 21 * SECOND) > 0);
	liveness_begin(&w, RELAY, 60 * MSEC, 22 * SECOND);
	assert_int_equal(expected_receipts_patience(&w.expected, 22 * SECOND), 0);
}

static void an_answer_of_unknown_time_is_waited_for(void **state)
{
	struct liveness w = begun(RELAY, 0);
	unsigned asked = 0;
	assert_in_range(silent_at(&w, 11 * SECOND, &asked) - 11 * SECOND, 3500 * MSEC, 3510 * MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_due_while_nobody_speaks),
		cmocka_unit_test(silence_is_noticed_in_700_ms_and_two_pings),
		cmocka_unit_test(who_gives_signs_is_not_asked),
		cmocka_unit_test(when_its_signs_stay_away_silence_is_noticed_in_650_ms),
		cmocka_unit_test(any_sign_calms_it),
		cmocka_unit_test(data_is_no_answer_to_who_has_lost_us),
		cmocka_unit_test(a_direct_path_not_heard_for_long_is_not_trusted_with_data),
		cmocka_unit_test(a_stock_peer_is_asked_each_3_s_only_over_a_relay),
		cmocka_unit_test(another_way_of_the_same_kind_has_the_same_receipt_interval),
		cmocka_unit_test(an_answer_of_unknown_time_is_waited_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "path/quality.h"
#include "unit/unit.h"

static mono_ns now;

/* Pings 3 s apart, of which each `every`-th is lost; 0: none. */
static void measure(struct quality *q, unsigned n, mono_ns rtt, unsigned every)
{
	for (unsigned i = 1; i <= n; i++) {
		quality_asked(q, now);
		if (every == 0 || i % every != 0)
			quality_answered(q, now, now + rtt);
		now += 3 * SECOND;
	}
}

static void nothing_is_known_at_first(void **state)
{
	struct quality q = {0};
	assert_int_equal(quality_cost(&q, now), MONO_NEVER);
	assert_int_equal(quality_loss_percent(&q, now), 0);
	assert_false(quality_mute(&q, 1, now));
}

static void the_cost_is_the_round_trip_and_10_ms_for_each_per_cent_lost(void **state)
{
	static const struct {
		unsigned pings, every, loss;
		mono_ns rtt, cost;
	} rows[] = {
		{32, 0, 0, 80 * MSEC, 80 * MSEC},
		{32, 4, 25, 80 * MSEC, 330 * MSEC},
		{32, 2, 50, 80 * MSEC, 580 * MSEC},
		{5, 2, 0, 80 * MSEC, 80 * MSEC}, /* too few to speak of loss */
		{100, 4, 25, 10 * MSEC, 260 * MSEC},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct quality q = {0};
		now = 10 * SECOND;
		measure(&q, rows[i].pings, rows[i].rtt, rows[i].every);
		assert_int_equal(quality_loss_percent(&q, now), rows[i].loss);
		assert_int_equal(quality_cost(&q, now), rows[i].cost);
	}
}

static void a_ping_just_sent_is_not_lost_yet(void **state)
{
	struct quality q = {0};
	now = 10 * SECOND;
	measure(&q, 9, 50 * MSEC, 0);
	quality_asked(&q, now);
	assert_int_equal(quality_loss_percent(&q, now + 999 * MSEC), 0);
	assert_int_equal(quality_loss_percent(&q, now + 1000 * MSEC), 10);
	quality_answered(&q, now, now + 1500 * MSEC); /* late is not lost */
	assert_int_equal(quality_loss_percent(&q, now + 1500 * MSEC), 0);
}

static void a_new_round_trip_weighs_a_quarter(void **state)
{
	struct quality q = {0};
	now = 10 * SECOND;
	measure(&q, 1, 100 * MSEC, 0);
	measure(&q, 1, 200 * MSEC, 0);
	assert_int_equal(q.rtt, 125 * MSEC);
}

static void mute_is_who_did_not_answer_the_last_ones(void **state)
{
	struct quality q = {0};
	now = 10 * SECOND;
	measure(&q, 4, 50 * MSEC, 0);
	quality_asked(&q, now);
	now += 3 * SECOND;
	assert_true(quality_mute(&q, 1, now));
	assert_false(quality_mute(&q, 2, now));
	quality_asked(&q, now);
	assert_false(quality_mute(&q, 2, now + 500 * MSEC));
	assert_true(quality_mute(&q, 2, now + SECOND));
}

struct two {
	struct rivalry c;
	struct quality direct;
};

static struct two measured(mono_ns direct, unsigned direct_loses, mono_ns relay)
{
	struct two t = {0};
	now = 1000 * SECOND;
	measure(&t.direct, 32, direct, direct_loses);
	measure(&t.c.relay, 32, relay, 0);
	return t;
}

static bool relay_wins_after(struct two *t, int times)
{
	for (int i = 1; i < times; i++)
		if (rivalry_relay_wins(&t->c, &t->direct, now))
			return false;
	return rivalry_relay_wins(&t->c, &t->direct, now);
}

static void a_rival_wins_only_if_the_path_is_bad_and_it_is_clearly_better(void **state)
{
	static const struct {
		mono_ns direct, rival;
		unsigned direct_loses;
		bool wins;
	} rows[] = {
		{300 * MSEC, 60 * MSEC, 0, true},   /* slow */
		{300 * MSEC, 180 * MSEC, 0, true},  /* three fifths */
		{300 * MSEC, 185 * MSEC, 0, false}, /* not clearly */
		{90 * MSEC, 10 * MSEC, 0, false},   /* the path is not bad */
		{40 * MSEC, 60 * MSEC, 8, true},    /* 12 % lost: 160 ms */
		{20 * MSEC, 45 * MSEC, 10, true},   /* Wi-Fi that loses a tenth, and LTE */
		{40 * MSEC, 60 * MSEC, 0, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct two t = measured(rows[i].direct, rows[i].direct_loses, rows[i].rival);
		assert_int_equal(relay_wins_after(&t, 3), rows[i].wins);
	}
}

static void a_rival_of_which_little_is_known_does_not_win(void **state)
{
	struct two t = measured(300 * MSEC, 0, 60 * MSEC);
	struct quality rival = {0};
	measure(&rival, 5, 60 * MSEC, 0);
	for (int i = 0; i < 9; i++)
		assert_false(rivalry_other_wins(&t.c, &t.direct, &rival, now));
	measure(&rival, 1, 60 * MSEC, 0);
	assert_false(rivalry_other_wins(&t.c, &t.direct, &rival, now));
	assert_false(rivalry_other_wins(&t.c, &t.direct, &rival, now));
	assert_true(rivalry_other_wins(&t.c, &t.direct, &rival, now));
}

static void another_direct_path_wins_sooner_than_a_relay(void **state)
{
	struct two t = measured(300 * MSEC, 0, 220 * MSEC);
	struct quality other = t.c.relay;
	assert_false(relay_wins_after(&t, 9));
	assert_false(rivalry_other_wins(&t.c, &t.direct, &other, now));
	assert_false(rivalry_other_wins(&t.c, &t.direct, &other, now));
	assert_true(rivalry_other_wins(&t.c, &t.direct, &other, now));
}

static void a_path_that_was_left_must_answer_64_times_in_a_row(void **state)
{
	struct two t = measured(20 * MSEC, 8, 45 * MSEC);
	assert_int_equal(quality_loss_percent(&t.direct, now), 12);
	rivalry_left(&t.c, &t.direct, now);
	assert_int_equal(t.c.not_before, now + 60 * SECOND);
	measure(&t.direct, 60, 20 * MSEC, 0);
	assert_true(t.direct.left);
	assert_int_equal(quality_loss_percent(&t.direct, now), 1); /* one of the last 64 */
	measure(&t.direct, 3, 20 * MSEC, 0);
	assert_true(t.direct.left);
	measure(&t.direct, 1, 20 * MSEC, 0);
	assert_false(t.direct.left);
}

static void three_times_in_a_row(void **state)
{
	struct two t = measured(300 * MSEC, 0, 60 * MSEC);
	assert_false(relay_wins_after(&t, 2));
	t.c.relay.rtt = 290 * MSEC;
	assert_false(relay_wins_after(&t, 1)); /* begins anew */
	t.c.relay.rtt = 60 * MSEC;
	assert_true(relay_wins_after(&t, 3));
}

static void it_goes_back_when_the_path_costs_at_most_a_tenth_more(void **state)
{
	struct two t = measured(111 * MSEC, 0, 100 * MSEC);
	for (int i = 0; i < 10; i++)
		assert_false(rivalry_direct_wins(&t.c, &t.direct, now));
	t = measured(109 * MSEC, 0, 100 * MSEC);
	assert_false(rivalry_direct_wins(&t.c, &t.direct, now));
	assert_false(rivalry_direct_wins(&t.c, &t.direct, now));
	assert_true(rivalry_direct_wins(&t.c, &t.direct, now));
}

static void each_turn_doubles_the_wait_for_the_next_turn_away(void **state)
{
	struct two t = measured(SECOND, 0, 100 * MSEC);
	mono_ns expected = 60 * SECOND;
	for (int turn = 0; turn < 8; turn++) {
		rivalry_turned(&t.c, now);
		assert_int_equal(t.c.not_before, now + expected);
		expected = mono_min(2 * expected, 3600 * SECOND);
	}
	now = t.c.not_before - 1;
	assert_false(relay_wins_after(&t, 9));
	now++;
	assert_true(relay_wins_after(&t, 3));
	now += 3600 * SECOND; /* an hour without trouble: as at first */
	rivalry_turned(&t.c, now);
	assert_int_equal(t.c.not_before, now + 60 * SECOND);
}

static void pings_in_quick_succession_count_once(void **state)
{
	struct quality q = {0};
	now = 10 * SECOND;
	measure(&q, 9, 50 * MSEC, 0);
	quality_asked(&q, now);
	quality_asked(&q, now + 100 * MSEC);
	quality_answered(&q, now + 100 * MSEC, now + 150 * MSEC);
	assert_int_equal(q.n, 10);
	quality_asked(&q, now + 2 * SECOND);
	assert_int_equal(quality_loss_percent(&q, now + 2 * SECOND),
			 9); /* the one that was not answered */
}

static void the_cost_is_a_round_trip_with_its_loss(void **state)
{
	struct quality q = {0};
	now = 10 * SECOND;
	assert_int_equal(quality_cost_of(&q, 30 * MSEC, now), 30 * MSEC);
	measure(&q, 32, 50 * MSEC, 4);
	assert_int_equal(quality_cost_of(&q, 30 * MSEC, now), 280 * MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_at_first),
		cmocka_unit_test(the_cost_is_the_round_trip_and_10_ms_for_each_per_cent_lost),
		cmocka_unit_test(a_ping_just_sent_is_not_lost_yet),
		cmocka_unit_test(a_new_round_trip_weighs_a_quarter),
		cmocka_unit_test(mute_is_who_did_not_answer_the_last_ones),
		cmocka_unit_test(a_rival_wins_only_if_the_path_is_bad_and_it_is_clearly_better),
		cmocka_unit_test(a_rival_of_which_little_is_known_does_not_win),
		cmocka_unit_test(another_direct_path_wins_sooner_than_a_relay),
		cmocka_unit_test(a_path_that_was_left_must_answer_64_times_in_a_row),
		cmocka_unit_test(three_times_in_a_row),
		cmocka_unit_test(it_goes_back_when_the_path_costs_at_most_a_tenth_more),
		cmocka_unit_test(each_turn_doubles_the_wait_for_the_next_turn_away),
		cmocka_unit_test(pings_in_quick_succession_count_once),
		cmocka_unit_test(the_cost_is_a_round_trip_with_its_loss),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

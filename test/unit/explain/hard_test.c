#include "explain/hard.h"
#include "unit/unit.h"

static const mono_ns NOW = 1000 * SECOND;

static struct hard_facts one(enum hard_now now, const struct attempt *c)
{
	return (struct hard_facts){.now = now, .next = MONO_NEVER, .past = {*c}, .n_past = 1};
}

/* --- sentences about attempts --- */

#define PLANNED(ends) .began = 980 * SECOND, .ended = 990 * SECOND, .end = (ends), .planned = true
#define SENT          .sent = {[HARD_PLAN_OPEN] = 256, [HARD_PLAN_PROBE] = 12}

static const struct row {
	struct attempt c;
	const char *says;
} rows[] = {
	{{.began = 980 * SECOND, .ended = 983 * SECOND, .end = ATTEMPT_UNANSWERED},
	 "20 s ago we asked bob to cross hard NATs together; it did not answer."},
	{{.began = 980 * SECOND, .ended = MONO_NEVER},
	 "20 s ago we asked bob to cross hard NATs together; no answer yet."},
	{{.began = 980 * SECOND, .ended = MONO_NEVER, .asked_by_peer = true, .samples = 8},
	 "20 s ago bob asked us to cross hard NATs together; both look at their NATs now."},
	{{.began = 980 * SECOND, .ended = 983 * SECOND, .end = ATTEMPT_UNTOLD},
	 "20 s ago we asked bob to cross hard NATs together; it agreed, but did not tell what it "
	 "saw of its NAT."},
	{{PLANNED(ATTEMPT_WON), SENT, .our_mapping = MAPPING_VARIES, .their_mapping = MAPPING_SAME},
	 "20 s ago, for 10 s, birthday probing was tried: our NAT gives ports at random, that of "
	 "bob is easy (one port for all destinations); 256 packets opened sockets of ours towards "
	 "bob, 12 probed its ports; a path was found."},
	{{PLANNED(ATTEMPT_BROKE), .their_mapping = MAPPING_VARIES, .theirs = GUESS_COUNTS},
	 "20 s ago, for 10 s, port prediction was tried: our NAT shows no order in its ports "
	 "(random, or easy), that of bob counts its ports up; 0 packets opened sockets of ours "
	 "towards bob, 0 probed its ports; then the budget of packets was used up."},
	{{PLANNED(ATTEMPT_QUIET), .ours = GUESS_BLOCK, .theirs = GUESS_COUNTS,
	  .sent = {[HARD_PLAN_CROSS] = 64}},
	 "20 s ago, for 10 s, port prediction was tried: our NAT gives ports out of a small block, "
	 "that of bob counts its ports up; 0 packets opened sockets of ours towards bob, 0 probed "
	 "its ports, 64 from fresh sockets to guessed ports; then there was no more traffic."},
	{{PLANNED(ATTEMPT_VOID), .slow = true, .sent = {[HARD_PLAN_SLOW] = 1000}},
	 "20 s ago, for 10 s, the slow mode, random against random, was tried: our NAT shows no "
	 "order in its ports (random, or easy), that of bob shows no order in its ports (random, "
	 "or easy); 0 packets opened sockets of ours towards bob, 0 probed its ports, 1000 at "
	 "random; then the network changed, or one side began anew."},
	{{.began = 980 * SECOND,
	  .ended = MONO_NEVER,
	  .planned = true,
	  .our_mapping = MAPPING_VARIES,
	  .their_mapping = MAPPING_VARIES},
	 "20 s ago, for 20 s, the little that costs nothing was tried: our NAT gives ports at "
	 "random, that of bob gives ports at random; 0 packets opened sockets of ours towards bob, "
	 "0 probed its ports; it goes on."},
};

static void each_attempt_is_a_sentence(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hard_facts w = one(HARD_NOW_COOLING, &rows[i].c);
		struct sentences list = {.n = 0};
		explain_hard_tried(&list, &w, "bob", NOW);
		assert_int_equal(list.n, 1);
		assert_string_equal(list.v[0], rows[i].says);
	}
}

static void how_each_attempt_ends_has_words_of_its_own(void **state)
{
	struct sentences list = {.n = 0};
	for (int end = ATTEMPT_UNDER_WAY; end <= ATTEMPT_VOID; end++) {
		struct attempt c = {.began = NOW, .ended = NOW, .end = (enum attempt_end)end};
		struct hard_facts w = one(HARD_NOW_COOLING, &c);
		explain_hard_tried(&list, &w, "bob", NOW);
	}
	for (size_t i = 0; i < list.n; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(list.v[i], list.v[k]);
}

static void what_is_not_remembered_is_counted(void **state)
{
	struct hard_facts w = {.next = MONO_NEVER, .forgotten = 3};
	struct sentences list = {.n = 0};
	explain_hard_tried(&list, &w, "bob", NOW);
	assert_string_equal(list.v[0], "3 earlier attempts to cross hard NATs are not remembered.");
}

static void a_pair_is_random_where_both_are_or_all_probing_was_in_vain(void **state)
{
	struct attempt c = {PLANNED(ATTEMPT_EXHAUSTED), SENT, .samples = 8};
	assert_int_equal(explain_hard_sent(&c), 276);
	/* probing would have met an easy NAT, so neither is easy */
	assert_true(explain_hard_are_both_random(&c));
	c.our_mapping = MAPPING_SAME;
	assert_false(explain_hard_are_both_random(&c));
	c.our_mapping = MAPPING_VARIES;
	c.their_mapping = MAPPING_VARIES;
	c.end = ATTEMPT_QUIET;
	assert_true(explain_hard_are_both_random(&c));
}

#define S MAPPING_SAME
#define V MAPPING_VARIES
#define U MAPPING_UNKNOWN

static void a_path_is_won_by_what_the_harder_nat_shows(void **state)
{
	static const struct {
		enum dest_mapping ours, theirs;
		enum guess_kind our_ports, their_ports;
		enum explain_won_by by;
	} table[] = {
		{S, S, GUESS_RANDOM, GUESS_RANDOM, WON_BY_CHEAP},
		{S, S, GUESS_COUNTS, GUESS_COUNTS, WON_BY_CHEAP},
		{S, V, GUESS_COUNTS, GUESS_RANDOM, WON_BY_BIRTHDAY},
		{S, V, GUESS_RANDOM, GUESS_COUNTS, WON_BY_PREDICTION},
		{S, V, GUESS_RANDOM, GUESS_BLOCK, WON_BY_BLOCK},
		{V, S, GUESS_RANDOM, GUESS_COUNTS, WON_BY_BIRTHDAY},
		{V, S, GUESS_COUNTS, GUESS_RANDOM, WON_BY_PREDICTION},
		{V, S, GUESS_BLOCK, GUESS_RANDOM, WON_BY_BLOCK},
		{V, V, GUESS_RANDOM, GUESS_RANDOM, WON_BY_CHEAP},
		{V, V, GUESS_COUNTS, GUESS_RANDOM, WON_BY_PREDICTION},
		{V, V, GUESS_RANDOM, GUESS_BLOCK, WON_BY_BLOCK},
		{V, V, GUESS_COUNTS, GUESS_BLOCK, WON_BY_BLOCK}, /* of two, the peer's */
		{V, V, GUESS_BLOCK, GUESS_COUNTS, WON_BY_PREDICTION},
		{U, U, GUESS_RANDOM, GUESS_RANDOM, WON_BY_BIRTHDAY},
		{U, S, GUESS_RANDOM, GUESS_RANDOM, WON_BY_BIRTHDAY},
		{U, V, GUESS_COUNTS, GUESS_RANDOM, WON_BY_PREDICTION},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct attempt a = {.planned = true,
				    .our_mapping = table[i].ours,
				    .their_mapping = table[i].theirs,
				    .ours = table[i].our_ports,
				    .theirs = table[i].their_ports};
		if (explain_hard_won_by(&a) != table[i].by)
			fail_msg("row %zu: %d", i, explain_hard_won_by(&a));
		a.slow = true;
		assert_int_equal(explain_hard_won_by(&a), WON_BY_SLOW);
		a.planned = false;
		assert_int_equal(explain_hard_won_by(&a), WON_BY_NOTHING);
	}
}

static void a_pair_is_not_random_where_one_side_shows_an_order_or_is_easy(void **state)
{
	static const struct {
		enum dest_mapping ours, theirs;
		enum guess_kind our_ports, their_ports;
		enum attempt_end end;
	} never[] = {
		{V, V, GUESS_COUNTS, GUESS_RANDOM, ATTEMPT_EXHAUSTED},
		{V, V, GUESS_RANDOM, GUESS_BLOCK, ATTEMPT_EXHAUSTED},
		{S, V, GUESS_RANDOM, GUESS_RANDOM, ATTEMPT_EXHAUSTED},
		{V, S, GUESS_RANDOM, GUESS_RANDOM, ATTEMPT_EXHAUSTED},
		{U, V, GUESS_RANDOM, GUESS_RANDOM, ATTEMPT_WON},
		{U, U, GUESS_RANDOM, GUESS_RANDOM, ATTEMPT_QUIET},
	};
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		struct attempt a = {.planned = true,
				    .our_mapping = never[i].ours,
				    .their_mapping = never[i].theirs,
				    .ours = never[i].our_ports,
				    .theirs = never[i].their_ports,
				    .end = never[i].end};
		assert_false(explain_hard_are_both_random(&a));
	}
}

static void an_attempt_lasts_until_it_ended_or_until_now(void **state)
{
	struct attempt a = {.began = 980 * SECOND, .ended = 990 * SECOND};
	assert_true(explain_hard_lasted(&a, NOW) == 10 * SECOND);
	a.ended = MONO_NEVER;
	assert_true(explain_hard_lasted(&a, NOW) == 20 * SECOND);
}

static void all_packets_of_an_attempt_are_counted(void **state)
{
	struct attempt a = {.samples = 1};
	for (size_t i = 0; i < HARD_PLAN_STREAMS; i++)
		a.sent[i] = 10;
	assert_int_equal(explain_hard_sent(&a), 1 + 10 * HARD_PLAN_STREAMS);
	assert_int_equal(explain_hard_sent(&(struct attempt){.samples = 0}), 0);
}

static void attempts_are_told_oldest_first_and_the_forgotten_ones_are_counted(void **state)
{
	struct hard_facts w = {.next = MONO_NEVER,
			       .forgotten = 1,
			       .n_past = 2,
			       .past = {{.began = 900 * SECOND, .end = ATTEMPT_UNANSWERED},
					{.began = 950 * SECOND, .end = ATTEMPT_UNANSWERED}}};
	struct sentences list = {.n = 0};
	explain_hard_tried(&list, &w, "bob", NOW);
	assert_int_equal(list.n, 3);
	assert_memory_equal(list.v[0], "100 s ago", 9);
	assert_memory_equal(list.v[1], "50 s ago", 8);
	assert_string_equal(list.v[2], "1 earlier attempt to cross hard NATs is not remembered.");
}

#undef S
#undef V
#undef U

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attempt_is_a_sentence),
		cmocka_unit_test(how_each_attempt_ends_has_words_of_its_own),
		cmocka_unit_test(what_is_not_remembered_is_counted),
		cmocka_unit_test(a_pair_is_random_where_both_are_or_all_probing_was_in_vain),
		cmocka_unit_test(a_path_is_won_by_what_the_harder_nat_shows),
		cmocka_unit_test(a_pair_is_not_random_where_one_side_shows_an_order_or_is_easy),
		cmocka_unit_test(an_attempt_lasts_until_it_ended_or_until_now),
		cmocka_unit_test(all_packets_of_an_attempt_are_counted),
		cmocka_unit_test(attempts_are_told_oldest_first_and_the_forgotten_ones_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

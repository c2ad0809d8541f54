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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attempt_is_a_sentence),
		cmocka_unit_test(how_each_attempt_ends_has_words_of_its_own),
		cmocka_unit_test(what_is_not_remembered_is_counted),
		cmocka_unit_test(a_pair_is_random_where_both_are_or_all_probing_was_in_vain),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

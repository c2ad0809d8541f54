#include "explain/hard.h"
#include "explain/words.h"
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
	 "saw of its "
	 "NAT."},
	{{PLANNED(ATTEMPT_WON), SENT, .our_mapping = MAPPING_VARIES, .their_mapping = MAPPING_SAME},
	 "20 s ago, for 10 s, birthday probing was tried: our NAT gives ports at random, that of "
	 "bob is easy "
	 "(one port "
	 "for all destinations); 256 packets opened sockets of ours towards bob, 12 probed its "
	 "ports; a path "
	 "was "
	 "found."},
	{{PLANNED(ATTEMPT_BROKE), .their_mapping = MAPPING_VARIES, .theirs = GUESS_COUNTS},
	 "20 s ago, for 10 s, port prediction was tried: our NAT shows no order in its ports "
	 "(random, or "
	 "easy), that of "
	 "bob counts its ports up; 0 packets opened sockets of ours towards bob, 0 probed its "
	 "ports; then "
	 "the budget "
	 "of packets was used up."},
	{{PLANNED(ATTEMPT_QUIET), .ours = GUESS_BLOCK, .theirs = GUESS_COUNTS,
	  .sent = {[HARD_PLAN_CROSS] = 64}},
	 "20 s ago, for 10 s, port prediction was tried: our NAT gives ports out of a small block, "
	 "that of "
	 "bob counts "
	 "its ports up; 0 packets opened sockets of ours towards bob, 0 probed its ports, 64 from "
	 "fresh "
	 "sockets to "
	 "guessed ports; then there was no more traffic."},
	{{PLANNED(ATTEMPT_VOID), .slow = true, .sent = {[HARD_PLAN_SLOW] = 1000}},
	 "20 s ago, for 10 s, the slow mode, random against random, was tried: our NAT shows no "
	 "order in its "
	 "ports "
	 "(random, or easy), that of bob shows no order in its ports (random, or easy); 0 packets "
	 "opened "
	 "sockets of "
	 "ours towards bob, 0 probed its ports, 1000 at random; then the network changed, or one "
	 "side began "
	 "anew."},
	{{.began = 980 * SECOND,
	  .ended = MONO_NEVER,
	  .planned = true,
	  .our_mapping = MAPPING_VARIES,
	  .their_mapping = MAPPING_VARIES},
	 "20 s ago, for 20 s, the little that costs nothing was tried: our NAT gives ports at "
	 "random, that "
	 "of bob gives "
	 "ports at random; 0 packets opened sockets of ours towards bob, 0 probed its ports; it "
	 "goes on."},
};

static void each_attempt_is_a_sentence(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hard_facts w = one(HARD_NOW_COOLING, &rows[i].c);
		json_t *list = json_array();
		why_hard_tried(list, &w, "bob", NOW);
		assert_int_equal(json_array_size(list), 1);
		assert_string_equal(json_string_value(json_array_get(list, 0)), rows[i].says);
		json_decref(list);
	}
}

static void how_each_attempt_ends_has_words_of_its_own(void **state)
{
	json_t *list = json_array();
	for (int end = ATTEMPT_UNDER_WAY; end <= ATTEMPT_VOID; end++) {
		struct attempt c = {.began = NOW, .ended = NOW, .end = (enum attempt_end)end};
		struct hard_facts w = one(HARD_NOW_COOLING, &c);
		why_hard_tried(list, &w, "bob", NOW);
		json_t *facts = why_hard_json(&w, NOW, 0);
		assert_non_null(facts);
		json_decref(facts);
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(json_string_value(json_array_get(list, i)),
						json_string_value(json_array_get(list, k)));
	json_decref(list);
}

static void what_is_not_remembered_is_counted(void **state)
{
	struct hard_facts w = {.next = MONO_NEVER, .forgotten = 3};
	json_t *list = json_array();
	why_hard_tried(list, &w, "bob", NOW);
	assert_string_equal(json_string_value(json_array_get(list, 0)),
			    "3 earlier attempts to cross hard NATs are not remembered.");
	json_decref(list);
}

/* --- facts --- */

static void the_last_attempt_becomes_facts(void **state)
{
	struct attempt c = {PLANNED(ATTEMPT_EXHAUSTED), SENT, .samples = 8};
	struct hard_facts w = one(HARD_NOW_COOLING, &c);
	struct why_facts f = {0};
	w.next = NOW + 30 * SECOND + 1;
	w.peer_left = 5;
	w.host_left = 6;
	why_hard_gather(&f, &w, NOW);
	assert_true(f.hard_exhausted && !f.hard_off && !f.hard_unanswered && !f.hard_refused);
	assert_int_equal(f.hard_sent, 276);
	assert_int_equal(f.hard_next_s, 31);
	assert_int_equal(f.hard_peer_left, 5);
	assert_int_equal(f.hard_host_left, 6);
	/* it would have met an easy one; but what is known to be easy is easy */
	assert_true(f.both_random);
	w.past[0].our_mapping = MAPPING_SAME;
	why_hard_gather(&f, &w, NOW);
	assert_false(f.both_random || f.peer_varies);
	w.past[0].their_mapping = MAPPING_VARIES;
	why_hard_gather(&f, &w, NOW);
	assert_true(f.peer_varies);
}

static void why_nothing_is_tried_becomes_facts(void **state)
{
	struct why_facts off = {0}, broke = {0}, busy = {0}, soon = {0}, works = {0};
	why_hard_gather(&off, &(struct hard_facts){.now = HARD_NOW_OFF, .next = MONO_NEVER}, NOW);
	why_hard_gather(&broke, &(struct hard_facts){.now = HARD_NOW_BROKE, .next = MONO_NEVER},
			NOW);
	why_hard_gather(&busy, &(struct hard_facts){.now = HARD_NOW_BUSY, .next = MONO_NEVER}, NOW);
	why_hard_gather(&soon, &(struct hard_facts){.now = HARD_NOW_SOON, .next = NOW + SECOND},
			NOW);
	why_hard_gather(&works, &(struct hard_facts){.now = HARD_NOW_UNDER_WAY, .next = MONO_NEVER},
			NOW);
	assert_true(off.hard_off && broke.hard_broke && busy.hard_busy && soon.hard_soon &&
		    works.hard_under_way);
	assert_int_equal(soon.hard_next_s, 1);
	assert_int_equal(off.hard_next_s, 0);
}

/* --- JSON --- */

static const char *string(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	return s ? s : "";
}

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void json_has_what_the_sentences_have(void **state)
{
	struct attempt c = {
		PLANNED(ATTEMPT_WON),          SENT,           .our_mapping = MAPPING_VARIES,
		.their_mapping = MAPPING_SAME, .sockets = 256, .samples = 8};
	struct hard_facts w = one(HARD_NOW_NEEDLESS, &c);
	w.peer_left = 7000;
	json_t *o = why_hard_json(&w, NOW, 0),
	       *a = json_array_get(json_object_get(o, "attempts"), 0);
	assert_string_equal(string(o, "now"), "not needed");
	assert_true(json_is_null(json_object_get(o, "next_s")));
	assert_int_equal(number(json_object_get(o, "budget"), "peer_left"), 7000);
	assert_string_equal(string(a, "time"), "1970-01-01T00:16:20.000Z");
	assert_true(json_number_value(json_object_get(a, "seconds")) == 10.0);
	assert_string_equal(string(a, "way"), "birthday");
	assert_string_equal(string(a, "outcome"), "a path was found");
	assert_string_equal(string(a, "our_nat"), "random ports");
	assert_string_equal(string(a, "their_nat"), "easy");
	assert_int_equal(number(a, "sockets"), 256);
	assert_int_equal(number(a, "samples"), 8);
	assert_int_equal(number(a, "opened"), 256);
	assert_int_equal(number(a, "probed"), 12);
	json_decref(o);
	w.past[0].planned = false;
	w.next = NOW + 5 * SECOND;
	o = why_hard_json(&w, NOW, 0);
	a = json_array_get(json_object_get(o, "attempts"), 0);
	assert_true(json_is_null(json_object_get(a, "way")));
	assert_true(json_is_null(json_object_get(a, "our_nat")));
	assert_int_equal(number(o, "next_s"), 5);
	json_decref(o);
}

/* --- words --- */

static void spans_and_times_are_said_as_people_do(void **state)
{
	static const struct {
		mono_ns t;
		const char *says;
	} spans[] = {
		{0, "0 ms"},
		{999 * MSEC, "999 ms"},
		{1400 * MSEC, "1 s"},
		{119 * SECOND, "119 s"},
		{120 * SECOND, "2 min"},
		{3600 * SECOND, "60 min"},
		{7200 * SECOND, "2 h"},
	};
	char text[WHY_SPAN_TEXT_MAX];
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		assert_string_equal(why_span(spans[i].t, text), spans[i].says);
	assert_string_equal(why_times(0, text), "not once");
	assert_string_equal(why_times(1, text), "once");
	assert_string_equal(why_times(2, text), "twice");
	assert_string_equal(why_times(3, text), "3 times");
	assert_string_equal(why_plural(1), "");
	assert_string_equal(why_plural(0), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attempt_is_a_sentence),
		cmocka_unit_test(how_each_attempt_ends_has_words_of_its_own),
		cmocka_unit_test(what_is_not_remembered_is_counted),
		cmocka_unit_test(the_last_attempt_becomes_facts),
		cmocka_unit_test(why_nothing_is_tried_becomes_facts),
		cmocka_unit_test(json_has_what_the_sentences_have),
		cmocka_unit_test(spans_and_times_are_said_as_people_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

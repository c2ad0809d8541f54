#include "report/why_hard.h"
#include "unit/json_memory.h"

static const mono_ns NOW = 1000 * SECOND;

static struct hard_facts one(enum hard_now now, const struct attempt *c)
{
	return (struct hard_facts){.now = now, .next = MONO_NEVER, .past = {*c}, .n_past = 1};
}

#define PLANNED(ends) .began = 980 * SECOND, .ended = 990 * SECOND, .end = (ends), .planned = true
#define SENT          .sent = {[HARD_PLAN_OPEN] = 256, [HARD_PLAN_PROBE] = 12}

static const char *string(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	return s ? s : "";
}

static json_int_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static void an_attempt_is_an_object(void **state)
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

static void every_end_has_words_of_its_own(void **state)
{
	for (int end = ATTEMPT_UNDER_WAY; end <= ATTEMPT_VOID; end++) {
		struct attempt c = {.began = NOW, .ended = NOW, .end = (enum attempt_end)end};
		struct hard_facts w = one(HARD_NOW_COOLING, &c);
		json_t *o = why_hard_json(&w, NOW, 0);
		json_t *a = json_array_get(json_object_get(o, "attempts"), 0);
		assert_true(strlen(string(a, "outcome")) > 5);
		json_decref(o);
	}
}

static void every_reason_to_make_no_attempt_has_words(void **state)
{
	for (int now = HARD_NOW_OFF; now <= HARD_NOW_SOON; now++) {
		struct hard_facts w = {.now = (enum hard_now)now, .next = MONO_NEVER};
		json_t *o = why_hard_json(&w, NOW, 0);
		assert_true(strlen(string(o, "now")) > 3);
		json_decref(o);
	}
}

static void every_way_has_its_word(void **state)
{
	static const struct {
		struct attempt a;
		const char *way, *ours, *theirs;
	} rows_of_ways[] = {
		{{PLANNED(ATTEMPT_WON), .our_mapping = MAPPING_VARIES, .theirs = GUESS_COUNTS,
		  .their_mapping = MAPPING_VARIES},
		 "prediction",
		 "random ports",
		 "counts"},
		{{PLANNED(ATTEMPT_WON), .our_mapping = MAPPING_SAME, .theirs = GUESS_BLOCK,
		  .their_mapping = MAPPING_VARIES},
		 "block",
		 "easy",
		 "a block of ports"},
		{{PLANNED(ATTEMPT_WON), .slow = true}, "slow", "random ports", "random ports"},
		{{PLANNED(ATTEMPT_WON), .our_mapping = MAPPING_SAME, .their_mapping = MAPPING_SAME},
		 "cheap",
		 "easy",
		 "easy"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows_of_ways); i++) {
		struct hard_facts w = one(HARD_NOW_COOLING, &rows_of_ways[i].a);
		json_t *o = why_hard_json(&w, NOW, 0),
		       *a = json_array_get(json_object_get(o, "attempts"), 0);
		assert_string_equal(string(a, "way"), rows_of_ways[i].way);
		assert_string_equal(string(a, "our_nat"), rows_of_ways[i].ours);
		assert_string_equal(string(a, "their_nat"), rows_of_ways[i].theirs);
		json_decref(o);
	}
}

static void each_count_stands_under_its_own_name(void **state)
{
	struct attempt c = {PLANNED(ATTEMPT_EXHAUSTED), .asked_by_peer = true, .sockets = 1,
			    .samples = 2,
			    .sent = {[HARD_PLAN_CROSS] = 3,
				     [HARD_PLAN_OPEN] = 4,
				     [HARD_PLAN_PROBE] = 5,
				     [HARD_PLAN_SLOW] = 6}};
	struct hard_facts w = one(HARD_NOW_BROKE, &c);
	w.peer_left = 7;
	w.host_left = 8;
	w.forgotten = 9;
	w.slow = true;
	json_t *o = why_hard_json(&w, NOW, 0),
	       *a = json_array_get(json_object_get(o, "attempts"), 0);
	static const char *const names[] = {"sockets", "samples", "crossed",
					    "opened",  "probed",  "slow"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(number(a, names[i]), i + 1);
	assert_true(json_is_true(json_object_get(a, "asked_by_peer")));
	assert_int_equal(number(json_object_get(o, "budget"), "peer_left"), 7);
	assert_int_equal(number(json_object_get(o, "budget"), "host_left"), 8);
	assert_int_equal(number(o, "forgotten"), 9);
	assert_true(json_is_true(json_object_get(o, "slow_mode")));
	assert_true(json_is_false(json_object_get(o, "heard")));
	json_decref(o);
}

static void attempts_are_listed_oldest_first_and_one_under_way_lasts_until_now(void **state)
{
	struct hard_facts w = {.next = NOW - SECOND, .n_past = 2};
	w.past[0] = (struct attempt){PLANNED(ATTEMPT_QUIET)};
	w.past[1] = (struct attempt){.began = NOW - 1500 * MSEC, .ended = MONO_NEVER};
	json_t *o = why_hard_json(&w, NOW, 500 * MSEC), *list = json_object_get(o, "attempts");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(string(json_array_get(list, 0), "outcome"), "no more traffic");
	assert_string_equal(string(json_array_get(list, 1), "time"), "1970-01-01T00:16:39.000Z");
	assert_float_equal(json_real_value(json_object_get(json_array_get(list, 1), "seconds")),
			   1.5, 0.0001);
	assert_int_equal(number(o, "next_s"), 0); /* it could have begun */
	json_decref(o);
}

static json_t *whole(void *arg)
{
	return why_hard_json(arg, NOW, 0);
}

static void without_memory_nothing_is_kept(void **state)
{
	struct attempt c = {PLANNED(ATTEMPT_WON), SENT};
	struct hard_facts w = one(HARD_NOW_NEEDLESS, &c);
	assert_in_range(json_memory_runs_out(whole, &w), 30, 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attempt_is_an_object),
		cmocka_unit_test(every_end_has_words_of_its_own),
		cmocka_unit_test(every_reason_to_make_no_attempt_has_words),
		cmocka_unit_test(every_way_has_its_word),
		cmocka_unit_test(each_count_stands_under_its_own_name),
		cmocka_unit_test(
			attempts_are_listed_oldest_first_and_one_under_way_lasts_until_now),
		cmocka_unit_test(without_memory_nothing_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

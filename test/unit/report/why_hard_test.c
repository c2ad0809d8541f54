#include "report/why_hard.h"
#include "unit/unit.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_attempt_is_an_object),
		cmocka_unit_test(every_end_has_words_of_its_own),
		cmocka_unit_test(every_reason_to_make_no_attempt_has_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

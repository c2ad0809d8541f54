#include "report/netcheck.h"
#include "unit/json_memory.h"

static const mono_ns NOW = 1000 * SECOND;

static void expect_real(const json_t *o, const char *name, double want)
{
	const json_t *v = json_object_get(o, name);
	assert_true(json_is_real(v));
	assert_float_equal(json_real_value(v), want, 0.0001);
}

static void what_was_not_measured_is_null(void **state)
{
	const struct lifetime_report none = {.state = LIFETIME_NONE};
	json_t *j = netcheck_lifetime_json(&none, NULL, NOW);
	assert_int_equal(json_object_size(j), 2);
	assert_true(json_is_null(json_object_get(j, "ipv4")));
	assert_true(json_is_null(json_object_get(j, "ipv6")));
	json_decref(j);
}

static void every_state_has_its_word(void **state)
{
	static const struct {
		enum lifetime_state state;
		const char *word;
	} rows[] = {{LIFETIME_RUNS, "running"},
		    {LIFETIME_MEASURED, "measured"},
		    {LIFETIME_SILENT, "no-answer"},
		    {LIFETIME_NO_SERVER, "no-server"},
		    {LIFETIME_ADDRESSES, "several-addresses"},
		    {LIFETIME_DISTURBED, "network-changed"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct lifetime_report r = {.state = rows[i].state};
		json_t *j = netcheck_lifetime_json(NULL, &r, NOW);
		const json_t *six = json_object_get(j, "ipv6");
		assert_string_equal(json_string_value(json_object_get(six, "state")), rows[i].word);
		assert_true(json_is_null(json_object_get(j, "ipv4")));
		json_decref(j);
	}
}

/* "At least" is rounded down and "less than" up: both stay true. */
static void bounds_are_rounded_to_the_safe_side(void **state)
{
	static const struct {
		mono_ns alive, dead;
		double at_least, less_than;
	} rows[] = {
		{30 * SECOND, 60 * SECOND, 30, 60},
		{30 * SECOND - 1, 60 * SECOND + 1, 29.9, 60.1},
		{30 * SECOND + 99 * MSEC, 60 * SECOND + 100 * MSEC, 30, 60.1},
		{30 * SECOND + 100 * MSEC, 60 * SECOND + 100 * MSEC + 1, 30.1, 60.2},
		{0, 1, 0, 0.1},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct lifetime_report r = {
			.state = LIFETIME_MEASURED, .alive = rows[i].alive, .dead = rows[i].dead};
		json_t *j = netcheck_lifetime_json(&r, NULL, NOW), *v4 = json_object_get(j, "ipv4");
		expect_real(v4, "at_least_s", rows[i].at_least);
		expect_real(v4, "less_than_s", rows[i].less_than);
		json_decref(j);
	}
}

static void a_binding_that_never_died_has_no_upper_bound(void **state)
{
	const struct lifetime_report r = {.state = LIFETIME_MEASURED, .alive = 180 * SECOND};
	json_t *j = netcheck_lifetime_json(&r, NULL, NOW), *v4 = json_object_get(j, "ipv4");
	assert_true(json_is_null(json_object_get(v4, "less_than_s")));
	expect_real(v4, "at_least_s", 180);
	json_decref(j);
}

static void the_time_left_is_that_of_a_measurement_that_runs(void **state)
{
	struct lifetime_report r = {.state = LIFETIME_RUNS, .ended = NOW + 12340 * MSEC};
	json_t *j = netcheck_lifetime_json(&r, NULL, NOW);
	expect_real(json_object_get(j, "ipv4"), "left_s", 12.3);
	json_decref(j);
	r.ended = NOW - 1; /* the last answers are late */
	j = netcheck_lifetime_json(&r, NULL, NOW);
	expect_real(json_object_get(j, "ipv4"), "left_s", 0);
	json_decref(j);
	r = (struct lifetime_report){.state = LIFETIME_MEASURED, .ended = NOW + SECOND};
	j = netcheck_lifetime_json(&r, NULL, NOW);
	assert_true(json_is_null(json_object_get(json_object_get(j, "ipv4"), "left_s")));
	json_decref(j);
}

static json_t *both(void *arg)
{
	return netcheck_lifetime_json(arg, arg, NOW);
}

static void without_memory_nothing_is_kept(void **state)
{
	struct lifetime_report r = {.state = LIFETIME_MEASURED, .alive = 1, .dead = 2};
	assert_in_range(json_memory_runs_out(both, &r), 20, 4000);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_was_not_measured_is_null),
	cmocka_unit_test(every_state_has_its_word),
	cmocka_unit_test(bounds_are_rounded_to_the_safe_side),
	cmocka_unit_test(a_binding_that_never_died_has_no_upper_bound),
	cmocka_unit_test(the_time_left_is_that_of_a_measurement_that_runs),
	cmocka_unit_test(without_memory_nothing_is_kept),
};
RUN_TESTS(tests)

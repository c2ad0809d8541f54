#include "explain/words.h"
#include "unit/unit.h"

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
	char text[WORDS_SPAN_MAX];
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		assert_string_equal(words_span(spans[i].t, text), spans[i].says);
	assert_string_equal(words_times(0, text), "not once");
	assert_string_equal(words_times(1, text), "once");
	assert_string_equal(words_times(2, text), "twice");
	assert_string_equal(words_times(3, text), "3 times");
	assert_string_equal(words_plural(1), "");
	assert_string_equal(words_plural(0), "s");
}

static void a_list_takes_what_fits(void **state)
{
	static struct sentences list;
	char name[2 * SENTENCE_MAX] = {0};
	memset(name, 'x', sizeof(name) - 1);
	for (size_t i = 0; i < SENTENCES_MAX + 2; i++)
		sentences_add(&list, "%zu %s", i, name);
	assert_int_equal(list.n, SENTENCES_MAX);
	assert_int_equal(strlen(list.v[1]), SENTENCE_MAX - 1);
	assert_memory_equal(list.v[1], "1 xxx", 5);
}

static void spans_are_rounded_to_the_unit_they_are_told_in(void **state)
{
	static const struct {
		mono_ns t;
		const char *says;
	} spans[] = {
		{1, "0 ms"},
		{1999 * USEC, "1 ms"},
		{SECOND - 1, "999 ms"},
		{SECOND, "1 s"},
		{1499 * MSEC, "1 s"},
		{1500 * MSEC, "2 s"},
		{119499 * MSEC, "119 s"},
		{119500 * MSEC, "2 min"},
		{149 * SECOND, "2 min"},
		{150 * SECOND, "3 min"},
		{7199 * SECOND, "120 min"},
		{7199500 * MSEC, "2 h"},
		{8999 * SECOND, "2 h"},
		{9000 * SECOND, "3 h"},
		{1000 * 3600 * SECOND, "1000 h"},
	};
	char text[WORDS_SPAN_MAX];
	for (size_t i = 0; i < ARRAY_LEN(spans); i++)
		assert_string_equal(words_span(spans[i].t, text), spans[i].says);
}

static void the_greatest_number_fits(void **state)
{
	char text[WORDS_SPAN_MAX];
	assert_string_equal(words_times(UINT64_MAX, text), "18446744073709551615 times");
	assert_string_equal(words_plural(UINT64_MAX), "s");
	assert_string_equal(words_plural(2), "s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_and_times_are_said_as_people_do),
		cmocka_unit_test(a_list_takes_what_fits),
		cmocka_unit_test(spans_are_rounded_to_the_unit_they_are_told_in),
		cmocka_unit_test(the_greatest_number_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

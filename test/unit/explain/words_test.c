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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_and_times_are_said_as_people_do),
		cmocka_unit_test(a_list_takes_what_fits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

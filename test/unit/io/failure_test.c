#include "io/failure.h"

#include "unit/unit.h"

struct sentence {
	char text[FAILURE_MAX];
	char behind[8]; /* must stay as it is */
};

static struct sentence fresh(void)
{
	struct sentence s;
	memset(&s, '#', sizeof(s));
	return s;
}

static void a_sentence_is_written_and_the_result_is_false(void **state)
{
	struct sentence s = fresh();
	assert_false(failure_say(s.text, "port %u: %s", 443u, "in use"));
	assert_string_equal(s.text, "port 443: in use");
	assert_false(failure_say(s.text, "%s", ""));
	assert_string_equal(s.text, "");
}

static void a_long_sentence_is_cut_to_fit(void **state)
{
	char part[FAILURE_MAX + 100];
	memset(part, 'x', sizeof(part) - 1);
	part[sizeof(part) - 1] = 0;
	for (size_t n = FAILURE_MAX - 2; n <= FAILURE_MAX + 1; n++) {
		struct sentence s = fresh();
		failure_say(s.text, "%.*s", (int)n, part);
		assert_int_equal(strlen(s.text), n < FAILURE_MAX ? n : FAILURE_MAX - 1);
		assert_memory_equal(s.behind, "########", sizeof(s.behind));
	}
}

static void what_a_stranger_says_cannot_steer_a_terminal(void **state)
{
	struct sentence s = fresh();
	failure_say(s.text, "it said: %s", "\x1b[2J\r\nOK\x7f\x9b\xc3\xa9");
	assert_string_equal(s.text, "it said: ?[2J??OK??\xc3\xa9");
}

/* The cut can fall into the middle of a letter; half of one is no UTF-8. */
static void a_letter_that_is_cut_in_two_is_not_left_half(void **state)
{
	char part[FAILURE_MAX];
	memset(part, 'x', sizeof(part));
	for (size_t at = FAILURE_MAX - 5; at < FAILURE_MAX; at++) {
		struct sentence s = fresh();
		failure_say(s.text, "%.*s\xe2\x82\xac\xe2\x82\xac", (int)at, part);
		for (const char *c = s.text + at; *c; c++)
			if (*c != '?') {
				assert_memory_equal(c, "\xe2\x82\xac", 3);
				c += 2;
			}
		assert_memory_equal(s.behind, "########", sizeof(s.behind));
	}
}

static void of_a_private_key_only_the_beginning_stays(void **state)
{
	static const char digits[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	struct sentence s = fresh();
	failure_say(s.text, "line 3: privkey:%s is not known here", digits);
	assert_non_null(strstr(s.text, "line 3: privkey:"));
	assert_null(strstr(s.text, "22334455"));
	/* also where the sentence ends in the middle of it */
	char part[FAILURE_MAX];
	memset(part, 'x', sizeof(part));
	failure_say(s.text, "%.*s privkey:%s", FAILURE_MAX - 40, part, digits);
	assert_null(strstr(s.text, "22334455"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_sentence_is_written_and_the_result_is_false),
	cmocka_unit_test(a_long_sentence_is_cut_to_fit),
	cmocka_unit_test(what_a_stranger_says_cannot_steer_a_terminal),
	cmocka_unit_test(a_letter_that_is_cut_in_two_is_not_left_half),
	cmocka_unit_test(of_a_private_key_only_the_beginning_stays),
};
RUN_TESTS(tests)

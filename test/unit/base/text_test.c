#include "base/text.h"
#include "unit/unit.h"

#include <stdio.h>
#include <string.h>

static void the_byte_order_mark_is_skipped_once(void **state)
{
	char with[] = "\xef\xbb\xbf"
		      "a",
	     part[] = "\xef\xbb"
		      "a",
	     twice[] = "\xef\xbb\xbf\xef\xbb\xbf"
		       "a",
	     none[] = "";
	assert_string_equal(text_begin(with), "a");
	assert_string_equal(text_begin(part), "\xef\xbb"
					      "a");
	assert_string_equal(text_begin(twice), "\xef\xbb\xbf"
					       "a");
	assert_string_equal(text_begin(none), "");
	assert_true(text_is_utf16("\xff\xfe[", 3));
	assert_true(text_is_utf16("\xfe\xff", 2));
	assert_false(text_is_utf16("\xff", 1));
	assert_false(text_is_utf16(with, 4));
}

static void control_characters_and_bad_utf8_are_replaced(void **state)
{
	static const struct {
		const char *text, *clean;
	} rows[] = {
		{"", ""},
		{"plain ~", "plain ~"},
		{"\x1b[31mred\a\r\n\t\x7f", "?[31mred?????"},
		{"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		 "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
		{"\xc2\x9b"
		 "31m \xc2\xa0",
		 "??31m \xc2\xa0"}, /* CSI as a C1 character */
		{"\x80\xff\xfe", "???"},
		{"\xc0\xaf \xc1\xbf", "?? ??"},                    /* overlong */
		{"\xe0\x80\xaf \xf0\x80\x80\xaf", "??? ????"},     /* overlong */
		{"\xed\xa0\x80 \xed\x9f\xbf", "??? \xed\x9f\xbf"}, /* a surrogate */
		{"\xf4\x90\x80\x80 \xf4\x8f\xbf\xbf",
		 "???? \xf4\x8f\xbf\xbf"}, /* beyond U+10FFFF */
		{"a\xc3", "a?"},
		{"a\xe2\x82", "a??"},
		{"a\xf0\x9f\x98", "a???"},
		{"\xc3(", "?("},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[32];
		snprintf(text, sizeof(text), "%s", rows[i].text);
		text_clean(text);
		assert_string_equal(text, rows[i].clean);
	}
}

static void white_space_goes_at_both_ends_only(void **state)
{
	static const char *const rows[][2] = {
		{"a", "a"}, {" \t a b \r", "a b"}, {"", ""}, {" \t\r", ""}, {"a\tb", "a\tb"}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[16];
		strcpy(text, rows[i][0]);
		assert_string_equal(text_trim(text), rows[i][1]);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(white_space_goes_at_both_ends_only),
	cmocka_unit_test(the_byte_order_mark_is_skipped_once),
	cmocka_unit_test(control_characters_and_bad_utf8_are_replaced),
};
RUN_TESTS(tests)

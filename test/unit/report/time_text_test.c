#include "report/time_text.h"
#include "unit/unit.h"

static void a_time_is_unix_time_in_utc_with_milliseconds(void **state)
{
	static const struct {
		mono_ns at;
		uint64_t offset;
		const char *says;
	} rows[] = {
		{0, 0, "1970-01-01T00:00:00.000Z"},
		{SECOND, 0, "1970-01-01T00:00:01.000Z"},
		{0, SECOND, "1970-01-01T00:00:01.000Z"},
		{MSEC - 1, 0, "1970-01-01T00:00:00.000Z"},
		{MSEC, 0, "1970-01-01T00:00:00.001Z"},
		{SECOND - 1, 0, "1970-01-01T00:00:00.999Z"},
		{500 * MSEC, 86399 * SECOND + 499 * MSEC, "1970-01-01T23:59:59.999Z"},
		{500 * MSEC, 86399 * SECOND + 500 * MSEC, "1970-01-02T00:00:00.000Z"},
		{5 * SECOND, 951782395 * SECOND, "2000-02-29T00:00:00.000Z"}, /* a leap day */
		{0, 4102444800 * SECOND, "2100-01-01T00:00:00.000Z"},
		{0, UINT64_MAX, "2554-07-21T23:34:33.709Z"}, /* the last there is */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[TIME_TEXT_MAX];
		assert_ptr_equal(time_text(rows[i].at, rows[i].offset, text), text);
		assert_string_equal(text, rows[i].says);
	}
}

/* Its clock began before, so the offset is a number below zero. */
static void an_offset_below_zero_counts_backwards(void **state)
{
	char text[TIME_TEXT_MAX];
	time_text(10 * SECOND, UINT64_MAX - 4 * SECOND + 1, text);
	assert_string_equal(text, "1970-01-01T00:00:06.000Z");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_time_is_unix_time_in_utc_with_milliseconds),
	cmocka_unit_test(an_offset_below_zero_counts_backwards),
};
RUN_TESTS(tests)

#include "crypto/pin.h"
#include "unit/unit.h"

#define DIGITS "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"

static void a_pin_goes_into_text_and_back(void **state)
{
	uint8_t pin[PIN_LEN], back[PIN_LEN];
	char text[PIN_TEXT_MAX];
	for (size_t i = 0; i < sizeof(pin); i++)
		pin[i] = (uint8_t)(i * 9);
	assert_ptr_equal(pin_format(text, pin), text);
	assert_int_equal(strlen(text), PIN_TEXT_MAX - 1);
	assert_true(pin_parse(back, text));
	assert_memory_equal(pin, back, sizeof(pin));
}

static void digits_are_taken_in_either_case_and_written_in_lower_case(void **state)
{
	uint8_t pin[PIN_LEN];
	char text[PIN_TEXT_MAX];
	assert_true(pin_parse(pin, "sha256-raw:0F1E2D3C4B5A69788796A5B4C3D2E1F0"
				   "0F1E2D3C4B5A69788796A5B4C3D2E1F0"));
	assert_string_equal(pin_format(text, pin), "sha256-raw:" DIGITS);
}

static void what_is_not_exactly_a_pin_is_refused_and_sets_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		DIGITS,
		"sha256-raw:",
		"sha256-raw:" DIGITS "0",
		"sha256-raw:" DIGITS " ",
		" sha256-raw:" DIGITS,
		"SHA256-RAW:" DIGITS,
		"sha256:" DIGITS,
		"sha256-raw:" DIGITS DIGITS,
		"sha256-raw:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f",
		"sha256-raw:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1fg",
	};
	static const uint8_t untouched[PIN_LEN] = {7, 7};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		uint8_t pin[PIN_LEN] = {7, 7};
		assert_false(pin_parse(pin, bad[i]));
		assert_memory_equal(pin, untouched, sizeof(pin));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_pin_goes_into_text_and_back),
	cmocka_unit_test(digits_are_taken_in_either_case_and_written_in_lower_case),
	cmocka_unit_test(what_is_not_exactly_a_pin_is_refused_and_sets_nothing),
};
RUN_TESTS(tests)

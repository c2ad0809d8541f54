#include "config/value.h"
#include "unit/unit.h"

static void a_host_is_a_name_or_an_address(void **state)
{
	static const char *const taken[][2] = {{"a", "a"},
					       {"relay-1.example.net", "relay-1.example.net"},
					       {"relay.lab.", "relay.lab"},
					       {"a.", "a"},
					       {"192.0.2.1", "192.0.2.1"},
					       {"::1", "::1"},
					       {"[::1]", "::1"}};
	static const char *const refused[] = {
		"",
		"1.2.3",
		"1.2.3.4.5",
		"[::1",
		"[a]",
		"a:443",
		"a b",
		"https://a",
		"a..b",
		"a..",
		".",
		"192.0.2.1.",
		".a",
		"-a",
		"a/b",
		"a.example:1",
		"[1.2.3.4:5]",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b"};
	char out[254];
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		assert_true(value_host(out, sizeof(out), taken[i][0]));
		assert_string_equal(out, taken[i][1]);
	}
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		assert_false(value_host(out, sizeof(out), refused[i]));
}

static void the_distance_of_words_counts_the_letters_to_change(void **state)
{
	assert_int_equal(word_distance("MTU", "mtu"), 0);
	assert_int_equal(word_distance("ListnPort", "ListenPort"), 1);
	assert_int_equal(word_distance("kitten", "sitting"), 3);
	assert_int_equal(word_distance("", "abc"), 3);
	assert_int_equal(word_distance("abc", ""), 3);
	assert_true(word_distance("a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == UINT32_MAX);
}

static void a_number_is_digits_between_its_bounds(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint32_t v;
	} rows[] = {
		{"5", true, 5},
		{"10", true, 10},
		{"007", true, 7},
		{"4", false, 0},
		{"11", false, 0},
		{"", false, 0},
		{"-6", false, 0},
		{"+6", false, 0},
		{" 6", false, 0},
		{"6 ", false, 0},
		{"6.0", false, 0},
		{"0x6", false, 0},
		{"6e0", false, 0},
		{"six", false, 0},
		{"4294967302", false, 0}, /* 2^32 + 6 */
		{"18446744073709551622", false, 0},
		{"00000000000006", false, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t v = 77;
		if (value_number(&v, 5, 10, rows[i].text) != rows[i].ok)
			fail_msg("\"%s\"", rows[i].text);
		assert_int_equal(v, rows[i].ok ? rows[i].v : 77);
	}
	uint32_t v;
	assert_true(value_number(&v, 0, UINT32_MAX, "4294967295"));
	assert_true(v == UINT32_MAX);
	assert_true(value_number(&v, 0, UINT32_MAX, "0"));
	assert_true(v == 0);
}

static void yes_and_no_have_six_words_in_any_case(void **state)
{
	static const char *const yes[] = {"yes", "true", "on", "YES", "On", "tRuE"};
	static const char *const no[] = {"no", "false", "off", "NO", "Off"};
	static const char *const neither[] = {"", "y", "n", "1", "0", "yes ", "yess", "maybe"};
	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		bool v = false;
		assert_true(value_yes(&v, yes[i]) && v);
	}
	for (size_t i = 0; i < ARRAY_LEN(no); i++) {
		bool v = true;
		assert_true(value_yes(&v, no[i]) && !v);
	}
	for (size_t i = 0; i < ARRAY_LEN(neither); i++) {
		bool t = true, f = false;
		assert_false(value_yes(&t, neither[i]) || value_yes(&f, neither[i]));
		assert_true(t && !f);
	}
}

static void a_name_is_letters_digits_and_three_signs(void **state)
{
	static const char *const good[] = {"a", "A9", "a.b-c_d", "-", "_", ".a", "a..b", "1234567"};
	static const char *const bad[] = {"",     "a b", "a/b", "a\tb", "a:b", "caf\xc3\xa9",
					  "\x7f", "a*",  ".",   "..",   "...", "12345678"};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char out[8] = "?";
		assert_true(value_name(out, sizeof(out), good[i]));
		assert_string_equal(out, good[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char out[8] = "?";
		assert_false(value_name(out, sizeof(out), bad[i]));
		assert_string_equal(out, "?");
	}
}

static void a_path_is_anything_that_fits(void **state)
{
	char out[8] = "?";
	assert_false(value_path(out, sizeof(out), ""));
	assert_false(value_path(out, sizeof(out), "/2345678"));
	assert_string_equal(out, "?");
	assert_true(value_path(out, sizeof(out), "/a b\xff:"));
	assert_string_equal(out, "/a b\xff:");
}

static void an_address_keeps_its_host_bits_and_says_its_subnet(void **state)
{
	static const struct {
		const char *text, *ip;
		uint8_t bits;
	} rows[] = {
		{"10.1.2.3/8", "10.1.2.3", 8}, {"10.1.2.3", "10.1.2.3", 32},
		{"10.1.2.3/0", "10.1.2.3", 0}, {"fd7a::1/64", "fd7a::1", 64},
		{"fd7a::1", "fd7a::1", 128},   {"::ffff:10.1.2.3/24", "10.1.2.3", 24},
	};
	static const char *const bad[] = {
		"",         "/8",           "10.1.2.3/", "10.1.2.3/33", "fd7a::1/129",
		"10.1.2/8", "10.1.2.3/8/8", "a/8",       "10.1.2.3/-1"};
	struct ip ip;
	uint8_t bits;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[IP_TEXT_MAX];
		assert_true(value_address(&ip, &bits, rows[i].text));
		assert_string_equal(ip_format(&ip, text), rows[i].ip);
		assert_int_equal(bits, rows[i].bits);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(value_address(&ip, &bits, bad[i]));
}

static void an_endpoint_is_one_at_which_somebody_can_be(void **state)
{
	static const char *const good[] = {"192.0.2.1:1", "[2001:db8::1]:65535", "127.0.0.1:7",
					   "10.0.0.1:7"};
	static const char *const bad[] = {"",
					  "192.0.2.1",
					  "192.0.2.1:0",
					  "0.0.0.0:7",
					  "[::]:7",
					  "224.0.0.1:7",
					  "[ff02::1]:7",
					  "a.example:7",
					  "2001:db8::1:7",
					  "192.0.2.1:65536"};
	struct endpoint e = {.port = 77};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(value_endpoint(&e, bad[i]));
	assert_int_equal(e.port, 77);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		char text[ENDPOINT_TEXT_MAX];
		assert_true(value_endpoint(&e, good[i]));
		assert_string_equal(endpoint_format(&e, text), good[i]);
	}
}

static void a_list_gives_its_items_in_order_and_empty_ones_too(void **state)
{
	char text[] = " a , b c,, d,", *rest = text;
	static const char *const want[] = {"a", "b c", "", "d", ""};
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_string_equal(value_item(&rest), want[i]);
	assert_null(value_item(&rest));
	assert_null(value_item(&rest));
	char empty[] = "";
	rest = empty;
	assert_string_equal(value_item(&rest), "");
	assert_null(value_item(&rest));
}

static void a_host_has_at_most_253_characters_and_labels_of_63(void **state)
{
	char text[300], out[254];
	memset(text, 'a', sizeof(text));
	for (size_t at = 63; at < sizeof(text); at += 64)
		text[at] = '.';
	text[253] = '\0';
	assert_true(value_host(out, sizeof(out), text));
	assert_string_equal(out, text);
	text[253] = 'a';
	text[254] = '\0';
	assert_false(value_host(out, sizeof(out), text));
	text[63] = 'a';
	text[64] = '\0';
	assert_false(value_host(out, sizeof(out), text)); /* 64 in one label */
	text[63] = '\0';
	assert_true(value_host(out, sizeof(out), text));
}

static void the_distance_is_the_same_in_both_directions(void **state)
{
	static const char *const words[] = {"", "a", "Port", "ListenPort", "Prot", "Endpoint"};
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		for (size_t k = 0; k < ARRAY_LEN(words); k++)
			assert_int_equal(word_distance(words[i], words[k]),
					 word_distance(words[k], words[i]));
	assert_int_equal(word_distance("Port", "Prot"), 2);
	assert_int_equal(word_distance("Port", "ListenPort"), 6);
	const char *longest = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"; /* 31 */
	assert_int_equal(word_distance(longest, ""), 31);
	assert_int_equal(word_distance(longest, "b"), 31);
	assert_true(word_distance("", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == UINT32_MAX);
	assert_true(word_distance("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "") == UINT32_MAX);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_host_is_a_name_or_an_address),
	cmocka_unit_test(the_distance_of_words_counts_the_letters_to_change),
	cmocka_unit_test(a_number_is_digits_between_its_bounds),
	cmocka_unit_test(yes_and_no_have_six_words_in_any_case),
	cmocka_unit_test(a_name_is_letters_digits_and_three_signs),
	cmocka_unit_test(a_path_is_anything_that_fits),
	cmocka_unit_test(an_address_keeps_its_host_bits_and_says_its_subnet),
	cmocka_unit_test(an_endpoint_is_one_at_which_somebody_can_be),
	cmocka_unit_test(a_list_gives_its_items_in_order_and_empty_ones_too),
	cmocka_unit_test(a_host_has_at_most_253_characters_and_labels_of_63),
	cmocka_unit_test(the_distance_is_the_same_in_both_directions),
};
RUN_TESTS(tests)

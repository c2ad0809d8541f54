#include "base/addr.h"
#include "unit/unit.h"

static struct ip ip(const char *text)
{
	struct ip v;
	assert_true(ip_parse(&v, text));
	return v;
}

static void addresses_keep_their_text(void **state)
{
	static const char *const same[] = {"0.0.0.0", "192.0.2.1", "255.255.255.255",
					   "::",      "::1",       "2001:db8::7"};
	char out[IP_TEXT_MAX];
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct ip v = ip(same[i]);
		assert_string_equal(ip_format(&v, out), same[i]);
	}
	struct ip none = {0};
	assert_string_equal(ip_format(&none, out), "none");
}

static void mapped_addresses_are_unmapped(void **state)
{
	struct ip v4 = ip("192.0.2.10"), mapped = ip("::ffff:192.0.2.10");
	assert_true(ip_equal(&v4, &mapped));
	uint8_t b[16];
	ip_to_16(&v4, b);
	assert_memory_equal(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x0a", 16);
	struct ip back = ip_v6_from(b);
	assert_true(ip_equal(&v4, &back));
}

static void bad_addresses_are_refused(void **state)
{
	static const char *const bad[] = {"",    "1.2.3", "1.2.3.256",   "1.2.3.4 ",
					  ":::", "host",  "fe80::1%eth0"};
	struct ip v;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(ip_parse(&v, bad[i]));
}

static void kinds_of_address(void **state)
{
	static const struct {
		const char *text;
		bool loopback, link_local, private_, multicast;
	} rows[] = {
		{"127.0.0.1", true, false, false, false},
		{"::1", true, false, false, false},
		{"169.254.3.4", false, true, false, false},
		{"fe80::1", false, true, false, false},
		{"febf::1", false, true, false, false},
		{"fec0::1", false, false, false, false},
		{"10.1.2.3", false, false, true, false},
		{"172.16.0.1", false, false, true, false},
		{"172.31.255.1", false, false, true, false},
		{"172.32.0.1", false, false, false, false},
		{"192.168.9.9", false, false, true, false},
		{"fd00::1", false, false, true, false},
		{"224.0.0.1", false, false, false, true},
		{"ff02::1", false, false, false, true},
		{"192.0.2.1", false, false, false, false},
		{"2001:db8::1", false, false, false, false},
		{"100.64.0.1", false, false, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip v = ip(rows[i].text);
		assert_int_equal(ip_is_loopback(&v), rows[i].loopback);
		assert_int_equal(ip_is_link_local(&v), rows[i].link_local);
		assert_int_equal(ip_is_private(&v), rows[i].private_);
		assert_int_equal(ip_is_multicast(&v), rows[i].multicast);
	}
}

static void endpoints_keep_their_text(void **state)
{
	static const char *const same[] = {"192.0.2.1:41641", "[2001:db8::1]:1", "0.0.0.0:0"};
	char out[ENDPOINT_TEXT_MAX];
	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		struct endpoint e;
		assert_true(endpoint_parse(&e, same[i]));
		assert_string_equal(endpoint_format(&e, out), same[i]);
	}
}

static void bad_endpoints_are_refused(void **state)
{
	static const char *const bad[] = {
		"",       "1.2.3.4",     "1.2.3.4:",   "1.2.3.4:65536", "1.2.3.4:-1",
		"::1:80", "[::1]",       "[::1:80",    "1.2.3.4:0x10",  "1.2.3.4:000001",
		":80",    "[1.2.3.4:80", "1.2.3.4: 80"};
	struct endpoint e;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(endpoint_parse(&e, bad[i]));
}

static void prefixes_clear_host_bits(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"10.1.2.3/8", "10.0.0.0/8"},       {"10.1.2.3", "10.1.2.3/32"},
		{"10.1.2.255/25", "10.1.2.128/25"}, {"2001:db8::1/64", "2001:db8::/64"},
		{"2001:db8::1", "2001:db8::1/128"}, {"1.2.3.4/0", "0.0.0.0/0"},
	};
	char out[PREFIX_TEXT_MAX];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct prefix p;
		assert_true(prefix_parse(&p, rows[i].in));
		assert_string_equal(prefix_format(&p, out), rows[i].out);
	}
	static const char *const bad[] = {"10.0.0.0/33", "::/129",     "10.0.0.0/",
					  "/8",          "10.0.0.0/a", "10.0.0.0/8/8"};
	struct prefix p;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(prefix_parse(&p, bad[i]));
}

static void prefixes_contain(void **state)
{
	struct prefix p, q;
	assert_true(prefix_parse(&p, "100.64.0.0/10") && prefix_parse(&q, "100.64.0.0/11"));
	struct ip in = ip("100.127.255.255"), out = ip("100.128.0.0"), six = ip("::");
	assert_true(prefix_contains(&p, &in));
	assert_false(prefix_contains(&p, &out));
	assert_false(prefix_contains(&p, &six));
	assert_true(prefix_equal(&p, &p));
	assert_false(prefix_equal(&p, &q));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(addresses_keep_their_text),
	cmocka_unit_test(mapped_addresses_are_unmapped),
	cmocka_unit_test(bad_addresses_are_refused),
	cmocka_unit_test(kinds_of_address),
	cmocka_unit_test(endpoints_keep_their_text),
	cmocka_unit_test(bad_endpoints_are_refused),
	cmocka_unit_test(prefixes_clear_host_bits),
	cmocka_unit_test(prefixes_contain),
};
RUN_TESTS(tests)

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

static void the_private_networks_end_where_the_rfcs_say(void **state)
{
	static const struct {
		const char *text;
		bool private_, shared, loopback, link_local;
	} rows[] = {
		{"9.255.255.255", false, false, false, false},
		{"10.0.0.0", true, false, false, false},
		{"10.255.255.255", true, false, false, false},
		{"11.0.0.0", false, false, false, false},
		{"172.15.255.255", false, false, false, false},
		{"192.167.255.255", false, false, false, false},
		{"192.169.0.0", false, false, false, false},
		{"100.63.255.255", false, false, false, false},
		{"100.64.0.0", false, true, false, false},
		{"100.127.255.255", false, true, false, false},
		{"100.128.0.0", false, false, false, false},
		{"126.255.255.255", false, false, false, false},
		{"127.255.255.255", false, false, true, false},
		{"128.0.0.0", false, false, false, false},
		{"169.253.0.1", false, false, false, false},
		{"169.255.0.1", false, false, false, false},
		{"::2", false, false, false, false},
		{"1::1", false, false, false, false},
		{"fbff::1", false, false, false, false},
		{"fc00::", true, false, false, false},
		{"fdff::1", true, false, false, false},
		{"fe00::1", false, false, false, false},
		{"fe7f::1", false, false, false, false},
		{"fe80::", false, false, false, true},
		{"ff80::", false, false, false, false},
		{"0a00::1", false, false, false, false}, /* begins as 10.0.0.0 does */
		{"7f00::1", false, false, false, false},
		{"6440::1", false, false, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ip v = ip(rows[i].text);
		if (ip_is_private(&v) != rows[i].private_ || ip_is_shared(&v) != rows[i].shared ||
		    ip_is_loopback(&v) != rows[i].loopback ||
		    ip_is_link_local(&v) != rows[i].link_local)
			fail_msg("%s", rows[i].text);
	}
}

static void multicast_is_224_to_239_and_ff(void **state)
{
	static const char *const in[] = {"224.0.0.0", "239.255.255.255", "ff00::", "ffff::1"};
	static const char *const out[] = {"223.255.255.255", "240.0.0.0", "255.255.255.255",
					  "feff::1", "e000::1"};
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct ip v = ip(in[i]);
		assert_true(ip_is_multicast(&v));
	}
	for (size_t i = 0; i < ARRAY_LEN(out); i++) {
		struct ip v = ip(out[i]);
		assert_false(ip_is_multicast(&v));
	}
}

static void no_address_is_of_no_kind(void **state)
{
	struct ip none = {0};
	assert_int_equal(ip_len(&none), 0);
	assert_false(ip_is_loopback(&none) || ip_is_link_local(&none) || ip_is_private(&none) ||
		     ip_is_shared(&none) || ip_is_multicast(&none));
	struct ip four = ip_v4(0, 0, 0, 0), six = ip("::");
	assert_false(ip_equal(&none, &four) || ip_equal(&none, &six) || ip_equal(&four, &six));
	assert_int_equal(ip_len(&four), 4);
	assert_int_equal(ip_len(&six), 16);
}

static void only_the_mapped_prefix_is_unmapped(void **state)
{
	static const char *const six[] = {"::fffe:192.0.2.1", "::192.0.2.1", "::ffff:0:192.0.2.1",
					  "64:ff9b::192.0.2.1", "1::ffff:192.0.2.1"};
	for (size_t i = 0; i < ARRAY_LEN(six); i++) {
		struct ip v = ip(six[i]);
		assert_int_equal(v.family, 6);
		uint8_t b[16];
		ip_to_16(&v, b);
		assert_memory_equal(b, v.b, 16);
	}
}

static void what_does_not_parse_changes_nothing(void **state)
{
	struct ip v = ip("192.0.2.1"), same = v;
	assert_false(ip_parse(&v, "192.0.2"));
	assert_true(ip_equal(&v, &same));
	struct endpoint e = {.ip = v, .port = 7, .scope = 3}, f = e;
	assert_false(endpoint_parse(&e, "192.0.2.2:x"));
	assert_false(endpoint_parse(&e, "[::1]:65536"));
	assert_true(endpoint_equal(&e, &f));
	struct prefix p = prefix_of(&v, 24), q = p;
	assert_false(prefix_parse(&p, "192.0.2.0/33"));
	assert_true(prefix_equal(&p, &q));
}

static void an_endpoint_is_its_address_its_port_and_its_link(void **state)
{
	struct endpoint a = {.ip = ip("fe80::1"), .port = 7, .scope = 2}, b = a;
	assert_true(endpoint_equal(&a, &b));
	b.scope = 3;
	assert_false(endpoint_equal(&a, &b));
	b = a;
	b.port = 8;
	assert_false(endpoint_equal(&a, &b));
	b = a;
	b.ip.b[15] = 2;
	assert_false(endpoint_equal(&a, &b));
}

static void an_endpoint_is_set_with_an_address_and_a_port(void **state)
{
	assert_false(endpoint_is_set(&(struct endpoint){0}));
	assert_false(endpoint_is_set(&(struct endpoint){.port = 7}));
	assert_false(endpoint_is_set(&(struct endpoint){.ip = ip("192.0.2.1")}));
	assert_true(endpoint_is_set(&(struct endpoint){.ip = ip("::"), .port = 1}));
}

static void a_text_longer_than_any_address_is_refused(void **state)
{
	char text[300];
	struct endpoint e;
	struct prefix p;
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_false(prefix_parse(&p, text));
	text[280] = ':';
	assert_false(endpoint_parse(&e, text));
	text[280] = '/';
	assert_false(prefix_parse(&p, text));
}

static void the_longest_texts_fit_their_buffers(void **state)
{
	static const char longest[] = "1111:2222:3333:4444:5555:6666:7777:8888";
	char one[IP_TEXT_MAX], two[ENDPOINT_TEXT_MAX], three[PREFIX_TEXT_MAX];
	struct ip v = ip(longest);
	assert_string_equal(ip_format(&v, one), longest);
	assert_string_equal(endpoint_format(&(struct endpoint){v, 65535}, two),
			    "[1111:2222:3333:4444:5555:6666:7777:8888]:65535");
	struct endpoint e; /* in its longest form */
	assert_true(endpoint_parse(&e, "[1111:2222:3333:4444:5555:6666:255.255.255.255]:1"));
	assert_int_equal(e.ip.b[15], 255);
	struct prefix p = prefix_of(&v, 128);
	assert_string_equal(prefix_format(&p, three),
			    "1111:2222:3333:4444:5555:6666:7777:8888/128");
	assert_string_equal(endpoint_format(&(struct endpoint){0}, two), "none:0");
}

static void a_mapped_prefix_is_one_of_ipv4(void **state)
{
	struct prefix p;
	char out[PREFIX_TEXT_MAX];
	assert_true(prefix_parse(&p, "::ffff:10.1.2.3/8"));
	assert_string_equal(prefix_format(&p, out), "10.0.0.0/8");
	assert_false(prefix_parse(&p, "::ffff:10.1.2.3/104"));
}

static void a_prefix_of_every_length_contains_what_shares_its_bits(void **state)
{
	struct ip v = ip("85.170.85.170"), six = ip("5555:aaaa:5555:aaaa:5555:aaaa:5555:aaaa");
	for (uint8_t bits = 0; bits <= 128; bits++) {
		struct ip base = bits <= 32 ? v : six, other = base;
		struct prefix p = prefix_of(&base, bits);
		assert_true(prefix_contains(&p, &base));
		if (bits == 0)
			continue;
		other.b[(bits - 1) / 8] ^= (uint8_t)(0x80 >> (bits - 1) % 8); /* the last of it */
		assert_false(prefix_contains(&p, &other));
		other = base;
		if (bits == ip_len(&base) * 8)
			continue;
		other.b[bits / 8] ^= (uint8_t)(0x80 >> bits % 8); /* the first behind it */
		assert_true(prefix_contains(&p, &other));
	}
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
	cmocka_unit_test(the_private_networks_end_where_the_rfcs_say),
	cmocka_unit_test(multicast_is_224_to_239_and_ff),
	cmocka_unit_test(no_address_is_of_no_kind),
	cmocka_unit_test(only_the_mapped_prefix_is_unmapped),
	cmocka_unit_test(what_does_not_parse_changes_nothing),
	cmocka_unit_test(an_endpoint_is_its_address_its_port_and_its_link),
	cmocka_unit_test(an_endpoint_is_set_with_an_address_and_a_port),
	cmocka_unit_test(a_text_longer_than_any_address_is_refused),
	cmocka_unit_test(the_longest_texts_fit_their_buffers),
	cmocka_unit_test(a_mapped_prefix_is_one_of_ipv4),
	cmocka_unit_test(a_prefix_of_every_length_contains_what_shares_its_bits),
};
RUN_TESTS(tests)

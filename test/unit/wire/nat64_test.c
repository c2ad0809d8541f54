#include "wire/nat64.h"

#include "crypto/seeded.h"
#include "unit/addresses.h"
#include "unit/wire/pref64.h"

/* RFC 6052 s. 2.4, tables 2 and 3: 192.0.2.33 in each. */
static const struct {
	const char *prefix, *address;
} table[] = {
	{"2001:db8::/32", "2001:db8:c000:221::"},
	{"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
	{"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
	{"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
	{"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
	{"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
	{"64:ff9b::/96", "64:ff9b::192.0.2.33"},
};

static void the_addresses_are_those_of_the_rfc(void **state)
{
	struct ip v4 = ip_of("192.0.2.33"), back;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct prefix p = prefix_from(table[i].prefix);
		struct ip want = ip_of(table[i].address), got = nat64_embed(&p, &v4);
		assert_true(nat64_prefix_is_good(&p));
		assert_true(ip_equal(&want, &got));
		assert_true(nat64_extract(&p, &want, &back));
		assert_true(ip_equal(&back, &v4));
	}
}

static void every_address_comes_back_from_every_length(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 6052);
	struct rng rng = seeded_rng(&seeded);
	for (int i = 0; i < 2000; i++) {
		struct prefix p = prefix_from(table[i % (int)ARRAY_LEN(table)].prefix);
		struct ip v4 = {.family = 4}, back;
		rng_fill(&rng, v4.b, 4);
		struct ip v6 = nat64_embed(&p, &v4);
		assert_int_equal(v6.b[8], 0);
		assert_true(prefix_contains(&p, &v6));
		assert_true(nat64_extract(&p, &v6, &back));
		assert_true(ip_equal(&back, &v4));
	}
}

static void what_was_not_made_by_embedding_is_no_ipv4_address(void **state)
{
	static const struct {
		const char *prefix, *address;
	} not_ours[] = {
		{"2001:db8::/32", "2001:db8:c000:221:ff00::"},             /* octet 8 */
		{"2001:db8::/32", "2001:db8:c000:221::1"},                 /* suffix */
		{"2001:db8:100::/40", "2001:db8:1c0:2:121::"},             /* octet 8 */
		{"2001:db8:122::/48", "2001:db8:122:c000:2:2100:0:1"},     /* suffix */
		{"2001:db8:122:344::/64", "2001:db8:122:345:c0:2:2100::"}, /* another network */
		{"64:ff9b::/96", "64:ff9b:0:0:0:1:c000:221"},
		{"64:ff9b::/96", "192.0.2.33"},
	};
	struct ip v4 = ip_of("9.9.9.9");
	for (size_t i = 0; i < ARRAY_LEN(not_ours); i++) {
		struct prefix p = prefix_from(not_ours[i].prefix);
		struct ip v6 = ip_of(not_ours[i].address);
		assert_false(nat64_extract(&p, &v6, &v4));
	}
	struct ip untouched = ip_of("9.9.9.9");
	assert_true(ip_equal(&v4, &untouched));
}

static void only_prefixes_that_can_be_are_good(void **state)
{
	static const char *const good[] = {"64:ff9b::/96", "64:ff9b:1::/48", "64:ff9b:1:abcd::/96",
					   "fd00:64::/96", "2001:db8::/32",  "2a00:1:2:300::/56"};
	static const char *const bad[] = {
		"::/96", /* IPv4-compatible */
		"::/32",         "64:ff9b::/64",  "64:ff9c::/96",
		"fe80::/64",     "ff0e::/96",     "100::/64",
		"2001:db8::/33", "2001:db8::/44", "2001:db8::/128",
		"2001:db8::/0",  "10.0.0.0/8",    "2001:db8:0:0:100::/96", /* octet 8 */
	};
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		struct prefix p = prefix_from(good[i]);
		assert_true(nat64_prefix_is_good(&p));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct prefix p = prefix_from(bad[i]);
		assert_false(nat64_prefix_is_good(&p));
	}
}

/* RFC 6052 section 3.1, RFC 5735 section 3, RFC 6598. */
static void the_well_known_prefix_stands_before_global_addresses_only(void **state)
{
	static const struct {
		const char *v4;
		bool well_known, own;
	} v[] = {
		{"8.8.8.8", true, true},       {"10.1.2.3", false, true},
		{"172.16.0.1", false, true},   {"172.32.0.1", true, true},
		{"192.168.0.1", false, true},  {"100.63.255.255", true, true},
		{"100.64.0.1", false, true},   {"100.127.255.255", false, true},
		{"100.128.0.1", true, true},   {"192.0.0.170", false, true},
		{"192.0.1.1", true, true},     {"192.0.2.1", false, true},
		{"192.88.99.1", false, true},  {"198.17.255.255", true, true},
		{"198.18.0.1", false, true},   {"198.19.255.255", false, true},
		{"198.20.0.1", true, true},    {"198.51.100.7", false, true},
		{"203.0.113.7", false, true},  {"203.0.114.1", true, true},
		{"0.0.0.1", false, false},     {"127.0.0.1", false, false},
		{"169.254.1.1", false, false}, {"224.0.0.1", false, false},
		{"240.0.0.1", false, false},
	};
	struct prefix well_known = prefix_from("64:ff9b::/96"), own = prefix_from("2001:db8::/96");
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct ip v4 = ip_of(v[i].v4);
		if (nat64_translates(&well_known, &v4) != v[i].well_known ||
		    nat64_translates(&own, &v4) != v[i].own)
			fail_msg("%s", v[i].v4);
	}
}

/* --- RFC 7050 --- */

static size_t discover(const char *const *texts, size_t n,
		       struct prefix out[static NAT64_PREFIXES_MAX])
{
	struct ip v[16];
	for (size_t i = 0; i < n; i++)
		v[i] = ip_of(texts[i]);
	return nat64_discover(v, n, out);
}

static void a_prefix_of_any_length_is_found_in_the_answer(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct prefix want = prefix_from(table[i].prefix), got[NAT64_PREFIXES_MAX];
		struct ip a = ip_of("192.0.0.170"), b = ip_of("192.0.0.171");
		struct ip v[] = {nat64_embed(&want, &a), nat64_embed(&want, &b)};
		assert_int_equal(nat64_discover(v, 2, got), 1);
		assert_true(prefix_equal(&got[0], &want));
		assert_int_equal(nat64_discover(v + 1, 1, got), 1);
		assert_true(prefix_equal(&got[0], &want));
	}
}

static void several_prefixes_are_found_in_order(void **state)
{
	static const char *const v[] = {"2001:db8:1::192.0.0.171", "64:ff9b::192.0.0.170",
					"2001:db8:1::192.0.0.170", "2001:db8:c000:aa::"};
	struct prefix got[NAT64_PREFIXES_MAX];
	struct prefix want[] = {prefix_from("2001:db8:1::/96"), prefix_from("64:ff9b::/96"),
				prefix_from("2001:db8::/32")};
	assert_int_equal(discover(v, ARRAY_LEN(v), got), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(prefix_equal(&got[i], &want[i]));
}

static void more_prefixes_than_there_is_room_for_are_left_out(void **state)
{
	struct ip v[12];
	struct prefix got[NAT64_PREFIXES_MAX];
	struct ip well_known = ip_of("192.0.0.170");
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct prefix p = prefix_from("2001:db8::/96");
		p.ip.b[5] = (uint8_t)i;
		v[i] = nat64_embed(&p, &well_known);
	}
	assert_int_equal(nat64_discover(v, ARRAY_LEN(v), got), NAT64_PREFIXES_MAX);
}

static void bogus_and_ambiguous_answers_give_nothing(void **state)
{
	static const char *const v[] = {
		"2001:db8::192.0.0.172",         /* another address */
		"2001:db8::1",                   /* of a server that answers every name */
		"192.0.0.170",                   /* no IPv6 at all */
		"::192.0.0.170",                 /* no prefix */
		"ff0e::192.0.0.171",             /* multicast */
		"fe80::192.0.0.170",             /* link-local */
		"2001:db8:c000:aa:100::",        /* octet 8 */
		"2001:db8:c000:aa::192.0.0.172", /* at one place, and a suffix */
		"2001:db8:c000:aa:0:1::",
	};
	struct prefix got[NAT64_PREFIXES_MAX];
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		assert_int_equal(discover(&v[i], 1, got), 0);
	/* At two places: the longer prefix is the only one without a suffix. */
	static const char *const twice[] = {"2001:db8:c000:aa::192.0.0.170"};
	struct prefix want = prefix_from("2001:db8:c000:aa::/96");
	assert_int_equal(discover(twice, 1, got), 1);
	assert_true(prefix_equal(&got[0], &want));
	assert_int_equal(nat64_discover(NULL, 0, got), 0);
}

/* --- RFC 8781 --- */

static bool read_hex(const char *hex, struct prefix *p, uint32_t *lifetime_s)
{
	uint8_t b[64];
	size_t n = unhex(b, sizeof(b), hex);
	return pref64_read((struct bytes){b, n}, p, lifetime_s);
}

static void the_option_of_a_router_is_read(void **state)
{
	static const struct {
		const char *hex, *prefix;
		uint32_t lifetime_s;
	} v[] = {
		{"26 02 0708 0064ff9b 00000000 00000000", "64:ff9b::/96", 1800},
		{"26 02 0709 20010db8 01220344 00000000", "2001:db8:122:344::/64", 1800},
		{"26 02 070a 20010db8 01220300 00000000", "2001:db8:122:300::/56", 1800},
		{"26 02 070b 20010db8 01220000 00000000", "2001:db8:122::/48", 1800},
		{"26 02 070c 20010db8 01000000 00000000", "2001:db8:100::/40", 1800},
		{"26 02 070d 20010db8 00000000 00000000", "2001:db8::/32", 1800},
		{"26 02 fff8 0064ff9b 00000000 00000000", "64:ff9b::/96", 65528},
		{"26 02 0000 0064ff9b 00000000 00000000", "64:ff9b::/96", 0},
		{"26 02 0009 20010db8 01220344 00ffffff", "2001:db8:122:344::/64",
		 8}, /* more bits than meant */
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct prefix p, want = prefix_from(v[i].prefix);
		uint32_t lifetime_s;
		assert_true(read_hex(v[i].hex, &p, &lifetime_s));
		assert_true(prefix_equal(&p, &want));
		assert_int_equal(lifetime_s, v[i].lifetime_s);
	}
}

static void what_is_no_such_option_is_left_alone(void **state)
{
	static const char *const v[] = {
		"",
		"26",
		"26 02 0708 0064ff9b 00000000 000000",     /* too short */
		"26 02 0708 0064ff9b 00000000 0000000000", /* too long */
		"25 02 0708 0064ff9b 00000000 00000000",   /* another option */
		"26 03 0708 0064ff9b 00000000 00000000",   /* its length is wrong */
		"26 02 070e 20010db8 00000000 00000000",   /* reserved codes of length */
		"26 02 070f 20010db8 00000000 00000000",
		"26 02 0708 fe800000 00000000 00000000", /* no prefix for this */
		"26 02 0708 20010db8 00000000 01000000", /* octet 8 */
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct prefix p = prefix_from("10.0.0.0/8"), same = p;
		uint32_t lifetime_s = 7;
		assert_false(read_hex(v[i], &p, &lifetime_s));
		assert_true(prefix_equal(&p, &same));
		assert_int_equal(lifetime_s, 7);
	}
}

static void an_option_that_is_written_reads_the_same(void **state)
{
	static const struct {
		uint32_t lifetime_s, back_s;
	} lives[] = {{0, 0}, {1, 8}, {8, 8}, {1801, 1808}, {65528, 65528}, {4000000000u, 65528}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		for (size_t k = 0; k < ARRAY_LEN(lives); k++) {
			uint8_t b[PREF64_OPTION_LEN];
			struct wr w = wr_of(b, sizeof(b));
			struct prefix p = prefix_from(table[i].prefix), got;
			uint32_t lifetime_s;
			assert_true(pref64_write(&w, &p, lives[k].lifetime_s));
			assert_int_equal(w.n, PREF64_OPTION_LEN);
			assert_true(pref64_read(wr_done(&w), &got, &lifetime_s));
			assert_true(prefix_equal(&p, &got));
			assert_int_equal(lifetime_s, lives[k].back_s);
		}
	uint8_t b[PREF64_OPTION_LEN];
	struct wr w = wr_of(b, sizeof(b)), narrow = wr_of(b, 15);
	struct prefix bad = prefix_from("2001:db8::/33"), p = prefix_from("64:ff9b::/96");
	assert_false(pref64_write(&w, &bad, 8));
	assert_false(pref64_write(&narrow, &p, 8));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_addresses_are_those_of_the_rfc),
	cmocka_unit_test(every_address_comes_back_from_every_length),
	cmocka_unit_test(what_was_not_made_by_embedding_is_no_ipv4_address),
	cmocka_unit_test(only_prefixes_that_can_be_are_good),
	cmocka_unit_test(the_well_known_prefix_stands_before_global_addresses_only),
	cmocka_unit_test(a_prefix_of_any_length_is_found_in_the_answer),
	cmocka_unit_test(several_prefixes_are_found_in_order),
	cmocka_unit_test(more_prefixes_than_there_is_room_for_are_left_out),
	cmocka_unit_test(bogus_and_ambiguous_answers_give_nothing),
	cmocka_unit_test(the_option_of_a_router_is_read),
	cmocka_unit_test(what_is_no_such_option_is_left_alone),
	cmocka_unit_test(an_option_that_is_written_reads_the_same),
};
RUN_TESTS(tests)

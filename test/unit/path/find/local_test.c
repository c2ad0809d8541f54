#include "path/find/local.h"
#include "unit/path/find/found.h"

struct local_row {
	const char *interfaces; /* address/bits, separated by spaces */
	const char *candidates;
};

static const struct local_row local_rows[] = {
	{"", ""},
	{"192.168.1.5/24", "192.168.1.5:7"},
	{"10.1.0.2/8 192.168.1.5/24 203.0.113.4/24", "10.1.0.2:7 192.168.1.5:7 203.0.113.4:7"},
	/* IPv4 first, each by address, each once */
	{"2001:db8::9/64 203.0.113.4/24 10.1.0.2/8 10.1.0.2/8",
	 "10.1.0.2:7 203.0.113.4:7 [2001:db8::9]:7"},
	{"10.1.0.2/8 10.1.0.2/16", "10.1.0.2:7"},
	/* never */
	{"fe80::1/64 192.168.1.5/24", "192.168.1.5:7"},
	{"fe80::1/64", ""},
	{"224.0.0.5/24 ff02::1/64", ""},
	{"100.64.0.7/32 fd7a:115c:a1e0::7/128 192.168.1.5/24", "192.168.1.5:7"},
	{"fd7a:115c:a1e0:ffff::7/128", ""},
	{"fd7a:115c:a1e1::7/64", "[fd7a:115c:a1e1::7]:7"},
	/* a carrier's */
	{"100.64.0.7/16 fd7a:115c:a1e0::7/128", "100.64.0.7:7"},
	{"100.64.0.7/16 2001:db8::5/64", "100.64.0.7:7 [2001:db8::5]:7"},
	{"100.64.0.7/16 169.254.1.2/16 fd00::1/64", "100.64.0.7:7"},
	{"100.64.0.7/16 127.0.0.1/8", "100.64.0.7:7"},
	{"100.63.0.7/16 100.128.0.7/16", "100.63.0.7:7 100.128.0.7:7"},
	{"100.127.255.254/16 100.128.0.7/16", "100.128.0.7:7"},
	/* only if there is nothing better */
	{"169.254.7.7/16 192.168.1.5/24 fd00::1/64", "192.168.1.5:7"},
	{"169.254.7.7/16 fd00::1/64 127.0.0.1/8", "169.254.7.7:7 [fd00::1]:7"},
	{"169.254.7.7/16 2001:db8::1/64", "[2001:db8::1]:7"},
	{"127.0.0.1/8 ::1/128", "127.0.0.1:7 [::1]:7"},
	{"127.0.0.1/8 192.168.1.5/24", "192.168.1.5:7"},
	/* two of each IPv6 subnet, by address */
	{"2001:db8::1/64 2001:db8::2/64 2001:db8::3/64 2001:db8:1::1/64",
	 "[2001:db8::1]:7 [2001:db8::2]:7 [2001:db8:1::1]:7"},
	{"2001:db8::3/64 2001:db8::2/64 2001:db8::1/64", "[2001:db8::1]:7 [2001:db8::2]:7"},
	{"2001:db8::1/128 2001:db8::2/128 2001:db8::3/128",
	 "[2001:db8::1]:7 [2001:db8::2]:7 [2001:db8::3]:7"},
	/* of IPv4 all */
	{"10.0.0.1/8 10.0.0.2/8 10.0.0.3/8", "10.0.0.1:7 10.0.0.2:7 10.0.0.3:7"},
};

static void interface_addresses_become_candidates_by_the_table(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(local_rows); i++) {
		struct local_finder f = {.port = 7};
		struct own_address v[OWN_ADDRESSES_MAX];
		struct candidates c = {.n = 0};
		local_set(&f, v, interfaces_of(local_rows[i].interfaces, v));
		local_finder.candidates(&f, &c);
		expect_found(&c, local_rows[i].candidates);
		for (size_t k = 0; k < c.n; k++)
			assert_int_equal(c.v[k].kind, CANDIDATE_LOCAL);
	}
}

static void only_another_set_of_usable_addresses_is_a_change(void **state)
{
	struct local_finder f = {.port = 7};
	struct own_address v[OWN_ADDRESSES_MAX];
	assert_false(local_set(&f, NULL, 0));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.5/24 10.0.0.1/8", v)));
	assert_false(local_set(&f, v, interfaces_of("10.0.0.1/8 192.168.1.5/24", v)));
	assert_false(local_set(
		&f, v, interfaces_of("10.0.0.1/8 100.64.0.1/32 192.168.1.5/24 fe80::1/64", v)));
	assert_true(local_set(&f, v, interfaces_of("10.0.0.9/8 192.168.1.5/24", v)));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.5/24", v)));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.6/24", v)));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.6/16", v)));
	assert_true(local_set(&f, NULL, 0));
	assert_false(local_set(&f, NULL, 0));
}

/* The carrier's address was hidden behind the usual one. */
static void the_last_usual_address_that_goes_brings_the_carriers(void **state)
{
	struct local_finder f = {.port = 7};
	struct own_address v[OWN_ADDRESSES_MAX];
	struct candidates c = {.n = 0};
	assert_true(local_set(&f, v, interfaces_of("100.64.0.7/16 192.168.1.5/24", v)));
	assert_true(local_set(&f, v, interfaces_of("100.64.0.7/16", v)));
	local_finder.candidates(&f, &c);
	expect_found(&c, "100.64.0.7:7");
}

/* Some systems give the loopback interface an address of the network. */
static void an_address_of_the_loopback_interface_is_the_last_resort(void **state)
{
	struct local_finder f = {.port = 7};
	struct own_address v[OWN_ADDRESSES_MAX];
	struct candidates c = {.n = 0};
	size_t n = interfaces_of("203.0.113.4/32 192.168.1.5/24", v);
	v[0].loopback = true;
	local_set(&f, v, n);
	local_finder.candidates(&f, &c);
	expect_found(&c, "192.168.1.5:7");
	c.n = 0;
	local_set(&f, v, 1);
	local_finder.candidates(&f, &c);
	expect_found(&c, "203.0.113.4:7");
}

static void an_interface_without_an_address_is_left_out(void **state)
{
	struct local_finder f = {.port = 7};
	assert_false(local_set(&f, &(struct own_address){.bits = 24}, 1));
	assert_int_equal(f.n, 0);
}

static void without_a_port_there_is_no_local_candidate(void **state)
{
	struct local_finder f = {.port = 0};
	struct own_address v[OWN_ADDRESSES_MAX];
	struct candidates c = {.n = 0};
	local_set(&f, v, interfaces_of("192.168.1.5/24", v));
	local_finder.candidates(&f, &c);
	assert_int_equal(c.n, 0);
	f.port = 8;
	local_finder.candidates(&f, &c);
	expect_found(&c, "192.168.1.5:8");
}

static void more_addresses_than_there_is_room_for_are_bounded(void **state)
{
	struct local_finder f = {.port = 7};
	struct own_address v[OWN_ADDRESSES_MAX + 40];
	struct candidates c = {.n = 0};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = (struct own_address){.ip = ip_v4(10, 0, 0, (uint8_t)i), .bits = 8};
	assert_true(local_set(&f, v, ARRAY_LEN(v)));
	assert_int_equal(f.n, OWN_ADDRESSES_MAX);
	assert_false(local_set(&f, v, ARRAY_LEN(v)));
	local_finder.candidates(&f, &c);
	assert_int_equal(c.n, CANDIDATES_MAX);
}

/* Addresses that can never be candidates take no room from those that can. */
static void many_useless_addresses_hide_no_useful_one(void **state)
{
	struct local_finder f = {.port = 7};
	struct own_address v[OWN_ADDRESSES_MAX + 1];
	struct candidates c = {.n = 0};
	for (size_t i = 0; i < OWN_ADDRESSES_MAX; i++) {
		v[i] = (struct own_address){.ip = ip_of("fe80::1"), .bits = 64};
		v[i].ip.b[15] = (uint8_t)i;
	}
	v[OWN_ADDRESSES_MAX] = (struct own_address){.ip = ip_of("192.168.1.5"), .bits = 24};
	assert_true(local_set(&f, v, ARRAY_LEN(v)));
	local_finder.candidates(&f, &c);
	expect_found(&c, "192.168.1.5:7");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(interface_addresses_become_candidates_by_the_table),
	cmocka_unit_test(only_another_set_of_usable_addresses_is_a_change),
	cmocka_unit_test(the_last_usual_address_that_goes_brings_the_carriers),
	cmocka_unit_test(an_address_of_the_loopback_interface_is_the_last_resort),
	cmocka_unit_test(an_interface_without_an_address_is_left_out),
	cmocka_unit_test(without_a_port_there_is_no_local_candidate),
	cmocka_unit_test(more_addresses_than_there_is_room_for_are_bounded),
	cmocka_unit_test(many_useless_addresses_hide_no_useful_one),
};
RUN_TESTS(tests)

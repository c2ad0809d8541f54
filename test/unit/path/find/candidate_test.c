#include "path/find/candidate.h"
#include "unit/candidates.h"
#include "unit/path/find/found.h"

static void a_list_keeps_each_endpoint_once_with_what_found_it_first(void **state)
{
	struct candidates c = {.n = 0};
	struct endpoint a = ep_of("192.0.2.1:1"), b = ep_of("192.0.2.2:1");
	candidates_add(&c, &a, CANDIDATE_STUN);
	candidates_add(&c, &a, CANDIDATE_LOCAL);
	candidates_add_near(&c, &a, CANDIDATE_PORTMAP);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.v[0].kind, CANDIDATE_STUN);
	assert_false(c.v[0].near);
	assert_false(candidates_have(&c, &b));
	candidates_add(&c, &b, CANDIDATE_LOCAL);
	expect_found(&c, "192.0.2.1:1 192.0.2.2:1");
}

static void the_port_and_the_link_make_another_endpoint(void **state)
{
	struct candidates c = {.n = 0};
	struct endpoint a = ep_of("[fe80::1]:1");
	a.scope = 2;
	candidates_add(&c, &a, CANDIDATE_LOCAL);
	a.scope = 3;
	candidates_add(&c, &a, CANDIDATE_LOCAL);
	a.port = 2;
	candidates_add(&c, &a, CANDIDATE_LOCAL);
	assert_int_equal(c.n, 3);
}

static void a_full_list_keeps_the_first_32(void **state)
{
	struct candidates c = {.n = 0};
	struct ip ip = ip_of("192.0.2.1");
	for (uint16_t port = 1; port <= 100; port++)
		candidates_add(&c, &(struct endpoint){ip, port}, CANDIDATE_LOCAL);
	assert_int_equal(c.n, 32);
	assert_int_equal(c.v[0].ep.port, 1);
	assert_int_equal(c.v[31].ep.port, 32);
	candidates_add_near(&c, &(struct endpoint){ip, 200}, CANDIDATE_LOCAL);
	assert_int_equal(c.n, 32);
}

static void a_near_candidate_says_so(void **state)
{
	struct candidates c = {.n = 0};
	struct endpoint a = ep_of("192.0.2.1:1");
	candidates_add_near(&c, &a, CANDIDATE_PORTMAP);
	assert_true(c.v[0].near);
	assert_int_equal(c.v[0].kind, CANDIDATE_PORTMAP);
}

static void sets_are_the_same_in_any_order_and_of_any_kind(void **state)
{
	struct candidates c = {.n = 0}, d = {.n = 0};
	struct endpoint a = ep_of("192.0.2.1:1"), b = ep_of("192.0.2.2:1");
	assert_true(candidates_same_set(&c, &d));
	candidates_add(&c, &a, CANDIDATE_STUN);
	candidates_add(&c, &b, CANDIDATE_LOCAL);
	candidates_add(&d, &b, CANDIDATE_FIXED);
	candidates_add(&d, &a, CANDIDATE_LOCAL);
	assert_true(candidates_same_set(&c, &d));
	assert_true(candidates_same_set(&d, &c));
}

static void a_set_with_more_less_or_other_endpoints_is_another(void **state)
{
	struct candidates c = {.n = 0}, d = {.n = 0};
	struct endpoint a = ep_of("192.0.2.1:1"), b = ep_of("192.0.2.2:1");
	candidates_add(&c, &a, CANDIDATE_LOCAL);
	assert_false(candidates_same_set(&c, &d));
	assert_false(candidates_same_set(&d, &c));
	candidates_add(&d, &b, CANDIDATE_LOCAL);
	assert_false(candidates_same_set(&c, &d));
	d.v[0].ep = a;
	assert_true(candidates_same_set(&c, &d));
	d.v[0].ep.port = 9;
	assert_false(candidates_same_set(&c, &d));
}

/* Other peers are told of it, so the change must be noticed. */
static void an_endpoint_that_is_near_in_one_set_only_makes_another(void **state)
{
	struct candidates c = {.n = 0}, d = {.n = 0};
	struct endpoint a = ep_of("192.0.2.1:1");
	candidates_add(&c, &a, CANDIDATE_PORTMAP);
	candidates_add_near(&d, &a, CANDIDATE_PORTMAP);
	assert_false(candidates_same_set(&c, &d));
	assert_false(candidates_same_set(&d, &c));
}

static void every_kind_has_a_name(void **state)
{
	assert_string_equal(candidate_kind_name(CANDIDATE_LOCAL), "local");
	assert_string_equal(candidate_kind_name(CANDIDATE_STUN), "stun");
	assert_string_equal(candidate_kind_name(CANDIDATE_PORTMAP), "portmap");
	assert_string_equal(candidate_kind_name(CANDIDATE_STUN_LOCAL_PORT), "stun+localport");
	assert_string_equal(candidate_kind_name(CANDIDATE_FIXED), "fixed");
	assert_string_equal(candidate_kind_name(CANDIDATE_UNKNOWN), "unknown");
	assert_string_equal(candidate_kind_name((enum candidate_kind)77), "unknown");
}

/* disco.md 5.1 */
static void kinds_have_the_numbers_of_stock_control_servers(void **state)
{
	assert_int_equal(CANDIDATE_UNKNOWN, 0);
	assert_int_equal(CANDIDATE_LOCAL, 1);
	assert_int_equal(CANDIDATE_STUN, 2);
	assert_int_equal(CANDIDATE_PORTMAP, 3);
	assert_int_equal(CANDIDATE_STUN_LOCAL_PORT, 4);
	assert_int_equal(CANDIDATE_FIXED, 5);
}

static void a_peer_can_be_at_any_unicast_address_with_a_port(void **state)
{
	static const struct {
		const char *ep;
		bool plausible, near_loopback;
	} rows[] = {
		{"192.0.2.1:1", true, true},        {"192.0.2.1:65535", true, true},
		{"192.0.2.1:0", false, false},      {"0.0.0.0:7", false, false},
		{"0.0.0.1:7", true, true},          {"255.255.255.255:7", false, false},
		{"255.255.255.254:7", true, true},  {"223.255.255.255:7", true, true},
		{"224.0.0.1:7", false, false},      {"239.255.255.255:7", false, false},
		{"10.0.0.1:7", true, true},         {"100.64.0.1:7", true, true},
		{"169.254.1.1:7", true, true},      {"127.0.0.1:7", false, true},
		{"127.255.255.255:7", false, true}, {"[::]:7", false, false},
		{"[::1]:7", false, true},           {"[::2]:7", true, true},
		{"[2001:db8::1]:7", true, true},    {"[2001:db8::1]:0", false, false},
		{"[fd00::1]:7", true, true},        {"[fe80::1]:7", false, false},
		{"[febf::1]:7", false, false},      {"[ff02::1]:7", false, false},
		{"[ffff:ffff::1]:7", false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct endpoint ep = ep_of(rows[i].ep);
		if (candidate_is_plausible(&ep, false) != rows[i].plausible ||
		    candidate_is_plausible(&ep, true) != rows[i].near_loopback)
			fail_msg("%s", rows[i].ep);
	}
}

static void nobody_is_at_an_endpoint_without_an_address(void **state)
{
	assert_false(candidate_is_plausible(&(struct endpoint){.port = 7}, true));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_list_keeps_each_endpoint_once_with_what_found_it_first),
	cmocka_unit_test(the_port_and_the_link_make_another_endpoint),
	cmocka_unit_test(a_full_list_keeps_the_first_32),
	cmocka_unit_test(a_near_candidate_says_so),
	cmocka_unit_test(sets_are_the_same_in_any_order_and_of_any_kind),
	cmocka_unit_test(a_set_with_more_less_or_other_endpoints_is_another),
	cmocka_unit_test(an_endpoint_that_is_near_in_one_set_only_makes_another),
	cmocka_unit_test(every_kind_has_a_name),
	cmocka_unit_test(kinds_have_the_numbers_of_stock_control_servers),
	cmocka_unit_test(a_peer_can_be_at_any_unicast_address_with_a_port),
	cmocka_unit_test(nobody_is_at_an_endpoint_without_an_address),
};
RUN_TESTS(tests)

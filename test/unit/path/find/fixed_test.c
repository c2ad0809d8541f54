#include "path/find/fixed.h"
#include "unit/path/find/found.h"

static void what_the_configuration_lists_is_a_candidate_in_its_order(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v[] = {ep_of("198.51.100.9:9"), ep_of("[2001:db8::1]:1"),
			       ep_of("198.51.100.1:5")};
	fixed_set(&f, v, 3);
	fixed_finder.candidates(&f, &c);
	expect_found(&c, "198.51.100.9:9 [2001:db8::1]:1 198.51.100.1:5");
	for (size_t i = 0; i < c.n; i++)
		assert_int_equal(c.v[i].kind, CANDIDATE_FIXED);
}

static void an_endpoint_without_address_or_port_is_left_out(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v[] = {{.port = 4}, ep_of("198.51.100.9:0"), ep_of("198.51.100.9:9")};
	fixed_set(&f, v, 3);
	fixed_finder.candidates(&f, &c);
	expect_found(&c, "198.51.100.9:9");
}

static void an_endpoint_that_stands_twice_is_one_candidate(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v[] = {ep_of("198.51.100.9:9"), ep_of("198.51.100.9:9")};
	fixed_set(&f, v, 2);
	fixed_finder.candidates(&f, &c);
	expect_found(&c, "198.51.100.9:9");
}

static void a_new_list_replaces_the_old_one(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v[] = {ep_of("198.51.100.9:9"), ep_of("198.51.100.8:8")};
	fixed_set(&f, v, 2);
	fixed_set(&f, v + 1, 1);
	fixed_finder.candidates(&f, &c);
	expect_found(&c, "198.51.100.8:8");
	c.n = 0;
	fixed_set(&f, NULL, 0);
	fixed_finder.candidates(&f, &c);
	expect_found(&c, "");
}

static void the_list_is_copied(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v = ep_of("198.51.100.9:9");
	fixed_set(&f, &v, 1);
	v.port = 1;
	fixed_finder.candidates(&f, &c);
	expect_found(&c, "198.51.100.9:9");
}

static void a_list_that_is_too_long_keeps_the_first(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v[CANDIDATES_MAX + 8];
	for (uint16_t i = 0; i < ARRAY_LEN(v); i++)
		v[i] = (struct endpoint){ip_of("198.51.100.9"), (uint16_t)(i + 1)};
	fixed_set(&f, v, ARRAY_LEN(v));
	fixed_finder.candidates(&f, &c);
	assert_int_equal(c.n, CANDIDATES_MAX);
	assert_int_equal(c.v[0].ep.port, 1);
	assert_int_equal(c.v[CANDIDATES_MAX - 1].ep.port, CANDIDATES_MAX);
}

/* Another finder saw it already, and what saw it says more than what a person wrote. */
static void what_was_found_before_keeps_its_kind(void **state)
{
	struct fixed_finder f = {0};
	struct candidates c = {.n = 0};
	struct endpoint v = ep_of("198.51.100.9:9");
	candidates_add(&c, &v, CANDIDATE_STUN);
	fixed_set(&f, &v, 1);
	fixed_finder.candidates(&f, &c);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.v[0].kind, CANDIDATE_STUN);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_the_configuration_lists_is_a_candidate_in_its_order),
	cmocka_unit_test(an_endpoint_without_address_or_port_is_left_out),
	cmocka_unit_test(an_endpoint_that_stands_twice_is_one_candidate),
	cmocka_unit_test(a_new_list_replaces_the_old_one),
	cmocka_unit_test(the_list_is_copied),
	cmocka_unit_test(a_list_that_is_too_long_keeps_the_first),
	cmocka_unit_test(what_was_found_before_keeps_its_kind),
};
RUN_TESTS(tests)

#include "reach/nat64.h"

#include "unit/addresses.h"

static const mono_ns start = 1000 * SECOND;

static struct own_address interface(const char *text)
{
	struct ip v = ip_of(text);
	return (struct own_address){
		.ip = v, .bits = v.family == 4 ? 24 : 64, .loopback = ip_is_loopback(&v)};
}

/* A machine with these addresses, NULL ends the list. */
static void set(struct nat64 *n, const char *const *texts, mono_ns now)
{
	struct own_address v[8];
	size_t count = 0;
	while (texts[count]) {
		v[count] = interface(texts[count]);
		count++;
	}
	nat64_set_interfaces(n, v, count, now);
}

static const char *const only6[] = {"::1", "127.0.0.1", "fe80::1", "2001:db8::5", NULL};
static const char *const both[] = {"2001:db8::5", "192.168.1.20", NULL};

static struct nat64 in_ipv6(void)
{
	struct nat64 n;
	nat64_init(&n);
	set(&n, only6, start);
	assert_true(nat64_wants_lookup(&n, start));
	return n;
}

/* DNS answers with these addresses; whether another prefix is in use then. */
static bool answer(struct nat64 *n, const char *a, const char *b, uint32_t ttl_s, mono_ns now)
{
	struct ip v[2];
	size_t count = 0;
	if (a)
		v[count++] = ip_of(a);
	if (b)
		v[count++] = ip_of(b);
	nat64_answer(n, v, count, ttl_s, false, now);
	return nat64_settle(n, now);
}

static bool uses(const struct nat64 *n, const char *text)
{
	const struct prefix *p = nat64_prefix(n);
	if (!text || !p)
		return !text && !p;
	struct prefix want = prefix_from(text);
	return prefix_equal(p, &want);
}

static void it_asks_only_where_ipv6_is_all_there_is(void **state)
{
	static const struct {
		const char *addresses[6];
		bool asks;
	} v[] = {
		{{NULL}, false},
		{{"127.0.0.1", "::1", NULL}, false},
		{{"fe80::1", NULL}, false},
		{{"192.168.1.20", NULL}, false},
		{{"192.168.1.20", "2001:db8::5", NULL}, false},
		{{"2001:db8::5", "192.0.0.1", NULL}, false}, /* a CLAT */
		{{"2001:db8::5", "100.64.1.1", NULL}, false},
		{{"2001:db8::5", "127.0.0.1", "169.254.3.4", NULL}, true},
		{{"fd00::5", NULL}, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct nat64 n;
		nat64_init(&n);
		assert_false(nat64_wants_lookup(&n, start));
		set(&n, v[i].addresses, start);
		assert_int_equal(nat64_deadline(&n), v[i].asks ? start : MONO_NEVER);
		assert_int_equal(nat64_wants_lookup(&n, start), v[i].asks);
		assert_false(nat64_wants_lookup(&n, start)); /* once */
	}
}

static void the_prefix_of_the_answer_is_used_and_asked_for_again_before_its_end(void **state)
{
	struct nat64 n = in_ipv6();
	assert_true(answer(&n, "64:ff9b::192.0.0.170", "64:ff9b::192.0.0.171", 3600, start));
	assert_true(uses(&n, "64:ff9b::/96"));
	mono_ns again = start + 3540 * SECOND;
	assert_int_equal(nat64_deadline(&n), again);
	assert_false(nat64_wants_lookup(&n, again - 1));
	assert_true(nat64_wants_lookup(&n, again));
	assert_false(answer(&n, "64:ff9b::192.0.0.170", NULL, 3600,
			    again)); /* the same: nothing changes */
	assert_true(uses(&n, "64:ff9b::/96"));
	assert_false(nat64_settle(&n, again + 3599 * SECOND));
	assert_true(nat64_settle(&n, again + 3600 * SECOND));
	assert_true(uses(&n, NULL));
}

static void a_short_or_endless_life_is_bounded(void **state)
{
	struct nat64 n = in_ipv6();
	assert_true(answer(&n, "64:ff9b::192.0.0.170", NULL, 0, start));
	assert_int_equal(nat64_deadline(&n), start + 48 * SECOND);
	assert_false(nat64_settle(&n, start + 59 * SECOND));
	assert_true(nat64_settle(&n, start + 60 * SECOND));
	assert_true(answer(&n, "64:ff9b::192.0.0.170", NULL, UINT32_MAX, start));
	assert_int_equal(nat64_deadline(&n), start + (86400 - 60) * SECOND);
}

static void a_look_up_that_failed_is_tried_again_with_growing_pauses(void **state)
{
	struct nat64 n = in_ipv6();
	mono_ns now = start;
	static const unsigned pauses_s[] = {5, 10, 20, 40, 80, 160, 320, 600, 600};
	for (size_t i = 0; i < ARRAY_LEN(pauses_s); i++) {
		nat64_answer(&n, NULL, 0, 0, true, now);
		assert_int_equal(nat64_deadline(&n), now + pauses_s[i] * SECOND);
		now = nat64_deadline(&n);
		assert_true(nat64_wants_lookup(&n, now));
	}
	/* Another network: at once, and with short pauses again. */
	nat64_link_changed(&n, now + SECOND);
	assert_true(nat64_wants_lookup(&n, now + SECOND));
	nat64_answer(&n, NULL, 0, 0, true, now);
	assert_int_equal(nat64_deadline(&n), now + 5 * SECOND);
}

static void a_failure_takes_nothing_away_but_an_answer_does(void **state)
{
	struct nat64 n = in_ipv6();
	assert_true(answer(&n, "64:ff9b::192.0.0.170", NULL, 3600, start));
	nat64_answer(&n, NULL, 0, 0, true, start + SECOND);
	assert_false(nat64_settle(&n, start + SECOND));
	assert_true(uses(&n, "64:ff9b::/96"));
	assert_true(answer(&n, NULL, NULL, 0, start + 2 * SECOND)); /* there is no DNS64 any more */
	assert_true(uses(&n, NULL));
	assert_int_equal(nat64_deadline(&n), start + 602 * SECOND);
}

static void an_owner_who_does_not_answer_is_asked_again(void **state)
{
	struct nat64 n = in_ipv6();
	assert_int_equal(nat64_deadline(&n), start + 30 * SECOND);
	assert_true(nat64_wants_lookup(&n, start + 30 * SECOND));
}

static void an_ipv4_address_of_our_own_ends_the_use_of_the_prefix(void **state)
{
	struct nat64 n = in_ipv6();
	assert_true(answer(&n, "64:ff9b::192.0.0.170", NULL, 3600, start));
	set(&n, both, start + SECOND);
	assert_true(nat64_settle(&n, start + SECOND));
	assert_true(uses(&n, NULL));
	assert_false(nat64_wants_lookup(&n, start + 4000 * SECOND));
	struct endpoint to = ep_of("203.0.113.7:41641"), same = nat64_out(&n, &to);
	assert_true(endpoint_equal(&same, &to));
	nat64_link_changed(&n, start + 2 * SECOND);
	assert_false(nat64_wants_lookup(&n, start + 2 * SECOND));
	/* And back: what was told still holds, and is asked anew. */
	set(&n, only6, start + 3 * SECOND);
	assert_true(nat64_settle(&n, start + 3 * SECOND));
	assert_true(uses(&n, "64:ff9b::/96"));
	assert_true(nat64_wants_lookup(&n, start + 3 * SECOND));
}

/* A host with a network for its containers, and no way out by IPv4. */
static void ipv4_that_leads_nowhere_does_not_count_but_stays_what_it_is(void **state)
{
	static const char *const host[] = {"2001:db8::5", "172.17.0.1", NULL};
	struct nat64 n;
	nat64_init(&n);
	set(&n, host, start);
	assert_false(nat64_wants_lookup(&n, start));
	nat64_set_route4(&n, false, start);
	assert_true(nat64_wants_lookup(&n, start));
	assert_true(answer(&n, "2001:db8:64::192.0.0.170", NULL, 3600, start));
	struct endpoint far = ep_of("203.0.113.7:41641"), near = ep_of("172.17.0.9:41641");
	struct endpoint far6 = nat64_out(&n, &far), near4 = nat64_out(&n, &near);
	assert_int_equal(far6.ip.family, 6);
	assert_true(endpoint_equal(&near4, &near));
	struct endpoint odd = ep_of("[2001:db8:64::172.17.0.9]:1"), same = nat64_in(&n, &odd);
	assert_true(endpoint_equal(&odd, &same)); /* it would not be answered to there */
	nat64_set_route4(&n, true, start + SECOND);
	assert_true(nat64_settle(&n, start + SECOND));
	assert_true(uses(&n, NULL));
}

static void the_router_is_believed_before_dns(void **state)
{
	struct nat64 n = in_ipv6();
	struct prefix router = prefix_from("2001:db8:64::/96"), bad = prefix_from("2001:db8::/33");
	assert_true(answer(&n, "64:ff9b::192.0.0.170", NULL, 3600, start));
	nat64_advertised(&n, &bad, 1800, start);
	assert_false(nat64_settle(&n, start));
	nat64_advertised(&n, &router, 600, start);
	assert_true(nat64_settle(&n, start));
	assert_true(uses(&n, "2001:db8:64::/96"));
	/* DNS says something new meanwhile: no matter. */
	assert_false(answer(&n, "2001:db8:9::192.0.0.170", NULL, 3600, start + SECOND));
	assert_true(nat64_settle(&n, start + 600 * SECOND));
	assert_true(uses(&n, "2001:db8:9::/96"));
	/* A lifetime of zero takes it back. */
	nat64_advertised(&n, &router, 600, start + 700 * SECOND);
	assert_true(nat64_settle(&n, start + 700 * SECOND));
	nat64_advertised(&n, &router, 0, start + 701 * SECOND);
	assert_true(nat64_settle(&n, start + 701 * SECOND));
	assert_true(uses(&n, "2001:db8:9::/96"));
	nat64_advertised(&n, &router, 0, start + 702 * SECOND); /* twice */
	assert_false(nat64_settle(&n, start + 702 * SECOND));
}

static void what_another_network_told_gives_way_to_what_this_one_tells(void **state)
{
	struct nat64 n = in_ipv6();
	struct prefix there = prefix_from("2001:db8:a::/96"), here = prefix_from("2001:db8:b::/96");
	nat64_advertised(&n, &there, 60000, start);
	assert_true(nat64_settle(&n, start));
	/* The same network perhaps: until something else is told it holds. */
	nat64_link_changed(&n, start + 100 * SECOND);
	assert_false(nat64_settle(&n, start + 100 * SECOND));
	assert_true(answer(&n, "64:ff9b::192.0.0.170", NULL, 3600, start + 101 * SECOND));
	assert_true(uses(&n, "64:ff9b::/96"));
	/* It tells again. */
	nat64_advertised(&n, &there, 60000, start + 102 * SECOND);
	assert_true(nat64_settle(&n, start + 102 * SECOND));
	/* The new router spoke before the change was noticed. */
	nat64_advertised(&n, &here, 60000, start + 199 * SECOND);
	assert_false(nat64_settle(&n, start + 199 * SECOND));
	nat64_link_changed(&n, start + 200 * SECOND);
	assert_true(nat64_settle(&n, start + 200 * SECOND));
	assert_true(uses(&n, "2001:db8:b::/96"));
}

static void answers_in_another_order_do_not_move_the_traffic(void **state)
{
	struct nat64 n = in_ipv6();
	assert_true(answer(&n, "64:ff9b::192.0.0.170", "2001:db8:1::192.0.0.170", 3600, start));
	assert_true(uses(&n, "64:ff9b::/96"));
	assert_false(answer(&n, "2001:db8:1::192.0.0.170", "64:ff9b::192.0.0.170", 3600,
			    start + SECOND));
	assert_true(uses(&n, "64:ff9b::/96"));
	assert_true(answer(&n, "2001:db8:1::192.0.0.170", NULL, 3600, start + 2 * SECOND));
	assert_true(uses(&n, "2001:db8:1::/96"));
}

static void of_too_many_prefixes_the_one_that_ends_first_goes(void **state)
{
	struct nat64 n = in_ipv6();
	for (unsigned i = 0; i < NAT64_KNOWN_MAX + 2; i++) {
		struct prefix p = prefix_from("2001:db8::/96");
		p.ip.b[5] = (uint8_t)i;
		nat64_advertised(&n, &p, 100 + i, start);
	}
	assert_int_equal(n.n, NAT64_KNOWN_MAX);
	assert_int_equal(nat64_deadline(&n), start + 30 * SECOND); /* the look-up */
	assert_true(nat64_settle(&n, start + 101 * SECOND));       /* 100 and 101 have gone */
	assert_int_equal(n.n, NAT64_KNOWN_MAX);
}

static void what_goes_out_comes_back(void **state)
{
	static const struct {
		const char *prefix, *v4, *v6;
	} v[] = {
		{"64:ff9b::192.0.0.170", "9.9.9.7:41641", "[64:ff9b::909:907]:41641"},
		{"64:ff9b::192.0.0.170", "10.1.2.3:41641",
		 NULL}, /* not global: not by the well-known prefix */
		{"64:ff9b::192.0.0.170", "127.0.0.1:41641", NULL},
		{"2001:db8:1::192.0.0.170", "10.1.2.3:41641", "[2001:db8:1::a01:203]:41641"},
		{"2001:db8:1::192.0.0.170", "169.254.1.1:1", NULL},
		{"2001:db8:1::192.0.0.170", "224.0.0.1:1", NULL},
		{"2001:db8:1::192.0.0.170", "255.255.255.255:1", NULL},
		{"2001:db8:1::192.0.0.170", "0.0.0.0:1", NULL},
		{"2001:db8:1::192.0.0.170", "[2001:db8::7]:9", NULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct nat64 n = in_ipv6();
		assert_true(answer(&n, v[i].prefix, NULL, 3600, start));
		struct endpoint to = ep_of(v[i].v4), want = ep_of(v[i].v6 ? v[i].v6 : v[i].v4);
		struct endpoint out = nat64_out(&n, &to), back = nat64_in(&n, &out);
		assert_true(endpoint_equal(&out, &want));
		assert_true(endpoint_equal(&back, &to));
	}
}

/* Whatever prefix somebody made us believe in, a datagram is answered to where it came from. */
static void what_comes_in_is_answered_to_the_same_place(void **state)
{
	static const char *const from[] = {
		"[2001:db8::7]:9",          "[2001:db8:1::c000:221]:9", "[2001:db8:c000:221::]:9",
		"[2001:db8:c000:221::1]:9", "[2001:db8:7f00:1::]:9",    "[64:ff9b::a01:203]:9",
		"[64:ff9b::cb00:7107]:9",   "[64:ff9b::909:907]:9",     "[2001:db8:1::7f00:1]:9",
		"198.51.100.7:9",           "[2001:db8:e000:1::]:9",    "[2001:db8::]:9",
	};
	static const char *const prefixes[] = {"64:ff9b::192.0.0.170", "2001:db8:1::192.0.0.170",
					       "2001:db8:c000:aa::"};
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct nat64 n = in_ipv6();
		assert_true(answer(&n, prefixes[i], NULL, 3600, start));
		for (size_t k = 0; k < ARRAY_LEN(from); k++) {
			struct endpoint e = ep_of(from[k]), in = nat64_in(&n, &e),
					back = nat64_out(&n, &in);
			if (e.ip.family == 6)
				assert_true(endpoint_equal(&back, &e));
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_asks_only_where_ipv6_is_all_there_is),
	cmocka_unit_test(the_prefix_of_the_answer_is_used_and_asked_for_again_before_its_end),
	cmocka_unit_test(a_short_or_endless_life_is_bounded),
	cmocka_unit_test(a_look_up_that_failed_is_tried_again_with_growing_pauses),
	cmocka_unit_test(a_failure_takes_nothing_away_but_an_answer_does),
	cmocka_unit_test(an_owner_who_does_not_answer_is_asked_again),
	cmocka_unit_test(an_ipv4_address_of_our_own_ends_the_use_of_the_prefix),
	cmocka_unit_test(ipv4_that_leads_nowhere_does_not_count_but_stays_what_it_is),
	cmocka_unit_test(the_router_is_believed_before_dns),
	cmocka_unit_test(what_another_network_told_gives_way_to_what_this_one_tells),
	cmocka_unit_test(answers_in_another_order_do_not_move_the_traffic),
	cmocka_unit_test(of_too_many_prefixes_the_one_that_ends_first_goes),
	cmocka_unit_test(what_goes_out_comes_back),
	cmocka_unit_test(what_comes_in_is_answered_to_the_same_place),
};
RUN_TESTS(tests)

#include "sim/places.h"

#include "unit/unit.h"

static void each_place_has_a_name_and_parameters_that_are_understood(void **state)
{
	for (size_t i = 0; i < places_count(); i++) {
		const struct place *p = &places[i];
		const char *const texts[] = {p->nat,   p->carrier, p->wall6,
					     p->nat64, p->second,  p->second_wall6};
		assert_ptr_equal(place_find(p->name), p);
		for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
			struct nat_config c = {0};
			assert_true(!texts[k] || nat_set_all(&c, texts[k]));
		}
	}
	assert_null(place_find("nowhere"));
}

static const struct {
	const char *a, *b;
	enum place_way way;
} ways[] = {
	{"public", "public", TECHNIQUE_PLAIN},
	{"public", "hard-pool", TECHNIQUE_PLAIN},
	{"firewall", "hard-random", TECHNIQUE_BIRTHDAY},
	{"full-cone", "hard-random", TECHNIQUE_PLAIN},
	{"address-restricted", "hard-random", TECHNIQUE_PLAIN},
	{"address-restricted", "hard-pool", TECHNIQUE_GUESS},
	{"port-restricted", "port-restricted", TECHNIQUE_PLAIN},
	{"port-restricted", "overloading", TECHNIQUE_PLAIN},
	{"port-restricted", "hard-sequential", TECHNIQUE_PREDICT},
	{"port-restricted", "hard-blocks", TECHNIQUE_BLOCK},
	{"port-restricted", "hard-random", TECHNIQUE_BIRTHDAY},
	{"hard-sequential", "hard-sequential", TECHNIQUE_PREDICT},
	{"hard-random", "hard-random", TECHNIQUE_SLOW},
	{"hard-blocks", "hard-sequential", TECHNIQUE_GUESS},
	{"hard-blocks", "hard-random", TECHNIQUE_SLOW},
	{"carrier", "carrier", TECHNIQUE_PLAIN},
	{"same-carrier", "same-carrier", TECHNIQUE_NONE},
	{"same-carrier", "same-carrier-hairpin", TECHNIQUE_PLAIN},
	{"same-carrier-hairpin", "same-carrier-hairpin", TECHNIQUE_PLAIN},
	{"gateway-pcp", "hard-random", TECHNIQUE_PORTMAP},
	{"gateway-upnp", "public", TECHNIQUE_PLAIN},
	{"ipv6-firewall", "two-uplinks", TECHNIQUE_IPV6},
	{"ipv6-nat64", "ipv6-nat64", TECHNIQUE_PLAIN},
	{"ipv6-nat64", "port-restricted", TECHNIQUE_PLAIN},
	{"udp-blocked", "public", TECHNIQUE_NONE},
	{"two-uplinks", "port-restricted", TECHNIQUE_BIRTHDAY},
};

static void what_is_possible_follows_from_the_parameters_of_both_sides(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const struct place *a = place_find(ways[i].a), *b = place_find(ways[i].b);
		assert_non_null(a);
		assert_non_null(b);
		assert_string_equal(place_way_word(place_way(a, b)), place_way_word(ways[i].way));
		assert_int_equal(place_way(b, a), ways[i].way);
	}
}

static bool is_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

/* The nodes of a pair talk for ten seconds. */
static void talk(struct world *w, const char *a, const char *b)
{
	struct household *households[2];
	world_relay(w, 0, NULL);
	places_build(w, place_find(a), place_find(b), &(struct link_config){.delay = 10 * MSEC},
		     households);
	world_know(w, households[0], households[1]);
	world_run(w, 3 * SECOND);
	traffic_start(world_traffic(w, households[0], households[1], 100 * MSEC), world_now(w));
	traffic_start(world_traffic(w, households[1], households[0], 100 * MSEC), world_now(w));
	world_run(w, 10 * SECOND);
	assert_string_equal(w->fault, "");
}

static void each_place_reaches_a_public_host(void **state)
{
	for (size_t i = 0; i < places_count(); i++) {
		struct world *w = world_new(i + 1);
		talk(w, places[i].name, "public");
		assert_true(traffic_first_arrival(&w->traffic[0], 0, false) != MONO_NEVER);
		if (place_way(&places[i], place_find("public")) == TECHNIQUE_PLAIN)
			assert_true(is_direct(w));
		world_free(w);
	}
}

static void what_needs_a_gateway_or_a_nat64_gets_it(void **state)
{
	static const char *const pairs[][2] = {{"gateway-pcp", "port-restricted"},
					       {"gateway-natpmp", "hard-random"},
					       {"gateway-upnp", "gateway-upnp"},
					       {"ipv6-nat64", "port-restricted"}};
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct world *w = world_new(i + 1);
		talk(w, pairs[i][0], pairs[i][1]);
		assert_true(is_direct(w));
		assert_true(pairs[i][0][0] == 'i' || w->households[0].gateway.asked > 0);
		world_free(w);
	}
}

static void neighbours_share_their_carrier(void **state)
{
	struct world *w = world_new(1);
	talk(w, "same-carrier-hairpin", "same-carrier-hairpin");
	assert_ptr_equal(w->households[0].router->parent, w->households[1].router->parent);
	assert_true(is_direct(w));
	world_free(w);
	w = world_new(1);
	talk(w, "same-carrier-hairpin", "same-carrier");
	assert_ptr_not_equal(w->households[0].router->parent, w->households[1].router->parent);
	world_free(w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(each_place_has_a_name_and_parameters_that_are_understood),
	cmocka_unit_test(what_is_possible_follows_from_the_parameters_of_both_sides),
	cmocka_unit_test(each_place_reaches_a_public_host),
	cmocka_unit_test(what_needs_a_gateway_or_a_nat64_gets_it),
	cmocka_unit_test(neighbours_share_their_carrier),
};
RUN_TESTS(tests)

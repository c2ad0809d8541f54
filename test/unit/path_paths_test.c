#include "path_toy.h"

#define TABLE_SEEDS 40

static void traffic_goes_through_the_relay_before_any_probe(void **state)
{
	struct toy *t = toy_new(1, true);
	struct route route;
	paths_route(t->node[0].paths, 0, t->now, &route);
	assert_int_equal(route.n, 1);
	assert_int_equal(route.via[0].kind, VIA_RELAY);
	assert_int_equal(route.via[0].region, TOY_REGION);
	toy_end(t);
}

static void two_behind_nats_become_direct_within_two_seconds(void **state)
{
	for (uint64_t seed = 1; seed <= TABLE_SEEDS; seed++) {
		struct toy *t = toy_new(seed, true);
		mono_ns start = t->now;
		toy_stream(t, 2 * SECOND, true);
		assert_true(toy_direct(t, 0));
		assert_true(toy_direct(t, 1));
		assert_true(t->node[0].first_direct_route - start < 1 * SECOND);
		assert_true(t->node[1].first_direct_route - start < 1 * SECOND);
		toy_end(t);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(traffic_goes_through_the_relay_before_any_probe),
	cmocka_unit_test(two_behind_nats_become_direct_within_two_seconds),
};
RUN_TESTS(tests)

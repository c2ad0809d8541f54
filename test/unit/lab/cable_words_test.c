#include "lab/cable_words.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

static struct cable *cable;

static int make(void **state)
{
	static struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	cable = cable_new(&rng);
	return cable ? 0 : -1;
}

static int drop(void **state)
{
	cable_free(cable);
	return 0;
}

static const struct cable_quality *of(enum cable_way way)
{
	return cable_get(cable, way);
}

static void one_value_is_for_both_ways(void **state)
{
	assert_true(cable_set_by_name(cable, "delay", "25ms"));
	assert_true(cable_set_by_name(cable, "jitter", "1.5ms"));
	for (int way = CABLE_AB; way <= CABLE_BA; way++) {
		assert_int_equal(of(way)->delay, 25 * MSEC);
		assert_int_equal(of(way)->jitter, 1500 * USEC);
	}
}

static void two_values_are_for_a_way_each(void **state)
{
	assert_true(cable_set_by_name(cable, "delay", "25ms/1s"));
	assert_int_equal(of(CABLE_AB)->delay, 25 * MSEC);
	assert_int_equal(of(CABLE_BA)->delay, SECOND);
	assert_true(cable_set_by_name(cable, "loss", "0/100%"));
	assert_int_equal(of(CABLE_AB)->loss_ppm, 0);
	assert_int_equal(of(CABLE_BA)->loss_ppm, CABLE_PPM);
}

static void each_name_sets_its_own_quality(void **state)
{
	assert_true(cable_set_by_name(cable, "delay", "300us"));
	assert_true(cable_set_by_name(cable, "jitter", "2"));
	assert_true(cable_set_by_name(cable, "loss", "2.5%"));
	assert_true(cable_set_by_name(cable, "duplicate", "1"));
	assert_true(cable_set_by_name(cable, "reorder", "0.5%"));
	const struct cable_quality *q = of(CABLE_AB);
	assert_int_equal(q->delay, 300 * USEC);
	assert_int_equal(q->jitter, 2 * MSEC);
	assert_int_equal(q->loss_ppm, 25000);
	assert_int_equal(q->duplicate_ppm, 10000);
	assert_int_equal(q->reorder_ppm, 5000);
}

static void what_is_wrong_changes_nothing(void **state)
{
	static const char *const wrong[][2] = {
		{"delay", ""},         {"delay", "ms"},    {"delay", "-1ms"},   {"delay", "1ms/"},
		{"delay", "1ms/2ms "}, {"delay", "1ms,2"}, {"delay", "nan"},    {"delay", "1e9s"},
		{"loss", "101%"},      {"loss", "-0.1%"},  {"loss", "5%/101%"}, {"loss", "5%%"},
		{"colour", "5"},       {"", "5"},          {"delay", "5%"},     {"loss", "5ms"},
	};
	assert_true(cable_set_by_name(cable, "delay", "7ms"));
	assert_true(cable_set_by_name(cable, "loss", "7%"));
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		assert_false(cable_set_by_name(cable, wrong[i][0], wrong[i][1]));
		for (int way = CABLE_AB; way <= CABLE_BA; way++) {
			assert_int_equal(of(way)->delay, 7 * MSEC);
			assert_int_equal(of(way)->loss_ppm, 70000);
		}
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(one_value_is_for_both_ways, make, drop),
	cmocka_unit_test_setup_teardown(two_values_are_for_a_way_each, make, drop),
	cmocka_unit_test_setup_teardown(each_name_sets_its_own_quality, make, drop),
	cmocka_unit_test_setup_teardown(what_is_wrong_changes_nothing, make, drop),
};
RUN_TESTS(tests)

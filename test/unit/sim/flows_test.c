#include "sim/flows.h"

#include "unit/unit.h"

static const mono_ns T0 = 1000 * SECOND;

static struct endpoint to(uint8_t host, uint16_t port)
{
	return (struct endpoint){ip_v4(192, 0, 2, host), port};
}

static void note(struct flows *f, uint16_t port, struct endpoint e, mono_ns now)
{
	flows_note(f, port, &e, now);
}

static void a_flow_that_is_used_counts_once(void **state)
{
	struct flows f = {0};
	for (mono_ns t = 0; t < 10 * FLOW_LASTS; t += FLOW_LASTS - SECOND)
		note(&f, 1000, to(1, 5000), T0 + t);
	assert_int_equal(f.begun, 1);
	flows_fini(&f);
}

static void a_flow_that_rested_counts_again(void **state)
{
	struct flows f = {0};
	note(&f, 1000, to(1, 5000), T0);
	note(&f, 1000, to(1, 5000), T0 + FLOW_LASTS);
	assert_int_equal(f.begun, 2);
	flows_fini(&f);
}

static void another_port_or_address_on_either_side_is_another_flow(void **state)
{
	struct flows f = {0};
	note(&f, 1000, to(1, 5000), T0);
	note(&f, 1001, to(1, 5000), T0);
	note(&f, 1000, to(2, 5000), T0);
	note(&f, 1000, to(1, 5001), T0);
	assert_int_equal(f.begun, 4);
	flows_fini(&f);
}

/* A few flows share a slot, and none is missed. */
static void the_count_errs_to_the_high_side_by_little(void **state)
{
	enum { MANY = 1024 };
	struct flows f = {0};
	for (unsigned round = 0; round < 3; round++)
		for (uint16_t i = 0; i < MANY; i++)
			note(&f, 1000, to(1, (uint16_t)(2000 + i)), T0 + round * SECOND);
	assert_in_range(f.begun, MANY, MANY + 3 * MANY / 4);
	flows_fini(&f);
	assert_int_equal(f.begun, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_flow_that_is_used_counts_once),
	cmocka_unit_test(a_flow_that_rested_counts_again),
	cmocka_unit_test(another_port_or_address_on_either_side_is_another_flow),
	cmocka_unit_test(the_count_errs_to_the_high_side_by_little),
};
RUN_TESTS(tests)

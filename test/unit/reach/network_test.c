/* What the owner tells of the network around the machine. */
#include "crypto/seeded.h"
#include "reach/reach.h"
#include "unit/unit.h"

/* True: own candidates changed. */
static bool drain(struct reach *r, mono_ns now)
{
	const struct reach_out *out;
	struct reach_event ev;
	bool changed = false;
	while (reach_drain(r, &out, now))
		;
	while (reach_event(r, &ev))
		changed |= ev.kind == REACH_SELF;
	return changed;
}

static void another_port_gives_another_candidate(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct reach_config cfg = {.rng = seeded_rng(&seeded), .peers_max = 4, .port = 41641};
	const struct own_address own = {.ip = ip_v4(192, 168, 7, 20), .bits = 24};
	mono_ns now = 1000 * SECOND;
	key_generate(cfg.key.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, now);
	assert_non_null(r);
	reach_set_interfaces(r, &own, 1, now);
	assert_true(drain(r, now));
	assert_int_equal(reach_candidates(r)->n, 1);
	assert_int_equal(reach_candidates(r)->v[0].ep.port, 41641);

	reach_set_port(r, 41641, now);
	assert_false(drain(r, now));
	reach_set_port(r, 7, now);
	assert_true(drain(r, now));
	assert_int_equal(reach_candidates(r)->n, 1);
	assert_int_equal(reach_candidates(r)->v[0].ep.port, 7);
	reach_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_port_gives_another_candidate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Which relays there are, and what its owner is told to dial and to hang up. */
#include "crypto/seeded.h"
#include "path/table.h"
#include "reach/inside.h"
#include "unit/path/sent.h"
#include "unit/unit.h"

static const mono_ns T0 = 1000 * SECOND;

static struct reach *begin(struct seeded *seed)
{
	seeded_init(seed, 1);
	struct reach_config cfg = {.rng = seeded_rng(seed), .peers_max = 4, .port = 41641};
	key_generate(cfg.key.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, T0);
	assert_non_null(r);
	return r;
}

/* Relays of the regions from `first` on. */
static void set(struct reach *r, uint16_t first, size_t count)
{
	struct relay_place v[RELAYS_MAX + 1] = {0};
	assert_true(count <= ARRAY_LEN(v));
	for (size_t i = 0; i < count; i++)
		v[i].region = (uint16_t)(first + i);
	reach_set_relays(r, v, count, first, T0);
}

static void turn(struct reach *r)
{
	const struct reach_out *out;
	reach_tick(r, T0);
	while (reach_drain(r, &out, T0))
		;
}

static void expect(struct reach *r, int kind, uint16_t region)
{
	struct reach_event ev;
	assert_true(reach_event(r, &ev));
	assert_int_equal(ev.kind, kind);
	assert_int_equal(ev.region, region);
}

static void expect_nothing(struct reach *r)
{
	struct reach_event ev;
	while (reach_event(r, &ev))
		assert_true(ev.kind != REACH_DIAL && ev.kind != REACH_HANGUP);
}

static void as_many_as_there_may_be_are_taken_though_an_old_one_waits_for_its_hang_up(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	struct relay_client_status st;
	set(r, 1, 1);
	turn(r);
	expect(r, REACH_DIAL, 1);
	set(r, 2, RELAYS_MAX); /* nobody has been told to hang up yet */
	for (uint16_t region = 2; region < 2 + RELAYS_MAX; region++)
		assert_true(reach_relay_status(r, region, &st));
	turn(r);
	expect(r, REACH_HANGUP, 1);
	expect(r, REACH_DIAL, 2);
	expect_nothing(r);
	reach_free(r);
}

static void one_more_than_there_may_be_is_left_out(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	struct relay_client_status st;
	set(r, 1, RELAYS_MAX + 1);
	assert_true(reach_relay_status(r, RELAYS_MAX, &st));
	assert_false(reach_relay_status(r, RELAYS_MAX + 1, &st));
	reach_free(r);
}

static void what_comes_back_is_hung_up_before_it_is_dialled(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	set(r, 1, 3);
	turn(r);
	expect(r, REACH_DIAL, 1);
	set(r, 2, 1);
	set(r, 1, 1); /* in another slot than before */
	turn(r);
	expect(r, REACH_HANGUP, 1);
	expect(r, REACH_DIAL, 1);
	expect_nothing(r);
	reach_free(r);
}

static void a_dial_that_was_not_told_needs_no_hanging_up(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	set(r, 1, 1);
	turn(r);
	set(r, 2, 1);
	turn(r);
	expect(r, REACH_DIAL, 2);
	expect_nothing(r);
	reach_free(r);
}

static void after_a_long_sleep_the_old_hang_up_is_still_owed(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	set(r, 1, 1);
	turn(r);
	expect(r, REACH_DIAL, 1);
	set(r, 2, 1);
	turn(r); /* 2 is to be dialled, in the slot that 1 had */
	reach_slept(r, REACH_SLEEP_LONG, T0);
	turn(r);
	expect(r, REACH_HANGUP, 1);
	expect(r, REACH_DIAL, 2);
	reach_free(r);
}

/* The relay was better than the direct path, which still works. */
static void whose_traffic_a_relay_had_that_is_taken_away_is_direct_at_once(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed);
	const struct endpoint at = {ip_v4(203, 0, 113, 7), 41641};
	struct paths_peer cfg = {.home = 1};
	peer_id id;
	struct route route;
	set(r, 1, 2);
	key_public(cfg.key.b, (const uint8_t[KEY_LEN]){1});
	assert_int_equal(reach_peer_set(r, &cfg, T0, &id), REACH_PEER_KEPT);
	struct peer_path *p = paths_peer_of(r->paths, id);
	assert_true(remotes_on_seen(&p->remotes, &at, 0, &p->best.ep, T0));
	p->best = (struct direct_path){.ep = at, .rtt = 300 * MSEC};
	p->state = PEER_ASIDE;
	liveness_begin(&p->liveness, true, 0, T0);
	set(r, 1, 1);
	paths_sent_by(r->paths, id, T0, &route);
	assert_int_equal(route.via[0].kind, WAY_RELAY); /* its own is still there */
	set(r, 2, 1);
	paths_sent_by(r->paths, id, T0, &route);
	assert_int_equal(route.n, 1);
	assert_int_equal(route.via[0].kind, WAY_UDP);
	assert_int_equal(p->state, PEER_DIRECT);
	reach_free(r);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			as_many_as_there_may_be_are_taken_though_an_old_one_waits_for_its_hang_up),
		cmocka_unit_test(one_more_than_there_may_be_is_left_out),
		cmocka_unit_test(what_comes_back_is_hung_up_before_it_is_dialled),
		cmocka_unit_test(a_dial_that_was_not_told_needs_no_hanging_up),
		cmocka_unit_test(after_a_long_sleep_the_old_hang_up_is_still_owed),
		cmocka_unit_test(whose_traffic_a_relay_had_that_is_taken_away_is_direct_at_once),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

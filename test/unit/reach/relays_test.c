/* Which relays a node has, and what its owner is told to dial and to hang up. */
#include "crypto/seeded.h"
#include "node/inside.h"
#include "path/table.h"
#include "unit/unit.h"

static const mono_ns T0 = 1000 * SECOND;

static struct node *begin(struct seeded *seed)
{
	seeded_init(seed, 1);
	struct node_config cfg = {.rng = seeded_rng(seed), .peers_max = 4, .port = 41641};
	key_generate(cfg.key.b, &cfg.rng);
	struct node *n = node_new(&cfg, T0);
	assert_non_null(n);
	return n;
}

/* Relays of the regions from `first` on. */
static void set(struct node *n, uint16_t first, size_t count)
{
	struct relay_place v[RELAYS_MAX + 1] = {0};
	assert_true(count <= ARRAY_LEN(v));
	for (size_t i = 0; i < count; i++)
		v[i].region = (uint16_t)(first + i);
	node_set_relays(n, v, count, T0);
}

static void turn(struct node *n)
{
	const struct node_out *out;
	node_tick(n, T0);
	while (node_drain(n, &out, T0))
		;
}

static void expect(struct node *n, int kind, uint16_t region)
{
	struct node_event ev;
	assert_true(node_event(n, &ev));
	assert_int_equal(ev.kind, kind);
	assert_int_equal(ev.region, region);
}

static void expect_nothing(struct node *n)
{
	struct node_event ev;
	while (node_event(n, &ev))
		assert_true(ev.kind != NODE_DIAL && ev.kind != NODE_HANGUP);
}

static void as_many_as_there_may_be_are_taken_though_an_old_one_waits_for_its_hang_up(void **state)
{
	struct seeded seed;
	struct node *n = begin(&seed);
	struct relay_client_status st;
	set(n, 1, 1);
	turn(n);
	expect(n, NODE_DIAL, 1);
	set(n, 2, RELAYS_MAX); /* nobody has been told to hang up yet */
	for (uint16_t r = 2; r < 2 + RELAYS_MAX; r++)
		assert_true(node_relay_status(n, r, &st));
	turn(n);
	expect(n, NODE_HANGUP, 1);
	expect(n, NODE_DIAL, 2);
	expect_nothing(n);
	node_free(n);
}

static void one_more_than_there_may_be_is_left_out(void **state)
{
	struct seeded seed;
	struct node *n = begin(&seed);
	struct relay_client_status st;
	set(n, 1, RELAYS_MAX + 1);
	assert_true(node_relay_status(n, RELAYS_MAX, &st));
	assert_false(node_relay_status(n, RELAYS_MAX + 1, &st));
	node_free(n);
}

static void what_comes_back_is_hung_up_before_it_is_dialled(void **state)
{
	struct seeded seed;
	struct node *n = begin(&seed);
	set(n, 1, 3);
	turn(n);
	expect(n, NODE_DIAL, 1);
	set(n, 2, 1);
	set(n, 1, 1); /* in another slot than before */
	turn(n);
	expect(n, NODE_HANGUP, 1);
	expect(n, NODE_DIAL, 1);
	expect_nothing(n);
	node_free(n);
}

static void a_dial_that_was_not_told_needs_no_hanging_up(void **state)
{
	struct seeded seed;
	struct node *n = begin(&seed);
	set(n, 1, 1);
	turn(n);
	set(n, 2, 1);
	turn(n);
	expect(n, NODE_DIAL, 2);
	expect_nothing(n);
	node_free(n);
}

static void after_a_long_sleep_the_old_hang_up_is_still_owed(void **state)
{
	struct seeded seed;
	struct node *n = begin(&seed);
	set(n, 1, 1);
	turn(n);
	expect(n, NODE_DIAL, 1);
	set(n, 2, 1);
	turn(n); /* 2 is to be dialled, in the slot that 1 had */
	node_slept(n, NODE_SLEEP_LONG, T0);
	turn(n);
	expect(n, NODE_HANGUP, 1);
	expect(n, NODE_DIAL, 2);
	node_free(n);
}

/* The relay was better than the direct path, which still works. */
static void whose_traffic_a_relay_had_that_is_taken_away_is_direct_at_once(void **state)
{
	struct seeded seed;
	struct node *n = begin(&seed);
	const struct endpoint at = {ip_v4(203, 0, 113, 7), 41641};
	struct node_peer cfg = {.path.home = 1};
	peer_id id;
	struct route route;
	set(n, 1, 2);
	key_public(cfg.tunnel.key.b, (const uint8_t[KEY_LEN]){1});
	assert_int_equal(node_peer_set(n, &cfg, T0, &id), TUNNEL_ADDED);
	struct peer_path *p = paths_peer_of(n->paths, id);
	assert_true(remotes_on_seen_main(&p->remotes, &at, &p->best.ep, T0));
	p->best = (struct direct_path){.ep = at, .rtt = 300 * MSEC};
	p->state = PEER_ASIDE;
	liveness_begin(&p->liveness, true, 0, T0);
	set(n, 1, 1);
	paths_route(n->paths, id, T0, &route);
	assert_int_equal(route.via[0].kind, WAY_RELAY); /* its own is still there */
	set(n, 2, 1);
	paths_route(n->paths, id, T0, &route);
	assert_int_equal(route.n, 1);
	assert_int_equal(route.via[0].kind, WAY_UDP);
	assert_int_equal(p->state, PEER_DIRECT);
	node_free(n);
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

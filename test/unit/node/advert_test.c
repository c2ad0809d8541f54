/* When our disco key is told to a peer, and to whom it is not. */
#include "unit/addresses.h"
#include "unit/node/two.h"

static mono_ns planned(const struct node *n)
{
	return heap_first(&n->adverts);
}

static void a_relayed_peer_is_told_again_after_one_second_and_after_four_more(void **state)
{
	struct world *w = world_new();
	w->direct_open = false;
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, 200 * MSEC);
	struct node *n = w->side[0].node;
	mono_ns first = planned(n);
	assert_in_range(first, w->now + 700 * MSEC, w->now + SECOND);
	run(w, first - w->now + 10 * MSEC);
	mono_ns second = planned(n);
	assert_in_range(second, first + 4 * SECOND, first + 4 * SECOND + 10 * MSEC);
	run(w, second - w->now + 10 * MSEC);
	assert_int_equal(planned(n), MONO_NEVER);
	world_free(w);
}

static void a_direct_peer_has_heard_it_and_is_told_no_more(void **state)
{
	struct world *w = world_new();
	run(w, 100 * MSEC);
	say(w, 0, 1);
	run(w, SECOND / 2);
	assert_true(is_direct(w, 0));
	assert_int_not_equal(planned(w->side[0].node), MONO_NEVER);
	run(w, SECOND);
	assert_int_equal(planned(w->side[0].node), MONO_NEVER);
	world_free(w);
}

static void a_peer_that_is_removed_is_not_told(void **state)
{
	struct world *w = world_new();
	struct node *n = w->side[0].node;
	node_begin(n);
	advert_begin(n, w->side[0].peer, w->now);
	assert_int_equal(planned(n), w->now + SECOND);
	node_peer_remove(n, w->side[0].peer, w->now);
	assert_int_equal(planned(n), MONO_NEVER);
	run(w, 6 * SECOND);
	world_free(w);
}

/* A session that begins anew tells the key as often as the first one did. */
static void each_session_begins_the_row_anew(void **state)
{
	struct world *w = world_new();
	struct node *n = w->side[0].node;
	w->direct_open = false;
	run(w, 100 * MSEC);
	for (int i = 0; i < 3; i++) {
		node_begin(n);
		advert_begin(n, w->side[0].peer, w->now);
		drain(w, 0);
		assert_int_equal(planned(n), w->now + SECOND);
		run(w, SECOND + 10 * MSEC);
		assert_true(planned(n) > w->now + 3 * SECOND);
	}
	world_free(w);
}

/* --- to which address --- */

/* Packets that an advert takes to a peer of these prefixes, when we have these addresses. */
static size_t told(const char *const *own, size_t n_own, const char *const *theirs, size_t n_theirs,
		   bool plain)
{
	struct world *w = world_new();
	struct node *n = w->side[0].node;
	struct ip addresses[2];
	struct prefix allowed[2];
	struct netmap_peer peer = {.key = w->side[1].pub,
				   .home = plain ? 0 : REGION,
				   .allowed = allowed,
				   .n_allowed = n_theirs,
				   .plain = plain};
	const struct netmap_change change = {.now = &peer};
	peer_id id;
	for (size_t i = 0; i < n_own; i++)
		addresses[i] = ip_of(own[i]);
	for (size_t i = 0; i < n_theirs; i++)
		assert_true(prefix_parse(&allowed[i], theirs[i]));
	node_set_addresses(n, addresses, n_own);
	node_peer_remove(n, w->side[0].peer, w->now);
	assert_int_equal(node_peer_set(n, &change, w->now, &id), TUNNEL_ADDED);
	node_begin(n);
	size_t before = reach_used(n->reach);
	advert_begin(n, id, w->now);
	size_t after = reach_used(n->reach);
	w->side[0].peer = id;
	world_free(w);
	return after - before;
}

static void an_advert_needs_an_address_of_one_family_on_both_sides(void **state)
{
	static const char *const both[] = {"100.64.0.1", "fd00::1"}, *const six[] = {"fd00::1"};
	static const char *const their4[] = {"100.64.0.2/32"}, *const their6[] = {"fd00::2/128"},
				 *const their_both[] = {"100.64.0.2/32", "fd00::2/128"},
				 *const their_net[] = {"10.5.0.0/16"};
	assert_int_equal(told(both, 2, their4, 1, false), 1);
	assert_int_equal(told(both, 2, their6, 1, false), 1);
	assert_int_equal(told(both, 2, their_both, 2, false), 2); /* from each of ours */
	assert_int_equal(told(both, 1, their6, 1, false), 0);
	assert_int_equal(told(six, 1, their4, 1, false), 0);
	assert_int_equal(told(six, 1, their_both, 2, false), 1);
	assert_int_equal(told(NULL, 0, their_both, 2, false), 0);
	assert_int_equal(told(both, 2, NULL, 0, false), 0);
	assert_int_equal(told(both, 2, their_net, 1, false), 1); /* its first address */
}

static void a_plain_wireguard_peer_is_told_nothing(void **state)
{
	static const char *const own[] = {"100.64.0.1"}, *const theirs[] = {"100.64.0.2/32"};
	assert_int_equal(told(own, 1, theirs, 1, true), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_relayed_peer_is_told_again_after_one_second_and_after_four_more),
	cmocka_unit_test(a_direct_peer_has_heard_it_and_is_told_no_more),
	cmocka_unit_test(a_peer_that_is_removed_is_not_told),
	cmocka_unit_test(each_session_begins_the_row_anew),
	cmocka_unit_test(an_advert_needs_an_address_of_one_family_on_both_sides),
	cmocka_unit_test(a_plain_wireguard_peer_is_told_nothing),
};
RUN_TESTS(tests)

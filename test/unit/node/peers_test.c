/* A netmap is applied peer by peer: who may use which addresses after it, and who is not taken. */
#include "node/inside.h"

#include <stdio.h>

#include "crypto/seeded.h"
#include "unit/unit.h"

static const mono_ns T0 = 1000 * SECOND;

struct alone {
	struct seeded seeded;
	struct node *node;
	struct node_key self;
};

static void begin(struct alone *a, uint32_t peers_max)
{
	seeded_init(&a->seeded, 3);
	struct node_config cfg = {
		.rng = seeded_rng(&a->seeded), .peers_max = peers_max, .port = 41641};
	key_generate(cfg.key.b, &cfg.rng);
	key_public(a->self.b, cfg.key.b);
	a->node = node_new(&cfg, T0);
	assert_non_null(a->node);
}

/* A peer as the netmap tells it: its number, and prefixes with blanks between. */
struct told {
	struct prefix allowed[8];
	struct netmap_peer peer;
};

static void tell(struct told *t, uint8_t number, const char *prefixes)
{
	char text[200], *rest = text, *word;
	const struct node_private key = {.b = {0, number}};
	*t = (struct told){.peer.home = 1};
	key_public(t->peer.key.b, key.b);
	snprintf(text, sizeof(text), "%s", prefixes);
	while ((word = strsep(&rest, " ")))
		if (*word)
			assert_true(prefix_parse(&t->allowed[t->peer.n_allowed++], word));
	t->peer.allowed = t->allowed;
}

static peer_id set(struct alone *a, const struct told *was, const struct told *now)
{
	const struct netmap_change c = {.was = was ? &was->peer : NULL, .now = &now->peer};
	peer_id id = PEER_NONE;
	assert_int_equal(node_peer_set(a->node, &c, T0, &id), TUNNEL_ADDED);
	return id;
}

static peer_id user_of(const struct alone *a, const char *address)
{
	struct ip ip;
	assert_true(ip_parse(&ip, address));
	return tunnel_peer_for(a->node->tunnel, &ip);
}

static void a_new_peer_gets_its_prefixes_and_a_removed_one_loses_them(void **state)
{
	struct alone a;
	struct told one;
	begin(&a, 4);
	tell(&one, 1, "10.0.0.1/32 10.1.0.0/16 fd00::/8");
	assert_int_equal(user_of(&a, "10.1.2.3"), PEER_NONE);
	peer_id id = set(&a, NULL, &one);
	assert_int_equal(user_of(&a, "10.0.0.1"), id);
	assert_int_equal(user_of(&a, "10.1.2.3"), id);
	assert_int_equal(user_of(&a, "fd00::9"), id);
	assert_int_equal(user_of(&a, "10.0.0.2"), PEER_NONE);
	node_peer_remove(a.node, id, T0);
	assert_int_equal(user_of(&a, "10.0.0.1"), PEER_NONE);
	assert_int_equal(user_of(&a, "fd00::9"), PEER_NONE);
	node_free(a.node);
}

static void a_changed_peer_loses_what_is_gone_and_gets_what_is_new(void **state)
{
	struct alone a;
	struct told was, now;
	begin(&a, 4);
	tell(&was, 1, "10.0.0.1/32 10.1.0.0/16 10.2.0.0/16");
	tell(&now, 1, "10.2.0.0/16 10.0.0.1/32 10.3.0.0/16");
	peer_id id = set(&a, NULL, &was);
	assert_int_equal(set(&a, &was, &now), id);
	assert_int_equal(user_of(&a, "10.1.0.1"), PEER_NONE);
	assert_int_equal(user_of(&a, "10.0.0.1"), id);
	assert_int_equal(user_of(&a, "10.2.0.1"), id);
	assert_int_equal(user_of(&a, "10.3.0.1"), id);
	node_free(a.node);
}

/* Nobody knows what it had: everything is set anew. */
static void without_a_before_all_old_prefixes_are_gone(void **state)
{
	struct alone a;
	struct told was, now;
	begin(&a, 4);
	tell(&was, 1, "10.0.0.1/32 10.1.0.0/16");
	tell(&now, 1, "10.0.0.1/32");
	peer_id id = set(&a, NULL, &was);
	assert_int_equal(set(&a, NULL, &now), id);
	assert_int_equal(user_of(&a, "10.1.0.1"), PEER_NONE);
	assert_int_equal(user_of(&a, "10.0.0.1"), id);
	node_free(a.node);
}

/* Peers come in the order of their keys, so either may be first. */
static void a_prefix_that_moves_belongs_to_its_new_peer_in_either_order(void **state)
{
	for (int giver_first = 0; giver_first < 2; giver_first++) {
		struct alone a;
		struct told was[2], now[2];
		begin(&a, 4);
		tell(&was[0], 1, "10.0.0.1/32 10.1.0.0/16");
		tell(&now[0], 1, "10.0.0.1/32");
		tell(&was[1], 2, "10.0.0.2/32");
		tell(&now[1], 2, "10.0.0.2/32 10.1.0.0/16");
		peer_id giver = set(&a, NULL, &was[0]), taker = set(&a, NULL, &was[1]);
		for (int i = 0; i < 2; i++) {
			int k = giver_first ? i : 1 - i;
			(void)set(&a, &was[k], &now[k]);
		}
		assert_int_equal(user_of(&a, "10.1.2.3"), taker);
		assert_int_equal(user_of(&a, "10.0.0.1"), giver);
		assert_int_equal(user_of(&a, "10.0.0.2"), taker);
		node_free(a.node);
	}
}

static void the_longest_prefix_chooses_the_peer(void **state)
{
	struct alone a;
	struct told all, net, host;
	begin(&a, 4);
	tell(&all, 1, "0.0.0.0/0");
	tell(&net, 2, "10.1.0.0/16");
	tell(&host, 3, "10.1.0.7/32");
	peer_id exit = set(&a, NULL, &all), gateway = set(&a, NULL, &net),
		seven = set(&a, NULL, &host);
	assert_int_equal(user_of(&a, "192.0.2.1"), exit);
	assert_int_equal(user_of(&a, "10.1.0.8"), gateway);
	assert_int_equal(user_of(&a, "10.1.0.7"), seven);
	assert_int_equal(user_of(&a, "fd00::1"), PEER_NONE);
	node_peer_remove(a.node, seven, T0);
	assert_int_equal(user_of(&a, "10.1.0.7"), gateway);
	node_free(a.node);
}

/* --- who is not taken --- */

static void one_peer_too_many_is_refused_and_said(void **state)
{
	struct alone a;
	struct told t[3];
	peer_id id;
	begin(&a, 2);
	for (uint8_t i = 0; i < 3; i++)
		tell(&t[i], (uint8_t)(i + 1), "");
	(void)set(&a, NULL, &t[0]);
	(void)set(&a, NULL, &t[1]);
	const struct netmap_change third = {.now = &t[2].peer};
	assert_int_equal(node_peer_set(a.node, &third, T0, &id), TUNNEL_FULL);
	assert_int_equal(reach_peer_find(a.node->reach, &t[2].peer.key), PEER_NONE);
	(void)set(&a, NULL, &t[1]); /* one that is there needs no room */
	node_peer_remove(a.node, reach_peer_find(a.node->reach, &t[0].peer.key), T0);
	assert_int_equal(node_peer_set(a.node, &third, T0, &id), TUNNEL_ADDED);
	node_free(a.node);
}

static void our_own_key_is_no_peer_and_leaves_its_room_to_others(void **state)
{
	struct alone a;
	struct told self, other;
	peer_id id;
	begin(&a, 1);
	tell(&self, 1, "10.0.0.1/32");
	self.peer.key = a.self;
	tell(&other, 2, "10.0.0.2/32");
	const struct netmap_change c = {.now = &self.peer};
	for (int i = 0; i < 3; i++)
		assert_int_equal(node_peer_set(a.node, &c, T0, &id), TUNNEL_BAD_KEY);
	assert_int_equal(reach_peer_find(a.node->reach, &a.self), PEER_NONE);
	assert_int_equal(user_of(&a, "10.0.0.1"), PEER_NONE);
	assert_int_equal(set(&a, NULL, &other), 0);
	node_free(a.node);
}

static void each_refusal_has_its_sentence_and_a_success_has_none(void **state)
{
	static const enum tunnel_add refusals[] = {TUNNEL_BAD_KEY, TUNNEL_DUPLICATE, TUNNEL_FULL,
						   TUNNEL_NO_MEMORY};
	assert_null(node_peer_failure(TUNNEL_ADDED));
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		assert_non_null(node_peer_failure(refusals[i]));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(node_peer_failure(refusals[i]),
						node_peer_failure(refusals[k]));
	}
}

static void a_number_that_is_no_peer_has_no_status(void **state)
{
	struct alone a;
	struct node_peer_status st;
	begin(&a, 2);
	assert_false(node_peer_status(a.node, 0, T0, &st));
	assert_false(node_peer_status(a.node, 2, T0, &st));
	assert_false(node_peer_status(a.node, PEER_NONE, T0, &st));
	assert_false(node_ping(a.node, 0, T0));
	node_peer_remove(a.node, 0, T0);
	node_peer_remove(a.node, PEER_NONE, T0);
	node_free(a.node);
	node_free(NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_new_peer_gets_its_prefixes_and_a_removed_one_loses_them),
	cmocka_unit_test(a_changed_peer_loses_what_is_gone_and_gets_what_is_new),
	cmocka_unit_test(without_a_before_all_old_prefixes_are_gone),
	cmocka_unit_test(a_prefix_that_moves_belongs_to_its_new_peer_in_either_order),
	cmocka_unit_test(the_longest_prefix_chooses_the_peer),
	cmocka_unit_test(one_peer_too_many_is_refused_and_said),
	cmocka_unit_test(our_own_key_is_no_peer_and_leaves_its_room_to_others),
	cmocka_unit_test(each_refusal_has_its_sentence_and_a_success_has_none),
	cmocka_unit_test(a_number_that_is_no_peer_has_no_status),
};
RUN_TESTS(tests)

/* Peers by their keys and their numbers, and what may be asked of the machine. */
#include "unit/reach/alone.h"

static const mono_ns T0 = 1000 * SECOND;

static struct reach *begin(struct seeded *seed, uint32_t peers_max)
{
	seeded_init(seed, 1);
	struct reach_config cfg = {.rng = seeded_rng(seed), .peers_max = peers_max, .port = 41641};
	key_generate(cfg.key.b, &cfg.rng);
	key_generate(cfg.disco.b, &cfg.rng);
	struct reach *r = reach_new(&cfg, T0);
	assert_non_null(r);
	return r;
}

/* A peer whose key begins with this byte. */
static enum reach_peer_set add(struct reach *r, uint8_t key, peer_id *id)
{
	const struct paths_peer cfg = {.key.b = {key}, .home = 1};
	return reach_peer_set(r, &cfg, T0, id);
}

static peer_id added(struct reach *r, uint8_t key)
{
	peer_id id = PEER_NONE;
	assert_int_equal(add(r, key, &id), REACH_PEER_KEPT);
	return id;
}

static void numbers_are_given_from_zero_until_there_are_no_more(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 3);
	peer_id none = 1234;
	assert_int_equal(added(r, 1), 0);
	assert_int_equal(added(r, 2), 1);
	assert_int_equal(added(r, 3), 2);
	assert_int_equal(add(r, 4, &none), REACH_PEER_FULL);
	assert_int_equal(none, 1234);
	const struct node_key fourth = {.b = {4}};
	assert_int_equal(reach_peer_find(r, &fourth), PEER_NONE);
	assert_int_equal(added(r, 2), 1); /* one that is there needs no room */
	reach_free(r);
}

static void a_number_that_was_given_back_is_given_again(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 3);
	peer_id none;
	for (uint8_t key = 1; key <= 3; key++)
		(void)added(r, key);
	reach_peer_remove(r, 0, T0);
	reach_peer_remove(r, 2, T0);
	assert_int_equal(added(r, 4), 2);
	assert_int_equal(added(r, 5), 0);
	assert_int_equal(add(r, 6, &none), REACH_PEER_FULL);
	const struct node_key first = {.b = {1}}, second = {.b = {2}}, fifth = {.b = {5}};
	assert_int_equal(reach_peer_find(r, &first), PEER_NONE);
	assert_int_equal(reach_peer_find(r, &second), 1);
	assert_int_equal(reach_peer_find(r, &fifth), 0);
	reach_free(r);
}

static void a_number_that_is_given_back_twice_is_given_once(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 2);
	peer_id none;
	(void)added(r, 1);
	reach_peer_remove(r, 0, T0);
	reach_peer_remove(r, 0, T0);
	reach_peer_remove(r, 2, T0); /* there is no such number */
	reach_peer_remove(r, PEER_NONE, T0);
	assert_int_equal(added(r, 2), 0);
	assert_int_equal(added(r, 3), 1);
	assert_int_equal(add(r, 4, &none), REACH_PEER_FULL);
	reach_free(r);
}

static void a_machine_without_room_for_peers_lives(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 0);
	const struct reach_out *out;
	peer_id id;
	assert_int_equal(add(r, 1, &id), REACH_PEER_FULL);
	reach_tick(r, T0);
	while (reach_drain(r, &out, T0))
		assert_int_equal(out->n_relayed, 0);
	assert_true(reach_deadline(r) > T0);
	reach_free(r);
	reach_free(NULL);
}

static void a_peer_that_comes_back_has_lost_nothing_yet(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 1);
	uint8_t memory[PACKET_SIZE];
	struct packet p = alone_packet(memory, 32, 0);
	const struct paths_peer nowhere = {.key.b = {1}};
	peer_id id;
	assert_int_equal(reach_peer_set(r, &nowhere, T0, &id), REACH_PEER_KEPT);
	reach_send(r, id, &p, T0);
	assert_int_equal(reach_peer_lost(r, id), 1);
	reach_peer_remove(r, id, T0);
	assert_int_equal(reach_peer_lost(r, id), 0);
	assert_null(reach_peer_key(r, id));
	assert_int_equal(reach_peer_set(r, &nowhere, T0, &id), REACH_PEER_KEPT);
	assert_int_equal(reach_peer_lost(r, id), 0);
	assert_memory_equal(reach_peer_key(r, id)->b, nowhere.key.b, KEY_LEN);
	assert_int_equal(reach_stats(r)->no_way, 1); /* of the machine: still there */
	reach_free(r);
}

/* --- disco keys --- */

static struct disco_key disco_of(uint8_t private)
{
	const struct disco_private priv = {.b = {0, private}};
	struct disco_key key;
	key_public(key.b, priv.b);
	return key;
}

static void a_peer_restarted_when_somebody_tells_another_disco_key(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 2);
	struct paths_peer cfg = {.key.b = {1}, .home = 1};
	const struct {
		struct disco_key told;
		enum reach_peer_set want;
	} rows[] = {
		{{{0}}, REACH_PEER_KEPT},            /* nobody tells one */
		{disco_of(1), REACH_PEER_KEPT},      /* the first */
		{disco_of(1), REACH_PEER_KEPT},      /* no news */
		{disco_of(2), REACH_PEER_RESTARTED}, /* another */
		{{{0}}, REACH_PEER_KEPT},            /* nobody knows any more */
		{disco_of(2), REACH_PEER_KEPT},      /* the same as before */
	};
	peer_id id;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		cfg.disco = rows[i].told;
		assert_int_equal(reach_peer_set(r, &cfg, T0, &id), rows[i].want);
		assert_int_equal(id, 0);
	}
	reach_free(r);
}

/* It told its new key itself, and the netmap is late. */
static void the_key_that_a_peer_told_itself_is_not_undone_by_old_news(void **state)
{
	struct seeded seed;
	struct reach *r = begin(&seed, 2);
	struct paths_peer cfg = {.key.b = {1}, .home = 1, .disco = disco_of(1)};
	const struct disco_key told = disco_of(2);
	struct paths_peer_status st;
	peer_id id;
	assert_int_equal(reach_peer_set(r, &cfg, T0, &id), REACH_PEER_KEPT);
	reach_peer_disco(r, id, &told, T0);
	assert_int_equal(reach_peer_set(r, &cfg, T0, &id), REACH_PEER_KEPT);
	reach_peer_status(r, id, T0, &st);
	assert_memory_equal(st.disco.b, told.b, KEY_LEN);
	reach_free(r);
}

static void a_ping_needs_a_disco_key_and_goes_by_every_way(void **state)
{
	struct alone *a = alone_new(false);
	struct paths_peer stranger = {.key.b = {1}, .home = 1};
	struct disco_msg msg, pong = {.type = DISCO_PONG};
	struct endpoint to;
	struct bytes b;
	peer_id id;
	assert_int_equal(reach_peer_set(a->reach, &stranger, a->ends.now, &id), REACH_PEER_KEPT);
	assert_false(reach_ping(a->reach, id, a->ends.now));
	assert_false(reach_ping(a->reach, 3, a->ends.now));
	assert_false(reach_ping(a->reach, PEER_NONE, a->ends.now));
	alone_introduce(a);
	assert_true(reach_ping(a->reach, a->id, a->ends.now));
	alone_turn(a);
	assert_true(alone_said(a, DISCO_PING, &msg, &to));
	assert_true(endpoint_equal(&to, &a->at));
	assert_true(alone_relayed(a, &b));
	a->ends.now += 30 * MSEC;
	pong.pong = (struct disco_pong){.txid = msg.ping.txid, .seen = a->at};
	alone_say(a, &a->at, &pong);
	alone_turn(a);
	assert_true(alone_events_of(a, REACH_PATH) >= 1);
	for (size_t i = 0; i < a->n_events; i++)
		assert_int_equal(a->events[i].peer, a->id);
	alone_free(a);
}

/* --- questions --- */

static void nothing_is_known_of_a_number_that_is_no_peer(void **state)
{
	static const peer_id numbers[] = {0, 1, 2, 3, 1000, PEER_NONE};
	struct seeded seed;
	struct reach *r = begin(&seed, 3);
	const struct paths_peer_status zero = {0};
	(void)added(r, 1);
	reach_peer_remove(r, 0, T0);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct paths_peer_status st;
		struct path_facts facts;
		memset(&st, 0xff, sizeof(st));
		reach_peer_status(r, numbers[i], T0, &st);
		assert_memory_equal(&st.disco, &zero.disco, sizeof(st.disco));
		assert_false(st.direct || st.doubted || st.active || st.aside);
		assert_int_equal(st.route.n, 0);
		assert_null(reach_peer_key(r, numbers[i]));
		assert_int_equal(reach_peer_lost(r, numbers[i]), 0);
		assert_int_equal(reach_peer_mtu(r, numbers[i]), 0);
		assert_false(reach_peer_facts(r, numbers[i], T0, &facts));
	}
	reach_free(r);
}

static void the_public_keys_are_those_of_the_private_ones(void **state)
{
	struct seeded seed;
	seeded_init(&seed, 5);
	struct reach_config cfg = {.rng = seeded_rng(&seed), .peers_max = 1, .port = 1};
	struct disco_key disco;
	key_generate(cfg.key.b, &cfg.rng);
	key_generate(cfg.disco.b, &cfg.rng);
	key_public(disco.b, cfg.disco.b);
	struct reach *r = reach_new(&cfg, T0);
	assert_non_null(r);
	assert_memory_equal(reach_disco_key(r)->b, disco.b, KEY_LEN);
	reach_free(r);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(numbers_are_given_from_zero_until_there_are_no_more),
	cmocka_unit_test(a_number_that_was_given_back_is_given_again),
	cmocka_unit_test(a_number_that_is_given_back_twice_is_given_once),
	cmocka_unit_test(a_machine_without_room_for_peers_lives),
	cmocka_unit_test(a_peer_that_comes_back_has_lost_nothing_yet),
	cmocka_unit_test(a_peer_restarted_when_somebody_tells_another_disco_key),
	cmocka_unit_test(the_key_that_a_peer_told_itself_is_not_undone_by_old_news),
	cmocka_unit_test(a_ping_needs_a_disco_key_and_goes_by_every_way),
	cmocka_unit_test(nothing_is_known_of_a_number_that_is_no_peer),
	cmocka_unit_test(the_public_keys_are_those_of_the_private_ones),
};
RUN_TESTS(tests)

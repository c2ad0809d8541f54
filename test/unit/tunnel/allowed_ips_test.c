#include "crypto/seeded.h"
#include "tunnel/allowed_ips.h"
#include "unit/tunnel/prefix_list.h"
#include "unit/unit.h"

static void add(struct allowed_ips *a, const char *text, peer_id id)
{
	struct prefix p;
	assert_true(prefix_parse(&p, text));
	assert_true(allowed_ips_add(a, &p, id));
}

static peer_id find(const struct allowed_ips *a, const char *text)
{
	struct ip ip;
	assert_true(ip_parse(&ip, text));
	return allowed_ips_find(a, &ip);
}

static void the_longest_prefix_wins(void **state)
{
	static const struct {
		const char *ip;
		peer_id peer;
	} rows[] = {
		{"10.1.2.3", 4},        {"10.1.2.4", 3},        {"10.1.3.3", 2},
		{"10.2.0.1", 1},        {"11.0.0.0", 0},        {"255.255.255.255", 0},
		{"fd00::1", 7},         {"fd00::2", 6},         {"fd01::1", 5},
		{"fe80::1", PEER_NONE}, {"::ffff:10.1.2.3", 4}, {"::a01:203", PEER_NONE},
	};
	struct allowed_ips a = {0};
	assert_int_equal(find(&a, "10.0.0.1"), PEER_NONE);
	add(&a, "10.1.2.3", 4);
	add(&a, "10.0.0.0/8", 1);
	add(&a, "0.0.0.0/0", 0);
	add(&a, "10.1.0.0/16", 2);
	add(&a, "10.1.2.0/24", 3);
	add(&a, "fd00::/8", 5);
	add(&a, "fd00::1", 7);
	add(&a, "fd00::/64", 6);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (find(&a, rows[i].ip) != rows[i].peer)
			fail_msg("%s", rows[i].ip);
	assert_int_equal(allowed_ips_find(&a, &(struct ip){0}), PEER_NONE);
	allowed_ips_fini(&a);
}

static void a_prefix_given_again_moves(void **state)
{
	struct allowed_ips a = {0};
	add(&a, "10.0.0.0/8", 1);
	add(&a, "10.0.0.0/8", 2);
	assert_int_equal(find(&a, "10.9.9.9"), 2);
	allowed_ips_remove(&a, 1);
	assert_int_equal(find(&a, "10.9.9.9"), 2);
	allowed_ips_remove(&a, 2);
	assert_int_equal(find(&a, "10.9.9.9"), PEER_NONE);
	allowed_ips_fini(&a);
}

static void what_was_removed_uncovers_what_lies_under_it(void **state)
{
	struct allowed_ips a = {0};
	add(&a, "10.0.0.0/8", 1);
	add(&a, "10.1.0.0/16", 2);
	add(&a, "10.2.0.0/16", 2);
	add(&a, "10.1.1.0/24", 3);
	allowed_ips_remove(&a, 2);
	assert_int_equal(find(&a, "10.1.2.3"), 1);
	assert_int_equal(find(&a, "10.2.2.3"), 1);
	assert_int_equal(find(&a, "10.1.1.3"), 3);
	allowed_ips_remove(&a, 1);
	assert_int_equal(find(&a, "10.1.2.3"), PEER_NONE);
	assert_int_equal(find(&a, "10.1.1.3"), 3);
	allowed_ips_fini(&a);
}

static void one_prefix_is_taken_out_alone(void **state)
{
	struct allowed_ips a = {0};
	struct prefix p;
	add(&a, "10.0.0.0/8", 1);
	add(&a, "10.1.0.0/16", 2);
	add(&a, "10.1.1.0/24", 2);
	add(&a, "fd00::/8", 2);
	assert_true(prefix_parse(&p, "10.1.0.0/16"));
	assert_false(allowed_ips_remove_prefix(&a, &p, 1));
	assert_false(allowed_ips_remove_prefix(&a, &p, PEER_NONE));
	assert_true(allowed_ips_remove_prefix(&a, &p, 2));
	assert_false(allowed_ips_remove_prefix(&a, &p, 2));
	assert_int_equal(find(&a, "10.1.2.3"), 1);
	assert_int_equal(find(&a, "10.1.1.3"), 2);
	assert_true(prefix_parse(&p, "10.1.0.0/17")); /* between two that are there */
	assert_false(allowed_ips_remove_prefix(&a, &p, 2));
	assert_true(prefix_parse(&p, "::/8")); /* another family's */
	assert_false(allowed_ips_remove_prefix(&a, &p, 1));
	allowed_ips_remove(&a, 2);
	assert_int_equal(find(&a, "10.1.1.3"), 1);
	assert_int_equal(find(&a, "fd00::1"), PEER_NONE);
	allowed_ips_fini(&a);
}

/* 10,000 peers with 4 prefixes each: a walk over all of them for each peer would take seconds. */
static void a_large_table_is_emptied_peer_by_peer(void **state)
{
	enum { MANY = 10000 };
	struct allowed_ips a = {0};
	for (peer_id id = 0; id < MANY; id++)
		for (uint8_t k = 0; k < 4; k++) {
			struct ip ip = ip_v4((uint8_t)(10 + k), (uint8_t)(id >> 8), (uint8_t)id, 0);
			struct prefix p = prefix_of(&ip, 24);
			assert_true(allowed_ips_add(&a, &p, id));
		}
	for (peer_id id = 0; id < MANY; id += 2)
		allowed_ips_remove(&a, id);
	assert_int_equal(find(&a, "13.0.2.1"), PEER_NONE);
	assert_int_equal(find(&a, "13.0.3.1"), 3);
	for (peer_id id = 1; id < MANY; id += 2)
		allowed_ips_remove(&a, id);
	assert_int_equal(a.root[0] + a.root[1], 0);
	allowed_ips_fini(&a);
}

/* --- compared with a plain list --- */

enum { PEERS = 12 };

/* Few different bits, so that prefixes meet often. */
static struct ip random_ip(const struct rng *rng)
{
	struct ip ip = {.family = rng_below(rng, 2) ? 4 : 6};
	for (size_t i = 0; i < ip_len(&ip); i++)
		ip.b[i] = (uint8_t)(rng_below(rng, 3) ? 0 : 1u << rng_below(rng, 8));
	if (ip.family == 6)
		ip.b[0] |= 0x20; /* never IPv4-mapped */
	return ip;
}

static void agrees_with_a_list(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 11);
	struct rng rng = seeded_rng(&seeded);
	for (int round = 0; round < 20; round++) {
		struct allowed_ips a = {0};
		struct list l = {.n = 0};
		for (int step = 0; step < 390; step++) {
			struct ip ip = random_ip(&rng);
			struct prefix p =
				prefix_of(&ip, (uint8_t)rng_below(&rng, ip_len(&ip) * 8 + 1));
			peer_id id = (peer_id)rng_below(&rng, PEERS);
			if (rng_below(&rng, 40) == 0) {
				list_remove(&l, id);
				allowed_ips_remove(&a, id);
			} else if (l.n > 0 && rng_below(&rng, 3) == 0) {
				size_t i = rng_below(&rng, l.n);
				p = l.p[i];
				id = rng_below(&rng, 4) ? l.peer[i] : id;
				assert_int_equal(allowed_ips_remove_prefix(&a, &p, id),
						 list_remove_prefix(&l, &p, id));
			} else {
				assert_true(list_add(&l, &p, id));
				assert_true(allowed_ips_add(&a, &p, id));
			}
			for (int i = 0; i < 20; i++) {
				ip = random_ip(&rng);
				assert_int_equal(allowed_ips_find(&a, &ip), list_find(&l, &ip));
			}
		}
		assert_true(a.n < 2 * LIST_MAX);
		for (peer_id id = 0; id < PEERS; id++)
			allowed_ips_remove(&a, id);
		assert_int_equal(a.root[0] + a.root[1], 0);
		allowed_ips_fini(&a);
	}
}

static void nodes_given_back_are_used_again(void **state)
{
	struct allowed_ips a = {0};
	for (int i = 0; i < 1000; i++) {
		add(&a, "10.1.0.0/16", 1);
		add(&a, "10.2.0.0/16", 1);
		allowed_ips_remove(&a, 1);
	}
	assert_true(a.cap <= 16);
	allowed_ips_fini(&a);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_longest_prefix_wins),
	cmocka_unit_test(a_prefix_given_again_moves),
	cmocka_unit_test(what_was_removed_uncovers_what_lies_under_it),
	cmocka_unit_test(one_prefix_is_taken_out_alone),
	cmocka_unit_test(a_large_table_is_emptied_peer_by_peer),
	cmocka_unit_test(agrees_with_a_list),
	cmocka_unit_test(nodes_given_back_are_used_again),
};
RUN_TESTS(tests)

/* Two netmaps are compared: only what changed is told, whatever the order. */
#include "netmap/diff.h"
#include "netmap/netmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit/addresses.h"

/* A map of peers. Each is its number and its prefixes, as "3 10.0.0.3/32 10.1.0.0/16". */
static struct netmap map_of(const char *const *peers, size_t n)
{
	struct netmap m = {.n_peers = n};
	m.peers = calloc(n + 1, sizeof(*m.peers));
	assert_non_null(m.peers);
	for (size_t i = 0; i < n; i++) {
		struct netmap_peer *p = &m.peers[i];
		char text[200], *rest = text, *word;
		snprintf(text, sizeof(text), "%s", peers[i]);
		p->key.b[0] = (uint8_t)strtoul(strsep(&rest, " "), NULL, 10);
		snprintf(p->name, sizeof(p->name), "peer%u", p->key.b[0]);
		p->allowed = calloc(8, sizeof(*p->allowed));
		assert_non_null(p->allowed);
		while ((word = strsep(&rest, " ")))
			p->allowed[p->n_allowed++] = prefix_from(word);
	}
	assert_true(netmap_index(&m));
	return m;
}

static const char *const before[] = {"7 10.0.0.7/32", "2 10.0.0.2/32 10.2.0.0/16", "5 10.0.0.5/32",
				     "9 10.0.0.9/32"};
/* 2 lost a prefix and got another, 3 is new, 7 is gone; the order is another one. */
static const char *const after[] = {"9 10.0.0.9/32", "3 10.0.0.3/32", "5 10.0.0.5/32",
				    "2 10.0.0.2/32 10.20.0.0/16"};

static void only_what_changed_is_told_in_the_order_of_keys(void **state)
{
	struct netmap a = map_of(before, ARRAY_LEN(before)), b = map_of(after, ARRAY_LEN(after));
	struct netmap_diff d = netmap_diff(&a, &b);
	struct netmap_change c;
	assert_true(netmap_diff_next(&d, &c));
	assert_int_equal(c.was->key.b[0], 2);
	assert_int_equal(c.now->key.b[0], 2);
	struct netmap_prefixes gone = netmap_prefixes(c.was, c.now),
			       come = netmap_prefixes(c.now, c.was);
	struct prefix old = prefix_from("10.2.0.0/16"), new = prefix_from("10.20.0.0/16");
	assert_true(prefix_equal(netmap_prefixes_next(&gone), &old));
	assert_null(netmap_prefixes_next(&gone));
	assert_true(prefix_equal(netmap_prefixes_next(&come), &new));
	assert_null(netmap_prefixes_next(&come));
	assert_true(netmap_diff_next(&d, &c));
	assert_null(c.was);
	assert_int_equal(c.now->key.b[0], 3);
	assert_true(netmap_diff_next(&d, &c));
	assert_int_equal(c.was->key.b[0], 7);
	assert_null(c.now);
	assert_false(netmap_diff_next(&d, &c));
	assert_false(netmap_diff_next(&d, &c));
	netmap_fini(&a);
	netmap_fini(&b);
}

static void from_nothing_all_are_new_and_to_nothing_all_are_gone(void **state)
{
	struct netmap a = map_of(before, ARRAY_LEN(before)), none = map_of(NULL, 0);
	struct netmap_diff d = netmap_diff(NULL, &a);
	struct netmap_change c;
	size_t n = 0;
	while (netmap_diff_next(&d, &c)) {
		assert_null(c.was);
		n++;
	}
	assert_int_equal(n, ARRAY_LEN(before));
	d = netmap_diff(&a, &none);
	for (n = 0; netmap_diff_next(&d, &c); n++)
		assert_null(c.now);
	assert_int_equal(n, ARRAY_LEN(before));
	d = netmap_diff(&a, &a);
	assert_false(netmap_diff_next(&d, &c));
	netmap_fini(&a);
	netmap_fini(&none);
}

/* Whatever a peer has beside its prefixes. */
static void each_field_of_a_peer_counts(void **state)
{
	struct netmap a = map_of(before, 1), b = map_of(before, 1);
	struct netmap_change c;
	struct netmap_peer *p = &b.peers[0], good = *p;
	for (int i = 0; i < 9; i++) {
		*p = good;
		switch (i) {
		case 0:
			p->psk[31] = 1;
			break;
		case 1:
			p->disco.b[0] = 1;
			break;
		case 2:
			p->home = 3;
			break;
		case 3:
			p->plain = true;
			break;
		case 4:
			p->keepalive_s = 25;
			break;
		case 5:
			p->name[0] = 'x';
			break;
		case 6:
			p->hints[0].port = 1;
			p->n_hints = 1;
			break;
		case 7:
			p->n_allowed = 0;
			break;
		case 8:
			p->hints[0].port = 1; /* behind the end: of no matter */
			break;
		}
		struct netmap_diff d = netmap_diff(&a, &b);
		assert_int_equal(netmap_diff_next(&d, &c), i < 8);
	}
	*p = good;
	netmap_fini(&a);
	netmap_fini(&b);
}

static void relays_and_ourselves_are_compared_by_what_matters_to_streams(void **state)
{
	struct netmap_relay a = {.name = "lab", .host = "relay.example", .region = 1, .port = 443};
	struct netmap_relay b = a;
	snprintf(b.name, sizeof(b.name), "other"); /* only called otherwise */
	b.stun_port = 1;
	assert_true(netmap_relay_equal(&a, &b));
	b.pinned = true;
	assert_false(netmap_relay_equal(&a, &b));
	b = a;
	b.port = 80;
	assert_false(netmap_relay_equal(&a, &b));
	struct netmap_self x = {.address = {ip_v4(100, 64, 0, 1)}, .address_bits = {32}}, y;
	x.n_addresses = 1;
	y = x;
	assert_true(netmap_self_equal(&x, &y));
	y.address_bits[0] = 10;
	assert_false(netmap_self_equal(&x, &y));
	y = x;
	y.n_addresses = 0;
	assert_false(netmap_self_equal(&x, &y));
}

static void peers_are_found_by_key_name_and_address(void **state)
{
	struct netmap m = map_of(after, ARRAY_LEN(after));
	struct node_key key = {.b = {5}}, stranger = {.b = {6}};
	char label[NETMAP_NAME_MAX];
	assert_ptr_equal(netmap_peer(&m, &key), &m.peers[2]);
	assert_null(netmap_peer(&m, &stranger));
	assert_ptr_equal(netmap_peer_named(&m, "PEER3"), &m.peers[1]);
	assert_ptr_equal(netmap_peer_named(&m, "10.20.1.1"), &m.peers[3]);
	assert_null(netmap_peer_named(&m, "10.99.0.1"));
	assert_string_equal(netmap_peer_label(&m.peers[0], label), "peer9");
	m.peers[0].name[0] = '\0';
	assert_string_equal(netmap_peer_label(&m.peers[0], label), "10.0.0.9");
	netmap_forget_peers(&m);
	assert_int_equal(m.n_peers, 0);
	assert_null(netmap_peer_named(&m, "peer3"));
	netmap_fini(&m);
}

/* One peer of ten thousand changes: the walk goes over both lists once, and tells one. */
static void one_change_among_ten_thousand_is_told_once(void **state)
{
	enum { PEERS = 10000 };
	struct netmap m[2];
	for (int k = 0; k < 2; k++) {
		m[k] = (struct netmap){.peers = calloc(PEERS, sizeof(struct netmap_peer)),
				       .n_peers = PEERS};
		assert_non_null(m[k].peers);
		for (size_t i = 0; i < PEERS; i++) {
			m[k].peers[i].key.b[0] = (uint8_t)(i * 7 % 251);
			m[k].peers[i].key.b[1] = (uint8_t)(i >> 8);
			m[k].peers[i].key.b[2] = (uint8_t)i;
		}
		assert_true(netmap_index(&m[k]));
	}
	m[1].peers[4711].keepalive_s = 25;
	struct netmap_diff d = netmap_diff(&m[0], &m[1]);
	struct netmap_change c;
	assert_true(netmap_diff_next(&d, &c));
	assert_ptr_equal(c.was, &m[0].peers[4711]);
	assert_ptr_equal(c.now, &m[1].peers[4711]);
	assert_false(netmap_diff_next(&d, &c));
	netmap_fini(&m[0]);
	netmap_fini(&m[1]);
}

/* --- prefixes of one peer --- */

/* The prefixes of `in` that `less` has not, as text with blanks between. */
static void expect_prefixes(const char *in, const char *less, const char *want)
{
	const char *const texts[] = {in, less};
	struct netmap m = map_of(texts, 2);
	struct netmap_prefixes walk = netmap_prefixes(&m.peers[0], &m.peers[1]);
	char got[200] = "", text[PREFIX_TEXT_MAX];
	const struct prefix *p;
	while ((p = netmap_prefixes_next(&walk))) {
		size_t n = strlen(got);
		snprintf(got + n, sizeof(got) - n, "%s%s", n ? " " : "", prefix_format(p, text));
	}
	assert_string_equal(got, want);
	assert_null(netmap_prefixes_next(&walk)); /* it stays at its end */
	netmap_fini(&m);
}

static void prefixes_are_told_that_the_other_has_not_wherever_they_stand(void **state)
{
	expect_prefixes("1 10.0.0.1/32 10.1.0.0/16", "2 10.0.0.1/32 10.1.0.0/16", "");
	expect_prefixes("1 10.0.0.1/32 10.1.0.0/16", "2 10.1.0.0/16 10.0.0.1/32", "");
	expect_prefixes("1 10.0.0.1/32 10.1.0.0/16", "2 10.1.0.0/16", "10.0.0.1/32");
	expect_prefixes("1 10.0.0.1/32 10.1.0.0/16", "2", "10.0.0.1/32 10.1.0.0/16");
	expect_prefixes("1", "2 10.0.0.1/32", "");
	expect_prefixes("1 10.0.0.0/8", "2 10.0.0.0/9 10.0.0.0/16", "10.0.0.0/8");
	expect_prefixes("1 fd00::/8 0.0.0.0/0", "2 ::/0 0.0.0.0/0", "fd00::/8");
}

static void a_peer_that_is_not_there_has_no_prefixes(void **state)
{
	struct netmap m = map_of(before, 1);
	struct netmap_prefixes none = netmap_prefixes(NULL, &m.peers[0]),
			       all = netmap_prefixes(&m.peers[0], NULL);
	assert_null(netmap_prefixes_next(&none));
	assert_ptr_equal(netmap_prefixes_next(&all), &m.peers[0].allowed[0]);
	assert_null(netmap_prefixes_next(&all));
	netmap_fini(&m);
}

/* --- who is who --- */

static void of_all_peers_that_have_an_address_the_longest_prefix_wins(void **state)
{
	static const char *const peers[] = {"1 0.0.0.0/0", "2 10.0.0.0/8",
					    "3 10.1.0.0/16 10.9.0.1/32", "4 10.1.0.0/16",
					    "5 fd00::/8"};
	static const struct {
		const char *word;
		int peer; /* its place; -1: nobody */
	} rows[] = {
		{"192.0.2.1", 0}, {"10.2.0.1", 1},     {"10.1.2.3", 2}, /* the first of two */
		{"10.9.0.1", 2},  {"10.9.0.2", 1},     {"fd00::1", 4},  {"2001:db8::1", -1},
		{"peer4", 3},     {"PeEr4", 3},        {"peer", -1},    {"peer44", -1},
		{"", -1},         {"10.1.0.0/16", -1}, {"10.1.2", -1},
	};
	struct netmap m = map_of(peers, ARRAY_LEN(peers));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct netmap_peer *want = rows[i].peer < 0 ? NULL : &m.peers[rows[i].peer];
		assert_ptr_equal(netmap_peer_named(&m, rows[i].word), want);
	}
	netmap_fini(&m);
}

static void a_peer_without_a_name_is_not_found_by_an_empty_word(void **state)
{
	struct netmap m = map_of(before, 2);
	m.peers[0].name[0] = '\0';
	assert_null(netmap_peer_named(&m, ""));
	netmap_fini(&m);
}

/* A person may call a peer as if it were an address. */
static void a_name_goes_before_an_address(void **state)
{
	static const char *const peers[] = {"1 10.0.0.1/32", "2 10.0.0.2/32"};
	struct netmap m = map_of(peers, 2);
	snprintf(m.peers[1].name, sizeof(m.peers[1].name), "10.0.0.1");
	assert_ptr_equal(netmap_peer_named(&m, "10.0.0.1"), &m.peers[1]);
	netmap_fini(&m);
}

static void a_label_is_the_name_or_the_first_whole_address_or_the_key(void **state)
{
	static const char *const peers[] = {"1 10.1.0.0/16 fd00::1/128 10.0.0.1/32", "2 10.0.0.0/8",
					    "3"};
	struct netmap m = map_of(peers, 3);
	char label[NETMAP_NAME_MAX], key[KEY_SHORT_MAX];
	struct ip ip;
	for (size_t i = 0; i < 3; i++)
		m.peers[i].name[0] = '\0';
	assert_string_equal(netmap_peer_label(&m.peers[0], label), "fd00::1");
	assert_true(netmap_peer_address(&m.peers[0], &ip));
	assert_int_equal(ip.family, 6);
	for (size_t i = 1; i < 3; i++) {
		assert_false(netmap_peer_address(&m.peers[i], &ip));
		assert_string_equal(netmap_peer_label(&m.peers[i], label),
				    key_short(key, KEY_NODE, m.peers[i].key.b));
	}
	memset(m.peers[2].name, 'x', NETMAP_NAME_MAX - 1);
	assert_int_equal(strlen(netmap_peer_label(&m.peers[2], label)), NETMAP_NAME_MAX - 1);
	netmap_fini(&m);
}

static void an_empty_netmap_has_nobody(void **state)
{
	struct netmap empty = {0}, indexed = {0};
	const struct node_key key = {.b = {1}};
	struct netmap_change c;
	assert_true(netmap_index(&indexed));
	assert_null(netmap_peer(&empty, &key));
	assert_null(netmap_peer(&indexed, &key));
	assert_null(netmap_peer_named(&empty, "10.0.0.1"));
	assert_null(netmap_relay(&empty, 0));
	struct netmap_diff d = netmap_diff(&empty, &indexed);
	assert_false(netmap_diff_next(&d, &c));
	netmap_fini(&empty);
	netmap_fini(&indexed);
	netmap_fini(&indexed);
}

static void relays_are_found_by_their_region(void **state)
{
	struct netmap m = {.relays = calloc(2, sizeof(struct netmap_relay)), .n_relays = 2};
	assert_non_null(m.relays);
	m.relays[0].region = 900;
	m.relays[1].region = 1;
	assert_ptr_equal(netmap_relay(&m, 1), &m.relays[1]);
	assert_ptr_equal(netmap_relay(&m, 900), &m.relays[0]);
	assert_null(netmap_relay(&m, 0));
	assert_null(netmap_relay(&m, 2));
	netmap_fini(&m);
}

static void an_index_can_be_made_again_after_a_change(void **state)
{
	struct netmap m = map_of(before, ARRAY_LEN(before));
	const struct node_key old = {.b = {2}}, other = {.b = {200}};
	m.peers[1].key = other;
	assert_true(netmap_index(&m));
	assert_null(netmap_peer(&m, &old));
	assert_ptr_equal(netmap_peer(&m, &other), &m.peers[1]);
	netmap_fini(&m);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(only_what_changed_is_told_in_the_order_of_keys),
	cmocka_unit_test(from_nothing_all_are_new_and_to_nothing_all_are_gone),
	cmocka_unit_test(each_field_of_a_peer_counts),
	cmocka_unit_test(relays_and_ourselves_are_compared_by_what_matters_to_streams),
	cmocka_unit_test(peers_are_found_by_key_name_and_address),
	cmocka_unit_test(one_change_among_ten_thousand_is_told_once),
	cmocka_unit_test(prefixes_are_told_that_the_other_has_not_wherever_they_stand),
	cmocka_unit_test(a_peer_that_is_not_there_has_no_prefixes),
	cmocka_unit_test(of_all_peers_that_have_an_address_the_longest_prefix_wins),
	cmocka_unit_test(a_peer_without_a_name_is_not_found_by_an_empty_word),
	cmocka_unit_test(a_name_goes_before_an_address),
	cmocka_unit_test(a_label_is_the_name_or_the_first_whole_address_or_the_key),
	cmocka_unit_test(an_empty_netmap_has_nobody),
	cmocka_unit_test(relays_are_found_by_their_region),
	cmocka_unit_test(an_index_can_be_made_again_after_a_change),
};
RUN_TESTS(tests)

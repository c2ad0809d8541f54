/* Two netmaps made of bytes, and what is different between them.  The changes come in the order of
 * keys, each key at most once, and whoever applies them to the first netmap has the second one.
 *
 *   peer = key u8 (0: the netmap ends) | field u8 | prefixes u8: which of 8 it has, by bits */
#include <string.h>

#include "fuzz/fuzz.h"
#include "netmap/diff.h"

enum { PEERS_MAX = 16, PREFIXES = 8 };

struct made {
	struct netmap map;
	struct netmap_peer peers[PEERS_MAX];
	struct netmap_peer *by_key[PEERS_MAX];
	struct prefix allowed[PEERS_MAX][PREFIXES];
};

static struct prefix prefix_number(unsigned i)
{
	const struct ip ip = ip_v4(10, (uint8_t)i, 0, 0);
	return prefix_of(&ip, 16);
}

static bool has_key(const struct netmap *m, uint8_t key)
{
	for (size_t i = 0; i < m->n_peers; i++)
		if (m->peers[i].key.b[0] == key)
			return true;
	return false;
}

static void add_peer(struct made *m, uint8_t key, uint8_t field, uint8_t prefixes)
{
	struct prefix *allowed = m->allowed[m->map.n_peers];
	struct netmap_peer *p = &m->peers[m->map.n_peers];
	*p = (struct netmap_peer){.key = {{key}}, .allowed = allowed};
	p->home = field & 3;
	p->keepalive_s = field >> 2 & 1;
	p->psk[31] = field >> 3 & 1;
	p->disco.b[7] = field >> 4 & 1;
	p->name[0] = field & 0x20 ? 'n' : 0;
	p->n_hints = field >> 6 & 1;
	p->hints[0] = (struct endpoint){ip_v4(192, 0, 2, 1), 1};
	p->plain = field >> 7;
	for (unsigned i = 0; i < PREFIXES; i++)
		if (prefixes >> i & 1)
			allowed[p->n_allowed++] = prefix_number(i);
	m->map.n_peers++;
}

/* Insertion: netmap_index would own its memory. */
static void sort(struct made *m)
{
	for (size_t i = 0; i < m->map.n_peers; i++) {
		size_t at = i;
		for (; at > 0 && key_order(m->by_key[at - 1]->key.b, m->peers[i].key.b) > 0; at--)
			m->by_key[at] = m->by_key[at - 1];
		m->by_key[at] = &m->peers[i];
	}
}

static void make(struct made *m, struct rd *r)
{
	*m = (struct made){.map = {.peers = m->peers, .by_key = m->by_key}};
	while (m->map.n_peers < PEERS_MAX) {
		uint8_t key = rd_u8(r);
		if (r->bad || key == 0)
			break;
		uint8_t field = rd_u8(r), prefixes = rd_u8(r);
		if (!has_key(&m->map, key))
			add_peer(m, key, field, prefixes);
	}
	sort(m);
}

static uint8_t prefix_bits(const struct netmap_peer *p)
{
	uint8_t bits = 0;
	for (size_t i = 0; p && i < p->n_allowed; i++)
		bits |= (uint8_t)(1u << p->allowed[i].ip.b[1]);
	return bits;
}

static uint8_t walk(const struct netmap_peer *in, const struct netmap_peer *less)
{
	struct netmap_prefixes walk = netmap_prefixes(in, less);
	const struct prefix *p;
	uint8_t bits = 0;
	while ((p = netmap_prefixes_next(&walk))) {
		FUZZ_ASSERT(!(bits >> p->ip.b[1] & 1));
		bits |= (uint8_t)(1u << p->ip.b[1]);
	}
	return bits;
}

static void check_prefixes(const struct netmap_change *c)
{
	uint8_t was = prefix_bits(c->was), now = prefix_bits(c->now);
	FUZZ_ASSERT(walk(c->was, c->now) == (was & ~now));
	FUZZ_ASSERT(walk(c->now, c->was) == (now & ~was));
}

/* Everything but the prefixes, in the form of the bytes. */
static bool same_fields(const struct netmap_peer *a, const struct netmap_peer *b)
{
	return a->home == b->home && a->keepalive_s == b->keepalive_s && a->psk[31] == b->psk[31] &&
	       a->disco.b[7] == b->disco.b[7] && a->name[0] == b->name[0] &&
	       a->n_hints == b->n_hints && a->plain == b->plain;
}

/* What holds of the peers of a key that no change named: they are the same. */
static void must_be_same(const struct made *was, const struct made *now, const bool *changed)
{
	for (size_t i = 0; i < was->map.n_peers; i++) {
		const struct netmap_peer *old = &was->peers[i],
					 *found = netmap_peer(&now->map, &old->key);
		if (changed[old->key.b[0]])
			continue;
		FUZZ_ASSERT(found && same_fields(old, found));
		FUZZ_ASSERT(prefix_bits(old) == prefix_bits(found));
	}
	for (size_t i = 0; i < now->map.n_peers; i++)
		FUZZ_ASSERT(changed[now->peers[i].key.b[0]] ||
			    netmap_peer(&was->map, &now->peers[i].key));
}

static void check(const struct made *was, const struct made *now)
{
	struct netmap_diff d = netmap_diff(&was->map, &now->map);
	struct netmap_change c;
	bool changed[256] = {false};
	int last = -1;
	while (netmap_diff_next(&d, &c)) {
		FUZZ_ASSERT(c.was || c.now);
		const struct node_key *key = c.now ? &c.now->key : &c.was->key;
		FUZZ_ASSERT(key->b[0] > last);
		last = key->b[0];
		changed[last] = true;
		FUZZ_ASSERT(c.was == netmap_peer(&was->map, key));
		FUZZ_ASSERT(c.now == netmap_peer(&now->map, key));
		FUZZ_ASSERT(!c.was || !c.now || !same_fields(c.was, c.now) ||
			    prefix_bits(c.was) != prefix_bits(c.now));
		check_prefixes(&c);
	}
	must_be_same(was, now, changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made was, now;
	struct rd r = rd_of((struct bytes){data, size});
	make(&was, &r);
	make(&now, &r);
	check(&was, &now);
	check(&now, &was);
	check(&was, &was);
	return 0;
}

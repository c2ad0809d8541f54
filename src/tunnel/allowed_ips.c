/* A binary trie per family with the one-way paths left out: each node is a prefix, its children are
 * longer prefixes that begin with it and differ in the bit after it.  A node without a peer is a
 * fork: it has two children, or it is taken out.  So a table of n prefixes has fewer than 2n nodes,
 * and no walk is longer than the number of bits of an address.  Nodes live in one array and name
 * each other by place plus one; 0 is none.
 */
#include "tunnel/allowed_ips.h"

#include <stdlib.h>
#include <string.h>

struct allowed_node {
	uint8_t b[16];
	uint8_t bits;
	peer_id peer;      /* PEER_NONE: a fork, or unused */
	uint32_t child[2]; /* by the bit after the prefix; child[0] links the unused */
};

static struct allowed_node *node_at(const struct allowed_ips *a, uint32_t link)
{
	return &a->nodes[link - 1];
}

static unsigned bit_of(const uint8_t *b, unsigned bit)
{
	return (unsigned)b[bit / 8] >> (7 - bit % 8) & 1u;
}

/* How many leading bits are the same, `limit` at most. */
static unsigned same_bits(const uint8_t *a, const uint8_t *b, unsigned limit)
{
	for (unsigned i = 0; i * 8 < limit; i++) {
		unsigned differ = a[i] ^ b[i];
		if (differ) {
			unsigned same = i * 8 + (unsigned)__builtin_clz(differ) - 24;
			return same < limit ? same : limit;
		}
	}
	return limit;
}

static unsigned shorter(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Makes sure of two nodes, the most that one prefix needs: after it no node moves. */
static bool reserve(struct allowed_ips *a)
{
	if (a->cap - a->n >= 2)
		return true;
	uint32_t cap = a->cap ? a->cap * 2 : 16;
	struct allowed_node *nodes = realloc(a->nodes, cap * sizeof(*nodes));
	if (!nodes)
		return false;
	a->nodes = nodes;
	a->cap = cap;
	return true;
}

static uint32_t take(struct allowed_ips *a, const uint8_t *b, unsigned bits, peer_id id)
{
	uint32_t link = a->unused;
	if (link)
		a->unused = node_at(a, link)->child[0];
	else
		link = ++a->n;
	struct allowed_node *node = node_at(a, link);
	*node = (struct allowed_node){.bits = (uint8_t)bits, .peer = id};
	memcpy(node->b, b, sizeof(node->b));
	return link;
}

static void give_back(struct allowed_ips *a, uint32_t link)
{
	*node_at(a, link) = (struct allowed_node){.peer = PEER_NONE, .child = {a->unused}};
	a->unused = link;
}

/* Seats a new node where `old` stands: above it, or beside it under a fork. */
static uint32_t join(struct allowed_ips *a, uint32_t new, uint32_t old)
{
	struct allowed_node *n = node_at(a, new), *o = node_at(a, old);
	unsigned same = same_bits(n->b, o->b, shorter(n->bits, o->bits));
	if (same == n->bits) {
		n->child[bit_of(o->b, same)] = old;
		return new;
	}
	uint32_t fork = take(a, n->b, same, PEER_NONE);
	node_at(a, fork)->child[bit_of(n->b, same)] = new;
	node_at(a, fork)->child[bit_of(o->b, same)] = old;
	return fork;
}

bool allowed_ips_add(struct allowed_ips *a, const struct prefix *p, peer_id id)
{
	if (!reserve(a))
		return false;
	uint32_t *link = &a->root[p->ip.family == 6];
	while (*link) {
		struct allowed_node *node = node_at(a, *link);
		if (node->bits > p->bits || same_bits(node->b, p->ip.b, node->bits) < node->bits)
			break;
		if (node->bits == p->bits) {
			node->peer = id;
			return true;
		}
		link = &node->child[bit_of(p->ip.b, node->bits)];
	}
	uint32_t old = *link, new = take(a, p->ip.b, p->bits, id);
	*link = old ? join(a, new, old) : new;
	return true;
}

/* Takes out the peer's nodes under `link`, and the forks that are none any more. Gives what then
 * stands in its place. It calls itself no deeper than an address has bits. */
static uint32_t prune(struct allowed_ips *a, uint32_t link, peer_id id)
{
	if (!link)
		return 0;
	struct allowed_node *node = node_at(a, link);
	node->child[0] = prune(a, node->child[0], id);
	node->child[1] = prune(a, node->child[1], id);
	if (node->peer == id)
		node->peer = PEER_NONE;
	if (node->peer != PEER_NONE || (node->child[0] && node->child[1]))
		return link;
	uint32_t rest = node->child[0] ? node->child[0] : node->child[1];
	give_back(a, link);
	return rest;
}

void allowed_ips_remove(struct allowed_ips *a, peer_id id)
{
	a->root[0] = prune(a, a->root[0], id);
	a->root[1] = prune(a, a->root[1], id);
}

peer_id allowed_ips_find(const struct allowed_ips *a, const struct ip *ip)
{
	unsigned bits = (unsigned)ip_len(ip) * 8;
	peer_id found = PEER_NONE;
	uint32_t link = bits ? a->root[ip->family == 6] : 0;
	while (link) {
		const struct allowed_node *node = node_at(a, link);
		if (same_bits(node->b, ip->b, node->bits) < node->bits)
			break;
		if (node->peer != PEER_NONE)
			found = node->peer;
		link = node->bits < bits ? node->child[bit_of(ip->b, node->bits)] : 0;
	}
	return found;
}

void allowed_ips_fini(struct allowed_ips *a)
{
	free(a->nodes);
	*a = (struct allowed_ips){0};
}

/* A binary trie per family with the one-way paths left out.  Each node is a prefix.  Its children
 * are longer prefixes that begin with it and differ in the bit after it.  A node without a peer is
 * a fork: it has two children, or it is taken out.  So a table of n prefixes has fewer than 2n
 * nodes, and no walk is longer than the number of bits of an address.
 *
 * The nodes of one peer are also a list, so that removing a peer costs only its own prefixes.
 *
 * Nodes live in one array and name each other by place plus one; 0 is none.
 */
#include "tunnel/allowed_ips.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct allowed_node {
	uint8_t b[16];
	uint8_t bits;
	bool six;
	peer_id peer;      /* PEER_NONE: a fork, or unused */
	uint32_t child[2]; /* by the bit after the prefix; child[0] links the unused */
};

/* A node's neighbours in the list of its peer. Apart from the nodes, which a look-up must find in
 * few cache lines. */
struct allowed_links {
	uint32_t before, after;
};

static struct allowed_node *node_at(const struct allowed_ips *a, uint32_t link)
{
	return &a->nodes[link - 1];
}

static unsigned bit_of(const uint8_t *b, unsigned bit)
{
	return (unsigned)b[bit / 8] >> (7 - bit % 8) & 1u;
}

/* How many leading bits are the same, but at most `limit`. */
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

/* Makes room for two nodes, the most that one prefix needs. No node moves after that. */
static bool reserve_nodes(struct allowed_ips *a)
{
	if (a->cap - a->n >= 2)
		return true;
	uint32_t cap = a->cap ? a->cap * 2 : 16;
	struct allowed_node *nodes = realloc(a->nodes, cap * sizeof(*nodes));
	if (nodes)
		a->nodes = nodes;
	struct allowed_links *links = realloc(a->links, cap * sizeof(*links));
	if (links)
		a->links = links;
	if (!nodes || !links)
		return false;
	a->cap = cap;
	return true;
}

/* Makes room for the list of this peer. */
static bool reserve_list(struct allowed_ips *a, peer_id id)
{
	assert(id != PEER_NONE);
	if (id < a->lists)
		return true;
	size_t lists = id < 8 ? 16 : (size_t)id * 2;
	uint32_t *first = realloc(a->first, lists * sizeof(*first));
	if (!first)
		return false;
	memset(first + a->lists, 0, (lists - a->lists) * sizeof(*first));
	a->first = first;
	a->lists = lists;
	return true;
}

/* --- the list of a peer --- */

static struct allowed_links *links_of(const struct allowed_ips *a, uint32_t link)
{
	return &a->links[link - 1];
}

static void list_enter(struct allowed_ips *a, uint32_t link, peer_id id)
{
	uint32_t after = a->first[id];
	node_at(a, link)->peer = id;
	*links_of(a, link) = (struct allowed_links){.after = after};
	if (after)
		links_of(a, after)->before = link;
	a->first[id] = link;
}

static void list_leave(struct allowed_ips *a, uint32_t link)
{
	struct allowed_node *node = node_at(a, link);
	struct allowed_links l = *links_of(a, link);
	assert(l.before || a->first[node->peer] == link);
	if (l.before)
		links_of(a, l.before)->after = l.after;
	else
		a->first[node->peer] = l.after;
	if (l.after)
		links_of(a, l.after)->before = l.before;
	node->peer = PEER_NONE;
}

/* --- the trie --- */

/* A new node without a peer. */
static uint32_t take(struct allowed_ips *a, bool six, const uint8_t *b, unsigned bits)
{
	uint32_t link = a->unused;
	if (link)
		a->unused = node_at(a, link)->child[0];
	else
		link = ++a->n;
	struct allowed_node *node = node_at(a, link);
	*node = (struct allowed_node){.bits = (uint8_t)bits, .six = six, .peer = PEER_NONE};
	memcpy(node->b, b, sizeof(node->b));
	return link;
}

static void give_back(struct allowed_ips *a, uint32_t link)
{
	*node_at(a, link) = (struct allowed_node){.peer = PEER_NONE, .child = {a->unused}};
	a->unused = link;
}

/* Puts a new node in the place of `old`: above it, or beside it under a fork. Gives what then
 * stands there. */
static uint32_t join(struct allowed_ips *a, uint32_t new, uint32_t old)
{
	struct allowed_node *n = node_at(a, new), *o = node_at(a, old);
	unsigned same = same_bits(n->b, o->b, shorter(n->bits, o->bits));
	if (same == n->bits) {
		n->child[bit_of(o->b, same)] = old;
		return new;
	}
	uint32_t fork = take(a, n->six, n->b, same);
	node_at(a, fork)->child[bit_of(n->b, same)] = new;
	node_at(a, fork)->child[bit_of(o->b, same)] = old;
	return fork;
}

bool allowed_ips_add(struct allowed_ips *a, const struct prefix *p, peer_id id)
{
	bool six = p->ip.family == 6;
	if (!reserve_nodes(a) || !reserve_list(a, id))
		return false;
	uint32_t *link = &a->root[six];
	while (*link) {
		struct allowed_node *node = node_at(a, *link);
		if (node->bits > p->bits || same_bits(node->b, p->ip.b, node->bits) < node->bits)
			break;
		if (node->bits == p->bits) {
			if (node->peer != PEER_NONE)
				list_leave(a, *link);
			list_enter(a, *link, id);
			return true;
		}
		link = &node->child[bit_of(p->ip.b, node->bits)];
	}
	uint32_t old = *link, new = take(a, six, p->ip.b, p->bits);
	list_enter(a, new, id);
	*link = old ? join(a, new, old) : new;
	return true;
}

/* The link to the node of exactly this prefix, and the link to the node above it (NULL: it is the
 * root). NULL: there is no such node. */
static uint32_t *find_exact(struct allowed_ips *a, bool six, const uint8_t *b, unsigned bits,
			    uint32_t **above)
{
	uint32_t *link = &a->root[six];
	*above = NULL;
	while (*link) {
		struct allowed_node *node = node_at(a, *link);
		if (node->bits > bits || same_bits(node->b, b, node->bits) < node->bits)
			break;
		if (node->bits == bits)
			return link;
		*above = link;
		link = &node->child[bit_of(b, node->bits)];
	}
	return NULL;
}

/* A node that is neither a prefix nor a fork makes room for the child that it may have. */
static void splice(struct allowed_ips *a, uint32_t *link)
{
	uint32_t gone = *link;
	struct allowed_node *node = node_at(a, gone);
	if (node->peer != PEER_NONE || (node->child[0] && node->child[1]))
		return;
	*link = node->child[0] ? node->child[0] : node->child[1];
	give_back(a, gone);
}

static void take_out(struct allowed_ips *a, uint32_t *link, uint32_t *above)
{
	list_leave(a, *link);
	splice(a, link);
	if (above)
		splice(a, above);
}

static bool is_of(const struct allowed_ips *a, const uint32_t *link, peer_id id)
{
	return link && id != PEER_NONE && node_at(a, *link)->peer == id;
}

bool allowed_ips_has(struct allowed_ips *a, const struct prefix *p, peer_id id)
{
	uint32_t *above;
	return is_of(a, find_exact(a, p->ip.family == 6, p->ip.b, p->bits, &above), id);
}

bool allowed_ips_remove_prefix(struct allowed_ips *a, const struct prefix *p, peer_id id)
{
	uint32_t *above, *link = find_exact(a, p->ip.family == 6, p->ip.b, p->bits, &above);
	if (!is_of(a, link, id))
		return false;
	take_out(a, link, above);
	return true;
}

void allowed_ips_remove(struct allowed_ips *a, peer_id id)
{
	while (id < a->lists && a->first[id]) {
		const struct allowed_node *node = node_at(a, a->first[id]);
		uint32_t *above, *link = find_exact(a, node->six, node->b, node->bits, &above);
		assert(link && *link == a->first[id]);
		take_out(a, link, above);
	}
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
	free(a->links);
	free(a->first);
	*a = (struct allowed_ips){0};
}

#include "netmap/diff.h"

#include <string.h>

static bool prefixes_equal(const struct netmap_peer *a, const struct netmap_peer *b)
{
	if (a->n_allowed != b->n_allowed)
		return false;
	for (size_t i = 0; i < a->n_allowed; i++)
		if (!prefix_equal(&a->allowed[i], &b->allowed[i]))
			return false;
	return true;
}

static bool hints_equal(const struct netmap_peer *a, const struct netmap_peer *b)
{
	if (a->n_hints != b->n_hints)
		return false;
	for (size_t i = 0; i < a->n_hints; i++)
		if (!endpoint_equal(&a->hints[i], &b->hints[i]))
			return false;
	return true;
}

/* Another order of the prefixes is a change: the first one is the peer's address. */
static bool peers_equal(const struct netmap_peer *a, const struct netmap_peer *b)
{
	return strcmp(a->name, b->name) == 0 && key_equal(a->psk, b->psk) && prefixes_equal(a, b) &&
	       hints_equal(a, b) && key_equal(a->disco.b, b->disco.b) && a->home == b->home &&
	       a->plain == b->plain && a->keepalive_s == b->keepalive_s;
}

struct netmap_diff netmap_diff(const struct netmap *was, const struct netmap *now)
{
	return (struct netmap_diff){.was = was, .now = now};
}

static const struct netmap_peer *peer_at(const struct netmap *m, size_t i)
{
	return m && i < m->n_peers ? m->by_key[i] : NULL;
}

bool netmap_diff_next(struct netmap_diff *d, struct netmap_change *change)
{
	for (;;) {
		const struct netmap_peer *was = peer_at(d->was, d->at_was),
					 *now = peer_at(d->now, d->at_now);
		if (!was && !now)
			return false;
		int order = !was ? 1 : !now ? -1 : key_order(was->key.b, now->key.b);
		d->at_was += order <= 0;
		d->at_now += order >= 0;
		if (order == 0 && peers_equal(was, now))
			continue;
		*change = (struct netmap_change){.was = order <= 0 ? was : NULL,
						 .now = order >= 0 ? now : NULL};
		return true;
	}
}

bool netmap_relay_equal(const struct netmap_relay *a, const struct netmap_relay *b)
{
	return strcmp(a->host, b->host) == 0 && a->port == b->port && a->plain == b->plain &&
	       a->pinned == b->pinned && memcmp(a->pin, b->pin, sizeof(a->pin)) == 0 &&
	       strcmp(a->ca_file, b->ca_file) == 0;
}

bool netmap_self_equal(const struct netmap_self *a, const struct netmap_self *b)
{
	if (a->n_addresses != b->n_addresses)
		return false;
	for (size_t i = 0; i < a->n_addresses; i++)
		if (!ip_equal(&a->address[i], &b->address[i]) ||
		    a->address_bits[i] != b->address_bits[i])
			return false;
	return true;
}

struct netmap_prefixes netmap_prefixes(const struct netmap_peer *in, const struct netmap_peer *less)
{
	return (struct netmap_prefixes){.in = in, .less = less};
}

/* A peer has few prefixes, and most stand at the same place in both lists. */
static bool has(const struct netmap_peer *p, const struct prefix *prefix, size_t likely)
{
	if (p && likely < p->n_allowed && prefix_equal(&p->allowed[likely], prefix))
		return true;
	for (size_t i = 0; p && i < p->n_allowed; i++)
		if (prefix_equal(&p->allowed[i], prefix))
			return true;
	return false;
}

const struct prefix *netmap_prefixes_next(struct netmap_prefixes *p)
{
	while (p->in && p->at < p->in->n_allowed) {
		size_t at = p->at++;
		if (!has(p->less, &p->in->allowed[at], at))
			return &p->in->allowed[at];
	}
	return NULL;
}

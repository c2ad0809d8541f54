/* Names are looked up only when a person asks, so a search through the list is fast enough. */
#include "netmap/netmap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_key(const void *a, const void *b)
{
	const struct netmap_peer *x = *(struct netmap_peer *const *)a,
				 *y = *(struct netmap_peer *const *)b;
	int order = key_order(x->key.b, y->key.b);
	return order ? order : (x > y) - (x < y);
}

bool netmap_index(struct netmap *m)
{
	struct netmap_peer **v = calloc(m->n_peers + 1, sizeof(struct netmap_peer *));
	if (!v)
		return false;
	for (size_t i = 0; i < m->n_peers; i++)
		v[i] = &m->peers[i];
	qsort(v, m->n_peers, sizeof(struct netmap_peer *), by_key);
	free(m->by_key);
	m->by_key = v;
	return true;
}

void netmap_forget_peers(struct netmap *m)
{
	for (size_t i = 0; i < m->n_peers; i++) {
		free(m->peers[i].allowed);
		key_wipe(m->peers[i].psk, sizeof(m->peers[i].psk));
	}
	free(m->peers);
	free(m->by_key);
	m->peers = NULL;
	m->by_key = NULL;
	m->n_peers = 0;
}

void netmap_fini(struct netmap *m)
{
	netmap_forget_peers(m);
	free(m->relays);
	*m = (struct netmap){0};
}

const struct netmap_relay *netmap_relay(const struct netmap *m, uint16_t region)
{
	for (size_t i = 0; i < m->n_relays; i++) {
		if (m->relays[i].region == region)
			return &m->relays[i];
	}
	return NULL;
}

static int key_to_peer(const void *key, const void *peer)
{
	return key_order(((const struct node_key *)key)->b,
			 (*(struct netmap_peer *const *)peer)->key.b);
}

const struct netmap_peer *netmap_peer(const struct netmap *m, const struct node_key *key)
{
	if (m->n_peers == 0) /* then there may be no index to search */
		return NULL;
	struct netmap_peer **p =
		bsearch(key, m->by_key, m->n_peers, sizeof(struct netmap_peer *), key_to_peer);
	return p ? *p : NULL;
}

/* The length of the longest prefix of this peer that has the address; -1: none. */
static int longest(const struct netmap_peer *p, const struct ip *ip)
{
	int best = -1;
	for (size_t i = 0; i < p->n_allowed; i++) {
		if (prefix_contains(&p->allowed[i], ip) && p->allowed[i].bits > best)
			best = p->allowed[i].bits;
	}
	return best;
}

const struct netmap_peer *netmap_peer_named(const struct netmap *m, const char *name_or_ip)
{
	struct ip ip;
	bool address = ip_parse(&ip, name_or_ip);
	const struct netmap_peer *found = NULL;
	int best = -1;
	for (size_t i = 0; i < m->n_peers; i++) {
		const struct netmap_peer *p = &m->peers[i];
		if (p->name[0] && strcasecmp(p->name, name_or_ip) == 0)
			return p;
		int bits = address ? longest(p, &ip) : -1;
		if (bits > best) {
			best = bits;
			found = p;
		}
	}
	return found;
}

bool netmap_peer_address(const struct netmap_peer *p, struct ip *out)
{
	for (size_t i = 0; i < p->n_allowed; i++) {
		if (p->allowed[i].bits == ip_len(&p->allowed[i].ip) * 8) {
			*out = p->allowed[i].ip;
			return true;
		}
	}
	return false;
}

const char *netmap_peer_label(const struct netmap_peer *p, char out[static NETMAP_NAME_MAX])
{
	struct ip ip;
	char text[IP_TEXT_MAX], key[KEY_SHORT_MAX];
	const char *label = p->name;
	if (!label[0])
		label = netmap_peer_address(p, &ip) ? ip_format(&ip, text)
						    : key_short(key, KEY_NODE, p->key.b);
	snprintf(out, NETMAP_NAME_MAX, "%s", label);
	return out;
}

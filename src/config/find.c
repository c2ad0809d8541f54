/* Finding things in a config, and what to call them. Names are looked up for people only, so one by
 * one. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct config_relay *config_relay(const struct config *c, uint16_t region)
{
	for (size_t i = 0; i < c->n_relays; i++) {
		if (c->relays[i].region == region)
			return &c->relays[i];
	}
	return NULL;
}

static int key_to_peer(const void *key, const void *peer)
{
	return key_order(((const struct node_key *)key)->b,
			 (*(struct config_peer *const *)peer)->key.b);
}

const struct config_peer *config_peer(const struct config *c, const struct node_key *key)
{
	struct config_peer **p =
		bsearch(key, c->by_key, c->n_peers, sizeof(struct config_peer *), key_to_peer);
	return p ? *p : NULL;
}

/* The length of the longest prefix of this peer that has the address; -1: none. */
static int longest(const struct config_peer *p, const struct ip *ip)
{
	int best = -1;
	for (size_t i = 0; i < p->n_allowed; i++) {
		if (prefix_contains(&p->allowed[i], ip) && p->allowed[i].bits > best)
			best = p->allowed[i].bits;
	}
	return best;
}

const struct config_peer *config_peer_named(const struct config *c, const char *name_or_ip)
{
	struct ip ip;
	bool address = ip_parse(&ip, name_or_ip);
	const struct config_peer *found = NULL;
	int best = -1;
	for (size_t i = 0; i < c->n_peers; i++) {
		const struct config_peer *p = &c->peers[i];
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

bool config_peer_address(const struct config_peer *p, struct ip *out)
{
	for (size_t i = 0; i < p->n_allowed; i++) {
		if (p->allowed[i].bits == ip_len(&p->allowed[i].ip) * 8) {
			*out = p->allowed[i].ip;
			return true;
		}
	}
	return false;
}

const char *config_peer_label(const struct config_peer *p, char out[static CONFIG_NAME_MAX])
{
	struct ip ip;
	char text[IP_TEXT_MAX], key[KEY_SHORT_MAX];
	const char *label = p->name;
	if (!label[0])
		label = config_peer_address(p, &ip) ? ip_format(&ip, text)
						    : key_short(key, KEY_NODE, p->key.b);
	snprintf(out, CONFIG_NAME_MAX, "%s", label);
	return out;
}

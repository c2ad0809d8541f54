#include "config/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool wrong(struct config_notes *n, unsigned line, const char *fmt, ...) PRINTF(3, 4);
static bool wrong(struct config_notes *n, unsigned line, const char *fmt, ...)
{
	char text[CONFIG_WHY_MAX];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return config_wrong(n->file, line, n->why, "%s", text);
}

static struct netmap_relay *relay_by_name(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->map.n_relays; i++) {
		if (strcasecmp(c->map.relays[i].name, name) == 0)
			return &c->map.relays[i];
	}
	return NULL;
}

/* " (known: lab, far)", for the end of a sentence. */
static const char *known_relays(const struct config *c, char out[static 160])
{
	size_t n = (size_t)snprintf(out, 160, "%s",
				    c->map.n_relays ? " (known: " : " (the file has no [Relay]");
	for (size_t i = 0; i < c->map.n_relays && n + 70 < 160; i++)
		n += (size_t)snprintf(out + n, 160 - n, "%s%s", i ? ", " : "",
				      c->map.relays[i].name);
	snprintf(out + n, 160 - n, ")");
	return out;
}

static bool relays_are_unique(const struct config *c, struct config_notes *n)
{
	for (size_t i = 1; i < c->map.n_relays; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct netmap_relay *a = &c->map.relays[j], *b = &c->map.relays[i];
			if (strcasecmp(a->name, b->name) == 0)
				return wrong(n, c->relay_line[i],
					     "found a second [Relay] with Name = %s, expected each "
					     "name once "
					     "(first at line %u)",
					     b->name, c->relay_line[j]);
			if (a->region == b->region)
				return wrong(n, c->relay_line[i],
					     "found Region %u at relay %s and at %s (line %u), "
					     "expected each "
					     "region once",
					     b->region, b->name, a->name, c->relay_line[j]);
		}
	}
	return true;
}

/* One element goes to the front, and those before it one place back. */
static void to_front(void *v, size_t at, size_t size, void *room)
{
	uint8_t *b = v;
	memcpy(room, b + at * size, size);
	memmove(b + size, b, at * size);
	memcpy(b, room, size);
}

static bool home_comes_first(struct config *c, struct config_notes *n)
{
	char known[160];
	struct netmap_relay room;
	struct netmap_relay *home = n->home ? relay_by_name(c, n->home) : c->map.relays;
	if (n->home && !home)
		return wrong(n, n->home_line,
			     "Home: found \"%s\", expected the Name of a [Relay]%s", n->home,
			     known_relays(c, known));
	if (c->map.n_relays == 0)
		return true;
	size_t at = (size_t)(home - c->map.relays);
	to_front(c->relay_line, at, sizeof(c->relay_line[0]), &room);
	to_front(c->map.relays, at, sizeof(room), &room);
	c->map.self.home = c->map.relays[0].region;
	return true;
}

static bool peers_find_their_relays(struct config *c, struct config_notes *n)
{
	char known[160];
	for (size_t i = 0; i < c->map.n_peers; i++) {
		const struct config_ref *ref = &n->refs[i];
		c->map.peers[i].plain = !ref->relay;
		if (!ref->relay && !key_is_zero(c->map.peers[i].disco.b))
			return wrong(n, c->peer_notes[i].line,
				     "[Peer] has a DiscoKey and no Relay, expected both: a peer "
				     "without a Relay "
				     "speaks plain WireGuard");
		if (!ref->relay)
			continue;
		const struct netmap_relay *relay = relay_by_name(c, ref->relay);
		if (!relay)
			return wrong(n, ref->line,
				     "Relay: found \"%s\", expected the Name of a [Relay]%s",
				     ref->relay, known_relays(c, known));
		c->map.peers[i].home = relay->region;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct netmap_peer *x = *(struct netmap_peer *const *)a,
				 *y = *(struct netmap_peer *const *)b;
	int order = strcasecmp(x->name, y->name);
	return order ? order : (x > y) - (x < y); /* as in the file */
}

static unsigned line_of(const struct config *c, const struct netmap_peer *p)
{
	return c->peer_notes[p - c->map.peers].line;
}

static bool keys_are_unique(struct config *c, struct config_notes *n)
{
	char key[KEY_SHORT_MAX];
	if (!netmap_index(&c->map))
		return wrong(n, 0, "out of memory");
	struct netmap_peer **v = c->map.by_key;
	for (size_t i = 1; i < c->map.n_peers; i++) {
		if (key_order(v[i - 1]->key.b, v[i]->key.b) == 0)
			return wrong(n, line_of(c, v[i]),
				     "found a second [Peer] with PublicKey %s, expected each peer "
				     "once (first at line %u)",
				     key_short(key, KEY_NODE, v[i]->key.b), line_of(c, v[i - 1]));
	}
	return true;
}

static bool names_are_unique(const struct config *c, struct config_notes *n)
{
	struct netmap_peer **v = calloc(c->map.n_peers + 1, sizeof(struct netmap_peer *));
	if (!v)
		return wrong(n, 0, "out of memory");
	for (size_t i = 0; i < c->map.n_peers; i++)
		v[i] = &c->map.peers[i];
	qsort(v, c->map.n_peers, sizeof(struct netmap_peer *), by_name);
	bool ok = true;
	for (size_t i = 1; ok && i < c->map.n_peers; i++) {
		if (v[i]->name[0] && strcasecmp(v[i - 1]->name, v[i]->name) == 0)
			ok = wrong(n, line_of(c, v[i]),
				   "found a second [Peer] with Name = %s, expected each name once "
				   "(first at line %u)",
				   v[i]->name, line_of(c, v[i - 1]));
	}
	free(v);
	return ok;
}

static int by_prefix(const void *a, const void *b)
{
	const struct config_claim *x = a, *y = b;
	int order = memcmp(&x->prefix.ip, &y->prefix.ip, sizeof(x->prefix.ip));
	if (!order)
		order = x->prefix.bits - y->prefix.bits;
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool claims_are_unique(const struct config *c, struct config_notes *n)
{
	char text[PREFIX_TEXT_MAX], label[NETMAP_NAME_MAX];
	if (n->n_claims)
		qsort(n->claims, n->n_claims, sizeof(*n->claims), by_prefix);
	for (size_t i = 1; i < n->n_claims; i++) {
		const struct config_claim *a = &n->claims[i - 1], *b = &n->claims[i];
		if (!prefix_equal(&a->prefix, &b->prefix))
			continue;
		return wrong(n, b->line,
			     "AllowedIPs: found %s, which is %s's already (line %u), expected each "
			     "prefix once",
			     prefix_format(&b->prefix, text),
			     netmap_peer_label(&c->map.peers[a->peer], label), a->line);
	}
	return true;
}

/* A wider prefix around our own address is fine: a peer may stand for a whole network. */
static bool claims_are_not_ours(const struct config *c, struct config_notes *n)
{
	char text[IP_TEXT_MAX];
	for (size_t i = 0; i < n->n_claims; i++) {
		const struct prefix *p = &n->claims[i].prefix;
		for (size_t j = 0; j < c->map.self.n_addresses; j++) {
			if (p->bits != ip_len(&p->ip) * 8 ||
			    !ip_equal(&p->ip, &c->map.self.address[j]))
				continue;
			return wrong(n, n->claims[i].line,
				     "AllowedIPs: found %s, which is our own Address, expected the "
				     "addresses of "
				     "the peer",
				     ip_format(&p->ip, text));
		}
	}
	return true;
}

static bool mtu_fits_addresses(const struct config *c, struct config_notes *n)
{
	bool six = false;
	for (size_t i = 0; i < c->map.self.n_addresses; i++)
		six |= c->map.self.address[i].family == 6;
	if (!six || c->settings.mtu >= 1280)
		return true;
	return wrong(
		n, 0,
		"[Node] has an IPv6 Address and MTU = %u, expected at least 1280, as IPv6 needs",
		c->settings.mtu);
}

bool config_check(struct config *c, struct config_notes *notes)
{
	return relays_are_unique(c, notes) && home_comes_first(c, notes) &&
	       peers_find_their_relays(c, notes) && keys_are_unique(c, notes) &&
	       names_are_unique(c, notes) && claims_are_unique(c, notes) &&
	       claims_are_not_ours(c, notes) && mtu_fits_addresses(c, notes);
}

bool config_check_key(const struct config *c, const char *file, char why[static CONFIG_WHY_MAX])
{
	struct node_key self = {0};
	key_public(self.b, c->settings.key.b);
	const struct netmap_peer *p = netmap_peer(&c->map, &self);
	if (!p)
		return true;
	return config_wrong(
		file, line_of(c, p), why,
		"[Peer] has our own key, expected the peer's: each node has a key of its own");
}

/* Where sections begin and end: room for what they hold, and the keys that they must have. */
#include "config/reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* On which line of this section the key stands; 0: it does not. */
static unsigned seen(const struct reader *r, const char *name)
{
	const struct config_key *k = config_key(r->section, name);
	return k ? r->seen[k - config_sections[r->section].keys] : 0;
}

static bool lacks(struct reader *r, const char *expected)
{
	return WRONG(r, r->section_line, "found a [%s] without %.*s, expected: %s",
		     config_sections[r->section].name, (int)strcspn(expected, " "), expected,
		     expected);
}

static bool both(struct reader *r, const char *a, const char *b)
{
	if (!seen(r, a) || !seen(r, b))
		return false;
	unsigned later = seen(r, a) > seen(r, b) ? seen(r, a) : seen(r, b);
	WRONG(r, later, "found %s and %s in one [%s], expected only one of them", a, b,
	      config_sections[r->section].name);
	return true;
}

static bool node_end(struct reader *r)
{
	if (both(r, "PrivateKey", "PrivateKeyFile"))
		return false;
	if (!seen(r, "PrivateKey") && !seen(r, "PrivateKeyFile"))
		return lacks(r, "PrivateKeyFile = PATH (`warren genkey > PATH` makes a key)");
	return r->c->map.self.n_addresses ||
	       lacks(r, "Address = 100.64.0.1/32 or another of your network");
}

static bool relay_end(struct reader *r)
{
	struct netmap_relay *relay = &r->c->map.relays[r->c->map.n_relays - 1];
	if (!seen(r, "Name"))
		return lacks(r, "Name = a word by which peers refer to it");
	if (!seen(r, "Host"))
		return lacks(r, "Host = its host name or address");
	if (both(r, "Pin", "CAFile"))
		return false;
	if (relay->plain && (relay->pinned || relay->ca_file[0]))
		return WRONG(r, seen(r, "Plain"),
			     "Plain: found yes beside %s, expected no: without TLS there is no "
			     "certificate",
			     relay->pinned ? "Pin" : "CAFile");
	if (!relay->port)
		relay->port = relay->plain ? 80 : 443;
	if (!relay->region)
		relay->region = (uint16_t)r->c->map.n_relays;
	struct ip ip;
	if (!ip_parse(&ip, relay->host))
		return true;
	struct ip *literal = ip.family == 4 ? &relay->ip4 : &relay->ip6;
	if (!literal->family)
		*literal = ip;
	return true;
}

static bool peer_end(struct reader *r)
{
	if (!seen(r, "PublicKey"))
		return lacks(r, "PublicKey = nodekey:... (`warren pubkey` prints it)");
	return !both(r, "PresharedKey", "PresharedKeyFile");
}

bool config_section_end(struct reader *r)
{
	switch (r->section) {
	case SECTION_NONE:
		return true;
	case SECTION_NODE:
		return node_end(r);
	case SECTION_RELAY:
		return relay_end(r);
	case SECTION_PEER:
		return peer_end(r);
	}
	return true;
}

static bool node_begin(struct reader *r)
{
	if (r->node_line)
		return WRONG(r, r->line, "found a second [Node], expected one (first at line %u)",
			     r->node_line);
	r->node_line = r->line;
	return true;
}

static bool relay_begin(struct reader *r)
{
	struct config *c = r->c;
	if (c->map.n_relays == RELAYS_MAX)
		return WRONG(r, r->line, "found one [Relay] more, expected at most %d", RELAYS_MAX);
	struct netmap_relay *relays =
		config_room(c->map.relays, &r->relays_cap, c->map.n_relays, sizeof(*relays));
	if (!relays)
		return config_no_memory(r);
	c->map.relays = relays;
	c->relay_line[c->map.n_relays] = r->line;
	c->map.relays[c->map.n_relays++] = (struct netmap_relay){.stun_port = 3478};
	return true;
}

static bool peer_begin(struct reader *r)
{
	struct config *c = r->c;
	if (c->map.n_peers == CONFIG_PEERS_MAX)
		return WRONG(r, r->line, "found one [Peer] more, expected at most %d",
			     CONFIG_PEERS_MAX);
	struct config_ref *refs =
		config_room(r->notes.refs, &r->refs_cap, c->map.n_peers, sizeof(*refs));
	if (!refs)
		return config_no_memory(r);
	r->notes.refs = refs;
	struct netmap_peer *peers =
		config_room(c->map.peers, &r->peers_cap, c->map.n_peers, sizeof(*peers));
	if (!peers)
		return config_no_memory(r);
	c->map.peers = peers;
	struct config_peer_notes *notes =
		config_room(c->peer_notes, &r->peer_notes_cap, c->map.n_peers, sizeof(*notes));
	if (!notes)
		return config_no_memory(r);
	c->peer_notes = notes;
	c->peer_notes[c->n_peer_notes++] = (struct config_peer_notes){.line = r->line};
	c->map.peers[c->map.n_peers++] = (struct netmap_peer){0};
	return true;
}

bool config_section_begin(struct reader *r, const char *text)
{
	char q[CONFIG_QUOTE_MAX];
	size_t n = strlen(text), i;
	for (i = SECTION_NODE; i < SECTIONS; i++) {
		if (n == strlen(config_sections[i].name) + 2 && text[n - 1] == ']' &&
		    strncasecmp(text + 1, config_sections[i].name, n - 2) == 0)
			break;
	}
	if (i == SECTIONS)
		return WRONG(r, r->line, "found \"%s\", expected [Node], [Relay] or [Peer]",
			     config_quote(q, text));
	if (!config_section_end(r))
		return false;
	r->section = (enum section)i;
	r->section_line = r->line;
	memset(r->seen, 0, sizeof(r->seen));
	return i == SECTION_NODE    ? node_begin(r)
	       : i == SECTION_RELAY ? relay_begin(r)
				    : peer_begin(r);
}

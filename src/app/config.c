/* The node's file, read line by line.
 *
 * The text is copied once and cut up in place: a line loses its comment and its outer white space,
 * is a [Section] or a key with a value, and the value goes to the function that the table of that
 * section names for the key.  At the end of a section its required keys are asked for; at the end of
 * the file config_check.c compares the sections with each other.
 *
 * Values of secret keys never stand in an error.  Whatever else is quoted is cut and made printable.
 */
#include "app/config.h"
#include "app/config_check.h"
#include "app/config_value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { KEYS_MAX = 16, QUOTE_MAX = 64 };

enum section { SECTION_NONE, SECTION_NODE, SECTION_RELAY, SECTION_PEER };

struct reader {
	struct config *c;
	struct config_notes notes;
	unsigned line;

	enum section section;
	unsigned section_line;
	unsigned node_line;      /* 0: no [Node] so far */
	unsigned seen[KEYS_MAX]; /* line of each key of this section; 0: not there */

	size_t relays_cap, peers_cap, refs_cap, claims_cap;

	const char *found;    /* what in the value is wrong; NULL: all of it */
	const char *expected; /* instead of the table's; NULL: the table's */
};

struct key {
	const char *name;
	bool (*set)(struct reader *r, char *value);
	const char *expected;
	bool many;   /* may stand more than once */
	bool secret; /* never shown */
};

bool config_wrong(const char *file, unsigned line, char *why, const char *fmt, ...)
{
	int n = line ? snprintf(why, CONFIG_WHY_MAX, "%.200s:%u: ", file, line)
		     : snprintf(why, CONFIG_WHY_MAX, "%.200s: ", file);
	va_list args;
	va_start(args, fmt);
	vsnprintf(why + n, (size_t)(CONFIG_WHY_MAX - n), fmt, args);
	va_end(args);
	return false;
}

/* Cut to its first 60 characters, and nothing in it that a terminal would obey. */
static const char *quote(char out[static QUOTE_MAX], const char *text)
{
	size_t n = 0;
	for (; text[n] && n < QUOTE_MAX - 4; n++)
		out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	snprintf(out + n, QUOTE_MAX - n, "%s", text[n] ? "..." : "");
	return out;
}

static bool no_memory(struct reader *r)
{
	return config_wrong(r->notes.file, 0, r->notes.why, "out of memory");
}

/* The array with room for one more, moved if need be; new elements are zero. NULL: out of memory, and
 * the old one stays. */
static void *room(void *v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return v;
	size_t more = *cap ? *cap * 2 : 4;
	void *bigger = calloc(more, size);
	if (!bigger)
		return NULL;
	if (n) {
		memcpy(bigger, v, n * size);
		key_wipe(v, n * size); /* a peer holds a preshared key */
	}
	free(v);
	*cap = more;
	return bigger;
}

static struct config_relay *relay_of(struct reader *r)
{
	return &r->c->relays[r->c->n_relays - 1];
}

static struct config_peer *peer_of(struct reader *r)
{
	return &r->c->peers[r->c->n_peers - 1];
}

/* --- [Node] --- */

static bool node_private_key(struct reader *r, char *value)
{
	return key_parse_any(r->c->node.key.b, KEY_PRIVATE, value) && !key_is_zero(r->c->node.key.b);
}

static bool node_private_key_file(struct reader *r, char *value)
{
	return value_path(r->c->node.key_file, sizeof(r->c->node.key_file), value);
}

static bool node_address(struct reader *r, char *value)
{
	struct config_node *node = &r->c->node;
	for (char *item; (item = value_item(&value));) {
		struct ip ip;
		uint8_t bits;
		r->found = item;
		if (!value_address(&ip, &bits, item))
			return false;
		r->expected = "each address once";
		for (size_t i = 0; i < node->n_addresses; i++) {
			if (ip_equal(&node->address[i], &ip))
				return false;
		}
		r->expected = "at most 8 addresses";
		if (node->n_addresses == NODE_ADDRESSES_MAX)
			return false;
		r->expected = NULL;
		node->address[node->n_addresses] = ip;
		node->address_bits[node->n_addresses++] = bits;
	}
	return true;
}

static bool u16(uint16_t *out, uint32_t min, uint32_t max, const char *text)
{
	uint32_t v;
	if (!value_number(&v, min, max, text))
		return false;
	*out = (uint16_t)v;
	return true;
}

static bool node_listen_port(struct reader *r, char *value)
{
	return u16(&r->c->node.port, 0, UINT16_MAX, value);
}

static bool node_mtu(struct reader *r, char *value)
{
	return u16(&r->c->node.mtu, CONFIG_MTU_MIN, CONFIG_MTU_MAX, value);
}

static bool node_interface(struct reader *r, char *value)
{
	return value_name(r->c->node.interface, sizeof(r->c->node.interface), value);
}

static bool node_name(struct reader *r, char *value)
{
	return value_name(r->c->node.name, sizeof(r->c->node.name), value);
}

static bool endpoints(struct reader *r, struct endpoint *v, size_t *n, size_t max, char *value)
{
	for (char *item; (item = value_item(&value));) {
		struct endpoint ep;
		r->found = item;
		if (!value_endpoint(&ep, item))
			return false;
		if (*n == max) {
			r->expected = "at most 8 endpoints";
			return false;
		}
		v[(*n)++] = ep;
	}
	return true;
}

static bool node_endpoint(struct reader *r, char *value)
{
	return endpoints(r, r->c->node.fixed, &r->c->node.n_fixed, CONFIG_FIXED_MAX, value);
}

static bool node_home(struct reader *r, char *value)
{
	r->notes.home = value;
	r->notes.home_line = r->line;
	return *value != '\0';
}

#define EXPECT_NAME     "1 to 63 letters, digits, '.', '-' or '_'"
#define EXPECT_ENDPOINT "an address and a port such as 192.0.2.1:41641 or [2001:db8::1]:41641"
#define EXPECT_KEY \
	"privkey: and 64 hexadecimal digits, or 44 characters of base64 (`warren genkey` makes one)"
#define EXPECT_PATH "the path of a file"

static const struct key node_keys[] = {
	{"PrivateKeyFile", node_private_key_file, EXPECT_PATH, false, false},
	{"PrivateKey", node_private_key, EXPECT_KEY, false, true},
	{"Address", node_address, "an address such as 100.64.0.1/32 or fd7a::1/128", true, false},
	{"ListenPort", node_listen_port, "a UDP port from 0 (any) to 65535", false, false},
	{"MTU", node_mtu, "a number from 576 to 1500", false, false},
	{"Interface", node_interface, "1 to 15 letters, digits, '.', '-' or '_'", false, false},
	{"Name", node_name, EXPECT_NAME, false, false},
	{"Endpoint", node_endpoint, EXPECT_ENDPOINT, true, false},
	{"Home", node_home, "the Name of a [Relay]", false, false},
};

/* --- [Relay] --- */

static bool relay_name(struct reader *r, char *value)
{
	return value_name(relay_of(r)->name, sizeof(relay_of(r)->name), value);
}

static bool relay_region(struct reader *r, char *value)
{
	return u16(&relay_of(r)->region, 1, UINT16_MAX, value);
}

static bool relay_host(struct reader *r, char *value)
{
	return value_host(relay_of(r)->host, sizeof(relay_of(r)->host), value);
}

static bool relay_port(struct reader *r, char *value)
{
	return u16(&relay_of(r)->port, 1, UINT16_MAX, value);
}

static bool relay_pin(struct reader *r, char *value)
{
	relay_of(r)->pinned = value_pin(relay_of(r)->pin, value);
	return relay_of(r)->pinned;
}

static bool relay_ca_file(struct reader *r, char *value)
{
	return value_path(relay_of(r)->ca_file, sizeof(relay_of(r)->ca_file), value);
}

static bool relay_plain(struct reader *r, char *value)
{
	return value_yes(&relay_of(r)->plain, value);
}

static bool relay_stun_port(struct reader *r, char *value)
{
	relay_of(r)->stun_port = 0;
	if (strcasecmp(value, "no") == 0 || strcasecmp(value, "none") == 0)
		return true;
	return u16(&relay_of(r)->stun_port, 0, UINT16_MAX, value);
}

static bool relay_ip(struct ip *out, uint8_t family, const char *value)
{
	struct ip ip;
	if (!ip_parse(&ip, value) || ip.family != family)
		return false;
	*out = ip;
	return true;
}

static bool relay_ipv4(struct reader *r, char *value)
{
	return relay_ip(&relay_of(r)->ip4, 4, value);
}

static bool relay_ipv6(struct reader *r, char *value)
{
	return relay_ip(&relay_of(r)->ip6, 6, value);
}

static const struct key relay_keys[] = {
	{"Name", relay_name, EXPECT_NAME, false, false},
	{"Region", relay_region, "a number from 1 to 65535", false, false},
	{"Host", relay_host, "a host name or an address, without a port (that is Port)", false, false},
	{"Port", relay_port, "a TCP port from 1 to 65535", false, false},
	{"Pin", relay_pin, "sha256-raw: and 64 hexadecimal digits, as the relay prints it", false, false},
	{"CAFile", relay_ca_file, EXPECT_PATH, false, false},
	{"Plain", relay_plain, "yes or no", false, false},
	{"STUNPort", relay_stun_port, "a UDP port up to 65535, or 0: no STUN", false, false},
	{"IPv4", relay_ipv4, "an IPv4 address", false, false},
	{"IPv6", relay_ipv6, "an IPv6 address", false, false},
};

/* --- [Peer] --- */

static bool peer_name(struct reader *r, char *value)
{
	return value_name(peer_of(r)->name, sizeof(peer_of(r)->name), value);
}

static bool peer_public_key(struct reader *r, char *value)
{
	return key_parse_any(peer_of(r)->key.b, KEY_NODE, value) && !key_is_zero(peer_of(r)->key.b);
}

static bool peer_preshared_key(struct reader *r, char *value)
{
	return key_parse_any(peer_of(r)->psk, KEY_PRIVATE, value);
}

static bool peer_preshared_key_file(struct reader *r, char *value)
{
	char path[CONFIG_PATH_MAX];
	if (!value_path(path, sizeof(path), value))
		return false;
	peer_of(r)->psk_file = strdup(path);
	return peer_of(r)->psk_file || no_memory(r);
}

static bool peer_allow(struct reader *r, const struct prefix *prefix)
{
	struct config_peer *p = peer_of(r);
	struct config_notes *n = &r->notes;
	uint32_t peer = (uint32_t)(r->c->n_peers - 1);
	struct prefix *allowed = room(p->allowed, &n->refs[peer].allowed_cap, p->n_allowed, sizeof(*allowed));
	if (!allowed)
		return no_memory(r);
	p->allowed = allowed;
	struct config_claim *claims = room(n->claims, &r->claims_cap, n->n_claims, sizeof(*claims));
	if (!claims)
		return no_memory(r);
	n->claims = claims;
	allowed[p->n_allowed++] = *prefix;
	claims[n->n_claims++] = (struct config_claim){.prefix = *prefix, .peer = peer, .line = r->line};
	return true;
}

static bool peer_allowed_ips(struct reader *r, char *value)
{
	if (!*value) /* as in wg.conf: none */
		return true;
	for (char *item; (item = value_item(&value));) {
		struct prefix prefix;
		r->found = item;
		if (!prefix_parse(&prefix, item))
			return false;
		if (peer_of(r)->n_allowed == CONFIG_ALLOWED_MAX) {
			r->expected = "at most 1024 prefixes for one peer";
			return false;
		}
		if (!peer_allow(r, &prefix))
			return false;
	}
	return true;
}

static bool peer_relay(struct reader *r, char *value)
{
	r->notes.refs[r->c->n_peers - 1].relay = value;
	r->notes.refs[r->c->n_peers - 1].line = r->line;
	return *value != '\0';
}

static bool peer_endpoint(struct reader *r, char *value)
{
	return endpoints(r, peer_of(r)->hints, &peer_of(r)->n_hints, PATHS_HINTS_MAX, value);
}

static bool peer_keepalive(struct reader *r, char *value)
{
	if (strcasecmp(value, "off") == 0)
		return true;
	return u16(&peer_of(r)->keepalive_s, 0, UINT16_MAX, value);
}

static const struct key peer_keys[] = {
	{"Name", peer_name, EXPECT_NAME, false, false},
	{"PublicKey", peer_public_key,
	 "nodekey: and 64 hexadecimal digits, or 44 characters of base64 (`warren pubkey` prints it)", false,
	 false},
	{"PresharedKey", peer_preshared_key, EXPECT_KEY, false, true},
	{"PresharedKeyFile", peer_preshared_key_file, EXPECT_PATH, false, false},
	{"AllowedIPs", peer_allowed_ips, "a prefix such as 100.64.0.2/32 or fd7a::/48", true, false},
	{"Relay", peer_relay, "the Name of a [Relay]", false, false},
	{"Endpoint", peer_endpoint, EXPECT_ENDPOINT " (names are not looked up)", true, false},
	{"PersistentKeepalive", peer_keepalive, "seconds from 0 (off) to 65535", false, false},
};

/* --- sections --- */

static const struct {
	const char *name;
	const struct key *keys;
	size_t n;
} sections[] = {
	[SECTION_NONE] = {"", NULL, 0},
	[SECTION_NODE] = {"Node", node_keys, ARRAY_LEN(node_keys)},
	[SECTION_RELAY] = {"Relay", relay_keys, ARRAY_LEN(relay_keys)},
	[SECTION_PEER] = {"Peer", peer_keys, ARRAY_LEN(peer_keys)},
};

static const struct key *key_find(enum section s, const char *name)
{
	for (size_t i = 0; i < sections[s].n; i++) {
		if (strcasecmp(sections[s].keys[i].name, name) == 0)
			return &sections[s].keys[i];
	}
	return NULL;
}

/* On which line of this section the key stands; 0: it does not. */
static unsigned seen(const struct reader *r, const char *name)
{
	const struct key *k = key_find(r->section, name);
	return k ? r->seen[k - sections[r->section].keys] : 0;
}

#define WRONG(r, line, ...) config_wrong((r)->notes.file, line, (r)->notes.why, __VA_ARGS__)

static bool lacks(struct reader *r, const char *expected)
{
	return WRONG(r, r->section_line, "found a [%s] without %.*s, expected: %s", sections[r->section].name,
		     (int)strcspn(expected, " "), expected, expected);
}

static bool both(struct reader *r, const char *a, const char *b)
{
	if (!seen(r, a) || !seen(r, b))
		return false;
	unsigned later = seen(r, a) > seen(r, b) ? seen(r, a) : seen(r, b);
	WRONG(r, later, "found %s and %s in one [%s], expected only one of them", a, b,
	      sections[r->section].name);
	return true;
}

static bool node_end(struct reader *r)
{
	if (both(r, "PrivateKey", "PrivateKeyFile"))
		return false;
	if (!seen(r, "PrivateKey") && !seen(r, "PrivateKeyFile"))
		return lacks(r, "PrivateKeyFile = PATH (`warren genkey > PATH` makes a key)");
	return r->c->node.n_addresses || lacks(r, "Address = 100.64.0.1/32 or another of your network");
}

static bool relay_end(struct reader *r)
{
	struct config_relay *relay = relay_of(r);
	if (!seen(r, "Name"))
		return lacks(r, "Name = a word by which peers refer to it");
	if (!seen(r, "Host"))
		return lacks(r, "Host = its host name or address");
	if (both(r, "Pin", "CAFile"))
		return false;
	if (relay->plain && (relay->pinned || relay->ca_file[0]))
		return WRONG(r, seen(r, "Plain"),
			     "Plain: found yes beside %s, expected no: without TLS there is no certificate",
			     relay->pinned ? "Pin" : "CAFile");
	if (!relay->port)
		relay->port = relay->plain ? 80 : 443;
	if (!relay->region)
		relay->region = (uint16_t)r->c->n_relays;
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

static bool section_end(struct reader *r)
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
	if (c->n_relays == NODE_RELAYS_MAX)
		return WRONG(r, r->line, "found one [Relay] more, expected at most %d", NODE_RELAYS_MAX);
	struct config_relay *relays = room(c->relays, &r->relays_cap, c->n_relays, sizeof(*relays));
	if (!relays)
		return no_memory(r);
	c->relays = relays;
	c->relays[c->n_relays++] = (struct config_relay){.stun_port = 3478, .line = r->line};
	return true;
}

static bool peer_begin(struct reader *r)
{
	struct config *c = r->c;
	if (c->n_peers == CONFIG_PEERS_MAX)
		return WRONG(r, r->line, "found one [Peer] more, expected at most %d", CONFIG_PEERS_MAX);
	struct config_ref *refs = room(r->notes.refs, &r->refs_cap, c->n_peers, sizeof(*refs));
	if (!refs)
		return no_memory(r);
	r->notes.refs = refs;
	struct config_peer *peers = room(c->peers, &r->peers_cap, c->n_peers, sizeof(*peers));
	if (!peers)
		return no_memory(r);
	c->peers = peers;
	c->peers[c->n_peers++] = (struct config_peer){.line = r->line};
	return true;
}

static bool section_begin(struct reader *r, const char *text)
{
	char q[QUOTE_MAX];
	size_t n = strlen(text), i;
	for (i = SECTION_NODE; i < ARRAY_LEN(sections); i++) {
		if (n == strlen(sections[i].name) + 2 && text[n - 1] == ']' &&
		    strncasecmp(text + 1, sections[i].name, n - 2) == 0)
			break;
	}
	if (i == ARRAY_LEN(sections))
		return WRONG(r, r->line, "found \"%s\", expected [Node], [Relay] or [Peer]", quote(q, text));
	if (!section_end(r))
		return false;
	r->section = (enum section)i;
	r->section_line = r->line;
	memset(r->seen, 0, sizeof(r->seen));
	return i == SECTION_NODE ? node_begin(r) : i == SECTION_RELAY ? relay_begin(r) : peer_begin(r);
}

/* --- lines --- */

static bool unknown_key(struct reader *r, const char *name)
{
	char q[QUOTE_MAX];
	const char *here = sections[r->section].name, *nearest = NULL;
	uint32_t least = (uint32_t)strlen(name) / 3 + 2; /* what is further away is no slip of the finger */
	for (size_t i = 0; i < sections[r->section].n; i++) {
		uint32_t d = word_distance(name, sections[r->section].keys[i].name);
		if (d >= least)
			continue;
		least = d;
		nearest = sections[r->section].keys[i].name;
	}
	if (nearest)
		return WRONG(r, r->line, "found the key \"%s\" in [%s], expected perhaps %s", quote(q, name),
			     here, nearest);
	for (size_t s = SECTION_NODE; s < ARRAY_LEN(sections); s++) {
		if (key_find((enum section)s, name))
			return WRONG(r, r->line, "found the key \"%s\" in [%s], expected it in [%s]",
				     quote(q, name), here, sections[s].name);
	}
	return WRONG(r, r->line, "found the key \"%s\" in [%s], expected one that warren.conf(5) lists",
		     quote(q, name), here);
}

static bool key_set(struct reader *r, const char *name, char *value)
{
	char q[QUOTE_MAX];
	const struct key *k = key_find(r->section, name);
	if (!k)
		return unknown_key(r, name);
	unsigned *first = &r->seen[k - sections[r->section].keys];
	if (*first && !k->many)
		return WRONG(r, r->line, "found %s again, expected it once in a [%s] (first at line %u)",
			     k->name, sections[r->section].name, *first);
	*first = r->line;
	r->found = r->expected = NULL;
	if (k->set(r, value))
		return true;
	if (r->notes.why[0])
		return false;
	const char *expected = r->expected ? r->expected : k->expected;
	if (k->secret)
		return WRONG(r, r->line, "%s: found something else, expected %s", k->name, expected);
	return WRONG(r, r->line, "%s: found \"%s\", expected %s", k->name,
		     quote(q, r->found ? r->found : value), expected);
}

static bool read_line(struct reader *r, char *line)
{
	char q[QUOTE_MAX];
	line[strcspn(line, "#")] = '\0';
	line = value_trim(line);
	if (!*line)
		return true;
	if (*line == '[')
		return section_begin(r, line);
	char *equals = strchr(line, '=');
	/* A line without '=' may be a key that was pasted in: it is not shown unless it is a word. */
	if (!equals)
		return WRONG(r, r->line, "found \"%s\", expected KEY = VALUE or a [Section]",
			     strlen(line) < 32 ? quote(q, line) : "...");
	*equals = '\0';
	line = value_trim(line);
	if (r->section == SECTION_NONE)
		return WRONG(r, r->line, "found the key \"%s\" before any section, expected [Node] first",
			     quote(q, line));
	return key_set(r, line, value_trim(equals + 1));
}

static bool read_text(struct reader *r, char *text, size_t n)
{
	if (memchr(text, '\0', n))
		return WRONG(r, 0, "found a zero byte, expected a text file");
	for (char *line; (line = strsep(&text, "\n"));) {
		r->line++;
		if (!read_line(r, line))
			return false;
	}
	if (!section_end(r))
		return false;
	if (!r->node_line)
		return WRONG(r, 0, "found no [Node], expected one with PrivateKeyFile and Address");
	return config_check(r->c, &r->notes);
}

static struct config *config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->node.port = CONFIG_PORT;
	c->node.mtu = CONFIG_MTU;
	snprintf(c->node.interface, sizeof(c->node.interface), "warren0");
	return c;
}

struct config *config_parse(const char *file, struct bytes text, char why[static CONFIG_WHY_MAX])
{
	why[0] = '\0';
	if (text.n > CONFIG_TEXT_MAX) {
		config_wrong(file, 0, why, "found %zu bytes, expected at most %d", text.n, CONFIG_TEXT_MAX);
		return NULL;
	}
	struct reader r = {.c = config_new(), .notes = {.file = file, .why = why}};
	char *copy = malloc(text.n + 1);
	bool ok = r.c && copy;
	if (ok) {
		if (text.n)
			memcpy(copy, text.p, text.n);
		copy[text.n] = '\0';
		ok = read_text(&r, copy, text.n);
		key_wipe(copy, text.n);
	} else {
		no_memory(&r);
	}
	free(copy);
	free(r.notes.refs);
	free(r.notes.claims);
	if (ok)
		return r.c;
	config_free(r.c);
	return NULL;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_peers; i++) {
		free(c->peers[i].psk_file);
		free(c->peers[i].allowed);
		key_wipe(c->peers[i].psk, sizeof(c->peers[i].psk));
	}
	free(c->peers);
	free(c->by_key);
	free(c->relays);
	key_wipe(&c->node.key, sizeof(c->node.key));
	free(c);
}

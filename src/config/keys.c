/* The keys of each section, and how each is read. */
#include "config/reader.h"
#include "config/value.h"
#include "crypto/pin.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the section that is being read goes. */
static struct netmap_relay *relay_of(struct reader *r)
{
	return &r->c->map.relays[r->c->map.n_relays - 1];
}

static struct netmap_peer *peer_of(struct reader *r)
{
	return &r->c->map.peers[r->c->map.n_peers - 1];
}

/* --- [Node] --- */

static bool node_private_key(struct reader *r, char *value)
{
	return key_parse_any(r->c->settings.key.b, KEY_PRIVATE, value) &&
	       !key_is_zero(r->c->settings.key.b);
}

static bool node_private_key_file(struct reader *r, char *value)
{
	return value_path(r->c->key_file, sizeof(r->c->key_file), value);
}

static bool node_address(struct reader *r, char *value)
{
	struct netmap_self *self = &r->c->map.self;
	for (char *item; (item = value_item(&value));) {
		struct ip ip;
		uint8_t bits;
		r->found = item;
		if (!value_address(&ip, &bits, item))
			return false;
		r->expected = "each address once";
		for (size_t i = 0; i < self->n_addresses; i++) {
			if (ip_equal(&self->address[i], &ip))
				return false;
		}
		r->expected = "at most 8 addresses";
		if (self->n_addresses == NETMAP_ADDRESSES_MAX)
			return false;
		r->expected = NULL;
		self->address[self->n_addresses] = ip;
		self->address_bits[self->n_addresses++] = bits;
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
	return u16(&r->c->settings.port, 0, UINT16_MAX, value);
}

static bool node_mtu(struct reader *r, char *value)
{
	return u16(&r->c->settings.mtu, CONFIG_MTU_MIN, CONFIG_MTU_MAX, value);
}

static bool node_interface(struct reader *r, char *value)
{
	return value_name(r->c->settings.interface, sizeof(r->c->settings.interface), value);
}

static bool node_name(struct reader *r, char *value)
{
	return value_name(r->c->map.self.name, sizeof(r->c->map.self.name), value);
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
	return endpoints(r, r->c->settings.fixed, &r->c->settings.n_fixed, SETTINGS_FIXED_MAX,
			 value);
}

static bool node_port_mapping(struct reader *r, char *value)
{
	return value_yes(&r->c->settings.port_mapping, value);
}

static bool node_hard_nat(struct reader *r, char *value)
{
	return value_yes(&r->c->settings.hard_nat, value);
}

static bool node_slow_punch(struct reader *r, char *value)
{
	return value_yes(&r->c->settings.slow_punch, value);
}

static bool node_home(struct reader *r, char *value)
{
	r->notes.home = value;
	r->notes.home_line = r->line;
	return *value != '\0';
}

#define EXPECT_NAME     "1 to 63 letters, digits, '.', '-' or '_'"
#define EXPECT_ENDPOINT "an address and a port such as 192.0.2.1:41641 or [2001:db8::1]:41641"
#define EXPECT_KEY                                                                               \
	"privkey: and 64 hexadecimal digits, or 44 characters of base64 (`warren genkey` makes " \
	"one)"
#define EXPECT_PATH "the path of a file"

static const struct config_key node_keys[] = {
	{"PrivateKeyFile", node_private_key_file, EXPECT_PATH, false, false},
	{"PrivateKey", node_private_key, EXPECT_KEY, false, true},
	{"Address", node_address, "an address such as 100.64.0.1/32 or fd7a::1/128", true, false},
	{"ListenPort", node_listen_port, "a UDP port from 0 (any) to 65535", false, false},
	{"MTU", node_mtu, "a number from 576 to 1500", false, false},
	{"Interface", node_interface, "1 to 15 letters, digits, '.', '-' or '_'", false, false},
	{"Name", node_name, EXPECT_NAME, false, false},
	{"Endpoint", node_endpoint, EXPECT_ENDPOINT, true, false},
	{"PortMapping", node_port_mapping, "yes or no", false, false},
	{"HardNat", node_hard_nat, "yes or no", false, false},
	{"SlowPunch", node_slow_punch, "yes or no", false, false},
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
	relay_of(r)->pinned = pin_parse(relay_of(r)->pin, value);
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

static bool relay_http_port(struct reader *r, char *value)
{
	return u16(&relay_of(r)->http_port, 0, UINT16_MAX, value);
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

static const struct config_key relay_keys[] = {
	{"Name", relay_name, EXPECT_NAME, false, false},
	{"Region", relay_region, "a number from 1 to 65535", false, false},
	{"Host", relay_host, "a host name or an address, without a port (that is Port)", false,
	 false},
	{"Port", relay_port, "a TCP port from 1 to 65535", false, false},
	{"Pin", relay_pin, "sha256-raw: and 64 hexadecimal digits, as the relay prints it", false,
	 false},
	{"CAFile", relay_ca_file, EXPECT_PATH, false, false},
	{"Plain", relay_plain, "yes or no", false, false},
	{"STUNPort", relay_stun_port, "a UDP port up to 65535, or 0: no STUN", false, false},
	{"HTTPPort", relay_http_port, "a TCP port up to 65535, or 0: none", false, false},
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
	char path[NETMAP_PATH_MAX];
	if (!value_path(path, sizeof(path), value))
		return false;
	char **file = &r->c->peer_notes[r->c->map.n_peers - 1].psk_file;
	*file = strdup(path);
	return *file || config_no_memory(r);
}

static bool peer_allow(struct reader *r, const struct prefix *prefix)
{
	struct netmap_peer *p = peer_of(r);
	struct config_notes *n = &r->notes;
	uint32_t peer = (uint32_t)(r->c->map.n_peers - 1);
	struct prefix *allowed =
		config_room(p->allowed, &n->refs[peer].allowed_cap, p->n_allowed, sizeof(*allowed));
	if (!allowed)
		return config_no_memory(r);
	p->allowed = allowed;
	struct config_claim *claims =
		config_room(n->claims, &r->claims_cap, n->n_claims, sizeof(*claims));
	if (!claims)
		return config_no_memory(r);
	n->claims = claims;
	allowed[p->n_allowed++] = *prefix;
	claims[n->n_claims++] =
		(struct config_claim){.prefix = *prefix, .peer = peer, .line = r->line};
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
		if (peer_of(r)->n_allowed == NETMAP_ALLOWED_MAX) {
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
	r->notes.refs[r->c->map.n_peers - 1].relay = value;
	r->notes.refs[r->c->map.n_peers - 1].line = r->line;
	return *value != '\0';
}

static bool peer_disco_key(struct reader *r, char *value)
{
	return key_parse(peer_of(r)->disco.b, KEY_DISCO, value) &&
	       !key_is_zero(peer_of(r)->disco.b);
}

static bool peer_endpoint(struct reader *r, char *value)
{
	return endpoints(r, peer_of(r)->hints, &peer_of(r)->n_hints, NETMAP_HINTS_MAX, value);
}

static bool peer_keepalive(struct reader *r, char *value)
{
	if (strcasecmp(value, "off") == 0)
		return true;
	return u16(&peer_of(r)->keepalive_s, 0, UINT16_MAX, value);
}

static const struct config_key peer_keys[] = {
	{"Name", peer_name, EXPECT_NAME, false, false},
	{"PublicKey", peer_public_key,
	 "nodekey: and 64 hexadecimal digits, or 44 characters of base64 (`warren pubkey` prints "
	 "it)",
	 false, false},
	{"PresharedKey", peer_preshared_key, EXPECT_KEY, false, true},
	{"PresharedKeyFile", peer_preshared_key_file, EXPECT_PATH, false, false},
	{"AllowedIPs", peer_allowed_ips, "a prefix such as 100.64.0.2/32 or fd7a::/48", true,
	 false},
	{"Relay", peer_relay, "the Name of a [Relay]", false, false},
	{"Endpoint", peer_endpoint, EXPECT_ENDPOINT " (names are not looked up)", true, false},
	{"DiscoKey", peer_disco_key, "discokey: and 64 hexadecimal digits", false, false},
	{"PersistentKeepalive", peer_keepalive, "seconds from 0 (off) to 65535", false, false},
};
const struct config_section config_sections[] = {
	[SECTION_NONE] = {"", NULL, 0},
	[SECTION_NODE] = {"Node", node_keys, ARRAY_LEN(node_keys)},
	[SECTION_RELAY] = {"Relay", relay_keys, ARRAY_LEN(relay_keys)},
	[SECTION_PEER] = {"Peer", peer_keys, ARRAY_LEN(peer_keys)},
};

const struct config_key *config_key(enum section s, const char *name)
{
	for (size_t i = 0; i < config_sections[s].n; i++) {
		if (strcasecmp(config_sections[s].keys[i].name, name) == 0)
			return &config_sections[s].keys[i];
	}
	return NULL;
}

/* config/config.h - the node's file, in the style of wg.conf: text in, a checked description out
 *
 *   [Node]                           [Relay]                      [Peer]
 *   PrivateKeyFile = /etc/w/key      Name = lab                   Name = bob
 *   Address = 100.64.0.1/32          Host = relay.example         PublicKey = nodekey:...
 *                                    Pin = sha256-raw:...         AllowedIPs = 100.64.0.2/32
 *                                                                 Relay = lab
 *
 * Pure: no file is opened and no name is looked up here (config/load.h reads the files that it
 * names).  man/warren.conf.5 has every key.  Nothing is guessed: an unknown key, a second value for
 * a single one, or a contradiction is an error that names file, line, what was found and what was
 * expected; the first one is reported.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "node/node.h"

enum {
	CONFIG_TEXT_MAX = 1 << 20, /* bytes of a file; a longer one is refused */
	CONFIG_PEERS_MAX = 10000,
	CONFIG_ALLOWED_MAX = 1024, /* prefixes of one peer */
	CONFIG_NAME_MAX = 64,      /* with the NUL */
	CONFIG_HOST_MAX = 254,     /* with the NUL */
	CONFIG_PATH_MAX = 1024,    /* with the NUL */
	CONFIG_IFNAME_MAX = 16,    /* with the NUL: IFNAMSIZ */
	CONFIG_FIXED_MAX = 8,
	CONFIG_MTU_MIN = 576,
	CONFIG_MTU_MAX = 1500,
	CONFIG_WHY_MAX = 512
};

enum { CONFIG_PORT = 41641, CONFIG_MTU = 1280 };

struct config_node {
	struct node_private key;               /* zero until read from key_file */
	char key_file[CONFIG_PATH_MAX];        /* "": the key stood in the file itself */
	char name[CONFIG_NAME_MAX];            /* "": not given */
	char interface[CONFIG_IFNAME_MAX];     /* default warren0 */
	struct ip address[NODE_ADDRESSES_MAX]; /* our own, in the tunnel, host bits kept */
	uint8_t address_bits[NODE_ADDRESSES_MAX];
	size_t n_addresses; /* at least one */
	struct endpoint fixed[CONFIG_FIXED_MAX];
	size_t n_fixed;
	bool port_mapping; /* gateways may be asked to map our port */
	bool hard_nat;     /* hard NATs may be crossed by probing, with peers that agree */
	bool slow_punch;   /* also random against random, which takes half an hour */
	uint16_t port;     /* 0: any that is free */
	uint16_t mtu;
};

struct config_relay {
	char name[CONFIG_NAME_MAX];    /* unique */
	char host[CONFIG_HOST_MAX];    /* a DNS name, or an address without brackets */
	char ca_file[CONFIG_PATH_MAX]; /* "": the system's roots, unless pinned */
	uint8_t pin[32];               /* SHA-256 of the certificate, DER */
	bool pinned;
	bool plain;      /* HTTP without TLS */
	uint16_t region; /* unique, never 0 */
	uint16_t port;
	uint16_t stun_port; /* 0: no STUN */
	uint16_t http_port; /* where it also answers plain HTTP, beside TLS; 0: unknown */
	struct ip ip4, ip6; /* family 0: ask DNS for host. Set when host is an address. */
	unsigned line;
};

struct config_peer {
	char name[CONFIG_NAME_MAX]; /* "": not given; else unique */
	struct node_key key;
	uint8_t psk[TUNNEL_PSK_LEN]; /* zero: none, or not yet read from psk_file */
	char *psk_file;              /* NULL: none */
	struct prefix *allowed;
	size_t n_allowed;
	struct endpoint hints[PATHS_HINTS_MAX];
	size_t n_hints;
	struct disco_key disco; /* of a peer that does not tell it itself; zero: not given */
	uint16_t home;          /* region of its home relay; 0: none */
	bool plain;             /* plain WireGuard: it has an Endpoint and no Relay */
	uint16_t keepalive_s;   /* 0: none */
	unsigned line;
};

struct config {
	struct config_node node;
	struct config_relay *relays; /* our home relay first */
	size_t n_relays;
	struct config_peer *peers; /* in the order of the file */
	size_t n_peers;
	struct config_peer **by_key; /* the same, sorted by key_order */
};

/* NULL: why has a sentence that begins with "FILE:LINE: " or "FILE: ". `file` is only for that. */
struct config *config_parse(const char *file, struct bytes text,
			    char why[static CONFIG_WHY_MAX]) MUST_USE;
/* The same of a file that need not have a [Node]: for who only wants the relays. */
struct config *config_parse_relays(const char *file, struct bytes text,
				   char why[static CONFIG_WHY_MAX]) MUST_USE;
void config_free(struct config *c); /* wipes its secrets; NULL is fine */

/* What can only be said once the private key is known: none of the peers is ourselves. */
bool config_check_key(const struct config *c, const char *file,
		      char why[static CONFIG_WHY_MAX]) MUST_USE;

/* NULL: there is none. */
const struct config_relay *config_relay(const struct config *c, uint16_t region);
const struct config_peer *config_peer(const struct config *c, const struct node_key *key);
/* By name, or by an address that is the peer's: it lies in its allowed IPs, the longest prefix
 * wins. */
const struct config_peer *config_peer_named(const struct config *c, const char *name_or_ip);
/* What to call it: its name, or its first address, or its key ("[AbCdE]"). Borrowed from `out`. */
const char *config_peer_label(const struct config_peer *p, char out[static CONFIG_NAME_MAX]);
/* The first host address among its allowed IPs; false: it has none. */
bool config_peer_address(const struct config_peer *p, struct ip *out) MUST_USE;

#endif

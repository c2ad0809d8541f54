/* netmap/netmap.h - the network as a node knows it: itself, its relays, its peers, and their names
 *
 * Plain values.  A configuration file gives them; a coordination server could.  A netmap does not
 * change once it is made.  A new one takes its place, and netmap/diff.h says what differs.
 */
#ifndef NETMAP_NETMAP_H
#define NETMAP_NETMAP_H

#include "base/addr.h"
#include "crypto/keys.h"
#include "crypto/pin.h"

enum {
	NETMAP_ADDRESSES_MAX = 8,
	NETMAP_HINTS_MAX = 8,
	NETMAP_ALLOWED_MAX = 1024, /* prefixes of one peer */
	NETMAP_PSK_LEN = 32,
	NETMAP_NAME_MAX = 64,  /* with the NUL */
	NETMAP_HOST_MAX = 254, /* with the NUL */
	NETMAP_PATH_MAX = 1024 /* with the NUL */
};

struct netmap_self {
	char name[NETMAP_NAME_MAX];              /* "": none */
	struct ip address[NETMAP_ADDRESSES_MAX]; /* inside the tunnel, host bits kept */
	uint8_t address_bits[NETMAP_ADDRESSES_MAX];
	size_t n_addresses;
	uint16_t home; /* region of the relay where peers look for us; 0: none */
};

struct netmap_relay {
	char name[NETMAP_NAME_MAX];    /* unique */
	char host[NETMAP_HOST_MAX];    /* a DNS name, or an address without brackets */
	char ca_file[NETMAP_PATH_MAX]; /* "": the system's roots, unless pinned */
	uint8_t pin[PIN_LEN];          /* SHA-256 of the certificate, DER */
	bool pinned;
	bool plain;      /* HTTP without TLS */
	uint16_t region; /* unique, never 0 */
	uint16_t port;
	uint16_t stun_port; /* 0: no STUN */
	uint16_t http_port; /* where it also answers plain HTTP, beside TLS; 0: unknown */
	struct ip ip4, ip6; /* family 0: ask DNS for host. Set when host is an address. */
};

struct netmap_peer {
	char name[NETMAP_NAME_MAX]; /* "": none; else unique */
	struct node_key key;
	uint8_t psk[NETMAP_PSK_LEN]; /* zero: none */
	struct prefix *allowed;      /* owned */
	size_t n_allowed;
	struct endpoint hints[NETMAP_HINTS_MAX];
	size_t n_hints;
	struct disco_key disco; /* zero: the peer tells it itself, inside the tunnel */
	uint16_t home;          /* region of its home relay; 0: none */
	bool plain;             /* it speaks WireGuard only: no disco, no relay */
	uint16_t keepalive_s;   /* 0: none */
};

struct netmap {
	struct netmap_self self;
	struct netmap_relay *relays; /* owned */
	size_t n_relays;
	struct netmap_peer *peers; /* owned; in any order, which `warren status` keeps */
	size_t n_peers;
	struct netmap_peer **by_key; /* owned; the same, sorted by key_order */
};

/* Fills in by_key; call it when all peers are there.  False: out of memory. */
bool netmap_index(struct netmap *m) MUST_USE;
void netmap_fini(struct netmap *m); /* wipes its secrets */
void netmap_forget_peers(struct netmap *m);

/* NULL: there is none. */
const struct netmap_relay *netmap_relay(const struct netmap *m, uint16_t region);
const struct netmap_peer *netmap_peer(const struct netmap *m, const struct node_key *key);
/* By name, or by an address among its allowed IPs; the longest prefix wins. */
const struct netmap_peer *netmap_peer_named(const struct netmap *m, const char *name_or_ip);
/* What to call a peer: its name, else its first address, else its key ("[AbCdE]").  Returns `out`.
 * */
const char *netmap_peer_label(const struct netmap_peer *p, char out[static NETMAP_NAME_MAX]);
/* The first host address among its allowed IPs; false: it has none. */
bool netmap_peer_address(const struct netmap_peer *p, struct ip *out) MUST_USE;

#endif

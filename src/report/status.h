/* report/status.h - the state of a node as JSON, for `warren status` and for programs
 *
 *   {"up": true, "version": "0.1.0",
 *    "self":    {"name", "public_key", "addresses": [], "interface", "port", "relay",
 *                "disco_key", "endpoints": [{"endpoint", "kind"}], "nat64",
 *                "binding_lifetime": as report/netcheck.h says,
 *                "port_mapping": {"enabled", "pcp", "nat_pmp", "upnp",
 *                                 "mappings": [{"protocol", "gateway", "endpoint",
 *                                               "double_nat", "expires_s"}]}},
 *    "relays":  [{"name", "region", "home", "connected", "why", "health", "proxy",
 *                 "rx_packets", "tx_packets"}],
 *    "peers":   [{"name", "public_key", "addresses": [], "allowed_ips": [], "home_relay",
 *                 "wireguard_only", "session", "active", "direct", "in_doubt", "endpoint",
 *                 "relay", "nat64", "rtt_ms", "second_endpoint", "relay_faster", "keepalive_s",
 *                 "lifetime_below_s", "mtu", "tx_bytes", "rx_bytes", "handshake_age_s",
 *                 "candidates", "lost_no_way"}],
 *    "dropped": {"tunnel": {}, "path": {}, "node": {}},
 *    "udp": {}, "tun": {}}
 *
 * endpoint, relay   where the peer's traffic goes now; both are set while a path is in doubt
 * relay_faster      there is a direct path, but the relay is clearly faster and has the traffic
 * mtu               the largest packet that passes the path whole, where the interface takes more
 * keepalive_s       seconds between the pings that keep an idle path open
 * lifetime_below_s  a path to this peer that was idle for so many seconds was found dead
 * health            what a connected relay says is wrong with it
 * proxy             the HTTP proxy to the relay, "host:port"
 * nat64             self: the prefix; a peer: whether its direct path goes through that NAT64
 * disco_key         a new one at each start
 * dropped           packets by reason, since the node came up
 * udp, tun          counters of the sockets and of the TUN device, since they were opened:
 *                   packets and system calls in both directions, and what was dropped there, such
 *                   as "tx_full" (the kernel's buffer was full) and "rx_too_long"
 *
 * null means that there is none.  Members may be added; their names do not change.  While the node
 * is down, what only a running node knows is left out.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <jansson.h>

#include "netmap/netmap.h"
#include "netmap/settings.h"
#include "node/node.h"

struct status_counter {
	const char *name;
	uint64_t n;
};

/* All of it is borrowed. */
struct status_source {
	const struct netmap *map;
	const struct settings *settings;
	const struct node *node; /* NULL: it is down */
	/* "host:port" of the HTTP proxy to each relay, in cfg's order of relays; an entry that is
	 * NULL: none to this relay; the array is NULL: none at all. */
	const char *const *proxies;
	const char *interface;                  /* as the kernel named it; NULL: as configured */
	uint16_t port;                          /* in use; 0: as configured */
	bool no_peers;                          /* "peers" is left out */
	const struct status_counter *udp, *tun; /* NULL: not open, and left out */
	size_t n_udp, n_tun;
	mono_ns now;
};

/* NULL: out of memory. */
json_t *status_json(const struct status_source *s) MUST_USE;
/* One peer as in "peers"; NULL: out of memory. */
json_t *status_peer_json(const struct status_source *s, const struct netmap_peer *p) MUST_USE;

#endif

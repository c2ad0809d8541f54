/* report/status.h - how a node is, as JSON, for `warren status` and for programs
 *
 *   {"up": true, "version": "0.1.0",
 *    "self":   {"name", "public_key", "addresses": [], "interface", "port", "relay", "disco_key",
 *               "endpoints": [{"endpoint", "kind"}]},
 *    "relays": [{"name", "region", "home", "connected", "why", "health", "proxy",
 *                "rx_packets", "tx_packets"}],
 *    "peers":  [{"name", "public_key", "addresses": [], "allowed_ips": [], "home_relay",
 *    "wireguard_only",
 *                "session", "active", "direct", "in_doubt", "endpoint", "relay", "rtt_ms",
 *                "relay_faster", "mtu", "tx_bytes", "rx_bytes", "handshake_age_s", "candidates",
 *                "lost_no_way"}],
 *    "dropped": {"tunnel": {}, "path": {}, "node": {}}}
 *
 * endpoint and relay say where the peer's traffic goes now; both are set while a path is in doubt.
 * relay_faster: there is a direct path, but the relay is clearly faster, and has the traffic.  mtu:
 * the largest packet that fits whole into what the path carries, where that is less than the
 * interface takes. proxy: the HTTP proxy through which the relay is reached, "host:port".
 * health: what a connected relay says is wrong with it.
 * disco_key: another one at each start. null: there is none.  Names may be added, and do not
 * change.  While it is down, what only a running node knows is left out.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <jansson.h>

#include "config/config.h"

struct status_source {
	const struct config *cfg;
	const struct node *node; /* NULL: it is down */
	/* The HTTP proxy to each relay, "host:port", in cfg's order of relays; NULL: this relay is
	 * reached without one. No array: so are all. */
	const char *const *proxies;
	const char *interface; /* as the kernel named it; NULL: as configured */
	uint16_t port;         /* in use; 0: as configured */
	bool no_peers;         /* "peers" is left out */
	mono_ns now;
};

/* NULL: out of memory. */
json_t *status_json(const struct status_source *s) MUST_USE;
/* One peer as in "peers"; NULL: out of memory. */
json_t *status_peer_json(const struct status_source *s, const struct config_peer *p) MUST_USE;

#endif

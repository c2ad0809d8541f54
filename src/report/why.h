/* report/why.h - `warren why` as JSON: how a peer is reached, what was tried, and what failed
 *
 *   {"name", "now": "a sentence", "direct", "tried": [], "seen": [], "failed": [], "advice": [],
 *    "facts": {"way", "rtt_ms", "relay_rtt_ms", "loss_percent", "relay_loss_percent", "mapping",
 *              "endpoints": [{"endpoint", "kind"}], "stun": [{"server", "seen"}],
 *              "calls_sent", "calls_taken", "pings_heard", "proxy",
 *              "candidates": [{"endpoint", "by", "pings", "answers", "padded_pings",
 *                              "padded_answers", "rtt_ms", "loss_percent"}],
 *              "hard": as why_hard.h says, "port_mapping": as why_portmap.h says},
 *    "history": [{"time", "from", "way", "in_doubt", "reason", "rtt_ms"}], "forgotten"}
 *
 * tried, seen, failed, advice  sentences for people, in the order in which to read them
 * way                          "wireguard only", "relayed", "direct", "in doubt" or "relay faster"
 * mapping                      "same" (our NAT uses one port for all destinations), "varies" or
 *                              "unknown"
 * endpoints                    where this node may be reached
 * stun                         "seen": this node's address as the server saw it; null: no answer
 * calls_sent, calls_taken      call-me-maybes, over the relay
 * candidates                   endpoints of the peer; padded pings find out what passes whole
 * history                      changes of the peer's way, oldest first; "time" is UTC
 * forgotten                    how many older changes there were
 *
 * A round trip that is not known is null.
 */
#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include <jansson.h>

#include "netmap/netmap.h"
#include "netmap/settings.h"
#include "node/node.h"

/* All of it is borrowed. */
struct why_source {
	const struct netmap *map;
	const struct settings *settings;
	const struct node *node;
	const char *const *proxies; /* as struct status_source has them */
	const struct netmap_peer *peer;
	uint16_t port; /* UDP port of this node */
	mono_ns now;
	uint64_t wall_offset_ns; /* Unix time less now's clock */
};

/* NULL: out of memory, or the node does not have this peer. */
json_t *why_json(const struct why_source *s) MUST_USE;

#endif

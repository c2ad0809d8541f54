/* report/why.h - `warren why`: how a peer is reached, what was tried, which step failed, and what
 * was before
 *
 *   {"name", "now": "a sentence", "direct", "tried": [], "seen": [], "failed": [], "advice": [],
 *    "facts": {"way", "rtt_ms", "relay_rtt_ms", "loss_percent", "relay_loss_percent", "mapping",
 *              "endpoints": [{"endpoint", "kind"}], "stun": [{"server", "seen"}],
 *              "calls_sent", "calls_taken", "pings_heard", "proxy",
 *              "candidates": [{"endpoint", "by", "pings", "answers", "padded_pings",
 * "padded_answers", "rtt_ms"}], "hard": as hard.h says, "port_mapping": as portmap.h says},
 *    "history": [{"time", "from", "way", "in_doubt", "reason", "rtt_ms"}], "forgotten"}
 *
 * The lists of sentences are for people, in the order in which to read them.  Times are UTC.
 */
#ifndef REPORT_WHY_H
#define REPORT_WHY_H

#include <jansson.h>

#include "config/config.h"

struct why_source {
	const struct config *cfg;
	const struct node *node;
	const char *const *proxies; /* as in struct status_source */
	const struct config_peer *peer;
	uint16_t port; /* of this node */
	mono_ns now;
	uint64_t wall_offset_ns; /* Unix time less now's clock */
};

/* NULL: out of memory, or the node does not have this peer. */
json_t *why_json(const struct why_source *s) MUST_USE;

#endif

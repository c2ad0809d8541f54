/* explain/hard.h - `warren why`: what was tried to cross hard NATs, in sentences and in JSON
 *
 *   "hard": {"now", "next_s", "slow_mode", "heard", "budget": {"peer_left", "host_left"},
 *   "forgotten",
 *            "attempts": [{"time", "seconds", "asked_by_peer", "way", "outcome", "our_nat",
 *            "their_nat", "sockets",
 *                          "samples", "crossed", "opened", "probed", "slow"}]}
 *
 * way: "prediction", "block", "birthday", "slow", "cheap" (only what costs little), null: it came
 * to none.  The last four are packets.
 */
#ifndef EXPLAIN_HARD_H
#define EXPLAIN_HARD_H

#include <jansson.h>

#include "explain/sentences.h"
#include "path/facts.h"

void why_hard_gather(struct why_facts *f, const struct hard_facts *w, mono_ns now);
/* Appends a sentence for each attempt that is remembered. */
void why_hard_tried(json_t *list, const struct hard_facts *w, const char *peer, mono_ns now);
json_t *why_hard_json(const struct hard_facts *w, mono_ns now, uint64_t wall_offset_ns) MUST_USE;

#endif

/* report/why_hard.h - "hard" in the facts of `warren why`: the attempts to cross hard NATs
 *
 *   {"now", "next_s", "slow_mode", "heard", "budget": {"peer_left", "host_left"}, "forgotten",
 *    "attempts": [{"time", "seconds", "asked_by_peer", "way", "outcome", "our_nat", "their_nat",
 *                  "sockets", "samples", "crossed", "opened", "probed", "slow"}]}
 *
 * now       why no attempt is made at present, or "under way"
 * next_s    seconds until one may begin; null: that is not known
 * heard     the peer has answered such a question before, so it runs Warren
 * budget    packets
 * forgotten attempts that are too old to be listed
 * way       "prediction", "block", "birthday", "slow", "cheap" (a few packets only); null: no plan
 * samples, crossed, opened, probed, slow
 *           packets of this node: to STUN servers, from fresh sockets to guessed ports, to open
 *           sockets of ours, to ports of the peer, at random
 */
#ifndef REPORT_WHY_HARD_H
#define REPORT_WHY_HARD_H

#include <jansson.h>

#include "path/facts.h"

/* wall_offset_ns: Unix time less now's clock. NULL: out of memory. */
json_t *why_hard_json(const struct hard_facts *hard, mono_ns now, uint64_t wall_offset_ns) MUST_USE;

#endif

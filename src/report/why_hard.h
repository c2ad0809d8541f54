/* report/why_hard.h - "hard" among the facts of `warren why`: the attempts to cross hard NATs
 *
 *   {"now", "next_s", "slow_mode", "heard", "budget": {"peer_left", "host_left"}, "forgotten",
 *    "attempts": [{"time", "seconds", "asked_by_peer", "way", "outcome", "our_nat", "their_nat",
 *                  "sockets", "samples", "crossed", "opened", "probed", "slow"}]}
 *
 * now                 why no attempt is made at present, or "under way"
 * next_s              seconds until an attempt may begin; null: not known
 * slow_mode           this node may try random ports against random ports
 * heard               the peer has said something about crossing hard NATs, so it runs Warren
 * budget              packets that may still be sent
 * forgotten           older attempts, which are not listed
 * way                 "prediction", "block", "birthday", "slow", "cheap" (a few packets only);
 *                     null: there was no plan
 * our_nat, their_nat  "easy", or how the NAT gives ports (hard_guess_text); null: no plan
 * sockets             of this node
 * samples             packets to a STUN server
 * crossed             packets from fresh sockets to guessed ports
 * opened              packets that opened sockets of this node towards the peer
 * probed              packets to ports of the peer
 * slow                packets from random ports to random ports
 */
#ifndef REPORT_WHY_HARD_H
#define REPORT_WHY_HARD_H

#include <jansson.h>

#include "path/facts.h"

/* wall_offset_ns: Unix time less now's clock. NULL: out of memory. */
json_t *why_hard_json(const struct hard_facts *hard, mono_ns now, uint64_t wall_offset_ns) MUST_USE;

#endif

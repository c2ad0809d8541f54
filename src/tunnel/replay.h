/* tunnel/replay.h - which counters of a session have been seen: a sliding window (RFC 6479)
 *
 * Datagrams may come late, twice, and by two ways at once.  The window is wide enough for a relay
 * that is 100 ms slower than a direct path at about a gigabit per second.
 */
#ifndef TUNNEL_REPLAY_H
#define TUNNEL_REPLAY_H

#include "base/def.h"

enum {
	REPLAY_BITS = 8192,
	REPLAY_WINDOW =
		REPLAY_BITS - 64 /* one word is being refilled: it holds the newest counters */
};

/* All zero is a window that has seen nothing. */
struct replay {
	uint64_t next; /* greatest counter seen plus one */
	uint64_t seen[REPLAY_BITS / 64];
};

/* Neither seen before nor too old to tell. */
bool replay_fresh(const struct replay *r, uint64_t counter) MUST_USE;
/* Only for a counter that is fresh, below UINT64_MAX, and whose message was authentic. */
void replay_mark(struct replay *r, uint64_t counter);

#endif

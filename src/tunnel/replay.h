/* tunnel/replay.h - a sliding window of the counters that a session has seen (RFC 6479)
 *
 * Datagrams may come late, twice, and by two ways at once.  The window is wide enough for a relay
 * that is 100 ms slower than a direct path, at about a gigabit per second (tunnel.md 5.3).
 */
#ifndef TUNNEL_REPLAY_H
#define TUNNEL_REPLAY_H

#include "base/def.h"

enum {
	REPLAY_BITS = 8192,
	REPLAY_WINDOW = REPLAY_BITS - 64 /* one word holds the newest counters, not yet full */
};

/* All zero is a window that has seen nothing. */
struct replay {
	uint64_t next; /* the greatest counter seen plus one */
	uint64_t seen[REPLAY_BITS / 64];
};

/* True: the counter was not seen before, and is not too old to tell. */
bool replay_fresh(const struct replay *r, uint64_t counter) MUST_USE;
/* The counter must be fresh and below UINT64_MAX, and its message authentic. */
void replay_mark(struct replay *r, uint64_t counter);

#endif

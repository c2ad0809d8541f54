/* tunnel/staged.h - packets that wait for a handshake: one pool for all peers, a queue for each
 *
 * Bounded twice.  If the peer's queue is full, the oldest packet of the peer makes room; if the
 * pool is full, the oldest packet of all.
 *
 * Source: tunnel.md 5.5.
 */
#ifndef TUNNEL_STAGED_H
#define TUNNEL_STAGED_H

#include "base/packet.h"

/* All zero is an empty queue. Numbers are slots plus one; 0: none. */
struct staged_queue {
	uint32_t first, last, n;
};

struct staged {
	struct staged_slot *slots;
	uint32_t slots_max, touched; /* slots from `touched` on were never used */
	uint32_t unused;             /* first of those given back */
	uint32_t oldest, newest;     /* of all peers */
};

/* False: out of memory. */
bool staged_init(struct staged *s, uint32_t packets_max) MUST_USE;
void staged_fini(struct staged *s); /* wipes */

enum staged_outcome {
	STAGED_KEPT,
	STAGED_DROPPED_OLDEST, /* kept; an older packet was dropped for it */
	STAGED_TOO_LONG,       /* more than PACKET_CONTENT_MAX: not kept */
	STAGED_NO_ROOM         /* the pool or the queue holds no packets at all: not kept */
};
/* Copies the packet to the end of q, which holds at most `max` packets. The pool keeps a pointer to
 * q. */
enum staged_outcome staged_put(struct staged *s, struct staged_queue *q, struct bytes packet,
			       uint32_t max) MUST_USE;
/* The oldest of q, borrowed from the pool until it is dropped. Empty: there is none. */
struct bytes staged_first(const struct staged *s, const struct staged_queue *q);
void staged_drop(struct staged *s, struct staged_queue *q); /* the oldest of q */
void staged_clear(struct staged *s, struct staged_queue *q);

#endif

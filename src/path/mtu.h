/* path/mtu.h - how large a datagram gets through a direct path whole
 *
 * Data may go in pieces on its way, so that nothing is lost where the path is narrow; but pieces
 * cost, and some routers drop them.  So padded pings that must not be cut tell what fits: first the
 * size of the largest packet that our tunnel carries, and only if that is not answered (twice) the
 * next smaller of a few. One in a beat of the heartbeat, all of it again after MTU_AGAIN.  What
 * does not fit what was proven is answered by node/too_big.c.
 *
 * All sizes are of UDP payloads, which are the same however the headers around them are translated.
 *
 * Source: reference, data plane 7.14 (the sizes); RFC 8899 (probing instead of believing ICMP).
 */
#ifndef PATH_MTU_H
#define PATH_MTU_H

#include "base/time.h"

#define MTU_AGAIN (600 * SECOND)
enum {
	MTU_TRIES = 2,
	MTU_INNER = 1280, /* of the tunnel, unless set otherwise */
	MTU_PAYLOAD_MAX = 1472
};

struct mtu {
	uint16_t proven; /* largest that was answered; 0: not known */
	uint16_t needed; /* of the tunnel's largest packet */
	uint16_t trying; /* 0: not now */
	uint8_t tries;   /* of that size */
	mono_ns again;   /* when to begin anew */
};

/* Another path, or another size of the tunnel's packets (bytes of one IP packet). */
void mtu_begin(struct mtu *m, uint16_t inner);
/* The size of the ping that should go now; 0: none. */
uint16_t mtu_wants(struct mtu *m, mono_ns now);
void mtu_answered(struct mtu *m, uint16_t size, mono_ns now);
/* The largest IP packet for which there is room in a datagram that was proven; 0: any, as far as
 * known. */
uint16_t mtu_inner(const struct mtu *m);

#endif

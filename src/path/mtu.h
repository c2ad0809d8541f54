/* path/mtu.h - how large a datagram passes a direct path whole
 *
 * Data may be fragmented on its way, so a narrow path loses nothing; but fragments cost, and some
 * routers drop them.  So padded pings that must not be fragmented find out what fits.  The first
 * size is what the largest packet of our tunnel needs.  Only if that is not answered, twice, the
 * next smaller size of a few is tried.  One beat of the heartbeat carries one of these pings, and
 * all is repeated after MTU_AGAIN.  node/too_big.c answers packets that do not fit.
 *
 * All sizes are of UDP payloads, which are the same however the headers around them are translated.
 *
 * Source: disco.md 7.5 (the sizes); RFC 8899 (probing instead of believing ICMP).
 */
#ifndef PATH_MTU_H
#define PATH_MTU_H

#include "base/time.h"

#define MTU_AGAIN (600 * SECOND)
enum {
	MTU_TRIES = 2,         /* of each size */
	MTU_INNER = 1280,      /* largest IP packet of the tunnel, unless set otherwise */
	MTU_PAYLOAD_MAX = 1472 /* 1500 bytes, less the headers of IPv4 and UDP */
};

struct mtu {
	uint16_t proven; /* the largest size that was answered; 0: none */
	uint16_t needed; /* for the tunnel's largest packet */
	uint16_t trying; /* the size that is tried; 0: none now */
	uint8_t tries;   /* of that size */
	mono_ns again;   /* when to begin anew */
};

/* The path changed, or the tunnel's largest IP packet is now `inner` bytes. */
void mtu_begin(struct mtu *m, uint16_t inner);
/* The size of the ping that should go now; 0: none. */
uint16_t mtu_wants(struct mtu *m, mono_ns now);
void mtu_answered(struct mtu *m, uint16_t size, mono_ns now);
/* The largest IP packet of the tunnel that fits whole; 0: nothing is known against any. */
uint16_t mtu_inner(const struct mtu *m);

#endif

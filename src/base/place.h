/* base/place.h - where this machine stands: its addresses, its ways out, and the relays around it
 *
 * Plain values that several floors read.  The driver, which joins a node to an operating system,
 * fills them in.
 */
#ifndef BASE_PLACE_H
#define BASE_PLACE_H

#include "base/addr.h"

enum { OWN_ADDRESSES_MAX = 64, UPLINKS_MAX = 4, RELAYS_MAX = 64 };

/* An address of an interface that is up. */
struct own_address {
	struct ip ip;
	uint8_t bits; /* of its subnet */
	bool loopback;
};

/* A way out to the internet: a default gateway, and our own address towards it.  A link without a
 * gateway (PPP and the like) is one, too: the family of its gateway is 0. */
struct uplink {
	struct ip gateway, self;
	uint32_t ifindex;
};
static inline bool uplink_equal(const struct uplink *a, const struct uplink *b)
{
	return ip_equal(&a->gateway, &b->gateway) && ip_equal(&a->self, &b->self) &&
	       a->ifindex == b->ifindex;
}

/* A relay: its region, and where its STUN server answers (unset endpoints: unknown, or no STUN). */
struct relay_place {
	uint16_t region;
	struct endpoint stun4, stun6;
};

#endif

/* path/way.h - a way that a datagram came or goes: from an endpoint, or through a relay */
#ifndef PATH_WAY_H
#define PATH_WAY_H

#include "base/addr.h"

struct via {
	enum { VIA_NONE, VIA_UDP, VIA_RELAY } kind;
	struct endpoint ep; /* VIA_UDP */
	uint16_t socket; /* VIA_UDP: 0 is the main port, else the number of an extra socket of this
			    node */
	uint16_t region; /* VIA_RELAY: the relay's region id; the other end is named by its node key
			  */
};

static inline struct via via_udp(const struct endpoint *ep)
{
	return (struct via){.kind = VIA_UDP, .ep = *ep};
}

static inline struct via via_udp_by(const struct endpoint *ep, uint16_t socket)
{
	return (struct via){.kind = VIA_UDP, .ep = *ep, .socket = socket};
}

static inline struct via via_relay(uint16_t region)
{
	return (struct via){.kind = VIA_RELAY, .region = region};
}

static inline bool via_equal(const struct via *a, const struct via *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == VIA_UDP     ? endpoint_equal(&a->ep, &b->ep) && a->socket == b->socket
	       : a->kind == VIA_RELAY ? a->region == b->region
				      : true;
}

#endif

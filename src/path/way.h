/* path/way.h - a way that a datagram came or goes: from an endpoint, or through a relay */
#ifndef PATH_WAY_H
#define PATH_WAY_H

#include "base/addr.h"

struct way {
	enum { WAY_NONE, WAY_UDP, WAY_RELAY } kind;
	struct endpoint ep; /* WAY_UDP */
	uint16_t socket; /* WAY_UDP: 0 is the main port, else the number of an extra socket of this
			    node */
	uint16_t region; /* WAY_RELAY: the relay's region id; the other end is named by its node key
			  */
};

static inline struct way way_udp(const struct endpoint *ep)
{
	return (struct way){.kind = WAY_UDP, .ep = *ep};
}

static inline struct way way_udp_by(const struct endpoint *ep, uint16_t socket)
{
	return (struct way){.kind = WAY_UDP, .ep = *ep, .socket = socket};
}

static inline struct way way_relay(uint16_t region)
{
	return (struct way){.kind = WAY_RELAY, .region = region};
}

static inline bool way_equal(const struct way *a, const struct way *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == WAY_UDP     ? endpoint_equal(&a->ep, &b->ep) && a->socket == b->socket
	       : a->kind == WAY_RELAY ? a->region == b->region
				      : true;
}

#endif

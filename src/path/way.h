/* path/way.h - the way by which a datagram came or goes: to or from an endpoint, or through a relay
 */
#ifndef PATH_WAY_H
#define PATH_WAY_H

#include "base/addr.h"

struct way {
	enum { WAY_NONE, WAY_UDP, WAY_RELAY } kind;
	struct endpoint ep; /* WAY_UDP */
	uint16_t socket;    /* WAY_UDP: of this node; 0: the main port, else an extra socket */
	uint16_t region;    /* WAY_RELAY: the relay's region id; a node key names the other end */
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

/* path/portmap.h - candidates that our default gateways map to our port: PCP, NAT-PMP, UPnP */
#ifndef PATH_PORTMAP_H
#define PATH_PORTMAP_H

#include "base/rng.h"
#include "path/finder.h"
#include "path/paths.h"

struct portmap {
	struct rng rng;
	uint16_t port;
	struct paths_gateway v[PATHS_GATEWAYS_MAX];
	size_t n;
};

extern const struct finder portmap_finder;

void portmap_init(struct portmap *p, const struct rng *rng, uint16_t port);
void portmap_set_port(struct portmap *p, uint16_t port);
void portmap_set_gateways(struct portmap *p, const struct paths_gateway *v, size_t n, mono_ns now);
void portmap_release(struct portmap *p, mono_ns now);

/* Looks like a gateway's answer; it is no WireGuard, disco or STUN then. */
bool portmap_is(const struct endpoint *from, struct bytes datagram);
bool portmap_is_gateway(const struct portmap *p, const struct endpoint *to);
/* Our address that a request to this gateway must leave from; family 0: it is none. */
struct ip portmap_source(const struct portmap *p, const struct endpoint *to);

#endif

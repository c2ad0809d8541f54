/* path/env.h - what the machines of all peers share: an outbox, events for the owner, our own
 * candidates, and what is known of the network
 */
#ifndef PATH_ENV_H
#define PATH_ENV_H

#include "path/events.h"
#include "path/gather.h"
#include "path/outbox.h"

struct env {
	struct outbox outbox;
	struct path_events events;
	struct gather gather;
	uint16_t regions[RELAYS_MAX]; /* of the relays we know */
	size_t n_regions;
	uint16_t inner_mtu;  /* largest IP packet of the tunnel, bytes */
	uint32_t n_active;   /* peers with traffic */
	mono_ns lifetime[2]; /* of our NAT's bindings (lifetime.h), IPv4 and IPv6; 0: unknown */
	struct paths_stats stats;
};

/* False: out of memory; call env_fini() all the same. */
bool env_init(struct env *m, const struct rng *rng, uint16_t port, uint32_t peers_max) MUST_USE;
void env_fini(struct env *m);
/* How long our NAT keeps a binding towards this endpoint; 0: unknown. */
static inline mono_ns env_lifetime(const struct env *m, const struct endpoint *to)
{
	return m->lifetime[to->ip.family == 6];
}
bool env_knows_region(const struct env *m, uint16_t region);

#endif

#include "path/env.h"

#include "path/mtu.h"

bool env_init(struct env *m, const struct rng *rng, uint16_t port, uint32_t peers_max)
{
	*m = (struct env){.inner_mtu = MTU_INNER};
	gather_init(&m->gather, rng, port);
	return outbox_init(&m->outbox, rng, peers_max) && path_events_init(&m->events);
}

void env_fini(struct env *m)
{
	outbox_fini(&m->outbox);
	path_events_fini(&m->events);
}

bool env_knows_region(const struct env *m, uint16_t region)
{
	for (size_t i = 0; i < m->n_regions; i++)
		if (m->regions[i] == region)
			return true;
	return false;
}

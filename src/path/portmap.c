#include "path/portmap.h"

void portmap_init(struct portmap *p, const struct rng *rng, uint16_t port)
{
	*p = (struct portmap){.rng = *rng, .port = port};
}

void portmap_set_port(struct portmap *p, uint16_t port)
{
	p->port = port;
}

void portmap_set_gateways(struct portmap *p, const struct paths_gateway *v, size_t n, mono_ns now)
{
	p->n = n < PATHS_GATEWAYS_MAX ? n : PATHS_GATEWAYS_MAX;
	for (size_t i = 0; i < p->n; i++)
		p->v[i] = v[i];
}

void portmap_release(struct portmap *p, mono_ns now)
{
	p->n = 0;
}

bool portmap_is(const struct endpoint *from, struct bytes datagram)
{
	return false;
}

bool portmap_is_gateway(const struct portmap *p, const struct endpoint *to)
{
	return portmap_source(p, to).family != 0;
}

struct ip portmap_source(const struct portmap *p, const struct endpoint *to)
{
	return (struct ip){0};
}

static void portmap_candidates(const void *self, struct candidates *out)
{
}

const struct finder portmap_finder = {.candidates = portmap_candidates};

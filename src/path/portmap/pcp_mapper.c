#include "path/portmap/pcp_mapper.h"

#include <string.h>

/* RFC 6887 s. 8.1.1.  The RFC repeats without end, at last each 17 minutes; mapper.c begins a new
 * attempt each half hour instead. */
static const struct mapper_patience patience = {
	.first = 3 * SECOND, .most = 1024 * SECOND, .tries = 5, .jitter_percent = 10};

void pcp_mapper_init(struct pcp_mapper *p, const struct ip *self, uint16_t port,
		     const struct rng *rng)
{
	*p = (struct pcp_mapper){.self = *self, .port = port};
	mapper_init(&p->m);
	rng_fill(rng, p->nonce, sizeof(p->nonce));
}

static bool is_ours(const struct pcp_mapper *p, const struct pcp_map *m)
{
	return bytes_equal(BYTES_OF(m->nonce), BYTES_OF(p->nonce)) && m->protocol == PCP_UDP &&
	       m->internal == p->port;
}

static enum mapper_refusal refusal_of(uint8_t result)
{
	switch (result) {
	case PCP_NOT_AUTHORISED:
		return MAPPER_FORBIDDEN;
	case PCP_NETWORK_FAILURE:
		return MAPPER_NO_OUTSIDE;
	case PCP_NO_RESOURCES:
	case PCP_QUOTA:
	case PCP_CANNOT_PROVIDE_EXTERNAL:
		return MAPPER_NO_ROOM;
	case PCP_ADDRESS_MISMATCH:
		return MAPPER_NAT_BETWEEN;
	default: /* a number of the network's */
		return MAPPER_REFUSED_SOMEHOW;
	}
}

bool pcp_mapper_input(struct pcp_mapper *p, const struct pcp_response *a, mono_ns now)
{
	if (p->m.state == MAPPER_OFF || !a->has_map || !is_ours(p, &a->map))
		return false;
	/* This same answer brings the lost mapping anew. */
	if (epoch_restarted_pcp(&p->m.epoch, a->epoch_s, now))
		mapper_lost(&p->m);
	if (a->result == PCP_OK)
		return a->map.external.ip.family == p->self.family &&
		       mapper_granted(&p->m, &a->map.external, a->lifetime_s, now);
	mapper_refused(&p->m, refusal_of(a->result), a->lifetime_s, now);
	return true;
}

bool pcp_mapper_output(struct pcp_mapper *p, struct wr *out)
{
	if (!p->m.owed && !p->m.owed_end)
		return false;
	struct pcp_request q = {.op = PCP_MAP,
				.lifetime_s = p->m.owed ? MAPPER_LIFETIME_S : 0,
				.client = p->self,
				.map = {.protocol = PCP_UDP, .internal = p->port}};
	memcpy(q.map.nonce, p->nonce, sizeof(p->nonce));
	if (p->m.owed)
		q.map.external =
			(struct endpoint){p->m.outside.ip, p->m.wish ? p->m.wish : p->port};
	p->m.owed = p->m.owed_end = false;
	pcp_write_request(out, &q);
	return true;
}

void pcp_mapper_tick(struct pcp_mapper *p, const struct rng *rng, mono_ns now)
{
	mapper_tick(&p->m, &patience, rng, now);
}

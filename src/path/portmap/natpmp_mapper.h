/* path/portmap/natpmp_mapper.h - a mapping by NAT-PMP
 *
 * First the gateway is asked for its outside address, which also shows whether it speaks NAT-PMP.
 * Then, once that is allowed, it is asked for the mapping.
 *
 * Source: RFC 6886; portmap.md 7.
 */
#ifndef PATH_PORTMAP_NATPMP_MAPPER_H
#define PATH_PORTMAP_NATPMP_MAPPER_H

#include "path/portmap/mapper.h"
#include "wire/natpmp.h"

struct natpmp_mapper {
	struct mapper m;
	uint16_t port;
	struct ip address; /* outside; family 0: not known */
	bool may_map;      /* false: only the address is asked */
};

void natpmp_mapper_init(struct natpmp_mapper *p, uint16_t port);
/* Asks whether the gateway speaks NAT-PMP, or renews. */
void natpmp_mapper_ask(struct natpmp_mapper *p, mono_ns now);
/* The gateway speaks NAT-PMP, and may not be asked for a mapping yet. */
bool natpmp_mapper_waits(const struct natpmp_mapper *p);
void natpmp_mapper_allow(struct natpmp_mapper *p, mono_ns now);
/* A well-formed message from the gateway; false: not an answer to what we asked. */
bool natpmp_mapper_input(struct natpmp_mapper *p, const struct natpmp_response *a,
			 mono_ns now) MUST_USE;
bool natpmp_mapper_output(struct natpmp_mapper *p, struct wr *out) MUST_USE;
void natpmp_mapper_tick(struct natpmp_mapper *p, const struct rng *rng, mono_ns now);

#endif

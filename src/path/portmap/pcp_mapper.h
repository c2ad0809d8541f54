/* path/portmap/pcp_mapper.h - a mapping, or a hole in the firewall, by PCP MAP
 *
 * Source: RFC 6887; portmap.md 6.
 */
#ifndef PATH_PORTMAP_PCP_MAPPER_H
#define PATH_PORTMAP_PCP_MAPPER_H

#include "path/portmap/mapper.h"
#include "wire/pcp.h"

struct pcp_mapper {
	struct mapper m;
	struct ip self; /* our address towards the gateway */
	uint16_t port;
	/* One for the whole life of the mapping: it proves that an answer is to our request. */
	uint8_t nonce[PCP_NONCE_LEN];
};

void pcp_mapper_init(struct pcp_mapper *p, const struct ip *self, uint16_t port,
		     const struct rng *rng);
/* A well-formed message from the gateway; false: not an answer to what we asked. */
bool pcp_mapper_input(struct pcp_mapper *p, const struct pcp_response *a, mono_ns now) MUST_USE;
bool pcp_mapper_output(struct pcp_mapper *p, struct wr *out) MUST_USE;
void pcp_mapper_tick(struct pcp_mapper *p, const struct rng *rng, mono_ns now);

#endif

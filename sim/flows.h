/* sim/flows.h - how many flows a node has begun: pairs of a port of its own and an endpoint that a
 * NAT must remember
 *
 * A flow that was not used for FLOW_LASTS is a new one again.  Two that share a slot of the table
 * count each other as new, so the count errs to the high side, by little.
 */
#ifndef SIM_FLOWS_H
#define SIM_FLOWS_H

#include "base/addr.h"
#include "base/time.h"

enum { FLOWS_SLOTS = 1 << 14 };
#define FLOW_LASTS (120 * SECOND)

struct flows {
	struct flow {
		uint64_t hash;
		mono_ns used; /* 0: never */
	} * v;                /* taken with the first */
	uint64_t begun;
};

void flows_fini(struct flows *f);
void flows_note(struct flows *f, uint16_t port, const struct endpoint *to, mono_ns now);

#endif

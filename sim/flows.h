/* sim/flows.h - counts the flows that a node has begun
 *
 * A flow is one of the node's ports and an outside endpoint: a pair that a NAT must remember.  A
 * flow that was not used for FLOW_LASTS counts as new again.  Two flows that share a slot of the
 * table make each other new, so the count may be a little too high.
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
	} * v;                /* allocated with the first flow */
	uint64_t begun;
};

void flows_fini(struct flows *f);
void flows_note(struct flows *f, uint16_t port, const struct endpoint *to, mono_ns now);

#endif

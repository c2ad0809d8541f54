/* sim/budget.h - what holds of every node at every moment: crossing hard NATs stays within its
 * budget
 *
 * It counts by itself what the node sends for that, in buckets of its own.  The flows are counted
 * where they leave the node, whatever they are for.
 */
#ifndef SIM_BUDGET_H
#define SIM_BUDGET_H

#include "sim/sim_node.h"

struct budget {
	uint64_t sent; /* at the last look */
	double level, flows_level;
	uint64_t flows; /* begun, at the last look */
	mono_ns at;
	uint64_t in_hour;
	mono_ns hour;
};

/* What does not hold, or NULL. */
const char *budget_check(struct budget *b, const struct sim_node *n, mono_ns now);

#endif

/* sim/budget.h - checks that a node which crosses hard NATs stays within its budget
 *
 * The check holds at every moment of every scenario.  It has buckets of its own for what the node
 * sends.  Flows are counted where they leave the node, whatever they are for.
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

/* A clause that says what does not hold; NULL: all holds. */
const char *budget_check(struct budget *b, const struct sim_node *n, mono_ns now);

#endif

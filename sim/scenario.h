/* sim/scenario.h - a story that must end well, whatever the seed */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/pair.h"

struct scenario {
	const char *name;
	const char *what; /* must hold */
	unsigned seeds;   /* it is played with so many */
	void (*play)(struct world *w);
};

/* One table a file; each ends with a name of NULL. */
extern const struct scenario scenarios_attack[];
extern const struct scenario scenarios_meet[], scenarios_cut[], scenarios_change[],
	scenarios_cost[], scenarios_endure[], scenarios_netcheck[];
extern const struct scenario scenarios_portmap[];
extern const struct scenario scenarios_quality[];
extern const struct scenario scenarios_lifetime[];
extern const struct scenario scenarios_where[];
extern const struct scenario scenarios_silence[];
extern const struct scenario scenarios_hard[], scenarios_hard_odds[];

#endif

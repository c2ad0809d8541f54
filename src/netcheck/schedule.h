/* netcheck/schedule.h - which relays a report asks, how often, and when
 *
 * A full report asks all of them, three times over each family.  An incremental one, which is
 * cheaper, asks the three that were nearest the last time and the preferred one, and most of them
 * once. Source: reference, data plane 5.4.
 */
#ifndef NETCHECK_SCHEDULE_H
#define NETCHECK_SCHEDULE_H

#include "base/time.h"

enum { PLAN_TRIES_MAX = 4, PLAN_NEAREST = 3, PLAN_RELAYS_MAX = 64 };

/* What is asked over one family. */
struct plan_lane {
	uint8_t tries;
	mono_ns at[PLAN_TRIES_MAX]; /* after the beginning of the report */
};

struct plan_relay {
	uint16_t region;
	bool has4, has6; /* it can be asked that way */
	mono_ns last;    /* latency when last asked; 0: unknown */
	struct plan_lane v4, v6;
};

struct plan_host {
	bool has4, has6;           /* we have an address of that family */
	bool last_had4, last_had6; /* the report before had an answer over it */
	uint16_t home;             /* preferred relay; 0: none */
};

/* Both fill in v4 and v6 of each relay; at most PLAN_RELAYS_MAX. */
void plan_full(struct plan_relay *v, size_t n, const struct plan_host *host);
void plan_incremental(struct plan_relay *v, size_t n, const struct plan_host *host);

#endif

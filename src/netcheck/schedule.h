/* netcheck/schedule.h - which relays a report asks, how often, and when
 *
 * A full report asks all of them, three times over each family.  An incremental one, which is
 * cheaper, asks the three that were nearest the last time and the preferred one, and most of them
 * once. Source: reference, data plane 5.4.
 */
#ifndef NETCHECK_SCHEDULE_H
#define NETCHECK_SCHEDULE_H

#include "base/time.h"

enum { SCHEDULE_TRIES_MAX = 4, HARD_PLAN_NEAREST = 3, SCHEDULE_RELAYS_MAX = 64 };

/* What is asked over one family. */
struct schedule_lane {
	uint8_t tries;
	mono_ns at[SCHEDULE_TRIES_MAX]; /* after the beginning of the report */
};

struct schedule_relay {
	uint16_t region;
	bool has4, has6; /* it can be asked that way */
	mono_ns last;    /* latency when last asked; 0: unknown */
	struct schedule_lane v4, v6;
};

struct schedule_host {
	bool has4, has6;           /* we have an address of that family */
	bool last_had4, last_had6; /* the report before had an answer over it */
	uint16_t home;             /* preferred relay; 0: none */
};

/* Both fill in v4 and v6 of each relay; at most SCHEDULE_RELAYS_MAX. */
void schedule_full(struct schedule_relay *v, size_t n, const struct schedule_host *host);
void schedule_incremental(struct schedule_relay *v, size_t n, const struct schedule_host *host);

#endif

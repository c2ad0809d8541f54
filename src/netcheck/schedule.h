/* netcheck/schedule.h - which relays a report asks, how often, and when
 *
 * A full report asks all relays, three times over each family.  An incremental report is cheaper:
 * it asks the three that were nearest in the last report and the preferred one, most of them once.
 *
 * Source: netcheck.md 4.
 */
#ifndef NETCHECK_SCHEDULE_H
#define NETCHECK_SCHEDULE_H

#include "base/time.h"

enum { SCHEDULE_TRIES_MAX = 4, SCHEDULE_NEAREST = 3, SCHEDULE_RELAYS_MAX = 64 };

/* What is asked over one family. */
struct schedule_lane {
	uint8_t tries;
	mono_ns at[SCHEDULE_TRIES_MAX]; /* from the beginning of the report */
};

struct schedule_relay {
	uint16_t region;
	bool has4, has6; /* it has an address of that family */
	mono_ns last;    /* latency in the last report; 0: unknown */
	struct schedule_lane v4, v6;
};

struct schedule_host {
	bool has4, has6;           /* we have an address of that family */
	bool last_had4, last_had6; /* the last report had an answer over that family */
	uint16_t home;             /* preferred relay; 0: none */
};

/* Both fill in v4 and v6 of each relay; at most SCHEDULE_RELAYS_MAX. */
void schedule_full(struct schedule_relay *v, size_t n, const struct schedule_host *host);
void schedule_incremental(struct schedule_relay *v, size_t n, const struct schedule_host *host);

#endif

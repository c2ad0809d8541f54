/* netcheck/home.h - which relay is preferred as home, so that it does not flap
 *
 * After each report the relay with the least latency of the last five minutes is a candidate.  It
 * takes the place of the one before only when it is clearly nearer, or when the old one is silent.
 * Source: reference, data plane 5.9: the exact rule.
 */
#ifndef NETCHECK_HOME_H
#define NETCHECK_HOME_H

#include "base/time.h"

enum {
	HOME_REGIONS_MAX = 64,
	HOME_REPORTS_MAX = 32 /* in five minutes; of more than that the oldest go */
};

#define HOME_HISTORY    (305 * SECOND)
#define HOME_APART      (10 * MSEC)  /* nearer by less than this does not count */
#define HOME_HEARD      (8 * SECOND) /* a frame from it that lately: it is there */
#define HOME_KEPT_ALIVE (120 * SECOND)

struct home_latency {
	uint16_t region;
	mono_ns latency; /* times the region's score, where it has one; never 0 */
};

struct home {
	struct home_report {
		mono_ns at;
		struct home_latency v[HOME_REGIONS_MAX];
		size_t n;
	} reports[HOME_REPORTS_MAX]; /* ring */
	size_t first, n;
	uint16_t preferred; /* 0: none */
};

/* What is known of the relay preferred so far besides its latency. */
struct home_signs {
	mono_ns began; /* this report */
	mono_ns heard; /* the last frame from that relay; MONO_NEVER */
};

/* Takes a report's latencies (at most HOME_REGIONS_MAX), and chooses. 0: none. */
uint16_t home_choose(struct home *h, const struct home_latency *v, size_t n,
		     const struct home_signs *signs, mono_ns now);
/* The network is another one: what was measured says nothing any more. The preferred relay stays.
 */
void home_forget(struct home *h);

#endif

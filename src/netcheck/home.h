/* netcheck/home.h - which relay is preferred as home, so that the choice does not flap
 *
 * After each report the relay with the least latency of the last five minutes is the candidate.  It
 * replaces the preferred relay only if it is clearly nearer, or if the preferred relay is silent.
 *
 * Source: netcheck.md 7.1 has the exact rule.
 */
#ifndef NETCHECK_HOME_H
#define NETCHECK_HOME_H

#include "base/time.h"

enum {
	HOME_REGIONS_MAX = 64,
	HOME_REPORTS_MAX = 32 /* of five minutes; if there are more, the oldest go */
};

#define HOME_HISTORY    (305 * SECOND)
#define HOME_APART      (10 * MSEC)    /* nearer by less than this does not count */
#define HOME_HEARD      (8 * SECOND)   /* a frame that young shows that the relay is there */
#define HOME_KEPT_ALIVE (120 * SECOND) /* a stream without a frame for so long is given up */

struct home_latency {
	uint16_t region;
	mono_ns latency; /* never 0 */
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

/* What shows that the relay preferred so far is there, besides its latency. */
struct home_evidence {
	mono_ns began; /* when this report began */
	mono_ns heard; /* the last frame from that relay; MONO_NEVER: none */
};

/* Copies a report's latencies (at most HOME_REGIONS_MAX), and chooses.  0: none. */
uint16_t home_choose(struct home *h, const struct home_latency *v, size_t n,
		     const struct home_evidence *evidence, mono_ns now);
/* The network changed: all kept latencies are forgotten.  The preferred relay stays. */
void home_forget(struct home *h);

#endif

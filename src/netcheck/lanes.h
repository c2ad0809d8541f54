/* netcheck/lanes.h - the STUN requests of one report to each relay, over IPv4 and over IPv6
 *
 * A lane is the requests to one relay over one family, at planned times (schedule.h).  Each try has
 * a transaction of its own, so that a late answer is measured from its own request.  The first
 * answer ends a lane.  When three relays have answered, the others get little time.
 *
 * Source: netcheck.md 4.1 and 4.4 to 4.6.
 */
#ifndef NETCHECK_LANES_H
#define NETCHECK_LANES_H

#include "base/place.h"
#include "base/rng.h"
#include "netcheck/behaviour.h"
#include "netcheck/schedule.h"
#include "wire/stun_ask.h"

struct lane {
	struct endpoint to;
	struct schedule_lane plan;
	uint8_t tried;
	bool over;
	struct lane_try {
		struct stun_ask ask;
		mono_ns sent;
	} tries[SCHEDULE_TRIES_MAX];
};

/* All zero: there are none. */
struct lanes {
	struct lane_pair {
		struct lane v4, v6;
		mono_ns latency; /* the shorter round trip; 0: no answer yet */
	} v[RELAYS_MAX];
	size_t n, n_answered; /* relays */
	bool full;
	mono_ns began;
	mono_ns until; /* then all are given up; MONO_NEVER: they were */
};

/* Whether an answer over this family still tells something, of a relay that has answered. */
struct lanes_need {
	bool v4, v6;
};

/* An answer that was taken. */
struct lanes_answer {
	size_t relay;         /* its place in the list */
	bool v6;              /* over IPv6 */
	mono_ns rtt;          /* never 0 */
	struct sample sample; /* whom we asked, and what it saw */
};

/* Begins the lanes to these relays.  plan: of each relay, in the same order, as schedule.h filled
 * it in.  n is at most RELAYS_MAX. */
void lanes_begin(struct lanes *l, const struct relay_place *relays,
		 const struct schedule_relay *plan, size_t n, bool full, mono_ns now);
/* Owes the tries whose time has come, and gives up when the time of all is over. */
void lanes_tick(struct lanes *l, struct lanes_need need, const struct rng *rng, mono_ns now);
mono_ns lanes_deadline(const struct lanes *l);
bool lanes_are_over(const struct lanes *l);

bool lanes_output(struct lanes *l, struct endpoint *to, struct wr *out, mono_ns now) MUST_USE;
/* ANSWERED fills in out. */
enum stun_ask_verdict lanes_input(struct lanes *l, const struct stun_answer *answer,
				  struct lanes_answer *out, mono_ns now) MUST_USE;

#endif

/* path/pace.h - when to probe a peer that is not reached directly, and how much
 *
 * An attempt is a burst of rounds, in each of which all targets are pinged once: both sides must
 * have sent before either's ping passes the other's NAT, so the first round is repeated at short
 * spacing. An attempt that failed is followed by another after 5 s, 10 s, 20 s ... 60 s, for as
 * long as the owner does not stop it.
 *
 *   round  0        1         2         3        | 0 (next attempt)
 *   at     0     100 ms    300 ms    700 ms      | 5 s after the last round, then doubling
 *
 * Beside that two purses.  Whatever a peer makes us do: PACE_BURST pings at once, PACE_PER_SECOND
 * in the long run.  And for looking for a path in vain: PACE_SEARCH pings, and then one each
 * PACE_SEARCH_EACH.  An attempt of our own waits until there is enough for all its rounds and for
 * an answer to the peer's next; an answer has as many rounds as can be paid.  So a peer that cannot
 * be reached costs less than one ping in 3 s in the mean, and what is left of that is for hard NATs
 * (path/hard/budget.h).
 */
#ifndef PATH_PACE_H
#define PATH_PACE_H

#include "base/rng.h"
#include "base/time.h"

enum { PACE_ROUNDS = 4, PACE_BURST = 256, PACE_PER_SECOND = 64, PACE_SEARCH = 240 };
#define PACE_SEARCH_EACH (4500 * MSEC)

struct pace {
	mono_ns next; /* next round; MONO_NEVER: at rest */
	mono_ns pause;
	uint8_t round;
	bool calls; /* the attempt begins with a call-me-maybe */
	struct pace_budget {
		uint32_t spent;
		mono_ns at; /* when it was last refilled */
	} all, search;
};

void pace_init(struct pace *p, mono_ns now);
/* A new attempt at once; the pauses begin anew. */
void pace_start(struct pace *p, mono_ns now);
/* One at once, because the peer made one: without a call, and the pauses stay as long as they are,
 * or two that cannot reach each other would keep each other busy. */
void pace_answer(struct pace *p, mono_ns now);
void pace_rest(struct pace *p);
static inline bool pace_resting(const struct pace *p)
{
	return p->next == MONO_NEVER;
}
/* This round is done: plan the next. True: it was the last of an attempt. */
bool pace_step(struct pace *p, const struct rng *rng, mono_ns now);
/* May one more ping be sent? Takes it out of the purse. */
bool pace_spend(struct pace *p, mono_ns now) MUST_USE;
/* May a round of so many pings begin now? If not, the attempt waits, or is over. */
bool pace_may_search(struct pace *p, size_t targets, mono_ns now) MUST_USE;
/* The same for one ping of a search. */
bool pace_spend_search(struct pace *p, mono_ns now) MUST_USE;
/* What made searching vain may have changed: the purse for it is full again. */
void pace_renew(struct pace *p);

#endif

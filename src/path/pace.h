/* path/pace.h - when to ping the remotes of a peer that is not reached directly, and how often
 *
 * An attempt is a burst of rounds, and each round pings all remotes once.  Both sides must have
 * sent before the ping of either passes the NAT of the other, so the first round is repeated soon.
 * An attempt that failed is followed by another one after 5 s, 10 s, 20 s and so on up to 60 s, for
 * as long as the owner does not stop it.
 *
 *   round  0        1         2         3        | 0 (next attempt)
 *   at     0     100 ms    300 ms    700 ms      | 5 s after the last round, then doubling
 *
 * Budgets bound the pings.  One is for whatever a peer makes us do: PACE_BURST pings at once,
 * PACE_PER_SECOND in the long run.  The other is for searching in vain: PACE_SEARCH pings, and then
 * one each PACE_SEARCH_EACH.  An attempt of our own waits until the second budget has enough for
 * all its rounds and for one round that answers the peer; an answer to the peer has as many rounds
 * as the budget pays for.  So a peer that cannot be reached costs less than one ping in 3 s in the
 * mean.  What is left of that is for hard NATs (path/hard/budget.h).
 *
 * An endpoint that was only seen (remotes.h) takes nothing from these two.  A third budget pays for
 * all that it causes: the pings to it, and the attempt with which the first ping from there is
 * answered.  That attempt replaces none that is under way and delays none that is planned.  There
 * are PACE_TURNS of them, and then one each PACE_TURN_EACH.
 *
 * Source: disco.md 6.2.
 */
#ifndef PATH_PACE_H
#define PATH_PACE_H

#include "base/bucket.h"
#include "base/rng.h"

enum {
	PACE_ROUNDS = 4,
	PACE_BURST = 256,
	PACE_PER_SECOND = 64,
	PACE_SEARCH = 240,
	PACE_SEEN = 48,
	PACE_TURNS = 4
};
#define PACE_SEARCH_EACH (4500 * MSEC)
#define PACE_SEEN_EACH   (5 * SECOND)
#define PACE_TURN_EACH   (60 * SECOND)

struct pace {
	mono_ns next;     /* when the next round is due; MONO_NEVER: at rest */
	mono_ns pause;    /* after the attempt; 0: it will be the shortest */
	uint8_t round;    /* the next one */
	bool calls;       /* an attempt of our own, which begins with a call-me-maybe */
	bool is_for_seen; /* the attempt answers a ping from a new place */
	mono_ns own_at;   /* is_for_seen: the attempt of our own that follows; MONO_NEVER: after the
			     pause */
	struct bucket all, search, seen, turns;
};

void pace_init(struct pace *p);
/* An attempt of our own begins now, and the pauses begin anew. */
void pace_start(struct pace *p, mono_ns now);
/* An attempt begins now because the peer made one.  It has no call, and the pauses stay as long as
 * they are: otherwise two peers that cannot reach each other would keep each other busy. */
void pace_answer(struct pace *p, mono_ns now);
/* The same because a ping came from a new place.  False: an attempt is under way, or there were too
 * many of these. */
bool pace_answer_seen(struct pace *p, mono_ns now) MUST_USE;
void pace_rest(struct pace *p);
static inline bool pace_resting(const struct pace *p)
{
	return p->next == MONO_NEVER;
}
/* This round is done: plans the next one.  True: it was the last of an attempt. */
bool pace_step(struct pace *p, const struct rng *rng, mono_ns now);
/* Takes one ping out of the budget for all pings.  False: it is used up. */
bool pace_spend(struct pace *p, mono_ns now) MUST_USE;
/* Takes one ping out of the budget for endpoints that were only seen.  False: it is used up. */
bool pace_spend_seen(struct pace *p, mono_ns now) MUST_USE;
/* Is there a budget for a round of n pings now, of the search or of what was only seen?  False: the
 * attempt waits, or is over. */
bool pace_may_search(struct pace *p, size_t n, mono_ns now) MUST_USE;
/* Takes one ping out of the budget for searching.  False: it is used up. */
bool pace_spend_search(struct pace *p, mono_ns now) MUST_USE;
/* What made the search vain may have changed: the budget for searching is full again. */
void pace_renew(struct pace *p);

#endif

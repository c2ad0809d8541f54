/* path/lifetime.h - how long a path to one peer stays open while nothing goes over it, as far as we
 * know
 *
 * NATs and firewalls forget a binding that is not used: most after minutes, some after ten seconds.
 * The path in use is pinged often enough for all of them.  The second best is kept warm with as few
 * pings as possible: one each LIFETIME_ASSUMED, or after two thirds of the lifetime that was
 * measured of our own NAT (netcheck/binding_life.h).  When a path is found dead after a shorter
 * rest, the second best is pinged after half of that rest, but at most once each LIFETIME_MIN.
 * This is remembered until the network or the peer changes.
 *
 * Source: disco.md 7.4.
 */
#ifndef PATH_LIFETIME_H
#define PATH_LIFETIME_H

#include "base/time.h"

#define LIFETIME_ASSUMED (18 * SECOND)
#define LIFETIME_MIN     (5 * SECOND)

struct lifetime {
	mono_ns rest;  /* between two pings, as learned; 0: nothing was learned */
	mono_ns below; /* the shortest rest after which a path was found dead; 0: none was */
};

/* The rest between two pings.  measured: for so long, and not much longer, our own NAT keeps a
 * binding that is not used; 0: unknown. */
static inline mono_ns lifetime_rest(const struct lifetime *l, mono_ns measured)
{
	mono_ns rest = l->rest ? l->rest : LIFETIME_ASSUMED;
	return measured ? mono_max(LIFETIME_MIN, mono_min(rest, measured / 3 * 2)) : rest;
}

/* A path was found dead after it had rested for so long. */
static inline void lifetime_dead_after(struct lifetime *l, mono_ns rested)
{
	mono_ns rest = l->rest ? l->rest : LIFETIME_ASSUMED;
	l->rest = mono_max(LIFETIME_MIN, mono_min(rest, rested / 2));
	l->below = l->below ? mono_min(l->below, rested) : rested;
}

#endif

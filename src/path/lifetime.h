/* path/lifetime.h - how long a path to one peer stays open while nothing goes over it, as far as we know
 *
 * NATs and firewalls forget a binding that is not used: most after minutes, some after ten seconds.  The path
 * in use is pinged often enough for all of them; the second best is kept warm as seldom as it may be: each
 * LIFETIME_ASSUMED, until a path was found dead after a shorter rest.  Then it is pinged at half of
 * that, but not more often than each LIFETIME_MIN.  Remembered until the network or the peer is another.
 */
#ifndef PATH_LIFETIME_H
#define PATH_LIFETIME_H

#include "base/time.h"

#define LIFETIME_ASSUMED (18 * SECOND)
#define LIFETIME_MIN     (5 * SECOND)

struct lifetime {
	mono_ns rest; /* between two pings; 0: LIFETIME_ASSUMED */
};

static inline mono_ns lifetime_rest(const struct lifetime *l)
{
	return l->rest ? l->rest : LIFETIME_ASSUMED;
}

/* A path that rested so long was found dead. */
static inline void lifetime_dead_after(struct lifetime *l, mono_ns rested)
{
	l->rest = mono_max(LIFETIME_MIN, mono_min(lifetime_rest(l), rested / 2));
}

#endif

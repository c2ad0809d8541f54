/* path/lifetime.h - how long a path to one peer stays open while nothing goes over it, as far as we
 * know
 *
 * NATs and firewalls forget a binding that is not used: most after minutes, some after ten seconds.
 * The path in use is pinged often enough for all of them; the second best is kept warm as seldom as
 * it may be: each LIFETIME_ASSUMED, or after two thirds of what our own NAT was measured to keep
 * (binding_life.h), until a path was found dead after a shorter rest.  Then it is pinged at half of
 * that, but not more often than each LIFETIME_MIN.  Remembered until the network or the peer is
 * another.
 */
#ifndef PATH_LIFETIME_H
#define PATH_LIFETIME_H

#include "base/time.h"

#define LIFETIME_ASSUMED (18 * SECOND)
#define LIFETIME_MIN     (5 * SECOND)

struct lifetime {
	mono_ns rest;  /* between two pings, as it was learned; 0: nothing was */
	mono_ns below; /* a path that rested so long was found dead, the shortest; 0: none was */
};

/* measured: a silence that our own NAT's bindings outlive, while a longer one kills them; 0: not
 * known. */
static inline mono_ns lifetime_rest(const struct lifetime *l, mono_ns measured)
{
	mono_ns rest = l->rest ? l->rest : LIFETIME_ASSUMED;
	return measured ? mono_max(LIFETIME_MIN, mono_min(rest, measured / 3 * 2)) : rest;
}

/* A path that rested so long was found dead. */
static inline void lifetime_dead_after(struct lifetime *l, mono_ns rested)
{
	mono_ns rest = l->rest ? l->rest : LIFETIME_ASSUMED;
	l->rest = mono_max(LIFETIME_MIN, mono_min(rest, rested / 2));
	l->below = l->below ? mono_min(l->below, rested) : rested;
}

#endif

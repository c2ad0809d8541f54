/* sim/pair.h - the place where most scenarios play: alice and bob at home, a relay between, two
 * streams
 *
 * Home lines have 25 ms each way, so that it is 50 ms from a home to the relay and back, and 100 ms
 * from home to home and back, directly as through the relay.
 */
#ifndef SIM_PAIR_H
#define SIM_PAIR_H

#include "sim/world.h"

#define PAIR_LINE_DELAY (25 * MSEC)
#define PAIR_RELAY_RTT  (2 * PAIR_LINE_DELAY) /* a home and the relay */
#define PAIR_RTT        (4 * PAIR_LINE_DELAY) /* home and home, either way */
#define PAIR_PACE       (20 * MSEC)           /* 50 packets a second */

struct pair {
	struct world *w;
	struct sim_relay *relay;
	struct home *alice, *bob;
	struct stream *there, *back; /* alice to bob, bob to alice */
};

/* A home line of this seed: the delay, and up to 2 ms of jitter. */
struct link_config pair_line(struct world *w);
/* Endpoint-independent mapping, address-and-port-dependent filtering, timeout and refreshing of
 * this seed, and ports that are never the same again after a flush. */
struct nat_config pair_easy_nat(struct world *w);
/* Of two homes that are there, and the world's first relay: they know each other, and streams wait
 * to begin. */
struct pair pair_of(struct world *w, struct home *alice, struct home *bob, mono_ns pace);
/* Builds it and lets both nodes connect to the relay. */
struct pair pair_build(struct world *w, const struct home_config *alice,
		       const struct home_config *bob);
struct pair pair_easy(struct world *w); /* both behind easy NATs */
void pair_talk(struct pair *p);         /* both streams begin */
void pair_hush(struct pair *p);
/* Waits until both talk directly and nothing is in doubt; notes a fault if that takes longer. */
void pair_wait_direct(struct pair *p, mono_ns at_most);
/* For ten seconds more; then the streams end, and nothing of what was sent from then on was lost.
 */
void pair_stays_direct(struct pair *p, mono_ns from);
/* Over both streams: packets lost, and the longest silence, of those sent in [from, until). */
size_t pair_lost(const struct pair *p, mono_ns from, mono_ns until);
mono_ns pair_gap(const struct pair *p, mono_ns from, mono_ns until);

#endif

/* sim/pair.h - where most scenarios play: alice and bob at home, a relay, test traffic each way
 *
 * A home's line takes 25 ms each way.  So the round trip is 50 ms between a home and the relay, and
 * 100 ms between the homes, directly as well as through the relay.
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
	struct household *alice, *bob;
	struct traffic *there, *back; /* alice to bob, bob to alice */
};

/* A home's line: the delay, and up to 2 ms of jitter, by the seed. */
struct link_config pair_line(struct world *w);
/* Endpoint-independent mapping and address-and-port-dependent filtering.  The seed chooses timeout
 * and refreshing.  After a flush no mapping gets its port again. */
struct nat_config pair_easy_nat(struct world *w);
/* Of two homes that exist, and the world's first relay.  Each home gets the other as its peer; no
 * traffic runs yet. */
struct pair pair_of(struct world *w, struct household *alice, struct household *bob, mono_ns pace);
/* Builds the homes and the relay, and waits until both nodes are connected to it. */
struct pair pair_build(struct world *w, const struct household_config *alice,
		       const struct household_config *bob);
struct pair pair_easy(struct world *w); /* both behind easy NATs */
void pair_talk(struct pair *p);         /* traffic begins, both ways */
void pair_hush(struct pair *p);
/* Waits until both talk directly and nothing is in doubt; notes a fault if that takes longer. */
void pair_wait_direct(struct pair *p, mono_ns at_most);
/* Expects ten more seconds of direct traffic, and ends it.  Nothing that was sent at
 * `from` or later may be lost. */
void pair_stays_direct(struct pair *p, mono_ns from);
/* Over both directions: packets lost, and the longest silence, of those sent in [from, until). */
size_t pair_lost(const struct pair *p, mono_ns from, mono_ns until);
mono_ns pair_gap(const struct pair *p, mono_ns from, mono_ns until);

#endif

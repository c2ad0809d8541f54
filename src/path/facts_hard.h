/* path/facts_hard.h - facts about crossing hard NATs with one peer: what was tried, and why nothing
 * is tried now
 */
#ifndef PATH_FACTS_HARD_H
#define PATH_FACTS_HARD_H

#include "path/hard_nats.h"

struct hard_facts {
	/* Why no attempt is made now: the first that holds. */
	enum hard_now {
		HARD_NOW_OFF,       /* by the configuration of this node */
		HARD_NOW_UNDER_WAY, /* one is made */
		HARD_NOW_NEEDLESS,  /* there is a path, or the peer speaks WireGuard only */
		HARD_NOW_ASLEEP,    /* there is no traffic */
		HARD_NOW_NO_KEY,    /* the peer's disco key is not known */
		HARD_NOW_NO_RELAY,  /* none is known over which to ask the peer */
		HARD_NOW_UNSEEN,    /* no STUN server has told us our address over IPv4 */
		HARD_NOW_COOLING,   /* after one that failed */
		HARD_NOW_BROKE, /* a budget is used up: of packets, of flows, of ports of our block
				 */
		HARD_NOW_BUSY,  /* with another peer */
		HARD_NOW_SOON   /* simple punching has its two seconds first */
	} now;
	mono_ns next;                  /* when one may begin: COOLING, SOON; else MONO_NEVER */
	uint32_t peer_left, host_left; /* packets of the two budgets */
	bool slow;                     /* this node would go the slow way */
	bool heard; /* the peer has said something about it: it is a Warren node */
	struct attempt past[ATTEMPTS_KEPT]; /* oldest first; the last may be under way */
	size_t n_past;
	uint32_t forgotten; /* older ones */
};

void hard_facts(const struct hard *h, const struct peer_path *peer, mono_ns now,
		struct hard_facts *out);

#endif

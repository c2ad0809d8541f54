/* path/facts_hard.h - facts about crossing hard NATs with one peer: what was tried, and why nothing
 * is tried now
 */
#ifndef PATH_FACTS_HARD_H
#define PATH_FACTS_HARD_H

#include "path/hard_nats.h"

struct hard_facts {
	/* Why no attempt begins now: the first that holds. */
	enum hard_now {
		HARD_NOW_OFF,       /* the configuration of this node switches it off */
		HARD_NOW_UNDER_WAY, /* an attempt is under way */
		HARD_NOW_NEEDLESS,  /* there is a path, or the peer speaks WireGuard only */
		HARD_NOW_ASLEEP,    /* there is no traffic */
		HARD_NOW_NO_KEY,    /* the peer's disco key is not known */
		HARD_NOW_NO_RELAY,  /* no relay is known over which to ask the peer */
		HARD_NOW_UNSEEN,    /* no STUN server has told us our address over IPv4 */
		HARD_NOW_COOLING,   /* the pause after an attempt that failed */
		HARD_NOW_BROKE,     /* a budget is used up: packets, flows, or ports of our block */
		HARD_NOW_BUSY,      /* an attempt with another peer is under way */
		HARD_NOW_SOON       /* simple punching has its two seconds first */
	} now;
	mono_ns next;                  /* COOLING, SOON: when one may begin; else MONO_NEVER */
	uint32_t peer_left, host_left; /* packets left in the two budgets */
	bool slow;                     /* this node would also go the slow way */
	bool heard; /* the peer has sent a message about it, so it is a Warren node */
	struct attempt past[ATTEMPTS_KEPT]; /* oldest first; the last may be under way */
	size_t n_past;
	uint32_t forgotten; /* older attempts */
};

void hard_facts(const struct hard *h, const struct peer_path *peer, mono_ns now,
		struct hard_facts *out);

#endif

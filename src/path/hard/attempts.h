/* path/hard/attempts.h - what became of the attempts to cross hard NATs with one peer, for a person
 * who asks why
 *
 * The last CROSSINGS_KEPT are kept; older ones are forgotten, and counted.
 */
#ifndef PATH_HARD_ATTEMPTS_H
#define PATH_HARD_ATTEMPTS_H

#include "path/hard/plan.h"

enum { CROSSINGS_KEPT = 4 };

enum crossing_end {
	CROSSING_UNDER_WAY,
	CROSSING_WON,        /* while it sent, a path was found */
	CROSSING_NEEDLESS,   /* before it sent, a path was found by simple punching */
	CROSSING_UNANSWERED, /* the peer did not answer our question: it does not know it, or is
				switched off */
	CROSSING_REFUSED,    /* the peer is busy, or over its budget */
	CROSSING_UNTOLD,     /* the peer agreed, and then did not tell what it saw of its NAT */
	CROSSING_UNSEEN,     /* one side does not know its address outside */
	CROSSING_EXHAUSTED,  /* all was sent that was worth sending, and nothing answered */
	CROSSING_BROKE,      /* a budget was used up */
	CROSSING_QUIET,      /* there was no traffic to the peer any more */
	CROSSING_VOID        /* the network changed, it was switched off, or the peer began anew */
};

struct crossing {
	mono_ns began, ended; /* MONO_NEVER: it has not ended */
	enum crossing_end end;
	bool asked_by_peer;
	bool planned; /* both told what they saw; without it, what follows is not set but for
			 samples */
	bool slow;    /* random against random was tried, too */
	enum guess_kind ours, theirs;
	enum disco_mapping our_mapping, their_mapping;
	uint32_t sockets; /* of ours */
	uint32_t samples; /* packets to a STUN server */
	uint32_t sent[PLAN_WAYS];
};

struct crossings {
	struct crossing v[CROSSINGS_KEPT]; /* ring */
	uint8_t first, n;
	uint32_t forgotten;
	bool heard; /* the peer has said something about crossing: it is a Warren node */
};

void crossing_begin(struct crossings *c, bool asked_by_peer, mono_ns now);
/* These speak of the last one, and do nothing if it has ended. */
void crossing_sampled(struct crossings *c);
void crossing_planned(struct crossings *c, const struct hard_plan *plan);
void crossing_sent(struct crossings *c, enum plan_way way);
void crossing_end(struct crossings *c, enum crossing_end end, mono_ns now);
/* Oldest first; i below c->n. Borrowed. */
const struct crossing *crossing_at(const struct crossings *c, size_t i);

#endif

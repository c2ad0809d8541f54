/* path/hard/attempts.h - what became of the attempts to cross hard NATs with one peer, for a person
 * who asks why
 *
 * The last ATTEMPTS_KEPT are kept; older ones are forgotten, and counted.
 */
#ifndef PATH_HARD_ATTEMPTS_H
#define PATH_HARD_ATTEMPTS_H

#include "path/hard/plan.h"

enum { ATTEMPTS_KEPT = 4 };

enum attempt_end {
	ATTEMPT_UNDER_WAY,
	ATTEMPT_WON,        /* while it sent, a path was found */
	ATTEMPT_NEEDLESS,   /* before it sent, a path was found by simple punching */
	ATTEMPT_UNANSWERED, /* the peer did not answer our question: it does not know it, or is
				switched off */
	ATTEMPT_REFUSED,    /* the peer is busy, or over its budget */
	ATTEMPT_UNTOLD,     /* the peer agreed, and then did not tell what it saw of its NAT */
	ATTEMPT_UNSEEN,     /* one side does not know its address outside */
	ATTEMPT_EXHAUSTED,  /* all was sent that was worth sending, and nothing answered */
	ATTEMPT_BROKE,      /* a budget was used up */
	ATTEMPT_QUIET,      /* there was no traffic to the peer any more */
	ATTEMPT_VOID        /* the network changed, it was switched off, or the peer began anew */
};

struct attempt {
	mono_ns began, ended; /* MONO_NEVER: it has not ended */
	enum attempt_end end;
	bool asked_by_peer;
	bool planned; /* both told what they saw; without it, what follows is not set but for
			 samples */
	bool slow;    /* random against random was tried, too */
	enum guess_kind ours, theirs;
	enum dest_mapping our_mapping, their_mapping;
	uint32_t sockets; /* of ours */
	uint32_t samples; /* packets to a STUN server */
	uint32_t sent[HARD_PLAN_WAYS];
};

struct attempts {
	struct attempt v[ATTEMPTS_KEPT]; /* ring */
	uint8_t first, n;
	uint32_t forgotten;
	bool heard; /* the peer has said something about crossing: it is a Warren node */
};

void attempts_begin(struct attempts *c, bool asked_by_peer, mono_ns now);
/* These speak of the last one, and do nothing if it has ended. */
void attempts_sampled(struct attempts *c);
void attempts_planned(struct attempts *c, const struct hard_plan *plan);
void attempts_sent(struct attempts *c, enum hard_plan_way way);
void attempts_end(struct attempts *c, enum attempt_end end, mono_ns now);
/* Oldest first; i below c->n. Borrowed. */
const struct attempt *attempts_at(const struct attempts *c, size_t i);

#endif

/* path/hard/attempts.h - what became of the attempts with one peer, for a person who asks why
 *
 * The last ATTEMPTS_KEPT are kept.  Older ones are forgotten, and counted.
 *
 * Source: disco.md 8.2 has the steps of an attempt.
 */
#ifndef PATH_HARD_ATTEMPTS_H
#define PATH_HARD_ATTEMPTS_H

#include "path/hard/plan.h"

enum { ATTEMPTS_KEPT = 4 };

enum attempt_end {
	ATTEMPT_UNDER_WAY,
	ATTEMPT_WON,        /* a path was found while the attempt sent */
	ATTEMPT_NEEDLESS,   /* simple punching found a path before the attempt sent */
	ATTEMPT_UNANSWERED, /* the peer did not answer our ask: a stock client, or switched off */
	ATTEMPT_REFUSED,    /* the peer is busy, or over its budget */
	ATTEMPT_UNTOLD,     /* the peer agreed, and then did not tell what it saw of its NAT */
	ATTEMPT_UNSEEN,     /* one side does not know its address outside */
	ATTEMPT_EXHAUSTED,  /* the whole plan was sent, and nothing answered */
	ATTEMPT_BROKE,      /* a budget was used up */
	ATTEMPT_QUIET,      /* there was no more traffic to the peer */
	ATTEMPT_VOID        /* the network changed, switched off, or the peer began anew */
};

struct attempt {
	mono_ns began, ended; /* MONO_NEVER: not ended */
	enum attempt_end end;
	bool asked_by_peer;
	/* Both sides told what they saw.  If not, only `samples` is set of what follows. */
	bool planned;
	bool slow; /* random against random was tried, too */
	enum guess_kind ours, theirs;
	enum dest_mapping our_mapping, their_mapping;
	uint32_t sockets; /* of ours */
	uint32_t samples; /* packets to a STUN server */
	uint32_t sent[HARD_PLAN_STREAMS];
};

struct attempts {
	struct attempt v[ATTEMPTS_KEPT]; /* ring */
	uint8_t first, n;
	uint32_t forgotten;
	bool heard; /* the peer sent a message of the extension: it is a Warren node */
};

void attempts_begin(struct attempts *a, bool asked_by_peer, mono_ns now);
/* These are about the last attempt, and do nothing if it has ended. */
void attempts_sampled(struct attempts *a);
void attempts_planned(struct attempts *a, const struct hard_plan *plan);
void attempts_sent(struct attempts *a, enum hard_plan_stream stream);
void attempts_end(struct attempts *a, enum attempt_end end, mono_ns now);
/* Oldest first; i below a->n. Borrowed. */
const struct attempt *attempts_at(const struct attempts *a, size_t i);

#endif

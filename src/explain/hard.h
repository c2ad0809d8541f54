/* explain/hard.h - what was tried to cross hard NATs with a peer, in sentences */
#ifndef EXPLAIN_HARD_H
#define EXPLAIN_HARD_H

#include "explain/words.h"
#include "path/facts.h"

/* Appends a sentence for each attempt that is remembered, oldest first, and one that counts the
 * forgotten ones. */
void explain_hard_tried(struct sentences *list, const struct hard_facts *hard, const char *peer,
			mono_ns now);

/* By what an attempt would have found a path. */
enum explain_won_by {
	WON_BY_NOTHING, /* it came to no plan */
	WON_BY_PREDICTION,
	WON_BY_BLOCK,
	WON_BY_BIRTHDAY,
	WON_BY_SLOW, /* random ports against random ports */
	WON_BY_CHEAP /* only what costs a few packets */
};
enum explain_won_by explain_hard_won_by(const struct attempt *a);
/* Both NATs give ports at random, as far as it saw. */
bool explain_hard_are_both_random(const struct attempt *a);
/* Packets of this node, to STUN servers and to the peer. */
unsigned explain_hard_sent(const struct attempt *a);
/* Until now where it is under way. */
mono_ns explain_hard_lasted(const struct attempt *a, mono_ns now);

#endif

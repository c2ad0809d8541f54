#include "explain/hard.h"

#include <stdio.h>

/* --- what an attempt saw --- */

/* An unknown NAT may be hard, too. */
static bool may_be_hard(enum dest_mapping m)
{
	return m != MAPPING_SAME;
}

unsigned explain_hard_sent(const struct attempt *a)
{
	unsigned n = a->samples;
	for (size_t i = 0; i < HARD_PLAN_STREAMS; i++)
		n += a->sent[i];
	return n;
}

static bool are_both_hard(const struct attempt *a)
{
	return a->our_mapping == MAPPING_VARIES && a->their_mapping == MAPPING_VARIES;
}

/* An exhausted attempt proves it, too: birthday probing would have met an easy NAT. */
bool explain_hard_are_both_random(const struct attempt *a)
{
	bool in_vain = a->end == ATTEMPT_EXHAUSTED && may_be_hard(a->our_mapping) &&
		       may_be_hard(a->their_mapping);
	return a->ours == GUESS_RANDOM && a->theirs == GUESS_RANDOM &&
	       (are_both_hard(a) || in_vain);
}

/* A NAT that counts or gives blocks is the one whose ports are guessed; of two such NATs, the
 * peer's. */
enum explain_won_by explain_hard_won_by(const struct attempt *a)
{
	bool here = may_be_hard(a->our_mapping), there = may_be_hard(a->their_mapping);
	if (!a->planned)
		return WON_BY_NOTHING;
	if (a->slow)
		return WON_BY_SLOW;
	bool random = a->ours == GUESS_RANDOM && a->theirs == GUESS_RANDOM;
	if ((random && are_both_hard(a)) || (!here && !there))
		return WON_BY_CHEAP;
	bool by_ours = !there || (here && a->theirs == GUESS_RANDOM);
	switch (by_ours ? a->ours : a->theirs) {
	case GUESS_COUNTS:
		return WON_BY_PREDICTION;
	case GUESS_BLOCK:
		return WON_BY_BLOCK;
	case GUESS_RANDOM:
		break;
	}
	return WON_BY_BIRTHDAY;
}

mono_ns explain_hard_lasted(const struct attempt *a, mono_ns now)
{
	return mono_since(a->began, a->ended == MONO_NEVER ? now : a->ended);
}

/* --- words --- */

static const char *const ways[] = {
	[WON_BY_NOTHING] = "nothing",
	[WON_BY_PREDICTION] = "port prediction",
	[WON_BY_BLOCK] = "probing of a port block",
	[WON_BY_BIRTHDAY] = "birthday probing",
	[WON_BY_SLOW] = "the slow mode, random against random,",
	[WON_BY_CHEAP] = "the little that costs nothing",
};

/* After "our NAT" or "that of bob". */
static const char *nat_words(enum dest_mapping mapping, enum guess_kind kind)
{
	if (mapping == MAPPING_SAME)
		return "is easy (one port for all destinations)";
	switch (kind) {
	case GUESS_COUNTS:
		return "counts its ports up";
	case GUESS_BLOCK:
		return "gives ports out of a small block";
	case GUESS_RANDOM:
		break;
	}
	return mapping == MAPPING_VARIES ? "gives ports at random"
					 : "shows no order in its ports (random, or easy)";
}

/* The last clause of a sentence. */
static const char *outcome_words(enum attempt_end end)
{
	switch (end) {
	case ATTEMPT_UNDER_WAY:
		return "it goes on";
	case ATTEMPT_WON:
		return "a path was found";
	case ATTEMPT_NEEDLESS:
		return "a path was found meanwhile";
	case ATTEMPT_UNANSWERED:
		return "it did not answer";
	case ATTEMPT_REFUSED:
		return "it refused for now (busy with another peer, its budget used up, or without "
		       "a STUN answer of its own)";
	case ATTEMPT_UNTOLD:
		return "it agreed, but did not tell what it saw of its NAT";
	case ATTEMPT_UNSEEN:
		return "one side does not know its IPv4 address outside, because no STUN server "
		       "answered it";
	case ATTEMPT_EXHAUSTED:
		return "nothing answered";
	case ATTEMPT_BROKE:
		return "then the budget of packets was used up";
	case ATTEMPT_QUIET:
		return "then there was no more traffic";
	case ATTEMPT_VOID:
		return "then the network changed, or one side began anew";
	}
	return "unknown";
}

/* --- sentences --- */

static void tell_unplanned(struct sentences *list, const struct attempt *a, const char *peer,
			   const char *ago)
{
	const char *outcome = outcome_words(a->end);
	if (a->end == ATTEMPT_UNDER_WAY)
		outcome = a->samples > 0 ? "both look at their NATs now" : "no answer yet";
	if (a->asked_by_peer)
		sentences_add(list, "%s ago %s asked us to cross hard NATs together; %s.", ago,
			      peer, outcome);
	else
		sentences_add(list, "%s ago we asked %s to cross hard NATs together; %s.", ago,
			      peer, outcome);
}

static void tell(struct sentences *list, const struct attempt *a, const char *peer, mono_ns now)
{
	char ago[WORDS_SPAN_MAX], took[WORDS_SPAN_MAX], more[96] = "";
	words_span(mono_since(a->began, now), ago);
	if (!a->planned) {
		tell_unplanned(list, a, peer, ago);
		return;
	}
	uint32_t cross = a->sent[HARD_PLAN_CROSS], slow = a->sent[HARD_PLAN_SLOW];
	if (cross > 0)
		snprintf(more, sizeof(more), ", %u from fresh sockets to guessed ports", cross);
	else if (slow > 0)
		snprintf(more, sizeof(more), ", %u at random", slow);
	sentences_add(list,
		      "%s ago, for %s, %s was tried: our NAT %s, that of %s %s; %u packets opened "
		      "sockets of ours towards %s, %u probed its ports%s; %s.",
		      ago, words_span(explain_hard_lasted(a, now), took),
		      ways[explain_hard_won_by(a)], nat_words(a->our_mapping, a->ours), peer,
		      nat_words(a->their_mapping, a->theirs), a->sent[HARD_PLAN_OPEN], peer,
		      a->sent[HARD_PLAN_PROBE], more, outcome_words(a->end));
}

void explain_hard_tried(struct sentences *list, const struct hard_facts *hard, const char *peer,
			mono_ns now)
{
	for (size_t i = 0; i < hard->n_past; i++)
		tell(list, &hard->past[i], peer, now);
	if (hard->forgotten > 0)
		sentences_add(list, "%u earlier attempt%s to cross hard NATs %s not remembered.",
			      hard->forgotten, words_plural(hard->forgotten),
			      hard->forgotten == 1 ? "is" : "are");
}

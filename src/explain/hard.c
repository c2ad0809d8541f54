#include "explain/hard.h"

#include <stdio.h>

#include "explain/words.h"

static const char *const nows[] = {
	[HARD_NOW_OFF] = "switched off",
	[HARD_NOW_UNDER_WAY] = "under way",
	[HARD_NOW_NEEDLESS] = "not needed",
	[HARD_NOW_ASLEEP] = "no traffic",
	[HARD_NOW_NO_KEY] = "the peer's disco key is not known",
	[HARD_NOW_NO_RELAY] = "no relay",
	[HARD_NOW_UNSEEN] = "no IPv4 address seen by STUN",
	[HARD_NOW_BROKE] = "budget used up",
	[HARD_NOW_COOLING] = "cooling down",
	[HARD_NOW_BUSY] = "busy with another peer",
	[HARD_NOW_SOON] = "soon",
};
static const char *const outcomes[] = {
	[ATTEMPT_UNDER_WAY] = "under way",
	[ATTEMPT_WON] = "a path was found",
	[ATTEMPT_NEEDLESS] = "not needed",
	[ATTEMPT_UNANSWERED] = "the peer did not answer",
	[ATTEMPT_REFUSED] = "the peer refused",
	[ATTEMPT_UNTOLD] = "the peer did not tell what it saw",
	[ATTEMPT_UNSEEN] = "an address outside is not known",
	[ATTEMPT_EXHAUSTED] = "nothing answered",
	[ATTEMPT_BROKE] = "budget used up",
	[ATTEMPT_QUIET] = "no more traffic",
	[ATTEMPT_VOID] = "interrupted",
};

/* --- facts --- */

/* It may be: that it is, is often not known. */
static bool may_be_hard(enum dest_mapping m)
{
	return m != MAPPING_SAME;
}

static uint32_t sent_of(const struct attempt *c)
{
	uint32_t n = c->samples;
	for (size_t i = 0; i < HARD_PLAN_WAYS; i++)
		n += c->sent[i];
	return n;
}

static bool are_both_hard(const struct attempt *c)
{
	return c->our_mapping == MAPPING_VARIES && c->their_mapping == MAPPING_VARIES;
}

/* Where one of them is easy, all that probing would have met it. */
static bool are_both_random(const struct attempt *c)
{
	bool in_vain = c->end == ATTEMPT_EXHAUSTED && may_be_hard(c->our_mapping) &&
		       may_be_hard(c->their_mapping);
	return c->ours == GUESS_RANDOM && c->theirs == GUESS_RANDOM &&
	       (are_both_hard(c) || in_vain);
}

static void gather_last(struct why_facts *f, const struct attempt *c)
{
	f->hard_unanswered = c->end == ATTEMPT_UNANSWERED;
	f->hard_refused = c->end == ATTEMPT_REFUSED;
	f->hard_exhausted = c->end == ATTEMPT_EXHAUSTED;
	f->hard_sent = sent_of(c);
}

void why_hard_gather(struct why_facts *f, const struct hard_facts *w, mono_ns now)
{
	f->hard_off = w->now == HARD_NOW_OFF;
	f->hard_under_way = w->now == HARD_NOW_UNDER_WAY;
	f->hard_broke = w->now == HARD_NOW_BROKE;
	f->hard_busy = w->now == HARD_NOW_BUSY;
	f->hard_soon = w->now == HARD_NOW_SOON;
	f->hard_heard = w->heard;
	f->hard_next_s = w->next == MONO_NEVER
				 ? 0
				 : (unsigned)((mono_since(now, w->next) + SECOND - 1) / SECOND);
	f->hard_peer_left = w->peer_left;
	f->hard_host_left = w->host_left;
	if (w->n_past > 0)
		gather_last(f, &w->past[w->n_past - 1]);
	for (size_t i = 0; i < w->n_past; i++) {
		const struct attempt *c = &w->past[i];
		if (!c->planned)
			continue;
		f->mapping_varies |= c->our_mapping == MAPPING_VARIES;
		f->peer_varies = c->their_mapping == MAPPING_VARIES;
		f->both_random = are_both_random(c);
		f->hard_slow = c->slow;
	}
}

/* --- words --- */

/* By what the attempt would be won. */
enum won_by { BY_NONE, BY_PREDICTION, BY_BLOCK, BY_BIRTHDAY, BY_SLOW, BY_CHEAP };

static const struct {
	const char *name, *words;
} ways[] = {
	[BY_NONE] = {NULL, "nothing"},
	[BY_PREDICTION] = {"prediction", "port prediction"},
	[BY_BLOCK] = {"block", "probing of a port block"},
	[BY_BIRTHDAY] = {"birthday", "birthday probing"},
	[BY_SLOW] = {"slow", "the slow mode, random against random,"},
	[BY_CHEAP] = {"cheap", "the little that costs nothing"},
};

static enum won_by won_by(const struct attempt *c)
{
	bool here = may_be_hard(c->our_mapping), there = may_be_hard(c->their_mapping);
	if (!c->planned)
		return BY_NONE;
	if (c->slow)
		return BY_SLOW;
	bool random = c->ours == GUESS_RANDOM && c->theirs == GUESS_RANDOM;
	if ((random && are_both_hard(c)) || (!here && !there))
		return BY_CHEAP;
	bool by_ours = !there || (here && c->theirs == GUESS_RANDOM);
	switch (by_ours ? c->ours : c->theirs) {
	case GUESS_COUNTS:
		return BY_PREDICTION;
	case GUESS_BLOCK:
		return BY_BLOCK;
	case GUESS_RANDOM:
		break;
	}
	return BY_BIRTHDAY;
}

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

static const char *nat_word(enum dest_mapping mapping, enum guess_kind kind)
{
	return mapping == MAPPING_SAME ? "easy" : hard_guess_text(kind);
}

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
		       "a STUN "
		       "answer of its own)";
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

static mono_ns lasted(const struct attempt *c, mono_ns now)
{
	return mono_since(c->began, c->ended == MONO_NEVER ? now : c->ended);
}

static void tell_unplanned(json_t *list, const struct attempt *c, const char *peer, const char *ago)
{
	const char *outcome = outcome_words(c->end);
	if (c->end == ATTEMPT_UNDER_WAY)
		outcome = c->samples > 0 ? "both look at their NATs now" : "no answer yet";
	if (c->asked_by_peer)
		why_line(list, "%s ago %s asked us to cross hard NATs together; %s.", ago, peer,
			 outcome);
	else
		why_line(list, "%s ago we asked %s to cross hard NATs together; %s.", ago, peer,
			 outcome);
}

static void tell(json_t *list, const struct attempt *c, const char *peer, mono_ns now)
{
	char ago[WHY_SPAN_TEXT_MAX], took[WHY_SPAN_TEXT_MAX], more[96] = "";
	why_span(mono_since(c->began, now), ago);
	if (!c->planned) {
		tell_unplanned(list, c, peer, ago);
		return;
	}
	uint32_t cross = c->sent[HARD_PLAN_CROSS], slow = c->sent[HARD_PLAN_SLOW];
	if (cross > 0)
		snprintf(more, sizeof(more), ", %u from fresh sockets to guessed ports", cross);
	else if (slow > 0)
		snprintf(more, sizeof(more), ", %u at random", slow);
	why_line(list,
		 "%s ago, for %s, %s was tried: our NAT %s, that of %s %s; %u packets opened "
		 "sockets of ours "
		 "towards "
		 "%s, %u probed its ports%s; %s.",
		 ago, why_span(lasted(c, now), took), ways[won_by(c)].words,
		 nat_words(c->our_mapping, c->ours), peer, nat_words(c->their_mapping, c->theirs),
		 c->sent[HARD_PLAN_OPEN], peer, c->sent[HARD_PLAN_PROBE], more,
		 outcome_words(c->end));
}

void why_hard_tried(json_t *list, const struct hard_facts *w, const char *peer, mono_ns now)
{
	for (size_t i = 0; i < w->n_past; i++)
		tell(list, &w->past[i], peer, now);
	if (w->forgotten > 0)
		why_line(list, "%u earlier attempt%s to cross hard NATs are not remembered.",
			 w->forgotten, why_plural(w->forgotten));
}

/* --- JSON --- */

static json_t *attempt_json(const struct attempt *c, mono_ns now, uint64_t wall_offset_ns)
{
	char time[WHY_TIME_TEXT_MAX];
	const char *ours = c->planned ? nat_word(c->our_mapping, c->ours) : NULL;
	const char *theirs = c->planned ? nat_word(c->their_mapping, c->theirs) : NULL;
	mono_ns ms = lasted(c, now) / MSEC;
	return json_pack("{s:s, s:f, s:b, s:s?, s:s, s:s?, s:s?, s:i, s:i, s:i, s:i, s:i, s:i}",
			 "time", why_time(c->began, wall_offset_ns, time), "seconds",
			 (double)ms / 1000, "asked_by_peer", (int)c->asked_by_peer, "way",
			 ways[won_by(c)].name, "outcome", outcomes[c->end], "our_nat", ours,
			 "their_nat", theirs, "sockets", (int)c->sockets, "samples",
			 (int)c->samples, "crossed", (int)c->sent[HARD_PLAN_CROSS], "opened",
			 (int)c->sent[HARD_PLAN_OPEN], "probed", (int)c->sent[HARD_PLAN_PROBE],
			 "slow", (int)c->sent[HARD_PLAN_SLOW]);
}

json_t *why_hard_json(const struct hard_facts *w, mono_ns now, uint64_t wall_offset_ns)
{
	json_t *attempts = json_array();
	json_t *next = w->next == MONO_NEVER
			       ? json_null()
			       : json_integer((json_int_t)(mono_since(now, w->next) / SECOND));
	for (size_t i = 0; i < w->n_past; i++)
		json_array_append_new(attempts, attempt_json(&w->past[i], now, wall_offset_ns));
	return json_pack("{s:s, s:o, s:b, s:b, s:{s:i, s:i}, s:o, s:i}", "now", nows[w->now],
			 "next_s", next, "slow_mode", (int)w->slow, "heard", (int)w->heard,
			 "budget", "peer_left", (int)w->peer_left, "host_left", (int)w->host_left,
			 "attempts", attempts, "forgotten", (int)w->forgotten);
}

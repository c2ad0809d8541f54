#include "explain/hard.h"

#include <stdio.h>

#include "explain/words.h"

static const char *const nows[] = {
	[WHY_HARD_OFF] = "switched off",
	[WHY_HARD_UNDER_WAY] = "under way",
	[WHY_HARD_NEEDLESS] = "not needed",
	[WHY_HARD_ASLEEP] = "no traffic",
	[WHY_HARD_NO_KEY] = "the peer's disco key is not known",
	[WHY_HARD_NO_RELAY] = "no relay",
	[WHY_HARD_UNSEEN] = "no IPv4 address seen by STUN",
	[WHY_HARD_BROKE] = "budget used up",
	[WHY_HARD_COOLING] = "cooling down",
	[WHY_HARD_BUSY] = "busy with another peer",
	[WHY_HARD_SOON] = "soon",
};
static const char *const outcomes[] = {
	[CROSSING_UNDER_WAY] = "under way",
	[CROSSING_WON] = "a path was found",
	[CROSSING_NEEDLESS] = "not needed",
	[CROSSING_UNANSWERED] = "the peer did not answer",
	[CROSSING_REFUSED] = "the peer refused",
	[CROSSING_UNTOLD] = "the peer did not tell what it saw",
	[CROSSING_UNSEEN] = "an address outside is not known",
	[CROSSING_EXHAUSTED] = "nothing answered",
	[CROSSING_BROKE] = "budget used up",
	[CROSSING_QUIET] = "no more traffic",
	[CROSSING_VOID] = "interrupted",
};

/* --- facts --- */

/* It may be: that it is, is often not known. */
static bool may_be_hard(enum disco_mapping m)
{
	return m != DISCO_MAPPING_SAME;
}

static uint32_t sent_of(const struct crossing *c)
{
	uint32_t n = c->samples;
	for (size_t i = 0; i < PLAN_WAYS; i++)
		n += c->sent[i];
	return n;
}

static bool are_both_hard(const struct crossing *c)
{
	return c->our_mapping == DISCO_MAPPING_VARIES && c->their_mapping == DISCO_MAPPING_VARIES;
}

/* Where one of them is easy, all that probing would have met it. */
static bool are_both_random(const struct crossing *c)
{
	bool in_vain = c->end == CROSSING_EXHAUSTED && may_be_hard(c->our_mapping) &&
		       may_be_hard(c->their_mapping);
	return c->ours == GUESS_RANDOM && c->theirs == GUESS_RANDOM &&
	       (are_both_hard(c) || in_vain);
}

static void gather_last(struct why_facts *f, const struct crossing *c)
{
	f->hard_unanswered = c->end == CROSSING_UNANSWERED;
	f->hard_refused = c->end == CROSSING_REFUSED;
	f->hard_exhausted = c->end == CROSSING_EXHAUSTED;
	f->hard_sent = sent_of(c);
}

void why_hard_gather(struct why_facts *f, const struct why_hard *w, mono_ns now)
{
	f->hard_off = w->now == WHY_HARD_OFF;
	f->hard_under_way = w->now == WHY_HARD_UNDER_WAY;
	f->hard_broke = w->now == WHY_HARD_BROKE;
	f->hard_busy = w->now == WHY_HARD_BUSY;
	f->hard_soon = w->now == WHY_HARD_SOON;
	f->hard_heard = w->heard;
	f->hard_next_s = w->next == MONO_NEVER
				 ? 0
				 : (unsigned)((mono_since(now, w->next) + SECOND - 1) / SECOND);
	f->hard_peer_left = w->peer_left;
	f->hard_host_left = w->host_left;
	if (w->n_past > 0)
		gather_last(f, &w->past[w->n_past - 1]);
	for (size_t i = 0; i < w->n_past; i++) {
		const struct crossing *c = &w->past[i];
		if (!c->planned)
			continue;
		f->mapping_varies |= c->our_mapping == DISCO_MAPPING_VARIES;
		f->peer_varies = c->their_mapping == DISCO_MAPPING_VARIES;
		f->both_random = are_both_random(c);
		f->hard_slow = c->slow;
	}
}

/* --- words --- */

/* By what the attempt would be won. */
enum way { WAY_NONE, WAY_PREDICTION, WAY_BLOCK, WAY_BIRTHDAY, WAY_SLOW, WAY_CHEAP };

static const struct {
	const char *name, *words;
} ways[] = {
	[WAY_NONE] = {NULL, "nothing"},
	[WAY_PREDICTION] = {"prediction", "port prediction"},
	[WAY_BLOCK] = {"block", "probing of a port block"},
	[WAY_BIRTHDAY] = {"birthday", "birthday probing"},
	[WAY_SLOW] = {"slow", "the slow mode, random against random,"},
	[WAY_CHEAP] = {"cheap", "the little that costs nothing"},
};

static enum way way_of(const struct crossing *c)
{
	bool here = may_be_hard(c->our_mapping), there = may_be_hard(c->their_mapping);
	if (!c->planned)
		return WAY_NONE;
	if (c->slow)
		return WAY_SLOW;
	bool random = c->ours == GUESS_RANDOM && c->theirs == GUESS_RANDOM;
	if ((random && are_both_hard(c)) || (!here && !there))
		return WAY_CHEAP;
	bool by_ours = !there || (here && c->theirs == GUESS_RANDOM);
	switch (by_ours ? c->ours : c->theirs) {
	case GUESS_COUNTS:
		return WAY_PREDICTION;
	case GUESS_BLOCK:
		return WAY_BLOCK;
	case GUESS_RANDOM:
		break;
	}
	return WAY_BIRTHDAY;
}

static const char *nat_words(enum disco_mapping mapping, enum guess_kind kind)
{
	if (mapping == DISCO_MAPPING_SAME)
		return "is easy (one port for all destinations)";
	switch (kind) {
	case GUESS_COUNTS:
		return "counts its ports up";
	case GUESS_BLOCK:
		return "gives ports out of a small block";
	case GUESS_RANDOM:
		break;
	}
	return mapping == DISCO_MAPPING_VARIES ? "gives ports at random"
					       : "shows no order in its ports (random, or easy)";
}

static const char *nat_word(enum disco_mapping mapping, enum guess_kind kind)
{
	return mapping == DISCO_MAPPING_SAME ? "easy" : hard_guess_text(kind);
}

static const char *outcome_words(enum crossing_end end)
{
	switch (end) {
	case CROSSING_UNDER_WAY:
		return "it goes on";
	case CROSSING_WON:
		return "a path was found";
	case CROSSING_NEEDLESS:
		return "a path was found meanwhile";
	case CROSSING_UNANSWERED:
		return "it did not answer";
	case CROSSING_REFUSED:
		return "it refused for now (busy with another peer, its budget used up, or without "
		       "a STUN "
		       "answer of its own)";
	case CROSSING_UNTOLD:
		return "it agreed, but did not tell what it saw of its NAT";
	case CROSSING_UNSEEN:
		return "one side does not know its IPv4 address outside, because no STUN server "
		       "answered it";
	case CROSSING_EXHAUSTED:
		return "nothing answered";
	case CROSSING_BROKE:
		return "then the budget of packets was used up";
	case CROSSING_QUIET:
		return "then there was no more traffic";
	case CROSSING_VOID:
		return "then the network changed, or one side began anew";
	}
	return "unknown";
}

/* --- sentences --- */

static mono_ns lasted(const struct crossing *c, mono_ns now)
{
	return mono_since(c->began, c->ended == MONO_NEVER ? now : c->ended);
}

static void tell_unplanned(json_t *list, const struct crossing *c, const char *peer,
			   const char *ago)
{
	const char *outcome = outcome_words(c->end);
	if (c->end == CROSSING_UNDER_WAY)
		outcome = c->samples > 0 ? "both look at their NATs now" : "no answer yet";
	if (c->asked_by_peer)
		why_line(list, "%s ago %s asked us to cross hard NATs together; %s.", ago, peer,
			 outcome);
	else
		why_line(list, "%s ago we asked %s to cross hard NATs together; %s.", ago, peer,
			 outcome);
}

static void tell(json_t *list, const struct crossing *c, const char *peer, mono_ns now)
{
	char ago[WHY_SPAN_TEXT_MAX], took[WHY_SPAN_TEXT_MAX], more[96] = "";
	why_span(mono_since(c->began, now), ago);
	if (!c->planned) {
		tell_unplanned(list, c, peer, ago);
		return;
	}
	uint32_t cross = c->sent[PLAN_CROSS], slow = c->sent[PLAN_SLOW];
	if (cross > 0)
		snprintf(more, sizeof(more), ", %u from fresh sockets to guessed ports", cross);
	else if (slow > 0)
		snprintf(more, sizeof(more), ", %u at random", slow);
	why_line(list,
		 "%s ago, for %s, %s was tried: our NAT %s, that of %s %s; %u packets opened "
		 "sockets of ours "
		 "towards "
		 "%s, %u probed its ports%s; %s.",
		 ago, why_span(lasted(c, now), took), ways[way_of(c)].words,
		 nat_words(c->our_mapping, c->ours), peer, nat_words(c->their_mapping, c->theirs),
		 c->sent[PLAN_OPEN], peer, c->sent[PLAN_PROBE], more, outcome_words(c->end));
}

void why_hard_tried(json_t *list, const struct why_hard *w, const char *peer, mono_ns now)
{
	for (size_t i = 0; i < w->n_past; i++)
		tell(list, &w->past[i], peer, now);
	if (w->forgotten > 0)
		why_line(list, "%u earlier attempt%s to cross hard NATs are not remembered.",
			 w->forgotten, why_plural(w->forgotten));
}

/* --- JSON --- */

static json_t *attempt_json(const struct crossing *c, mono_ns now, uint64_t wall_offset_ns)
{
	char time[WHY_TIME_TEXT_MAX];
	const char *ours = c->planned ? nat_word(c->our_mapping, c->ours) : NULL;
	const char *theirs = c->planned ? nat_word(c->their_mapping, c->theirs) : NULL;
	mono_ns ms = lasted(c, now) / MSEC;
	return json_pack("{s:s, s:f, s:b, s:s?, s:s, s:s?, s:s?, s:i, s:i, s:i, s:i, s:i, s:i}",
			 "time", why_time(c->began, wall_offset_ns, time), "seconds",
			 (double)ms / 1000, "asked_by_peer", (int)c->asked_by_peer, "way",
			 ways[way_of(c)].name, "outcome", outcomes[c->end], "our_nat", ours,
			 "their_nat", theirs, "sockets", (int)c->sockets, "samples",
			 (int)c->samples, "crossed", (int)c->sent[PLAN_CROSS], "opened",
			 (int)c->sent[PLAN_OPEN], "probed", (int)c->sent[PLAN_PROBE], "slow",
			 (int)c->sent[PLAN_SLOW]);
}

json_t *why_hard_json(const struct why_hard *w, mono_ns now, uint64_t wall_offset_ns)
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

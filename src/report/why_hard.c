#include "report/why_hard.h"

#include "explain/hard.h"
#include "report/time_text.h"

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
static const char *const ways[] = {
	[WON_BY_NOTHING] = NULL,  [WON_BY_PREDICTION] = "prediction",
	[WON_BY_BLOCK] = "block", [WON_BY_BIRTHDAY] = "birthday",
	[WON_BY_SLOW] = "slow",   [WON_BY_CHEAP] = "cheap",
};

static const char *nat_word(enum dest_mapping mapping, enum guess_kind kind)
{
	return mapping == MAPPING_SAME ? "easy" : hard_guess_text(kind);
}

static json_t *attempt_json(const struct attempt *a, mono_ns now, uint64_t wall_offset_ns)
{
	char time[TIME_TEXT_MAX];
	const char *ours = a->planned ? nat_word(a->our_mapping, a->ours) : NULL;
	const char *theirs = a->planned ? nat_word(a->their_mapping, a->theirs) : NULL;
	mono_ns ms = explain_hard_lasted(a, now) / MSEC;
	return json_pack("{s:s, s:f, s:b, s:s?, s:s, s:s?, s:s?, s:i, s:i, s:i, s:i, s:i, s:i}",
			 "time", time_text(a->began, wall_offset_ns, time), "seconds",
			 (double)ms / 1000, "asked_by_peer", (int)a->asked_by_peer, "way",
			 ways[explain_hard_won_by(a)], "outcome", outcomes[a->end], "our_nat", ours,
			 "their_nat", theirs, "sockets", (int)a->sockets, "samples",
			 (int)a->samples, "crossed", (int)a->sent[HARD_PLAN_CROSS], "opened",
			 (int)a->sent[HARD_PLAN_OPEN], "probed", (int)a->sent[HARD_PLAN_PROBE],
			 "slow", (int)a->sent[HARD_PLAN_SLOW]);
}

json_t *why_hard_json(const struct hard_facts *hard, mono_ns now, uint64_t wall_offset_ns)
{
	json_t *attempts = json_array();
	json_t *next = hard->next == MONO_NEVER
			       ? json_null()
			       : json_integer((json_int_t)(mono_since(now, hard->next) / SECOND));
	for (size_t i = 0; i < hard->n_past; i++)
		json_array_append_new(attempts, attempt_json(&hard->past[i], now, wall_offset_ns));
	return json_pack("{s:s, s:o, s:b, s:b, s:{s:i, s:i}, s:o, s:i}", "now", nows[hard->now],
			 "next_s", next, "slow_mode", (int)hard->slow, "heard", (int)hard->heard,
			 "budget", "peer_left", (int)hard->peer_left, "host_left",
			 (int)hard->host_left, "attempts", attempts, "forgotten",
			 (int)hard->forgotten);
}

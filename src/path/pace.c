#include "path/pace.h"

#define PAUSE_MIN (5 * SECOND)
#define PAUSE_MAX (60 * SECOND)

static const struct bucket_rate for_all = {PACE_PER_SECOND, SECOND, PACE_BURST};
static const struct bucket_rate for_search = {1, PACE_SEARCH_EACH, PACE_SEARCH};
static const struct bucket_rate for_seen = {1, PACE_SEEN_EACH, PACE_SEEN};
static const struct bucket_rate for_turns = {1, PACE_TURN_EACH, PACE_TURNS};

/* From each round to the next one, with a tenth more or less by chance, so that peers that started
 * together do not go on together.  After the last round comes the pause. */
static const mono_ns gaps[PACE_ROUNDS - 1] = {100 * MSEC, 200 * MSEC, 400 * MSEC};

void pace_init(struct pace *p)
{
	*p = (struct pace){.next = MONO_NEVER, .pause = PAUSE_MIN};
}

void pace_start(struct pace *p, mono_ns now)
{
	p->next = now;
	p->pause = 0;
	p->round = 0;
	p->calls = true;
	p->is_for_seen = false;
}

void pace_answer(struct pace *p, mono_ns now)
{
	p->next = now;
	p->round = 0;
	p->calls = false;
	p->is_for_seen = false;
}

bool pace_answer_seen(struct pace *p, mono_ns now)
{
	bool is_under_way = p->round > 0 || p->next <= now;
	if (is_under_way || !bucket_take(&p->turns, &for_turns, 1, now))
		return false;
	mono_ns own = p->next;
	pace_answer(p, now);
	p->is_for_seen = true;
	p->own_at = own;
	return true;
}

void pace_rest(struct pace *p)
{
	p->next = MONO_NEVER;
	p->round = 0;
	p->is_for_seen = false;
}

/* The pause after an attempt of our own is longer than the pause before it, even when an answer to
 * the peer replaces the attempt halfway. */
static mono_ns longer(mono_ns pause)
{
	return pause == 0 ? PAUSE_MIN : mono_min(2 * pause, PAUSE_MAX);
}

/* The next attempt is our own, then; or as planned before, if this one was for an endpoint that was
 * only seen. */
static void own_next(struct pace *p, mono_ns then)
{
	bool is_planned = p->is_for_seen && p->own_at != MONO_NEVER;
	p->next = is_planned ? p->own_at : then;
	p->round = 0;
	p->calls = true;
	p->is_for_seen = false;
}

bool pace_step(struct pace *p, const struct rng *rng, mono_ns now)
{
	bool last = p->round == PACE_ROUNDS - 1;
	if (p->round == 0 && p->calls)
		p->pause = longer(p->pause);
	mono_ns gap = last ? p->pause : gaps[p->round];
	mono_ns then = now + gap - gap / 10 + rng_below(rng, gap / 5);
	if (last) {
		own_next(p, then);
	} else {
		p->next = then;
		p->round++;
	}
	return last;
}

bool pace_spend(struct pace *p, mono_ns now)
{
	return bucket_take(&p->all, &for_all, 1, now);
}

bool pace_spend_search(struct pace *p, mono_ns now)
{
	return bucket_take(&p->search, &for_search, 1, now);
}

bool pace_spend_seen(struct pace *p, mono_ns now)
{
	return bucket_take(&p->seen, &for_seen, 1, now);
}

void pace_renew(struct pace *p)
{
	p->search = (struct bucket){0};
}

/* An attempt that cannot be paid waits until the budget has what is missing.  A later round that
 * cannot be paid ends its attempt. */
bool pace_may_search(struct pace *p, size_t n, mono_ns now)
{
	if (p->is_for_seen) {
		bool pays = bucket_left(&p->seen, &for_seen, now) > 0;
		if (!pays)
			own_next(p, now + p->pause);
		return pays;
	}
	bool begins = p->round == 0 && p->calls;
	size_t need = begins ? (PACE_ROUNDS + 1) * n : n;
	need = need < PACE_SEARCH ? need : PACE_SEARCH;
	mono_ns enough_at = bucket_when(&p->search, &for_search, need);
	if (enough_at <= now)
		return true;
	own_next(p, mono_max(enough_at, begins ? 0 : now + p->pause));
	return false;
}

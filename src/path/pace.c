#include "path/pace.h"

#define PAUSE_MIN (5 * SECOND)
#define PAUSE_MAX (60 * SECOND)

/* From each round to the one after it, a tenth more or less by chance: not everything that started
 * together goes on together. After the last round comes the pause. */
static const mono_ns gaps[PACE_ROUNDS - 1] = {100 * MSEC, 200 * MSEC, 400 * MSEC};

void pace_init(struct pace *p, mono_ns now)
{
	*p = (struct pace){.next = MONO_NEVER, .pause = PAUSE_MIN, .spent_at = now};
}

void pace_start(struct pace *p, mono_ns now)
{
	p->next = now;
	p->pause = 0;
	p->round = 0;
	p->calls = true;
}

void pace_answer(struct pace *p, mono_ns now)
{
	p->next = now;
	p->round = 0;
	p->calls = false;
}

void pace_rest(struct pace *p)
{
	p->next = MONO_NEVER;
}

/* The pause after an attempt of our own is longer than the one before it, even when an answer to the peer
 * takes its place halfway. */
static mono_ns longer(mono_ns pause)
{
	return pause == 0 ? PAUSE_MIN : mono_min(2 * pause, PAUSE_MAX);
}

bool pace_step(struct pace *p, const struct rng *rng, mono_ns now)
{
	bool last = p->round == PACE_ROUNDS - 1;
	if (p->round == 0 && p->calls)
		p->pause = longer(p->pause);
	mono_ns gap = last ? p->pause : gaps[p->round];
	p->next = now + gap - gap / 10 + rng_below(rng, gap / 5);
	p->round = last ? 0 : (uint8_t)(p->round + 1);
	if (last)
		p->calls = true;
	return last;
}

bool pace_spend(struct pace *p, mono_ns now)
{
	const mono_ns each = SECOND / PACE_PER_SECOND;
	mono_ns refill = mono_since(p->spent_at, now) / each;
	p->spent_at += refill * each;
	p->spent = refill > p->spent ? 0 : p->spent - (uint32_t)refill;
	if (p->spent >= PACE_BURST)
		return false;
	p->spent++;
	return true;
}

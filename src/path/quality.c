#include "path/quality.h"

#define COST_OF_A_PERCENT (10 * MSEC)

static bool is_undecided(const struct quality *q, mono_ns now)
{
	return q->n > 0 && !(q->answered & 1u) && mono_since(q->asked_at, now) < QUALITY_WAIT;
}

void quality_asked(struct quality *q, mono_ns now)
{
	if (is_undecided(q, now))
		return;
	q->asked_at = now;
	q->answered <<= 1;
	if (q->n < QUALITY_MEMORY)
		q->n++;
}

/* A new round trip, and its deviation, weigh a quarter. */
void quality_answered(struct quality *q, mono_ns asked_at, mono_ns now)
{
	mono_ns took = mono_since(asked_at, now);
	if (q->n > 0 && q->asked_at == asked_at)
		q->answered |= 1u;
	if (q->answered == UINT64_MAX)
		q->left = false;
	if (q->rtt != 0)
		q->deviation =
			(3 * q->deviation + (took > q->rtt ? took - q->rtt : q->rtt - took)) / 4;
	q->rtt = q->rtt == 0 ? took : (3 * q->rtt + took) / 4;
}

/* i: 0 is the last ping, 1 the ping before it. */
static bool is_lost(const struct quality *q, unsigned i, mono_ns now)
{
	return !(q->answered >> i & 1u) && !(i == 0 && is_undecided(q, now));
}

unsigned quality_loss_percent(const struct quality *q, mono_ns now)
{
	unsigned lost = 0, window = q->left ? QUALITY_MEMORY : QUALITY_WINDOW,
		 n = q->n < window ? q->n : window;
	for (unsigned i = 0; i < n; i++)
		lost += is_lost(q, i, now);
	return n < QUALITY_JUDGED ? 0 : 100 * lost / n;
}

mono_ns quality_cost_of(const struct quality *q, mono_ns rtt, mono_ns now)
{
	return rtt + quality_loss_percent(q, now) * COST_OF_A_PERCENT;
}

mono_ns quality_cost(const struct quality *q, mono_ns now)
{
	return q->rtt == 0 ? MONO_NEVER : quality_cost_of(q, q->rtt + 4 * q->deviation, now);
}

bool quality_is_bad(const struct quality *q, mono_ns now)
{
	mono_ns cost = quality_cost(q, now);
	return cost != MONO_NEVER && cost > QUALITY_BAD;
}

bool quality_mute(const struct quality *q, unsigned k, mono_ns now)
{
	for (unsigned i = 0; i < k; i++)
		if (i >= q->n || !is_lost(q, i, now))
			return false;
	return true;
}

static bool in_a_row(struct quality *q, bool holds)
{
	q->streak = holds ? (uint8_t)(q->streak + 1) : 0;
	if (q->streak < QUALITY_STREAK)
		return false;
	q->streak = 0;
	return true;
}

static bool is_better(const struct quality *rival, mono_ns at_most, mono_ns now)
{
	return rival->rtt != 0 && rival->n >= QUALITY_JUDGED && quality_cost(rival, now) <= at_most;
}

bool quality_beats(const struct quality *other, const struct quality *best, mono_ns now)
{
	mono_ns cost = quality_cost(best, now);
	mono_ns limit = other->left ? QUALITY_BAD : QUALITY_POOR;
	return cost != MONO_NEVER && cost > limit && is_better(other, cost / 4 * 3, now);
}

bool rivalry_relay_wins(struct rivalry *c, const struct quality *best, mono_ns now)
{
	bool better = quality_is_bad(best, now) &&
		      is_better(&c->relay, quality_cost(best, now) / 5 * 3, now);
	return in_a_row(&c->relay, better && now >= c->not_before);
}

bool rivalry_other_wins(const struct rivalry *c, const struct quality *best, struct quality *other,
			mono_ns now)
{
	return in_a_row(other, quality_beats(other, best, now) && now >= c->not_before);
}

void rivalry_left(struct rivalry *c, struct quality *bad, mono_ns now)
{
	bad->left = true;
	rivalry_turned(c, now);
}

bool rivalry_direct_wins(const struct rivalry *c, struct quality *direct, mono_ns now)
{
	mono_ns cost = quality_cost(direct, now), relay = quality_cost(&c->relay, now);
	return in_a_row(direct,
			cost != MONO_NEVER && (relay == MONO_NEVER || cost <= relay + relay / 10));
}

void rivalry_turned(struct rivalry *c, mono_ns now)
{
	if (now >= c->not_before + QUALITY_HOLD_MAX)
		c->hold = 0;
	c->hold = c->hold == 0 ? QUALITY_HOLD_MIN : mono_min(2 * c->hold, QUALITY_HOLD_MAX);
	c->not_before = now + c->hold;
}

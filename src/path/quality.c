#include "path/quality.h"

#define COST_OF_A_PERCENT (10 * MSEC)

void quality_asked(struct quality *q, mono_ns now)
{
	q->asked_at[q->next] = now;
	q->answered &= ~(1u << q->next);
	q->next = (uint8_t)((q->next + 1) % QUALITY_WINDOW);
	if (q->n < QUALITY_WINDOW)
		q->n++;
}

/* A new value weighs a quarter. */
void quality_answered(struct quality *q, mono_ns asked_at, mono_ns now)
{
	mono_ns took = mono_since(asked_at, now);
	for (uint8_t i = 0; i < q->n; i++)
		if (q->asked_at[i] == asked_at)
			q->answered |= 1u << i;
	if (q->rtt != 0)
		q->deviation = (3 * q->deviation + (took > q->rtt ? took - q->rtt : q->rtt - took)) / 4;
	q->rtt = q->rtt == 0 ? took : (3 * q->rtt + took) / 4;
}

/* The i-th last ping. */
static uint8_t place(const struct quality *q, unsigned i)
{
	return (uint8_t)((unsigned)(q->next + QUALITY_WINDOW - 1) - i) % QUALITY_WINDOW;
}

static bool is_lost(const struct quality *q, unsigned i, mono_ns now)
{
	uint8_t at = place(q, i);
	return !(q->answered >> at & 1u) && mono_since(q->asked_at[at], now) >= QUALITY_WAIT;
}

unsigned quality_loss_percent(const struct quality *q, mono_ns now)
{
	unsigned lost = 0;
	for (unsigned i = 0; i < q->n; i++)
		lost += is_lost(q, i, now);
	return q->n < QUALITY_JUDGED ? 0 : 100 * lost / (unsigned)q->n;
}

mono_ns quality_cost(const struct quality *q, mono_ns now)
{
	return q->rtt == 0 ? MONO_NEVER
			   : q->rtt + 4 * q->deviation + quality_loss_percent(q, now) * COST_OF_A_PERCENT;
}

bool quality_mute(const struct quality *q, unsigned k, mono_ns now)
{
	for (unsigned i = 0; i < k; i++)
		if (i >= q->n || !is_lost(q, i, now))
			return false;
	return true;
}

void contest_new_path(struct contest *c)
{
	c->direct = (struct quality){0};
	c->streak = 0;
}

void contest_reset(struct contest *c)
{
	*c = (struct contest){0};
}

bool contest_is_bad(const struct contest *c, mono_ns now)
{
	mono_ns cost = quality_cost(&c->direct, now);
	return cost != MONO_NEVER && cost > QUALITY_BAD;
}

static bool in_a_row(struct contest *c, bool holds)
{
	c->streak = holds ? (uint8_t)(c->streak + 1) : 0;
	if (c->streak < QUALITY_STREAK)
		return false;
	c->streak = 0;
	return true;
}

bool contest_relay_wins(struct contest *c, mono_ns now)
{
	mono_ns direct = quality_cost(&c->direct, now), relay = quality_cost(&c->relay, now);
	bool better = contest_is_bad(c, now) && c->relay.n >= QUALITY_JUDGED && relay != MONO_NEVER &&
		      relay <= direct / 5 * 3;
	return in_a_row(c, better && now >= c->not_before);
}

bool contest_direct_wins(struct contest *c, mono_ns now)
{
	mono_ns direct = quality_cost(&c->direct, now), relay = quality_cost(&c->relay, now);
	bool as_good = direct != MONO_NEVER && (relay == MONO_NEVER || direct <= relay + relay / 10);
	if (!in_a_row(c, as_good))
		return false;
	if (now >= c->not_before + QUALITY_HOLD_MAX)
		c->hold = 0;
	c->hold = c->hold == 0 ? QUALITY_HOLD_MIN : mono_min(2 * c->hold, QUALITY_HOLD_MAX);
	c->not_before = now + c->hold;
	return true;
}

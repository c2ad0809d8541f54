#include "path/hard_escalation.h"

#define HOUR (3600 * SECOND)
#define GAP  (SECOND / HARD_PER_SECOND)
#define BURST_REFILL \
	(100 * MSEC) /* for each: a tenth of the rate, so that bursts change nothing in the long run */

enum { AFFORDABLE = 512 /* with less left, an attempt is not worth its beginning */ };

static uint32_t left(struct hard_purse *p, uint32_t cap, mono_ns now)
{
	mono_ns each = HOUR / cap, back = mono_since(p->at, now) / each;
	p->at += back * each;
	p->spent = back > p->spent ? 0 : p->spent - (uint32_t)back;
	return cap > p->spent ? cap - p->spent : 0;
}

void escalation_init(struct escalation *e, mono_ns now)
{
	*e = (struct escalation){.purse = {.at = now}, .next = now, .burst = HARD_BURST, .burst_at = now};
}

void escalation_peer_init(struct escalation_peer *p, mono_ns now)
{
	*p = (struct escalation_peer){.failing_since = MONO_NEVER, .purse = {.at = now}};
}

bool escalation_watch(struct escalation_peer *p, bool failing, mono_ns now)
{
	bool news = failing && p->failing_since == MONO_NEVER;
	if (news)
		p->failing_since = now;
	else if (!failing)
		p->failing_since = MONO_NEVER;
	return news;
}

mono_ns escalation_due(const struct escalation_peer *p)
{
	if (p->failing_since == MONO_NEVER)
		return MONO_NEVER;
	return mono_max(p->failing_since + HARD_AFTER, p->cool_until);
}

bool escalation_affordable(struct escalation *e, struct escalation_peer *p, mono_ns now)
{
	return left(&e->purse, HARD_HOST_MAX, now) >= AFFORDABLE &&
	       left(&p->purse, HARD_PEER_MAX, now) >= AFFORDABLE;
}

void escalation_begin(struct escalation *e, mono_ns now)
{
	mono_ns refill = mono_since(e->burst_at, now) / BURST_REFILL;
	e->burst = refill > HARD_BURST - e->burst ? HARD_BURST : e->burst + (uint32_t)refill;
	e->burst_at = now;
	e->next = now;
	e->flows = 0;
}

void escalation_failed(struct escalation_peer *p, mono_ns pause, mono_ns now)
{
	p->pause = mono_min(mono_max(2 * p->pause, pause), HARD_COOL_MAX);
	p->cool_until = now + p->pause;
}

void escalation_forgive(struct escalation_peer *p)
{
	p->pause = 0;
	p->cool_until = 0;
}

/* On average a hundredth of a second, three tenths more or less by chance: no beat to be told by, and not
 * in step with the other side. A delay of ours is not made good by a heap of packets. */
static void plan_next(struct escalation *e, const struct rng *rng, mono_ns now)
{
	if (e->burst > 0) {
		e->burst--;
		e->burst_at = e->next = now;
		return;
	}
	e->next = now + GAP - GAP * 3 / 10 + rng_below(rng, GAP * 6 / 10);
}

bool escalation_spend(struct escalation *e, struct escalation_peer *p, bool new_flow, bool slow,
		      const struct rng *rng, mono_ns now)
{
	if (!slow && (left(&e->purse, HARD_HOST_MAX, now) == 0 || left(&p->purse, HARD_PEER_MAX, now) == 0))
		return false;
	if (!slow && new_flow && e->flows == HARD_FLOWS_MAX)
		return false;
	e->flows += new_flow;
	e->purse.spent += !slow;
	p->purse.spent += !slow;
	plan_next(e, rng, now);
	return true;
}

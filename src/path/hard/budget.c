#include "path/hard/budget.h"

#define HOUR (3600 * SECOND)
#define GAP  (SECOND / HARD_PER_SECOND)
#define BURST_REFILL \
	(100 *       \
	 MSEC) /* for each: a tenth of the rate, so that bursts change nothing in the long run */

enum { AFFORDABLE = 512 /* with less left, an attempt is not worth its beginning */ };

static struct hard_purse purse_of(uint32_t cap, mono_ns time, mono_ns now)
{
	return (struct hard_purse){.cap = cap, .time = time, .at = now};
}

static uint32_t left(struct hard_purse *p, mono_ns now)
{
	mono_ns each = p->time / p->cap, back = mono_since(p->at, now) / each;
	p->at += back * each;
	p->spent = back > p->spent ? 0 : p->spent - (uint32_t)back;
	return p->cap > p->spent ? p->cap - p->spent : 0;
}

void hard_budget_init(struct hard_budget *e, mono_ns now)
{
	*e = (struct hard_budget){.purse = purse_of(HARD_HOST_MAX, HOUR, now),
				  .flows = purse_of(HARD_FLOWS_MAX, HARD_FLOW_LASTS, now),
				  .next = now,
				  .burst = HARD_BURST,
				  .burst_at = now};
}

void hard_budget_peer_init(struct hard_budget_peer *p, mono_ns now)
{
	*p = (struct hard_budget_peer){.failing_since = MONO_NEVER,
				       .purse = purse_of(HARD_PEER_MAX, HOUR, now)};
}

bool hard_budget_watch(struct hard_budget_peer *p, bool failing, mono_ns now)
{
	bool news = failing && p->failing_since == MONO_NEVER;
	if (news)
		p->failing_since = now;
	else if (!failing)
		p->failing_since = MONO_NEVER;
	return news;
}

mono_ns hard_budget_due(const struct hard_budget_peer *p)
{
	if (p->failing_since == MONO_NEVER)
		return MONO_NEVER;
	return mono_max(p->failing_since + (p->crossed ? HARD_AGAIN : HARD_AFTER), p->cool_until);
}

bool hard_budget_affordable(struct hard_budget *e, struct hard_budget_peer *p, mono_ns now)
{
	return left(&e->purse, now) >= AFFORDABLE && left(&p->purse, now) >= AFFORDABLE &&
	       left(&e->flows, now) >= HARD_FLOWS_ATTEMPT &&
	       (e->block.cap == 0 || left(&e->block, now) >= e->block.cap / 2);
}

uint32_t hard_budget_host_left(const struct hard_budget *e, mono_ns now)
{
	struct hard_purse purse = e->purse;
	return left(&purse, now);
}

uint32_t hard_budget_peer_left(const struct hard_budget_peer *p, mono_ns now)
{
	struct hard_purse purse = p->purse;
	return left(&purse, now);
}

void hard_budget_begin(struct hard_budget *e, mono_ns now)
{
	mono_ns refill = mono_since(e->burst_at, now) / BURST_REFILL;
	e->burst = refill > HARD_BURST - e->burst ? HARD_BURST : e->burst + (uint32_t)refill;
	e->burst_at = now;
	e->next = now;
}

static void cool_down(struct hard_budget_peer *p, mono_ns pause, mono_ns now)
{
	p->pause = mono_min(pause, HARD_COOL_MAX);
	p->cool_until = now + p->pause;
	p->crossed = false;
}

void hard_budget_failed(struct hard_budget_peer *p, mono_ns now)
{
	cool_down(p, mono_max(2 * p->pause, HARD_COOL_MIN), now);
}

void hard_budget_lost(struct hard_budget_peer *p, mono_ns pause, mono_ns now)
{
	p->draws++;
	cool_down(p, p->draws < HARD_DRAWS ? pause : mono_max(2 * p->pause, pause), now);
}

uint32_t hard_budget_block(struct hard_budget *e, uint32_t size, mono_ns now)
{
	e->block.cap = size / 2; /* what was taken stays so, though the guess may be another one */
	e->block.time = HARD_COOL_BLOCK;
	return e->block.cap > 0 ? left(&e->block, now) : 0;
}

void hard_budget_take_ports(struct hard_budget *e, uint32_t n)
{
	e->block.spent += n;
}

void hard_budget_won(struct hard_budget_peer *p)
{
	hard_budget_forgive(p);
	p->crossed = true;
}

void hard_budget_forgive(struct hard_budget_peer *p)
{
	p->pause = p->cool_until = 0;
	p->draws = 0;
	p->crossed = false;
}

/* On average a hundredth of a second, three tenths more or less by chance: no beat to be told by,
 * and not in step with the other side. A delay of ours is not made good by a heap of packets. */
static void hard_plan_next(struct hard_budget *e, const struct rng *rng, mono_ns now)
{
	if (e->burst > 0) {
		e->burst--;
		e->burst_at = e->next = now;
		return;
	}
	e->next = now + GAP - GAP * 3 / 10 + rng_below(rng, GAP * 6 / 10);
}

bool hard_budget_spend(struct hard_budget *e, struct hard_budget_peer *p, bool new_flow, bool slow,
		       const struct rng *rng, mono_ns now)
{
	if (!slow && (left(&e->purse, now) == 0 || left(&p->purse, now) == 0))
		return false;
	if (!slow && new_flow && left(&e->flows, now) == 0)
		return false;
	e->flows.spent += new_flow && !slow;
	e->purse.spent += !slow;
	p->purse.spent += !slow;
	hard_plan_next(e, rng, now);
	return true;
}

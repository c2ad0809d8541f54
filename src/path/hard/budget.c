#include "path/hard/budget.h"

#define HOUR (3600 * SECOND)
#define GAP  (SECOND / HARD_PER_SECOND)
/* A token of the burst comes back in so long: a tenth of the rate, so that bursts change nothing in
 * the long run. */
#define BURST_REFILL (100 * MSEC)

enum { AFFORDABLE = 512 /* with fewer packets left, an attempt is not worth its beginning */ };

static const struct bucket_rate of_host = {HARD_HOST_MAX, HOUR, HARD_HOST_MAX};
static const struct bucket_rate of_peer = {HARD_PEER_MAX, HOUR, HARD_PEER_MAX};
static const struct bucket_rate of_asks = {1, HARD_ASK_EACH, HARD_ASKS};
static const struct bucket_rate of_flows = {HARD_FLOWS_MAX, HARD_FLOW_LASTS, HARD_FLOWS_MAX};

void hard_budget_init(struct hard_budget *b, mono_ns now)
{
	*b = (struct hard_budget){.next = now, .burst = HARD_BURST, .burst_at = now};
}

void hard_budget_peer_init(struct hard_budget_peer *p)
{
	*p = (struct hard_budget_peer){.failing_since = MONO_NEVER};
}

/* --- when --- */

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
	return mono_max(p->failing_since + (p->won ? HARD_AGAIN : HARD_AFTER), p->cool_until);
}

static void cool_down(struct hard_budget_peer *p, mono_ns pause, mono_ns now)
{
	p->pause = mono_min(pause, HARD_COOL_MAX);
	p->cool_until = now + p->pause;
	p->won = false;
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

void hard_budget_won(struct hard_budget_peer *p)
{
	hard_budget_forgive(p);
	p->won = true;
}

void hard_budget_forgive(struct hard_budget_peer *p)
{
	p->pause = p->cool_until = 0;
	p->draws = 0;
	p->won = false;
}

/* --- the ports of our block --- */

/* What comes back comes back whole, and its time stays. */
static struct hard_block refilled(struct hard_block k, mono_ns now)
{
	if (k.most == 0)
		return k;
	mono_ns each = HARD_COOL_BLOCK / k.most, back = mono_since(k.at, now) / each;
	k.at += back * each;
	k.taken = back > k.taken ? 0 : k.taken - (uint32_t)back;
	return k;
}

static uint32_t ports_left(const struct hard_block *k)
{
	return k->most > k->taken ? k->most - k->taken : 0;
}

uint32_t hard_budget_block(struct hard_budget *b, uint32_t size, mono_ns now)
{
	b->block.most = size / 2;
	b->block = refilled(b->block, now);
	return ports_left(&b->block);
}

void hard_budget_take_ports(struct hard_budget *b, uint32_t n)
{
	b->block.taken += n;
}

/* --- how much --- */

uint32_t hard_budget_host_left(const struct hard_budget *b, mono_ns now)
{
	return (uint32_t)bucket_left(&b->packets, &of_host, now);
}

uint32_t hard_budget_peer_left(const struct hard_budget_peer *p, mono_ns now)
{
	return (uint32_t)bucket_left(&p->packets, &of_peer, now);
}

bool hard_budget_affordable(const struct hard_budget *b, const struct hard_budget_peer *p,
			    mono_ns now)
{
	struct hard_block block = refilled(b->block, now);
	return hard_budget_host_left(b, now) >= AFFORDABLE &&
	       hard_budget_peer_left(p, now) >= AFFORDABLE &&
	       bucket_left(&b->flows, &of_flows, now) >= HARD_FLOWS_ATTEMPT &&
	       ports_left(&block) >= block.most / 2;
}

bool hard_budget_agree(struct hard_budget_peer *p, mono_ns now)
{
	return bucket_take(&p->asks, &of_asks, 1, now);
}

void hard_budget_begin(struct hard_budget *b, mono_ns now)
{
	mono_ns refill = mono_since(b->burst_at, now) / BURST_REFILL;
	b->burst = refill > HARD_BURST - b->burst ? HARD_BURST : b->burst + (uint32_t)refill;
	b->burst_at = now;
	b->next = now;
}

/* Jitter of three tenths each way: a fixed rate would be a fingerprint, and could lock step with
 * the peer.  A delay of ours is not made up for by a heap of packets. */
static void plan_next(struct hard_budget *b, const struct rng *rng, mono_ns now)
{
	if (b->burst > 0) {
		b->burst--;
		b->burst_at = b->next = now;
		return;
	}
	b->next = now + GAP - GAP * 3 / 10 + rng_below(rng, GAP * 6 / 10);
}

static bool pay(struct hard_budget *b, struct hard_budget_peer *p, bool new_flow, mono_ns now)
{
	if (hard_budget_host_left(b, now) == 0 || hard_budget_peer_left(p, now) == 0)
		return false;
	if (new_flow && !bucket_take(&b->flows, &of_flows, 1, now))
		return false;
	return bucket_take(&b->packets, &of_host, 1, now) &&
	       bucket_take(&p->packets, &of_peer, 1, now);
}

bool hard_budget_spend(struct hard_budget *b, struct hard_budget_peer *p, bool new_flow, bool slow,
		       const struct rng *rng, mono_ns now)
{
	if (!slow && !pay(b, p, new_flow, now))
		return false;
	plan_next(b, rng, now);
	return true;
}

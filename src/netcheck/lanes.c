#include "netcheck/lanes.h"

#define STUN_STAGE (3 * SECOND) /* what has not come by then is of no use */

enum { ENOUGH_RELAYS = 3 };

static void make_lane(struct lane *lane, const struct endpoint *to,
		      const struct schedule_lane *plan)
{
	*lane = (struct lane){.to = *to, .plan = *plan, .over = plan->tries == 0};
}

void lanes_begin(struct lanes *l, const struct relay_place *relays,
		 const struct schedule_relay *plan, size_t n, bool full, mono_ns now)
{
	*l = (struct lanes){.n = n, .full = full, .began = now, .until = now + STUN_STAGE};
	for (size_t i = 0; i < n; i++) {
		make_lane(&l->v[i].v4, &relays[i].stun4, &plan[i].v4);
		make_lane(&l->v[i].v6, &relays[i].stun6, &plan[i].v6);
	}
}

/* The tries that are still out count no more. */
static void end(struct lane *lane)
{
	lane->over = true;
	for (uint8_t i = 0; i < lane->tried; i++)
		stun_ask_end(&lane->tries[i].ask);
}

bool lanes_are_over(const struct lanes *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].v4.over || !l->v[i].v6.over)
			return false;
	return true;
}

/* --- time --- */

static mono_ns lane_deadline(const struct lanes *l, const struct lane *lane)
{
	return lane->over || lane->tried >= lane->plan.tries
		       ? MONO_NEVER
		       : l->began + lane->plan.at[lane->tried];
}

mono_ns lanes_deadline(const struct lanes *l)
{
	mono_ns first = l->until;
	for (size_t i = 0; i < l->n; i++) {
		first = mono_min(first, lane_deadline(l, &l->v[i].v4));
		first = mono_min(first, lane_deadline(l, &l->v[i].v6));
	}
	return first;
}

static void run(struct lanes *l, struct lane *lane, bool useful, const struct rng *rng, mono_ns now)
{
	if (lane_deadline(l, lane) > now)
		return;
	if (!useful) {
		lane->over = true;
		return;
	}
	struct lane_try *t = &lane->tries[lane->tried++];
	stun_ask_begin(&t->ask, &lane->to, 1, rng, MONO_NEVER);
	t->sent = now;
}

static void give_up(struct lanes *l)
{
	l->until = MONO_NEVER;
	for (size_t i = 0; i < l->n; i++) {
		end(&l->v[i].v4);
		end(&l->v[i].v6);
	}
}

void lanes_tick(struct lanes *l, struct lanes_need need, const struct rng *rng, mono_ns now)
{
	for (size_t i = 0; i < l->n; i++) {
		bool silent = l->v[i].latency == 0;
		run(l, &l->v[i].v4, silent || need.v4, rng, now);
		run(l, &l->v[i].v6, silent || need.v6, rng, now);
	}
	if (l->until <= now)
		give_up(l);
}

/* --- datagrams --- */

static bool lane_output(struct lane *lane, struct endpoint *to, struct wr *out, mono_ns now)
{
	struct lane_try *t = lane->tried > 0 ? &lane->tries[lane->tried - 1] : NULL;
	if (!t || !stun_ask_output(&t->ask, to, out))
		return false;
	t->sent = now;
	return true;
}

bool lanes_output(struct lanes *l, struct endpoint *to, struct wr *out, mono_ns now)
{
	for (size_t i = 0; i < l->n; i++)
		if (lane_output(&l->v[i].v4, to, out, now) ||
		    lane_output(&l->v[i].v6, to, out, now))
			return true;
	return false;
}

/* Enough relays have answered: the slowest of them says how long others may take. */
static void hurry(struct lanes *l, mono_ns now)
{
	mono_ns slowest = 0;
	if (++l->n_answered != ENOUGH_RELAYS)
		return;
	for (size_t i = 0; i < l->n; i++)
		slowest = mono_max(slowest, l->v[i].latency);
	l->until = mono_min(l->until, now + slowest * (l->full ? 2 : 1));
}

static void take(struct lanes *l, struct lane_pair *pair, mono_ns rtt, mono_ns now)
{
	bool first = pair->latency == 0;
	pair->latency = first ? rtt : mono_min(pair->latency, rtt);
	if (first)
		hurry(l, now);
}

static enum stun_ask_verdict lane_input(struct lane *lane, const struct stun_answer *answer,
					struct lanes_answer *out, mono_ns now)
{
	for (uint8_t i = 0; i < lane->tried; i++) {
		struct lane_try *t = &lane->tries[i];
		enum stun_ask_verdict verdict = stun_ask_input(&t->ask, answer);
		if (verdict == STUN_ASK_OTHER)
			continue;
		if (verdict == STUN_ASK_ANSWERED) {
			out->rtt = mono_max(mono_since(t->sent, now), 1);
			out->sample = (struct sample){lane->to, answer->reflexive};
			end(lane);
		}
		return verdict;
	}
	return STUN_ASK_OTHER;
}

enum stun_ask_verdict lanes_input(struct lanes *l, const struct stun_answer *answer,
				  struct lanes_answer *out, mono_ns now)
{
	for (size_t i = 0; i < l->n; i++) {
		*out = (struct lanes_answer){.relay = i};
		enum stun_ask_verdict verdict = lane_input(&l->v[i].v4, answer, out, now);
		if (verdict == STUN_ASK_OTHER) {
			out->v6 = true;
			verdict = lane_input(&l->v[i].v6, answer, out, now);
		}
		if (verdict == STUN_ASK_OTHER)
			continue;
		if (verdict == STUN_ASK_ANSWERED)
			take(l, &l->v[i], out->rtt, now);
		return verdict;
	}
	return STUN_ASK_OTHER;
}

#include "path/heartbeat.h"

#include "path/peer_path.h"

enum { OWED_MAX = 16 };
#define GOOD_ENOUGH (5 * MSEC) /* of a round trip: do not look for better */

void beat_begin(struct beat *b, bool active, mono_ns now)
{
	b->at = active ? now + BEAT : MONO_NEVER;
	b->owed = 0;
}

void beat_paid(struct beat *b)
{
	if (b->owed < OWED_MAX)
		b->owed++;
}

bool beat_is_played(struct beat *b, bool needed, mono_ns now)
{
	b->at = now + BEAT;
	b->left_out = b->owed > 0 && !b->left_out && !needed;
	b->owed = (uint8_t)(b->owed - b->left_out);
	return !b->left_out;
}

static bool is_best(const struct peer_path *p, const struct target *t)
{
	return endpoint_equal(&p->best.ep, &t->ep) && p->best.socket == t->socket;
}

/* One target after the other, the best left out. */
static struct target *next_to_look_at(struct peer_path *p)
{
	size_t *at = &p->beat.looked_at;
	for (size_t i = 0; i < p->targets.n; i++) {
		*at = (*at + 1) % p->targets.n;
		if (!is_best(p, &p->targets.v[*at]))
			return &p->targets.v[*at];
	}
	return NULL;
}

/* Has the second best rested long enough? Two pings in a row without an answer say that it was too
 * long, if it did rest; those that follow say nothing more, for it is dead already. */
static bool is_cold(struct lifetime *l, mono_ns measured, struct target *second, mono_ns now)
{
	mono_ns rest = lifetime_rest(l, measured);
	if (second->pinged_at == MONO_NEVER)
		return true;
	if (second->pinged_at <= second->ponged_at)
		return mono_since(second->pinged_at, now) >= rest;
	if (second->rested >= rest &&
	    second->pinged_at - second->ponged_at > second->rested + BEAT) {
		lifetime_dead_after(l, second->rested);
		second->rested = 0;
	}
	return mono_since(second->pinged_at, now) >= LIFETIME_MIN;
}

/* Besides the best; NULL: nobody. */
static struct target *other_of_beat(struct peer_path *p, const struct means *m, bool is_lossy,
				    mono_ns now)
{
	targets_expire(&p->targets, &p->best.ep, now);
	struct target *second = targets_second(&p->targets, &p->best.ep, now);
	if (!second)
		return p->best.rtt > GOOD_ENOUGH ? next_to_look_at(p) : NULL;
	bool cold = is_cold(&p->beat.lifetime, means_lifetime(m, &second->ep), second, now);
	if (cold || (is_lossy && p->beat.n % 8 != 6))
		return second;
	return p->best.rtt > GOOD_ENOUGH ? next_to_look_at(p) : NULL;
}

static struct beat_ask best_of(struct peer_path *p)
{
	struct target *best = peer_path_best(p);
	return (struct beat_ask){.whom = best ? BEAT_TARGET : BEAT_NOBODY, .target = best};
}

struct beat_ask beat_ask(struct peer_path *p, const struct means *m, mono_ns now)
{
	bool turn = ++p->beat.n % 2 == 0;
	bool has_relay = peer_path_has_disco(p) && peer_path_relay(p, m).kind != VIA_NONE;
	if (p->state == PEER_ASIDE)
		return turn || !has_relay ? best_of(p) : (struct beat_ask){.whom = BEAT_RELAY};
	bool is_heard = p->watch.trust_until >=
			now + WATCH_TRUST - BEAT - SECOND; /* since the last, about */
	if (!turn || !is_heard || p->state == PEER_DOUBTED)
		return best_of(p);
	const struct target *best = peer_path_best(p);
	if (p->beat.n % 4 == 0 && has_relay && best && quality_is_bad(&best->quality, now))
		return (struct beat_ask){.whom = BEAT_RELAY};
	uint16_t size = mtu_wants(&p->mtu, now);
	if (size != 0)
		return (struct beat_ask){.whom = BEAT_PADDED, .size = size};
	bool is_lossy = best && quality_loss_percent(&best->quality, now) > 0;
	struct target *other = other_of_beat(p, m, is_lossy, now);
	return other ? (struct beat_ask){.whom = BEAT_TARGET, .target = other} : best_of(p);
}

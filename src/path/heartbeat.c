#include "path/heartbeat.h"

#include "path/peer_path.h"

enum { SKIPS_MAX = 16 };
#define GOOD_ENOUGH (5 * MSEC) /* of a round trip: do not look for better */

void heartbeat_begin(struct heartbeat *b, bool active, mono_ns now)
{
	b->at = active ? now + HEARTBEAT : MONO_NEVER;
	b->skips = 0;
}

void heartbeat_skip_one(struct heartbeat *b)
{
	if (b->skips < SKIPS_MAX)
		b->skips++;
}

bool heartbeat_is_due(struct heartbeat *b, bool needed, mono_ns now)
{
	b->at = now + HEARTBEAT;
	b->left_out = b->skips > 0 && !b->left_out && !needed;
	b->skips = (uint8_t)(b->skips - b->left_out);
	return !b->left_out;
}

static bool is_best(const struct peer_path *p, const struct remote *t)
{
	return endpoint_equal(&p->best.ep, &t->ep) && p->best.socket == t->socket;
}

/* One target after the other, the best left out. */
static struct remote *next_to_look_at(struct peer_path *p)
{
	size_t *at = &p->heartbeat.looked_at;
	for (size_t i = 0; i < p->remotes.n; i++) {
		*at = (*at + 1) % p->remotes.n;
		if (!is_best(p, &p->remotes.v[*at]))
			return &p->remotes.v[*at];
	}
	return NULL;
}

/* Has the second best rested long enough? Two pings in a row without an answer say that it was too
 * long, if it did rest; those that follow say nothing more, for it is dead already. */
static bool is_cold(struct lifetime *l, mono_ns measured, struct remote *second, mono_ns now)
{
	mono_ns rest = lifetime_rest(l, measured);
	if (second->pinged_at == MONO_NEVER)
		return true;
	if (second->pinged_at <= second->ponged_at)
		return mono_since(second->pinged_at, now) >= rest;
	if (second->rested >= rest &&
	    second->pinged_at - second->ponged_at > second->rested + HEARTBEAT) {
		lifetime_dead_after(l, second->rested);
		second->rested = 0;
	}
	return mono_since(second->pinged_at, now) >= LIFETIME_MIN;
}

/* Besides the best; NULL: nobody. */
static struct remote *other_to_ask(struct peer_path *p, const struct env *m, bool is_lossy,
				   mono_ns now)
{
	remotes_expire(&p->remotes, &p->best.ep, now);
	struct remote *second = remotes_second(&p->remotes, &p->best.ep, now);
	if (!second)
		return p->best.rtt > GOOD_ENOUGH ? next_to_look_at(p) : NULL;
	bool cold = is_cold(&p->heartbeat.lifetime, env_lifetime(m, &second->ep), second, now);
	if (cold || (is_lossy && p->heartbeat.n % 8 != 6))
		return second;
	return p->best.rtt > GOOD_ENOUGH ? next_to_look_at(p) : NULL;
}

static struct heartbeat_ask best_of(struct peer_path *p)
{
	struct remote *best = peer_path_best(p);
	return (struct heartbeat_ask){.whom = best ? HEARTBEAT_REMOTE : HEARTBEAT_NOBODY,
				      .remote = best};
}

struct heartbeat_ask heartbeat_ask(struct peer_path *p, const struct env *m, mono_ns now)
{
	bool turn = ++p->heartbeat.n % 2 == 0;
	bool has_relay = peer_path_has_disco(p) && peer_path_relay(p, m).kind != WAY_NONE;
	if (p->state == PEER_ASIDE)
		return turn || !has_relay ? best_of(p)
					  : (struct heartbeat_ask){.whom = HEARTBEAT_RELAY};
	bool is_heard = p->liveness.trust_until >=
			now + LIVENESS_TRUST - HEARTBEAT - SECOND; /* since the last, about */
	if (!turn || !is_heard || p->state == PEER_DOUBTED)
		return best_of(p);
	const struct remote *best = peer_path_best(p);
	if (p->heartbeat.n % 4 == 0 && has_relay && best && quality_is_bad(&best->quality, now))
		return (struct heartbeat_ask){.whom = HEARTBEAT_RELAY};
	uint16_t size = mtu_wants(&p->mtu, now);
	if (size != 0)
		return (struct heartbeat_ask){.whom = HEARTBEAT_PADDED, .size = size};
	bool is_lossy = best && quality_loss_percent(&best->quality, now) > 0;
	struct remote *other = other_to_ask(p, m, is_lossy, now);
	return other ? (struct heartbeat_ask){.whom = HEARTBEAT_REMOTE, .remote = other}
		     : best_of(p);
}

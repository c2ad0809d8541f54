#include "path/heartbeat.h"

enum { SKIPS_MAX = 16 };
#define GOOD_ENOUGH (5 * MSEC) /* a round trip that needs no better one */

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

/* One remote after the other, without the best and without those that were only seen: anybody can
 * make such.  NULL: there is no other. */
static struct remote *next_to_look_at(struct heartbeat *b, const struct heartbeat_view *v)
{
	for (size_t i = 0; i < v->remotes->n; i++) {
		b->looked_at = (b->looked_at + 1) % v->remotes->n;
		struct remote *t = &v->remotes->v[b->looked_at];
		if (t != v->best && !remote_is_only_seen(t))
			return t;
	}
	return NULL;
}

/* Has the second best rested for long enough to be pinged?  Two pings in a row without an answer
 * mean that the rest was too long; pings that follow teach nothing more, because the path is dead
 * already. */
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

/* Besides the best.  NULL: none needs to be asked. */
static struct remote *other_to_ask(struct heartbeat *b, const struct heartbeat_view *v, mono_ns now)
{
	bool is_lossy = quality_loss_percent(&v->best->quality, now) > 0;
	struct remote *second = remotes_second(v->remotes, &v->best->ep, now);
	if (second) {
		mono_ns measured = v->binding_life[second->ep.ip.family == 6];
		bool cold = is_cold(&b->lifetime, measured, second, now);
		if (cold || (is_lossy && b->n % 8 != 6))
			return second;
	}
	return v->best->rtt > GOOD_ENOUGH ? next_to_look_at(b, v) : NULL;
}

static struct heartbeat_ask ask_remote(struct remote *t)
{
	return (struct heartbeat_ask){.whom = HEARTBEAT_REMOTE, .remote = t};
}

struct heartbeat_ask heartbeat_ask(struct heartbeat *b, const struct heartbeat_view *v, mono_ns now)
{
	static const struct heartbeat_ask relay = {.whom = HEARTBEAT_RELAY};
	bool others = ++b->n % 2 == 0;
	if (v->is_aside)
		return others || !v->has_relay ? ask_remote(v->best) : relay;
	if (!others || !v->is_heard || v->is_doubted)
		return ask_remote(v->best);
	if (b->n % 4 == 0 && v->has_relay && quality_is_bad(&v->best->quality, now))
		return relay;
	uint16_t size = mtu_wants(v->mtu, now);
	if (size != 0)
		return (struct heartbeat_ask){.whom = HEARTBEAT_PADDED, .size = size};
	struct remote *other = other_to_ask(b, v, now);
	return ask_remote(other ? other : v->best);
}

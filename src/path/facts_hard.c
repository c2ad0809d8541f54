#include "path/facts_hard.h"

static enum hard_now now_of(const struct hard *h, const struct peer_path *peer, mono_ns now)
{
	struct endpoint server, seen;
	if (!h->cfg.enabled)
		return HARD_NOW_OFF;
	if (h->state != HARD_IDLE && h->peer == peer->id)
		return HARD_NOW_UNDER_WAY;
	if (peer_path_is_settled(peer) || peer->state == PEER_PLAIN)
		return HARD_NOW_NEEDLESS;
	if (!peer->active)
		return HARD_NOW_ASLEEP;
	if (!peer_path_has_disco(peer))
		return HARD_NOW_NO_KEY;
	if (peer_path_relay(peer, h->env).kind != WAY_RELAY)
		return HARD_NOW_NO_RELAY;
	if (!reflexive_here(&h->env->gather.stun, &server, &seen))
		return HARD_NOW_UNSEEN;
	if (peer->budget.cool_until > now)
		return HARD_NOW_COOLING;
	if (!hard_budget_affordable(&h->budget, &peer->budget, now))
		return HARD_NOW_BROKE;
	return h->state != HARD_IDLE ? HARD_NOW_BUSY : HARD_NOW_SOON;
}

void hard_facts(const struct hard *h, const struct peer_path *peer, mono_ns now,
		struct hard_facts *out)
{
	const struct attempts *c = &peer->attempts;
	*out = (struct hard_facts){.next = MONO_NEVER,
				   .peer_left = hard_budget_peer_left(&peer->budget, now),
				   .host_left = hard_budget_host_left(&h->budget, now),
				   .slow = h->cfg.slow,
				   .heard = c->heard,
				   .forgotten = c->forgotten};
	out->now = now_of(h, peer, now);
	if (out->now == HARD_NOW_COOLING || out->now == HARD_NOW_SOON)
		out->next = hard_budget_due(&peer->budget);
	for (size_t i = 0; i < c->n; i++)
		out->past[out->n_past++] = *attempts_at(c, i);
}

#include "path/hard_nats.h"

#include "path/facts.h"
#include "path/table.h"

static enum why_hard_now now_of(const struct paths *p, const struct peer_path *peer, mono_ns now)
{
	const struct hard *h = &p->hard;
	struct endpoint server, seen;
	struct escalation host = h->escalation; /* asking must change nothing */
	struct escalation_peer of_peer = peer->escalation;
	if (!h->cfg.enabled)
		return WHY_HARD_OFF;
	if (h->state != HARD_IDLE && h->peer == peer->id)
		return WHY_HARD_UNDER_WAY;
	if (peer_path_is_settled(peer) || peer->state == PEER_PLAIN)
		return WHY_HARD_NEEDLESS;
	if (!peer->active)
		return WHY_HARD_ASLEEP;
	if (!peer_path_has_disco(peer))
		return WHY_HARD_NO_KEY;
	if (peer_path_relay(peer, &p->means).kind != VIA_RELAY)
		return WHY_HARD_NO_RELAY;
	if (!stun_finder_here(&p->means.gather.stun, &server, &seen))
		return WHY_HARD_UNSEEN;
	if (peer->escalation.cool_until > now)
		return WHY_HARD_COOLING;
	if (!escalation_affordable(&host, &of_peer, now))
		return WHY_HARD_BROKE;
	return h->state != HARD_IDLE ? WHY_HARD_BUSY : WHY_HARD_SOON;
}

void hard_why(const struct paths *p, const struct peer_path *peer, mono_ns now,
	      struct why_hard *out)
{
	const struct crossings *c = &peer->crossings;
	*out = (struct why_hard){.next = MONO_NEVER,
				 .peer_left = escalation_peer_left(&peer->escalation, now),
				 .host_left = escalation_host_left(&p->hard.escalation, now),
				 .slow = p->hard.cfg.slow,
				 .heard = c->heard,
				 .forgotten = c->forgotten};
	out->now = now_of(p, peer, now);
	if (out->now == WHY_HARD_COOLING || out->now == WHY_HARD_SOON)
		out->next = escalation_due(&peer->escalation);
	for (size_t i = 0; i < c->n; i++)
		out->past[out->n_past++] = *crossing_at(c, i);
}

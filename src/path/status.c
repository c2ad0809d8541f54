#include "path/table.h"

void paths_peer_status(const struct paths *p, peer_id id, mono_ns now,
		       struct paths_peer_status *out)
{
	struct peer_path *peer = paths_peer_of(p, id);
	*out = (struct paths_peer_status){0};
	if (!peer)
		return;
	const struct remote *second = remotes_second(&peer->remotes, &peer->best.ep, now);
	if (second && endpoint_is_set(&peer->best.ep))
		out->second = second->ep;
	peer_path_route(peer, &p->env, &out->route);
	out->direct = peer_path_is_direct(peer) || peer->state == PEER_PLAIN;
	out->doubted = peer->state == PEER_DOUBTED || out->route.n == 2;
	out->active = peer->active;
	out->aside = peer->state == PEER_ASIDE;
	out->rtt = out->aside ? peer->rivalry.relay.rtt : peer->best.rtt;
	out->disco = peer->disco;
	out->n_candidates = (uint32_t)peer->remotes.n;
	out->mtu = peer_path_mtu(peer);
	out->rest = lifetime_rest(&peer->heartbeat.lifetime, env_lifetime(&p->env, &peer->best.ep));
	out->lifetime_below = peer->heartbeat.lifetime.below;
}

const char *path_reason_text(enum path_reason r)
{
	switch (r) {
	case PATH_FIRST:
		return "a direct path was found";
	case PATH_BETTER:
		return "its round trip is clearly shorter";
	case PATH_SILENT:
		return "the direct path fell silent";
	case PATH_STALE:
		return "the direct path was not in use for a while and is asked anew";
	case PATH_UNREACHABLE:
		return "the system refused to send there";
	case PATH_LINK_CHANGE:
		return "the network of this machine changed";
	case PATH_RESTARTED:
		return "the peer was started anew";
	case PATH_WAS_BAD:
		return "the path before it was slow or lost packets, and this one is clearly "
		       "better";
	case PATH_RELAY_FASTER:
		return "the relay is clearly better than the direct path";
	case PATH_RELAY_SILENT:
		return "the relay fell silent";
	case PATH_RELAY_LOST:
		return "the connection to the relay was lost";
	case PATH_AS_GOOD:
		return "the direct path is as good as the relay again";
	case PATH_INSTEAD:
		return "it answered and the path before has not";
	case PATH_PROVEN:
		return "it answered again";
	}
	return "unknown";
}

#include "path/facts.h"

#include "path/table.h"

static enum why_way way_of(const struct peer_path *p)
{
	switch (p->state) {
	case PEER_PLAIN:
		return WHY_PLAIN;
	case PEER_DIRECT:
		return WHY_DIRECT;
	case PEER_DOUBTED:
		return WHY_DOUBTED;
	case PEER_ASIDE:
		return WHY_ASIDE;
	case PEER_RELAYED:
		break;
	}
	return WHY_RELAYED;
}

static enum why_mapping mapping_of(const struct stun_finder *f)
{
	switch (stun_finder_mapping(f)) {
	case STUN_MAPPING_SAME:
		return WHY_MAPPING_SAME;
	case STUN_MAPPING_VARIES:
		return WHY_MAPPING_VARIES;
	case STUN_MAPPING_UNKNOWN:
		break;
	}
	return WHY_MAPPING_UNKNOWN;
}

static void add_ourselves(const struct means *m, struct paths_why *out)
{
	const struct stun_finder *f = &m->gather.stun;
	out->own = m->gather.found;
	out->mapping = mapping_of(f);
	for (size_t i = 0; i < f->n && i < WHY_SERVERS_MAX; i++)
		out->servers[out->n_servers++] = (struct why_server){f->v[i].at, f->v[i].seen};
}

static void add_targets(const struct targets *t, mono_ns now, struct paths_why *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct target *v = &t->v[i];
		unsigned loss = quality_loss_percent(&v->quality, now);
		if (endpoint_equal(&v->ep, &out->best.ep) && v->socket == out->best.socket)
			out->loss_percent = loss;
		out->targets[out->n_targets++] =
			(struct why_target){.ep = v->ep,
					    .by_hand = v->sources & TARGET_HINT,
					    .told = v->sources & TARGET_CALLED,
					    .seen = v->sources & TARGET_SEEN,
					    .socket = v->socket,
					    .pings = v->pings,
					    .pongs = v->pongs,
					    .padded_pings = v->padded_pings,
					    .padded_pongs = v->padded_pongs,
					    .rtt = v->rtt,
					    .loss_percent = loss,
					    .ponged_at = v->ponged_at};
	}
}

static void add_history(const struct history *h, struct paths_why *out)
{
	for (size_t i = 0; i < h->n; i++)
		out->past[out->n_past++] = *history_at(h, i);
	out->forgotten = h->forgotten;
}

static void add_peer(const struct peer_path *p, const struct means *m, mono_ns now,
		     struct paths_why *out)
{
	const struct contest *c = &p->contest;
	bool has_best = endpoint_is_set(&p->best.ep);
	*out = (struct paths_why){.way = way_of(p),
				  .relay = peer_path_relay(p, m),
				  .best = has_best ? via_udp_by(&p->best.ep, p->best.socket)
						   : (struct via){.kind = VIA_NONE},
				  .active = p->active,
				  .knows_disco = peer_path_has_disco(p),
				  .rtt = p->best.rtt,
				  .relay_rtt = c->relay.rtt,
				  .relay_loss_percent = quality_loss_percent(&c->relay, now),
				  .calls_sent = p->calls_sent,
				  .calls_taken = p->calls_taken,
				  .pings_heard = p->pings_heard};
	add_targets(&p->targets, now, out);
	add_history(&p->history, out);
}

void paths_why(const struct paths *p, peer_id id, mono_ns now, struct paths_why *out)
{
	const struct peer_path *peer = paths_peer_of(p, id);
	*out = (struct paths_why){0};
	if (!peer)
		return;
	add_peer(peer, &p->means, now, out);
	add_ourselves(&p->means, out);
	portmap_why(&p->means.gather.portmap, now, &out->portmap);
	hard_why(p, peer, now, &out->hard);
}

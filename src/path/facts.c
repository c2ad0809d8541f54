#include "path/facts.h"

#include "path/table.h"

static void add_ourselves(const struct env *m, struct path_facts *out)
{
	const struct reflexive_finder *f = &m->gather.stun;
	out->own = m->gather.found;
	out->mapping = reflexive_mapping(f);
	for (size_t i = 0; i < f->n && i < FACTS_SERVERS_MAX; i++)
		out->servers[out->n_servers++] = (struct server_facts){f->v[i].at, f->v[i].seen};
}

static void add_remotes(const struct remotes *t, mono_ns now, struct path_facts *out)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct remote *v = &t->v[i];
		unsigned loss = quality_loss_percent(&v->quality, now);
		if (endpoint_equal(&v->ep, &out->best.ep) && v->socket == out->best.socket)
			out->loss_percent = loss;
		out->remotes[out->n_remotes++] =
			(struct remote_facts){.ep = v->ep,
					      .by_hand = v->sources & REMOTE_HINT,
					      .told = v->sources & REMOTE_CALLED,
					      .seen = v->sources & REMOTE_SEEN,
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

static void add_history(const struct history *h, struct path_facts *out)
{
	for (size_t i = 0; i < h->n; i++)
		out->past[out->n_past++] = *history_at(h, i);
	out->forgotten = h->forgotten;
}

static void add_peer(const struct peer_path *p, const struct env *m, mono_ns now,
		     struct path_facts *out)
{
	const struct rivalry *c = &p->rivalry;
	bool has_best = endpoint_is_set(&p->best.ep);
	*out = (struct path_facts){.state = p->state,
				   .relay = peer_path_relay(p, m),
				   .best = has_best ? way_udp_by(&p->best.ep, p->best.socket)
						    : (struct way){.kind = WAY_NONE},
				   .active = p->active,
				   .knows_disco = peer_path_has_disco(p),
				   .rtt = p->best.rtt,
				   .relay_rtt = c->relay.rtt,
				   .relay_loss_percent = quality_loss_percent(&c->relay, now),
				   .calls_sent = p->calls_sent,
				   .calls_taken = p->calls_taken,
				   .pings_heard = p->pings_heard};
	add_remotes(&p->remotes, now, out);
	add_history(&p->history, out);
}

void paths_facts(const struct paths *p, peer_id id, mono_ns now, struct path_facts *out)
{
	const struct peer_path *peer = paths_peer_of(p, id);
	*out = (struct path_facts){0};
	if (!peer)
		return;
	add_peer(peer, &p->env, now, out);
	add_ourselves(&p->env, out);
	portmap_facts(&p->env.gather.portmap, now, &out->portmap);
	hard_facts(&p->hard, peer, now, &out->hard);
}

/* What the network sends us: STUN answers, the answers of gateways about port mappings, and disco
 * from peers whose key we know.
 *
 * A disco message is believed when the box opens with the key of a peer (disco.md 3.2).
 *
 *   ping            counts for the peer whose node key it names, and is answered by the way that
 *                   it came; by UDP it must be no copy of one that came lately (past_pings.h)
 *   pong            must answer a ping that waits, which went to a peer of this disco key, and must
 *                   come as that ping went: by UDP or through a relay
 *   call-me-maybe,  come through a relay only, from the node that has this disco key
 *   extension
 *
 * Everything else is dropped and counted. */
#include "path/table.h"

/* One message, and what is known about its sender. */
struct letter {
	const struct way *from;
	const struct node_key *relay_source; /* NULL: it came by UDP */
	const struct disco_key *sender;
	uint64_t sender_hash;
	mono_ns now;
};

/* The next peer with the sender's disco key. */
static struct peer_path *next_with_key(struct paths *p, struct index_walk *w,
				       const struct disco_key *key)
{
	uint32_t id;
	while (index_next(w, &id))
		if (key_equal(p->peers[id].disco.b, key->b))
			return &p->peers[id];
	return NULL;
}

static struct peer_path *any_with_key(struct paths *p, const struct letter *l)
{
	struct index_walk w = index_walk(&p->by_disco, l->sender_hash);
	return next_with_key(p, &w, l->sender);
}

/* The peer of this node key, if it has the sender's disco key. */
static struct peer_path *node_with_key(struct paths *p, const struct letter *l,
				       const struct node_key *node)
{
	struct peer_path *peer = node ? paths_peer_by_node(p, node) : NULL;
	return peer && key_equal(peer->disco.b, l->sender->b) ? peer : NULL;
}

static enum paths_input drop(uint64_t *counter)
{
	++*counter;
	return PATHS_DROPPED;
}

static enum paths_input take_ping(struct paths *p, const struct letter *l,
				  const struct disco_ping *ping)
{
	struct peer_path *peer = node_with_key(p, l, l->relay_source);
	if (l->from->kind == WAY_RELAY) {
		if (!peer)
			return drop(&p->env.stats.stranger);
		peer_path_on_relay_ping(peer, &p->env, l->from, &ping->txid);
		paths_settle(p, peer, l->now);
		return PATHS_TAKEN;
	}
	bool is_named = false, taken = false;
	struct index_walk w = index_walk(&p->by_disco, l->sender_hash);
	/* All peers that share the key have the same box, so the first of them seals the pong. */
	while ((peer = next_with_key(p, &w, l->sender))) {
		if (ping->has_node && !key_equal(ping->node.b, peer->key.b))
			continue;
		is_named = true;
		taken |= peer_path_on_ping(peer, &p->env, l->from, &ping->txid, !taken, l->now);
		paths_settle(p, peer, l->now);
	}
	if (!is_named)
		return drop(&p->env.stats.stranger);
	return taken ? PATHS_TAKEN : drop(&p->env.stats.replayed);
}

static enum paths_input take_pong(struct paths *p, const struct letter *l,
				  const struct disco_pong *pong)
{
	struct env *m = &p->env;
	struct probe probe;
	if (!probes_end(&m->outbox.probes, &pong->txid, l->now, &probe))
		return drop(&m->stats.unexpected);
	struct peer_path *peer = paths_peer_of(p, probe.peer);
	if (!peer || !key_equal(peer->disco.b, l->sender->b) || probe.via.kind != l->from->kind)
		return drop(&m->stats.unexpected);
	m->stats.pongs_taken++;
	if (probe.for_person)
		path_events_emit(&m->events,
				 &(struct path_event){.kind = PATH_PONG,
						      .peer = peer->id,
						      .via = probe.via,
						      .rtt = mono_since(probe.sent_at, l->now)});
	if (probe.via.kind == WAY_UDP)
		peer_path_on_pong(peer, m, &probe, l->now);
	else
		peer_path_on_relay_pong(peer, m, &probe, l->now);
	paths_settle(p, peer, l->now);
	return PATHS_TAKEN;
}

static bool we_are_on_loopback(const struct candidates *own)
{
	for (size_t i = 0; i < own->n; i++)
		if (ip_is_loopback(&own->v[i].ep.ip))
			return true;
	return false;
}

static enum paths_input take_call(struct paths *p, const struct letter *l,
				  const struct disco_endpoints *call)
{
	struct env *m = &p->env;
	struct endpoint v[DISCO_ENDPOINTS_MAX];
	size_t n = 0;
	struct peer_path *peer = node_with_key(p, l, l->relay_source);
	bool loopback_too = we_are_on_loopback(&m->gather.found);
	if (!peer)
		return drop(&m->stats.unexpected);
	for (size_t i = 0; i < call->n; i++)
		if (candidate_is_plausible(&call->v[i], loopback_too))
			v[n++] = call->v[i];
	m->stats.calls_taken++;
	peer->reached = l->from->region;
	peer_path_on_call(peer, m, v, n, l->now);
	paths_settle(p, peer, l->now);
	return PATHS_TAKEN;
}

static enum paths_input take_extension(struct paths *p, const struct letter *l,
				       const struct disco_extension *e)
{
	struct peer_path *peer = node_with_key(p, l, l->relay_source);
	if (!peer)
		return drop(&p->env.stats.unexpected);
	p->env.stats.extensions_taken++;
	hard_message_in(&p->hard, peer, l->from, e, l->now);
	paths_settle(p, peer, l->now);
	return PATHS_TAKEN;
}

/* Its number must grow: one that is replayed proves nothing. */
static void on_receipt(struct paths *p, struct peer_path *peer, const struct letter *l,
		       uint64_t number)
{
	if (number <= peer->receipt_taken)
		return;
	peer->receipt_taken = number;
	p->env.stats.receipts_taken++;
	peer_path_on_heard(peer, &p->env, l->from, l->now);
	paths_settle(p, peer, l->now);
}

static enum paths_input take_receipt(struct paths *p, const struct letter *l, uint64_t number)
{
	struct peer_path *peer = node_with_key(p, l, l->relay_source);
	if (l->from->kind == WAY_RELAY && !peer)
		return drop(&p->env.stats.stranger);
	if (l->from->kind == WAY_RELAY) {
		on_receipt(p, peer, l, number);
		return PATHS_TAKEN;
	}
	struct index_walk w = index_walk(&p->by_disco, l->sender_hash);
	/* It names no node, so it counts for the peers that may be there. */
	while ((peer = next_with_key(p, &w, l->sender)))
		if (remotes_find(&peer->remotes, &l->from->ep, l->from->socket))
			on_receipt(p, peer, l, number);
	return PATHS_TAKEN;
}

static enum paths_input take_message(struct paths *p, const struct letter *l,
				     const struct disco_msg *msg)
{
	switch (msg->type) {
	case DISCO_PING:
		return take_ping(p, l, &msg->ping);
	case DISCO_PONG:
		return take_pong(p, l, &msg->pong);
	case DISCO_CALL_ME_MAYBE:
		return take_call(p, l, &msg->call);
	case DISCO_EXTENSION:
		return take_extension(p, l, &msg->extension);
	case DISCO_RECEIPT:
		return take_receipt(p, l, msg->receipt);
	case DISCO_BIND:
	case DISCO_BIND_CHALLENGE:
	case DISCO_BIND_ANSWER:
	case DISCO_CALL_ME_MAYBE_VIA:
	case DISCO_ALLOCATE_REQUEST:
	case DISCO_ALLOCATE_RESPONSE:
		break;
	}
	return drop(&p->env.stats.unexpected);
}

static enum paths_input take_disco(struct paths *p, const struct way *from,
				   const struct node_key *relay_source, struct bytes datagram,
				   mono_ns now)
{
	struct paths_stats *stats = &p->env.stats;
	struct disco_key sender;
	struct bytes sealed;
	struct disco_msg msg;
	if (!disco_open_frame(datagram, &sender, &sealed))
		return drop(&stats->malformed);
	struct letter l = {.from = from,
			   .relay_source = from->kind == WAY_RELAY ? relay_source : NULL,
			   .sender = &sender,
			   .sender_hash = paths_hash(p, sender.b),
			   .now = now};
	struct peer_path *peer = any_with_key(p, &l);
	if (!peer)
		return drop(&stats->stranger);
	if (!disco_open(sealed, &peer->shared, &msg))
		return drop(&stats->unauthentic);
	return take_message(p, &l, &msg);
}

enum paths_input paths_input(struct paths *p, const struct way *from,
			     const struct node_key *relay_source, struct bytes datagram,
			     mono_ns now)
{
	if (disco_is(datagram))
		return take_disco(p, from, relay_source, datagram, now);
	bool is_stun = stun_is(datagram);
	if (from->kind == WAY_UDP && is_stun && from->socket != 0)
		return hard_input(&p->hard, from->socket, datagram, now)
			       ? PATHS_TAKEN
			       : drop(&p->env.stats.unexpected);
	if (from->kind != WAY_UDP || !(is_stun || portmap_is(&from->ep, datagram)))
		return PATHS_NOT_MINE;
	if (!gather_input(&p->env.gather, &from->ep, datagram, now))
		return drop(&p->env.stats.unexpected);
	p->env.stats.stun_taken += is_stun;
	paths_settle_gather(p, now);
	return PATHS_TAKEN;
}

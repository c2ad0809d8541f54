/* What the owner of `paths` calls.  Each call reports something to one peer's machine
 * (peer_path.h), to the finders (gather.h) or to the attempts at hard NATs (hard_nats.h), and then
 * settles what it changed (table.h). */
#include "path/table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct paths *paths_new(const struct paths_config *cfg, mono_ns now)
{
	struct paths *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->self = cfg->self;
	p->disco = cfg->disco;
	p->peers_max = cfg->peers_max;
	key_public(p->disco_public.b, p->disco.b);
	hash_secret_generate(&p->secret, &cfg->rng);
	p->peers = calloc(cfg->peers_max ? cfg->peers_max : 1, sizeof(*p->peers));
	bool indexes =
		index_init(&p->by_node, cfg->peers_max) && index_init(&p->by_disco, cfg->peers_max);
	bool timers = heap_init(&p->timers, cfg->peers_max);
	bool env = env_init(&p->env, &cfg->rng, cfg->port, cfg->peers_max);
	hard_init(&p->hard, &p->env, p->peers, p->peers_max, now);
	if (p->peers && indexes && timers && env)
		return p;
	paths_free(p);
	return NULL;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	if (p->peers)
		key_wipe(p->peers, p->peers_max * sizeof(*p->peers));
	free(p->peers);
	index_fini(&p->by_node);
	index_fini(&p->by_disco);
	heap_fini(&p->timers);
	env_fini(&p->env);
	key_wipe(p, sizeof(*p));
	free(p);
}

const struct disco_key *paths_disco_key(const struct paths *p)
{
	return &p->disco_public;
}

const struct candidates *paths_candidates(const struct paths *p)
{
	return &p->env.gather.found;
}

peer_id paths_peer_find(const struct paths *p, const struct node_key *key)
{
	const struct peer_path *peer = paths_peer_by_node(p, key);
	return peer ? peer->id : PEER_NONE;
}

const struct disco_key *paths_peer_disco_key(const struct paths *p, peer_id id)
{
	static const struct disco_key none;
	const struct peer_path *peer = paths_peer_of(p, id);
	return peer ? &peer->disco : &none;
}

/* --- what there is around us --- */

void paths_on_link_change(struct paths *p, mono_ns now)
{
	memset(p->env.lifetime, 0, sizeof(p->env.lifetime));
	gather_refresh(&p->env.gather, true, now);
	hard_link_changed(&p->hard, now);
	for (uint32_t id = 0; id < p->peers_max; id++) {
		struct peer_path *peer = paths_peer_of(p, id);
		if (!peer)
			continue;
		peer_path_on_link_change(peer, &p->env, now);
		paths_settle(p, peer, now);
	}
	paths_settle_gather(p, now);
}

void paths_set_relays(struct paths *p, const struct relay_place *v, size_t n, mono_ns now)
{
	struct env *m = &p->env;
	m->n_regions = n < RELAYS_MAX ? n : RELAYS_MAX;
	for (size_t i = 0; i < m->n_regions; i++)
		m->regions[i] = v[i].region;
	reflexive_set(&m->gather.stun, v, m->n_regions, now);
	paths_settle_gather(p, now);
}

void paths_set_interfaces(struct paths *p, const struct own_address *v, size_t n, mono_ns now)
{
	if (local_set(&p->env.gather.local, v, n))
		paths_on_link_change(p, now);
}

void paths_set_gateways(struct paths *p, const struct uplink *v, size_t n, mono_ns now)
{
	portmap_set_gateways(&p->env.gather.portmap, v, n, now);
	paths_settle_gather(p, now);
}

bool paths_gateway_announced(struct paths *p, const struct endpoint *from, struct bytes datagram,
			     mono_ns now)
{
	bool news = portmap_announced(&p->env.gather.portmap, from, datagram, now);
	paths_settle_gather(p, now);
	return news;
}

void paths_release(struct paths *p, mono_ns now)
{
	portmap_release(&p->env.gather.portmap, now);
	paths_settle_gather(p, now);
}

bool paths_upnp_ask(struct paths *p, struct upnp_ask *out)
{
	return portmap_upnp_ask(&p->env.gather.portmap, out);
}

void paths_upnp_report(struct paths *p, const struct upnp_report *r, mono_ns now)
{
	portmap_upnp_report(&p->env.gather.portmap, r, now);
	paths_settle_gather(p, now);
}

void paths_portmap(const struct paths *p, mono_ns now, struct portmap_status *out)
{
	portmap_status(&p->env.gather.portmap, now, out);
}

void paths_set_fixed(struct paths *p, const struct endpoint *v, size_t n, mono_ns now)
{
	fixed_set(&p->env.gather.fixed, v, n);
	paths_settle_gather(p, now);
}

void paths_set_lifetime(struct paths *p, uint8_t family, mono_ns lifetime)
{
	p->env.lifetime[family == 6] = lifetime;
}

void paths_set_hard(struct paths *p, const struct hard_config *cfg, mono_ns now)
{
	hard_set(&p->hard, cfg, now);
}

/* Another port means other mappings in every NAT. */
void paths_set_port(struct paths *p, uint16_t port, mono_ns now)
{
	if (port == p->env.gather.local.port)
		return;
	gather_set_port(&p->env.gather, port);
	paths_on_link_change(p, now);
}

/* --- peers --- */

void paths_peer_remove(struct paths *p, peer_id id, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (!peer)
		return;
	hard_forget(&p->hard, id, now);
	paths_unindex_disco(p, peer);
	index_remove(&p->by_node, paths_hash(p, peer->key.b), id);
	heap_set(&p->timers, id, MONO_NEVER);
	peer_path_fini(peer, &p->env);
}

void paths_peer_set(struct paths *p, peer_id id, const struct paths_peer *cfg, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (id >= p->peers_max)
		return;
	if (peer &&
	    (!key_equal(peer->key.b, cfg->key.b) || (peer->state == PEER_PLAIN) != cfg->plain)) {
		paths_peer_remove(p, id, now);
		peer = NULL;
	}
	if (!peer) {
		if (!index_add(&p->by_node, paths_hash(p, cfg->key.b), id))
			return;
		peer = &p->peers[id];
		peer_path_init(peer, id, &cfg->key, cfg->plain, now);
	}
	peer->home = cfg->home;
	peer_path_set_hints(peer, cfg->hints, cfg->n_hints, now);
	paths_settle(p, peer, now);
	/* A key that was told before is no news: the peer itself may have told a later one since.
	 */
	if (!key_equal(peer->disco_told.b, cfg->disco.b)) {
		peer->disco_told = cfg->disco;
		paths_take_disco(p, peer, &cfg->disco, now);
		paths_settle(p, peer, now);
	}
}

void paths_peer_disco(struct paths *p, peer_id id, const struct disco_key *key, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (!peer)
		return;
	paths_note_told_disco(p, peer, key);
	paths_take_told_disco(p, peer, now);
	paths_settle(p, peer, now);
}

/* --- datagrams that we send --- */

static void seal(struct paths *p, const struct peer_path *peer, const struct outgoing *o,
		 struct wr *out)
{
	struct disco_msg msg = {.type = o->type};
	const struct candidates *own = &p->env.gather.found;
	if (o->type == DISCO_PING) {
		msg.ping = (struct disco_ping){.txid = o->txid, .has_node = true, .node = p->self};
		msg.ping.padding =
			o->padded > DISCO_PING_LEN ? o->padded - (size_t)DISCO_PING_LEN : 0;
		p->env.stats.pings_sent++;
	} else if (o->type == DISCO_PONG) {
		msg.pong = (struct disco_pong){.txid = o->txid, .seen = o->seen};
		p->env.stats.pongs_sent++;
	} else if (o->type == DISCO_EXTENSION) {
		hard_message_out(&p->hard, o->nonce, (enum disco_step)o->step, &msg.extension);
		p->env.stats.extensions_sent++;
	} else if (o->type == DISCO_RECEIPT) {
		msg.receipt = o->nonce;
		p->env.stats.receipts_sent++;
	} else {
		bool near = peer_path_is_near(peer, own);
		for (size_t i = 0; i < own->n; i++)
			if (near || !own->v[i].near)
				msg.call.v[msg.call.n++] = own->v[i].ep;
		p->env.stats.calls_sent++;
	}
	disco_seal(out, &p->disco_public, &peer->shared, &msg, &p->env.outbox.rng);
}

bool paths_output(struct paths *p, struct paths_send *to, struct wr *out, mono_ns now)
{
	struct outgoing o;
	struct endpoint server;
	while (outbox_next(&p->env.outbox, &o)) {
		if (o.via.socket != 0 && !socket_wished(&p->hard.sockets.wish, o.via.socket))
			continue; /* this socket is closed */
		const struct peer_path *peer = &p->peers[o.peer];
		*to = (struct paths_send){
			.via = o.via, .to = peer->key, .dont_fragment = o.padded != 0};
		seal(p, peer, &o, out);
		return true;
	}
	*to = (struct paths_send){.via.kind = WAY_NONE};
	if (hard_output(&p->hard, &to->via, out))
		return true;
	if (!gather_output(&p->env.gather, &server, out))
		return false;
	*to = (struct paths_send){.via = way_udp(&server),
				  .from = portmap_source(&p->env.gather.portmap, &server)};
	p->env.stats.stun_sent += to->from.family == 0;
	return true;
}

/* --- the packet path --- */

void paths_on_send(struct paths *p, peer_id id, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (!peer)
		return;
	peer_path_on_send(peer, &p->env, now);
	paths_settle(p, peer, now);
}

void paths_route(const struct paths *p, peer_id id, struct route *out)
{
	const struct peer_path *peer = paths_peer_of(p, id);
	*out = (struct route){.n = 0};
	if (peer)
		peer_path_route(peer, &p->env, out);
}

void paths_send_receipt(struct paths *p, peer_id id, const struct way *via)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (peer && peer_path_has_disco(peer))
		outbox_receipt(&p->env.outbox, id, via);
}

void paths_on_heard(struct paths *p, peer_id id, const struct way *from, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (peer)
		peer_path_on_heard(peer, &p->env, from, now);
}

void paths_on_data(struct paths *p, peer_id id, const struct way *from, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (peer && peer_path_on_data(peer, &p->env, from, now))
		paths_settle(p, peer, now);
}

uint16_t paths_mtu(const struct paths *p, peer_id id)
{
	const struct peer_path *peer = paths_peer_of(p, id);
	return peer ? peer_path_mtu(peer) : 0;
}

void paths_set_mtu(struct paths *p, uint16_t bytes)
{
	if (p->env.inner_mtu == bytes)
		return;
	p->env.inner_mtu = bytes;
	for (uint32_t id = 0; id < p->peers_max; id++)
		if (p->peers[id].used)
			mtu_begin(&p->peers[id].mtu, bytes);
}

void paths_on_unreachable(struct paths *p, const struct endpoint *ep, mono_ns now)
{
	for (uint32_t id = 0; id < p->peers_max; id++) {
		struct peer_path *peer = paths_peer_of(p, id);
		if (!peer || !endpoint_equal(&peer->best.ep, ep))
			continue;
		peer_path_on_unreachable(peer, &p->env, now);
		paths_settle(p, peer, now);
	}
}

void paths_on_relay_lost(struct paths *p, uint16_t region, mono_ns now)
{
	for (uint32_t id = 0; id < p->peers_max; id++) {
		struct peer_path *peer = paths_peer_of(p, id);
		if (!peer || peer->state != PEER_ASIDE)
			continue;
		peer_path_on_relay_lost(peer, &p->env, region, now);
		paths_settle(p, peer, now);
	}
}

bool paths_ping(struct paths *p, peer_id id, mono_ns now)
{
	struct peer_path *peer = paths_peer_of(p, id);
	if (!peer || !peer_path_has_disco(peer))
		return false;
	peer_path_on_send(peer, &p->env, now); /* a person who pings wants a path, as data does */
	peer_path_ping_for_person(peer, &p->env, now);
	paths_settle(p, peer, now);
	return true;
}

const struct socket_wish *paths_sockets(const struct paths *p)
{
	return &p->hard.sockets.wish;
}

/* --- time, events, answers to questions --- */

mono_ns paths_deadline(const struct paths *p)
{
	mono_ns first = mono_min(heap_first(&p->timers), gather_deadline(&p->env.gather));
	return mono_min(first, hard_deadline(&p->hard));
}

void paths_tick(struct paths *p, mono_ns now)
{
	uint32_t id;
	if (gather_deadline(&p->env.gather) <= now) {
		gather_tick(&p->env.gather, now);
		paths_settle_gather(p, now);
	}
	if (hard_deadline(&p->hard) <= now)
		hard_tick(&p->hard, now);
	while (heap_due(&p->timers, now, &id)) {
		assert(p->peers[id].used && p->peers[id].timer <= now);
		p->peers[id].timer = MONO_NEVER;
		paths_take_told_disco(p, &p->peers[id], now);
		paths_settle(p, &p->peers[id], now);
	}
}

bool paths_event(struct paths *p, struct path_event *ev)
{
	return path_events_next(&p->env.events, ev);
}

const struct paths_stats *paths_stats(const struct paths *p)
{
	return &p->env.stats;
}

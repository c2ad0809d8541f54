/* The life of the machine, its peers, and what may be asked of it. */
#include "reach/reach.h"

#include <stdlib.h>

#include "reach/inside.h"

static bool make_parts(struct reach *r, const struct reach_config *cfg, mono_ns now)
{
	struct paths_config paths = {.self = r->self,
				     .disco = cfg->disco,
				     .rng = cfg->rng,
				     .peers_max = cfg->peers_max,
				     .port = cfg->port};
	r->paths = paths_new(&paths, now);
	key_wipe(&paths, sizeof(paths));
	r->netcheck = netcheck_new(&cfg->rng, cfg->port);
	binding_life_init(&r->lifetime[0], &cfg->rng, SOCKETS_LIFETIME4, SOCKETS_LIFETIME_N);
	binding_life_init(&r->lifetime[1], &cfg->rng, SOCKETS_LIFETIME6, SOCKETS_LIFETIME_N);
	r->peers = calloc(cfg->peers_max + 1, sizeof(*r->peers));
	r->free_ids = calloc(cfg->peers_max + 1, sizeof(*r->free_ids));
	r->slots = calloc(REACH_SLOTS, sizeof(*r->slots));
	return r->paths && r->netcheck && r->peers && r->free_ids && r->slots;
}

struct reach *reach_new(const struct reach_config *cfg, mono_ns now)
{
	struct reach *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->rng = cfg->rng;
	r->key = cfg->key;
	r->own_receipts = cfg->own_receipts;
	r->peers_max = cfg->peers_max;
	nat64_init(&r->nat64);
	key_public(r->self.b, cfg->key.b);
	if (!make_parts(r, cfg, now)) {
		reach_free(r);
		return NULL;
	}
	while (r->n_free < r->peers_max) {
		r->free_ids[r->n_free] = r->peers_max - 1 - r->n_free;
		r->n_free++;
	}
	return r;
}

void reach_free(struct reach *r)
{
	if (!r)
		return;
	relays_free(r);
	paths_free(r->paths);
	netcheck_free(r->netcheck);
	free(r->peers);
	free(r->free_ids);
	free(r->slots);
	key_wipe(&r->key, sizeof(r->key));
	free(r);
}

const struct disco_key *reach_disco_key(const struct reach *r)
{
	return paths_disco_key(r->paths);
}

/* --- peers --- */

peer_id reach_peer_find(const struct reach *r, const struct node_key *key)
{
	return paths_peer_find(r->paths, key);
}

const struct node_key *reach_peer_key(const struct reach *r, peer_id id)
{
	return reach_has_peer(r, id) ? &r->peers[id].key : NULL;
}

static bool is_other_disco(const struct reach *r, peer_id id, const struct disco_key *was)
{
	const struct disco_key *is = paths_peer_disco_key(r->paths, id);
	return !key_is_zero(was->b) && !key_equal(was->b, is->b);
}

enum reach_peer_set reach_peer_set(struct reach *r, const struct paths_peer *cfg, mono_ns now,
				   peer_id *id)
{
	peer_id at = reach_peer_find(r, &cfg->key);
	if (at == PEER_NONE) {
		if (r->n_free == 0)
			return REACH_PEER_FULL;
		at = r->free_ids[--r->n_free];
		r->peers[at] = (struct reach_peer){.used = true, .key = cfg->key};
	}
	const struct disco_key was = *paths_peer_disco_key(r->paths, at);
	paths_peer_set(r->paths, at, cfg, now);
	*id = at;
	return is_other_disco(r, at, &was) ? REACH_PEER_RESTARTED : REACH_PEER_KEPT;
}

void reach_peer_remove(struct reach *r, peer_id id, mono_ns now)
{
	if (!reach_has_peer(r, id))
		return;
	paths_peer_remove(r->paths, id, now);
	r->peers[id] = (struct reach_peer){0};
	r->free_ids[r->n_free++] = id;
}

void reach_peer_disco(struct reach *r, peer_id id, const struct disco_key *key, mono_ns now)
{
	paths_peer_disco(r->paths, id, key, now);
}

void reach_on_data(struct reach *r, peer_id id, const struct way *from, mono_ns now)
{
	paths_on_data(r->paths, id, from, now);
}

void reach_on_heard(struct reach *r, peer_id id, const struct way *from, mono_ns now)
{
	paths_on_heard(r->paths, id, from, now);
}

bool reach_ping(struct reach *r, peer_id id, mono_ns now)
{
	reach_begin(r);
	return paths_ping(r->paths, id, now);
}

/* --- what may be asked --- */

void reach_peer_status(const struct reach *r, peer_id id, mono_ns now,
		       struct paths_peer_status *out)
{
	paths_peer_status(r->paths, id, now, out);
}

uint64_t reach_peer_lost(const struct reach *r, peer_id id)
{
	return reach_has_peer(r, id) ? r->peers[id].lost_no_way : 0;
}

uint16_t reach_peer_mtu(const struct reach *r, peer_id id)
{
	return paths_mtu(r->paths, id);
}

bool reach_peer_facts(const struct reach *r, peer_id id, mono_ns now, struct path_facts *out)
{
	if (!reach_has_peer(r, id))
		return false;
	paths_facts(r->paths, id, now, out);
	return true;
}

void reach_portmap(const struct reach *r, mono_ns now, struct portmap_status *out)
{
	paths_portmap(r->paths, now, out);
}

const struct candidates *reach_candidates(const struct reach *r)
{
	return paths_candidates(r->paths);
}

const struct paths_stats *reach_paths_stats(const struct reach *r)
{
	return paths_stats(r->paths);
}

const struct reach_stats *reach_stats(const struct reach *r)
{
	return &r->stats;
}

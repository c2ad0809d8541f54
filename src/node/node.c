/* The life of a node, its settings, its peers, and what may be asked of it. */
#include "node/node.h"

#include <stdlib.h>
#include <string.h>

#include "node/inside.h"

enum { STAGED_PER_NODE = 512 /* packets waiting for handshakes: 1 MiB */ };

static bool make_parts(struct node *n, const struct node_config *cfg, mono_ns now)
{
	struct tunnel_config tunnel = {.key = cfg->key,
				       .rng = cfg->rng,
				       .peers_max = cfg->peers_max,
				       .staged_max = STAGED_PER_NODE,
				       .wall_offset_ns = cfg->wall_offset_ns};
	struct reach_config reach = {
		.key = cfg->key, .rng = cfg->rng, .peers_max = cfg->peers_max, .port = cfg->port};
	key_generate(reach.disco.b, &cfg->rng);
	n->tunnel = tunnel_new(&tunnel, now);
	n->reach = reach_new(&reach, now);
	n->peers = calloc(cfg->peers_max + 1, sizeof(*n->peers));
	key_wipe(&tunnel, sizeof(tunnel));
	key_wipe(&reach, sizeof(reach));
	return n->tunnel && n->reach && n->peers && heap_init(&n->adverts, cfg->peers_max);
}

struct node *node_new(const struct node_config *cfg, mono_ns now)
{
	struct node *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->port = cfg->port;
	n->peers_max = cfg->peers_max;
	if (make_parts(n, cfg, now))
		return n;
	node_free(n);
	return NULL;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	tunnel_free(n->tunnel);
	reach_free(n->reach);
	heap_fini(&n->adverts);
	free(n->peers);
	free(n);
}

struct reach *node_reach(struct node *n)
{
	return n->reach;
}

const struct reach *node_reach_of(const struct node *n)
{
	return n->reach;
}

void node_set_addresses(struct node *n, const struct ip *v, size_t count)
{
	n->n_addresses = count < NODE_ADDRESSES_MAX ? count : NODE_ADDRESSES_MAX;
	memcpy(n->addresses, v, n->n_addresses * sizeof(*v));
}

void node_set_wall(struct node *n, uint64_t wall_offset_ns)
{
	tunnel_set_wall(n->tunnel, wall_offset_ns);
}

/* --- peers --- */

static struct node_peer_slot *peer_of(const struct node *n, peer_id id)
{
	return id < n->peers_max && n->peers[id].used ? &n->peers[id] : NULL;
}

/* Where the peer is reached inside the tunnel: its first host prefix of each family, or the first
 * address of its first prefix. */
static void learn_addresses(struct node_peer_slot *peer, const struct netmap_peer *p)
{
	memset(peer->address, 0, sizeof(peer->address));
	memset(peer->has_host, 0, sizeof(peer->has_host));
	for (size_t i = 0; i < p->n_allowed; i++) {
		struct ip *mine = &peer->address[p->allowed[i].ip.family == 4 ? 0 : 1];
		if (mine->family == 0)
			*mine = p->allowed[i].ip;
	}
	for (size_t i = p->n_allowed; i > 0; i--) {
		const struct prefix *prefix = &p->allowed[i - 1];
		int family = prefix->ip.family == 4 ? 0 : 1;
		if (prefix->bits != ip_len(&prefix->ip) * 8)
			continue;
		peer->address[family] = prefix->ip;
		peer->has_host[family] = true;
	}
}

/* A prefix that another peer has by now stays with that peer. */
static enum tunnel_add set_allowed(struct node *n, peer_id id, const struct netmap_change *c)
{
	const struct prefix *p;
	struct netmap_prefixes gone = netmap_prefixes(c->was, c->now),
			       come = netmap_prefixes(c->now, c->was);
	if (!c->was)
		tunnel_disallow(n->tunnel, id);
	while ((p = netmap_prefixes_next(&gone)))
		(void)tunnel_disallow_prefix(n->tunnel, id, p);
	while ((p = netmap_prefixes_next(&come)))
		if (!tunnel_allow(n->tunnel, id, p))
			return TUNNEL_NO_MEMORY;
	return TUNNEL_ADDED;
}

static enum tunnel_add set_tunnel(struct node *n, peer_id id, const struct netmap_change *c,
				  mono_ns now)
{
	struct tunnel_peer_config cfg = {.key = c->now->key, .keepalive_s = c->now->keepalive_s};
	memcpy(cfg.psk, c->now->psk, sizeof(cfg.psk));
	enum tunnel_add added = TUNNEL_ADDED;
	if (n->peers[id].used)
		tunnel_peer_change(n->tunnel, id, &cfg, now);
	else
		added = tunnel_peer_add(n->tunnel, id, &cfg, now);
	key_wipe(&cfg, sizeof(cfg));
	if (added != TUNNEL_ADDED)
		return added;
	n->peers[id].used = true;
	return set_allowed(n, id, c);
}

static struct paths_peer path_of(const struct netmap_peer *p)
{
	struct paths_peer path = {.key = p->key,
				  .home = p->home,
				  .disco = p->disco,
				  .n_hints = p->n_hints,
				  .plain = p->plain};
	memcpy(path.hints, p->hints, sizeof(path.hints));
	return path;
}

enum tunnel_add node_peer_set(struct node *n, const struct netmap_change *c, mono_ns now,
			      peer_id *id)
{
	struct paths_peer path = path_of(c->now);
	enum reach_peer_set set = reach_peer_set(n->reach, &path, now, id);
	if (set == REACH_PEER_FULL)
		return TUNNEL_FULL;
	bool is_new = !peer_of(n, *id);
	enum tunnel_add added = set_tunnel(n, *id, c, now);
	if (added != TUNNEL_ADDED) {
		if (is_new)
			node_peer_remove(n, *id, now);
		return added;
	}
	n->peers[*id].plain = c->now->plain;
	learn_addresses(&n->peers[*id], c->now);
	/* A peer that tells a new disco key itself has the session in which it does so.  This key
	 * came from somewhere else, so the session may be gone. */
	if (set == REACH_PEER_RESTARTED)
		tunnel_peer_reset(n->tunnel, *id);
	return TUNNEL_ADDED;
}

const char *node_peer_failure(enum tunnel_add a)
{
	switch (a) {
	case TUNNEL_ADDED:
		break;
	case TUNNEL_BAD_KEY:
		return "its public key cannot be one, or is our own";
	case TUNNEL_DUPLICATE:
		return "another peer has its key";
	case TUNNEL_FULL:
		return "there are as many peers as this node has room for";
	case TUNNEL_NO_MEMORY:
		return "there is not enough memory for its addresses";
	}
	return NULL;
}

void node_peer_remove(struct node *n, peer_id id, mono_ns now)
{
	reach_peer_remove(n->reach, id, now);
	if (!peer_of(n, id))
		return;
	tunnel_peer_remove(n->tunnel, id);
	heap_set(&n->adverts, id, MONO_NEVER);
	n->peers[id] = (struct node_peer_slot){0};
}

/* --- time --- */

mono_ns node_deadline(const struct node *n)
{
	mono_ns first = mono_min(tunnel_deadline(n->tunnel), reach_deadline(n->reach));
	return mono_min(first, heap_first(&n->adverts));
}

void node_tick(struct node *n, mono_ns now)
{
	node_begin(n);
	tunnel_tick(n->tunnel, now);
	reach_tick(n->reach, now);
	advert_tick(n, now);
}

bool node_ping(struct node *n, peer_id id, mono_ns now)
{
	struct node_peer_slot *peer = peer_of(n, id);
	node_begin(n);
	if (!peer || peer->plain)
		return false;
	/* Its disco key is not known: a session brings the key, and the ping follows. */
	peer->ping_wanted = !reach_ping(n->reach, id, now);
	if (peer->ping_wanted)
		tunnel_handshake(n->tunnel, id, now);
	return true;
}

/* --- what may be asked --- */

bool node_peer_status(const struct node *n, peer_id id, mono_ns now, struct node_peer_status *out)
{
	if (!peer_of(n, id))
		return false;
	*out = (struct node_peer_status){.key = *reach_peer_key(n->reach, id),
					 .lost_no_way = reach_peer_lost(n->reach, id)};
	tunnel_peer_status(n->tunnel, id, &out->tunnel);
	reach_peer_status(n->reach, id, now, &out->path);
	return true;
}

const struct tunnel_stats *node_tunnel_stats(const struct node *n)
{
	return tunnel_stats(n->tunnel);
}

const struct node_stats *node_stats(const struct node *n)
{
	return &n->stats;
}

/* The life of a node, what it is set to, and what may be asked of it. */
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
	struct paths_config paths = {
		.self = n->self, .rng = cfg->rng, .peers_max = cfg->peers_max, .port = cfg->port};
	key_generate(paths.disco.b, &cfg->rng);
	n->tunnel = tunnel_new(&tunnel, now);
	n->paths = paths_new(&paths, now);
	n->port = cfg->port;
	n->netcheck = netcheck_new(&cfg->rng, cfg->port);
	binding_life_init(&n->lifetime[0], &cfg->rng, SOCKETS_LIFETIME4, SOCKETS_LIFETIME_N);
	binding_life_init(&n->lifetime[1], &cfg->rng, SOCKETS_LIFETIME6, SOCKETS_LIFETIME_N);
	n->peers = calloc(cfg->peers_max, sizeof(*n->peers));
	n->slots = calloc(NODE_SLOTS, sizeof(*n->slots));
	key_wipe(&tunnel, sizeof(tunnel));
	key_wipe(&paths, sizeof(paths));
	return n->tunnel && n->paths && n->netcheck && n->peers && n->slots &&
	       heap_init(&n->adverts, cfg->peers_max);
}

struct node *node_new(const struct node_config *cfg, mono_ns now)
{
	struct node *n = calloc(1, sizeof(*n));
	if (!n)
		return NULL;
	n->rng = cfg->rng;
	n->key = cfg->key;
	n->peers_max = cfg->peers_max;
	nat64_init(&n->nat64);
	key_public(n->self.b, cfg->key.b);
	if (make_parts(n, cfg, now))
		return n;
	node_free(n);
	return NULL;
}

void node_free(struct node *n)
{
	if (!n)
		return;
	relays_free(n);
	tunnel_free(n->tunnel);
	paths_free(n->paths);
	netcheck_free(n->netcheck);
	heap_fini(&n->adverts);
	free(n->peers);
	free(n->slots);
	key_wipe(&n->key, sizeof(n->key));
	free(n);
}

const struct node_key *node_key(const struct node *n)
{
	return &n->self;
}

void node_set_addresses(struct node *n, const struct ip *v, size_t count)
{
	n->n_addresses = count < NODE_ADDRESSES_MAX ? count : NODE_ADDRESSES_MAX;
	memcpy(n->addresses, v, n->n_addresses * sizeof(*v));
}

void node_set_gateways(struct node *n, const struct uplink *v, size_t count, mono_ns now)
{
	paths_set_gateways(n->paths, v, count, now);
}

void node_upnp_report(struct node *n, const struct upnp_report *r, mono_ns now)
{
	paths_upnp_report(n->paths, r, now);
}

bool node_gateway_announced(struct node *n, const struct endpoint *from, struct bytes datagram,
			    mono_ns now)
{
	return paths_gateway_announced(n->paths, from, datagram, now);
}

void node_portmap(const struct node *n, mono_ns now, struct portmap_status *out)
{
	paths_portmap(n->paths, now, out);
}

void node_release(struct node *n, mono_ns now)
{
	node_begin(n);
	paths_release(n->paths, now);
}

void node_set_fixed(struct node *n, const struct endpoint *v, size_t count, mono_ns now)
{
	paths_set_fixed(n->paths, v, count, now);
}

void node_set_hard(struct node *n, const struct hard_config *cfg, mono_ns now)
{
	paths_set_hard(n->paths, cfg, now);
}

void node_set_mtu(struct node *n, uint16_t bytes)
{
	paths_set_mtu(n->paths, bytes);
}

void node_set_port(struct node *n, uint16_t port, mono_ns now)
{
	n->port = port;
	paths_set_port(n->paths, port, now);
	netcheck_set_port(n->netcheck, port, now);
}

void node_set_wall(struct node *n, uint64_t wall_offset_ns)
{
	tunnel_set_wall(n->tunnel, wall_offset_ns);
}

/* --- peers --- */

static peer_id free_slot(const struct node *n)
{
	for (peer_id id = 0; id < n->peers_max; id++)
		if (!n->peers[id].used)
			return id;
	return PEER_NONE;
}

/* Where the peer is reached inside the tunnel: its first host prefix of each family, or the first
 * address of its first prefix. */
static void learn_addresses(struct node_peer_slot *peer, const struct node_peer *cfg)
{
	memset(peer->address, 0, sizeof(peer->address));
	for (size_t i = 0; i < cfg->n_allowed; i++) {
		const struct prefix *p = &cfg->allowed[i];
		struct ip *mine = &peer->address[p->ip.family == 4 ? 0 : 1];
		if (mine->family == 0)
			*mine = p->ip;
	}
	for (size_t i = cfg->n_allowed; i > 0; i--) {
		const struct prefix *p = &cfg->allowed[i - 1];
		if (p->bits == ip_len(&p->ip) * 8)
			peer->address[p->ip.family == 4 ? 0 : 1] = p->ip;
	}
}

/* Somebody tells us of another disco key, so the peer has restarted, and has none of its sessions.
 * When it tells so itself it does so in a session that it has. */
static void learn_disco(struct node *n, peer_id id, const struct paths_peer *told, mono_ns now)
{
	struct paths_peer_status was, is;
	paths_peer_status(n->paths, id, now, &was);
	paths_peer_set(n->paths, id, told, now);
	paths_peer_status(n->paths, id, now, &is);
	if (!key_is_zero(was.disco.b) && !key_equal(was.disco.b, is.disco.b))
		tunnel_peer_reset(n->tunnel, id);
}

enum tunnel_add node_peer_set(struct node *n, const struct node_peer *cfg, mono_ns now, peer_id *id)
{
	peer_id at = tunnel_peer_find(n->tunnel, &cfg->tunnel.key);
	if (at == PEER_NONE) {
		at = free_slot(n);
		if (at == PEER_NONE)
			return TUNNEL_BAD_KEY;
		enum tunnel_add added = tunnel_peer_add(n->tunnel, at, &cfg->tunnel, now);
		if (added != TUNNEL_ADDED)
			return added;
		n->peers[at] = (struct node_peer_slot){.used = true};
	} else {
		tunnel_peer_change(n->tunnel, at, &cfg->tunnel, now);
		tunnel_disallow(n->tunnel, at);
	}
	n->peers[at].key = cfg->tunnel.key;
	n->peers[at].plain = cfg->path.plain;
	learn_addresses(&n->peers[at], cfg);
	for (size_t i = 0; i < cfg->n_allowed; i++)
		if (!tunnel_allow(n->tunnel, at, &cfg->allowed[i]))
			break;
	struct paths_peer path = cfg->path;
	path.key = cfg->tunnel.key;
	learn_disco(n, at, &path, now);
	*id = at;
	return TUNNEL_ADDED;
}

void node_peer_remove(struct node *n, peer_id id)
{
	if (id >= n->peers_max || !n->peers[id].used)
		return;
	tunnel_peer_remove(n->tunnel, id);
	paths_peer_remove(n->paths, id);
	heap_set(&n->adverts, id, MONO_NEVER);
	n->peers[id] = (struct node_peer_slot){0};
}

peer_id node_peer_find(const struct node *n, const struct node_key *key)
{
	return tunnel_peer_find(n->tunnel, key);
}

/* --- time --- */

mono_ns node_deadline(const struct node *n)
{
	mono_ns first = mono_min(tunnel_deadline(n->tunnel), paths_deadline(n->paths));
	first = mono_min(first, checks_deadline(n));
	first = mono_min(first, nat64_deadline(&n->nat64));
	return mono_min(first, mono_min(relays_deadline(n), heap_first(&n->adverts)));
}

void node_tick(struct node *n, mono_ns now)
{
	node_begin(n);
	node_nat64_tick(n, now);
	tunnel_tick(n->tunnel, now);
	paths_tick(n->paths, now);
	checks_tick(n, now);
	relays_tick(n, now);
	advert_tick(n, now);
}

void node_udp_unreachable(struct node *n, const struct endpoint *ep, mono_ns now)
{
	struct endpoint known = nat64_in(&n->nat64, ep);
	paths_on_unreachable(n->paths, &known, now);
}

bool node_ping(struct node *n, peer_id id, mono_ns now)
{
	node_begin(n);
	if (id >= n->peers_max || !n->peers[id].used || n->peers[id].plain)
		return false;
	/* Without its disco key: a session brings it, and the ping follows. */
	n->peers[id].ping_wanted = !paths_ping(n->paths, id, now);
	if (n->peers[id].ping_wanted)
		tunnel_handshake(n->tunnel, id, now);
	return true;
}

/* --- what may be asked --- */

bool node_peer_status(const struct node *n, peer_id id, mono_ns now, struct node_peer_status *out)
{
	if (id >= n->peers_max || !n->peers[id].used)
		return false;
	*out = (struct node_peer_status){.key = n->peers[id].key,
					 .lost_no_way = n->peers[id].lost_no_way};
	tunnel_peer_status(n->tunnel, id, &out->tunnel);
	paths_peer_status(n->paths, id, now, &out->path);
	return true;
}

bool node_peer_facts(const struct node *n, peer_id id, mono_ns now, struct path_facts *out)
{
	if (id >= n->peers_max || !n->peers[id].used)
		return false;
	paths_facts(n->paths, id, now, out);
	return true;
}

const struct candidates *node_candidates(const struct node *n)
{
	return paths_candidates(n->paths);
}

const struct disco_key *node_disco_key(const struct node *n)
{
	return paths_disco_key(n->paths);
}

const struct tunnel_stats *node_tunnel_stats(const struct node *n)
{
	return tunnel_stats(n->tunnel);
}

const struct paths_stats *node_paths_stats(const struct node *n)
{
	return paths_stats(n->paths);
}

const struct node_stats *node_stats(const struct node *n)
{
	return &n->stats;
}

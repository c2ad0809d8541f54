#include "sim/sim_node.h"

/* 2020-01-01.  Time stamps of handshakes grow with virtual time, over restarts too. */
static const uint64_t wall_offset_ns = 1577836800ull * SECOND;

/* --- the machine that the pump drives --- */

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct sim_node *n = self;
	bool more = node_drain(n->node, &n->out, now);
	*out = n->out->net;
	return more;
}

static void deliver(void *self, mono_ns now)
{
	struct sim_node *n = self;
	for (size_t i = 0; i < n->out->n_tun && n->observer.packet; i++)
		n->observer.packet(n->observer.self, n, packet_bytes(&n->out->tun[i]),
				   &n->net.arriving, now);
}

static mono_ns deadline(const void *self)
{
	const struct sim_node *n = self;
	return node_deadline(n->node);
}

static void on_datagram(void *self, struct datagram *d, mono_ns now)
{
	struct sim_node *n = self;
	node_from_udp(n->node, d, 1, now);
}

static void on_tick(void *self, mono_ns now)
{
	struct sim_node *n = self;
	node_tick(n->node, now);
}

static void on_event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct sim_node *n = self;
	if (n->observer.event)
		n->observer.event(n->observer.self, n, ev, now);
}

void sim_node_tun(struct sim_node *n, struct bytes packet, mono_ns now)
{
	struct packet p;
	if (!sim_reach_packet(&n->net, &p, packet))
		return;
	node_from_tun(n->node, &p, 1, now);
	sim_reach_pump(&n->net, now);
}

/* --- its life --- */

void sim_node_init(struct sim_node *n, struct box *box, const char *name, const struct ip *address,
		   uint16_t port, const struct rng *rng)
{
	static const struct pump_machine machine = {
		.drain = drain, .deliver = deliver, .deadline = deadline};
	const struct sim_reach_owner owner = {.machine = &machine,
					      .datagram = on_datagram,
					      .tick = on_tick,
					      .event = on_event,
					      .self = n};
	*n = (struct sim_node){.name = name, .address = *address};
	sim_reach_init(&n->net, box, port, rng, &owner);
	key_generate(n->key.b, rng);
	key_public(n->public.b, n->key.b);
}

void sim_node_fini(struct sim_node *n)
{
	if (n->node)
		node_free(n->node);
	n->node = NULL;
	sim_reach_fini(&n->net);
}

void sim_node_add_peer(struct sim_node *n, struct sim_node *peer, uint16_t home)
{
	if (n->n_peers < SIM_NODE_PEERS_MAX)
		n->peers[n->n_peers++] = (struct sim_peer){peer, home, PEER_NONE};
}

static bool set_peer(struct sim_node *n, struct sim_peer *p, mono_ns now)
{
	struct prefix allowed =
		prefix_of(&p->node->address, p->node->address.family == 4 ? 32 : 128);
	const struct netmap_peer peer = {
		.key = p->node->public, .home = p->home, .allowed = &allowed, .n_allowed = 1};
	const struct netmap_change change = {.now = &peer};
	return node_peer_set(n->node, &change, now, &p->id) == TUNNEL_ADDED;
}

void sim_node_start(struct sim_node *n, mono_ns now)
{
	struct node_config cfg = {.key = n->key,
				  .rng = n->net.rng,
				  .wall_offset_ns = wall_offset_ns,
				  .peers_max = SIM_NODE_PEERS_MAX,
				  .port = n->net.port};
	sim_node_fini(n);
	n->node = node_new(&cfg, now);
	node_set_addresses(n->node, &n->address, 1);
	sim_reach_start(&n->net, node_reach(n->node), now);
	for (size_t i = 0; i < n->n_peers; i++)
		if (!set_peer(n, &n->peers[i], now))
			n->net.spins = true;
	sim_reach_pump(&n->net, now);
}

void sim_node_stop(struct sim_node *n, mono_ns now)
{
	sim_reach_stop(&n->net, now);
	sim_node_fini(n);
}

void sim_node_netcheck(struct sim_node *n, bool full, mono_ns now)
{
	reach_netcheck(n->net.reach, full, now);
	sim_reach_pump(&n->net, now);
}

void sim_node_lifetime(struct sim_node *n, mono_ns longest, mono_ns now)
{
	reach_lifetime_begin(n->net.reach, longest, now);
	sim_reach_pump(&n->net, now);
}

bool sim_node_peer_status(struct sim_node *n, const struct sim_node *peer, mono_ns now,
			  struct node_peer_status *out)
{
	for (size_t i = 0; i < n->n_peers; i++)
		if (n->peers[i].node == peer && n->node)
			return node_peer_status(n->node, n->peers[i].id, now, out);
	return false;
}

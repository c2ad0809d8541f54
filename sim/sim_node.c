#include "sim/sim_node.h"

#include <string.h>

#include "wire/pcp.h"

enum {
	INTERFACE_BITS_4 = 24,
	INTERFACE_BITS_6 = 64,
	REFUSED_MAX = 8,
	NAT64_LIFETIME_S = 65528,
	RELAY_STREAM_CHUNK = 1 << 16,
	LOOKUP_TTL_S = 3600
};

#define UPNP_TAKES (100 * MSEC) /* discovery, description, a call */
#define DNS_TAKES  (30 * MSEC)

/* 2020-01-01: handshake stamps grow over restarts as virtual time does. */
static const uint64_t wall_offset_ns = 1577836800ull * SECOND;

static void pump(struct sim_node *n, mono_ns now);

/* --- streams to the relays --- */

static size_t slot_of_region(const struct sim_node *n, uint16_t region)
{
	size_t i = 0;
	while (i < n->n_relays && n->relays[i]->region != region)
		i++;
	return i;
}

static bool slot_of_pipe(const struct sim_node *n, const struct pipe *p, size_t *i)
{
	for (*i = 0; *i < n->n_relays; (*i)++)
		if (n->pipes[*i] == p)
			return true;
	return false;
}

static void on_stream_up(void *self, struct pipe *p, mono_ns now)
{
	struct sim_node *n = self;
	size_t i;
	if (n->asleep || !slot_of_pipe(n, p, &i))
		return;
	n->up[i] = true;
	const struct sim_relay *r = n->relays[i];
	struct node_key key;
	key_public(key.b, r->key.b);
	node_stream_up(n->node, r->region, r->fast_start ? &key : NULL, now);
	pump(n, now);
}

static void on_stream_bytes(void *self, struct pipe *p, struct bytes b, mono_ns now)
{
	struct sim_node *n = self;
	size_t i;
	if (n->asleep || !slot_of_pipe(n, p, &i))
		return;
	n->arriving = way_relay(n->relays[i]->region);
	node_from_stream(n->node, n->relays[i]->region, b, now);
	pump(n, now);
}

static void on_stream_down(void *self, struct pipe *p, const char *why, mono_ns now)
{
	struct sim_node *n = self;
	size_t i;
	if (n->asleep || !slot_of_pipe(n, p, &i))
		return;
	n->pipes[i] = NULL;
	n->up[i] = false;
	node_stream_down(n->node, n->relays[i]->region, why, now);
	pump(n, now);
}

static void hangup(struct sim_node *n, size_t i, mono_ns now)
{
	if (n->pipes[i])
		pipe_close(n->pipes[i], PIPE_CLIENT, now);
	n->pipes[i] = NULL;
	n->up[i] = false;
}

/* By an address of the same family, or through the NAT64 of the network. */
static bool has_way_to(const struct sim_node *n, const struct box *server)
{
	for (size_t i = 0; i < server->n_addresses; i++) {
		const struct ip *ip = &server->addresses[i];
		const struct prefix *p = node_nat64(n->node);
		if (box_source(box_way_out(n->box, ip), ip) || (p && nat64_translates(p, ip)))
			return true;
	}
	return false;
}

static void dial(struct sim_node *n, size_t i, mono_ns now)
{
	struct pipe_owner owner = {
		.up = on_stream_up, .bytes = on_stream_bytes, .down = on_stream_down, .self = n};
	hangup(n, i, now);
	if (!has_way_to(n, n->relays[i]->box)) {
		node_stream_down(n->node, n->relays[i]->region, "network is unreachable", now);
		return;
	}
	n->pipes[i] = pipe_open(n->box, n->relays[i]->box, sim_relay_round_trips(n->relays[i]),
				&owner, now);
}

static void write_stream(struct sim_node *n, size_t i, mono_ns now)
{
	static uint8_t buf[RELAY_STREAM_CHUNK];
	size_t len;
	while (n->up[i] &&
	       (len = node_to_stream(n->node, n->relays[i]->region, buf, sizeof(buf), now)) > 0)
		pipe_write(n->pipes[i], PIPE_CLIENT, (struct bytes){buf, len}, now);
}

/* --- the loop --- */

/* --- UPnP: what a real node has a thread for --- */

static void upnp_answered(void *self, void *arg, mono_ns now)
{
	struct sim_node *n = self;
	if (!n->node)
		return;
	struct upnp_report r = gateway_upnp(n->gateway, arg, now);
	node_upnp_report(n->node, &r, now);
	pump(n, now);
}

static void ask_upnp(struct sim_node *n, const struct upnp_ask *ask, mono_ns now)
{
	if (!n->gateway)
		return;
	struct upnp_ask *copy = sim_alloc(sizeof(*copy));
	*copy = *ask;
	events_at(n->box->net->events, now + UPNP_TAKES, upnp_answered, n, copy);
}

/* --- DNS --- */

/* As the DNS64 of the network says: the NAT64 above the host made the address. */
static void answer_lookup64(void *self, void *arg, mono_ns now)
{
	struct sim_node *n = self;
	const struct box *b = n->box;
	struct ip well_known = ip_v4(192, 0, 0, 170), answer = {0};
	if (!n->node || n->asleep)
		return;
	while (b && !b->nat64)
		b = b->parent;
	if (b)
		answer = nat64_embed(&b->nat64_prefix, &well_known);
	node_nat64_answer(n->node, &answer, b ? 1 : 0, LOOKUP_TTL_S, false, now);
	pump(n, now);
}

static void act_on_event(struct sim_node *n, const struct node_event *ev, mono_ns now)
{
	size_t i = slot_of_region(n, ev->region);
	switch (ev->kind) {
	case NODE_DIAL:
		if (i < n->n_relays)
			dial(n, i, now);
		break;
	case NODE_HANGUP:
		if (i < n->n_relays)
			hangup(n, i, now);
		break;
	case NODE_UPNP:
		ask_upnp(n, &ev->upnp, now);
		break;
	case NODE_RELAY:
	case NODE_PATH:
	case NODE_SESSION:
	case NODE_SELF:
	case NODE_NETCHECK:
	case NODE_NAT64:
		break;
	case NODE_LOOKUP64:
		events_at(n->box->net->events, now + DNS_TAKES, answer_lookup64, n, NULL);
		break;
	}
	if (n->observer.event)
		n->observer.event(n->observer.self, n, ev, now);
}

/* --- sockets --- */

enum { EPHEMERAL_LOW = 32768, EPHEMERAL_PORTS = 28232 };

static bool port_is_free(const struct sim_node *n, uint16_t port)
{
	for (size_t i = 0; i < n->n_sockets; i++)
		if (n->sockets[i].port == port)
			return false;
	return port != n->port;
}

static void open_socket(struct sim_node *n, uint16_t number)
{
	uint16_t port;
	do
		port = (uint16_t)(EPHEMERAL_LOW + rng_below(&n->rng, EPHEMERAL_PORTS));
	while (!port_is_free(n, port));
	n->sockets[n->n_sockets++] = (struct sim_socket){number, port};
}

static uint16_t port_of_socket(const struct sim_node *n, uint16_t number)
{
	for (size_t i = 0; i < n->n_sockets; i++)
		if (n->sockets[i].number == number)
			return n->sockets[i].port;
	return number == 0 ? n->port : 0;
}

static bool socket_of_port(const struct sim_node *n, uint16_t port, uint16_t *number)
{
	*number = 0;
	for (size_t i = 0; i < n->n_sockets && *number == 0; i++)
		if (n->sockets[i].port == port)
			*number = n->sockets[i].number;
	return *number != 0 || port == n->port;
}

static void follow_sockets(struct sim_node *n)
{
	const struct socket_wish *w = node_sockets(n->node);
	if (w->version == n->sockets_version)
		return;
	n->sockets_version = w->version;
	for (size_t i = 0; i < n->n_sockets;) {
		if (!socket_wished(w, n->sockets[i].number))
			n->sockets[i] = n->sockets[--n->n_sockets];
		else
			i++;
	}
	for (size_t i = 0; i < w->n; i++)
		if (port_of_socket(n, w->v[i]) == 0)
			open_socket(n, w->v[i]);
}

/* False: there is no way there at all. */
static bool send_datagram(struct sim_node *n, const struct datagram *d, mono_ns now)
{
	uint16_t port = port_of_socket(n, d->socket);
	if (port != 0)
		flows_note(&n->flows, port, &d->at, now);
	if (d->dont_fragment)
		return port == 0 ||
		       net_send_whole(n->box, port, &d->at, packet_bytes(&d->packet), now);
	return port == 0 || net_send(n->box, port, &d->at, packet_bytes(&d->packet), now);
}

/* The node may not be called while its effects are looked at: what was refused is told afterwards.
 */
static void act_on_drain(struct sim_node *n, const struct node_out *out, mono_ns now)
{
	struct endpoint refused[REFUSED_MAX];
	size_t n_refused = 0;
	for (size_t i = 0; i < out->n_udp; i++)
		if (!send_datagram(n, &out->udp[i], now) && n_refused < REFUSED_MAX)
			refused[n_refused++] = out->udp[i].at;
	for (size_t i = 0; i < out->n_tun && n->observer.packet; i++)
		n->observer.packet(n->observer.self, n, packet_bytes(&out->tun[i]), &n->arriving,
				   now);
	for (size_t i = 0; i < n_refused; i++)
		node_udp_unreachable(n->node, &refused[i], now);
}

static bool turns_left(struct sim_node *n, mono_ns now)
{
	if (n->moment != now)
		n->turns = 0;
	n->moment = now;
	n->spins |= ++n->turns > SIM_NODE_TURNS_MAX;
	return !n->spins;
}

static void pump(struct sim_node *n, mono_ns now)
{
	const struct node_out *out;
	struct node_event ev;
	bool more = true;
	while (more && turns_left(n, now)) {
		more = node_drain(n->node, &out, now);
		follow_sockets(n);
		if (more)
			act_on_drain(n, out, now);
		while (node_event(n->node, &ev)) {
			more = true;
			act_on_event(n, &ev, now);
		}
		for (size_t i = 0; i < n->n_relays; i++)
			write_stream(n, i, now);
	}
	n->arriving = (struct way){.kind = WAY_NONE};
	if (!n->spins)
		alarm_set(&n->alarm, node_deadline(n->node));
}

static void on_alarm(void *self, mono_ns now)
{
	struct sim_node *n = self;
	if (!n->node || n->asleep)
		return;
	node_tick(n->node, now);
	pump(n, now);
}

static void on_datagram(void *self, const struct net_datagram *d, mono_ns now)
{
	struct sim_node *n = self;
	struct datagram in = {.packet = packet_in(n->memory, sizeof(n->memory), PACKET_HEADROOM),
			      .at = d->src};
	if (n->node && !n->asleep && d->dst.port == PCP_ANNOUNCE_PORT) {
		(void)node_gateway_announced(n->node, &d->src, (struct bytes){d->b, d->n}, now);
		pump(n, now);
		return;
	}
	if (!n->node || n->asleep || !socket_of_port(n, d->dst.port, &in.socket))
		return;
	uint8_t *to = packet_append(&in.packet, d->n);
	if (!to)
		return;
	memcpy(to, d->b, d->n);
	n->arriving = way_udp_by(&d->src, in.socket);
	node_from_udp(n->node, &in, 1, now);
	pump(n, now);
}

void sim_node_tun(struct sim_node *n, struct bytes packet, mono_ns now)
{
	struct packet p = packet_in(n->memory, sizeof(n->memory), PACKET_HEADROOM);
	uint8_t *to = packet_append(&p, packet.n);
	if (!n->node || n->asleep || !to)
		return;
	memcpy(to, packet.p, packet.n);
	node_from_tun(n->node, &p, 1, now);
	pump(n, now);
}

/* --- what it is set to --- */

void sim_node_init(struct sim_node *n, struct box *box, const char *name, const struct ip *address,
		   uint16_t port, const struct rng *rng)
{
	*n = (struct sim_node){.name = name,
			       .box = box,
			       .address = *address,
			       .port = port,
			       .rng = *rng,
			       .hard.enabled = true};
	n->alarm = alarm_of(box->net->events, on_alarm, n);
	key_generate(n->key.b, rng);
	key_public(n->public.b, n->key.b);
	box_attach(box, &(struct box_owner){.receive = on_datagram, .self = n});
}

void sim_node_fini(struct sim_node *n)
{
	if (n->node)
		node_free(n->node);
	n->node = NULL;
	n->n_sockets = 0;
	n->sockets_version = 0;
	flows_fini(&n->flows);
}

void sim_node_add_relay(struct sim_node *n, struct sim_relay *r)
{
	if (n->n_relays < SIM_NODE_RELAYS_MAX)
		n->relays[n->n_relays++] = r;
}

void sim_node_add_peer(struct sim_node *n, struct sim_node *peer, uint16_t home)
{
	if (n->n_peers < SIM_NODE_PEERS_MAX)
		n->peers[n->n_peers++] = (struct sim_peer){peer, home, PEER_NONE};
}

static void set_interfaces(struct sim_node *n, mono_ns now)
{
	struct ip ips[2 * BOX_ADDRESSES_MAX];
	struct own_address v[2 * BOX_ADDRESSES_MAX];
	size_t count = box_addresses(n->box, ips);
	for (size_t i = 0; i < count; i++)
		v[i] = (struct own_address){.ip = ips[i],
					    .bits = ips[i].family == 4 ? INTERFACE_BITS_4
								       : INTERFACE_BITS_6};
	node_set_interfaces(n->node, v, count, now);
}

static void set_relays(struct sim_node *n, mono_ns now)
{
	struct relay_place v[SIM_NODE_RELAYS_MAX] = {0};
	for (size_t i = 0; i < n->n_relays; i++) {
		v[i].region = n->relays[i]->region;
		for (size_t k = 0; k < n->relays[i]->box->n_addresses; k++) {
			const struct ip *ip = &n->relays[i]->box->addresses[k];
			struct endpoint *stun = ip->family == 4 ? &v[i].stun4 : &v[i].stun6;
			if (stun->port == 0)
				*stun = (struct endpoint){*ip, 3478};
		}
	}
	node_set_relays(n->node, v, n->n_relays, now);
}

static bool set_peer(struct sim_node *n, struct sim_peer *p, mono_ns now)
{
	struct prefix allowed =
		prefix_of(&p->node->address, p->node->address.family == 4 ? 32 : 128);
	struct node_peer cfg = {.tunnel = {.key = p->node->public},
				.path = {.home = p->home},
				.allowed = &allowed,
				.n_allowed = 1};
	return node_peer_set(n->node, &cfg, now, &p->id) == TUNNEL_ADDED;
}

static void set_gateways(struct sim_node *n, mono_ns now)
{
	if (!n->gateway)
		return;
	const struct uplink v[] = {{.gateway = n->gateway->inside, .self = n->inside},
				   {.gateway = n->gateway->inside6, .self = n->inside6}};
	node_set_gateways(n->node, v, n->inside6.family ? 2 : 1, now);
}

void sim_node_start(struct sim_node *n, mono_ns now)
{
	struct node_config cfg = {.key = n->key,
				  .rng = n->rng,
				  .wall_offset_ns = wall_offset_ns,
				  .peers_max = SIM_NODE_PEERS_MAX,
				  .port = n->port};
	sim_node_fini(n);
	n->node = node_new(&cfg, now);
	node_set_addresses(n->node, &n->address, 1);
	node_set_hard(n->node, &n->hard, now);
	set_interfaces(n, now);
	set_relays(n, now);
	set_gateways(n, now);
	if (n->nat64.ip.family)
		node_nat64_advertised(n->node, &n->nat64, NAT64_LIFETIME_S, now);
	for (size_t i = 0; i < n->n_peers; i++)
		if (!set_peer(n, &n->peers[i], now))
			n->spins = true;
	pump(n, now);
}

void sim_node_stop(struct sim_node *n, mono_ns now)
{
	for (size_t i = 0; i < n->n_relays; i++)
		hangup(n, i, now);
	sim_node_fini(n);
}

/* As the program does: a stream from an address that is gone is dead, and need not be asked. */
static void drop_lost_streams(struct sim_node *n, mono_ns now)
{
	for (size_t i = 0; i < n->n_relays; i++) {
		if (!n->pipes[i] || pipe_has_address(n->pipes[i]))
			continue;
		hangup(n, i, now);
		node_stream_down(n->node, n->relays[i]->region, "its local address is gone", now);
	}
}

void sim_node_address_changed(struct sim_node *n, mono_ns now)
{
	drop_lost_streams(n, now);
	set_interfaces(n, now);
	pump(n, now);
}

void sim_node_netcheck(struct sim_node *n, bool full, mono_ns now)
{
	node_netcheck(n->node, full, now);
	pump(n, now);
}

void sim_node_lifetime(struct sim_node *n, mono_ns longest, mono_ns now)
{
	node_lifetime_begin(n->node, longest, now);
	pump(n, now);
}

void sim_node_link_changed(struct sim_node *n, mono_ns now)
{
	node_link_changed(n->node, now);
	pump(n, now);
}

void sim_node_sleep(struct sim_node *n)
{
	n->asleep = true;
	n->box->off = true;
}

void sim_node_wake(struct sim_node *n, mono_ns slept, mono_ns now)
{
	n->asleep = false;
	n->box->off = false;
	node_slept(n->node, slept, now);
	node_tick(n->node, now);
	pump(n, now);
}

bool sim_node_peer_status(struct sim_node *n, const struct sim_node *peer, mono_ns now,
			  struct node_peer_status *out)
{
	for (size_t i = 0; i < n->n_peers; i++)
		if (n->peers[i].node == peer && n->node)
			return node_peer_status(n->node, n->peers[i].id, now, out);
	return false;
}

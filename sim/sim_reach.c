#include "sim/sim_reach.h"

#include <string.h>

#include "wire/pcp.h"

enum {
	INTERFACE_BITS_4 = 24,
	INTERFACE_BITS_6 = 64,
	NAT64_LIFETIME_S = 65528,
	RELAY_STREAM_CHUNK = 1 << 16,
	LOOKUP_TTL_S = 3600
};

#define UPNP_TAKES (100 * MSEC) /* discovery, description, a call */
#define DNS_TAKES  (30 * MSEC)

/* --- streams to the relays --- */

static size_t slot_of_region(const struct sim_reach *n, uint16_t region)
{
	size_t i = 0;
	while (i < n->n_relays && n->relays[i]->region != region)
		i++;
	return i;
}

static bool slot_of_pipe(const struct sim_reach *n, const struct pipe *p, size_t *i)
{
	for (*i = 0; *i < n->n_relays; (*i)++)
		if (n->pipes[*i] == p)
			return true;
	return false;
}

static void on_stream_up(void *self, struct pipe *p, mono_ns now)
{
	struct sim_reach *n = self;
	size_t i;
	if (n->asleep || !slot_of_pipe(n, p, &i))
		return;
	n->up[i] = true;
	const struct sim_relay *r = n->relays[i];
	struct node_key key;
	key_public(key.b, r->key.b);
	reach_stream_up(n->reach, r->region, r->fast_start ? &key : NULL, now);
	sim_reach_pump(n, now);
}

static void on_stream_bytes(void *self, struct pipe *p, struct bytes b, mono_ns now)
{
	struct sim_reach *n = self;
	size_t i;
	if (n->asleep || !slot_of_pipe(n, p, &i))
		return;
	n->arriving = way_relay(n->relays[i]->region);
	reach_from_stream(n->reach, n->relays[i]->region, b, now);
	sim_reach_pump(n, now);
}

static void on_stream_down(void *self, struct pipe *p, const char *why, mono_ns now)
{
	struct sim_reach *n = self;
	size_t i;
	if (n->asleep || !slot_of_pipe(n, p, &i))
		return;
	n->pipes[i] = NULL;
	n->up[i] = false;
	reach_stream_down(n->reach, n->relays[i]->region, why, now);
	sim_reach_pump(n, now);
}

static void hangup(struct sim_reach *n, size_t i, mono_ns now)
{
	if (n->pipes[i])
		pipe_close(n->pipes[i], PIPE_CLIENT, now);
	n->pipes[i] = NULL;
	n->up[i] = false;
}

/* By an address of the same family, or through the NAT64 of the network. */
static bool has_way_to(const struct sim_reach *n, const struct box *server)
{
	for (size_t i = 0; i < server->n_addresses; i++) {
		const struct ip *ip = &server->addresses[i];
		const struct prefix *p = reach_nat64(n->reach);
		if (box_source(box_way_out(n->box, ip), ip) || (p && nat64_translates(p, ip)))
			return true;
	}
	return false;
}

static void dial(struct sim_reach *n, size_t i, mono_ns now)
{
	struct pipe_owner owner = {
		.up = on_stream_up, .bytes = on_stream_bytes, .down = on_stream_down, .self = n};
	hangup(n, i, now);
	if (!has_way_to(n, n->relays[i]->box)) {
		reach_stream_down(n->reach, n->relays[i]->region, "network is unreachable", now);
		return;
	}
	n->pipes[i] = pipe_open(n->box, n->relays[i]->box, sim_relay_round_trips(n->relays[i]),
				&owner, now);
}

static bool write_stream(struct sim_reach *n, size_t i, mono_ns now)
{
	static uint8_t buf[RELAY_STREAM_CHUNK];
	size_t len;
	bool any = false;
	while (n->up[i] &&
	       (len = reach_to_stream(n->reach, n->relays[i]->region, buf, sizeof(buf), now)) > 0) {
		pipe_write(n->pipes[i], PIPE_CLIENT, (struct bytes){buf, len}, now);
		any = true;
	}
	return any;
}

/* --- UPnP, for which a real node has a process --- */

static void upnp_answered(void *self, void *arg, mono_ns now)
{
	struct sim_reach *n = self;
	if (!n->reach)
		return;
	struct upnp_report r = gateway_upnp(n->gateway, arg, now);
	reach_upnp_report(n->reach, &r, now);
	sim_reach_pump(n, now);
}

static void ask_upnp(struct sim_reach *n, const struct upnp_ask *ask, mono_ns now)
{
	if (!n->gateway)
		return;
	struct upnp_ask *copy = sim_alloc(sizeof(*copy));
	*copy = *ask;
	events_at(n->box->net->events, now + UPNP_TAKES, upnp_answered, n, copy);
}

/* --- DNS --- */

/* The DNS64 of the network answers, with the prefix of the NAT64 above the host. */
static void answer_lookup64(void *self, void *arg, mono_ns now)
{
	struct sim_reach *n = self;
	const struct box *b = n->box;
	struct ip well_known = ip_v4(192, 0, 0, 170), answer = {0};
	if (!n->reach || n->asleep)
		return;
	while (b && !b->nat64)
		b = b->parent;
	if (b)
		answer = nat64_embed(&b->nat64_prefix, &well_known);
	reach_nat64_answer(n->reach, &answer, b ? 1 : 0, LOOKUP_TTL_S, false, now);
	sim_reach_pump(n, now);
}

/* --- sockets --- */

enum { EPHEMERAL_LOW = 32768, EPHEMERAL_PORTS = 28232 };

static bool port_is_free(const struct sim_reach *n, uint16_t port)
{
	for (size_t i = 0; i < n->n_sockets; i++)
		if (n->sockets[i].port == port)
			return false;
	return port != n->port;
}

static void open_socket(struct sim_reach *n, uint16_t number)
{
	uint16_t port;
	do
		port = (uint16_t)(EPHEMERAL_LOW + rng_below(&n->rng, EPHEMERAL_PORTS));
	while (!port_is_free(n, port));
	n->sockets[n->n_sockets++] = (struct sim_socket){number, port};
}

static uint16_t port_of_socket(const struct sim_reach *n, uint16_t number)
{
	for (size_t i = 0; i < n->n_sockets; i++)
		if (n->sockets[i].number == number)
			return n->sockets[i].port;
	return number == 0 ? n->port : 0;
}

static bool socket_of_port(const struct sim_reach *n, uint16_t port, uint16_t *number)
{
	*number = 0;
	for (size_t i = 0; i < n->n_sockets && *number == 0; i++)
		if (n->sockets[i].port == port)
			*number = n->sockets[i].number;
	return *number != 0 || port == n->port;
}

/* --- effects of the pump --- */

static void follow(void *self, const struct socket_wish *w)
{
	struct sim_reach *n = self;
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

/* False: the host has no way to that address. */
static bool send_datagram(struct sim_reach *n, const struct datagram *d, mono_ns now)
{
	uint16_t port = port_of_socket(n, d->socket);
	if (port != 0)
		flows_note(&n->flows, port, &d->at, now);
	if (d->dont_fragment)
		return port == 0 ||
		       net_send_whole(n->box, port, &d->at, packet_bytes(&d->packet), now);
	return port == 0 || net_send(n->box, port, &d->at, packet_bytes(&d->packet), now);
}

static void send_all(void *self, const struct datagram *v, size_t count,
		     struct pump_refused *refused, mono_ns now)
{
	struct sim_reach *n = self;
	for (size_t i = 0; i < count; i++)
		if (!send_datagram(n, &v[i], now) && refused->n < PUMP_REFUSED_MAX)
			refused->v[refused->n++] = v[i].at;
}

static bool fill(void *self, mono_ns now)
{
	struct sim_reach *n = self;
	bool any = false;
	for (size_t i = 0; i < n->n_relays; i++)
		any |= write_stream(n, i, now);
	return any;
}

static void on_event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct sim_reach *n = self;
	size_t i = slot_of_region(n, ev->region);
	switch (ev->kind) {
	case REACH_DIAL:
		if (i < n->n_relays)
			dial(n, i, now);
		break;
	case REACH_HANGUP:
		if (i < n->n_relays)
			hangup(n, i, now);
		break;
	case REACH_UPNP:
		ask_upnp(n, &ev->upnp, now);
		break;
	case REACH_LOOKUP64:
		events_at(n->box->net->events, now + DNS_TAKES, answer_lookup64, n, NULL);
		break;
	case REACH_RELAY:
	case REACH_PATH:
	case REACH_SELF:
	case REACH_NETCHECK:
	case REACH_NAT64:
		break;
	}
	if (n->owner.event)
		n->owner.event(n->owner.self, ev, now);
}

static void arm(void *self, mono_ns deadline)
{
	struct sim_reach *n = self;
	if (!n->spins)
		alarm_set(&n->alarm, deadline);
}

static const struct pump_effects effects = {
	.follow = follow, .send = send_all, .fill = fill, .event = on_event, .arm = arm};

void sim_reach_pump(struct sim_reach *n, mono_ns now)
{
	if (n->moment != now)
		n->turns = 0;
	n->moment = now;
	n->spins |= ++n->turns > SIM_TURNS_MAX;
	if (!n->spins && !pump_settle(&n->pump, SIM_TURNS_MAX, now))
		n->spins = true;
	n->arriving = (struct way){.kind = WAY_NONE};
}

static void on_alarm(void *self, mono_ns now)
{
	struct sim_reach *n = self;
	if (!n->reach || n->asleep)
		return;
	n->owner.tick(n->owner.self, now);
	sim_reach_pump(n, now);
}

uint8_t *sim_reach_packet(struct sim_reach *n, struct packet *p, struct bytes b)
{
	*p = packet_in(n->memory, sizeof(n->memory), PACKET_HEADROOM);
	uint8_t *to = n->reach && !n->asleep ? packet_append(p, b.n) : NULL;
	if (to)
		memcpy(to, b.p, b.n);
	return to;
}

static void on_datagram(void *self, const struct net_datagram *d, mono_ns now)
{
	struct sim_reach *n = self;
	struct datagram in = {.at = d->src};
	if (n->reach && !n->asleep && d->dst.port == PCP_ANNOUNCE_PORT) {
		(void)reach_gateway_announced(n->reach, &d->src, (struct bytes){d->b, d->n}, now);
		sim_reach_pump(n, now);
		return;
	}
	if (!n->reach || n->asleep || !socket_of_port(n, d->dst.port, &in.socket) ||
	    !sim_reach_packet(n, &in.packet, (struct bytes){d->b, d->n}))
		return;
	n->arriving = way_udp_by(&d->src, in.socket);
	n->owner.datagram(n->owner.self, &in, now);
	sim_reach_pump(n, now);
}

/* --- what it is set to --- */

void sim_reach_init(struct sim_reach *n, struct box *box, uint16_t port, const struct rng *rng,
		    const struct sim_reach_owner *owner)
{
	*n = (struct sim_reach){
		.box = box, .port = port, .rng = *rng, .owner = *owner, .hard.enabled = true};
	n->alarm = alarm_of(box->net->events, on_alarm, n);
	box_attach(box, &(struct box_owner){.receive = on_datagram, .self = n});
}

void sim_reach_fini(struct sim_reach *n)
{
	n->reach = NULL;
	n->n_sockets = 0;
	flows_fini(&n->flows);
}

void sim_reach_add_relay(struct sim_reach *n, struct sim_relay *r)
{
	if (n->n_relays < SIM_RELAYS_MAX)
		n->relays[n->n_relays++] = r;
}

static void set_interfaces(struct sim_reach *n, mono_ns now)
{
	struct ip ips[2 * BOX_ADDRESSES_MAX];
	struct own_address v[2 * BOX_ADDRESSES_MAX];
	size_t count = box_addresses(n->box, ips);
	for (size_t i = 0; i < count; i++)
		v[i] = (struct own_address){.ip = ips[i],
					    .bits = ips[i].family == 4 ? INTERFACE_BITS_4
								       : INTERFACE_BITS_6};
	reach_set_interfaces(n->reach, v, count, now);
}

static void set_relays(struct sim_reach *n, mono_ns now)
{
	struct relay_place v[SIM_RELAYS_MAX] = {0};
	for (size_t i = 0; i < n->n_relays; i++) {
		v[i].region = n->relays[i]->region;
		for (size_t k = 0; k < n->relays[i]->box->n_addresses; k++) {
			const struct ip *ip = &n->relays[i]->box->addresses[k];
			struct endpoint *stun = ip->family == 4 ? &v[i].stun4 : &v[i].stun6;
			if (stun->port == 0)
				*stun = (struct endpoint){*ip, 3478};
		}
	}
	reach_set_relays(n->reach, v, n->n_relays, n->n_relays ? v[0].region : 0, now);
}

static void set_uplinks(struct sim_reach *n, mono_ns now)
{
	if (!n->gateway)
		return;
	const struct uplink v[] = {{.gateway = n->gateway->inside, .self = n->inside},
				   {.gateway = n->gateway->inside6, .self = n->inside6}};
	reach_set_uplinks(n->reach, v, n->inside6.family ? 2 : 1, now);
}

void sim_reach_start(struct sim_reach *n, struct reach *reach, mono_ns now)
{
	n->reach = reach;
	n->pump = (struct pump){.reach = reach,
				.machine = n->owner.machine,
				.machine_self = n->owner.self,
				.effects = &effects,
				.effects_self = n};
	reach_set_hard(reach, &n->hard, now);
	set_interfaces(n, now);
	set_relays(n, now);
	set_uplinks(n, now);
	if (n->nat64.ip.family)
		reach_nat64_advertised(reach, &n->nat64, NAT64_LIFETIME_S, now);
}

void sim_reach_stop(struct sim_reach *n, mono_ns now)
{
	for (size_t i = 0; i < n->n_relays; i++)
		hangup(n, i, now);
}

/* As the program does: a stream from an address that is gone is dead, so it is closed at once. */
static void drop_lost_streams(struct sim_reach *n, mono_ns now)
{
	for (size_t i = 0; i < n->n_relays; i++) {
		if (!n->pipes[i] || pipe_has_address(n->pipes[i]))
			continue;
		hangup(n, i, now);
		reach_stream_down(n->reach, n->relays[i]->region, "its local address is gone", now);
	}
}

void sim_reach_address_changed(struct sim_reach *n, mono_ns now)
{
	drop_lost_streams(n, now);
	set_interfaces(n, now);
	sim_reach_pump(n, now);
}

void sim_reach_link_changed(struct sim_reach *n, mono_ns now)
{
	reach_link_changed(n->reach, now);
	sim_reach_pump(n, now);
}

void sim_reach_sleep(struct sim_reach *n)
{
	n->asleep = true;
	n->box->off = true;
}

void sim_reach_wake(struct sim_reach *n, mono_ns slept, mono_ns now)
{
	n->asleep = false;
	n->box->off = false;
	reach_slept(n->reach, slept, now);
	n->owner.tick(n->owner.self, now);
	sim_reach_pump(n, now);
}

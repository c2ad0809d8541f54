/* driver/driver.c - theory of operation
 *
 * Every callback of the loop does three things: it feeds the node what happened, moves packets
 * until the node has none left (driver_move), and asks for settle at the end of the turn.  settle
 * does what is needed once a turn only: events, streams to relays, the next deadline.
 *
 * Bounded: a turn reads TURN_BATCHES batches from the inside and as many from the sockets.  The
 * loop is level-triggered and comes back for the rest.
 */
#include "driver/parts.h"

#include <stdio.h>

#include "io/clock.h"
#include "report/way_text.h"

enum {
	TURN_BATCHES = 8,
	ROUNDS_MAX = 64 /* of the pump at the end of a turn; the next turn goes on */
};

static const mono_ns NAP = 1 * SECOND;    /* a sleep this long may have broken paths */
static const mono_ns ASLEEP = 5 * SECOND; /* a deadline this late: the machine slept */

/* --- the effects of the pump --- */

static void follow(void *self, const struct socket_wish *w)
{
	struct driver *d = self;
	udp_follow(d->udp, w->v, w->n);
}

static void send_all(void *self, const struct datagram *v, size_t n, struct pump_refused *refused,
		     mono_ns now)
{
	struct driver *d = self;
	struct udp_refused udp = {0};
	udp_send(d->udp, v, n, &udp);
	for (size_t i = 0; i < udp.n && refused->n < PUMP_REFUSED_MAX; i++)
		refused->v[refused->n++] = udp.v[i];
}

static size_t take_stream(void *self, uint16_t region, uint8_t *out, size_t cap)
{
	struct driver *d = self;
	return reach_to_stream(node_reach(d->node), region, out, cap, loop_now(d->loop));
}

static bool fill(void *self, mono_ns now)
{
	struct driver *d = self;
	return relay_streams_fill(d->relay_streams, take_stream, d);
}

static void arm(void *self, mono_ns deadline)
{
	struct driver *d = self;
	d->planned = deadline;
	loop_timer_set(d->deadline, deadline);
}

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct driver *d = self;
	bool more = node_drain(d->node, &d->out, now);
	*out = d->out->net;
	return more;
}

static void deliver(void *self, mono_ns now)
{
	struct driver *d = self;
	if (d->out->n_tun > 0 && d->inside)
		d->inside_ops->write(d->inside, (struct packet *)d->out->tun, d->out->n_tun);
}

static mono_ns deadline_of(const void *self)
{
	const struct driver *d = self;
	return node_deadline(d->node);
}

bool driver_move(struct driver *d, mono_ns now)
{
	loop_deferred_ask(d->settle);
	return pump_turn(&d->pump, now);
}

/* --- packets --- */

static void from_inside(void *self, unsigned ready)
{
	struct driver *d = self;
	struct packet v[BATCH_MAX];
	mono_ns now = loop_now(d->loop);
	for (int i = 0; i < TURN_BATCHES; i++) {
		size_t n = d->inside_ops->read(d->inside, v, BATCH_MAX);
		if (n == 0)
			break;
		node_from_tun(d->node, v, n, now);
		if (driver_move(d, now))
			break; /* let the stream be written before it is full */
	}
	if (d->inside_ops->is_gone(d->inside))
		driver_inside_gone(d);
}

static void from_udp(void *self, unsigned ready)
{
	struct driver *d = self;
	struct datagram v[BATCH_MAX];
	mono_ns now = loop_now(d->loop);
	for (int i = 0; i < TURN_BATCHES || udp_more(d->udp); i++) {
		size_t n = udp_recv(d->udp, v, BATCH_MAX);
		if (n == 0)
			break;
		node_from_udp(d->node, v, n, now);
		driver_move(d, now);
	}
}

/* --- relays --- */

static void stream_up(void *self, uint16_t region, const struct node_key *server_key)
{
	struct driver *d = self;
	reach_stream_up(node_reach(d->node), region, server_key, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

static void stream_bytes(void *self, uint16_t region, struct bytes b)
{
	struct driver *d = self;
	reach_from_stream(node_reach(d->node), region, b, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

static void stream_writable(void *self, uint16_t region)
{
	struct driver *d = self;
	loop_deferred_ask(d->settle);
}

static void stream_down(void *self, uint16_t region, const char *why)
{
	struct driver *d = self;
	reach_stream_down(node_reach(d->node), region, why, loop_now(d->loop));
	relay_streams_hangup(d->relay_streams, region); /* `why` goes with it */
	driver_move(d, loop_now(d->loop));
}

/* --- gateways, and what DNS says --- */

static void upnp_reported(void *self, const struct upnp_report *r)
{
	struct driver *d = self;
	reach_upnp_report(node_reach(d->node), r, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

static void gateway_announced(void *self, const struct endpoint *from, struct bytes datagram)
{
	struct driver *d = self;
	if (reach_gateway_announced(node_reach(d->node), from, datagram, loop_now(d->loop)))
		log_say(d->log, LOG_AT_INFO,
			"the gateway says that it was restarted: asking it again");
	driver_move(d, loop_now(d->loop));
}

static void relays_found(void *self)
{
	struct driver *d = self;
	driver_set_relays(d);
	driver_move(d, loop_now(d->loop));
}

static void nat64_answered(void *self, const struct lookup64_answer *a)
{
	struct driver *d = self;
	reach_nat64_answer(node_reach(d->node), a->v, a->n, a->ttl_s, a->failed, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

/* --- events --- */

static void log_relay(struct driver *d, const char *name, const struct reach_event *ev)
{
	const char *proxy = ev->ready ? relay_streams_proxy(d->relay_streams, ev->region) : NULL;
	if (!ev->ready)
		log_say(d->log, LOG_AT_WARNING, "relay %s: %s", name, ev->why);
	else
		log_say(d->log, LOG_AT_INFO, "relay %s: connected%s%s", name,
			proxy ? " through the proxy " : "", proxy ? proxy : "");
}

static void log_path(struct driver *d, const struct path_event *ev)
{
	struct node_peer_status status;
	const struct netmap_peer *peer = NULL;
	char label[NETMAP_NAME_MAX], was[WAY_TEXT_MAX], via[WAY_TEXT_MAX], rtt[32] = "";
	if (node_peer_status(d->node, ev->peer, loop_now(d->loop), &status))
		peer = netmap_peer(d->map, &status.key);
	if (!peer)
		return;
	netmap_peer_label(peer, label);
	way_text(d->map, &ev->was, was);
	way_text(d->map, &ev->via, via);
	if (ev->rtt > 0)
		snprintf(rtt, sizeof(rtt), ", %.1f ms", (double)ev->rtt / (double)MSEC);
	if (ev->kind == PATH_MOVED)
		log_say(d->log, LOG_AT_INFO, "path %s: %s -> %s (%s%s)", label, was, via,
			path_reason_text(ev->reason), rtt);
	else if (ev->kind == PATH_DOUBT)
		log_say(d->log, LOG_AT_INFO, "path %s: %s -> %s + %s (%s)", label, was, was, via,
			path_reason_text(ev->reason));
}

static void log_nat64(struct driver *d)
{
	const struct prefix *p = reach_nat64(node_reach(d->node));
	char text[PREFIX_TEXT_MAX];
	if (p)
		log_say(d->log, LOG_AT_INFO,
			"this network has only IPv6: IPv4 is reached through the NAT64 at %s",
			prefix_format(p, text));
	else
		log_say(d->log, LOG_AT_INFO, "IPv4 is not reached through a NAT64 any more");
}

void driver_set_relays(struct driver *d)
{
	struct relay_place v[RELAYS_MAX];
	size_t n = resolver_relays(d->resolver, d->map, reach_nat64(node_reach(d->node)), v,
				   RELAYS_MAX);
	reach_set_relays(node_reach(d->node), v, n, d->map->self.home, loop_now(d->loop));
}

static void dial(struct driver *d, uint16_t region)
{
	const struct netmap_relay *r = netmap_relay(d->map, region);
	if (r && relay_streams_dial(d->relay_streams, r))
		return;
	reach_stream_down(node_reach(d->node), region, "there is no memory for a stream to it",
			  loop_now(d->loop));
}

static void on_event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct driver *d = self;
	const struct netmap_relay *r = netmap_relay(d->map, ev->region);
	switch (ev->kind) {
	case REACH_DIAL:
		dial(d, ev->region);
		break;
	case REACH_HANGUP:
		relay_streams_hangup(d->relay_streams, ev->region);
		break;
	case REACH_RELAY:
		log_relay(d, r ? r->name : "unknown", ev);
		break;
	case REACH_PATH:
		log_path(d, &ev->path);
		if (d->path_fn)
			d->path_fn(d->path_self, &ev->path);
		break;
	case REACH_SELF:
		break;
	case REACH_NETCHECK:
		if (d->netcheck_fn)
			d->netcheck_fn(d->netcheck_self, ev->netcheck);
		break;
	case REACH_UPNP:
		gateways_ask_upnp(d->gateways, &ev->upnp);
		break;
	case REACH_LOOKUP64:
		resolver_ask_nat64(d->resolver);
		break;
	case REACH_NAT64:
		log_nat64(d);
		driver_set_relays(d);
		break;
	}
}

static void wake(struct driver *d, mono_ns how_long)
{
	log_say(d->log, LOG_AT_INFO, "asleep for %llu s: looking for paths anew",
		(unsigned long long)(how_long / SECOND));
	relay_streams_network_changed(d->relay_streams);
	resolver_network_changed(d->resolver);
	reach_slept(node_reach(d->node), how_long, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

/* Looked at in each turn: the first packet after a sleep can come long before a timer. */
static bool look_awake(struct driver *d)
{
	mono_ns slept = clock_slept(), since = mono_since(d->slept, slept);
	d->slept = slept;
	if (since >= NAP)
		wake(d, since);
	return since >= NAP;
}

/* The NAT64 goes first: the streams that events dial go through the prefix of this moment. */
static void settle(void *self)
{
	struct driver *d = self;
	(void)look_awake(d);
	node_set_wall(d->node, clock_wall_offset_ns());
	dialer_set_nat64(relay_streams_dialer(d->relay_streams), reach_nat64(node_reach(d->node)));
	if (!pump_settle(&d->pump, ROUNDS_MAX, loop_now(d->loop)))
		loop_deferred_ask(d->settle);
}

void driver_settle(struct driver *d)
{
	if (d->node)
		driver_move(d, loop_now(d->loop));
}

static void on_deadline(void *self)
{
	struct driver *d = self;
	mono_ns now = loop_now(d->loop);
	mono_ns late = mono_since(d->planned, now);
	if (!look_awake(d) && late > ASLEEP)
		wake(d, late); /* the program was stopped, or a virtual machine was */
	node_set_wall(d->node, clock_wall_offset_ns());
	node_tick(d->node, now);
	driver_move(d, now);
}

void driver_release(struct driver *d)
{
	reach_release(node_reach(d->node), loop_now(d->loop));
	settle(d);
}

/* --- joining the node to the loop --- */

void driver_join(struct driver *d)
{
	static const struct pump_effects effects = {
		.follow = follow, .send = send_all, .fill = fill, .event = on_event, .arm = arm};
	static const struct pump_machine machine = {
		.drain = drain, .deliver = deliver, .deadline = deadline_of};
	d->pump = (struct pump){.reach = node_reach(d->node),
				.machine = &machine,
				.machine_self = d,
				.effects = &effects,
				.effects_self = d};
}

bool driver_make_parts(struct driver *d)
{
	const struct relay_stream_calls calls = {.up = stream_up,
						 .bytes = stream_bytes,
						 .writable = stream_writable,
						 .down = stream_down,
						 .self = d};
	const struct resolver_calls resolver = {
		.relays = relays_found, .nat64 = nat64_answered, .self = d};
	const struct gateways_calls gateways = {
		.report = upnp_reported, .announced = gateway_announced, .self = d};
	d->relay_streams = relay_streams_new(d->loop, &calls);
	if (d->relay_streams)
		d->resolver = resolver_new(relay_streams_dialer(d->relay_streams), &resolver);
	d->gateways = gateways_new(d->loop, d->upnp, &gateways);
	return d->resolver && d->gateways;
}

bool driver_make_watches(struct driver *d)
{
	struct loop *l = d->loop;
	if (d->inside)
		d->on_inside = loop_fd_new(l, d->inside_ops->fd(d->inside),
					   (struct loop_fd_call){from_inside, d});
	d->on_udp4 = loop_fd_new(l, udp_fd4(d->udp), (struct loop_fd_call){from_udp, d});
	if (udp_fd6(d->udp) >= 0)
		d->on_udp6 = loop_fd_new(l, udp_fd6(d->udp), (struct loop_fd_call){from_udp, d});
	d->on_udp_extra = loop_fd_new(l, udp_fd_extra(d->udp), (struct loop_fd_call){from_udp, d});
	d->on_monitor = loop_fd_new(l, netlink_monitor_fd(d->monitor),
				    (struct loop_fd_call){driver_on_monitor, d});
	d->deadline = loop_timer_new(l, (struct loop_call){on_deadline, d});
	d->changed = loop_timer_new(l, (struct loop_call){driver_on_changed, d});
	d->check = loop_timer_new(l, (struct loop_call){driver_on_check, d});
	d->settle = loop_deferred_new(l, (struct loop_call){settle, d});
	if ((!d->on_inside && d->inside) || !d->on_udp4 || !d->on_udp_extra || !d->on_monitor ||
	    !d->deadline || !d->changed || !d->check || !d->settle)
		return false;
	if (d->on_inside)
		loop_fd_want(d->on_inside, LOOP_READ);
	loop_fd_want(d->on_udp4, LOOP_READ);
	if (d->on_udp6)
		loop_fd_want(d->on_udp6, LOOP_READ);
	loop_fd_want(d->on_udp_extra, LOOP_READ);
	loop_fd_want(d->on_monitor, LOOP_READ);
	return true;
}

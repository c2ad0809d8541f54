/* Theory of operation.  Every callback of the loop does three things: feeds the node what happened,
 * moves packets until the node has none left (move), and asks for settle at the end of the turn.
 * settle does what is needed once a turn only: events, streams to relays, the next deadline.
 *
 * A turn is bounded: TURN_BATCHES batches from the TUN and as many from the sockets; the loop is
 * level-triggered and comes back for the rest.
 */
#include "app/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/gateways.h"
#include "app/links.h"
#include "app/lookups.h"
#include "app/network.h"
#include "io/clock.h"
#include "io/random.h"

enum {
	TURN_BATCHES = 8,
	SPARE_PEERS = 64 /* that a reload may add without beginning anew */
};

static const mono_ns CHECK_AFTER_CHANGE = 2 * SECOND;
static const mono_ns SETTLE_AFTER_CHANGE = 200 * MSEC; /* changes of addresses come in groups */
static const mono_ns NAP = 1 * SECOND;                 /* a sleep that may have broken something */
static const mono_ns ASLEEP = 5 * SECOND;              /* a timer this late: the machine slept */

struct drive {
	struct loop *loop;
	struct log *log;
	const struct config *cfg;

	/* All of these only while it is up. */
	struct node *node;
	struct network network;
	struct udp *udp;
	struct links *links;
	struct lookups *lookups;
	struct gateways *talk; /* with gateways */
	struct netlink_monitor *monitor;
	struct loop_fd *on_tun, *on_udp4, *on_udp6, *on_udp_extra, *on_monitor;
	struct loop_timer *deadline, *changed, *check;
	struct loop_deferred *settle;
	size_t peers_max;         /* that the node was made for */
	uint32_t sockets_version; /* of the node's wish that the UDP port follows */
	mono_ns slept;            /* how long the machine had, when we last looked */
	mono_ns planned;          /* when the deadline timer should fire */
	struct paths_interface interfaces[PATHS_INTERFACES_MAX];
	size_t n_interfaces;
	struct paths_gateway gateways[NETLINK_GATEWAYS_MAX];
	size_t n_gateways;

	bool only_look;
	struct upnp *upnp; /* NULL: nobody talks UPnP */
	void (*path_fn)(void *self, const struct paths_event *ev);
	void *path_self;
	void (*netcheck_fn)(void *self, enum netcheck_event ev);
	void *netcheck_self;
};

/* --- packets --- */

static void follow_sockets(struct drive *d)
{
	const struct socket_wish *w = node_sockets(d->node);
	if (w->version == d->sockets_version)
		return;
	d->sockets_version = w->version;
	udp_follow(d->udp, w->v, w->n);
}

static size_t take_stream(void *self, uint16_t region, uint8_t *out, size_t cap)
{
	struct drive *d = self;
	return node_to_stream(d->node, region, out, cap, loop_now(d->loop));
}

/* True: streams to relays got something to write. */
static bool move(struct drive *d, mono_ns now)
{
	const struct node_out *out;
	struct udp_refused refused = {0};
	bool filled = false;
	while (node_drain(d->node, &out, now)) {
		follow_sockets(d);
		if (out->n_udp > 0)
			udp_send(d->udp, out->udp, out->n_udp, &refused);
		if (out->n_tun > 0)
			tun_write(d->network.tun, (struct packet *)out->tun, out->n_tun);
		for (size_t i = 0; i < refused.n; i++)
			node_udp_unreachable(d->node, &refused.v[i], now);
		refused.n = 0;
		/* At once: what a relay client keeps is less than a turn may bring. */
		filled |= links_fill(d->links, take_stream, d);
	}
	filled |= links_fill(d->links, take_stream, d);
	follow_sockets(d);
	loop_deferred_ask(d->settle);
	return filled;
}

static void interface_gone(struct drive *d);

static void from_tun(void *self, unsigned ready)
{
	struct drive *d = self;
	struct packet v[BATCH_MAX];
	mono_ns now = loop_now(d->loop);
	for (int i = 0; i < TURN_BATCHES; i++) {
		size_t n = tun_read(d->network.tun, v, BATCH_MAX);
		if (n == 0)
			break;
		node_from_tun(d->node, v, n, now);
		if (move(d, now))
			break; /* or a burst would be more than the stream takes before it is written */
	}
	if (tun_is_gone(d->network.tun))
		interface_gone(d);
}

static void from_udp(void *self, unsigned ready)
{
	struct drive *d = self;
	struct datagram v[BATCH_MAX];
	mono_ns now = loop_now(d->loop);
	for (int i = 0; i < TURN_BATCHES || udp_more(d->udp); i++) {
		size_t n = udp_recv(d->udp, v, BATCH_MAX);
		if (n == 0)
			break;
		node_from_udp(d->node, v, n, now);
		move(d, now);
	}
}

/* --- relays --- */

static void stream_up(void *self, uint16_t region, const struct node_key *server_key)
{
	struct drive *d = self;
	node_stream_up(d->node, region, server_key, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

static void stream_bytes(void *self, uint16_t region, struct bytes b)
{
	struct drive *d = self;
	node_from_stream(d->node, region, b, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

static void stream_writable(void *self, uint16_t region)
{
	struct drive *d = self;
	loop_deferred_ask(d->settle);
}

static void stream_down(void *self, uint16_t region, const char *why)
{
	struct drive *d = self;
	node_stream_down(d->node, region, why, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

/* --- events --- */

const char *drive_via_text(const struct config *cfg, const struct via *via, char out[static VIA_TEXT_MAX])
{
	const struct config_relay *r;
	char ep[ENDPOINT_TEXT_MAX];
	switch (via->kind) {
	case VIA_UDP:
		snprintf(out, VIA_TEXT_MAX, "%s", endpoint_format(&via->ep, ep));
		break;
	case VIA_RELAY:
		r = config_relay(cfg, via->region);
		snprintf(out, VIA_TEXT_MAX, "relay(%s)", r ? r->name : "unknown");
		break;
	case VIA_NONE:
		snprintf(out, VIA_TEXT_MAX, "none");
		break;
	}
	return out;
}

static void log_path(struct drive *d, const struct paths_event *ev)
{
	struct node_peer_status status;
	const struct config_peer *peer = NULL;
	char label[CONFIG_NAME_MAX], was[VIA_TEXT_MAX], via[VIA_TEXT_MAX], rtt[32] = "";
	if (node_peer_status(d->node, ev->peer, loop_now(d->loop), &status))
		peer = config_peer(d->cfg, &status.key);
	if (!peer)
		return;
	config_peer_label(peer, label);
	drive_via_text(d->cfg, &ev->was, was);
	drive_via_text(d->cfg, &ev->via, via);
	if (ev->rtt > 0)
		snprintf(rtt, sizeof(rtt), ", %.1f ms", (double)ev->rtt / (double)MSEC);
	if (ev->kind == PATHS_MOVED)
		log_say(d->log, LOG_AT_INFO, "path %s: %s -> %s (%s%s)", label, was, via,
			path_reason_text(ev->reason), rtt);
	else if (ev->kind == PATHS_DOUBT)
		log_say(d->log, LOG_AT_INFO, "path %s: %s -> %s + %s (%s)", label, was, was, via,
			path_reason_text(ev->reason));
}

static void log_nat64(struct drive *d)
{
	const struct prefix *p = node_nat64(d->node);
	char text[PREFIX_TEXT_MAX];
	if (p)
		log_say(d->log, LOG_AT_INFO,
			"this network has only IPv6: IPv4 is reached through the NAT64 at %s",
			prefix_format(p, text));
	else
		log_say(d->log, LOG_AT_INFO, "IPv4 is not reached through a NAT64 any more");
}

static void set_relays(struct drive *d)
{
	struct paths_relay v[NODE_RELAYS_MAX];
	size_t n = lookups_relays(d->lookups, d->cfg, node_nat64(d->node), v, NODE_RELAYS_MAX);
	node_set_relays(d->node, v, n, loop_now(d->loop));
}

static void dial(struct drive *d, uint16_t region)
{
	const struct config_relay *r = config_relay(d->cfg, region);
	if (d->only_look || (r && links_dial(d->links, r)))
		return;
	node_stream_down(d->node, region, "there is no memory for a stream to it", loop_now(d->loop));
}

/* --- gateways --- */

static void upnp_reported(void *self, const struct upnp_report *r)
{
	struct drive *d = self;
	node_upnp_report(d->node, r, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

static void gateway_announced(void *self, const struct endpoint *from, struct bytes datagram)
{
	struct drive *d = self;
	if (node_gateway_announced(d->node, from, datagram, loop_now(d->loop)))
		log_say(d->log, LOG_AT_INFO, "the gateway says that it was restarted: asking it again");
	move(d, loop_now(d->loop));
}

static void on_event(struct drive *d, const struct node_event *ev)
{
	const struct config_relay *r = config_relay(d->cfg, ev->region);
	switch (ev->kind) {
	case NODE_DIAL:
		dial(d, ev->region);
		break;
	case NODE_HANGUP:
		links_hangup(d->links, ev->region);
		break;
	case NODE_RELAY:
		if (ev->ready)
			log_say(d->log, LOG_AT_INFO, "relay %s: connected", r ? r->name : "unknown");
		else
			log_say(d->log, LOG_AT_WARNING, "relay %s: %s", r ? r->name : "unknown", ev->why);
		break;
	case NODE_PATH:
		log_path(d, &ev->path);
		if (d->path_fn)
			d->path_fn(d->path_self, &ev->path);
		break;
	case NODE_SESSION:
	case NODE_SELF:
		break;
	case NODE_NETCHECK:
		if (d->netcheck_fn)
			d->netcheck_fn(d->netcheck_self, ev->netcheck);
		break;
	case NODE_UPNP:
		gateways_ask_upnp(d->talk, &ev->upnp);
		break;
	case NODE_LOOKUP64:
		lookups_ask_nat64(d->lookups);
		break;
	case NODE_NAT64:
		log_nat64(d);
		set_relays(d);
		break;
	}
}

static void wake(struct drive *d, mono_ns how_long)
{
	log_say(d->log, LOG_AT_INFO, "asleep for %llu s: looking for paths anew",
		(unsigned long long)(how_long / SECOND));
	links_network_changed(d->links);
	lookups_network_changed(d->lookups);
	node_slept(d->node, how_long, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

/* The first packet of the system or of a peer tells, long before a timer might. */
static bool look_awake(struct drive *d)
{
	mono_ns slept = clock_slept(), since = mono_since(d->slept, slept);
	d->slept = slept;
	if (since >= NAP)
		wake(d, since);
	return since >= NAP;
}

/* Before the events: what they dial goes through the NAT64 that there is now. */
static void settle(void *self)
{
	struct drive *d = self;
	struct node_event ev;
	(void)look_awake(d);
	node_set_wall(d->node, clock_wall_offset_ns());
	dialer_set_nat64(links_dialer(d->links), node_nat64(d->node));
	while (node_event(d->node, &ev))
		on_event(d, &ev);
	(void)links_fill(d->links, take_stream, d);
	d->planned = node_deadline(d->node);
	loop_timer_set(d->deadline, d->planned);
}

void drive_settle(struct drive *d)
{
	if (d->node)
		move(d, loop_now(d->loop));
}

static void on_deadline(void *self)
{
	struct drive *d = self;
	mono_ns now = loop_now(d->loop);
	mono_ns late = mono_since(d->planned, now);
	if (!look_awake(d) && late > ASLEEP)
		wake(d, late); /* not the machine: a program that was stopped, a machine inside another */
	node_set_wall(d->node, clock_wall_offset_ns());
	node_tick(d->node, now);
	move(d, now);
}

/* --- the machine's addresses --- */

static bool look_at_interfaces(struct drive *d)
{
	struct paths_interface v[PATHS_INTERFACES_MAX] = {0};
	size_t n = network_interfaces(&d->network, v, PATHS_INTERFACES_MAX);
	if (n == d->n_interfaces && memcmp(v, d->interfaces, sizeof(v)) == 0)
		return false;
	memcpy(d->interfaces, v, sizeof(v));
	d->n_interfaces = n;
	return true;
}

/* True: they are others than before. */
static bool look_at_gateways(struct drive *d)
{
	struct paths_gateway v[NETLINK_GATEWAYS_MAX] = {0};
	size_t n = network_gateways(&d->network, v);
	bool same = n == d->n_gateways, route4 = false;
	for (size_t i = 0; i < n; i++) {
		same = same && ip_equal(&v[i].gateway, &d->gateways[i].gateway) &&
		       ip_equal(&v[i].self, &d->gateways[i].self) && v[i].ifindex == d->gateways[i].ifindex;
		route4 |= v[i].gateway.family == 4;
	}
	memcpy(d->gateways, v, sizeof(v));
	d->n_gateways = n;
	node_set_gateways(d->node, v, d->cfg->node.port_mapping ? n : 0, loop_now(d->loop));
	node_set_route4(d->node, route4, loop_now(d->loop));
	return !same;
}

/* Where are we now? Asked a little after a change, when the relays' addresses are known. */
static void on_check(void *self)
{
	struct drive *d = self;
	node_netcheck(d->node, true, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

static void on_changed(void *self)
{
	struct drive *d = self;
	mono_ns now = loop_now(d->loop);
	links_network_changed(d->links);
	lookups_network_changed(d->lookups);
	bool addresses = look_at_interfaces(d), gateways = look_at_gateways(d);
	if (addresses || gateways) {
		log_say(d->log, LOG_AT_INFO, "%s of this machine changed: looking for paths anew",
			addresses ? "addresses" : "the default route");
		node_set_interfaces(d->node, d->interfaces, d->n_interfaces, now);
		node_link_changed(d->node, now);
		loop_timer_set(d->check, now + CHECK_AFTER_CHANGE);
	}
	move(d, now);
}

static void on_monitor(void *self, unsigned ready)
{
	struct drive *d = self;
	struct prefix p;
	uint32_t lifetime_s;
	if (netlink_monitor_read(d->monitor))
		loop_timer_set(d->changed, loop_now(d->loop) + SETTLE_AFTER_CHANGE);
	while (netlink_monitor_pref64(d->monitor, &p, &lifetime_s))
		node_nat64_advertised(d->node, &p, lifetime_s, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

/* --- what the node is told of the configuration --- */

static bool set_peer(struct drive *d, const struct config_peer *p, mono_ns now)
{
	struct node_peer peer = {
		.tunnel = {.key = p->key, .keepalive_s = p->keepalive_s},
		.path = {.home = p->home, .disco = p->disco, .n_hints = p->n_hints, .plain = p->plain},
		.allowed = p->allowed,
		.n_allowed = p->n_allowed};
	peer_id id;
	memcpy(peer.tunnel.psk, p->psk, sizeof(p->psk));
	memcpy(peer.path.hints, p->hints, sizeof(p->hints));
	enum tunnel_add added = node_peer_set(d->node, &peer, now, &id);
	key_wipe(&peer.tunnel.psk, sizeof(peer.tunnel.psk));
	return added == TUNNEL_ADDED;
}

static void configure(struct drive *d)
{
	mono_ns now = loop_now(d->loop);
	char why[WHY_MAX];
	node_set_addresses(d->node, d->cfg->node.address, d->cfg->node.n_addresses);
	node_set_mtu(d->node, d->cfg->node.mtu);
	const struct paths_hard hard = {.enabled = d->cfg->node.hard_nat, .slow = d->cfg->node.slow_punch};
	node_set_hard(d->node, &hard, now);
	node_set_fixed(d->node, d->cfg->node.fixed, d->cfg->node.n_fixed, now);
	lookups_set(d->lookups, d->cfg);
	set_relays(d);
	if (!gateways_listen(d->talk, d->cfg->node.port_mapping && !d->only_look, why))
		log_say(d->log, LOG_AT_NOTICE, "%s", why);
	for (size_t i = 0; i < d->cfg->n_peers && !d->only_look; i++)
		if (!set_peer(d, &d->cfg->peers[i], now))
			log_say(d->log, LOG_AT_ERROR, "peer %zu of the configuration could not be taken",
				i + 1);
}

/* --- up and down --- */

static void relays_found(void *self)
{
	struct drive *d = self;
	set_relays(d);
	move(d, loop_now(d->loop));
}

static void nat64_answered(void *self, const struct lookup64_answer *a)
{
	struct drive *d = self;
	node_nat64_answer(d->node, a->v, a->n, a->ttl_s, a->failed, loop_now(d->loop));
	move(d, loop_now(d->loop));
}

static bool make_node(struct drive *d)
{
	d->peers_max = d->cfg->n_peers + SPARE_PEERS;
	struct node_config cfg = {.key = d->cfg->node.key,
				  .rng = random_source(),
				  .wall_offset_ns = clock_wall_offset_ns(),
				  .peers_max = (uint32_t)d->peers_max,
				  .port = udp_port(d->udp)};
	d->node = node_new(&cfg, loop_now(d->loop));
	key_wipe(&cfg, sizeof(cfg));
	return d->node != NULL;
}

static bool make_watches(struct drive *d)
{
	struct loop *l = d->loop;
	if (!d->only_look)
		d->on_tun = loop_fd_new(l, tun_fd(d->network.tun), (struct loop_fd_call){from_tun, d});
	d->on_udp4 = loop_fd_new(l, udp_fd4(d->udp), (struct loop_fd_call){from_udp, d});
	if (udp_fd6(d->udp) >= 0)
		d->on_udp6 = loop_fd_new(l, udp_fd6(d->udp), (struct loop_fd_call){from_udp, d});
	d->on_udp_extra = loop_fd_new(l, udp_fd_extra(d->udp), (struct loop_fd_call){from_udp, d});
	d->on_monitor = loop_fd_new(l, netlink_monitor_fd(d->monitor), (struct loop_fd_call){on_monitor, d});
	d->deadline = loop_timer_new(l, (struct loop_call){on_deadline, d});
	d->changed = loop_timer_new(l, (struct loop_call){on_changed, d});
	d->check = loop_timer_new(l, (struct loop_call){on_check, d});
	d->settle = loop_deferred_new(l, (struct loop_call){settle, d});
	if ((!d->on_tun && !d->only_look) || !d->on_udp4 || !d->on_udp_extra || !d->on_monitor ||
	    !d->deadline || !d->changed || !d->check || !d->settle)
		return false;
	if (d->on_tun)
		loop_fd_want(d->on_tun, LOOP_READ);
	loop_fd_want(d->on_udp4, LOOP_READ);
	if (d->on_udp6)
		loop_fd_want(d->on_udp6, LOOP_READ);
	loop_fd_want(d->on_udp_extra, LOOP_READ);
	loop_fd_want(d->on_monitor, LOOP_READ);
	return true;
}

/* What gateways hold for us is given back, as far as that can be said in one datagram each. */
static void release(struct drive *d)
{
	node_release(d->node, loop_now(d->loop));
	move(d, loop_now(d->loop));
	settle(d);
}

static void go_down(struct drive *d)
{
	if (d->node && d->settle)
		release(d);
	loop_fd_free(d->on_tun);
	loop_fd_free(d->on_udp4);
	loop_fd_free(d->on_udp6);
	loop_fd_free(d->on_udp_extra);
	loop_fd_free(d->on_monitor);
	loop_timer_free(d->deadline);
	loop_timer_free(d->changed);
	loop_timer_free(d->check);
	lookups_free(d->lookups);
	gateways_free(d->talk);
	loop_deferred_free(d->settle);
	links_free(d->links);
	netlink_monitor_close(d->monitor);
	node_free(d->node);
	udp_close(d->udp);
	network_close(&d->network);
	*d = (struct drive){.loop = d->loop,
			    .log = d->log,
			    .cfg = d->cfg,
			    .only_look = d->only_look,
			    .upnp = d->upnp,
			    .path_fn = d->path_fn,
			    .path_self = d->path_self,
			    .netcheck_fn = d->netcheck_fn,
			    .netcheck_self = d->netcheck_self};
}

static bool go_up(struct drive *d, char why[static WHY_MAX])
{
	struct udp_config udp = {.port = d->cfg->node.port};
	const struct links_calls calls = {.up = stream_up,
					  .bytes = stream_bytes,
					  .writable = stream_writable,
					  .down = stream_down,
					  .self = d};
	const struct lookups_calls lookups = {.relays = relays_found, .nat64 = nat64_answered, .self = d};
	const struct gateways_calls gateways = {
		.report = upnp_reported, .announced = gateway_announced, .self = d};
	d->udp = udp_open(&udp, why);
	if (!d->udp || !(d->only_look ? network_open_to_look : network_open)(&d->network, d->cfg, why))
		return false;
	if (d->network.warning[0])
		log_say(d->log, LOG_AT_WARNING, "%s", d->network.warning);
	d->monitor = netlink_monitor_open(network_tun_index(&d->network), why);
	if (!d->monitor)
		return false;
	d->links = links_new(d->loop, &calls);
	if (d->links)
		d->lookups = lookups_new(links_dialer(d->links), &lookups);
	d->talk = gateways_new(d->loop, d->upnp, &gateways);
	if (!d->lookups || !d->talk || !make_node(d) || !make_watches(d))
		return why_say(why, "there is not enough memory for %zu peers", d->cfg->n_peers);
	d->slept = clock_slept();
	configure(d);
	(void)look_at_interfaces(d);
	node_set_interfaces(d->node, d->interfaces, d->n_interfaces, loop_now(d->loop));
	(void)look_at_gateways(d);
	if (!d->only_look)
		loop_timer_set(d->check, loop_now(d->loop) + CHECK_AFTER_CHANGE);
	move(d, loop_now(d->loop));
	return true;
}

/* False: it is down. */
static bool begin_anew(struct drive *d, char why[static WHY_MAX])
{
	go_down(d);
	if (go_up(d, why))
		return true;
	go_down(d);
	return false;
}

static void interface_gone(struct drive *d)
{
	char why[WHY_MAX];
	log_say(d->log, LOG_AT_WARNING, "the interface %s was removed by another program: it begins anew",
		tun_name(d->network.tun));
	if (!begin_anew(d, why))
		log_say(d->log, LOG_AT_ERROR, "%s; Warren is down until `warren up`", why);
}

bool drive_set_up(struct drive *d, bool up, char why[static WHY_MAX])
{
	if (up == drive_is_up(d))
		return true;
	if (!up) {
		go_down(d);
		return true;
	}
	if (go_up(d, why))
		return true;
	go_down(d);
	return false;
}

bool drive_is_up(const struct drive *d)
{
	return d->node != NULL;
}

/* --- a new configuration --- */

static bool same_node(const struct config *a, const struct config *b)
{
	return key_equal(a->node.key.b, b->node.key.b) && a->node.port == b->node.port &&
	       a->node.mtu == b->node.mtu && strcmp(a->node.interface, b->node.interface) == 0 &&
	       a->node.n_addresses == b->node.n_addresses &&
	       memcmp(a->node.address, b->node.address, sizeof(a->node.address)) == 0 &&
	       memcmp(a->node.address_bits, b->node.address_bits, sizeof(a->node.address_bits)) == 0;
}

static bool same_relay(const struct config_relay *a, const struct config_relay *b)
{
	return strcmp(a->host, b->host) == 0 && a->port == b->port && a->plain == b->plain &&
	       a->pinned == b->pinned && memcmp(a->pin, b->pin, sizeof(a->pin)) == 0 &&
	       strcmp(a->ca_file, b->ca_file) == 0;
}

/* A stream to a relay that has moved, or is trusted for another reason now, is given up. */
static void drop_old_streams(struct drive *d, const struct config *was)
{
	for (size_t i = 0; i < was->n_relays; i++) {
		const struct config_relay *now = config_relay(d->cfg, was->relays[i].region);
		if (!now || same_relay(&was->relays[i], now))
			continue;
		links_hangup(d->links, now->region);
		node_stream_down(d->node, now->region, "its configuration changed", loop_now(d->loop));
	}
}

static void remove_old_peers(struct drive *d, const struct config *was)
{
	for (size_t i = 0; i < was->n_peers; i++)
		if (!config_peer(d->cfg, &was->peers[i].key))
			node_peer_remove(d->node, node_peer_find(d->node, &was->peers[i].key));
}

bool drive_reload(struct drive *d, const struct config *cfg, char why[static WHY_MAX])
{
	const struct config *was = d->cfg;
	bool was_up = drive_is_up(d);
	d->cfg = cfg;
	if (!was_up)
		return true;
	if (!same_node(was, cfg) || cfg->n_peers > d->peers_max) {
		log_say(d->log, LOG_AT_NOTICE,
			"[Node] changed, or many peers came: the interface begins anew");
		if (begin_anew(d, why))
			return true;
		d->cfg = was;
		char again[WHY_MAX];
		if (!begin_anew(d, again))
			log_say(d->log, LOG_AT_ERROR, "%s; Warren is down until `warren up`", again);
		return false;
	}
	remove_old_peers(d, was);
	drop_old_streams(d, was);
	configure(d);
	if (was->node.port_mapping && !cfg->node.port_mapping)
		release(d);
	(void)look_at_gateways(d);
	if (!network_reroute(&d->network, was, cfg, why))
		log_say(d->log, LOG_AT_WARNING, "%s", why);
	move(d, loop_now(d->loop));
	return true;
}

/* --- life --- */

struct drive *drive_new(struct loop *l, struct log *log, const struct config *cfg)
{
	struct drive *d = calloc(1, sizeof(*d));
	if (d)
		*d = (struct drive){.loop = l, .log = log, .cfg = cfg};
	return d;
}

void drive_free(struct drive *d)
{
	if (!d)
		return;
	go_down(d);
	free(d);
}

void drive_only_look(struct drive *d)
{
	d->only_look = true;
}

bool drive_only_looks(const struct drive *d)
{
	return d->only_look;
}

const struct lookups *drive_lookups(const struct drive *d)
{
	return d->lookups;
}

void drive_set_upnp(struct drive *d, struct upnp *upnp)
{
	d->upnp = upnp;
}

struct node *drive_node(struct drive *d)
{
	return d->node;
}

const struct config *drive_config(const struct drive *d)
{
	return d->cfg;
}

const struct tun *drive_tun(const struct drive *d)
{
	return d->network.tun;
}

const struct udp *drive_udp(const struct drive *d)
{
	return d->udp;
}

void drive_on_path(struct drive *d, void (*fn)(void *self, const struct paths_event *ev), void *self)
{
	d->path_fn = fn;
	d->path_self = self;
}

void drive_on_netcheck(struct drive *d, void (*fn)(void *self, enum netcheck_event ev), void *self)
{
	d->netcheck_fn = fn;
	d->netcheck_self = self;
}

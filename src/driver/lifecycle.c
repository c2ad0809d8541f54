#include <stdlib.h>
#include <string.h>

#include "driver/inside.h"
#include "io/clock.h"
#include "io/random.h"

enum { SPARE_PEERS = 64 /* that a reload may add without beginning anew */ };

/* --- what the node is told of the configuration --- */

static bool set_peer(struct driver *d, const struct config_peer *p, mono_ns now)
{
	struct node_peer peer = {.tunnel = {.key = p->key, .keepalive_s = p->keepalive_s},
				 .path = {.home = p->home,
					  .disco = p->disco,
					  .n_hints = p->n_hints,
					  .plain = p->plain},
				 .allowed = p->allowed,
				 .n_allowed = p->n_allowed};
	peer_id id;
	memcpy(peer.tunnel.psk, p->psk, sizeof(p->psk));
	memcpy(peer.path.hints, p->hints, sizeof(p->hints));
	enum tunnel_add added = node_peer_set(d->node, &peer, now, &id);
	key_wipe(&peer.tunnel.psk, sizeof(peer.tunnel.psk));
	return added == TUNNEL_ADDED;
}

static void configure(struct driver *d)
{
	mono_ns now = loop_now(d->loop);
	char why[FAILURE_MAX];
	node_set_addresses(d->node, d->cfg->node.address, d->cfg->node.n_addresses);
	reach_set_mtu(node_reach(d->node), d->cfg->node.mtu);
	const struct hard_config hard = {.enabled = d->cfg->node.hard_nat,
					 .slow = d->cfg->node.slow_punch};
	reach_set_hard(node_reach(d->node), &hard, now);
	reach_set_fixed(node_reach(d->node), d->cfg->node.fixed, d->cfg->node.n_fixed, now);
	resolver_set(d->resolver, d->cfg);
	driver_set_relays(d);
	if (!gateways_listen(d->gateways, d->cfg->node.port_mapping && !d->only_look, why))
		log_say(d->log, LOG_AT_NOTICE, "%s", why);
	for (size_t i = 0; i < d->cfg->n_peers && !d->only_look; i++)
		if (!set_peer(d, &d->cfg->peers[i], now))
			log_say(d->log, LOG_AT_ERROR,
				"peer %zu of the configuration could not be taken", i + 1);
}

/* --- up and down --- */

static bool make_node(struct driver *d)
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

static void go_down(struct driver *d)
{
	if (d->node && d->settle)
		driver_release(d);
	loop_fd_free(d->on_tun);
	loop_fd_free(d->on_udp4);
	loop_fd_free(d->on_udp6);
	loop_fd_free(d->on_udp_extra);
	loop_fd_free(d->on_monitor);
	loop_timer_free(d->deadline);
	loop_timer_free(d->changed);
	loop_timer_free(d->check);
	resolver_free(d->resolver);
	gateways_free(d->gateways);
	loop_deferred_free(d->settle);
	relay_streams_free(d->relay_streams);
	netlink_monitor_close(d->monitor);
	node_free(d->node);
	udp_close(d->udp);
	interface_close(&d->interface);
	*d = (struct driver){.loop = d->loop,
			     .log = d->log,
			     .cfg = d->cfg,
			     .only_look = d->only_look,
			     .upnp = d->upnp,
			     .path_fn = d->path_fn,
			     .path_self = d->path_self,
			     .netcheck_fn = d->netcheck_fn,
			     .netcheck_self = d->netcheck_self};
}

static bool go_up(struct driver *d, char why[static FAILURE_MAX])
{
	struct udp_config udp = {.port = d->cfg->node.port};
	d->udp = udp_open(&udp, why);
	if (!d->udp ||
	    !(d->only_look ? interface_open_to_look : interface_open)(&d->interface, d->cfg, why))
		return false;
	if (d->interface.warning[0])
		log_say(d->log, LOG_AT_WARNING, "%s", d->interface.warning);
	d->monitor = netlink_monitor_open(interface_tun_index(&d->interface), why);
	if (!d->monitor)
		return false;
	if (!driver_make_parts(d) || !make_node(d) || !driver_make_watches(d))
		return failure_say(why, "there is not enough memory for %zu peers",
				   d->cfg->n_peers);
	driver_join(d);
	d->slept = clock_slept();
	configure(d);
	driver_where_begin(d);
	driver_move(d, loop_now(d->loop));
	return true;
}

/* False: it is down. */
static bool begin_anew(struct driver *d, char why[static FAILURE_MAX])
{
	go_down(d);
	if (go_up(d, why))
		return true;
	go_down(d);
	return false;
}

void driver_interface_gone(struct driver *d)
{
	char why[FAILURE_MAX];
	log_say(d->log, LOG_AT_WARNING,
		"the interface %s was removed by another program: it begins anew",
		tun_name(d->interface.tun));
	if (!begin_anew(d, why))
		log_say(d->log, LOG_AT_ERROR, "%s; Warren is down until `warren up`", why);
}

bool driver_set_up(struct driver *d, bool up, char why[static FAILURE_MAX])
{
	if (up == driver_is_up(d))
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

bool driver_is_up(const struct driver *d)
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
	       memcmp(a->node.address_bits, b->node.address_bits, sizeof(a->node.address_bits)) ==
		       0;
}

static bool same_relay(const struct config_relay *a, const struct config_relay *b)
{
	return strcmp(a->host, b->host) == 0 && a->port == b->port && a->plain == b->plain &&
	       a->pinned == b->pinned && memcmp(a->pin, b->pin, sizeof(a->pin)) == 0 &&
	       strcmp(a->ca_file, b->ca_file) == 0;
}

/* A stream to a relay that has moved, or is trusted for another reason now, is given up. */
static void drop_old_streams(struct driver *d, const struct config *was)
{
	for (size_t i = 0; i < was->n_relays; i++) {
		const struct config_relay *now = config_relay(d->cfg, was->relays[i].region);
		if (!now || same_relay(&was->relays[i], now))
			continue;
		relay_streams_hangup(d->relay_streams, now->region);
		reach_stream_down(node_reach(d->node), now->region, "its configuration changed",
				  loop_now(d->loop));
	}
}

static void remove_old_peers(struct driver *d, const struct config *was)
{
	for (size_t i = 0; i < was->n_peers; i++)
		if (!config_peer(d->cfg, &was->peers[i].key))
			node_peer_remove(d->node,
					 reach_peer_find(node_reach(d->node), &was->peers[i].key),
					 loop_now(d->loop));
}

bool driver_reload(struct driver *d, const struct config *cfg, char why[static FAILURE_MAX])
{
	const struct config *was = d->cfg;
	bool was_up = driver_is_up(d);
	d->cfg = cfg;
	if (!was_up)
		return true;
	if (!same_node(was, cfg) || cfg->n_peers > d->peers_max) {
		log_say(d->log, LOG_AT_NOTICE,
			"[Node] changed, or many peers came: the interface begins anew");
		if (begin_anew(d, why))
			return true;
		d->cfg = was;
		char again[FAILURE_MAX];
		if (!begin_anew(d, again))
			log_say(d->log, LOG_AT_ERROR, "%s; Warren is down until `warren up`",
				again);
		return false;
	}
	remove_old_peers(d, was);
	drop_old_streams(d, was);
	configure(d);
	if (was->node.port_mapping && !cfg->node.port_mapping)
		driver_release(d);
	(void)driver_look_at_gateways(d);
	if (!interface_reroute(&d->interface, was, cfg, why))
		log_say(d->log, LOG_AT_WARNING, "%s", why);
	driver_move(d, loop_now(d->loop));
	return true;
}

/* --- life --- */

struct driver *driver_new(struct loop *l, struct log *log, const struct config *cfg)
{
	struct driver *d = calloc(1, sizeof(*d));
	if (d)
		*d = (struct driver){.loop = l, .log = log, .cfg = cfg};
	return d;
}

void driver_free(struct driver *d)
{
	if (!d)
		return;
	go_down(d);
	free(d);
}

void driver_only_look(struct driver *d)
{
	d->only_look = true;
}

bool driver_only_looks(const struct driver *d)
{
	return d->only_look;
}

const struct resolver *driver_resolver(const struct driver *d)
{
	return d->resolver;
}

void driver_set_upnp(struct driver *d, struct upnp *upnp)
{
	d->upnp = upnp;
}

const char *driver_relay_proxy(const struct driver *d, uint16_t region)
{
	return d->relay_streams ? relay_streams_proxy(d->relay_streams, region) : NULL;
}

struct node *driver_node(struct driver *d)
{
	return d->node;
}

const struct config *driver_config(const struct driver *d)
{
	return d->cfg;
}

const struct tun *driver_tun(const struct driver *d)
{
	return d->interface.tun;
}

const struct udp *driver_udp(const struct driver *d)
{
	return d->udp;
}

void driver_on_path(struct driver *d, void (*fn)(void *self, const struct path_event *ev),
		    void *self)
{
	d->path_fn = fn;
	d->path_self = self;
}

void driver_on_netcheck(struct driver *d, void (*fn)(void *self, enum netcheck_event ev),
			void *self)
{
	d->netcheck_fn = fn;
	d->netcheck_self = self;
}

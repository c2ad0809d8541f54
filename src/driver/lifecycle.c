#include <stdlib.h>
#include <string.h>

#include "driver/parts.h"
#include "io/clock.h"
#include "io/random.h"
#include "netmap/diff.h"

enum { SPARE_PEERS = 64 /* peers that a new netmap may add without beginning anew */ };

/* --- settings and netmap, for the node --- */

/* A peer that is refused is logged and left out: it costs no other peer its place. */
static void apply_peer(struct driver *d, const struct netmap_change *c, mono_ns now)
{
	char label[NETMAP_NAME_MAX];
	peer_id id;
	if (!c->now) {
		id = reach_peer_find(node_reach(d->node), &c->was->key);
		node_peer_remove(d->node, id, now);
		return;
	}
	const char *failure = node_peer_failure(node_peer_set(d->node, c, now, &id));
	if (failure)
		log_say(d->log, LOG_AT_ERROR, "peer %s could not be taken: %s",
			netmap_peer_label(c->now, label), failure);
}

static void apply_peers(struct driver *d, const struct netmap *was)
{
	struct netmap_diff diff = netmap_diff(was, d->map);
	struct netmap_change c;
	while (netmap_diff_next(&diff, &c))
		apply_peer(d, &c, loop_now(d->loop));
}

/* was NULL: the node is new, and so are all peers. */
static void apply(struct driver *d, const struct netmap *was)
{
	mono_ns now = loop_now(d->loop);
	const struct settings *s = d->settings;
	struct reach *reach = node_reach(d->node);
	char why[FAILURE_MAX];
	node_set_addresses(d->node, d->map->self.address, d->map->self.n_addresses);
	reach_set_mtu(reach, s->mtu);
	const struct hard_config hard = {.enabled = s->hard_nat, .slow = s->slow_punch};
	reach_set_hard(reach, &hard, now);
	reach_set_fixed(reach, s->fixed, s->n_fixed, now);
	resolver_set(d->resolver, d->map);
	driver_set_relays(d);
	/* Without an inside this is a netcheck: the port of announcements belongs to the daemon
	 * that may run beside it. */
	if (!gateways_listen(d->gateways, s->port_mapping && d->inside, why))
		log_say(d->log, LOG_AT_NOTICE, "%s", why);
	apply_peers(d, was);
}

/* --- up and down --- */

static bool make_node(struct driver *d)
{
	d->peers_max = d->map->n_peers + SPARE_PEERS;
	struct node_config cfg = {.key = d->settings->key,
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
	if (d->pump.reach) /* driver_join was reached: everything was made */
		driver_release(d);
	loop_fd_free(d->on_inside);
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
	netlink_close(d->nl);
	if (d->inside)
		d->inside_ops->close(d->inside);
	*d = (struct driver){.loop = d->loop,
			     .log = d->log,
			     .inside_ops = d->inside_ops,
			     .upnp = d->upnp,
			     .settings = d->settings,
			     .map = d->map,
			     .path_fn = d->path_fn,
			     .path_self = d->path_self,
			     .netcheck_fn = d->netcheck_fn,
			     .netcheck_self = d->netcheck_self};
}

static bool open_inside(struct driver *d, char why[static FAILURE_MAX])
{
	char warning[FAILURE_MAX];
	if (!d->inside_ops)
		return true;
	d->inside = d->inside_ops->open(d->settings, d->map, warning, why);
	if (d->inside && warning[0])
		log_say(d->log, LOG_AT_WARNING, "%s", warning);
	return d->inside != NULL;
}

static bool go_up(struct driver *d, char why[static FAILURE_MAX])
{
	struct udp_config udp = {.port = d->settings->port};
	d->udp = udp_open(&udp, why);
	if (!d->udp || !open_inside(d, why))
		return false;
	d->nl = netlink_open(why);
	if (d->nl)
		d->monitor = netlink_monitor_open(driver_own_ifindex(d), why);
	if (!d->monitor)
		return false;
	if (!driver_make_parts(d) || !make_node(d) || !driver_make_watches(d))
		return failure_say(why, "there is not enough memory for %zu peers",
				   d->map->n_peers);
	driver_join(d);
	d->slept = clock_slept();
	apply(d, NULL);
	driver_network_begin(d);
	driver_move(d, loop_now(d->loop));
	return true;
}

/* False: why; the driver is down. */
static bool begin_anew(struct driver *d, char why[static FAILURE_MAX])
{
	go_down(d);
	if (go_up(d, why))
		return true;
	go_down(d);
	return false;
}

void driver_inside_gone(struct driver *d)
{
	char why[FAILURE_MAX];
	log_say(d->log, LOG_AT_WARNING,
		"the interface %s was removed by another program: it begins anew",
		d->inside_ops->name(d->inside));
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

/* --- new settings, a new netmap --- */

static bool begins_anew(const struct driver *d, const struct settings *s, const struct netmap *m)
{
	const struct settings *was = d->settings;
	return !key_equal(was->key.b, s->key.b) || was->port != s->port || was->mtu != s->mtu ||
	       strcmp(was->interface, s->interface) != 0 ||
	       !netmap_self_equal(&d->map->self, &m->self) || m->n_peers > d->peers_max;
}

/* Hangs up on relays that have another address or certificate now; the node dials them anew. */
static void drop_old_streams(struct driver *d, const struct netmap *was)
{
	for (size_t i = 0; i < was->n_relays; i++) {
		const struct netmap_relay *now = netmap_relay(d->map, was->relays[i].region);
		if (!now || netmap_relay_equal(&was->relays[i], now))
			continue;
		relay_streams_hangup(d->relay_streams, now->region);
		reach_stream_down(node_reach(d->node), now->region, "its configuration changed",
				  loop_now(d->loop));
	}
}

static void change_under_way(struct driver *d, const struct settings *s_was,
			     const struct netmap *was)
{
	char why[FAILURE_MAX];
	drop_old_streams(d, was);
	apply(d, was);
	if (s_was->port_mapping && !d->settings->port_mapping)
		driver_release(d);
	driver_set_uplinks(d);
	if (d->inside && !d->inside_ops->change(d->inside, was, d->map, why))
		log_say(d->log, LOG_AT_WARNING, "%s", why);
	driver_move(d, loop_now(d->loop));
}

bool driver_change(struct driver *d, const struct settings *s, const struct netmap *m,
		   char why[static FAILURE_MAX])
{
	const struct settings *s_was = d->settings;
	const struct netmap *was = d->map;
	bool anew = begins_anew(d, s, m);
	d->settings = s;
	d->map = m;
	if (!driver_is_up(d))
		return true;
	if (!anew) {
		change_under_way(d, s_was, was);
		return true;
	}
	log_say(d->log, LOG_AT_NOTICE,
		"[Node] changed, or many peers came: the interface begins anew");
	if (begin_anew(d, why))
		return true;
	char again[FAILURE_MAX];
	d->settings = s_was;
	d->map = was;
	if (!begin_anew(d, again))
		log_say(d->log, LOG_AT_ERROR, "%s; Warren is down until `warren up`", again);
	return false;
}

/* --- life --- */

struct driver *driver_new(const struct driver_config *cfg, const struct settings *s,
			  const struct netmap *m)
{
	struct driver *d = calloc(1, sizeof(*d));
	if (d)
		*d = (struct driver){.loop = cfg->loop,
				     .log = cfg->log,
				     .inside_ops = cfg->inside,
				     .upnp = cfg->upnp,
				     .settings = s,
				     .map = m};
	return d;
}

void driver_free(struct driver *d)
{
	if (!d)
		return;
	go_down(d);
	free(d);
}

const struct resolver *driver_resolver(const struct driver *d)
{
	return d->resolver;
}

const char *driver_relay_proxy(const struct driver *d, uint16_t region)
{
	return d->relay_streams ? relay_streams_proxy(d->relay_streams, region) : NULL;
}

struct node *driver_node(struct driver *d)
{
	return d->node;
}

const struct settings *driver_settings(const struct driver *d)
{
	return d->settings;
}

const struct netmap *driver_netmap(const struct driver *d)
{
	return d->map;
}

const struct tun_stats *driver_tun_stats(const struct driver *d)
{
	return d->inside && d->inside_ops->stats ? d->inside_ops->stats(d->inside) : NULL;
}

const char *driver_inside_name(const struct driver *d)
{
	return d->inside ? d->inside_ops->name(d->inside) : NULL;
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

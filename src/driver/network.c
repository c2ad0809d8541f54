#include <string.h>

#include "driver/inside.h"

static const mono_ns CHECK_AFTER_CHANGE = 2 * SECOND;
static const mono_ns SETTLE_AFTER_CHANGE = 200 * MSEC; /* changes of addresses come in groups */

static bool look_at_interfaces(struct driver *d)
{
	struct own_address v[OWN_ADDRESSES_MAX] = {0};
	size_t n = interface_interfaces(&d->interface, v, OWN_ADDRESSES_MAX);
	if (n == d->n_interfaces && memcmp(v, d->interfaces, sizeof(v)) == 0)
		return false;
	memcpy(d->interfaces, v, sizeof(v));
	d->n_interfaces = n;
	return true;
}

bool driver_look_at_gateways(struct driver *d)
{
	struct uplink v[UPLINKS_MAX] = {0};
	size_t n = interface_gateways(&d->interface, v);
	bool same = n == d->n_uplinks, route4 = false;
	for (size_t i = 0; i < n; i++) {
		same = same && ip_equal(&v[i].gateway, &d->uplinks[i].gateway) &&
		       ip_equal(&v[i].self, &d->uplinks[i].self) &&
		       v[i].ifindex == d->uplinks[i].ifindex;
		route4 |= v[i].gateway.family == 4;
	}
	memcpy(d->uplinks, v, sizeof(v));
	d->n_uplinks = n;
	reach_set_uplinks(node_reach(d->node), v, d->cfg->node.port_mapping ? n : 0,
			  loop_now(d->loop));
	reach_set_route4(node_reach(d->node), route4, loop_now(d->loop));
	return !same;
}

/* Where are we now? Asked a little after a change, when the relays' addresses are known. */
void driver_on_check(void *self)
{
	struct driver *d = self;
	reach_netcheck(node_reach(d->node), true, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

void driver_on_changed(void *self)
{
	struct driver *d = self;
	mono_ns now = loop_now(d->loop);
	relay_streams_network_changed(d->relay_streams);
	resolver_network_changed(d->resolver);
	bool addresses = look_at_interfaces(d), gateways = driver_look_at_gateways(d);
	if (addresses || gateways) {
		log_say(d->log, LOG_AT_INFO, "%s of this machine changed: looking for paths anew",
			addresses ? "addresses" : "the default route");
		reach_set_interfaces(node_reach(d->node), d->interfaces, d->n_interfaces, now);
		reach_link_changed(node_reach(d->node), now);
		loop_timer_set(d->check, now + CHECK_AFTER_CHANGE);
	}
	driver_move(d, now);
}

void driver_on_monitor(void *self, unsigned ready)
{
	struct driver *d = self;
	struct prefix p;
	uint32_t lifetime_s;
	if (netlink_monitor_read(d->monitor))
		loop_timer_set(d->changed, loop_now(d->loop) + SETTLE_AFTER_CHANGE);
	while (netlink_monitor_pref64(d->monitor, &p, &lifetime_s))
		reach_nat64_advertised(node_reach(d->node), &p, lifetime_s, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

void driver_where_begin(struct driver *d)
{
	mono_ns now = loop_now(d->loop);
	(void)look_at_interfaces(d);
	reach_set_interfaces(node_reach(d->node), d->interfaces, d->n_interfaces, now);
	(void)driver_look_at_gateways(d);
	if (!d->only_look)
		loop_timer_set(d->check, now + CHECK_AFTER_CHANGE);
}

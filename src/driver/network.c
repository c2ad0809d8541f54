#include <net/if.h>
#include <string.h>

#include "driver/parts.h"

static const mono_ns CHECK_AFTER_CHANGE = 2 * SECOND;

/* Without an inside the daemon may run beside us: its interface is no network to examine. */
int driver_own_ifindex(const struct driver *d)
{
	return d->inside ? d->inside_ops->ifindex(d->inside)
			 : (int)if_nametoindex(d->settings->interface);
}

/* A link-local address carries no path, and appears seconds after its link: no change to us. */
static size_t without_link_local(struct own_address *v, size_t n)
{
	size_t kept = 0;
	for (size_t i = 0; i < n; i++)
		if (v[i].ip.family == 4 || !ip_is_link_local(&v[i].ip))
			v[kept++] = v[i];
	memset(v + kept, 0, (n - kept) * sizeof(*v));
	return kept;
}

static bool look_at_interfaces(struct driver *d)
{
	struct own_address v[OWN_ADDRESSES_MAX] = {0};
	char why[FAILURE_MAX];
	size_t n = 0;
	if (!netlink_interfaces(d->nl, driver_own_ifindex(d), v, OWN_ADDRESSES_MAX, &n, why))
		n = 0;
	n = without_link_local(v, n);
	if (n == d->n_interfaces && memcmp(v, d->interfaces, sizeof(v)) == 0)
		return false;
	memcpy(d->interfaces, v, sizeof(v));
	d->n_interfaces = n;
	return true;
}

void driver_set_uplinks(struct driver *d)
{
	reach_set_uplinks(node_reach(d->node), d->uplinks,
			  d->settings->port_mapping ? d->n_uplinks : 0, loop_now(d->loop));
}

/* True: they are others than before. */
static bool look_at_uplinks(struct driver *d)
{
	struct uplink v[UPLINKS_MAX] = {0};
	size_t n = netlink_uplinks(d->nl, driver_own_ifindex(d), v);
	bool same = n == d->n_uplinks, route4 = false;
	for (size_t i = 0; i < n; i++) {
		same = same && uplink_equal(&v[i], &d->uplinks[i]);
		route4 |= v[i].self.family == 4;
	}
	memcpy(d->uplinks, v, sizeof(v));
	d->n_uplinks = n;
	driver_set_uplinks(d);
	reach_set_route4(node_reach(d->node), route4, loop_now(d->loop));
	return !same;
}

/* A netcheck, a little after a change: by then DNS has told the relays' addresses. */
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
	debounce_done(&d->changes);
	relay_streams_network_changed(d->relay_streams);
	resolver_network_changed(d->resolver);
	bool addresses = look_at_interfaces(d), gateways = look_at_uplinks(d);
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
		loop_timer_set(d->changed, debounce_event(&d->changes, loop_now(d->loop)));
	while (netlink_monitor_pref64(d->monitor, &p, &lifetime_s))
		reach_nat64_advertised(node_reach(d->node), &p, lifetime_s, loop_now(d->loop));
	driver_move(d, loop_now(d->loop));
}

void driver_network_begin(struct driver *d)
{
	mono_ns now = loop_now(d->loop);
	(void)look_at_interfaces(d);
	reach_set_interfaces(node_reach(d->node), d->interfaces, d->n_interfaces, now);
	(void)look_at_uplinks(d);
	if (d->inside)
		loop_timer_set(d->check, now + CHECK_AFTER_CHANGE);
}

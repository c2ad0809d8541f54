/* The network around us: what the owner sees of it goes to all parts that care, and when it is
 * another one, every path and relay is doubted.
 *
 * A network that has only IPv6: datagrams for IPv4 endpoints leave by its NAT64, and those that
 * come from there are taken as from the IPv4 endpoint.  The prefixes are in reach/nat64.h; DNS and
 * the routers are the owner's to ask. */
#include "node/inside.h"

/* Every path, and whether the relays are still there. */
static void doubt_links(struct node *n, mono_ns now)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (n->relays[i].used)
			relay_client_link_changed(n->relays[i].client, now);
	paths_on_link_change(n->paths, now);
	netcheck_link_changed(n->netcheck, now);
	checks_link_changed(n, now);
}

/* Another prefix, or none: what was proven through the old one is in doubt. */
static void settle(struct node *n, mono_ns now)
{
	if (!nat64_settle(&n->nat64, now))
		return;
	doubt_links(n, now);
	node_tell(n, &(struct node_event){.kind = NODE_NAT64});
}

void node_set_interfaces(struct node *n, const struct own_address *v, size_t count, mono_ns now)
{
	nat64_set_interfaces(&n->nat64, v, count, now);
	settle(n, now);
	paths_set_interfaces(n->paths, v, count, now);
	if (netcheck_set_interfaces(n->netcheck, v, count, now))
		checks_link_changed(n, now);
}

void node_link_changed(struct node *n, mono_ns now)
{
	nat64_link_changed(&n->nat64, now);
	doubt_links(n, now);
}

void node_slept(struct node *n, mono_ns how_long, mono_ns now)
{
	if (how_long >= NODE_SLEEP_LONG)
		relays_hangup_all(n, "this machine slept", now);
	node_link_changed(n, now);
}

void node_set_route4(struct node *n, bool has, mono_ns now)
{
	nat64_set_route4(&n->nat64, has, now);
	settle(n, now);
}

void node_nat64_tick(struct node *n, mono_ns now)
{
	if (nat64_wants_lookup(&n->nat64, now))
		node_tell(n, &(struct node_event){.kind = NODE_LOOKUP64});
	settle(n, now);
}

void node_nat64_answer(struct node *n, const struct ip *v, size_t count, uint32_t ttl_s,
		       bool failed, mono_ns now)
{
	nat64_answer(&n->nat64, v, count, ttl_s, failed, now);
	settle(n, now);
}

void node_nat64_advertised(struct node *n, const struct prefix *p, uint32_t lifetime_s, mono_ns now)
{
	nat64_advertised(&n->nat64, p, lifetime_s, now);
	settle(n, now);
}

const struct prefix *node_nat64(const struct node *n)
{
	return nat64_prefix(&n->nat64);
}

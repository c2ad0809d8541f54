/* A network that has only IPv6: datagrams for IPv4 endpoints leave by its NAT64, and those that come from
 * there are taken as from the IPv4 endpoint.  The prefixes are in path/nat64.h; DNS and the routers are
 * the owner's to ask. */
#include "node/inside.h"

/* Another prefix, or none: what was proven through the old one is in doubt. */
static void settle(struct node *n, mono_ns now)
{
	if (!nat64_settle(&n->nat64, now))
		return;
	node_doubt_links(n, now);
	node_tell(n, &(struct node_event){.kind = NODE_NAT64});
}

void node_nat64_interfaces(struct node *n, const struct paths_interface *v, size_t count, mono_ns now)
{
	nat64_set_interfaces(&n->nat64, v, count, now);
	settle(n, now);
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

void node_nat64_answer(struct node *n, const struct ip *v, size_t count, uint32_t ttl_s, bool failed,
		       mono_ns now)
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

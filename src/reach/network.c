/* The network around us.  What the owner sees of it goes to each part that needs it.  When it is
 * another network, every path and relay is doubted.
 *
 * In a network that has only IPv6, datagrams for IPv4 endpoints leave through its NAT64, and
 * datagrams from there count as from the IPv4 endpoint.  The prefixes are in reach/nat64.h.  The
 * owner asks DNS and hears the routers. */
#include "reach/inside.h"

/* Every path is doubted, and each relay is asked whether it is still there. */
static void doubt_links(struct reach *r, mono_ns now)
{
	for (size_t i = 0; i < r->relays_end; i++)
		if (r->relays[i].used)
			relay_client_link_changed(r->relays[i].client, now);
	paths_on_link_change(r->paths, now);
	netcheck_link_changed(r->netcheck, now);
	checks_link_changed(r, now);
}

/* There is another prefix, or none any more.  What was proven through the old one is in doubt. */
static void settle(struct reach *r, mono_ns now)
{
	if (!nat64_settle(&r->nat64, now))
		return;
	doubt_links(r, now);
	reach_emit(r, &(struct reach_event){.kind = REACH_NAT64});
}

void reach_set_interfaces(struct reach *r, const struct own_address *v, size_t count, mono_ns now)
{
	nat64_set_interfaces(&r->nat64, v, count, now);
	settle(r, now);
	paths_set_interfaces(r->paths, v, count, now);
	if (netcheck_set_interfaces(r->netcheck, v, count, now))
		checks_link_changed(r, now);
}

void reach_set_uplinks(struct reach *r, const struct uplink *v, size_t count, mono_ns now)
{
	paths_set_gateways(r->paths, v, count, now);
}

void reach_set_fixed(struct reach *r, const struct endpoint *v, size_t count, mono_ns now)
{
	paths_set_fixed(r->paths, v, count, now);
}

void reach_set_hard(struct reach *r, const struct hard_config *cfg, mono_ns now)
{
	paths_set_hard(r->paths, cfg, now);
}

void reach_set_mtu(struct reach *r, uint16_t bytes)
{
	paths_set_mtu(r->paths, bytes);
}

void reach_set_port(struct reach *r, uint16_t port, mono_ns now)
{
	paths_set_port(r->paths, port, now);
	netcheck_set_port(r->netcheck, port, now);
}

void reach_upnp_report(struct reach *r, const struct upnp_report *report, mono_ns now)
{
	paths_upnp_report(r->paths, report, now);
}

bool reach_gateway_announced(struct reach *r, const struct endpoint *from, struct bytes datagram,
			     mono_ns now)
{
	return paths_gateway_announced(r->paths, from, datagram, now);
}

void reach_release(struct reach *r, mono_ns now)
{
	reach_begin(r);
	paths_release(r->paths, now);
}

void reach_udp_unreachable(struct reach *r, const struct endpoint *ep, mono_ns now)
{
	struct endpoint known = nat64_in(&r->nat64, ep);
	paths_on_unreachable(r->paths, &known, now);
}

void reach_link_changed(struct reach *r, mono_ns now)
{
	nat64_link_changed(&r->nat64, now);
	doubt_links(r, now);
}

void reach_slept(struct reach *r, mono_ns how_long, mono_ns now)
{
	if (how_long >= REACH_SLEEP_LONG)
		relays_hangup_all(r, "this machine slept", now);
	reach_link_changed(r, now);
}

void reach_set_route4(struct reach *r, bool has, mono_ns now)
{
	nat64_set_route4(&r->nat64, has, now);
	settle(r, now);
}

void network_tick(struct reach *r, mono_ns now)
{
	if (nat64_wants_lookup(&r->nat64, now))
		reach_emit(r, &(struct reach_event){.kind = REACH_LOOKUP64});
	settle(r, now);
}

void reach_nat64_answer(struct reach *r, const struct ip *v, size_t count, uint32_t ttl_s,
			bool failed, mono_ns now)
{
	nat64_answer(&r->nat64, v, count, ttl_s, failed, now);
	settle(r, now);
}

void reach_nat64_advertised(struct reach *r, const struct prefix *p, uint32_t lifetime_s,
			    mono_ns now)
{
	nat64_advertised(&r->nat64, p, lifetime_s, now);
	settle(r, now);
}

const struct prefix *reach_nat64(const struct reach *r)
{
	return nat64_prefix(&r->nat64);
}

#include "driver/interface.h"

#include <net/if.h>
#include <string.h>

static bool covers(const struct config *c, const struct prefix *p)
{
	for (size_t i = 0; i < c->n_peers; i++)
		for (size_t k = 0; k < c->peers[i].n_allowed; k++)
			if (prefix_equal(&c->peers[i].allowed[k], p))
				return true;
	return false;
}

/* A default route through the tunnel would catch the tunnel's own datagrams too. */
static bool wants_route(const struct prefix *p)
{
	return p->bits > 0;
}

static bool add_routes(struct interface *n, const struct config *cfg, const struct config *have,
		       char why[static FAILURE_MAX])
{
	bool ok = true;
	for (size_t i = 0; i < cfg->n_peers; i++)
		for (size_t k = 0; k < cfg->peers[i].n_allowed; k++) {
			const struct prefix *p = &cfg->peers[i].allowed[k];
			if (!wants_route(p) || (have && covers(have, p)))
				continue;
			if (netlink_route_add(n->nl, tun_index(n->tun), p, why))
				continue;
			if (!have && netlink_route_is_foreign(n->nl, tun_index(n->tun), p))
				memcpy(n->warning, why, sizeof(n->warning));
			else
				ok = false;
		}
	return ok;
}

static bool set_up(struct interface *n, const struct config *cfg, char why[static FAILURE_MAX])
{
	n->tun = tun_open(cfg->node.interface, why);
	if (!n->tun)
		return false;
	n->nl = netlink_open(why);
	if (!n->nl)
		return false;
	int ifindex = tun_index(n->tun);
	for (size_t i = 0; i < cfg->node.n_addresses; i++)
		if (!netlink_address_add(n->nl, ifindex, &cfg->node.address[i],
					 cfg->node.address_bits[i], why))
			return false;
	return netlink_link_up(n->nl, ifindex, cfg->node.mtu, why) && add_routes(n, cfg, NULL, why);
}

bool interface_open(struct interface *n, const struct config *cfg, char why[static FAILURE_MAX])
{
	*n = (struct interface){0};
	if (set_up(n, cfg, why))
		return true;
	interface_close(n);
	return false;
}

bool interface_open_to_look(struct interface *n, const struct config *cfg,
			    char why[static FAILURE_MAX])
{
	*n = (struct interface){.nl = netlink_open(why),
				.skip = (int)if_nametoindex(cfg->node.interface)};
	return n->nl != NULL;
}

int interface_tun_index(const struct interface *n)
{
	return n->tun ? tun_index(n->tun) : n->skip;
}

void interface_close(struct interface *n)
{
	netlink_close(n->nl);
	tun_close(n->tun);
	*n = (struct interface){0};
}

bool interface_reroute(struct interface *n, const struct config *was, const struct config *now,
		       char why[static FAILURE_MAX])
{
	bool ok = true;
	for (size_t i = 0; i < was->n_peers; i++)
		for (size_t k = 0; k < was->peers[i].n_allowed; k++) {
			const struct prefix *p = &was->peers[i].allowed[k];
			if (wants_route(p) && !covers(now, p))
				ok &= netlink_route_remove(n->nl, tun_index(n->tun), p, why);
		}
	return add_routes(n, now, was, why) && ok;
}

size_t interface_interfaces(struct interface *n, struct own_address *v, size_t max)
{
	size_t count = 0, kept = 0;
	char why[FAILURE_MAX];
	if (!netlink_interfaces(n->nl, interface_tun_index(n), v, max, &count, why))
		return 0;
	/* An fe80:: address reaches nobody, and comes seconds after its link: no reason to doubt a
	 * path. */
	for (size_t i = 0; i < count; i++)
		if (v[i].ip.family == 4 || !ip_is_link_local(&v[i].ip))
			v[kept++] = v[i];
	memset(v + kept, 0, (count - kept) * sizeof(*v));
	return kept;
}

size_t interface_gateways(struct interface *n, struct uplink v[static UPLINKS_MAX])
{
	return netlink_gateways(n->nl, interface_tun_index(n), v);
}

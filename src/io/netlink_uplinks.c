#include "io/netlink_inside.h"

#include <string.h>

/* Any address of the internet will do: nothing is sent there. These are of a root name server. */
static const char *const somewhere[] = {"198.41.0.4", "2001:503:ba3e::2:30"};

struct answer {
	uint16_t len; /* of an address in this family */
	struct uplink found;
};

static int on_part(const struct nlattr *a, void *self)
{
	struct answer *r = self;
	uint16_t type = mnl_attr_get_type(a), len = mnl_attr_get_payload_len(a);
	const uint8_t *b = mnl_attr_get_payload(a);
	if (type == RTA_OIF && len == 4)
		r->found.ifindex = mnl_attr_get_u32(a);
	if (len != r->len || (type != RTA_GATEWAY && type != RTA_PREFSRC))
		return MNL_CB_OK;
	struct ip ip = len == 16 ? ip_v6_from(b) : ip_v4_from(b);
	*(type == RTA_GATEWAY ? &r->found.gateway : &r->found.self) = ip;
	return MNL_CB_OK;
}

static int on_answer(const struct nlmsghdr *h, void *self)
{
	mnl_attr_parse(h, sizeof(struct rtmsg), on_part, self);
	return MNL_CB_OK;
}

/* Asks the kernel how it would send to this address. ifindex: by this interface only; 0: by any. */
static bool uplink_towards(struct netlink *nl, const struct ip *to, int ifindex, struct uplink *out)
{
	struct nlmsghdr *h = netlink_request(nl, RTM_GETROUTE, NLM_F_ACK);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct answer r = {.len = (uint16_t)ip_len(to)};
	m->rtm_family = netlink_family(to);
	m->rtm_dst_len = (uint8_t)(8 * r.len);
	mnl_attr_put(h, RTA_DST, r.len, to->b);
	if (ifindex)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	if (netlink_ask(nl, h, on_answer, &r))
		return false;
	*out = r.found;
	return true;
}

struct uplinks {
	int skip;
	bool asked_for_one; /* by an interface that we named: then each link looks like a way out */
	struct uplink *v;
	size_t n;
};

/* Two IPv4 gateways with one address look the same in the answers that they send. */
static bool is_known(const struct uplinks *u, const struct uplink *g)
{
	for (size_t i = 0; i < u->n; i++)
		if (ip_equal(&u->v[i].gateway, &g->gateway) &&
		    (g->gateway.family == 4 || u->v[i].ifindex == g->ifindex))
			return true;
	return false;
}

static bool is_of_use(const struct uplinks *u, const struct uplink *g)
{
	bool on_link = g->gateway.family == 0; /* as over PPP: all of the internet is on the link */
	if ((on_link && u->asked_for_one) || g->self.family == 0 ||
	    g->ifindex == (uint32_t)u->skip || ip_is_loopback(&g->self) || is_known(u, g))
		return false;
	return g->self.family == 4 || !(ip_is_link_local(&g->self) || ip_is_private(&g->self));
}

static void add_uplinks_by(struct netlink *nl, int ifindex, struct uplinks *u)
{
	for (size_t i = 0; i < ARRAY_LEN(somewhere) && u->n < UPLINKS_MAX; i++) {
		struct uplink g;
		struct ip to;
		if (ip_parse(&to, somewhere[i]) && uplink_towards(nl, &to, ifindex, &g) &&
		    is_of_use(u, &g))
			u->v[u->n++] = g;
	}
}

size_t netlink_uplinks(struct netlink *nl, int skip_ifindex, struct uplink v[static UPLINKS_MAX])
{
	struct uplinks u = {.skip = skip_ifindex, .v = v};
	struct netlink_links l = {.skip = skip_ifindex};
	add_uplinks_by(nl, 0, &u);
	u.asked_for_one = true;
	if (netlink_links(nl, &l))
		return u.n;
	for (size_t i = 0; i < l.n; i++)
		if (!l.v[i].loopback)
			add_uplinks_by(nl, l.v[i].index, &u);
	return u.n;
}

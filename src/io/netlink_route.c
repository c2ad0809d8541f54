#include "io/netlink_inside.h"

#include <errno.h>
#include <string.h>

static int route_request(struct netlink *nl, bool add, int ifindex, const struct prefix *to)
{
	struct nlmsghdr *h =
		netlink_request(nl, add ? RTM_NEWROUTE : RTM_DELROUTE,
				(uint16_t)(NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0)));
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = netlink_family(&to->ip);
	m->rtm_dst_len = to->bits;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_type = RTN_UNICAST;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = to->ip.family == 6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	mnl_attr_put(h, RTA_DST, ip_len(&to->ip), to->ip.b);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	return netlink_ask(nl, h, NULL, NULL);
}

struct route_search {
	const struct prefix *to;
	int ours, foreign; /* interfaces by which it has a route; foreign 0: none but ours */
	bool have_ours;
};

struct route_parts {
	const struct prefix *to;
	uint32_t table, by;
	bool same;
};

static int on_owner_part(const struct nlattr *a, void *self)
{
	struct route_parts *r = self;
	uint16_t type = mnl_attr_get_type(a), len = mnl_attr_get_payload_len(a);
	if (type == RTA_DST && len == ip_len(&r->to->ip))
		r->same = memcmp(mnl_attr_get_payload(a), r->to->ip.b, len) == 0;
	else if (type == RTA_OIF && len == 4)
		r->by = mnl_attr_get_u32(a);
	else if (type == RTA_TABLE && len == 4)
		r->table = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *h, void *self)
{
	struct route_search *s = self;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct route_parts r = {.to = s->to, .table = m->rtm_table};
	if (m->rtm_family != netlink_family(&s->to->ip) || m->rtm_dst_len != s->to->bits)
		return MNL_CB_OK;
	mnl_attr_parse(h, sizeof(*m), on_owner_part, &r);
	bool counts = r.same && r.table == RT_TABLE_MAIN && r.by != 0;
	if (counts && (int)r.by == s->ours)
		s->have_ours = true;
	else if (counts)
		s->foreign = (int)r.by;
	return MNL_CB_OK;
}

/* The other interface by which this prefix has a route; 0: it has one by ours, or it cannot be
 * known. */
static int foreign_route(struct netlink *nl, int ifindex, const struct prefix *to)
{
	struct nlmsghdr *h = netlink_request(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct route_search s = {.to = to, .ours = ifindex};
	m->rtm_family = netlink_family(&to->ip);
	return netlink_ask(nl, h, on_route, &s) == 0 && !s.have_ours ? s.foreign : 0;
}

bool netlink_route_add(struct netlink *nl, int ifindex, const struct prefix *to,
		       char why[static FAILURE_MAX])
{
	char text[PREFIX_TEXT_MAX];
	int error = route_request(nl, true, ifindex, to);
	int foreign = error == EEXIST ? foreign_route(nl, ifindex, to) : 0;
	if (foreign != 0)
		return failure_say(why,
				   "there is another route to %s, by interface %d, where its "
				   "packets go: remove it, or leave that range out of AllowedIPs",
				   prefix_format(to, text), foreign);
	if (!error || error == EEXIST)
		return true;
	return failure_say(why, "cannot add a route to %s by interface %d: %s%s",
			   prefix_format(to, text), ifindex, strerror(error), netlink_hint(error));
}

bool netlink_route_is_foreign(struct netlink *nl, int ifindex, const struct prefix *to)
{
	return foreign_route(nl, ifindex, to) != 0;
}

bool netlink_route_remove(struct netlink *nl, int ifindex, const struct prefix *to,
			  char why[static FAILURE_MAX])
{
	char text[PREFIX_TEXT_MAX];
	int error = route_request(nl, false, ifindex, to);
	if (!error || error == ESRCH || error == ENODEV)
		return true;
	return failure_say(why, "cannot remove the route to %s by interface %d: %s%s",
			   prefix_format(to, text), ifindex, strerror(error), netlink_hint(error));
}

#include "io/netlink_inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	IPV6_METRIC = 1024, /* IP6_RT_PRIO_USER of the kernel; IPv4 has 0 */
	ADD_TRIES = 3       /* the route that was in the way can be gone when we look at it */
};

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

/* What the main table has for a prefix, at the metric that a route of ours gets. */
struct route_owner {
	bool ours;    /* a route by our interface */
	bool foreign; /* any other: by another interface, by several, or one that drops packets */
	int by;       /* the interface of the foreign one; 0: it has not exactly one */
};

struct route_search {
	const struct prefix *to;
	int ifindex;
	struct route_owner found;
};

struct route_parts {
	const struct prefix *to;
	uint32_t table, by, metric;
	bool same;
};

static int on_part(const struct nlattr *a, void *self)
{
	struct route_parts *r = self;
	uint16_t type = mnl_attr_get_type(a), len = mnl_attr_get_payload_len(a);
	if (type == RTA_DST && len == ip_len(&r->to->ip))
		r->same = memcmp(mnl_attr_get_payload(a), r->to->ip.b, len) == 0;
	else if (type == RTA_OIF && len == 4)
		r->by = mnl_attr_get_u32(a);
	else if (type == RTA_TABLE && len == 4)
		r->table = mnl_attr_get_u32(a);
	else if (type == RTA_PRIORITY && len == 4)
		r->metric = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

/* The metric that the kernel gives to a route that asks for none. */
static uint32_t own_metric(const struct prefix *to)
{
	return to->ip.family == 6 ? IPV6_METRIC : 0;
}

static int on_route(const struct nlmsghdr *h, void *self)
{
	struct route_search *s = self;
	const struct rtmsg *m = mnl_nlmsg_get_payload(h);
	struct route_parts r = {.to = s->to, .table = m->rtm_table, .same = m->rtm_dst_len == 0};
	if (m->rtm_family != netlink_family(&s->to->ip) || m->rtm_dst_len != s->to->bits ||
	    m->rtm_tos != 0 || m->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	mnl_attr_parse(h, sizeof(*m), on_part, &r);
	if (!r.same || r.table != RT_TABLE_MAIN || r.metric != own_metric(s->to))
		return MNL_CB_OK;
	if (m->rtm_type == RTN_UNICAST && (int)r.by == s->ifindex)
		s->found.ours = true;
	else
		s->found = (struct route_owner){.ours = s->found.ours, true, (int)r.by};
	return MNL_CB_OK;
}

/* 0, or the kernel's errno. */
static int find_owner(struct netlink *nl, int ifindex, const struct prefix *to,
		      struct route_owner *owner)
{
	for (int i = 0; i < NETLINK_LIST_TRIES; i++) {
		struct nlmsghdr *h = netlink_request(nl, RTM_GETROUTE, NLM_F_DUMP);
		struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
		struct route_search s = {.to = to, .ifindex = ifindex};
		m->rtm_family = netlink_family(&to->ip);
		int error = netlink_ask(nl, h, on_route, &s);
		if (error)
			return error;
		*owner = s.found;
		if (!nl->torn || s.found.ours)
			break;
	}
	return 0;
}

static bool say_foreign(const struct prefix *to, int by, char *why)
{
	char text[PREFIX_TEXT_MAX], where[48] = "";
	if (by)
		snprintf(where, sizeof(where), ", by interface %d", by);
	return failure_say(why,
			   "there is another route to %s%s, and its packets go there: remove that "
			   "route, or leave the range out of AllowedIPs",
			   prefix_format(to, text), where);
}

bool netlink_route_add(struct netlink *nl, int ifindex, const struct prefix *to,
		       char why[static FAILURE_MAX])
{
	char text[PREFIX_TEXT_MAX];
	int error = EEXIST;
	for (int i = 0; i < ADD_TRIES && error == EEXIST; i++) {
		struct route_owner owner = {0};
		error = route_request(nl, true, ifindex, to);
		if (error == EEXIST && find_owner(nl, ifindex, to, &owner) == 0) {
			if (owner.ours)
				return true;
			if (owner.foreign)
				return say_foreign(to, owner.by, why);
		}
	}
	if (!error)
		return true;
	return failure_say(why, "cannot add a route to %s by interface %d: %s%s",
			   prefix_format(to, text), ifindex, strerror(error), netlink_hint(error));
}

bool netlink_route_is_foreign(struct netlink *nl, int ifindex, const struct prefix *to)
{
	struct route_owner owner = {0};
	return find_owner(nl, ifindex, to, &owner) == 0 && owner.foreign && !owner.ours;
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

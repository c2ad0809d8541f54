#include "io/netlink_monitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/netlink_inside.h"
#include "wire/nat64.h"

enum { ROUTER_ADVERTISEMENT = 134 /* of ICMPv6 */, PREF64_WAITING_MAX = 4 };

struct netlink_monitor {
	struct mnl_socket *socket;
	int skip;
	bool changed;
	struct {
		struct prefix prefix;
		uint32_t lifetime_s;
	} pref64[PREF64_WAITING_MAX]; /* the oldest first */
	size_t n_pref64;
	_Alignas(8) char answer[NETLINK_ANSWER_MAX]; /* messages are read in place */
};

struct netlink_monitor *netlink_monitor_open(int skip_ifindex, char why[static FAILURE_MAX])
{
	struct netlink_monitor *m = calloc(1, sizeof(*m));
	if (!m) {
		failure_say(why, "no memory to watch the network");
		return NULL;
	}
	m->skip = skip_ifindex;
	m->socket = netlink_socket_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
						RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE |
						1u << (RTNLGRP_ND_USEROPT - 1),
					SOCK_NONBLOCK, why);
	if (m->socket)
		return m;
	free(m);
	return NULL;
}

void netlink_monitor_close(struct netlink_monitor *m)
{
	if (!m)
		return;
	mnl_socket_close(m->socket);
	free(m);
}

int netlink_monitor_fd(const struct netlink_monitor *m)
{
	return mnl_socket_get_fd(m->socket);
}

static int on_route_part(const struct nlattr *a, void *self)
{
	if (mnl_attr_get_type(a) == RTA_OIF && mnl_attr_get_payload_len(a) == 4)
		*(uint32_t *)self = mnl_attr_get_u32(a);
	return MNL_CB_OK;
}

/* A default route by another interface than `skip`. */
static bool is_default_route(const struct nlmsghdr *h, int skip)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	uint32_t by = 0;
	mnl_attr_parse(h, sizeof(*r), on_route_part, &by);
	return r->rtm_dst_len == 0 && r->rtm_type == RTN_UNICAST &&
	       (skip == 0 || by != (uint32_t)skip);
}

/* An option of a router advertisement that the kernel does not use itself. */
static void take_option(struct netlink_monitor *m, const struct nlmsghdr *h)
{
	const struct nduseroptmsg *o = mnl_nlmsg_get_payload(h);
	size_t n = mnl_nlmsg_get_payload_len(h);
	struct prefix p;
	uint32_t lifetime_s;
	if (n < sizeof(*o) || o->nduseropt_opts_len > n - sizeof(*o) ||
	    o->nduseropt_family != AF_INET6 || o->nduseropt_icmp_type != ROUTER_ADVERTISEMENT ||
	    o->nduseropt_ifindex == m->skip)
		return;
	struct bytes option = {(const uint8_t *)(o + 1), o->nduseropt_opts_len};
	if (!pref64_read(option, &p, &lifetime_s))
		return;
	if (m->n_pref64 == PREF64_WAITING_MAX)
		memmove(&m->pref64[0], &m->pref64[1], --m->n_pref64 * sizeof(m->pref64[0]));
	m->pref64[m->n_pref64].prefix = p;
	m->pref64[m->n_pref64++].lifetime_s = lifetime_s;
}

bool netlink_monitor_pref64(struct netlink_monitor *m, struct prefix *p, uint32_t *lifetime_s)
{
	if (m->n_pref64 == 0)
		return false;
	*p = m->pref64[0].prefix;
	*lifetime_s = m->pref64[0].lifetime_s;
	memmove(&m->pref64[0], &m->pref64[1], --m->n_pref64 * sizeof(m->pref64[0]));
	return true;
}

static int on_change(const struct nlmsghdr *h, void *self)
{
	struct netlink_monitor *m = self;
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(h);
	const struct ifaddrmsg *address = mnl_nlmsg_get_payload(h);
	switch (h->nlmsg_type) {
	case RTM_NEWLINK: /* ifi_change 0: only a counter or a name changed */
	case RTM_DELLINK:
		m->changed |= link->ifi_index != m->skip && link->ifi_change != 0;
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		m->changed |= (int)address->ifa_index != m->skip;
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		m->changed |= is_default_route(h, m->skip);
		break;
	case RTM_NEWNDUSEROPT:
		take_option(m, h);
		break;
	}
	return MNL_CB_OK;
}

bool netlink_monitor_read(struct netlink_monitor *m)
{
	m->changed = false;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(m->socket, m->answer, sizeof(m->answer));
		if (n < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
			m->changed = true; /* messages were lost */
			continue;
		}
		if (n <= 0)
			return m->changed;
		if (mnl_cb_run(m->answer, (size_t)n, 0, 0, on_change, m) < 0)
			m->changed = true;
	}
}

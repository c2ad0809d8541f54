#include "io/netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/nat64.h"

enum {
	REQUEST_MAX = 512,
	ANSWER_MAX = 16 << 10,
	ROUTER_ADVERTISEMENT = 134, /* of ICMPv6 */
	LINKS_MAX = 256,            /* interfaces that are looked at */
	LIST_TRIES = 4,
	PREF64_WAITING_MAX = 4
};

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	bool torn; /* something changed while the last list was being told */
	_Alignas(8) char request[REQUEST_MAX], answer[ANSWER_MAX]; /* messages are read in place */
};

static struct mnl_socket *socket_open(unsigned groups, int flags, char *why)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | flags);
	if (s && mnl_socket_bind(s, groups, MNL_SOCKET_AUTOPID) == 0)
		return s;
	failure_say(why, "cannot ask the kernel about its interfaces (netlink): %s",
		    strerror(errno));
	if (s)
		mnl_socket_close(s);
	return NULL;
}

struct netlink *netlink_open(char why[static FAILURE_MAX])
{
	struct netlink *nl = calloc(1, sizeof(*nl));
	if (!nl) {
		failure_say(why, "no memory to talk to the kernel");
		return NULL;
	}
	nl->socket = socket_open(0, 0, why);
	if (nl->socket)
		return nl;
	free(nl);
	return NULL;
}

void netlink_close(struct netlink *nl)
{
	if (!nl)
		return;
	mnl_socket_close(nl->socket);
	free(nl);
}

static struct nlmsghdr *request_begin(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->request);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++nl->seq;
	return h;
}

/* libmnl would give up on a list that changed while it was told; what it says is of use all the
 * same. */
static void note_torn(struct netlink *nl, size_t n)
{
	int left = (int)n;
	for (struct nlmsghdr *h = (struct nlmsghdr *)nl->answer; mnl_nlmsg_ok(h, left);
	     h = mnl_nlmsg_next(h, &left)) {
		nl->torn |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		h->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
	}
}

/* Sends the request and reads its answer to the end; 0, or the kernel's errno. */
static int request_end(struct netlink *nl, struct nlmsghdr *h, mnl_cb_t each, void *self)
{
	unsigned port = mnl_socket_get_portid(nl->socket);
	nl->torn = false;
	if (mnl_socket_sendto(nl->socket, h, h->nlmsg_len) < 0)
		return errno;
	for (;;) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, nl->answer, sizeof(nl->answer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		note_torn(nl, (size_t)n);
		int r = mnl_cb_run(nl->answer, (size_t)n, h->nlmsg_seq, port, each, self);
		if (r < 0 && errno == ESRCH &&
		    h->nlmsg_seq != ((struct nlmsghdr *)nl->answer)->nlmsg_seq)
			continue; /* the rest of an older answer */
		if (r < 0)
			return errno;
		if (r == MNL_CB_STOP)
			return 0;
	}
}

static uint8_t family_of(const struct ip *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

static const char *hint(int error)
{
	if (error == EPERM)
		return "; run as root or give CAP_NET_ADMIN";
	if (error == EACCES)
		return "; is IPv6 switched off there (sysctl net.ipv6.conf.all.disable_ipv6)?";
	return "";
}

bool netlink_link_up(struct netlink *nl, int ifindex, uint32_t mtu, char why[static FAILURE_MAX])
{
	struct nlmsghdr *h = request_begin(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_family = AF_UNSPEC;
	m->ifi_index = ifindex;
	m->ifi_flags = IFF_UP;
	m->ifi_change = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	int error = request_end(nl, h, NULL, NULL);
	if (!error)
		return true;
	return failure_say(why, "cannot set interface %d up with an MTU of %u: %s%s", ifindex, mtu,
			   strerror(error), hint(error));
}

static int address_request(struct netlink *nl, bool add, int ifindex, const struct ip *ip,
			   uint8_t bits)
{
	struct nlmsghdr *h =
		request_begin(nl, add ? RTM_NEWADDR : RTM_DELADDR,
			      (uint16_t)(NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0)));
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifa_family = family_of(ip);
	m->ifa_prefixlen = bits;
	m->ifa_index = (uint32_t)ifindex;
	m->ifa_flags = ip->family == 6 ? IFA_F_NODAD : 0;
	mnl_attr_put(h, IFA_LOCAL, ip_len(ip), ip->b);
	mnl_attr_put(h, IFA_ADDRESS, ip_len(ip), ip->b);
	return request_end(nl, h, NULL, NULL);
}

bool netlink_address_add(struct netlink *nl, int ifindex, const struct ip *ip, uint8_t bits,
			 char why[static FAILURE_MAX])
{
	char text[IP_TEXT_MAX];
	int error = address_request(nl, true, ifindex, ip, bits);
	if (!error || error == EEXIST)
		return true;
	return failure_say(why, "cannot give interface %d the address %s/%u: %s%s", ifindex,
			   ip_format(ip, text), bits, strerror(error), hint(error));
}

bool netlink_address_remove(struct netlink *nl, int ifindex, const struct ip *ip, uint8_t bits,
			    char why[static FAILURE_MAX])
{
	char text[IP_TEXT_MAX];
	int error = address_request(nl, false, ifindex, ip, bits);
	if (!error || error == EADDRNOTAVAIL || error == ENODEV)
		return true;
	return failure_say(why, "cannot take the address %s/%u from interface %d: %s%s",
			   ip_format(ip, text), bits, ifindex, strerror(error), hint(error));
}

static int route_request(struct netlink *nl, bool add, int ifindex, const struct prefix *to)
{
	struct nlmsghdr *h =
		request_begin(nl, add ? RTM_NEWROUTE : RTM_DELROUTE,
			      (uint16_t)(NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0)));
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->rtm_family = family_of(&to->ip);
	m->rtm_dst_len = to->bits;
	m->rtm_table = RT_TABLE_MAIN;
	m->rtm_type = RTN_UNICAST;
	m->rtm_protocol = RTPROT_STATIC;
	m->rtm_scope = to->ip.family == 6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	mnl_attr_put(h, RTA_DST, ip_len(&to->ip), to->ip.b);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	return request_end(nl, h, NULL, NULL);
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
	if (m->rtm_family != family_of(&s->to->ip) || m->rtm_dst_len != s->to->bits)
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
	struct nlmsghdr *h = request_begin(nl, RTM_GETROUTE, NLM_F_DUMP);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct route_search s = {.to = to, .ours = ifindex};
	m->rtm_family = family_of(&to->ip);
	return request_end(nl, h, on_route, &s) == 0 && !s.have_ours ? s.foreign : 0;
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
			   prefix_format(to, text), ifindex, strerror(error), hint(error));
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
			   prefix_format(to, text), ifindex, strerror(error), hint(error));
}

/* --- what interfaces there are --- */

struct listing {
	int skip;
	struct {
		int index;
		bool loopback;
	} links[LINKS_MAX];
	size_t n_links;
	struct own_address *v;
	size_t n, max;
};

static int on_link(const struct nlmsghdr *h, void *self)
{
	struct listing *l = self;
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	if (!(m->ifi_flags & IFF_UP) || m->ifi_index == l->skip || l->n_links == LINKS_MAX)
		return MNL_CB_OK;
	l->links[l->n_links].index = m->ifi_index;
	l->links[l->n_links++].loopback = m->ifi_flags & IFF_LOOPBACK;
	return MNL_CB_OK;
}

struct found {
	uint16_t len; /* of an address in this family */
	const struct nlattr *local, *address;
};

static int on_address_part(const struct nlattr *a, void *self)
{
	struct found *f = self;
	if (mnl_attr_get_payload_len(a) != f->len)
		return MNL_CB_OK;
	if (mnl_attr_get_type(a) == IFA_LOCAL)
		f->local = a;
	if (mnl_attr_get_type(a) == IFA_ADDRESS)
		f->address = a;
	return MNL_CB_OK;
}

/* The address of ours; on a point-to-point link IFA_ADDRESS is the other side's. */
static bool address_of(const struct nlmsghdr *h, uint8_t family, struct ip *ip)
{
	struct found f = {.len = family == AF_INET6 ? 16 : 4};
	mnl_attr_parse(h, sizeof(struct ifaddrmsg), on_address_part, &f);
	const struct nlattr *a = f.local ? f.local : f.address;
	if (!a)
		return false;
	*ip = f.len == 16 ? ip_v6_from(mnl_attr_get_payload(a))
			  : ip_v4_from(mnl_attr_get_payload(a));
	return true;
}

static int on_address(const struct nlmsghdr *h, void *self)
{
	struct listing *l = self;
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	size_t i = 0;
	while (i < l->n_links && l->links[i].index != (int)m->ifa_index)
		i++;
	if (i == l->n_links || l->n == l->max ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6) ||
	    m->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED))
		return MNL_CB_OK;
	struct ip ip;
	if (address_of(h, m->ifa_family, &ip))
		l->v[l->n++] = (struct own_address){ip, m->ifa_prefixlen, l->links[i].loopback};
	return MNL_CB_OK;
}

static int list(struct netlink *nl, uint16_t type, mnl_cb_t each, struct listing *l)
{
	struct nlmsghdr *h = request_begin(nl, type, NLM_F_DUMP);
	if (type == RTM_GETLINK)
		((struct ifinfomsg *)mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg)))
			->ifi_family = AF_UNSPEC;
	else
		((struct ifaddrmsg *)mnl_nlmsg_put_extra_header(h, sizeof(struct ifaddrmsg)))
			->ifa_family = AF_UNSPEC;
	return request_end(nl, h, each, l);
}

/* 0, or the kernel's errno. */
static int list_both(struct netlink *nl, struct listing *l, bool *torn)
{
	int error = list(nl, RTM_GETLINK, on_link, l);
	*torn = nl->torn;
	if (!error)
		error = list(nl, RTM_GETADDR, on_address, l);
	*torn |= nl->torn;
	return error;
}

bool netlink_interfaces(struct netlink *nl, int skip_ifindex, struct own_address *v, size_t max,
			size_t *n, char why[static FAILURE_MAX])
{
	struct listing l;
	bool torn = true;
	/* The last try counts, torn or not: the change that tore it is told too, and asked about
	 * again. */
	for (int i = 0; torn && i < LIST_TRIES; i++) {
		l = (struct listing){.skip = skip_ifindex, .v = v, .max = max};
		int error = list_both(nl, &l, &torn);
		if (error)
			return failure_say(why, "cannot list the addresses of this machine: %s",
					   strerror(error));
	}
	*n = l.n;
	return true;
}

/* --- the gateways --- */

/* Any address of the internet: nothing is sent there. These are of a root name server. */
static const char *const somewhere[] = {"198.41.0.4", "2001:503:ba3e::2:30"};

struct way_out {
	uint16_t len; /* of an address in this family */
	struct uplink found;
};

static int on_way_part(const struct nlattr *a, void *self)
{
	struct way_out *w = self;
	uint16_t type = mnl_attr_get_type(a), len = mnl_attr_get_payload_len(a);
	const uint8_t *b = mnl_attr_get_payload(a);
	if (type == RTA_OIF && len == 4)
		w->found.ifindex = mnl_attr_get_u32(a);
	if (len != w->len || (type != RTA_GATEWAY && type != RTA_PREFSRC))
		return MNL_CB_OK;
	struct ip ip = len == 16 ? ip_v6_from(b) : ip_v4_from(b);
	*(type == RTA_GATEWAY ? &w->found.gateway : &w->found.self) = ip;
	return MNL_CB_OK;
}

static int on_way(const struct nlmsghdr *h, void *self)
{
	mnl_attr_parse(h, sizeof(struct rtmsg), on_way_part, self);
	return MNL_CB_OK;
}

/* ifindex: by this interface only; 0: by any. */
static bool way_out(struct netlink *nl, const struct ip *to, int ifindex, struct uplink *out)
{
	struct nlmsghdr *h = request_begin(nl, RTM_GETROUTE, NLM_F_ACK);
	struct rtmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	struct way_out w = {.len = (uint16_t)ip_len(to)};
	m->rtm_family = family_of(to);
	m->rtm_dst_len = (uint8_t)(8 * w.len);
	mnl_attr_put(h, RTA_DST, w.len, to->b);
	if (ifindex)
		mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	if (request_end(nl, h, on_way, &w))
		return false;
	*out = w.found;
	return true;
}

struct ways_out {
	int skip;
	struct uplink *v;
	size_t n;
};

/* Two IPv4 gateways of one address cannot be told apart by who answers. */
static bool is_there(const struct ways_out *w, const struct uplink *g)
{
	for (size_t i = 0; i < w->n; i++)
		if (ip_equal(&w->v[i].gateway, &g->gateway) &&
		    (g->gateway.family == 4 || w->v[i].ifindex == g->ifindex))
			return true;
	return false;
}

static bool is_of_use(const struct ways_out *w, const struct uplink *g)
{
	if (g->gateway.family == 0 || g->self.family == 0 || g->ifindex == (uint32_t)w->skip ||
	    is_there(w, g))
		return false;
	return g->self.family == 4 || !(ip_is_link_local(&g->self) || ip_is_private(&g->self));
}

static void add_ways_by(struct netlink *nl, int ifindex, struct ways_out *w)
{
	for (size_t i = 0; i < ARRAY_LEN(somewhere) && w->n < UPLINKS_MAX; i++) {
		struct uplink g;
		struct ip to;
		if (ip_parse(&to, somewhere[i]) && way_out(nl, &to, ifindex, &g) &&
		    is_of_use(w, &g))
			w->v[w->n++] = g;
	}
}

size_t netlink_gateways(struct netlink *nl, int skip_ifindex, struct uplink v[static UPLINKS_MAX])
{
	struct ways_out w = {.skip = skip_ifindex, .v = v};
	struct listing l = {.skip = skip_ifindex};
	add_ways_by(nl, 0, &w);
	if (list(nl, RTM_GETLINK, on_link, &l))
		return w.n;
	for (size_t i = 0; i < l.n_links; i++)
		if (!l.links[i].loopback)
			add_ways_by(nl, l.links[i].index, &w);
	return w.n;
}

/* --- what changes --- */

struct netlink_monitor {
	struct mnl_socket *socket;
	int skip;
	bool changed;
	struct {
		struct prefix prefix;
		uint32_t lifetime_s;
	} pref64[PREF64_WAITING_MAX]; /* in the order in which they came */
	size_t n_pref64;
	_Alignas(8) char answer[ANSWER_MAX]; /* messages are read in place */
};

struct netlink_monitor *netlink_monitor_open(int skip_ifindex, char why[static FAILURE_MAX])
{
	struct netlink_monitor *m = calloc(1, sizeof(*m));
	if (!m) {
		failure_say(why, "no memory to watch the network");
		return NULL;
	}
	m->skip = skip_ifindex;
	m->socket = socket_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
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

static bool is_default_route(const struct nlmsghdr *h, int skip)
{
	const struct rtmsg *r = mnl_nlmsg_get_payload(h);
	uint32_t by = 0;
	mnl_attr_parse(h, sizeof(*r), on_route_part, &by);
	return r->rtm_dst_len == 0 && r->rtm_type == RTN_UNICAST &&
	       (skip == 0 || by != (uint32_t)skip);
}

/* An option of a router advertisement that is not the kernel's business. */
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
	case RTM_NEWLINK: /* no flag changed: only a counter or a name */
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

#include "io/netlink_inside.h"

#include <linux/if.h>
#include <string.h>

struct listing {
	struct netlink_links links;
	struct own_address *v;
	size_t n, max;
};

static int on_link(const struct nlmsghdr *h, void *self)
{
	struct netlink_links *l = self;
	const struct ifinfomsg *m = mnl_nlmsg_get_payload(h);
	if (!(m->ifi_flags & IFF_UP) || m->ifi_index == l->skip || l->n == NETLINK_LINKS_MAX)
		return MNL_CB_OK;
	l->v[l->n].index = m->ifi_index;
	l->v[l->n++].loopback = m->ifi_flags & IFF_LOOPBACK;
	return MNL_CB_OK;
}

int netlink_links(struct netlink *nl, struct netlink_links *l)
{
	struct nlmsghdr *h = netlink_request(nl, RTM_GETLINK, NLM_F_DUMP);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_family = AF_UNSPEC;
	l->n = 0;
	return netlink_ask(nl, h, on_link, l);
}

struct address_parts {
	uint16_t len; /* of an address in this family */
	const struct nlattr *local, *address;
};

static int on_address_part(const struct nlattr *a, void *self)
{
	struct address_parts *p = self;
	if (mnl_attr_get_payload_len(a) != p->len)
		return MNL_CB_OK;
	if (mnl_attr_get_type(a) == IFA_LOCAL)
		p->local = a;
	if (mnl_attr_get_type(a) == IFA_ADDRESS)
		p->address = a;
	return MNL_CB_OK;
}

/* Our address. On a point-to-point link IFA_ADDRESS is that of the other side. */
static bool address_of(const struct nlmsghdr *h, uint8_t family, struct ip *ip)
{
	struct address_parts p = {.len = family == AF_INET6 ? 16 : 4};
	mnl_attr_parse(h, sizeof(struct ifaddrmsg), on_address_part, &p);
	const struct nlattr *a = p.local ? p.local : p.address;
	if (!a)
		return false;
	*ip = p.len == 16 ? ip_v6_from(mnl_attr_get_payload(a))
			  : ip_v4_from(mnl_attr_get_payload(a));
	return true;
}

static int on_address(const struct nlmsghdr *h, void *self)
{
	struct listing *l = self;
	const struct ifaddrmsg *m = mnl_nlmsg_get_payload(h);
	size_t i = 0;
	while (i < l->links.n && l->links.v[i].index != (int)m->ifa_index)
		i++;
	if (i == l->links.n || l->n == l->max ||
	    (m->ifa_family != AF_INET && m->ifa_family != AF_INET6) ||
	    m->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_DADFAILED))
		return MNL_CB_OK;
	struct ip ip;
	if (address_of(h, m->ifa_family, &ip))
		l->v[l->n++] = (struct own_address){ip, m->ifa_prefixlen, l->links.v[i].loopback};
	return MNL_CB_OK;
}

static int list_addresses(struct netlink *nl, struct listing *l)
{
	struct nlmsghdr *h = netlink_request(nl, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifa_family = AF_UNSPEC;
	return netlink_ask(nl, h, on_address, l);
}

/* 0, or the kernel's errno. *torn: something changed meanwhile. */
static int list_both(struct netlink *nl, struct listing *l, bool *torn)
{
	int error = netlink_links(nl, &l->links);
	*torn = nl->torn;
	if (!error)
		error = list_addresses(nl, l);
	*torn |= nl->torn;
	return error;
}

bool netlink_interfaces(struct netlink *nl, int skip_ifindex, struct own_address *v, size_t max,
			size_t *n, char why[static FAILURE_MAX])
{
	struct listing l;
	bool torn = true;
	/* The last try counts, torn or not: the monitor reports the change that tore it, and then
	 * the owner asks again. */
	for (int i = 0; torn && i < NETLINK_LIST_TRIES; i++) {
		l = (struct listing){.links.skip = skip_ifindex, .v = v, .max = max};
		int error = list_both(nl, &l, &torn);
		if (error)
			return failure_say(why, "cannot list the addresses of this machine: %s",
					   strerror(error));
	}
	*n = l.n;
	return true;
}

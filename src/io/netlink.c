#include "io/netlink_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mnl_socket *netlink_socket_open(unsigned groups, int flags, char *why)
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
	nl->socket = netlink_socket_open(0, 0, why);
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

struct nlmsghdr *netlink_request(struct netlink *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->request);
	h->nlmsg_type = type;
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++nl->seq;
	return h;
}

/* libmnl gives up on a list that changed while the kernel sent it (NLM_F_DUMP_INTR). What the list
 * says is of use all the same, so we hide the flag from libmnl. */
static void note_torn(struct netlink *nl, size_t n)
{
	int left = (int)n;
	for (struct nlmsghdr *h = (struct nlmsghdr *)nl->answer; mnl_nlmsg_ok(h, left);
	     h = mnl_nlmsg_next(h, &left)) {
		nl->torn |= (h->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
		h->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
	}
}

int netlink_ask(struct netlink *nl, struct nlmsghdr *h, mnl_cb_t each, void *self)
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
		if (r < 0 && errno == EPROTO &&
		    h->nlmsg_seq != ((struct nlmsghdr *)nl->answer)->nlmsg_seq)
			continue; /* what is left of an older answer */
		if (r < 0)
			return errno;
		if (r == MNL_CB_STOP)
			return 0;
	}
}

uint8_t netlink_family(const struct ip *ip)
{
	return ip->family == 6 ? AF_INET6 : AF_INET;
}

const char *netlink_hint(int error)
{
	if (error == EPERM)
		return "; run as root or give CAP_NET_ADMIN";
	if (error == EACCES)
		return "; is IPv6 switched off there (sysctl net.ipv6.conf.all.disable_ipv6)?";
	return "";
}

/* Without an address of fe80::/10 of its own. A kernel without IPv6 refuses, and gives none. */
static void keep_link_local_off(struct netlink *nl, int ifindex)
{
	struct nlmsghdr *h = netlink_request(nl, RTM_SETLINK, NLM_F_ACK);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_family = AF_UNSPEC;
	m->ifi_index = ifindex;
	struct nlattr *families = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	struct nlattr *six = mnl_attr_nest_start(h, AF_INET6);
	mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(h, six);
	mnl_attr_nest_end(h, families);
	if (netlink_ask(nl, h, NULL, NULL))
		return; /* a wish, not a need */
}

/* No router advertisements. Where /proc/sys cannot be written the node still drops them, for their
 * source is a link-local address. */
static void keep_routers_off(int ifindex)
{
	char name[IF_NAMESIZE], path[64 + IF_NAMESIZE];
	if (!if_indextoname((unsigned)ifindex, name))
		return;
	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_ra", name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	close(fd);
}

bool netlink_link_up(struct netlink *nl, int ifindex, uint32_t mtu, char why[static FAILURE_MAX])
{
	keep_link_local_off(nl, ifindex);
	keep_routers_off(ifindex);
	struct nlmsghdr *h = netlink_request(nl, RTM_NEWLINK, NLM_F_ACK);
	struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifi_family = AF_UNSPEC;
	m->ifi_index = ifindex;
	m->ifi_flags = IFF_UP;
	m->ifi_change = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MTU, mtu);
	int error = netlink_ask(nl, h, NULL, NULL);
	if (!error)
		return true;
	return failure_say(why, "cannot set interface %d up with an MTU of %u: %s%s", ifindex, mtu,
			   strerror(error), netlink_hint(error));
}

static int address_request(struct netlink *nl, int ifindex, const struct ip *ip, uint8_t bits)
{
	struct nlmsghdr *h =
		netlink_request(nl, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
	m->ifa_family = netlink_family(ip);
	m->ifa_prefixlen = bits;
	m->ifa_index = (uint32_t)ifindex;
	m->ifa_flags = ip->family == 6 ? IFA_F_NODAD : 0;
	mnl_attr_put(h, IFA_LOCAL, ip_len(ip), ip->b);
	mnl_attr_put(h, IFA_ADDRESS, ip_len(ip), ip->b);
	return netlink_ask(nl, h, NULL, NULL);
}

bool netlink_address_add(struct netlink *nl, int ifindex, const struct ip *ip, uint8_t bits,
			 char why[static FAILURE_MAX])
{
	char text[IP_TEXT_MAX];
	int error = address_request(nl, ifindex, ip, bits);
	if (!error || error == EEXIST)
		return true;
	return failure_say(why, "cannot give interface %d the address %s/%u: %s%s", ifindex,
			   ip_format(ip, text), bits, strerror(error), netlink_hint(error));
}

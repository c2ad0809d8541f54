/* io/netlink_inside.h - requests to the kernel, for the files of io/ named netlink_* alone
 *
 *   netlink.c             the socket, requests and answers; links up, addresses added
 *   netlink_interfaces.c  what links and addresses there are
 *   netlink_route.c       routes to prefixes, by our interface
 *   netlink_uplinks.c     the gateways to the internet
 *   netlink_monitor.c     what changes
 */
#ifndef IO_NETLINK_INSIDE_H
#define IO_NETLINK_INSIDE_H

#include <time.h> /* libmnl.h needs it, and does not include it */

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "io/netlink.h"

enum {
	NETLINK_REQUEST_MAX = 512,
	NETLINK_ANSWER_MAX = 16 << 10, /* one piece of an answer */
	NETLINK_LINKS_MAX = 256,       /* interfaces looked at */
	NETLINK_LIST_TRIES = 4         /* for a list that changes while the kernel sends it */
};

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	bool torn; /* something changed while the kernel sent the last list */
	_Alignas(8) char request[NETLINK_REQUEST_MAX];
	_Alignas(8) char answer[NETLINK_ANSWER_MAX]; /* messages are read in place */
};

/* groups: RTMGRP_x, 0 for requests. flags: of socket(2), added to SOCK_CLOEXEC. NULL: why. */
struct mnl_socket *netlink_socket_open(unsigned groups, int flags, char *why) MUST_USE;

/* Begins a request (RTM_x, NLM_F_x). The caller appends what belongs to it, and calls netlink_ask.
 */
struct nlmsghdr *netlink_request(struct netlink *nl, uint16_t type, uint16_t flags) MUST_USE;
/* Sends the request, waits for the answer and reads it to its end; `each` sees its messages. Sets
 * nl->torn. Returns 0, or the kernel's errno. */
int netlink_ask(struct netlink *nl, struct nlmsghdr *h, mnl_cb_t each, void *self) MUST_USE;

uint8_t netlink_family(const struct ip *ip); /* AF_INET or AF_INET6 */
/* What a person can do about the kernel's errno, to be put behind its text; or "". */
const char *netlink_hint(int error);

struct netlink_links {
	int skip; /* an interface that is left out; 0: none */
	struct {
		int index;
		bool loopback;
	} v[NETLINK_LINKS_MAX];
	size_t n;
};
/* Sets v and n to the interfaces that are up. Returns 0, or the kernel's errno. */
int netlink_links(struct netlink *nl, struct netlink_links *l) MUST_USE;

#endif

/* own_network.h - tests in a network namespace of their own; skipped where that is not allowed
 *
 * A test forks a child, which leaves the machine's network and runs the test.  In the child CHECK
 * replaces cmocka's checks, which would go on with the parent's tests.
 */
#ifndef OWN_NETWORK_H
#define OWN_NETWORK_H

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/netlink.h"
#include "io/tun.h"
#include "unit/unit.h"

enum { OWN_NETWORK_SKIP = 77 };

#define CHECK(x)                                                                                   \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: not so: %s (errno: %s)\n", __FILE__, __LINE__, #x, \
				strerror(errno));                                                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

/* As CHECK, for calls that say why. */
#define CHECK_WHY(x, why)                                                                         \
	do {                                                                                      \
		if (!(x)) {                                                                       \
			fprintf(stderr, "%s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #x, why); \
			_exit(1);                                                                 \
		}                                                                                 \
	} while (0)

/* In the child: this test cannot run here. */
static inline void own_network_skip(const char *reason)
{
	printf("skipped: %s\n", reason);
	fflush(stdout);
	_exit(OWN_NETWORK_SKIP);
}

/* Runs fn in a child, after leave, which leaves what is the machine's or skips the test. */
static inline void in_own_child(void (*leave)(void), void (*fn)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		leave();
		fn();
		fflush(NULL);
		exit(0); /* not _exit: coverage and leaks are counted at exit */
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == OWN_NETWORK_SKIP)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static inline void own_network_leave(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		own_network_skip("no user or network namespaces");
}

/* Runs fn in a child with a network of its own.  It has only a loopback, which is down. */
static inline void in_own_network(void (*fn)(void))
{
	in_own_child(own_network_leave, fn);
}

/* test_NAME runs NAME in its own network. */
#define IN_OWN_NETWORK(name)                  \
	static void test_##name(void **state) \
	{                                     \
		in_own_network(name);         \
	}

static inline struct tun *own_network_tun(const char *name)
{
	char why[FAILURE_MAX] = "";
	if (access("/dev/net/tun", R_OK | W_OK))
		own_network_skip("no /dev/net/tun");
	struct tun *t = tun_open(name, why);
	CHECK_WHY(t, why);
	return t;
}

static inline struct netlink *own_network_netlink(void)
{
	char why[FAILURE_MAX] = "";
	struct netlink *nl = netlink_open(why);
	CHECK_WHY(nl, why);
	return nl;
}

/* The device is up, with 100.64.0.1, and the way to 100.64.0.0/24 leads into it. */
static inline void own_network_set_up(struct netlink *nl, struct tun *t)
{
	char why[FAILURE_MAX] = "";
	struct ip a4 = ip_v4(100, 64, 0, 1);
	struct prefix net;
	CHECK(prefix_parse(&net, "100.64.0.0/24"));
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	CHECK_WHY(netlink_address_add(nl, tun_index(t), &a4, 32, why), why);
	CHECK_WHY(netlink_route_add(nl, tun_index(t), &net, why), why);
}

static inline void wait_for_fd(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	CHECK(poll(&p, 1, 2000) == 1);
}

/* One request to rtnetlink; 0, or the kernel's errno. */
static inline int rtnetlink_ask(struct nlmsghdr *h)
{
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	CHECK(send(fd, h, h->nlmsg_len, 0) == (ssize_t)h->nlmsg_len);
	CHECK(recv(fd, &answer, sizeof(answer), 0) > 0 && answer.h.nlmsg_type == NLMSG_ERROR);
	close(fd);
	return -answer.e.error;
}

static inline void rtnetlink_put(struct nlmsghdr *h, uint16_t type, const void *p, size_t n)
{
	struct rtattr *a = (struct rtattr *)((char *)h + NLMSG_ALIGN(h->nlmsg_len));
	a->rta_type = type;
	a->rta_len = (uint16_t)RTA_LENGTH(n);
	memcpy(RTA_DATA(a), p, n);
	h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + RTA_SPACE((uint32_t)n);
}

/* 0, or the kernel's errno. */
static inline int address_remove(int ifindex, const struct ip *ip, uint8_t bits)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
		char attributes[64];
	} r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.m)), .nlmsg_type = RTM_DELADDR},
	       .m = {.ifa_family = ip->family == 6 ? AF_INET6 : AF_INET,
		     .ifa_prefixlen = bits,
		     .ifa_index = (uint32_t)ifindex}};
	rtnetlink_put(&r.h, IFA_LOCAL, ip->b, ip_len(ip));
	return rtnetlink_ask(&r.h);
}

static inline void interface_remove(int ifindex)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg m;
	} r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.m)), .nlmsg_type = RTM_DELLINK},
	       .m = {.ifi_index = ifindex}};
	CHECK(rtnetlink_ask(&r.h) == 0);
}

#endif

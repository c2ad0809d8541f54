/* The TUN device and netlink, in a network namespace of the test's own; skipped where that is not
 * allowed. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/netlink.h"
#include "io/netlink_monitor.h"
#include "io/socket_address.h"
#include "io/tun.h"
#include "io/udp.h"
#include "unit/unit.h"
#include "unit/wire/pref64.h"
#include "wire/ip.h"
#include "wire/nat64.h"

enum { SKIP = 77 };

/* Runs fn in a child with a network of its own. */
static void in_own_network(void (*fn)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			_exit(SKIP);
		fn();
		fflush(NULL);
		exit(0); /* not _exit: coverage and leaks are counted at exit */
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIP) {
		print_message("no namespaces or no TUN device here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* cmocka's own checks must not be used in the child: they would go on with the parent's tests. */
#define CHECK(x)                                                                                  \
	do {                                                                                      \
		if (!(x)) {                                                                       \
			fprintf(stderr, "%s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #x, why); \
			_exit(1);                                                                 \
		}                                                                                 \
	} while (0)

static char why[FAILURE_MAX];

static struct tun *open_tun(const char *name)
{
	if (access("/dev/net/tun", R_OK | W_OK))
		_exit(SKIP);
	struct tun *t = tun_open(name, why);
	CHECK(t);
	return t;
}

static void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	CHECK(poll(&p, 1, 2000) == 1);
}

/* Reads until a UDP packet of IPv4 comes: the kernel sends others of its own. */
static struct packet read_udp(struct tun *t)
{
	struct packet v[BATCH_MAX];
	for (int i = 0; i < 100; i++) {
		wait_readable(tun_fd(t));
		size_t n = tun_read(t, v, BATCH_MAX);
		for (size_t k = 0; k < n; k++)
			if (v[k].data[0] == 0x45 && v[k].data[9] == 17)
				return v[k];
	}
	bool came = false;
	CHECK(came);
	return v[0];
}

static void set_up(struct netlink *nl, struct tun *t)
{
	struct ip a4 = ip_v4(100, 64, 0, 1);
	struct prefix net;
	CHECK(prefix_parse(&net, "100.64.0.0/24"));
	CHECK(netlink_link_up(nl, tun_index(t), 1280, why));
	CHECK(netlink_address_add(nl, tun_index(t), &a4, 32, why));
	CHECK(netlink_route_add(nl, tun_index(t), &net, why));
}

static void packets_pass_both_ways(void)
{
	struct tun *t = open_tun("warren%d");
	struct netlink *nl = netlink_open(why);
	CHECK(nl);
	CHECK(strcmp(tun_name(t), "warren0") == 0);
	CHECK(tun_index(t) == (int)if_nametoindex("warren0"));
	set_up(nl, t);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	inet_pton(AF_INET, "100.64.0.2", &to.sin_addr);
	CHECK(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)) == 5);
	struct packet p = read_udp(t);
	CHECK(p.len == 33 && !memcmp(p.data + 28, "hello", 5));
	CHECK(p.head == PACKET_HEADROOM && p.tail >= PACKET_TAILROOM);
	CHECK(p.head + p.len + p.tail == PACKET_SIZE);

	/* the same packet, its ends swapped, is the answer; the sums stay right */
	uint8_t swap[4];
	memcpy(swap, p.data + 12, 4);
	memcpy(p.data + 12, p.data + 16, 4);
	memcpy(p.data + 16, swap, 4);
	memcpy(swap, p.data + 20, 2);
	memcpy(p.data + 20, p.data + 22, 2);
	memcpy(p.data + 22, swap, 2);
	tun_write(t, &p, 1);
	char in[16];
	wait_readable(fd);
	CHECK(recv(fd, in, sizeof(in), 0) == 5);
	CHECK(tun_stats(t)->tx == 1 && tun_stats(t)->rx >= 1);
	p.len = 0;
	tun_write(t, &p, 1);
	CHECK(tun_stats(t)->tx_dropped == 1);
	close(fd);
	netlink_close(nl);
	tun_close(t);
	CHECK(if_nametoindex("warren0") == 0); /* nothing is left behind */
}

static void too_long_packets_are_dropped(void)
{
	struct tun *t = open_tun("w");
	struct netlink *nl = netlink_open(why);
	struct packet v[4];
	CHECK(nl);
	set_up(nl, t);
	CHECK(netlink_link_up(nl, tun_index(t), 9000, why));
	static char much[4000];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	inet_pton(AF_INET, "100.64.0.2", &to.sin_addr);
	CHECK(sendto(fd, much, sizeof(much), 0, (struct sockaddr *)&to, sizeof(to)) > 0);
	CHECK(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1);
	CHECK(read_udp(t).len == 29);
	CHECK(tun_stats(t)->rx_too_long == 1);
	CHECK(tun_read(t, v, 4) == 0);
	close(fd);
	netlink_close(nl);
	tun_close(t);
}

static void tun_failures_are_sentences(void)
{
	struct tun *t = open_tun("same");
	CHECK(!tun_open("same", why) && strstr(why, "in use by another program"));
	CHECK(!tun_open("much-too-long-a-name", why) && strstr(why, "too long"));
	CHECK(!tun_open("lo", why) && strstr(why, "choose another"));
	tun_close(t);
	tun_close(NULL);
	char root[] = "/tmp/warren-test-XXXXXX";
	int outside = open("/", O_RDONLY | O_DIRECTORY);
	CHECK(outside >= 0 && mkdtemp(root));
	CHECK(chroot(root) == 0);
	CHECK(!tun_open("w", why) && strstr(why, "modprobe tun"));
	CHECK(fchdir(outside) == 0 && chroot(".") == 0); /* out again */
	CHECK(rmdir(root) == 0);
	close(outside);
}

static bool listed(const struct own_address *v, size_t n, const char *text, uint8_t bits)
{
	struct ip ip;
	CHECK(ip_parse(&ip, text));
	for (size_t i = 0; i < n; i++)
		if (ip_equal(&v[i].ip, &ip))
			return v[i].bits == bits;
	return false;
}

static void addresses_are_listed(void)
{
	struct tun *t = open_tun("w");
	struct netlink *nl = netlink_open(why);
	struct own_address v[16];
	struct ip a4 = ip_v4(10, 1, 2, 3), a6;
	size_t n = 99;
	CHECK(nl && ip_parse(&a6, "fd7a::1"));
	CHECK(netlink_interfaces(nl, 0, v, 16, &n, why) && n == 0); /* all are down */
	CHECK(netlink_link_up(nl, 1, 65536, why));
	CHECK(netlink_link_up(nl, tun_index(t), 1400, why));
	CHECK(netlink_address_add(nl, tun_index(t), &a4, 24, why));
	CHECK(netlink_address_add(nl, tun_index(t), &a4, 24, why)); /* there already */
	CHECK(netlink_interfaces(nl, 0, v, 16, &n, why));
	CHECK(listed(v, n, "10.1.2.3", 24) && listed(v, n, "127.0.0.1", 8));
	for (size_t i = 0; i < n; i++)
		CHECK(v[i].loopback == ip_is_loopback(&v[i].ip));
	CHECK(netlink_interfaces(nl, tun_index(t), v, 16, &n, why) &&
	      !listed(v, n, "10.1.2.3", 24));
	CHECK(netlink_interfaces(nl, 0, v, 1, &n, why) && n == 1);
	if (netlink_address_add(nl, tun_index(t), &a6, 64, why)) { /* where there is IPv6 */
		CHECK(netlink_interfaces(nl, 0, v, 16, &n, why) && listed(v, n, "fd7a::1", 64));
		CHECK(netlink_address_remove(nl, tun_index(t), &a6, 64, why));
	}
	CHECK(netlink_address_remove(nl, tun_index(t), &a4, 24, why));
	CHECK(netlink_address_remove(nl, tun_index(t), &a4, 24, why)); /* gone already */
	CHECK(netlink_interfaces(nl, 0, v, 16, &n, why) && !listed(v, n, "10.1.2.3", 24));
	netlink_close(nl);
	netlink_close(NULL);
	tun_close(t);
}

static void remove_interface(int ifindex)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg m;
	} request = {{sizeof(request), RTM_DELLINK, NLM_F_REQUEST, 1, 0}, {.ifi_index = ifindex}};
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	CHECK(send(fd, &request, sizeof(request), 0) == sizeof(request));
	close(fd);
}

static void a_removed_interface_is_noticed(void)
{
	struct tun *t = open_tun("w");
	struct packet v[BATCH_MAX];
	CHECK(tun_read(t, v, BATCH_MAX) == 0 && !tun_is_gone(t));
	remove_interface(tun_index(t));
	CHECK(tun_read(t, v, BATCH_MAX) == 0 && tun_is_gone(t));
	tun_close(t);
}

/* So many addresses that the kernel tells them in pieces; meanwhile others change. */
static void addresses_that_change_meanwhile_are_listed(void)
{
	enum { ADDRESSES = 1500 };
	static struct own_address v[2 * ADDRESSES];
	struct tun *t = open_tun("w");
	struct netlink *nl = netlink_open(why);
	struct ip changing = ip_v4(10, 200, 0, 1);
	size_t n;
	CHECK(nl);
	set_up(nl, t);
	for (int i = 0; i < ADDRESSES; i++) {
		struct ip ip = ip_v4(10, 1, (uint8_t)(i / 250), (uint8_t)(1 + i % 250));
		CHECK(netlink_address_add(nl, tun_index(t), &ip, 32, why));
	}
	pid_t child = fork();
	if (child == 0) {
		struct netlink *own = netlink_open(why);
		for (int i = 0; own && i < 20000; i++)
			if (!netlink_address_add(own, tun_index(t), &changing, 32, why) ||
			    !netlink_address_remove(own, tun_index(t), &changing, 32, why))
				_exit(1);
		_exit(0);
	}
	for (int i = 0; i < 200; i++)
		CHECK(netlink_interfaces(nl, 0, v, ARRAY_LEN(v), &n, why) && n > ADDRESSES / 2);
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
	netlink_close(nl);
	tun_close(t);
}

static void routes_come_and_go(void)
{
	struct tun *t = open_tun("w");
	struct netlink *nl = netlink_open(why);
	struct prefix p4, p6;
	CHECK(nl && prefix_parse(&p4, "10.9.0.0/16") && prefix_parse(&p6, "fd7a:1::/48"));
	set_up(nl, t);
	CHECK(netlink_route_add(nl, tun_index(t), &p4, why));
	CHECK(netlink_route_add(nl, tun_index(t), &p4, why));
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	inet_pton(AF_INET, "10.9.1.1", &to.sin_addr);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	CHECK(netlink_route_remove(nl, tun_index(t), &p4, why));
	CHECK(netlink_route_remove(nl, tun_index(t), &p4, why));
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0);
	if (netlink_route_add(nl, tun_index(t), &p6, why))
		CHECK(netlink_route_remove(nl, tun_index(t), &p6, why));
	close(fd);
	netlink_close(nl);
	tun_close(t);
}

static void a_route_by_another_interface_is_not_taken_for_ours(void)
{
	struct tun *ours = open_tun("ours"), *other = open_tun("other");
	struct netlink *nl = netlink_open(why);
	static const char *const prefixes[] = {"10.9.0.0/16", "fd7a:1::/48"};
	struct ip a4 = ip_v4(10, 0, 0, 1);
	CHECK(nl && netlink_link_up(nl, tun_index(ours), 1280, why));
	CHECK(netlink_link_up(nl, tun_index(other), 1280, why));
	CHECK(netlink_address_add(nl, tun_index(other), &a4, 32, why));
	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		struct prefix p;
		CHECK(prefix_parse(&p, prefixes[i]));
		if (!netlink_route_add(nl, tun_index(other), &p, why))
			continue; /* no IPv6 here */
		CHECK(netlink_route_add(nl, tun_index(other), &p, why));
		CHECK(!netlink_route_add(nl, tun_index(ours), &p, why));
		CHECK(strstr(why, "there is another route to") && strstr(why, prefixes[i]));
		CHECK(netlink_route_is_foreign(nl, tun_index(ours), &p));
		CHECK(!netlink_route_is_foreign(nl, tun_index(other), &p));
		CHECK(netlink_route_remove(nl, tun_index(other), &p, why));
		CHECK(netlink_route_add(nl, tun_index(ours), &p, why));
		CHECK(netlink_route_add(nl, tun_index(ours), &p, why));
	}
	netlink_close(nl);
	tun_close(ours);
	tun_close(other);
}

static void netlink_failures_are_sentences(void)
{
	struct netlink *nl = netlink_open(why);
	struct ip ip = ip_v4(10, 0, 0, 1);
	struct prefix p = prefix_of(&ip, 32);
	CHECK(nl);
	CHECK(!netlink_link_up(nl, 999, 1280, why) && strstr(why, "interface 999"));
	CHECK(!netlink_address_add(nl, 999, &ip, 32, why) && strstr(why, "10.0.0.1/32"));
	CHECK(!netlink_route_add(nl, 999, &p, why) && strstr(why, "10.0.0.1/32"));
	CHECK(netlink_address_remove(nl, 999, &ip, 32, why));
	CHECK(netlink_route_remove(nl, 999, &p, why));
	netlink_close(nl);
}

/* The kernel gives an interface that comes up IPv6 addresses of its own, some time later. */
static void settle(struct netlink_monitor *m)
{
	struct pollfd p = {.fd = netlink_monitor_fd(m), .events = POLLIN};
	while (poll(&p, 1, 300) == 1)
		(void)!netlink_monitor_read(m);
}

static void changes_are_noticed(void)
{
	struct tun *other = open_tun("other"), *own = open_tun("own");
	struct netlink *nl = netlink_open(why);
	struct netlink_monitor *m = netlink_monitor_open(tun_index(own), why);
	struct ip ip = ip_v4(10, 0, 0, 1);
	struct prefix all = {.ip = ip_v4(0, 0, 0, 0)}, some = prefix_of(&ip, 24);
	CHECK(nl && m);
	settle(m);
	CHECK(netlink_link_up(nl, tun_index(other), 1280, why) && netlink_monitor_read(m));
	CHECK(netlink_address_add(nl, tun_index(other), &ip, 32, why) && netlink_monitor_read(m));
	settle(m);
	CHECK(netlink_route_add(nl, tun_index(other), &some, why) && !netlink_monitor_read(m));
	CHECK(netlink_route_add(nl, tun_index(other), &all, why) && netlink_monitor_read(m));
	CHECK(netlink_route_remove(nl, tun_index(other), &all, why));
	wait_readable(netlink_monitor_fd(m));
	CHECK(netlink_monitor_read(m));
	settle(m);
	CHECK(netlink_link_up(nl, tun_index(own), 1280, why));
	CHECK(netlink_address_add(nl, tun_index(own), &ip, 32, why));
	CHECK(netlink_route_add(nl, tun_index(own), &all, why));
	CHECK(!netlink_monitor_read(m));
	netlink_monitor_close(m);
	netlink_monitor_close(NULL);
	netlink_close(nl);
	tun_close(own);
	tun_close(other);
}

/* A router's advertisement with the option of RFC 8781 in it comes in by the TUN. */
static void advertise(struct tun *t, const char *prefix, uint32_t lifetime_s)
{
	static uint8_t memory[PACKET_SIZE];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	uint8_t body[8 + PREF64_OPTION_LEN] = {0};
	struct wr option = wr_of(body + 8, PREF64_OPTION_LEN), w = wr_of(p.data, p.tail);
	struct ip router, all;
	struct prefix p64;
	CHECK(ip_parse(&router, "fe80::1") && ip_parse(&all, "ff02::1") &&
	      prefix_parse(&p64, prefix));
	CHECK(pref64_write(&option, &p64, lifetime_s));
	ip_write(&w, &router, &all, IP_ICMP6, 255, 8 + sizeof(body));
	icmp_write(&w, &router, &all, 134, 0, 64u << 24, BYTES_OF(body));
	CHECK(!w.bad && packet_append(&p, w.n));
	tun_write(t, &p, 1);
}

static void prefixes_that_a_router_advertises_are_heard(void)
{
	struct tun *t = open_tun("w");
	struct netlink *nl = netlink_open(why);
	struct netlink_monitor *m = netlink_monitor_open(0, why);
	struct prefix p, want;
	uint32_t lifetime_s;
	CHECK(nl && m && netlink_link_up(nl, tun_index(t), 1280, why));
	settle(m);
	CHECK(!netlink_monitor_pref64(m, &p, &lifetime_s));
	advertise(t, "64:ff9b::/96", 600);
	struct pollfd ready = {.fd = netlink_monitor_fd(m), .events = POLLIN};
	if (poll(&ready, 1, 1000) != 1)
		_exit(SKIP);             /* a kernel without IPv6, or older than 5.7 */
	CHECK(!netlink_monitor_read(m)); /* no reason to doubt a path */
	CHECK(netlink_monitor_pref64(m, &p, &lifetime_s) && prefix_parse(&want, "64:ff9b::/96"));
	CHECK(prefix_equal(&p, &want) && lifetime_s == 600);
	CHECK(!netlink_monitor_pref64(m, &p, &lifetime_s));
	/* Of more than there is room for the oldest are lost. */
	for (uint32_t i = 1; i <= 6; i++)
		advertise(t, "2001:db8:64::/96", 8 * i);
	settle(m);
	for (uint32_t i = 3; i <= 6; i++)
		CHECK(netlink_monitor_pref64(m, &p, &lifetime_s) && lifetime_s == 8 * i);
	CHECK(!netlink_monitor_pref64(m, &p, &lifetime_s));
	netlink_monitor_close(m);
	netlink_close(nl);
	tun_close(t);
}

static void a_socket_whose_address_is_gone_is_stranded(void)
{
	struct tun *t = open_tun("w");
	struct netlink *nl = netlink_open(why);
	struct ip a4 = ip_v4(10, 1, 2, 3);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	CHECK(nl && netlink_link_up(nl, tun_index(t), 1280, why));
	CHECK(netlink_address_add(nl, tun_index(t), &a4, 24, why));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, "10.1.2.9", &to.sin_addr);
	CHECK(!socket_is_stranded(fd)); /* it has none yet */
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EINPROGRESS);
	CHECK(!socket_is_stranded(fd));
	CHECK(netlink_address_remove(nl, tun_index(t), &a4, 24, why));
	CHECK(socket_is_stranded(fd));
	close(fd);
	netlink_close(nl);
	tun_close(t);
}

/* The device cannot take them merged: they go one by one, and after some tries unmerged from the
 * start. */
static void datagrams_over_the_mtu_go_one_by_one(void)
{
	enum { ROUNDS = 10 };
	struct netlink *nl = netlink_open(why);
	static uint8_t body[2][1500];
	struct datagram out[2], in[8];
	struct udp_refused r;
	size_t got = 0;
	CHECK(nl && netlink_link_up(nl, 1, 1280, why));
	struct udp *u = udp_open(&(struct udp_config){0}, why);
	CHECK(u);
	for (int i = 0; i < 2; i++)
		out[i] = (struct datagram){{body[i], sizeof(body[i]), 0, 0},
					   {ip_v4(127, 0, 0, 1), udp_port(u)}};
	for (int i = 0; i < ROUNDS; i++) {
		udp_send(u, out, 2, &r);
		CHECK(r.n == 0);
		for (size_t n = 1; got < 2 * (size_t)(i + 1) && n > 0;) {
			wait_readable(udp_fd4(u));
			n = udp_recv(u, in, 8);
			for (size_t k = 0; k < n; k++)
				CHECK(in[k].packet.len == sizeof(body[0]));
			got += n;
		}
	}
	CHECK(got == 2 * ROUNDS && udp_stats(u)->tx == 2 * ROUNDS && udp_stats(u)->tx_merged == 0);
	CHECK(udp_stats(u)->gso_failed > 0 && udp_stats(u)->gso_failed < ROUNDS);
	struct endpoint far = {ip_v4(192, 0, 2, 1), 9};
	out[0].at = out[1].at = far;
	udp_send(u, out, 2, &r);
	CHECK(r.n == 1 && endpoint_equal(&r.v[0], &far)); /* there is no route */
	udp_close(u);
	netlink_close(nl);
}

#define IN_OWN_NETWORK(name)                  \
	static void test_##name(void **state) \
	{                                     \
		in_own_network(name);         \
	}
IN_OWN_NETWORK(packets_pass_both_ways)
IN_OWN_NETWORK(too_long_packets_are_dropped)
IN_OWN_NETWORK(tun_failures_are_sentences)
IN_OWN_NETWORK(addresses_are_listed)
IN_OWN_NETWORK(a_removed_interface_is_noticed)
IN_OWN_NETWORK(addresses_that_change_meanwhile_are_listed)
IN_OWN_NETWORK(routes_come_and_go)
IN_OWN_NETWORK(a_route_by_another_interface_is_not_taken_for_ours)
IN_OWN_NETWORK(netlink_failures_are_sentences)
IN_OWN_NETWORK(changes_are_noticed)
IN_OWN_NETWORK(prefixes_that_a_router_advertises_are_heard)
IN_OWN_NETWORK(a_socket_whose_address_is_gone_is_stranded)
IN_OWN_NETWORK(datagrams_over_the_mtu_go_one_by_one)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_packets_pass_both_ways),
	cmocka_unit_test(test_too_long_packets_are_dropped),
	cmocka_unit_test(test_tun_failures_are_sentences),
	cmocka_unit_test(test_addresses_are_listed),
	cmocka_unit_test(test_a_removed_interface_is_noticed),
	cmocka_unit_test(test_addresses_that_change_meanwhile_are_listed),
	cmocka_unit_test(test_routes_come_and_go),
	cmocka_unit_test(test_a_route_by_another_interface_is_not_taken_for_ours),
	cmocka_unit_test(test_netlink_failures_are_sentences),
	cmocka_unit_test(test_changes_are_noticed),
	cmocka_unit_test(test_prefixes_that_a_router_advertises_are_heard),
	cmocka_unit_test(test_a_socket_whose_address_is_gone_is_stranded),
	cmocka_unit_test(test_datagrams_over_the_mtu_go_one_by_one),
};
RUN_TESTS(tests)

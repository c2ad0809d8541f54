#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>

#include "io/netlink_inside.h"
#include "io/sandbox.h"
#include "unit/own_network.h"

static char why[FAILURE_MAX];

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
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct own_address v[16];
	struct ip a4 = ip_v4(10, 1, 2, 3), a6;
	size_t n = 99;
	CHECK(ip_parse(&a6, "fd7a::1"));
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
		CHECK(address_remove(tun_index(t), &a6, 64) == 0);
	}
	CHECK(address_remove(tun_index(t), &a4, 24) == 0);
	CHECK(netlink_interfaces(nl, 0, v, 16, &n, why) && !listed(v, n, "10.1.2.3", 24));
	netlink_close(nl);
	netlink_close(NULL);
	tun_close(t);
}

/* So many addresses that the kernel tells them in pieces; meanwhile others change. */
static void addresses_that_change_meanwhile_are_listed(void)
{
	enum { ADDRESSES = 1500 };
	static struct own_address v[2 * ADDRESSES];
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct ip changing = ip_v4(10, 200, 0, 1);
	size_t n;
	own_network_set_up(nl, t);
	for (int i = 0; i < ADDRESSES; i++) {
		struct ip ip = ip_v4(10, 1, (uint8_t)(i / 250), (uint8_t)(1 + i % 250));
		CHECK(netlink_address_add(nl, tun_index(t), &ip, 32, why));
	}
	pid_t child = fork();
	if (child == 0) {
		struct netlink *own = own_network_netlink();
		for (int i = 0; own && i < 20000; i++)
			if (!netlink_address_add(own, tun_index(t), &changing, 32, why) ||
			    address_remove(tun_index(t), &changing, 32))
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
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct prefix p4, p6;
	CHECK(prefix_parse(&p4, "10.9.0.0/16") && prefix_parse(&p6, "fd7a:1::/48"));
	own_network_set_up(nl, t);
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
	struct tun *ours = own_network_tun("ours"), *other = own_network_tun("other");
	struct netlink *nl = own_network_netlink();
	static const char *const prefixes[] = {"10.9.0.0/16", "fd7a:1::/48"};
	struct ip a4 = ip_v4(10, 0, 0, 1);
	CHECK(netlink_link_up(nl, tun_index(ours), 1280, why));
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

struct other_route {
	uint8_t type;    /* RTN_x */
	int by;          /* an interface; 0: none */
	uint32_t metric; /* 0: what the kernel gives */
	const char *gateway;
	uint8_t table, tos; /* 0: the main one */
};

static void other_route_add(const struct prefix *to, const struct other_route *o)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg m;
		char attributes[128];
	} r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.m)),
		     .nlmsg_type = RTM_NEWROUTE,
		     .nlmsg_flags = NLM_F_CREATE | NLM_F_APPEND},
	       .m = {.rtm_family = to->ip.family == 6 ? AF_INET6 : AF_INET,
		     .rtm_dst_len = to->bits,
		     .rtm_table = o->table ? o->table : RT_TABLE_MAIN,
		     .rtm_tos = o->tos,
		     .rtm_type = o->type,
		     .rtm_protocol = RTPROT_STATIC}};
	if (to->bits > 0)
		rtnetlink_put(&r.h, RTA_DST, to->ip.b, ip_len(&to->ip));
	if (o->by)
		rtnetlink_put(&r.h, RTA_OIF, &(uint32_t){(uint32_t)o->by}, 4);
	if (o->metric)
		rtnetlink_put(&r.h, RTA_PRIORITY, &o->metric, 4);
	if (o->gateway) {
		struct ip gateway;
		CHECK(ip_parse(&gateway, o->gateway));
		rtnetlink_put(&r.h, RTA_GATEWAY, gateway.b, ip_len(&gateway));
	}
	CHECK(rtnetlink_ask(&r.h) == 0);
}

/* A route to a prefix is there. May ours be added, and is it then the one that packets take? */
static void only_a_route_of_ours_counts_as_there_already(void)
{
	struct tun *ours = own_network_tun("ours"), *other = own_network_tun("other");
	struct netlink *nl = own_network_netlink();
	int a = tun_index(ours), b = tun_index(other);
	const struct {
		const char *to;
		struct other_route there[2];
		bool taken; /* ours is not added: packets go elsewhere */
	} table[] = {
		{"10.1.0.0/16", {{RTN_UNICAST, a}}, false},
		{"10.2.0.0/16", {{RTN_UNICAST, b}}, true},
		{"10.3.0.0/16", {{RTN_BLACKHOLE}}, true},
		{"10.4.0.0/16", {{RTN_UNREACHABLE}}, true},
		{"10.5.0.0/16", {{RTN_UNICAST, b, 100}}, false},
		{"10.6.0.0/16", {{RTN_UNICAST, a, 100}, {RTN_UNICAST, b}}, true},
		{"10.7.0.0/16", {{RTN_UNICAST, b, 100}, {RTN_UNICAST, a}}, false},
		{"10.8.0.0/16", {{RTN_UNICAST, b, .table = 100}}, false},
		{"10.9.0.0/16", {{RTN_UNICAST, b, .tos = 0x10}}, false},
		{"10.10.0.0/16", {{RTN_BLACKHOLE, .table = 100}, {RTN_UNICAST, b}}, true},
		{"10.11.12.13/32", {{RTN_UNICAST, b}}, true},
		{"0.0.0.0/0", {{RTN_UNICAST, b}}, true},
		{"fd7a:1::/48", {{RTN_UNICAST, a}}, false},
		{"fd7a:2::/48", {{RTN_UNICAST, b}}, true},
		{"fd7a:3::/48", {{RTN_BLACKHOLE}}, true},
		{"fd7a:4::/48", {{RTN_UNICAST, b, 5000}}, false},
		{"fd7a:5::/48", {{RTN_UNICAST, b, .table = 100}}, false},
		{"fd7a:6::/48", {{RTN_UNREACHABLE}}, true},
		{"fd7a::7/128", {{RTN_UNICAST, b}}, true},
		{"::/0", {{RTN_UNICAST, b}}, true},
	};
	CHECK_WHY(netlink_link_up(nl, a, 1280, why) && netlink_link_up(nl, b, 1280, why), why);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct prefix to;
		CHECK(prefix_parse(&to, table[i].to));
		if (to.ip.family == 6 && access("/proc/net/if_inet6", F_OK))
			continue;
		for (size_t k = 0; k < 2 && table[i].there[k].type; k++)
			other_route_add(&to, &table[i].there[k]);
		CHECK_WHY(netlink_route_is_foreign(nl, a, &to) == table[i].taken, table[i].to);
		snprintf(why, sizeof(why), "%s was added", table[i].to);
		CHECK_WHY(netlink_route_add(nl, a, &to, why) != table[i].taken, why);
		CHECK_WHY(netlink_route_is_foreign(nl, a, &to) == table[i].taken, table[i].to);
		CHECK_WHY(!table[i].taken || strstr(why, "there is another route to"), why);
		CHECK_WHY(!table[i].taken || strstr(why, table[i].to), why);
	}
	netlink_close(nl);
	tun_close(ours);
	tun_close(other);
}

static void default_route(int by, const char *gateway, uint32_t metric)
{
	struct prefix all = {0};
	all.ip.family = strchr(gateway, ':') ? 6 : 4;
	other_route_add(&all, &(struct other_route){RTN_UNICAST, by, metric, gateway});
}

static void give_address(struct netlink *nl, int ifindex, const char *text, uint8_t bits)
{
	struct ip ip;
	CHECK(ip_parse(&ip, text));
	CHECK_WHY(netlink_address_add(nl, ifindex, &ip, bits, why), why);
}

static bool is_uplink(const struct uplink *u, const char *gateway, const char *self, int ifindex)
{
	struct ip g, s;
	CHECK(ip_parse(&g, gateway) && ip_parse(&s, self));
	return ip_equal(&u->gateway, &g) && ip_equal(&u->self, &s) &&
	       u->ifindex == (uint32_t)ifindex;
}

static void gateways_of_all_uplinks_are_listed(void)
{
	struct tun *one = own_network_tun("one"), *two = own_network_tun("two");
	struct netlink *nl = own_network_netlink();
	int a = tun_index(one), b = tun_index(two);
	struct uplink v[UPLINKS_MAX];
	CHECK(netlink_uplinks(nl, 0, v) == 0);
	CHECK_WHY(netlink_link_up(nl, a, 1280, why) && netlink_link_up(nl, b, 1280, why), why);
	give_address(nl, a, "10.1.0.2", 24);
	give_address(nl, b, "10.2.0.2", 24);
	CHECK(netlink_uplinks(nl, 0, v) == 0); /* addresses, but no way out */
	default_route(b, "10.2.0.1", 100);
	default_route(a, "10.1.0.1", 50);
	CHECK(netlink_uplinks(nl, 0, v) == 2); /* first the one that the kernel prefers */
	CHECK(is_uplink(&v[0], "10.1.0.1", "10.1.0.2", a));
	CHECK(is_uplink(&v[1], "10.2.0.1", "10.2.0.2", b));
	CHECK(netlink_uplinks(nl, a, v) == 1 && is_uplink(&v[0], "10.2.0.1", "10.2.0.2", b));
	netlink_close(nl);
	tun_close(one);
	tun_close(two);
}

static void a_link_without_a_gateway_is_an_uplink_like_ppp(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct prefix all = {.ip = ip_v4(0, 0, 0, 0)};
	struct uplink v[UPLINKS_MAX];
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	give_address(nl, tun_index(t), "10.1.0.2", 24);
	CHECK_WHY(netlink_route_add(nl, tun_index(t), &all, why), why);
	CHECK(netlink_uplinks(nl, 0, v) == 1);
	CHECK(v[0].gateway.family == 0 && v[0].ifindex == (uint32_t)tun_index(t));
	CHECK(v[0].self.b[0] == 10 && v[0].self.b[3] == 2);
	CHECK(netlink_uplinks(nl, tun_index(t), v) == 0); /* over our own TUN: none */
	/* Another link without a default route is no way out, although the kernel would try it. */
	struct tun *other = own_network_tun("x");
	CHECK_WHY(netlink_link_up(nl, tun_index(other), 1280, why), why);
	give_address(nl, tun_index(other), "10.2.0.2", 24);
	CHECK(netlink_uplinks(nl, 0, v) == 1);
	tun_close(other);
	netlink_close(nl);
	tun_close(t);
}

/* Two routers with one address, as two boxes of one maker have it. */
static void ipv4_gateways_of_one_address_count_once(void)
{
	struct tun *one = own_network_tun("one"), *two = own_network_tun("two");
	struct netlink *nl = own_network_netlink();
	int a = tun_index(one), b = tun_index(two);
	struct uplink v[UPLINKS_MAX];
	CHECK_WHY(netlink_link_up(nl, a, 1280, why) && netlink_link_up(nl, b, 1280, why), why);
	give_address(nl, a, "192.168.1.2", 24);
	give_address(nl, b, "192.168.1.3", 24);
	default_route(a, "192.168.1.1", 50);
	default_route(b, "192.168.1.1", 100);
	CHECK(netlink_uplinks(nl, 0, v) == 1);
	CHECK(is_uplink(&v[0], "192.168.1.1", "192.168.1.2", a));
	netlink_close(nl);
	tun_close(one);
	tun_close(two);
}

static void an_ipv6_gateway_counts_with_a_global_address(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct uplink v[UPLINKS_MAX];
	if (access("/proc/net/if_inet6", F_OK))
		own_network_skip("no IPv6");
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	give_address(nl, tun_index(t), "fd7a::2", 64);
	default_route(tun_index(t), "fe80::1", 0);
	CHECK(netlink_uplinks(nl, 0, v) == 0); /* fd7a::2 is a private one */
	give_address(nl, tun_index(t), "2001:db8::2", 64);
	CHECK(netlink_uplinks(nl, 0, v) == 1);
	CHECK(is_uplink(&v[0], "fe80::1", "2001:db8::2", tun_index(t)));
	netlink_close(nl);
	tun_close(t);
}

static void of_a_point_to_point_link_our_end_is_listed(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct own_address v[16];
	size_t n;
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg m;
		char attributes[64];
	} r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.m)),
		     .nlmsg_type = RTM_NEWADDR,
		     .nlmsg_flags = NLM_F_CREATE},
	       .m = {.ifa_family = AF_INET,
		     .ifa_prefixlen = 32,
		     .ifa_index = (uint32_t)tun_index(t)}};
	struct ip ours = ip_v4(10, 0, 0, 1), theirs = ip_v4(10, 0, 0, 2);
	rtnetlink_put(&r.h, IFA_LOCAL, ours.b, 4);
	rtnetlink_put(&r.h, IFA_ADDRESS, theirs.b, 4);
	CHECK(rtnetlink_ask(&r.h) == 0);
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	CHECK_WHY(netlink_interfaces(nl, 0, v, 16, &n, why), why);
	CHECK(listed(v, n, "10.0.0.1", 32) && !listed(v, n, "10.0.0.2", 32));
	netlink_close(nl);
	tun_close(t);
}

/* A peer must not become this machine's IPv6 router. */
static void a_tunnel_is_no_link_to_ipv6(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct own_address v[8];
	size_t n;
	char value = 0;
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	CHECK_WHY(netlink_interfaces(nl, 0, v, 8, &n, why), why);
	for (size_t i = 0; i < n; i++)
		CHECK(!ip_is_link_local(&v[i].ip));
	int fd = open("/proc/sys/net/ipv6/conf/w/accept_ra", O_RDONLY);
	CHECK(fd < 0 || (read(fd, &value, 1) == 1 && value == '0'));
	netlink_close(nl);
	tun_close(t);
}

/* Without CAP_NET_ADMIN the sentences say what is missing. */
static void what_is_not_allowed_says_what_to_do(void)
{
	struct netlink *nl = own_network_netlink();
	struct ip ip = ip_v4(10, 0, 0, 1);
	struct prefix p = prefix_of(&ip, 32);
	struct own_address v[4];
	size_t n;
	CHECK_WHY(sandbox_drop_capabilities(0, why), why);
	CHECK(!netlink_link_up(nl, 1, 1280, why) && strstr(why, "give CAP_NET_ADMIN"));
	CHECK(!netlink_address_add(nl, 1, &ip, 32, why) && strstr(why, "give CAP_NET_ADMIN"));
	CHECK(!netlink_route_add(nl, 1, &p, why) && strstr(why, "give CAP_NET_ADMIN"));
	CHECK(!netlink_route_remove(nl, 1, &p, why) && strstr(why, "give CAP_NET_ADMIN"));
	CHECK(!netlink_route_is_foreign(nl, 1, &p));
	CHECK_WHY(netlink_interfaces(nl, 0, v, 4, &n, why), why); /* looking is allowed */
	netlink_close(nl);
}

static void netlink_failures_are_sentences(void)
{
	struct netlink *nl = own_network_netlink();
	struct ip ip = ip_v4(10, 0, 0, 1);
	struct prefix p = prefix_of(&ip, 32);
	CHECK(!netlink_link_up(nl, 999, 1280, why) && strstr(why, "interface 999"));
	CHECK(!netlink_address_add(nl, 999, &ip, 32, why) && strstr(why, "10.0.0.1/32"));
	CHECK(!netlink_route_add(nl, 999, &p, why) && strstr(why, "10.0.0.1/32"));
	CHECK(netlink_route_remove(nl, 999, &p, why));
	netlink_close(nl);
}

/* A neighbour of the prefix, wider or narrower, is another route. */
static void only_the_same_prefix_stands_in_the_way(void)
{
	static const char *const others[] = {"10.9.0.0/15",   "10.8.0.0/16",  "10.9.0.0/17",
					     "10.9.128.0/17", "10.10.0.0/16", "0.0.0.0/0"};
	struct tun *ours = own_network_tun("ours"), *other = own_network_tun("other");
	struct netlink *nl = own_network_netlink();
	int a = tun_index(ours), b = tun_index(other);
	struct prefix p, to;
	CHECK(prefix_parse(&to, "10.9.0.0/16"));
	CHECK_WHY(netlink_link_up(nl, a, 1280, why) && netlink_link_up(nl, b, 1280, why), why);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		CHECK(prefix_parse(&p, others[i]));
		CHECK_WHY(netlink_route_add(nl, b, &p, why), why);
	}
	CHECK(!netlink_route_is_foreign(nl, a, &to));
	CHECK_WHY(netlink_route_add(nl, a, &to, why), why);
	CHECK_WHY(netlink_route_remove(nl, a, &to, why), why);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) { /* theirs are still there */
		CHECK(prefix_parse(&p, others[i]));
		CHECK_WHY(netlink_route_is_foreign(nl, a, &p), others[i]);
		CHECK_WHY(netlink_route_remove(nl, a, &p, why), why); /* not ours: nothing to do */
		CHECK_WHY(netlink_route_is_foreign(nl, a, &p), others[i]);
	}
	netlink_close(nl);
	tun_close(ours);
	tun_close(other);
}

static void not_more_uplinks_are_listed_than_there_is_room_for(void)
{
	struct tun *t[UPLINKS_MAX + 2];
	struct netlink *nl = own_network_netlink();
	struct {
		struct uplink v[UPLINKS_MAX];
		uint8_t behind[64];
	} out;
	char text[32], gateway[32];
	memset(&out, 0x5a, sizeof(out));
	for (uint32_t i = 0; i < ARRAY_LEN(t); i++) {
		t[i] = own_network_tun("up%d");
		CHECK_WHY(netlink_link_up(nl, tun_index(t[i]), 1280, why), why);
		snprintf(text, sizeof(text), "10.%u.0.2", i);
		snprintf(gateway, sizeof(gateway), "10.%u.0.1", i);
		give_address(nl, tun_index(t[i]), text, 24);
		default_route(tun_index(t[i]), gateway, 100 - i); /* the last is the best */
	}
	CHECK(netlink_uplinks(nl, 0, out.v) == UPLINKS_MAX);
	CHECK(is_uplink(&out.v[0], gateway, text, tun_index(t[ARRAY_LEN(t) - 1])));
	for (size_t i = 1; i < UPLINKS_MAX; i++)
		CHECK(out.v[i].ifindex != out.v[0].ifindex && out.v[i].gateway.b[3] == 1);
	for (size_t i = 0; i < sizeof(out.behind); i++)
		CHECK(out.behind[i] == 0x5a);
	for (size_t i = 0; i < ARRAY_LEN(t); i++)
		tun_close(t[i]);
	CHECK(netlink_uplinks(nl, 0, out.v) == 0);
	netlink_close(nl);
}

/* The answer to a request that was given up is still in the socket. */
static void what_is_left_of_an_older_answer_is_passed_over(void)
{
	struct netlink *nl = own_network_netlink();
	struct own_address v[4];
	struct ip ip = ip_v4(10, 0, 0, 1);
	size_t n = 99;
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	for (int i = 0; i < 3; i++) {
		struct nlmsghdr *h = netlink_request(nl, RTM_GETLINK, i == 1 ? 0 : NLM_F_ACK);
		struct ifinfomsg *m = mnl_nlmsg_put_extra_header(h, sizeof(*m));
		m->ifi_index = i == 2 ? 999 : 1; /* of 999 the answer is an error */
		CHECK(mnl_socket_sendto(nl->socket, h, h->nlmsg_len) > 0);
	}
	CHECK_WHY(netlink_interfaces(nl, 0, v, 4, &n, why), why);
	CHECK(listed(v, n, "127.0.0.1", 8));
	CHECK(!netlink_address_add(nl, 999, &ip, 32, why)); /* this error is its own */
	CHECK_WHY(netlink_address_add(nl, 1, &ip, 32, why), why);
	CHECK_WHY(netlink_interfaces(nl, 0, v, 0, &n, why) && n == 0, why);
	netlink_close(nl);
}

IN_OWN_NETWORK(only_the_same_prefix_stands_in_the_way)
IN_OWN_NETWORK(not_more_uplinks_are_listed_than_there_is_room_for)
IN_OWN_NETWORK(what_is_left_of_an_older_answer_is_passed_over)
IN_OWN_NETWORK(addresses_are_listed)
IN_OWN_NETWORK(addresses_that_change_meanwhile_are_listed)
IN_OWN_NETWORK(routes_come_and_go)
IN_OWN_NETWORK(a_route_by_another_interface_is_not_taken_for_ours)
IN_OWN_NETWORK(only_a_route_of_ours_counts_as_there_already)
IN_OWN_NETWORK(gateways_of_all_uplinks_are_listed)
IN_OWN_NETWORK(a_link_without_a_gateway_is_an_uplink_like_ppp)
IN_OWN_NETWORK(ipv4_gateways_of_one_address_count_once)
IN_OWN_NETWORK(an_ipv6_gateway_counts_with_a_global_address)
IN_OWN_NETWORK(of_a_point_to_point_link_our_end_is_listed)
IN_OWN_NETWORK(a_tunnel_is_no_link_to_ipv6)
IN_OWN_NETWORK(what_is_not_allowed_says_what_to_do)
IN_OWN_NETWORK(netlink_failures_are_sentences)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_only_the_same_prefix_stands_in_the_way),
	cmocka_unit_test(test_not_more_uplinks_are_listed_than_there_is_room_for),
	cmocka_unit_test(test_what_is_left_of_an_older_answer_is_passed_over),
	cmocka_unit_test(test_addresses_are_listed),
	cmocka_unit_test(test_addresses_that_change_meanwhile_are_listed),
	cmocka_unit_test(test_routes_come_and_go),
	cmocka_unit_test(test_a_route_by_another_interface_is_not_taken_for_ours),
	cmocka_unit_test(test_only_a_route_of_ours_counts_as_there_already),
	cmocka_unit_test(test_gateways_of_all_uplinks_are_listed),
	cmocka_unit_test(test_a_link_without_a_gateway_is_an_uplink_like_ppp),
	cmocka_unit_test(test_ipv4_gateways_of_one_address_count_once),
	cmocka_unit_test(test_an_ipv6_gateway_counts_with_a_global_address),
	cmocka_unit_test(test_of_a_point_to_point_link_our_end_is_listed),
	cmocka_unit_test(test_a_tunnel_is_no_link_to_ipv6),
	cmocka_unit_test(test_what_is_not_allowed_says_what_to_do),
	cmocka_unit_test(test_netlink_failures_are_sentences),
};
RUN_TESTS(tests)

#include "io/netlink_monitor.h"
#include "unit/own_network.h"
#include "unit/wire/pref64.h"
#include "wire/ip.h"
#include "wire/nat64.h"

static char why[FAILURE_MAX];

/* The kernel gives an interface that comes up IPv6 addresses of its own, some time later. */
static void settle(struct netlink_monitor *m)
{
	struct pollfd p = {.fd = netlink_monitor_fd(m), .events = POLLIN};
	while (poll(&p, 1, 300) == 1)
		(void)!netlink_monitor_read(m);
}

static void changes_are_noticed(void)
{
	struct tun *other = own_network_tun("other"), *own = own_network_tun("own");
	struct netlink *nl = own_network_netlink();
	struct netlink_monitor *m = netlink_monitor_open(tun_index(own), why);
	struct ip ip = ip_v4(10, 0, 0, 1);
	struct prefix all = {.ip = ip_v4(0, 0, 0, 0)}, some = prefix_of(&ip, 24);
	CHECK_WHY(m, why);
	settle(m);
	CHECK(netlink_link_up(nl, tun_index(other), 1280, why) && netlink_monitor_read(m));
	CHECK(netlink_address_add(nl, tun_index(other), &ip, 32, why) && netlink_monitor_read(m));
	settle(m);
	CHECK(netlink_route_add(nl, tun_index(other), &some, why) && !netlink_monitor_read(m));
	CHECK(netlink_route_add(nl, tun_index(other), &all, why) && netlink_monitor_read(m));
	CHECK(netlink_route_remove(nl, tun_index(other), &all, why));
	wait_for_fd(netlink_monitor_fd(m));
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

/* More than the kernel's buffer holds: what was lost may have been a change. */
static void lost_messages_count_as_a_change(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct netlink_monitor *m = netlink_monitor_open(tun_index(t), why);
	CHECK_WHY(m, why);
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	for (int i = 0; i < 8000; i++) { /* of an interface that does not count */
		struct ip ip = ip_v4(10, 1, (uint8_t)(i / 250), (uint8_t)(1 + i % 250));
		CHECK_WHY(netlink_address_add(nl, tun_index(t), &ip, 32, why), why);
	}
	CHECK(netlink_monitor_read(m));
	settle(m);
	CHECK(!netlink_monitor_read(m));
	netlink_monitor_close(m);
	netlink_close(nl);
	tun_close(t);
}

static void the_end_of_an_interface_is_noticed(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink_monitor *m = netlink_monitor_open(0, why);
	CHECK_WHY(m, why);
	CHECK(!netlink_monitor_read(m));
	interface_remove(tun_index(t));
	wait_for_fd(netlink_monitor_fd(m));
	CHECK(netlink_monitor_read(m));
	netlink_monitor_close(m);
	tun_close(t);
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
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct netlink_monitor *m = netlink_monitor_open(0, why);
	struct prefix p, want;
	uint32_t lifetime_s;
	CHECK_WHY(m, why);
	CHECK(netlink_link_up(nl, tun_index(t), 1280, why));
	settle(m);
	CHECK(!netlink_monitor_pref64(m, &p, &lifetime_s));
	advertise(t, "64:ff9b::/96", 600);
	struct pollfd ready = {.fd = netlink_monitor_fd(m), .events = POLLIN};
	if (poll(&ready, 1, 1000) != 1)
		own_network_skip("no IPv6, or a kernel older than 5.7");
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

/* Of routes only a default one that packets can take is a change. */
static void routes_that_lead_nowhere_else_are_no_change(void)
{
	static const char *const none[] = {"10.0.0.0/8", "128.0.0.0/1", "0.0.0.0/1",
					   "192.0.2.1/32"};
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct netlink_monitor *m = netlink_monitor_open(0, why);
	struct prefix p;
	CHECK_WHY(m, why);
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	settle(m);
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		CHECK(prefix_parse(&p, none[i]));
		CHECK_WHY(netlink_route_add(nl, tun_index(t), &p, why), why);
		CHECK_WHY(!netlink_monitor_read(m), none[i]);
	}
	/* Of all that waits one change is enough, wherever it stands. */
	CHECK(prefix_parse(&p, "0.0.0.0/0"));
	CHECK_WHY(netlink_route_add(nl, tun_index(t), &p, why), why);
	CHECK(prefix_parse(&p, none[0]));
	CHECK_WHY(netlink_route_remove(nl, tun_index(t), &p, why), why);
	CHECK(netlink_monitor_read(m));
	CHECK(!netlink_monitor_read(m)); /* told once */
	netlink_monitor_close(m);
	netlink_close(nl);
	tun_close(t);
}

IN_OWN_NETWORK(routes_that_lead_nowhere_else_are_no_change)
IN_OWN_NETWORK(lost_messages_count_as_a_change)
IN_OWN_NETWORK(the_end_of_an_interface_is_noticed)
IN_OWN_NETWORK(changes_are_noticed)
IN_OWN_NETWORK(prefixes_that_a_router_advertises_are_heard)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_routes_that_lead_nowhere_else_are_no_change),
	cmocka_unit_test(test_lost_messages_count_as_a_change),
	cmocka_unit_test(test_the_end_of_an_interface_is_noticed),
	cmocka_unit_test(test_changes_are_noticed),
	cmocka_unit_test(test_prefixes_that_a_router_advertises_are_heard),
};
RUN_TESTS(tests)

/* What a sender meets: other sizes, a full buffer, no way, no IPv6. */
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <fcntl.h>
#include <linux/if_tun.h>

#include "io/udp_inside.h"
#include "unit/own_network.h"

static char why[FAILURE_MAX];
static uint8_t memory[60000];

static struct udp *open_any(bool no_gso)
{
	struct udp *u = udp_open(&(struct udp_config){.no_gso = no_gso}, why);
	CHECK_WHY(u, why);
	return u;
}

static struct endpoint here(const struct udp *u)
{
	return (struct endpoint){ip_v4(127, 0, 0, 1), udp_port(u)};
}

static void loopback_up(void)
{
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 65536, why), why);
	netlink_close(nl);
}

/* Which datagrams make one message: up to the first that is shorter, never one that is longer. */
static void only_datagrams_of_one_size_are_merged(void)
{
	static const struct {
		uint32_t len[6];
		unsigned merged;
	} table[] = {
		{{100, 100, 100}, 1},     {{100, 100, 99}, 1},
		{{100, 99, 99}, 1}, /* and one alone */
		{{100, 99, 100, 100}, 2}, {{99, 100}, 0},
		{{1, 2, 3, 4}, 0},        {{4, 3, 2, 1}, 2},
		{{40000, 25000}, 1}, /* 65000 bytes */
		{{40000, 25001}, 0},      {{1, 1, 1, 1, 1, 1}, 1},
	};
	loopback_up();
	struct udp *u = open_any(false);
	struct udp_refused r;
	if (!u->v4.gso)
		own_network_skip("a kernel without UDP_SEGMENT");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct datagram v[6];
		uint64_t before = udp_stats(u)->tx_merged, tx = udp_stats(u)->tx;
		size_t n = 0;
		while (n < 6 && table[i].len[n]) {
			v[n] = (struct datagram){{memory, table[i].len[n], 0}, here(u)};
			n++;
		}
		udp_send(u, v, n, &r);
		snprintf(why, sizeof(why), "row %zu", i);
		CHECK_WHY(udp_stats(u)->tx - tx == n && r.n == 0, why);
		CHECK_WHY(udp_stats(u)->tx_merged - before == table[i].merged, why);
	}
	CHECK(udp_stats(u)->gso_failed == 0 && u->v4.gso);
	udp_close(u);
}

/* What differs in more than its content goes by itself. */
static void what_goes_elsewhere_or_otherwise_is_not_merged(void)
{
	loopback_up();
	struct udp *u = open_any(false);
	const struct endpoint other = {ip_v4(127, 0, 0, 2), udp_port(u)};
	const struct datagram a = {{memory, 100, 0}, here(u)};
	struct datagram pairs[4][2] = {{a, a}, {a, a}, {a, a}, {a, a}};
	struct udp_refused r;
	pairs[0][1].at = other;
	pairs[1][1].from = ip_v4(127, 0, 0, 3);
	pairs[2][1].packet.len = 0;
	pairs[3][0].dont_fragment = true;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		udp_send(u, pairs[i], 2, &r);
	CHECK(udp_stats(u)->tx == 8 && udp_stats(u)->tx_merged == 0);
	udp_close(u);
}

/* More messages, and more datagrams, than one call of the kernel takes. */
static void a_long_list_goes_out_whole(void)
{
	enum { MANY = 6 * BATCH_MAX };
	static struct datagram v[MANY];
	loopback_up();
	struct udp *u = open_any(false);
	struct udp_refused r;
	bool gso = u->v4.gso;
	for (size_t i = 0; i < MANY; i++)
		v[i] = (struct datagram){{memory, 10, 0}, here(u)};
	udp_send(u, v, MANY, &r); /* all alike: 64 in a message */
	CHECK(udp_stats(u)->tx == MANY && r.n == 0);
	CHECK(!gso || udp_stats(u)->tx_merged == MANY / 64);
	for (size_t i = 0; i < MANY; i++)
		v[i].at.ip.b[3] = (uint8_t)(1 + i % 7); /* each to another: nothing to merge */
	udp_send(u, v, MANY, &r);
	CHECK(udp_stats(u)->tx == 2 * MANY && r.n == 0);
	CHECK(!gso || udp_stats(u)->tx_merged == MANY / 64);
	CHECK(u->n_out == 0 && u->n_iov == 0);
	udp_close(u);
}

static void not_more_refusals_are_told_than_there_is_room_for(void)
{
	enum { MANY = 3 * UDP_REFUSED_MAX };
	struct datagram v[MANY + 1];
	loopback_up();
	struct udp *u = open_any(false);
	struct {
		struct udp_refused r;
		uint8_t behind[64];
	} told;
	memset(&told, 0x5a, sizeof(told));
	for (size_t i = 0; i < MANY; i++)
		v[i] = (struct datagram){{memory, 10, 0}, {ip_v4(192, 0, 2, (uint8_t)(1 + i)), 9}};
	v[MANY] = (struct datagram){{memory, 10, 0}, here(u)};
	udp_send(u, v, MANY + 1, &told.r);
	CHECK(told.r.n == UDP_REFUSED_MAX && udp_stats(u)->tx_refused == MANY);
	for (size_t i = 0; i < UDP_REFUSED_MAX; i++)
		CHECK(endpoint_equal(&told.r.v[i], &v[i].at));
	for (size_t i = 0; i < sizeof(told.behind); i++)
		CHECK(told.behind[i] == 0x5a);
	CHECK(udp_stats(u)->tx == 1); /* the one behind them */
	udp_send(u, &v[MANY], 1, &told.r);
	CHECK(told.r.n == 0); /* forgotten with the next call */
	udp_close(u);
}

/* An Ethernet whose neighbour never answers: what is sent waits, and fills the socket's buffer. */
static int silent_ethernet(void)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI, .ifr_name = "silent"};
	struct netlink *nl = own_network_netlink();
	struct ip self = ip_v4(10, 0, 0, 1);
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		own_network_skip("no /dev/net/tun");
	CHECK(ioctl(fd, TUNSETIFF, &ifr) == 0);
	int index = (int)if_nametoindex("silent");
	CHECK_WHY(netlink_link_up(nl, index, 1500, why), why);
	CHECK_WHY(netlink_address_add(nl, index, &self, 24, why), why);
	netlink_close(nl);
	return fd;
}

static void what_finds_the_buffer_full_is_dropped_and_refuses_nobody(void)
{
	enum { MANY = 3 * BATCH_MAX };
	static struct datagram v[MANY];
	int fd = silent_ethernet();
	const uint16_t number = 7;
	loopback_up();
	for (int no_gso = 0; no_gso < 2; no_gso++) {
		struct udp *u = open_any(no_gso);
		const struct udp_stats *s = udp_stats(u);
		struct udp_refused r;
		int least = 1;
		udp_follow(u, &number, 1);
		CHECK(setsockopt(u->v4.fd, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)) == 0);
		for (size_t i = 0; i < MANY; i++)
			v[i] = (struct datagram){{memory, 1000, 0},
						 {ip_v4(10, 0, 0, (uint8_t)(no_gso ? 3 : 2)), 9}};
		udp_send(u, v, MANY, &r);
		CHECK(s->tx > 0 && s->tx_full > 0 && s->tx + s->tx_full == MANY);
		CHECK(r.n == 0 && s->tx_refused == 0);
		CHECK(u->n_out == 0 && u->n_iov == 0); /* nothing of it is kept for later */
		/* Another socket has a buffer of its own. */
		struct datagram other = {
			.packet = {memory, 10, 0}, .at = here(u), .socket = number};
		uint64_t before = s->tx;
		udp_send(u, &other, 1, &r);
		CHECK(s->tx == before + 1 && r.n == 0);
		udp_close(u);
	}
	close(fd);
}

/* Without leave to cut it, it is lost where it does not fit; what stands around it is not. */
static void one_that_does_not_fit_the_link_is_lost_alone(void)
{
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	struct udp *u = open_any(true);
	struct datagram v[3], in[3];
	struct udp_refused r;
	for (size_t i = 0; i < 3; i++)
		v[i] = (struct datagram){
			.packet = {memory, 1400, 0}, .at = here(u), .dont_fragment = i == 1};
	udp_send(u, v, 3, &r);
	CHECK(r.n == 0 && udp_stats(u)->tx == 2 && udp_stats(u)->tx_refused == 1);
	for (size_t got = 0; got < 2;) {
		wait_for_fd(udp_fd4(u));
		got += udp_recv(u, in, 3);
	}
	v[1].packet.len = 1252; /* the longest that fits */
	udp_send(u, &v[1], 1, &r);
	CHECK(udp_stats(u)->tx == 3);
	v[1].packet.len++;
	udp_send(u, &v[1], 1, &r);
	CHECK(udp_stats(u)->tx == 3 && udp_stats(u)->tx_refused == 2);
	udp_close(u);
	netlink_close(nl);
}

/* As on a kernel without IPv6. */
static void without_ipv6_its_endpoints_have_no_way_and_ipv4_goes_on(void)
{
	const uint16_t number = 7;
	loopback_up();
	struct udp *u = open_any(false);
	struct endpoint six = {.port = 9};
	struct udp_refused r;
	CHECK(ip_parse(&six.ip, "2001:db8::1"));
	if (u->v6.fd >= 0)
		close(u->v6.fd);
	u->v6.fd = -1;
	udp_follow(u, &number, 1);
	CHECK(udp_fd6(u) == -1 && udp_extra_of(u, number));
	struct datagram v[] = {{.packet = {memory, 1, 0}, .at = six},
			       {.packet = {memory, 1, 0}, .at = here(u)},
			       {.packet = {memory, 1, 0}, .at = here(u), .socket = number},
			       {.packet = {memory, 1, 0}, .at = six, .socket = number}};
	udp_send(u, v, 4, &r);
	CHECK(r.n == 1 && endpoint_equal(&r.v[0], &six));
	CHECK(udp_stats(u)->tx == 2 && udp_stats(u)->tx_refused == 2);
	struct datagram in[2];
	for (size_t got = 0; got < 2;) {
		wait_for_fd(udp_fd4(u));
		got += udp_recv(u, in, 2);
	}
	udp_close(u);
}

IN_OWN_NETWORK(only_datagrams_of_one_size_are_merged)
IN_OWN_NETWORK(what_goes_elsewhere_or_otherwise_is_not_merged)
IN_OWN_NETWORK(a_long_list_goes_out_whole)
IN_OWN_NETWORK(not_more_refusals_are_told_than_there_is_room_for)
IN_OWN_NETWORK(what_finds_the_buffer_full_is_dropped_and_refuses_nobody)
IN_OWN_NETWORK(one_that_does_not_fit_the_link_is_lost_alone)
IN_OWN_NETWORK(without_ipv6_its_endpoints_have_no_way_and_ipv4_goes_on)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_only_datagrams_of_one_size_are_merged),
	cmocka_unit_test(test_what_goes_elsewhere_or_otherwise_is_not_merged),
	cmocka_unit_test(test_a_long_list_goes_out_whole),
	cmocka_unit_test(test_not_more_refusals_are_told_than_there_is_room_for),
	cmocka_unit_test(test_what_finds_the_buffer_full_is_dropped_and_refuses_nobody),
	cmocka_unit_test(test_one_that_does_not_fit_the_link_is_lost_alone),
	cmocka_unit_test(test_without_ipv6_its_endpoints_have_no_way_and_ipv4_goes_on),
};
RUN_TESTS(tests)

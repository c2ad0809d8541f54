#include "io/udp.h"
#include "unit/own_network.h"

static char why[FAILURE_MAX];

/* The device cannot take them merged: they go one by one, and after some tries unmerged from the
 * start. */
static void datagrams_over_the_mtu_go_one_by_one(void)
{
	enum { ROUNDS = 10 };
	struct netlink *nl = own_network_netlink();
	static uint8_t body[2][1500];
	struct datagram out[2], in[8];
	struct udp_refused r;
	size_t got = 0;
	CHECK(netlink_link_up(nl, 1, 1280, why));
	struct udp *u = udp_open(&(struct udp_config){0}, why);
	CHECK(u);
	for (int i = 0; i < 2; i++)
		out[i] = (struct datagram){{body[i], sizeof(body[i]), 0, 0},
					   {ip_v4(127, 0, 0, 1), udp_port(u)}};
	for (int i = 0; i < ROUNDS; i++) {
		udp_send(u, out, 2, &r);
		CHECK(r.n == 0);
		for (size_t n = 1; got < 2 * (size_t)(i + 1) && n > 0;) {
			wait_for_fd(udp_fd4(u));
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

/* A TUN takes merged messages or refuses them, as the kernel is: whole datagrams leave in any case,
 * and after a refusal for good none is merged any more. */
static void a_device_without_offload_gets_whole_datagrams(void)
{
	enum { ROUNDS = 3, EACH = 4 };
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct ip self = ip_v4(10, 0, 0, 1);
	static uint8_t body[EACH][500];
	struct datagram out[EACH];
	struct packet v[BATCH_MAX];
	struct udp_refused r;
	CHECK_WHY(netlink_link_up(nl, tun_index(t), 1280, why), why);
	CHECK_WHY(netlink_address_add(nl, tun_index(t), &self, 24, why), why);
	struct udp *u = udp_open(&(struct udp_config){0}, why);
	CHECK_WHY(u, why);
	for (int i = 0; i < EACH; i++) {
		memset(body[i], i, sizeof(body[i]));
		out[i] = (struct datagram){{body[i], sizeof(body[i]), 0, 0},
					   {ip_v4(10, 0, 0, 2), 9}};
	}
	for (int round = 0; round < ROUNDS; round++) {
		udp_send(u, out, EACH, &r);
		CHECK(r.n == 0);
		for (int got = 0; got < EACH;) {
			wait_for_fd(tun_fd(t));
			size_t n = tun_read(t, v, BATCH_MAX);
			for (size_t i = 0; i < n; i++)
				if (v[i].data[0] == 0x45 && v[i].data[9] == 17) {
					CHECK(v[i].len == 28 + sizeof(body[0]));
					CHECK(v[i].data[28] == got++);
				}
		}
	}
	const struct udp_stats *s = udp_stats(u);
	CHECK(s->tx == EACH * ROUNDS && s->tx_refused == 0 && s->tx_full == 0);
	CHECK(s->tx_merged == ROUNDS || (s->tx_merged == 0 && s->gso_failed <= 1));
	udp_close(u);
	netlink_close(nl);
	tun_close(t);
}

/* The other sockets go on merging where one device cannot. */
static void one_socket_that_cannot_merge_leaves_the_others_alone(void)
{
	static uint8_t body[2][1500];
	const uint16_t number = 7;
	struct netlink *nl = own_network_netlink();
	struct datagram out[2];
	struct udp_refused r;
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	struct udp *u = udp_open(&(struct udp_config){0}, why);
	CHECK_WHY(u, why);
	udp_follow(u, &number, 1);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 2; i++)
			out[i] = (struct datagram){.packet = {body[i], sizeof(body[i]), 0, 0},
						   .at = {ip_v4(127, 0, 0, 1), udp_port(u)},
						   .socket = number};
		udp_send(u, out, 2, &r);
	}
	uint64_t failed = udp_stats(u)->gso_failed, merged = udp_stats(u)->tx_merged;
	CHECK(merged == 0 && failed < 20); /* too long for the device: no longer tried */
	for (int i = 0; i < 2; i++) {
		out[i].socket = 0;
		out[i].packet.len = 100;
	}
	udp_send(u, out, 2, &r);
	CHECK(udp_stats(u)->tx_merged == 1 || failed == 0 /* a kernel without UDP_SEGMENT */);
	udp_close(u);
	netlink_close(nl);
}

IN_OWN_NETWORK(datagrams_over_the_mtu_go_one_by_one)
IN_OWN_NETWORK(a_device_without_offload_gets_whole_datagrams)
IN_OWN_NETWORK(one_socket_that_cannot_merge_leaves_the_others_alone)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_datagrams_over_the_mtu_go_one_by_one),
	cmocka_unit_test(test_a_device_without_offload_gets_whole_datagrams),
	cmocka_unit_test(test_one_socket_that_cannot_merge_leaves_the_others_alone),
};
RUN_TESTS(tests)

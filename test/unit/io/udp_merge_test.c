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

IN_OWN_NETWORK(datagrams_over_the_mtu_go_one_by_one)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_datagrams_over_the_mtu_go_one_by_one),
};
RUN_TESTS(tests)

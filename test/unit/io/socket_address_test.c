#include <arpa/inet.h>

#include "io/socket_address.h"
#include "unit/own_network.h"

static char why[FAILURE_MAX];

static void addresses_go_to_the_kernel_and_back(void **state)
{
	static const char *const table[] = {"192.0.2.1:41641", "[2001:db8::1]:443", "0.0.0.0:1"};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct endpoint e, back;
		struct sockaddr_storage sa;
		assert_true(endpoint_parse(&e, table[i]));
		assert_true(socket_address_write(&sa, &e) > 0);
		assert_true(socket_address_read(&back, &sa));
		assert_true(endpoint_equal(&e, &back));
	}
	struct sockaddr_storage sa = {.ss_family = AF_UNIX};
	struct endpoint e = {0};
	assert_false(socket_address_read(&e, &sa));
	assert_int_equal(socket_address_write(&sa, &e), 0);
}

static void a_link_local_address_keeps_its_interface(void **state)
{
	struct endpoint e = {.port = 5351, .scope = 3}, back, other;
	struct sockaddr_storage sa;
	assert_true(ip_parse(&e.ip, "fe80::1"));
	assert_true(socket_address_write(&sa, &e) > 0);
	assert_true(socket_address_read(&back, &sa));
	assert_true(endpoint_equal(&e, &back));
	other = back;
	other.scope = 4;
	assert_false(endpoint_equal(&e, &other));
	/* The kernel says it for other addresses too, where it means nothing. */
	assert_true(ip_parse(&e.ip, "2001:db8::1"));
	assert_true(socket_address_write(&sa, &e) > 0);
	assert_true(socket_address_read(&back, &sa));
	assert_int_equal(back.scope, 0);
}

static void a_socket_whose_address_is_gone_is_stranded(void)
{
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct ip a4 = ip_v4(10, 1, 2, 3);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	CHECK(netlink_link_up(nl, tun_index(t), 1280, why));
	CHECK(netlink_address_add(nl, tun_index(t), &a4, 24, why));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, "10.1.2.9", &to.sin_addr);
	CHECK(!socket_is_stranded(fd)); /* it has none yet */
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == EINPROGRESS);
	CHECK(!socket_is_stranded(fd));
	CHECK(address_remove(tun_index(t), &a4, 24) == 0);
	CHECK(socket_is_stranded(fd));
	close(fd);
	netlink_close(nl);
	tun_close(t);
}

IN_OWN_NETWORK(a_socket_whose_address_is_gone_is_stranded)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(addresses_go_to_the_kernel_and_back),
	cmocka_unit_test(a_link_local_address_keeps_its_interface),
	cmocka_unit_test(test_a_socket_whose_address_is_gone_is_stranded),
};
RUN_TESTS(tests)

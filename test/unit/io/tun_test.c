#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>

#include "io/tun.h"
#include "unit/own_network.h"

static char why[FAILURE_MAX];

/* Reads until a UDP packet of IPv4 comes: the kernel sends others of its own. */
static struct packet read_udp(struct tun *t)
{
	struct packet v[BATCH_MAX];
	for (int i = 0; i < 100; i++) {
		wait_for_fd(tun_fd(t));
		size_t n = tun_read(t, v, BATCH_MAX);
		for (size_t k = 0; k < n; k++)
			if (v[k].data[0] == 0x45 && v[k].data[9] == 17)
				return v[k];
	}
	bool came = false;
	CHECK(came);
	return v[0];
}

static void packets_pass_both_ways(void)
{
	struct tun *t = own_network_tun("warren%d");
	struct netlink *nl = own_network_netlink();
	CHECK(strcmp(tun_name(t), "warren0") == 0);
	CHECK(tun_index(t) == (int)if_nametoindex("warren0"));
	own_network_set_up(nl, t);
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
	wait_for_fd(fd);
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
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct packet v[4];
	own_network_set_up(nl, t);
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
	struct tun *t = own_network_tun("same");
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

static void a_removed_interface_is_noticed(void)
{
	struct tun *t = own_network_tun("w");
	struct packet v[BATCH_MAX];
	CHECK(tun_read(t, v, BATCH_MAX) == 0 && !tun_is_gone(t));
	interface_remove(tun_index(t));
	CHECK(tun_read(t, v, BATCH_MAX) == 0 && tun_is_gone(t));
	tun_close(t);
}

static void a_name_has_its_limits(void)
{
	static const char longest[] = "fifteen-letters";
	struct tun *t = own_network_tun(longest), *numbered[3];
	CHECK(strlen(longest) == TUN_NAME_MAX - 1 && strcmp(tun_name(t), longest) == 0);
	CHECK(!tun_open("sixteen--letters", why) && strstr(why, "at most 15 letters"));
	CHECK(!tun_open("a/b", why) && strstr(why, "no name for an interface"));
	CHECK(!tun_open("..", why) && strstr(why, "no name for an interface"));
	CHECK(!tun_open("w%s", why) && strstr(why, "no name for an interface"));
	for (int i = 0; i < 3; i++) {
		char name[TUN_NAME_MAX];
		snprintf(name, sizeof(name), "w%d", i);
		numbered[i] = own_network_tun("w%d");
		CHECK(strcmp(tun_name(numbered[i]), name) == 0);
		CHECK(i == 0 || tun_index(numbered[i]) != tun_index(numbered[i - 1]));
	}
	tun_close(numbered[1]); /* its number is free again */
	numbered[1] = own_network_tun("w%d");
	CHECK(strcmp(tun_name(numbered[1]), "w1") == 0);
	for (int i = 0; i < 3; i++)
		tun_close(numbered[i]);
	tun_close(t);
}

/* While the device is down nothing goes in, and it is counted; afterwards it works. */
static void what_a_device_does_not_take_is_counted(void)
{
	static uint8_t memory[2][PACKET_SIZE];
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct packet v[2];
	for (int i = 0; i < 2; i++) {
		v[i] = packet_in(memory[i], PACKET_SIZE, PACKET_HEADROOM);
		CHECK(packet_append(&v[i], 28));
		v[i].data[0] = 0x45;
		v[i].data[3] = 28;
	}
	tun_write(t, v, 2);
	CHECK(tun_stats(t)->tx == 0 && tun_stats(t)->tx_dropped == 2);
	own_network_set_up(nl, t);
	v[0].data[0] = 0x15; /* of IP version 1 */
	tun_write(t, v, 2);
	CHECK(tun_stats(t)->tx == 1 && tun_stats(t)->tx_dropped == 3);
	tun_write(t, v, 0);
	CHECK(tun_stats(t)->tx == 1 && tun_stats(t)->tx_dropped == 3);
	CHECK(!tun_is_gone(t));
	netlink_close(nl);
	tun_close(t);
}

/* What does not fit into the caller's array stays with the kernel, in its order. */
static void a_short_array_takes_the_first_packets(void)
{
	enum { TEN = 10 };
	struct tun *t = own_network_tun("w");
	struct netlink *nl = own_network_netlink();
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	struct packet v[3];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	own_network_set_up(nl, t);
	inet_pton(AF_INET, "100.64.0.2", &to.sin_addr);
	for (char i = 0; i < TEN; i++)
		CHECK(sendto(fd, &i, 1, 0, (struct sockaddr *)&to, sizeof(to)) == 1);
	CHECK(tun_read(t, v, 0) == 0 && tun_stats(t)->rx == 0);
	for (int got = 0; got < TEN;) {
		wait_for_fd(tun_fd(t));
		size_t n = tun_read(t, v, 3);
		CHECK(n > 0 && n <= 3);
		for (size_t i = 0; i < n; i++)
			if (v[i].data[0] == 0x45 && v[i].data[9] == 17)
				CHECK(v[i].len == 29 && v[i].data[28] == got++);
	}
	close(fd);
	netlink_close(nl);
	tun_close(t);
}

IN_OWN_NETWORK(a_name_has_its_limits)
IN_OWN_NETWORK(what_a_device_does_not_take_is_counted)
IN_OWN_NETWORK(a_short_array_takes_the_first_packets)
IN_OWN_NETWORK(packets_pass_both_ways)
IN_OWN_NETWORK(too_long_packets_are_dropped)
IN_OWN_NETWORK(tun_failures_are_sentences)
IN_OWN_NETWORK(a_removed_interface_is_noticed)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_a_name_has_its_limits),
	cmocka_unit_test(test_what_a_device_does_not_take_is_counted),
	cmocka_unit_test(test_a_short_array_takes_the_first_packets),
	cmocka_unit_test(test_packets_pass_both_ways),
	cmocka_unit_test(test_too_long_packets_are_dropped),
	cmocka_unit_test(test_tun_failures_are_sentences),
	cmocka_unit_test(test_a_removed_interface_is_noticed),
};
RUN_TESTS(tests)

/* Datagrams as gateways send them, by the loopback interface; the lab has a gateway
 * (test/lab/portmap_test.py). */
#include "io/announcements.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket_address.h"
#include "unit/own_network.h"
#include "wire/pcp.h"

struct heard {
	struct endpoint from;
	uint8_t b[PCP_MESSAGE_MAX];
	size_t n;
	unsigned times;
};

static void on_heard(void *self, const struct endpoint *from, struct bytes datagram)
{
	struct heard *h = self;
	h->from = *from;
	h->n = datagram.n;
	memcpy(h->b, datagram.p, datagram.n);
	h->times++;
}

static struct announcements *listen_to(struct loop *l, struct heard *h)
{
	char why[FAILURE_MAX];
	const struct announcements_call call = {on_heard, h};
	*h = (struct heard){.times = 0};
	struct announcements *a = announcements_open(l, &call, why);
	if (!a)
		fail_msg("%s", why);
	return a;
}

/* Gives the port that it came from; 0: this machine cannot send that. */
static uint16_t say(const char *to, size_t n)
{
	static const uint8_t b[2 * PCP_MESSAGE_MAX] = {2, 0x80};
	const struct in_addr by = {htonl(INADDR_LOOPBACK)};
	struct sockaddr_storage sa;
	struct endpoint ep, mine = {0};
	assert_true(endpoint_parse(&ep, to));
	socklen_t len = socket_address_write(&sa, &ep);
	int fd = socket(ep.ip.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	if (ep.ip.family == 4)
		(void)!setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by));
	bool sent = fd >= 0 && sendto(fd, b, n, 0, (struct sockaddr *)&sa, len) == (ssize_t)n;
	len = sizeof(sa);
	if (sent && !getsockname(fd, (struct sockaddr *)&sa, &len))
		assert_true(socket_address_read(&mine, &sa));
	if (fd >= 0)
		close(fd);
	return mine.port;
}

static void wait_for(struct loop *l, const struct heard *h, unsigned times)
{
	for (int i = 0; i < 100 && h->times < times; i++)
		loop_turn(l, 10 * MSEC);
}

static void what_is_said_to_everybody_is_heard_with_who_said_it(void **state)
{
	static const char *const places[] = {"224.0.0.1:5350", "[::1]:5350"};
	struct loop *l = loop_new();
	struct heard h;
	struct announcements *a = listen_to(l, &h);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		h.times = 0;
		uint16_t from = say(places[i], PCP_HEADER_LEN);
		if (from == 0)
			continue; /* a machine without that family */
		wait_for(l, &h, 1);
		assert_int_equal(h.times, 1);
		assert_int_equal(h.n, PCP_HEADER_LEN);
		assert_int_equal(h.b[1], 0x80);
		assert_int_equal(h.from.port, from);
		assert_int_equal(h.from.ip.family, i == 0 ? 4 : 6);
	}
	announcements_close(a);
	loop_free(l);
}

static void several_programs_hear_the_same(void **state)
{
	struct loop *l = loop_new();
	struct heard one, two;
	struct announcements *a = listen_to(l, &one), *b = listen_to(l, &two);
	if (say("224.0.0.1:5350", PCP_HEADER_LEN) == 0)
		skip();
	wait_for(l, &one, 1);
	wait_for(l, &two, 1);
	assert_int_equal(one.times, 1);
	assert_int_equal(two.times, 1);
	announcements_close(b);
	say("224.0.0.1:5350", PCP_HEADER_LEN);
	wait_for(l, &one, 2);
	assert_int_equal(one.times, 2);
	announcements_close(a);
	loop_free(l);
}

static void what_is_too_long_is_not_told(void **state)
{
	struct loop *l = loop_new();
	struct heard h;
	struct announcements *a = listen_to(l, &h);
	if (say("224.0.0.1:5350", PCP_MESSAGE_MAX + 1) == 0)
		skip();
	say("224.0.0.1:5350", PCP_MESSAGE_MAX);
	wait_for(l, &h, 1);
	loop_turn(l, 0);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.n, PCP_MESSAGE_MAX);
	announcements_close(a);
	loop_free(l);
}

static void closing_nothing_is_nothing(void **state)
{
	announcements_close(NULL);
}

/* Many at once are heard in several turns, so that others have theirs; none is lost. */
static void of_a_flood_each_turn_takes_a_part(void **state)
{
	enum { MANY = 40, AT_ONCE = 16 };
	struct loop *l = loop_new();
	struct heard h;
	struct announcements *a = listen_to(l, &h);
	for (int i = 0; i < MANY; i++)
		if (say("224.0.0.1:5350", PCP_HEADER_LEN) == 0)
			skip();
	unsigned turns = 0;
	for (unsigned before = 0; h.times < MANY && turns < 100; before = h.times, turns++) {
		loop_turn(l, 10 * MSEC);
		assert_true(h.times - before <= AT_ONCE);
	}
	assert_int_equal(h.times, MANY);
	assert_true(turns >= (MANY + AT_ONCE - 1) / AT_ONCE);
	announcements_close(a);
	loop_free(l);
}

static void an_empty_one_is_told_as_such(void **state)
{
	struct loop *l = loop_new();
	struct heard h;
	struct announcements *a = listen_to(l, &h);
	if (say("224.0.0.1:5350", 0) == 0)
		skip();
	wait_for(l, &h, 1);
	assert_int_equal(h.times, 1);
	assert_int_equal(h.n, 0);
	announcements_close(a);
	loop_free(l);
}

/* Takes the port for itself alone. */
static int take_port(int family)
{
	struct sockaddr_storage sa;
	struct endpoint any = {.ip.family = family == AF_INET6 ? 6 : 4, .port = PCP_ANNOUNCE_PORT};
	socklen_t len = socket_address_write(&sa, &any);
	int on = 1, fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && family == AF_INET6)
		CHECK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0);
	CHECK(fd < 0 || bind(fd, (struct sockaddr *)&sa, len) == 0);
	return fd;
}

static void a_port_of_one_family_is_enough_and_none_is_a_sentence(void)
{
	char why[FAILURE_MAX] = "";
	struct loop *l = loop_new();
	struct heard h = {.times = 0};
	const struct announcements_call call = {on_heard, &h};
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 65536, why), why);
	int six = take_port(AF_INET6);
	struct announcements *a = announcements_open(l, &call, why);
	CHECK_WHY(a, why);
	CHECK(say("224.0.0.1:5350", PCP_HEADER_LEN) != 0);
	wait_for(l, &h, 1);
	CHECK(h.times == 1 && h.from.ip.family == 4);
	announcements_close(a);
	int four = take_port(AF_INET);
	CHECK(!announcements_open(l, &call, why));
	CHECK_WHY(strstr(why, "cannot open UDP port 5350 (Address already in use)"), why);
	CHECK_WHY(strstr(why, "is noticed later"), why);
	if (six >= 0)
		close(six);
	a = announcements_open(l, &call, why);
	CHECK((a != NULL) == (six >= 0));
	announcements_close(a);
	close(four);
	netlink_close(nl);
	loop_free(l);
}

IN_OWN_NETWORK(a_port_of_one_family_is_enough_and_none_is_a_sentence)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(of_a_flood_each_turn_takes_a_part),
	cmocka_unit_test(an_empty_one_is_told_as_such),
	cmocka_unit_test(test_a_port_of_one_family_is_enough_and_none_is_a_sentence),
	cmocka_unit_test(what_is_said_to_everybody_is_heard_with_who_said_it),
	cmocka_unit_test(several_programs_hear_the_same),
	cmocka_unit_test(what_is_too_long_is_not_told),
	cmocka_unit_test(closing_nothing_is_nothing),
};
RUN_TESTS(tests)

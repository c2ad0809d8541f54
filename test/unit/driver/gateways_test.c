/* What gateways say: announcements by the loopback interface, and UPnP whose process is gone or
 * finds nobody.  test/unit/io/announcements_test.c and upnp_test.c have the rest. */
#include "driver/gateways.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "unit/own_network.h"
#include "wire/pcp.h"

struct seen {
	struct loop *l;
	struct gateways *g;
	unsigned reports, announced;
	struct upnp_report report;
	struct endpoint from;
	size_t n;
};

static void on_report(void *self, const struct upnp_report *r)
{
	struct seen *s = self;
	s->report = *r;
	s->reports++;
}

static void on_announced(void *self, const struct endpoint *from, struct bytes datagram)
{
	struct seen *s = self;
	s->from = *from;
	s->n = datagram.n;
	s->announced++;
}

static void begin(struct seen *s, struct upnp *upnp)
{
	*s = (struct seen){.l = loop_new()};
	const struct gateways_calls calls = {on_report, on_announced, s};
	s->g = gateways_new(s->l, upnp, &calls);
	assert_non_null(s->g);
}

static void end(struct seen *s)
{
	gateways_free(s->g);
	gateways_free(NULL);
	loop_free(s->l);
}

static void turn(struct seen *s, const unsigned *what, unsigned until)
{
	mono_ns limit = clock_now() + 5 * SECOND;
	while (*what < until && clock_now() < limit)
		loop_turn(s->l, 20 * MSEC);
}

static void without_upnp_each_ask_is_answered_with_off(void **state)
{
	const struct upnp_ask find = {.kind = UPNP_FIND};
	struct seen s;
	begin(&s, NULL);
	for (unsigned i = 1; i <= 2; i++) {
		gateways_ask_upnp(s.g, &find);
		assert_int_equal(s.reports, i);
		assert_int_equal(s.report.kind, UPNP_OFF);
	}
	end(&s);
}

/* In a network that has no gateway. */
static void an_ask_is_answered_by_a_report(void)
{
	struct upnp_ask find = {.kind = UPNP_FIND, .port = 7};
	char why[FAILURE_MAX] = "";
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	CHECK(ip_parse(&find.self, "127.0.0.1") && ip_parse(&find.gateway, "127.0.0.1"));
	struct upnp *upnp = upnp_start(why);
	CHECK_WHY(upnp, why);
	struct seen s;
	begin(&s, upnp);
	gateways_ask_upnp(s.g, &find);
	CHECK(s.reports == 0);
	mono_ns limit = clock_now() + 15 * SECOND;
	while (s.reports == 0 && clock_now() < limit)
		loop_turn(s.l, 20 * MSEC);
	CHECK(s.reports == 1 && s.report.kind == UPNP_NONE);
	end(&s);
	upnp_stop(upnp);
	netlink_close(nl);
}
IN_OWN_NETWORK(an_ask_is_answered_by_a_report)

/* From a port of the loopback's to all hosts. */
static void announce(void)
{
	static const uint8_t b[PCP_HEADER_LEN] = {2, 0x80};
	const struct in_addr by = {htonl(INADDR_LOOPBACK)};
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(5350),
				       .sin_addr.s_addr = inet_addr("224.0.0.1")};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by)) == 0);
	CHECK(sendto(fd, b, sizeof(b), 0, (const struct sockaddr *)&to, sizeof(to)) == sizeof(b));
	close(fd);
}

static void announcements_are_heard_only_while_they_are_listened_to(void)
{
	char why[FAILURE_MAX] = "";
	struct netlink *nl = own_network_netlink();
	CHECK_WHY(netlink_link_up(nl, 1, 1280, why), why);
	struct seen s;
	begin(&s, NULL);
	announce();
	CHECK_WHY(gateways_listen(s.g, true, why), why);
	CHECK_WHY(gateways_listen(s.g, true, why), why);
	announce();
	turn(&s, &s.announced, 1);
	CHECK(s.announced == 1 && s.n == PCP_HEADER_LEN && s.from.ip.family == 4);
	CHECK_WHY(gateways_listen(s.g, false, why), why);
	announce();
	for (int i = 0; i < 5; i++)
		loop_turn(s.l, 5 * MSEC);
	CHECK(s.announced == 1);
	end(&s);
	netlink_close(nl);
}
IN_OWN_NETWORK(announcements_are_heard_only_while_they_are_listened_to)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_upnp_each_ask_is_answered_with_off),
	cmocka_unit_test(test_an_ask_is_answered_by_a_report),
	cmocka_unit_test(test_announcements_are_heard_only_while_they_are_listened_to),
};
RUN_TESTS(tests)

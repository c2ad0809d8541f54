/* The machine's network and its changes, in a network of the test's own. */
#include "unit/driver/two_nodes.h"
#include "unit/own_network.h"

static const char ADDRESSES[] = "addresses of this machine changed: looking for paths anew\n";
static const char ROUTE[] = "the default route of this machine changed: looking for paths anew\n";

struct scene {
	struct world *w; /* alice is up */
	struct netlink *nl;
	struct tun *eth;
};

static struct scene begin(void)
{
	struct scene s = {.nl = own_network_netlink(), .eth = own_network_tun("eth0")};
	char why[FAILURE_MAX] = "";
	loop_hush_library(); /* no name server is reached there */
	CHECK_WHY(netlink_link_up(s.nl, 1, 1280, why), why);
	CHECK_WHY(netlink_link_up(s.nl, tun_index(s.eth), 1280, why), why);
	s.w = world_begin();
	world_make(s.w);
	side_up(&s.w->side[0]);
	turn_for(s.w, 300 * MSEC); /* what the new link itself has to say */
	return s;
}

static void end(struct scene *s)
{
	world_end(s->w);
	tun_close(s->eth);
	netlink_close(s->nl);
}

static void add(struct scene *s, const char *address)
{
	struct ip ip;
	char why[FAILURE_MAX] = "";
	CHECK(ip_parse(&ip, address));
	CHECK_WHY(netlink_address_add(s->nl, tun_index(s->eth), &ip, 24, why), why);
}

static void take(struct scene *s, const char *address)
{
	struct ip ip;
	CHECK(ip_parse(&ip, address));
	CHECK(address_remove(tun_index(s->eth), &ip, 24) == 0);
}

static bool logged_within(struct scene *s, const char *line, unsigned times, mono_ns limit)
{
	mono_ns until = clock_now() + limit;
	while (world_logged(s->w, line) < times && clock_now() < until)
		loop_turn(s->w->loop, 10 * MSEC);
	return world_logged(s->w, line) >= times;
}

/* By a gateway, which netlink.h has no call for. */
static void default_route(struct scene *s, const char *gateway)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg m;
		char attributes[64];
	} r = {.h = {.nlmsg_len = NLMSG_LENGTH(sizeof(r.m)),
		     .nlmsg_type = RTM_NEWROUTE,
		     .nlmsg_flags = NLM_F_CREATE},
	       .m = {.rtm_family = AF_INET,
		     .rtm_table = RT_TABLE_MAIN,
		     .rtm_protocol = RTPROT_STATIC,
		     .rtm_scope = RT_SCOPE_UNIVERSE,
		     .rtm_type = RTN_UNICAST}};
	struct ip ip;
	uint32_t ifindex = (uint32_t)tun_index(s->eth);
	CHECK(ip_parse(&ip, gateway));
	rtnetlink_put(&r.h, RTA_GATEWAY, ip.b, 4);
	rtnetlink_put(&r.h, RTA_OIF, &ifindex, sizeof(ifindex));
	CHECK(rtnetlink_ask(&r.h) == 0);
}

/* --- tests --- */

static void another_address_is_noticed(void)
{
	struct scene s = begin();
	add(&s, "10.1.0.1");
	CHECK(logged_within(&s, ADDRESSES, 1, 2 * SECOND));
	take(&s, "10.1.0.1");
	CHECK(logged_within(&s, ADDRESSES, 2, 2 * SECOND));
	end(&s);
}
IN_OWN_NETWORK(another_address_is_noticed)

static void another_default_route_is_noticed(void)
{
	struct scene s = begin();
	add(&s, "10.1.0.1");
	CHECK(logged_within(&s, ADDRESSES, 1, 2 * SECOND));
	CHECK(world_logged(s.w, ROUTE) == 0);
	default_route(&s, "10.1.0.254");
	CHECK(logged_within(&s, ROUTE, 1, 2 * SECOND));
	end(&s);
}
IN_OWN_NETWORK(another_default_route_is_noticed)

static void a_group_of_changes_is_one(void)
{
	struct scene s = begin();
	add(&s, "10.1.0.1");
	turn_for(s.w, 50 * MSEC);
	add(&s, "10.2.0.1");
	turn_for(s.w, 50 * MSEC);
	take(&s, "10.1.0.1");
	CHECK(logged_within(&s, ADDRESSES, 1, 2 * SECOND));
	turn_for(s.w, 300 * MSEC);
	CHECK(world_logged(s.w, ADDRESSES) == 1);
	end(&s);
}
IN_OWN_NETWORK(a_group_of_changes_is_one)

/* What comes and goes again and again does not hide what stays. */
static void a_storm_of_changes_hides_nothing(void)
{
	struct scene s = begin();
	mono_ns until = clock_now() + 3 * SECOND;
	add(&s, "10.1.0.1");
	while (world_logged(s.w, ADDRESSES) == 0 && clock_now() < until) {
		add(&s, "10.2.0.1");
		turn_for(s.w, 20 * MSEC);
		take(&s, "10.2.0.1");
		turn_for(s.w, 20 * MSEC);
	}
	CHECK(world_logged(s.w, ADDRESSES) > 0);
	end(&s);
}
IN_OWN_NETWORK(a_storm_of_changes_hides_nothing)

static void an_address_of_the_link_alone_is_no_change(void)
{
	struct scene s = begin();
	struct ip ip;
	char why[FAILURE_MAX] = "";
	CHECK(ip_parse(&ip, "fe80::1"));
	CHECK_WHY(netlink_address_add(s.nl, tun_index(s.eth), &ip, 64, why), why);
	turn_for(s.w, 400 * MSEC);
	CHECK(world_logged(s.w, ADDRESSES) == 0);
	end(&s);
}
IN_OWN_NETWORK(an_address_of_the_link_alone_is_no_change)

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_another_address_is_noticed),
	cmocka_unit_test(test_another_default_route_is_noticed),
	cmocka_unit_test(test_a_group_of_changes_is_one),
	cmocka_unit_test(test_a_storm_of_changes_hides_nothing),
	cmocka_unit_test(test_an_address_of_the_link_alone_is_no_change),
};
RUN_TESTS(tests)

/* Holes in the firewall before an IPv6 host. */
#include "unit/path/asked.h"

static void begin6(struct fixture *f)
{
	struct uplink gw = {.ifindex = 3};
	assert_true(ip_parse(&gw.gateway, "fe80::1"));
	assert_true(ip_parse(&gw.self, "2001:db8::5"));
	begin_with(f, &gw);
}

static struct pcp_response opened(const struct fixture *f)
{
	struct pcp_response a = granted(f, 1);
	a.map.external = (struct endpoint){f->p.v[0].at.self, PORT};
	return a;
}

static void the_router_is_asked_by_pcp_for_a_hole_from_our_global_address(void **state)
{
	struct fixture f;
	begin6(&f);
	const struct ip *self = &f.p.v[0].at.self;
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.n_natpmp, 0);
	assert_int_equal(f.n_upnp, 0);
	assert_true(ip_equal(&f.pcp.client, self));
	assert_int_equal(f.pcp.map.internal, PORT);
	assert_int_equal(f.pcp.map.external.port, PORT);
	struct ip from = portmap_source(&f.p, &f.gw);
	assert_true(ip_equal(&from, self));
	struct pcp_response a = opened(&f);
	assert_true(give_pcp(&f, &a, T0));
	expect_one(&f, "[2001:db8::5]:41641", false);
	portmap_release(&f.p, T0 + SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.pcp.lifetime_s, 0);
}

static void an_ipv4_address_or_another_link_is_no_answer(void **state)
{
	struct fixture f;
	uint8_t room[PCP_MAP_LEN];
	struct wr w = wr_of(room, sizeof(room));
	begin6(&f);
	struct pcp_response a = granted(&f, 1);
	assert_false(give_pcp(&f, &a, T0));
	a = opened(&f);
	struct endpoint other_link = f.gw;
	other_link.scope = 4;
	pcp_write_response(&w, &a);
	assert_false(portmap_finder.input(&f.p, &other_link, wr_done(&w), T0));
	assert_int_equal(found(&f).n, 0);
}

static void the_router_announces_on_its_own_link(void **state)
{
	struct fixture f;
	begin6(&f);
	struct pcp_response a = opened(&f);
	assert_true(give_pcp(&f, &a, T0));
	struct endpoint router = f.gw;
	f.gw.scope = 4;
	assert_false(announce_pcp(&f, 0, T0 + 60 * SECOND));
	f.gw = router;
	assert_true(announce_pcp(&f, 0, T0 + 60 * SECOND));
	assert_int_equal(f.n_pcp, 1);
}

/* Where requests go, as time passes: to the router, and to 2001:1::1. */
static void count(struct fixture *f, mono_ns until, unsigned *router, unsigned *anycast)
{
	uint8_t room[PCP_MESSAGE_MAX];
	struct ip nearest = pcp_anycast6();
	*router = *anycast = 0;
	while (portmap_finder.deadline(&f->p) <= until) {
		struct wr out = wr_of(room, sizeof(room));
		struct endpoint to;
		portmap_finder.tick(&f->p, portmap_finder.deadline(&f->p));
		while (portmap_finder.output(&f->p, &to, &out)) {
			assert_true(pcp_read_request(wr_done(&out), &f->pcp));
			*router += endpoint_equal(&to, &f->gw);
			*anycast +=
				ip_equal(&to.ip, &nearest) && to.port == PCP_PORT && to.scope == 0;
			out = wr_of(room, sizeof(room));
		}
	}
}

static void when_the_router_is_silent_the_nearest_server_is_asked_and_then_nobody(void **state)
{
	struct fixture f;
	unsigned router, anycast;
	begin6(&f);
	count(&f, T0 + 60 * SECOND, &router, &anycast);
	assert_int_equal(router, 4); /* and one at the beginning */
	assert_int_equal(anycast, 0);
	count(&f, T0 + 300 * SECOND, &router, &anycast);
	assert_int_equal(router, 0);
	assert_int_equal(anycast, 5);
	count(&f, T0 + 1800 * SECOND, &router, &anycast);
	assert_int_equal(router + anycast, 0);
	count(&f, T0 + 2200 * SECOND, &router, &anycast);
	assert_int_equal(router, 5); /* half an hour later the router first again */
	assert_int_equal(anycast, 5);
}

static void after_a_change_of_the_network_the_router_is_asked_first_again(void **state)
{
	struct fixture f;
	unsigned router, anycast;
	begin6(&f);
	count(&f, T0 + 115 * SECOND, &router, &anycast);
	assert_true(anycast > 0);
	portmap_finder.refresh(&f.p, true, T0 + 120 * SECOND);
	count(&f, T0 + 130 * SECOND, &router, &anycast);
	assert_true(router > 0);
	assert_int_equal(anycast, 0);
}

static void the_nearest_server_opens_the_hole_as_well(void **state)
{
	struct fixture f;
	unsigned router, anycast;
	begin6(&f);
	count(&f, T0 + 95 * SECOND + 20 * SECOND, &router, &anycast);
	assert_true(anycast > 0);
	f.gw = (struct endpoint){.ip = pcp_anycast6(), .port = PCP_PORT};
	struct pcp_response a = opened(&f);
	assert_true(give_pcp(&f, &a, T0 + 120 * SECOND));
	expect_one(&f, "[2001:db8::5]:41641", false);
	struct ip from = portmap_source(&f.p, &f.gw);
	assert_true(ip_equal(&from, &f.p.v[0].at.self));
}

/* A request names the address to open, and is refused if it leaves from another one. */
static void of_two_uplinks_each_request_leaves_from_the_address_that_it_names(void **state)
{
	struct fixture f;
	uint8_t room[PCP_MESSAGE_MAX];
	struct uplink gw[] = {
		{{6, {0xfe, 0x80, [15] = 1}}, {6, {0x20, 1, 0x0d, 0xb8, [15] = 5}}, 3},
		{{6, {0xfe, 0x80, [15] = 1}}, {6, {0x20, 1, 0x0d, 0xb9, [15] = 5}}, 5}};
	unsigned anycast = 0;
	begin_with(&f, gw);
	portmap_set_gateways(&f.p, gw, 2, T0);
	while (portmap_finder.deadline(&f.p) <= T0 + 4000 * SECOND) {
		struct wr out = wr_of(room, sizeof(room));
		struct endpoint to;
		for (; portmap_finder.output(&f.p, &to, &out); out = wr_of(room, sizeof(room))) {
			assert_true(pcp_read_request(wr_done(&out), &f.pcp));
			struct ip from = portmap_source(&f.p, &to), nearest = pcp_anycast6();
			assert_true(ip_equal(&from, &f.pcp.client));
			anycast += ip_equal(&to.ip, &nearest);
		}
		portmap_finder.tick(&f.p, portmap_finder.deadline(&f.p));
	}
	assert_true(anycast > 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(of_two_uplinks_each_request_leaves_from_the_address_that_it_names),
	cmocka_unit_test(the_router_is_asked_by_pcp_for_a_hole_from_our_global_address),
	cmocka_unit_test(an_ipv4_address_or_another_link_is_no_answer),
	cmocka_unit_test(the_router_announces_on_its_own_link),
	cmocka_unit_test(when_the_router_is_silent_the_nearest_server_is_asked_and_then_nobody),
	cmocka_unit_test(after_a_change_of_the_network_the_router_is_asked_first_again),
	cmocka_unit_test(the_nearest_server_opens_the_hole_as_well),
};
RUN_TESTS(tests)

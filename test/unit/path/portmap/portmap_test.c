/* Which gateways and protocols are asked, and what is made of their mappings. */
#include "unit/path/asked.h"

/* --- which protocol --- */

static void a_gateway_is_asked_in_all_protocols_at_once(void **state)
{
	struct fixture f;
	begin(&f);
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.pcp.op, PCP_MAP);
	assert_int_equal(f.pcp.lifetime_s, 7200);
	assert_int_equal(f.pcp.map.internal, PORT);
	assert_int_equal(f.pcp.map.external.port, PORT);
	assert_true(ip_equal(&f.pcp.client, &f.p.v[0].at.self));
	assert_int_equal(f.n_natpmp, 1);
	assert_int_equal(f.natpmp.op, NATPMP_ADDRESS);
	assert_int_equal(f.n_upnp, 1);
	assert_int_equal(f.upnp.kind, UPNP_FIND);
	assert_int_equal(found(&f).n, 0);
}

static void what_pcp_maps_is_kept_and_the_others_map_nothing(void **state)
{
	struct fixture f;
	struct portmap_status st;
	unsigned pcp, natpmp;
	map_by_pcp(&f);
	assert_true(give_natpmp(&f, &natpmp_address, T0 + MSEC));
	portmap_upnp_report(&f.p, &(struct upnp_report){.kind = UPNP_FOUND}, T0 + MSEC);
	pass(&f, T0 + 1000 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp, 0);
	assert_int_equal(natpmp, 0);
	assert_int_equal(f.n_upnp, 0);
	portmap_status(&f.p, T0 + 1000 * SECOND, &st);
	assert_true(st.pcp && st.natpmp && st.upnp);
	assert_int_equal(st.n, 1);
	assert_int_equal(st.v[0].protocol, PORTMAP_PCP);
	assert_false(st.v[0].double_nat);
	assert_true(st.v[0].left == 6200 * SECOND);
}

static void without_pcp_natpmp_maps(void **state)
{
	struct fixture f;
	struct portmap_status st;
	map_by_natpmp(&f);
	portmap_status(&f.p, T0, &st);
	assert_false(st.pcp);
	assert_int_equal(st.v[0].protocol, PORTMAP_NATPMP);
}

static void a_gateway_that_knows_natpmp_only_says_so_and_nothing_is_waited_for(void **state)
{
	struct fixture f;
	begin(&f);
	assert_true(give_natpmp(&f, &natpmp_address, T0));
	assert_int_equal(f.n_natpmp, 0);
	struct natpmp_response no = {.op = NATPMP_MAP_UDP, .result = NATPMP_UNSUPPORTED_VERSION};
	assert_true(give_natpmp(&f, &no, T0));
	assert_int_equal(f.n_natpmp, 1);
	assert_int_equal(f.natpmp.op, NATPMP_MAP_UDP);
	assert_int_equal(f.natpmp.external, PORT);
	assert_int_equal(f.natpmp.lifetime_s, 7200);
}

static void a_gateway_that_knows_pcp_only_is_not_asked_by_natpmp_again(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	struct pcp_response no = {.op = PCP_ANNOUNCE, .result = PCP_UNSUPPORTED_VERSION};
	assert_true(give_pcp(&f, &no, T0));
	struct pcp_response a = granted(&f, 1);
	assert_true(give_pcp(&f, &a, T0));
	pass(&f, T0 + 600 * SECOND, &pcp, &natpmp);
	assert_int_equal(natpmp, 0);
}

static void pcp_that_answers_late_takes_over_and_nothing_is_taken_back(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_natpmp(&f);
	struct pcp_response a = granted(&f, 100);
	assert_true(give_pcp(&f, &a, T0 + SECOND));
	expect_one(&f, "203.0.113.5:50000", false);
	pass(&f, T0 + 3500 * SECOND, &pcp, &natpmp);
	assert_int_equal(natpmp, 0);
	assert_int_equal(f.p.v[0].natpmp.m.state, MAPPER_OFF);
}

static void when_pcp_ends_natpmp_is_looked_for_again(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_natpmp(&f);
	struct pcp_response a = granted(&f, 100);
	assert_true(give_pcp(&f, &a, T0 + SECOND));
	pass(&f, T0 + 7210 * SECOND, &pcp, &natpmp); /* no renewal is answered */
	assert_int_equal(found(&f).n, 0);
	pass(&f, T0 + 9000 * SECOND, &pcp, &natpmp);
	assert_true(natpmp > 0);
}

static void without_both_upnp_maps(void **state)
{
	struct fixture f;
	struct portmap_status st;
	unsigned pcp, natpmp;
	begin(&f);
	portmap_upnp_report(&f.p, &(struct upnp_report){.kind = UPNP_FOUND}, T0 + 100 * MSEC);
	look(&f);
	assert_int_equal(f.n_upnp, 0);
	pass(&f, T0 + 999 * MSEC, &pcp, &natpmp);
	assert_int_equal(f.n_upnp, 0);
	portmap_finder.tick(&f.p, T0 + 1 * SECOND);
	look(&f);
	assert_int_equal(f.n_upnp, 1);
	assert_int_equal(f.upnp.kind, UPNP_MAP);
	assert_int_equal(f.upnp.outside, PORT);
	struct upnp_report mapped = {.kind = UPNP_MAPPED, .outside = {ip_v4(203, 0, 113, 5), 4444}};
	portmap_upnp_report(&f.p, &mapped, T0 + 1100 * MSEC);
	expect_one(&f, "203.0.113.5:4444", false);
	portmap_status(&f.p, T0, &st);
	assert_int_equal(st.v[0].protocol, PORTMAP_UPNP);
	/* The mapping has no end, and is renewed after half of two hours all the same. */
	pass(&f, T0 + 3601 * SECOND, &pcp, &natpmp);
	assert_int_equal(f.n_upnp, 0);
	portmap_finder.tick(&f.p, T0 + 3602 * SECOND);
	look(&f);
	assert_int_equal(f.upnp.kind, UPNP_MAP);
	assert_int_equal(f.upnp.outside, 4444);
}

static void upnp_gives_way_to_pcp(void **state)
{
	struct fixture f;
	map_by_upnp(&f, 4444);
	struct pcp_response a = granted(&f, 100);
	assert_true(give_pcp(&f, &a, T0 + 3 * SECOND));
	expect_one(&f, "203.0.113.5:50000", false);
	assert_int_equal(f.n_upnp, 1);
	assert_int_equal(f.upnp.kind, UPNP_UNMAP);
	assert_int_equal(f.upnp.outside, 4444);
}

/* Many gateways write all protocols into one table: a delete would remove PCP's mapping. */
static void upnp_that_mapped_the_same_port_as_pcp_is_left_to_run_out(void **state)
{
	struct fixture f;
	map_by_upnp(&f, OUTSIDE_PORT);
	struct pcp_response a = granted(&f, 100);
	assert_true(give_pcp(&f, &a, T0 + 3 * SECOND));
	expect_one(&f, "203.0.113.5:50000", false);
	assert_int_equal(f.n_upnp, 0);
	assert_int_equal(f.p.upnp.m.state, MAPPER_OFF);
	portmap_release(&f.p, T0 + 4 * SECOND); /* PCP's own release is enough */
	look(&f);
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.n_upnp, 0);
}

static void upnp_that_is_refused_absent_or_off_maps_nothing(void **state)
{
	static const struct upnp_report table[] = {{.kind = UPNP_REFUSED},
						   {.kind = UPNP_NONE},
						   {.kind = UPNP_OFF},
						   {.kind = UPNP_MAPPED}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fixture f;
		ask_upnp_to_map(&f);
		portmap_upnp_report(&f.p, &table[i], T0 + 2 * SECOND);
		look(&f);
		assert_int_equal(f.n_upnp, 0);
		assert_int_equal(found(&f).n, 0);
		/* A later report that was not asked for is dropped. */
		struct upnp_report mapped = {.kind = UPNP_MAPPED,
					     .outside = {ip_v4(203, 0, 113, 5), 4444}};
		portmap_upnp_report(&f.p, &mapped, T0 + 3 * SECOND);
		assert_int_equal(found(&f).n, 0);
	}
}

/* --- another network, another port, the end --- */

static void another_network_makes_all_of_it_void(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	struct pcp_request first = f.pcp;
	portmap_finder.refresh(&f.p, true, T0 + 2 * SECOND);
	look(&f);
	assert_int_equal(found(&f).n, 0);
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.n_natpmp, 1);
	/* It may be the same gateway: the nonce stays, or it would not let us in. */
	assert_memory_equal(f.pcp.map.nonce, first.map.nonce, PCP_NONCE_LEN);
	struct uplink other = {ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 7), 3};
	portmap_set_gateways(&f.p, &other, 1, T0 + 3 * SECOND);
	f.gw.ip = other.gateway;
	look(&f);
	assert_int_equal(f.n_pcp, 1);
	assert_memory_not_equal(f.pcp.map.nonce, first.map.nonce, PCP_NONCE_LEN);
	portmap_set_gateways(&f.p, &other, 1, T0 + 4 * SECOND);
	look(&f);
	assert_int_equal(f.n_pcp + f.n_natpmp + f.n_upnp, 0);
	portmap_set_gateways(&f.p, NULL, 0, T0 + 4 * SECOND);
	look(&f);
	assert_true(portmap_finder.deadline(&f.p) == MONO_NEVER);
}

static void another_port_is_another_mapping(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	portmap_set_port(&f.p, 7);
	portmap_set_port(&f.p, 7);
	portmap_finder.refresh(&f.p, true, T0 + SECOND);
	look(&f);
	assert_int_equal(f.pcp.map.internal, 7);
	portmap_set_port(&f.p, 0);
	portmap_finder.refresh(&f.p, true, T0 + 2 * SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 0);
}

static void release_takes_back_what_is_mapped_and_nothing_else(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_pcp(&f);
	portmap_release(&f.p, T0 + SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.pcp.lifetime_s, 0);
	assert_int_equal(f.pcp.map.internal, PORT);
	assert_int_equal(f.n_natpmp, 0);
	assert_int_equal(found(&f).n, 0);
	pass(&f, T0 + 10000 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp + natpmp, 0);

	map_by_natpmp(&f);
	portmap_release(&f.p, T0 + SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 0);
	assert_int_equal(f.n_natpmp, 1);
	assert_int_equal(f.natpmp.op, NATPMP_MAP_UDP);
	assert_int_equal(f.natpmp.external, 0);
	assert_int_equal(f.natpmp.lifetime_s, 0);
}

/* --- double NAT --- */

static void a_mapping_that_ends_at_the_next_nat_is_for_those_behind_it(void **state)
{
	static const struct {
		const char *outside, *seen;
		bool near;
	} table[] = {
		{"203.0.113.5", NULL, false},
		{"203.0.113.5", "203.0.113.5:7", false},
		{"203.0.113.5", "198.51.100.1:7", true}, /* public, but not where we are seen */
		{"192.168.0.4", "203.0.113.5:7", true},
		{"10.1.2.3", NULL, true},
		{"172.16.0.9", NULL, true},
		{"100.64.3.4", NULL, true},
		{"100.127.3.4", NULL, true},
		{"100.128.3.4", NULL, false},
		{"169.254.1.1", NULL, true},
		{"203.0.113.5", "[2001:db8::1]:7", false}, /* says nothing about IPv4 */
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fixture f;
		struct candidates seen = {.n = 0};
		struct endpoint ep;
		struct portmap_status st;
		begin(&f);
		struct pcp_response a = granted(&f, 1);
		assert_true(ip_parse(&a.map.external.ip, table[i].outside));
		assert_true(give_pcp(&f, &a, T0));
		if (table[i].seen) {
			assert_true(endpoint_parse(&ep, table[i].seen));
			candidates_add(&seen, &ep, CANDIDATE_STUN);
		}
		portmap_set_seen(&f.p, &seen);
		if (found(&f).n != 1 || found(&f).v[0].near != table[i].near)
			fail_msg("row %zu", i);
		portmap_status(&f.p, T0, &st);
		assert_int_equal(st.v[0].double_nat, table[i].near);
	}
}

/* --- more gateways than one --- */

static void two_gateways_are_asked_each_for_itself(void **state)
{
	struct fixture f;
	struct uplink gw[5];
	for (uint8_t i = 0; i < 5; i++)
		gw[i] = (struct uplink){ip_v4(10, i, 0, 1), ip_v4(10, i, 0, 5), (uint32_t)i + 1};
	begin(&f);
	portmap_set_gateways(&f.p, gw, 5, T0 + SECOND);
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	unsigned asked = 0;
	for (; portmap_finder.output(&f.p, &to, &out); out = wr_of(room, sizeof(room)))
		asked++;
	assert_int_equal(asked, 2 * UPLINKS_MAX);
}

/* A link without a gateway, as PPP has it: nobody is there to be asked. */
static void a_way_out_without_a_gateway_is_not_asked(void **state)
{
	struct fixture f;
	const struct uplink ways[] = {{.self = ip_v4(203, 0, 113, 7), .ifindex = 9},
				      home_gateway()};
	begin(&f);
	portmap_set_gateways(&f.p, ways, 2, T0);
	assert_int_equal(f.p.n, 1);
	assert_true(ip_equal(&f.p.v[0].at.gateway, &ways[1].gateway));
	portmap_set_gateways(&f.p, ways, 1, T0 + SECOND);
	assert_int_equal(f.p.n, 0);
}

static void a_gateway_that_stays_keeps_its_mapping(void **state)
{
	struct uplink gw[2] = {{ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 5), 3}, home_gateway()};
	struct fixture f;
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	map_by_pcp(&f);
	struct pcp_request first = f.pcp;
	portmap_set_gateways(&f.p, gw, 2, T0 + SECOND); /* another way out, and a better one */
	for (; portmap_finder.output(&f.p, &to, &out); out = wr_of(room, sizeof(room)))
		assert_true(ip_equal(&to.ip, &gw[0].gateway) ||
			    !pcp_read_request(wr_done(&out), &f.pcp));
	expect_one(&f, "203.0.113.5:50000", false);
	portmap_set_gateways(&f.p, gw + 1, 1, T0 + 2 * SECOND); /* and gone */
	look(&f);
	assert_int_equal(f.n_pcp, 0);
	expect_one(&f, "203.0.113.5:50000", false);
	portmap_release(&f.p, T0 + 3 * SECOND);
	look(&f);
	assert_memory_equal(f.pcp.map.nonce, first.map.nonce, PCP_NONCE_LEN);
	assert_int_equal(f.pcp.lifetime_s, 0);
	/* A mapping that was taken back is asked for anew. */
	portmap_set_gateways(&f.p, NULL, 0, T0 + 20 * SECOND);
	portmap_set_gateways(&f.p, gw + 1, 1, T0 + 20 * SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 1);
}

static void what_is_seen_is_told_of_the_gateway_that_we_leave_by(void **state)
{
	struct uplink gw[2] = {home_gateway(), {ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 5), 3}};
	static const struct endpoint seen_there = {{4, {203, 0, 113, 5}}, 7};
	struct candidates seen = {.n = 0};
	struct fixture f;
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	begin(&f);
	portmap_set_gateways(&f.p, NULL, 0, T0);
	portmap_set_gateways(&f.p, gw, 2, T0);
	for (; portmap_finder.output(&f.p, &to, &out); out = wr_of(room, sizeof(room))) {
		uint8_t answer[PCP_MAP_LEN];
		struct wr w = wr_of(answer, sizeof(answer));
		if (!pcp_read_request(wr_done(&out), &f.pcp))
			continue;
		struct pcp_response a = granted(&f, 1);
		a.map.external.ip.b[3] = ip_equal(&to.ip, &gw[0].gateway) ? 5 : 6;
		pcp_write_response(&w, &a);
		assert_true(portmap_finder.input(&f.p, &to, wr_done(&w), T0));
	}
	candidates_add(&seen, &seen_there, CANDIDATE_STUN);
	portmap_set_seen(&f.p, &seen);
	assert_int_equal(found(&f).n, 2);
	assert_false(found(&f).v[0].near);
	assert_false(found(&f).v[1].near); /* nothing was sent there by that way */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_gateway_is_asked_in_all_protocols_at_once),
	cmocka_unit_test(what_pcp_maps_is_kept_and_the_others_map_nothing),
	cmocka_unit_test(without_pcp_natpmp_maps),
	cmocka_unit_test(a_gateway_that_knows_natpmp_only_says_so_and_nothing_is_waited_for),
	cmocka_unit_test(a_gateway_that_knows_pcp_only_is_not_asked_by_natpmp_again),
	cmocka_unit_test(pcp_that_answers_late_takes_over_and_nothing_is_taken_back),
	cmocka_unit_test(when_pcp_ends_natpmp_is_looked_for_again),
	cmocka_unit_test(without_both_upnp_maps),
	cmocka_unit_test(upnp_gives_way_to_pcp),
	cmocka_unit_test(upnp_that_mapped_the_same_port_as_pcp_is_left_to_run_out),
	cmocka_unit_test(upnp_that_is_refused_absent_or_off_maps_nothing),
	cmocka_unit_test(another_network_makes_all_of_it_void),
	cmocka_unit_test(another_port_is_another_mapping),
	cmocka_unit_test(release_takes_back_what_is_mapped_and_nothing_else),
	cmocka_unit_test(a_mapping_that_ends_at_the_next_nat_is_for_those_behind_it),
	cmocka_unit_test(two_gateways_are_asked_each_for_itself),
	cmocka_unit_test(a_way_out_without_a_gateway_is_not_asked),
	cmocka_unit_test(a_gateway_that_stays_keeps_its_mapping),
	cmocka_unit_test(what_is_seen_is_told_of_the_gateway_that_we_leave_by),
};
RUN_TESTS(tests)

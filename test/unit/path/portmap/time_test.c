/* When gateways are asked: renewals, silence, restarts, announcements. */
#include "unit/path/asked.h"

static void a_mapping_is_renewed_at_half_of_its_life_by_the_same_nonce(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_pcp(&f);
	struct pcp_request first = f.pcp;
	pass(&f, T0 + 3599 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp, 0);
	pass(&f, T0 + 3600 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp, 1);
	assert_memory_equal(f.pcp.map.nonce, first.map.nonce, PCP_NONCE_LEN);
	assert_int_equal(f.pcp.map.external.port, OUTSIDE_PORT);
	struct pcp_response a = granted(&f, 3700);
	assert_true(give_pcp(&f, &a, T0 + 3600 * SECOND));
	pass(&f, T0 + 7199 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp, 0);
	expect_one(&f, "203.0.113.5:50000", false);
}

static void natpmp_asks_for_the_address_again_at_each_renewal(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_natpmp(&f);
	pass(&f, T0 + 1800300 * MSEC, &pcp, &natpmp);
	assert_int_equal(natpmp, 1);
	assert_int_equal(f.natpmp.op, NATPMP_ADDRESS);
	struct natpmp_response elsewhere = natpmp_address, mapped = natpmp_mapped;
	elsewhere.address = ip_v4(203, 0, 113, 77);
	elsewhere.epoch_s = mapped.epoch_s = 1901;
	assert_true(give_natpmp(&f, &elsewhere, T0 + 1800300 * MSEC));
	assert_int_equal(f.natpmp.op, NATPMP_MAP_UDP);
	assert_int_equal(f.natpmp.external, OUTSIDE_PORT);
	expect_one(&f, "203.0.113.5:50000", false);
	assert_true(give_natpmp(&f, &mapped, T0 + 1800300 * MSEC));
	expect_one(&f, "203.0.113.77:50000", false);
}

static void a_silent_gateway_is_asked_as_the_rfcs_say_and_then_left_alone(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	pass(&f, T0 + 200 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp, 4);    /* and one at the beginning */
	assert_int_equal(natpmp, 8); /* the same */
	pass(&f, T0 + 1700 * SECOND, &pcp, &natpmp);
	assert_int_equal(pcp + natpmp, 0);
	pass(&f, T0 + 3600 * SECOND, &pcp, &natpmp);
	assert_true(pcp > 0 && natpmp > 0); /* each half hour: it may have been switched on */
}

static void a_mapping_that_is_not_renewed_ends_with_its_life(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_pcp(&f);
	pass(&f, T0 + 7199 * SECOND, &pcp, &natpmp);
	assert_in_range(pcp, 10, 60);
	expect_one(&f, "203.0.113.5:50000", false);
	pass(&f, T0 + 7200 * SECOND, &pcp, &natpmp);
	assert_int_equal(found(&f).n, 0);
}

static void a_gateway_that_grants_a_second_does_not_keep_us_busy(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp, all = 0;
	begin(&f);
	for (mono_ns now = T0; now < T0 + 600 * SECOND; now += SECOND) {
		struct pcp_response a = granted(&f, (uint32_t)((now - T0) / SECOND));
		a.lifetime_s = 1;
		assert_true(give_pcp(&f, &a, now));
		pass(&f, now + SECOND, &pcp, &natpmp);
		all += pcp;
	}
	assert_in_range(all, 0, 120);
}

/* --- announcements --- */

static void a_gateway_that_says_it_was_restarted_is_asked_at_once(void **state)
{
	for (int unicast = 0; unicast < 2; unicast++) {
		struct fixture f;
		struct pcp_response announce = {.op = PCP_ANNOUNCE, .epoch_s = 1};
		map_by_pcp(&f);
		if (unicast)
			assert_true(give_pcp(&f, &announce, T0 + 60 * SECOND));
		else
			assert_true(announce_pcp(&f, 1, T0 + 60 * SECOND));
		assert_int_equal(f.n_pcp, 1);
		assert_int_equal(f.pcp.map.external.port,
				 OUTSIDE_PORT); /* the same port, if it can be had */
		/* Anybody could have said so: what is held is given up only when the gateway itself
		 * says. */
		expect_one(&f, "203.0.113.5:50000", false);
		struct pcp_response a = granted(&f, 2);
		a.map.external.port = 50001;
		assert_true(give_pcp(&f, &a, T0 + 60 * SECOND));
		expect_one(&f, "203.0.113.5:50001", false);
	}
}

static void a_restarted_gateway_that_refuses_has_nothing_for_us(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	assert_true(announce_pcp(&f, 1, T0 + 60 * SECOND));
	struct pcp_response a = granted(&f, 2);
	a.result = PCP_NO_RESOURCES;
	assert_true(give_pcp(&f, &a, T0 + 60 * SECOND));
	assert_int_equal(found(&f).n, 0);
}

static void who_announces_without_end_makes_us_ask_now_and_then(void **state)
{
	struct fixture f;
	unsigned asked = 0;
	map_by_pcp(&f);
	for (unsigned i = 0; i < 600; i++) {
		mono_ns now = T0 + 60 * SECOND + i * 100 * MSEC;
		(void)announce_pcp(&f, i % 2 ? 1 : 1000, now);
		asked += f.n_pcp;
		if (f.n_pcp) { /* the gateway itself was never restarted */
			struct pcp_response a = granted(&f, (uint32_t)(100 + (now - T0) / SECOND));
			assert_true(give_pcp(&f, &a, now));
		}
		expect_one(&f, "203.0.113.5:50000", false);
	}
	assert_in_range(asked, 1, 6); /* in a minute */
}

static void a_gateway_that_went_on_tells_nothing(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	assert_false(announce_pcp(&f, 160, T0 + 60 * SECOND));
	assert_int_equal(f.n_pcp, 0);
	map_by_natpmp(&f);
	assert_false(announce_natpmp(&f, ip_v4(203, 0, 113, 5), 160, T0 + 60 * SECOND));
	assert_int_equal(f.n_natpmp, 0);
}

static void natpmp_announces_a_restart_or_another_address(void **state)
{
	static const struct {
		uint8_t last;
		uint32_t epoch_s;
	} table[] = {{5, 1}, {77, 160}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fixture f;
		map_by_natpmp(&f);
		assert_true(announce_natpmp(&f, ip_v4(203, 0, 113, table[i].last), table[i].epoch_s,
					    T0 + 60 * SECOND));
		assert_int_equal(f.n_natpmp, 1);
		assert_int_equal(f.natpmp.op, NATPMP_ADDRESS);
		expect_one(&f, "203.0.113.5:50000", false);
	}
}

static void a_gateway_that_was_silent_is_asked_when_it_begins_to_speak(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	pass(&f, T0 + 400 * SECOND, &pcp, &natpmp);
	assert_true(announce_pcp(&f, 1, T0 + 400 * SECOND));
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.n_natpmp, 1);
}

static void what_upnp_mapped_is_asked_again_too(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_upnp(&f, 4444);
	pass(&f, T0 + 400 * SECOND, &pcp, &natpmp);
	assert_true(announce_pcp(&f, 1, T0 + 400 * SECOND));
	assert_int_equal(f.n_upnp, 1);
	assert_int_equal(f.upnp.kind, UPNP_MAP);
	assert_int_equal(f.upnp.outside, 4444);
}

static void announcements_of_others_and_broken_ones_are_nothing(void **state)
{
	static const struct endpoint others[] = {{{4, {192, 168, 1, 2}}, PCP_PORT},
						 {{4, {192, 168, 1, 1}}, 5350},
						 {{4, {192, 168, 1, 1}}, PCP_PORT, 2}};
	uint8_t room[PCP_HEADER_LEN];
	struct wr w = wr_of(room, sizeof(room));
	struct fixture f;
	map_by_pcp(&f);
	pcp_write_response(&w, &(struct pcp_response){.op = PCP_ANNOUNCE, .epoch_s = 1});
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(announce_from(&f, &others[i], wr_done(&w), T0 + 60 * SECOND));
	for (size_t n = 0; n < sizeof(room); n++)
		assert_false(announce_from(&f, &f.gw, (struct bytes){room, n}, T0 + 60 * SECOND));
	room[3] = PCP_NOT_AUTHORISED;
	assert_false(announce_from(&f, &f.gw, wr_done(&w), T0 + 60 * SECOND));
	room[3] = PCP_OK;
	room[1] &= 0x7f; /* a request */
	assert_false(announce_from(&f, &f.gw, wr_done(&w), T0 + 60 * SECOND));
	struct pcp_response a = granted(&f, 1); /* an answer is no announcement */
	uint8_t answer[PCP_MAP_LEN];
	w = wr_of(answer, sizeof(answer));
	pcp_write_response(&w, &a);
	assert_false(announce_from(&f, &f.gw, wr_done(&w), T0 + 60 * SECOND));
	assert_int_equal(f.n_pcp, 0);
	expect_one(&f, "203.0.113.5:50000", false);
}

/* The second gateway maps nothing, and UPnP would wait for it for ever. */
static void upnp_at_the_first_gateway_waits_for_that_one_only(void **state)
{
	struct fixture f;
	const struct uplink gw[] = {home_gateway(), {ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 5), 3}};
	map_by_pcp(&f);
	portmap_upnp_report(&f.p, &(struct upnp_report){.kind = UPNP_FOUND}, T0 + MSEC);
	portmap_set_gateways(&f.p, gw, 2, T0 + MSEC);
	for (mono_ns now = T0 + MSEC; now < T0 + 20 * SECOND; now = portmap_finder.deadline(&f.p)) {
		portmap_finder.tick(&f.p, now);
		assert_true(portmap_finder.deadline(&f.p) > now);
	}
}

static void who_wants_nothing_of_gateways_asks_nothing(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	portmap_release(&f.p, T0 + SECOND);
	look(&f);
	(void)announce_pcp(&f, 1, T0 + 60 * SECOND);
	assert_int_equal(f.n_pcp + f.n_natpmp + f.n_upnp, 0);
	portmap_set_gateways(&f.p, NULL, 0, T0 + 60 * SECOND);
	assert_false(announce_pcp(&f, 1, T0 + 120 * SECOND));
}

/* --- the paths ask --- */

static void looking_again_renews_but_not_too_often(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	portmap_finder.refresh(&f.p, false, T0 + 9 * SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 0);
	portmap_finder.refresh(&f.p, false, T0 + 20 * SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 1);
	expect_one(&f, "203.0.113.5:50000", false);
	struct pcp_response a = granted(&f, 3); /* it was restarted meanwhile */
	assert_true(give_pcp(&f, &a, T0 + 20 * SECOND));
	expect_one(&f, "203.0.113.5:50000", false);
	portmap_finder.refresh(&f.p, false, T0 + 21 * SECOND);
	look(&f);
	assert_int_equal(f.n_pcp, 0);

	map_by_natpmp(&f);
	portmap_finder.refresh(&f.p, false, T0 + 20 * SECOND);
	look(&f);
	assert_int_equal(f.n_natpmp, 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_mapping_is_renewed_at_half_of_its_life_by_the_same_nonce),
	cmocka_unit_test(natpmp_asks_for_the_address_again_at_each_renewal),
	cmocka_unit_test(a_silent_gateway_is_asked_as_the_rfcs_say_and_then_left_alone),
	cmocka_unit_test(a_mapping_that_is_not_renewed_ends_with_its_life),
	cmocka_unit_test(a_gateway_that_grants_a_second_does_not_keep_us_busy),
	cmocka_unit_test(a_gateway_that_says_it_was_restarted_is_asked_at_once),
	cmocka_unit_test(a_restarted_gateway_that_refuses_has_nothing_for_us),
	cmocka_unit_test(who_announces_without_end_makes_us_ask_now_and_then),
	cmocka_unit_test(a_gateway_that_went_on_tells_nothing),
	cmocka_unit_test(natpmp_announces_a_restart_or_another_address),
	cmocka_unit_test(a_gateway_that_was_silent_is_asked_when_it_begins_to_speak),
	cmocka_unit_test(what_upnp_mapped_is_asked_again_too),
	cmocka_unit_test(announcements_of_others_and_broken_ones_are_nothing),
	cmocka_unit_test(upnp_at_the_first_gateway_waits_for_that_one_only),
	cmocka_unit_test(who_wants_nothing_of_gateways_asks_nothing),
	cmocka_unit_test(looking_again_renews_but_not_too_often),
};
RUN_TESTS(tests)

/* Gateways that lie, and senders that are no gateway. */
#include "unit/path/asked.h"

static void answers_from_elsewhere_are_not_listened_to(void **state)
{
	struct fixture f;
	begin(&f);
	struct pcp_response a = granted(&f, 1);
	struct endpoint table[] = {
		{ip_v4(192, 168, 1, 2), PCP_PORT}, {f.gw.ip, 5350}, {f.gw.ip, 1}};
	uint8_t room[PCP_MAP_LEN];
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_response(&w, &a);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_false(portmap_finder.input(&f.p, &table[i], wr_done(&w), T0));
	assert_int_equal(found(&f).n, 0);
}

static void pcp_answers_that_do_not_fit_the_question_are_dropped(void **state)
{
	struct fixture f;
	begin(&f);
	for (int what = 0; what < 9; what++) {
		struct pcp_response a = granted(&f, 1);
		switch (what) {
		case 0:
			a.map.nonce[11] ^= 1;
			break;
		case 1:
			a.map.internal++;
			break;
		case 2:
			a.map.protocol = 6;
			break;
		case 3:
			a.map.external.port = 0;
			break;
		case 4:
			a.map.external.ip = ip_v4(0, 0, 0, 0);
			break;
		case 5:
			a.map.external.ip = ip_v4(127, 0, 0, 1);
			break;
		case 6:
			a.map.external.ip = ip_v4(224, 0, 0, 1);
			break;
		case 7:
			assert_true(ip_parse(&a.map.external.ip, "2001:db8::1"));
			break;
		case 8:
			a.lifetime_s = 0;
			break;
		}
		if (give_pcp(&f, &a, T0) || found(&f).n != 0)
			fail_msg("number %d", what);
	}
	struct pcp_response error = {.op = PCP_MAP, .result = PCP_NOT_AUTHORISED};
	assert_false(give_pcp(&f, &error, T0)); /* without a nonce it proves nothing */
}

static void natpmp_answers_that_do_not_fit_the_question_are_dropped(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	assert_false(give_natpmp(&f, &natpmp_mapped, T0)); /* not asked yet */
	assert_true(give_natpmp(&f, &natpmp_address, T0));
	assert_false(give_natpmp(&f, &natpmp_address, T0)); /* asked once only */
	pass(&f, T0 + 300 * MSEC, &pcp, &natpmp);
	struct natpmp_response a = natpmp_mapped;
	a.internal = 1;
	assert_false(give_natpmp(&f, &a, T0 + 300 * MSEC));
	a = natpmp_mapped;
	a.external = 0;
	assert_false(give_natpmp(&f, &a, T0 + 300 * MSEC));
	a = natpmp_mapped;
	a.lifetime_s = 0;
	assert_false(give_natpmp(&f, &a, T0 + 300 * MSEC));
	assert_int_equal(found(&f).n, 0);
	assert_true(give_natpmp(&f, &natpmp_mapped, T0 + 300 * MSEC));
	assert_false(give_natpmp(&f, &natpmp_mapped, T0 + 300 * MSEC)); /* unasked */
}

static void every_refusal_is_believed_for_a_while_and_within_limits(void **state)
{
	for (uint8_t result = PCP_NOT_AUTHORISED; result <= 20; result++) {
		struct fixture f;
		unsigned pcp, natpmp;
		begin(&f);
		struct pcp_response a = granted(&f, 1);
		a.result = result;
		a.lifetime_s = result % 2 ? 0 : UINT32_MAX;
		assert_true(give_pcp(&f, &a, T0));
		assert_int_equal(found(&f).n, 0);
		pass(&f, T0 + 29 * SECOND, &pcp, &natpmp);
		assert_int_equal(pcp, 0);
		pass(&f, T0 + 1801 * SECOND, &pcp, &natpmp);
		assert_true(pcp > 0);
	}
	for (uint16_t result = NATPMP_NOT_AUTHORISED; result <= 9; result++) {
		struct fixture f;
		begin(&f);
		struct natpmp_response a = {.op = NATPMP_ADDRESS, .result = result};
		assert_true(give_natpmp(&f, &a, T0));
		assert_int_equal(f.p.v[0].natpmp.m.state, MAPPER_REFUSED);
		assert_true(f.p.v[0].natpmp.m.heard);
	}
}

static void a_refused_renewal_does_not_end_what_is_held(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_pcp(&f);
	pass(&f, T0 + 3600 * SECOND, &pcp, &natpmp);
	struct pcp_response a = granted(&f, 3700);
	a.result = PCP_NO_RESOURCES;
	assert_true(give_pcp(&f, &a, T0 + 3600 * SECOND));
	expect_one(&f, "203.0.113.5:50000", false);
	a.epoch_s = 3; /* but a restarted gateway has forgotten it */
	assert_true(give_pcp(&f, &a, T0 + 3601 * SECOND));
	assert_int_equal(found(&f).n, 0);
}

static void what_is_cut_off_or_huge_is_dropped(void **state)
{
	static uint8_t huge[65507];
	struct fixture f;
	begin(&f);
	struct pcp_response a = granted(&f, 1);
	struct wr w = wr_of(huge, sizeof(huge));
	pcp_write_response(&w, &a);
	for (size_t n = 0; n < PCP_MAP_LEN; n++)
		assert_false(give(&f, (struct bytes){huge, n}, T0));
	assert_false(give(&f, (struct bytes){huge, sizeof(huge)}, T0));
	assert_int_equal(found(&f).n, 0);
	assert_true(give(&f, (struct bytes){huge, PCP_MAP_LEN}, T0));
}

static void so_it_is_with_natpmp(void **state)
{
	static uint8_t huge[65507];
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	struct wr w = wr_of(huge, sizeof(huge));
	natpmp_write_response(&w, &natpmp_address);
	size_t len = w.n;
	for (size_t n = 0; n < len; n++)
		assert_false(give(&f, (struct bytes){huge, n}, T0));
	assert_false(give(&f, (struct bytes){huge, len + 1}, T0));
	assert_false(give(&f, (struct bytes){huge, sizeof(huge)}, T0));
	assert_true(give(&f, (struct bytes){huge, len}, T0));
	pass(&f, T0 + 300 * MSEC, &pcp, &natpmp);
	assert_int_equal(natpmp, 1); /* the mapping is asked for now */
	w = wr_of(huge, sizeof(huge));
	natpmp_write_response(&w, &natpmp_mapped);
	len = w.n;
	for (size_t n = 0; n < len; n++)
		assert_false(give(&f, (struct bytes){huge, n}, T0 + 300 * MSEC));
	assert_false(give(&f, (struct bytes){huge, sizeof(huge)}, T0 + 300 * MSEC));
	assert_int_equal(found(&f).n, 0);
}

/* The gateway lost its state and our mapping.  The same answer, or the next, brings another one. */
static void an_epoch_that_goes_back_ends_what_natpmp_mapped(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	map_by_natpmp(&f);
	pass(&f, T0 + 1800300 * MSEC, &pcp, &natpmp);
	assert_int_equal(f.natpmp.op, NATPMP_ADDRESS);
	struct natpmp_response a = natpmp_address, mapped = natpmp_mapped;
	a.epoch_s = mapped.epoch_s = 5;
	assert_true(give_natpmp(&f, &a, T0 + 1800300 * MSEC));
	assert_int_equal(found(&f).n, 0);
	pass(&f, T0 + 1800300 * MSEC, &pcp, &natpmp);
	mapped.external = 50001;
	assert_true(give_natpmp(&f, &mapped, T0 + 1800300 * MSEC));
	expect_one(&f, "203.0.113.5:50001", false);
}

/* There is a NAT between us and the PCP server, so PCP maps nothing.  The protocols without that
 * check may. */
static void pcp_that_sees_another_address_gives_way_to_natpmp_at_once(void **state)
{
	struct fixture f;
	begin(&f);
	assert_true(give_natpmp(&f, &natpmp_address, T0 + MSEC));
	assert_int_equal(f.n_natpmp, 0);
	struct pcp_response a = granted(&f, 1);
	a.result = PCP_ADDRESS_MISMATCH;
	a.lifetime_s = 1800;
	assert_true(give_pcp(&f, &a, T0 + 2 * MSEC));
	assert_int_equal(f.n_natpmp, 1);
	assert_int_equal(f.natpmp.op, NATPMP_MAP_UDP);
}

static void wireguard_is_never_taken_for_a_gateway(void **state)
{
	struct endpoint from = {ip_v4(192, 168, 1, 1), PCP_PORT};
	for (uint8_t type = 1; type <= 4; type++) {
		uint8_t b[148] = {type};
		assert_false(portmap_is(&from, BYTES_OF(b)));
	}
	uint8_t answer[24] = {2, 0x81};
	assert_true(portmap_is(&from, BYTES_OF(answer)));
	from.port = 41641;
	assert_false(portmap_is(&from, BYTES_OF(answer)));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(answers_from_elsewhere_are_not_listened_to),
	cmocka_unit_test(pcp_answers_that_do_not_fit_the_question_are_dropped),
	cmocka_unit_test(natpmp_answers_that_do_not_fit_the_question_are_dropped),
	cmocka_unit_test(every_refusal_is_believed_for_a_while_and_within_limits),
	cmocka_unit_test(a_refused_renewal_does_not_end_what_is_held),
	cmocka_unit_test(what_is_cut_off_or_huge_is_dropped),
	cmocka_unit_test(so_it_is_with_natpmp),
	cmocka_unit_test(an_epoch_that_goes_back_ends_what_natpmp_mapped),
	cmocka_unit_test(pcp_that_sees_another_address_gives_way_to_natpmp_at_once),
	cmocka_unit_test(wireguard_is_never_taken_for_a_gateway),
};
RUN_TESTS(tests)

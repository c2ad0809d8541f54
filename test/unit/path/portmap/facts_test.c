#include "path/facts.h"
#include "unit/path/asked.h"

static struct portmap_facts why(const struct fixture *f, mono_ns now)
{
	struct portmap_facts w;
	portmap_facts(&f->p, now, &w);
	assert_int_equal(w.port, PORT);
	return w;
}

static void what_each_protocol_came_to_can_be_asked_for(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	struct portmap_facts w = why(&f, T0);
	assert_int_equal(w.n, 1);
	assert_true(ip_equal(&w.v[0].at, &f.gw.ip));
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		assert_int_equal(w.v[0].asked[i].state, ASKED_NOW);
	assert_false(endpoint_is_set(&w.v[0].outside));
	/* one is not allowed, the other found and not needed yet, the third not there */
	struct pcp_response no = granted(&f, 100);
	no.result = PCP_NOT_AUTHORISED;
	assert_true(give_natpmp(&f, &natpmp_address, T0));
	w = why(&f, T0);
	assert_int_equal(w.v[0].asked[PORTMAP_NATPMP].state, ASKED_STANDBY);
	assert_true(give_pcp(&f, &no, T0));
	portmap_upnp_report(&f.p, &(struct upnp_report){.kind = UPNP_NONE}, T0);
	w = why(&f, T0);
	assert_int_equal(w.v[0].asked[PORTMAP_PCP].state, ASKED_REFUSED);
	assert_int_equal(w.v[0].asked[PORTMAP_PCP].refusal, MAPPER_FORBIDDEN);
	assert_int_equal(w.v[0].asked[PORTMAP_UPNP].state, ASKED_UNSPOKEN);
	pass(&f, T0 + SECOND, &pcp, &natpmp);
	assert_true(give_natpmp(&f, &natpmp_mapped, T0 + SECOND));
	w = why(&f, T0 + 2 * SECOND);
	assert_int_equal(w.v[0].asked[PORTMAP_NATPMP].state, ASKED_MAPPED);
	assert_int_equal(w.v[0].protocol, PORTMAP_NATPMP);
	assert_int_equal(w.v[0].outside.port, OUTSIDE_PORT);
	assert_int_equal(w.v[0].reach, PORTMAP_FAR);
	assert_true(w.v[0].left == 3599 * SECOND);
}

static void a_silent_gateway_speaks_nothing(void **state)
{
	struct fixture f;
	unsigned pcp, natpmp;
	begin(&f);
	pass(&f, T0 + 300 * SECOND, &pcp, &natpmp);
	struct portmap_facts w = why(&f, T0 + 300 * SECOND);
	for (size_t i = 0; i < PORTMAP_PROTOCOLS; i++)
		assert_int_equal(w.v[0].asked[i].state, ASKED_UNSPOKEN);
}

static void why_a_gateway_refuses_is_remembered(void **state)
{
	static const struct {
		uint8_t pcp, natpmp;
		enum mapper_refusal by_pcp, by_natpmp;
	} table[] = {
		{PCP_NETWORK_FAILURE, NATPMP_NETWORK_FAILURE, MAPPER_NO_OUTSIDE, MAPPER_NO_OUTSIDE},
		{PCP_NO_RESOURCES, NATPMP_NO_RESOURCES, MAPPER_NO_ROOM, MAPPER_NO_ROOM},
		{PCP_QUOTA, NATPMP_NOT_AUTHORISED, MAPPER_NO_ROOM, MAPPER_FORBIDDEN},
		{PCP_ADDRESS_MISMATCH, NATPMP_UNSUPPORTED_OPCODE, MAPPER_NAT_BETWEEN,
		 MAPPER_REFUSED_SOMEHOW},
		{99, 99, MAPPER_REFUSED_SOMEHOW, MAPPER_REFUSED_SOMEHOW},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fixture f;
		begin(&f);
		struct pcp_response no = granted(&f, 100);
		struct natpmp_response nor = natpmp_address;
		no.result = table[i].pcp;
		nor.result = table[i].natpmp;
		assert_true(give_pcp(&f, &no, T0));
		assert_true(give_natpmp(&f, &nor, T0));
		struct portmap_facts w = why(&f, T0);
		assert_int_equal(w.v[0].asked[PORTMAP_PCP].refusal, table[i].by_pcp);
		assert_int_equal(w.v[0].asked[PORTMAP_NATPMP].refusal, table[i].by_natpmp);
		assert_int_equal(w.v[0].asked[PORTMAP_NATPMP].state, ASKED_REFUSED);
	}
}

static void who_says_that_he_speaks_pcp_only_does_not_speak_natpmp(void **state)
{
	struct fixture f;
	struct portmap_status st;
	begin(&f);
	struct pcp_response other = {.op = PCP_ANNOUNCE, .result = PCP_UNSUPPORTED_VERSION};
	assert_true(give_pcp(&f, &other, T0));
	assert_int_equal(why(&f, T0).v[0].asked[PORTMAP_NATPMP].state, ASKED_UNSPOKEN);
	portmap_status(&f.p, T0, &st);
	assert_false(st.natpmp);
}

static void how_far_a_mapping_leads_has_a_reason(void **state)
{
	static const struct {
		const char *outside;
		enum portmap_reach reach;
	} table[] = {
		{"203.0.113.5", PORTMAP_FAR},          {"198.51.100.1", PORTMAP_NEAR_DIFFERENT},
		{"192.168.0.4", PORTMAP_NEAR_PRIVATE}, {"169.254.1.1", PORTMAP_NEAR_PRIVATE},
		{"100.64.3.4", PORTMAP_NEAR_SHARED},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fixture f;
		struct candidates seen = {.n = 0};
		struct endpoint ep;
		begin(&f);
		struct pcp_response a = granted(&f, 1);
		assert_true(ip_parse(&a.map.external.ip, table[i].outside));
		assert_true(give_pcp(&f, &a, T0));
		assert_true(endpoint_parse(&ep, "203.0.113.5:7"));
		candidates_add(&seen, &ep, CANDIDATE_STUN);
		portmap_set_seen(&f.p, &seen);
		assert_int_equal(why(&f, T0).v[0].reach, table[i].reach);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_each_protocol_came_to_can_be_asked_for),
		cmocka_unit_test(a_silent_gateway_speaks_nothing),
		cmocka_unit_test(why_a_gateway_refuses_is_remembered),
		cmocka_unit_test(who_says_that_he_speaks_pcp_only_does_not_speak_natpmp),
		cmocka_unit_test(how_far_a_mapping_leads_has_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

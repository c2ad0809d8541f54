#include "path/portmap.h"

#include "crypto/seeded.h"
#include "unit.h"

enum { PORT = 41641, OUTSIDE_PORT = 50000 };

static const mono_ns T0 = 1000 * SECOND;

struct fixture {
	struct seeded seeded;
	struct rng rng;
	struct portmap p;
	struct endpoint gw;
	/* What it asked since the last look. */
	struct pcp_request pcp;
	struct natpmp_request natpmp;
	unsigned n_pcp, n_natpmp;
	struct upnp_ask upnp;
	unsigned n_upnp;
};

static struct paths_gateway home_gateway(void)
{
	return (struct paths_gateway){ip_v4(192, 168, 1, 1), ip_v4(192, 168, 1, 5), 2};
}

static void look(struct fixture *f)
{
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	f->n_pcp = f->n_natpmp = f->n_upnp = 0;
	for (; portmap_finder.output(&f->p, &to, &out); out = wr_of(room, sizeof(room))) {
		struct ip from = portmap_source(&f->p, &to);
		assert_true(endpoint_equal(&to, &f->gw));
		assert_true(from.family != 0);
		if (pcp_read_request(wr_done(&out), &f->pcp))
			f->n_pcp++;
		else if (natpmp_read_request(wr_done(&out), &f->natpmp))
			f->n_natpmp++;
		else
			fail();
	}
	while (portmap_upnp_ask(&f->p, &f->upnp))
		f->n_upnp++;
}

static void begin_with(struct fixture *f, const struct paths_gateway *gw)
{
	*f = (struct fixture){.gw = {.ip = gw->gateway, .port = PCP_PORT}};
	seeded_init(&f->seeded, 1);
	f->rng = seeded_rng(&f->seeded);
	portmap_init(&f->p, &f->rng, PORT);
	portmap_set_gateways(&f->p, gw, 1, T0);
	look(f);
}

static void begin(struct fixture *f)
{
	struct paths_gateway gw = home_gateway();
	begin_with(f, &gw);
}

static bool give(struct fixture *f, struct bytes b, mono_ns now)
{
	bool taken = portmap_finder.input(&f->p, &f->gw, b, now);
	look(f);
	return taken;
}

static struct pcp_response granted(const struct fixture *f, uint32_t epoch_s)
{
	struct pcp_response a = {
		.op = PCP_MAP, .lifetime_s = 7200, .epoch_s = epoch_s, .has_map = true, .map = f->pcp.map};
	a.map.external = (struct endpoint){ip_v4(203, 0, 113, 5), OUTSIDE_PORT};
	return a;
}

static bool give_pcp(struct fixture *f, const struct pcp_response *a, mono_ns now)
{
	uint8_t room[PCP_MAP_LEN];
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_response(&w, a);
	return give(f, wr_done(&w), now);
}

static bool give_natpmp(struct fixture *f, const struct natpmp_response *a, mono_ns now)
{
	uint8_t room[NATPMP_RESPONSE_MAX];
	struct wr w = wr_of(room, sizeof(room));
	natpmp_write_response(&w, a);
	return give(f, wr_done(&w), now);
}

static const struct natpmp_response natpmp_address = {
	.op = NATPMP_ADDRESS, .epoch_s = 100, .address = {.family = 4, .b = {203, 0, 113, 5}}};
static const struct natpmp_response natpmp_mapped = {
	.op = NATPMP_MAP_UDP, .epoch_s = 100, .internal = PORT, .external = OUTSIDE_PORT, .lifetime_s = 3600};

/* Lets time pass as the owner does; gives how many requests of each kind it sent meanwhile. */
static void pass(struct fixture *f, mono_ns until, unsigned *pcp, unsigned *natpmp)
{
	unsigned turns = 0;
	*pcp = *natpmp = 0;
	while (portmap_finder.deadline(&f->p) <= until) {
		mono_ns now = portmap_finder.deadline(&f->p);
		portmap_finder.tick(&f->p, now);
		look(f);
		*pcp += f->n_pcp;
		*natpmp += f->n_natpmp;
		assert_true(portmap_finder.deadline(&f->p) > now);
		assert_true(++turns < 10000);
	}
}

static struct candidates found(const struct fixture *f)
{
	struct candidates c = {.n = 0};
	portmap_finder.candidates(&f->p, &c);
	return c;
}

static void expect_one(const struct fixture *f, const char *want, bool near)
{
	struct candidates c = found(f);
	char text[ENDPOINT_TEXT_MAX];
	assert_int_equal(c.n, 1);
	assert_int_equal(c.v[0].kind, CANDIDATE_PORTMAP);
	assert_string_equal(endpoint_format(&c.v[0].ep, text), want);
	assert_int_equal(c.v[0].near, near);
}

static void map_by_pcp(struct fixture *f)
{
	begin(f);
	struct pcp_response a = granted(f, 100);
	assert_true(give_pcp(f, &a, T0));
	expect_one(f, "203.0.113.5:50000", false);
}

static void map_by_natpmp(struct fixture *f)
{
	unsigned pcp, natpmp;
	begin(f);
	assert_true(give_natpmp(f, &natpmp_address, T0));
	pass(f, T0 + 300 * MSEC, &pcp, &natpmp);
	assert_int_equal(natpmp, 1);
	assert_int_equal(f->natpmp.op, NATPMP_MAP_UDP);
	assert_true(give_natpmp(f, &natpmp_mapped, T0 + 300 * MSEC));
	expect_one(f, "203.0.113.5:50000", false);
}

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
	struct paths_portmap st;
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
	struct paths_portmap st;
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
	pass(&f, T0 + 7210 * SECOND, &pcp, &natpmp); /* nobody answers the renewals */
	assert_int_equal(found(&f).n, 0);
	pass(&f, T0 + 9000 * SECOND, &pcp, &natpmp);
	assert_true(natpmp > 0);
}

static void without_both_upnp_maps(void **state)
{
	struct fixture f;
	struct paths_portmap st;
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
	/* For ever, it said; it is asked again after half of two hours all the same. */
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
	unsigned pcp, natpmp;
	begin(&f);
	portmap_upnp_report(&f.p, &(struct upnp_report){.kind = UPNP_FOUND}, T0);
	pass(&f, T0 + 1 * SECOND, &pcp, &natpmp);
	struct upnp_report mapped = {.kind = UPNP_MAPPED, .outside = {ip_v4(203, 0, 113, 5), 4444}};
	portmap_upnp_report(&f.p, &mapped, T0 + 2 * SECOND);
	struct pcp_response a = granted(&f, 100);
	assert_true(give_pcp(&f, &a, T0 + 3 * SECOND));
	expect_one(&f, "203.0.113.5:50000", false);
	assert_int_equal(f.n_upnp, 1);
	assert_int_equal(f.upnp.kind, UPNP_UNMAP);
	assert_int_equal(f.upnp.outside, 4444);
}

static void upnp_that_is_refused_absent_or_off_maps_nothing(void **state)
{
	static const struct upnp_report table[] = {
		{.kind = UPNP_REFUSED}, {.kind = UPNP_NONE}, {.kind = UPNP_OFF}, {.kind = UPNP_MAPPED}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct fixture f;
		unsigned pcp, natpmp;
		begin(&f);
		portmap_upnp_report(&f.p, &(struct upnp_report){.kind = UPNP_FOUND}, T0);
		pass(&f, T0 + 1 * SECOND, &pcp, &natpmp);
		portmap_upnp_report(&f.p, &table[i], T0 + 2 * SECOND);
		look(&f);
		assert_int_equal(f.n_upnp, 0);
		assert_int_equal(found(&f).n, 0);
		/* What it says later, unasked, is not listened to. */
		struct upnp_report mapped = {.kind = UPNP_MAPPED, .outside = {ip_v4(203, 0, 113, 5), 4444}};
		portmap_upnp_report(&f.p, &mapped, T0 + 3 * SECOND);
		assert_int_equal(found(&f).n, 0);
	}
}

/* --- time --- */

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
	assert_true(pcp > 0 && natpmp > 0); /* each half hour: somebody may have switched it on */
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

static void a_restarted_gateway_is_asked_at_once(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	struct pcp_response announce = {.op = PCP_ANNOUNCE, .epoch_s = 1};
	assert_true(give_pcp(&f, &announce, T0 + 60 * SECOND));
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.pcp.map.external.port, OUTSIDE_PORT); /* the same port, if it can be had */
	assert_int_equal(found(&f).n, 0);
	/* Whoever announces without end does not make us ask without end. */
	for (unsigned i = 0; i < 100; i++) {
		announce.epoch_s = i % 2 ? 1 : 1000;
		assert_true(give_pcp(&f, &announce, T0 + 60 * SECOND + i * MSEC));
		assert_int_equal(f.n_pcp, 0);
	}
}

static void an_announcement_of_a_gateway_that_went_on_is_nothing(void **state)
{
	struct fixture f;
	map_by_pcp(&f);
	struct pcp_response announce = {.op = PCP_ANNOUNCE, .epoch_s = 160};
	assert_true(give_pcp(&f, &announce, T0 + 60 * SECOND));
	assert_int_equal(f.n_pcp, 0);
	expect_one(&f, "203.0.113.5:50000", false);
}

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
	struct paths_gateway other = {ip_v4(10, 0, 0, 1), ip_v4(10, 0, 0, 7), 3};
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
		struct paths_portmap st;
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

/* --- IPv6 --- */

static void an_ipv6_gateway_is_asked_by_pcp_for_a_hole_from_our_global_address(void **state)
{
	struct fixture f = {.n_pcp = 0};
	struct paths_gateway gw = {.ifindex = 3};
	assert_true(ip_parse(&gw.gateway, "fe80::1"));
	assert_true(ip_parse(&gw.self, "2001:db8::5"));
	seeded_init(&f.seeded, 1);
	f.rng = seeded_rng(&f.seeded);
	f.gw = (struct endpoint){gw.gateway, PCP_PORT, 3};
	portmap_init(&f.p, &f.rng, PORT);
	portmap_set_gateways(&f.p, &gw, 1, T0);
	look(&f);
	assert_int_equal(f.n_pcp, 1);
	assert_int_equal(f.n_natpmp, 0);
	assert_int_equal(f.n_upnp, 0);
	assert_true(ip_equal(&f.pcp.client, &gw.self));
	struct ip from = portmap_source(&f.p, &f.gw);
	assert_true(ip_equal(&from, &gw.self));

	struct pcp_response a = granted(&f, 1);
	assert_false(give_pcp(&f, &a, T0)); /* an IPv4 address is no answer */
	a.map.external = (struct endpoint){gw.self, PORT};
	struct endpoint other_link = f.gw;
	other_link.scope = 4;
	uint8_t room[PCP_MAP_LEN];
	struct wr w = wr_of(room, sizeof(room));
	pcp_write_response(&w, &a);
	assert_false(portmap_finder.input(&f.p, &other_link, wr_done(&w), T0));
	assert_true(give_pcp(&f, &a, T0));
	expect_one(&f, "[2001:db8::5]:41641", false);
}

static void two_gateways_are_asked_each_for_itself(void **state)
{
	struct fixture f;
	struct paths_gateway gw[5];
	for (uint8_t i = 0; i < 5; i++)
		gw[i] = (struct paths_gateway){ip_v4(10, i, 0, 1), ip_v4(10, i, 0, 5), (uint32_t)i + 1};
	begin(&f);
	portmap_set_gateways(&f.p, gw, 5, T0 + SECOND);
	uint8_t room[PCP_MESSAGE_MAX];
	struct wr out = wr_of(room, sizeof(room));
	struct endpoint to;
	unsigned asked = 0;
	for (; portmap_finder.output(&f.p, &to, &out); out = wr_of(room, sizeof(room)))
		asked++;
	assert_int_equal(asked, 2 * PATHS_GATEWAYS_MAX);
}

/* --- those who lie --- */

static void answers_from_elsewhere_are_not_listened_to(void **state)
{
	struct fixture f;
	begin(&f);
	struct pcp_response a = granted(&f, 1);
	struct endpoint table[] = {{ip_v4(192, 168, 1, 2), PCP_PORT}, {f.gw.ip, 5350}, {f.gw.ip, 1}};
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
	assert_false(give_pcp(&f, &error, T0)); /* no nonce, so anybody could say it */
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
	cmocka_unit_test(a_gateway_is_asked_in_all_protocols_at_once),
	cmocka_unit_test(what_pcp_maps_is_kept_and_the_others_map_nothing),
	cmocka_unit_test(without_pcp_natpmp_maps),
	cmocka_unit_test(a_gateway_that_knows_natpmp_only_says_so_and_nothing_is_waited_for),
	cmocka_unit_test(a_gateway_that_knows_pcp_only_is_not_asked_by_natpmp_again),
	cmocka_unit_test(pcp_that_answers_late_takes_over_and_nothing_is_taken_back),
	cmocka_unit_test(when_pcp_ends_natpmp_is_looked_for_again),
	cmocka_unit_test(without_both_upnp_maps),
	cmocka_unit_test(upnp_gives_way_to_pcp),
	cmocka_unit_test(upnp_that_is_refused_absent_or_off_maps_nothing),
	cmocka_unit_test(a_mapping_is_renewed_at_half_of_its_life_by_the_same_nonce),
	cmocka_unit_test(natpmp_asks_for_the_address_again_at_each_renewal),
	cmocka_unit_test(a_silent_gateway_is_asked_as_the_rfcs_say_and_then_left_alone),
	cmocka_unit_test(a_mapping_that_is_not_renewed_ends_with_its_life),
	cmocka_unit_test(a_gateway_that_grants_a_second_does_not_keep_us_busy),
	cmocka_unit_test(a_restarted_gateway_is_asked_at_once),
	cmocka_unit_test(an_announcement_of_a_gateway_that_went_on_is_nothing),
	cmocka_unit_test(looking_again_renews_but_not_too_often),
	cmocka_unit_test(another_network_makes_all_of_it_void),
	cmocka_unit_test(another_port_is_another_mapping),
	cmocka_unit_test(release_takes_back_what_is_mapped_and_nothing_else),
	cmocka_unit_test(a_mapping_that_ends_at_the_next_nat_is_for_those_behind_it),
	cmocka_unit_test(an_ipv6_gateway_is_asked_by_pcp_for_a_hole_from_our_global_address),
	cmocka_unit_test(two_gateways_are_asked_each_for_itself),
	cmocka_unit_test(answers_from_elsewhere_are_not_listened_to),
	cmocka_unit_test(pcp_answers_that_do_not_fit_the_question_are_dropped),
	cmocka_unit_test(natpmp_answers_that_do_not_fit_the_question_are_dropped),
	cmocka_unit_test(every_refusal_is_believed_for_a_while_and_within_limits),
	cmocka_unit_test(a_refused_renewal_does_not_end_what_is_held),
	cmocka_unit_test(what_is_cut_off_or_huge_is_dropped),
	cmocka_unit_test(wireguard_is_never_taken_for_a_gateway),
};
RUN_TESTS(tests)

#include "explain/gather.h"
#include "unit/unit.h"

static struct remote_facts target(struct ip ip, uint32_t pings, uint32_t pongs)
{
	return (struct remote_facts){
		.ep = {ip, 41641}, .told = true, .pings = pings, .pongs = pongs};
}

static void what_the_path_knows_becomes_facts(void **state)
{
	const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
	struct path_facts w = {.mapping = MAPPING_VARIES,
			       .n_servers = 1,
			       .servers = {{.at = {ip_v4(192, 0, 2, 10), 3478}}},
			       .n_remotes = 3};
	struct tunnel_peer_status tunnel = {.session = true};
	struct explain_facts f = {0};
	w.remotes[0] = target(ip_v4(192, 168, 1, 2), 3, 0);
	w.remotes[1] = target(ip_v4(192, 0, 2, 9), 5, 1);
	w.remotes[2] = target(ip_v6_from(six), 2, 0);
	candidates_add(&w.own, &(struct endpoint){ip_v4(192, 168, 7, 7), 1}, CANDIDATE_LOCAL);
	candidates_add(&w.own, &(struct endpoint){ip_v4(198, 51, 100, 7), 1}, CANDIDATE_STUN);
	w.past[w.n_past++] = (struct path_past){.doubt = true, .reason = PATH_SILENT};
	w.past[w.n_past++] = (struct path_past){.reason = PATH_FIRST};
	explain_gather(&f, &w, &tunnel);
	assert_ptr_equal(f.path, &w);
	assert_true(f.session && !f.stun_answered && f.mapping_varies);
	assert_false(f.own_public); /* what STUN saw is the NAT's address */
	assert_false(f.own_ipv6);
	assert_true(f.peer_told && f.peer_public && f.peer_ipv6);
	assert_int_equal(f.pings, 10);
	assert_int_equal(f.pongs, 1);
	assert_int_equal(f.falls, 1);
	assert_null(f.doubt);
	w.servers[0].seen = (struct endpoint){ip_v4(198, 51, 100, 7), 1};
	w.past[w.n_past++] = (struct path_past){.doubt = true, .reason = PATH_LINK_CHANGE};
	explain_gather(&f, &w, &tunnel);
	assert_true(f.stun_answered);
	assert_int_equal(f.pings, 10); /* as before: counted anew */
	assert_string_equal(f.doubt, "the network of this machine changed");
}

static void a_mapped_port_is_a_public_address(void **state)
{
	struct path_facts w = {.n_past = 0};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {0};
	candidates_add(&w.own, &(struct endpoint){ip_v4(198, 51, 100, 7), 1}, CANDIDATE_PORTMAP);
	explain_gather(&f, &w, &tunnel);
	assert_true(f.own_public);
	w.own.v[0].near = true; /* the mapping leads only to the next NAT */
	explain_gather(&f, &w, &tunnel);
	assert_false(f.own_public);
}

/* --- crossing hard NATs --- */

static const mono_ns NOW = 1000 * SECOND;

static void the_attempts_become_facts(void **state)
{
	struct path_facts w = {.hard = {.next = NOW + 30 * SECOND + 1, .n_past = 2}};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {.now = NOW};
	w.hard.past[0] = (struct attempt){.planned = true, .our_mapping = MAPPING_SAME};
	w.hard.past[1] = (struct attempt){.end = ATTEMPT_UNANSWERED};
	explain_gather(&f, &w, &tunnel);
	assert_ptr_equal(f.last_attempt, &w.hard.past[1]);
	assert_ptr_equal(f.last_planned, &w.hard.past[0]);
	assert_int_equal(f.next_attempt_s, 31);
	assert_false(f.mapping_varies);
	w.hard.past[0].our_mapping = MAPPING_VARIES;
	w.hard.next = MONO_NEVER;
	explain_gather(&f, &w, &tunnel);
	assert_true(f.mapping_varies);
	assert_int_equal(f.next_attempt_s, 0);
	w.hard.n_past = 0;
	explain_gather(&f, &w, &tunnel);
	assert_null(f.last_attempt);
	assert_null(f.last_planned);
}

static void the_ipv4_gateway_becomes_facts(void **state)
{
	struct path_facts w = {.portmap = {.n = 2}};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {.port_mapping = true};
	w.portmap.v[0].at = (struct ip){6, {0xfe, 0x80}};
	w.portmap.v[1].at = ip_v4(192, 168, 1, 1);
	explain_gather(&f, &w, &tunnel);
	assert_ptr_equal(f.gateway, &w.portmap.v[1]);
	assert_int_equal(f.map, EXPLAIN_MAP_UNSPOKEN);
	f.port_mapping = false;
	explain_gather(&f, &w, &tunnel);
	assert_int_equal(f.map, EXPLAIN_MAP_OFF);
}

/* Own addresses that no NAT shuts, by what found them. */
static void an_address_is_open_where_nothing_stands_before_it(void **state)
{
	static const struct {
		const char *ep;
		enum candidate_kind kind;
		bool open, six;
	} rows[] = {
		{"198.51.100.7:1", CANDIDATE_LOCAL, true, false},
		{"198.51.100.7:1", CANDIDATE_FIXED, true, false},
		{"198.51.100.7:1", CANDIDATE_PORTMAP, true, false},
		{"198.51.100.7:1", CANDIDATE_STUN, false, false},
		{"198.51.100.7:1", CANDIDATE_STUN_LOCAL_PORT, false, false},
		{"198.51.100.7:1", CANDIDATE_UNKNOWN, false, false},
		{"10.0.0.7:1", CANDIDATE_LOCAL, false, false},
		{"100.64.0.7:1", CANDIDATE_LOCAL, false,
		 false}, /* the carrier's NAT is before it */
		{"169.254.0.7:1", CANDIDATE_LOCAL, false, false},
		{"127.0.0.1:1", CANDIDATE_LOCAL, false, false},
		{"[2001:db8::7]:1", CANDIDATE_LOCAL, false, true},
		{"[fd00::7]:1", CANDIDATE_LOCAL, false, false},
		{"[::1]:1", CANDIDATE_LOCAL, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct path_facts w = {.n_past = 0};
		struct tunnel_peer_status tunnel = {0};
		struct explain_facts f = {0};
		struct endpoint ep;
		assert_true(endpoint_parse(&ep, rows[i].ep));
		candidates_add(&w.own, &ep, rows[i].kind);
		explain_gather(&f, &w, &tunnel);
		if (f.own_public != rows[i].open || f.own_ipv6 != rows[i].six)
			fail_msg("row %zu: %s", i, rows[i].ep);
	}
}

static void a_peer_behind_a_carriers_nat_has_no_public_address(void **state)
{
	struct path_facts w = {.n_remotes = 1};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {0};
	w.remotes[0] = target(ip_v4(100, 64, 0, 2), 0, 0);
	explain_gather(&f, &w, &tunnel);
	assert_true(f.peer_told);
	assert_false(f.peer_public);
}

static void an_endpoint_that_only_a_ping_came_from_was_not_told(void **state)
{
	struct path_facts w = {.n_remotes = 1,
			       .remotes = {{.ep = {ip_v4(192, 0, 2, 9), 1}, .seen = true}}};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {0};
	explain_gather(&f, &w, &tunnel);
	assert_false(f.peer_told);
	w.remotes[0].by_hand = true;
	explain_gather(&f, &w, &tunnel);
	assert_true(f.peer_told);
}

static void of_a_path_of_which_nothing_is_known_nothing_is_gathered(void **state)
{
	struct path_facts w = {.hard = {.next = MONO_NEVER}};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {.pings = 7,
				  .falls = 7,
				  .doubt = "x",
				  .own_public = true,
				  .own_ipv6 = true,
				  .peer_public = true,
				  .peer_ipv6 = true,
				  .peer_told = true,
				  .stun_answered = true,
				  .mapping_varies = true};
	explain_gather(&f, &w, &tunnel);
	assert_false(f.own_public || f.own_ipv6 || f.peer_public || f.peer_ipv6 || f.peer_told ||
		     f.stun_answered || f.mapping_varies || f.session);
	assert_int_equal(f.pings + f.pongs + f.falls + f.next_attempt_s, 0);
	assert_true(!f.doubt && !f.gateway && !f.last_attempt && !f.last_planned);
}

static void falls_are_doubts_for_silence(void **state)
{
	struct path_facts w = {.n_past = 4,
			       .past = {{.doubt = true, .reason = PATH_SILENT},
					{.doubt = false, .reason = PATH_SILENT},
					{.doubt = true, .reason = PATH_LINK_CHANGE},
					{.doubt = true, .reason = PATH_SILENT}}};
	struct tunnel_peer_status tunnel = {0};
	struct explain_facts f = {0};
	explain_gather(&f, &w, &tunnel);
	assert_int_equal(f.falls, 2);
	assert_string_equal(f.doubt, path_reason_text(PATH_SILENT));
}

static void the_next_attempt_is_counted_in_whole_seconds_upwards(void **state)
{
	static const struct {
		mono_ns next;
		unsigned s;
	} rows[] = {{1000 * SECOND - 1, 0}, {1000 * SECOND, 0},     {1000 * SECOND + 1, 1},
		    {1001 * SECOND, 1},     {1001 * SECOND + 1, 2}, {MONO_NEVER, 0}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct path_facts w = {.hard = {.next = rows[i].next}};
		struct tunnel_peer_status tunnel = {0};
		struct explain_facts f = {.now = NOW};
		explain_gather(&f, &w, &tunnel);
		assert_int_equal(f.next_attempt_s, rows[i].s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_path_knows_becomes_facts),
		cmocka_unit_test(a_mapped_port_is_a_public_address),
		cmocka_unit_test(the_attempts_become_facts),
		cmocka_unit_test(the_ipv4_gateway_becomes_facts),
		cmocka_unit_test(an_address_is_open_where_nothing_stands_before_it),
		cmocka_unit_test(a_peer_behind_a_carriers_nat_has_no_public_address),
		cmocka_unit_test(an_endpoint_that_only_a_ping_came_from_was_not_told),
		cmocka_unit_test(of_a_path_of_which_nothing_is_known_nothing_is_gathered),
		cmocka_unit_test(falls_are_doubts_for_silence),
		cmocka_unit_test(the_next_attempt_is_counted_in_whole_seconds_upwards),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

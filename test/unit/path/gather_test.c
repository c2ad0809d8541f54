#include <stdlib.h>

#include "crypto/seeded.h"
#include "path/gather.h"
#include "unit/candidates.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"

static struct ip ip_of(const char *text)
{
	struct ip ip;
	assert_true(ip_parse(&ip, text));
	return ip;
}

static struct endpoint ep_of(const char *text)
{
	struct endpoint ep;
	assert_true(endpoint_parse(&ep, text));
	return ep;
}

static void expect(const struct candidates *c, const char *text)
{
	char all[2048] = "", one[ENDPOINT_TEXT_MAX];
	for (size_t i = 0; i < c->n; i++) {
		strcat(all, i ? " " : "");
		strcat(all, endpoint_format(&c->v[i].ep, one));
	}
	assert_string_equal(all, text);
}

/* --- candidates --- */

static void a_list_of_candidates_keeps_each_endpoint_once_and_is_bounded(void **state)
{
	struct candidates c = {.n = 0}, d = {.n = 0};
	struct endpoint a = ep_of("192.0.2.1:1"), b = ep_of("192.0.2.2:1");
	candidates_add(&c, &a, CANDIDATE_STUN);
	candidates_add(&c, &a, CANDIDATE_LOCAL);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.v[0].kind, CANDIDATE_STUN);
	assert_false(candidates_have(&c, &b));
	candidates_add(&c, &b, CANDIDATE_LOCAL);
	candidates_add(&d, &b, CANDIDATE_LOCAL);
	assert_false(candidates_same_set(&c, &d));
	candidates_add(&d, &a, CANDIDATE_LOCAL);
	assert_true(candidates_same_set(&c, &d));
	d.v[0].ep.port = 9;
	assert_false(candidates_same_set(&c, &d));
	for (uint16_t port = 10; port < 100; port++)
		candidates_add(&c, &(struct endpoint){a.ip, port}, CANDIDATE_LOCAL);
	assert_int_equal(c.n, CANDIDATES_MAX);
}

static void every_kind_has_a_name(void **state)
{
	assert_string_equal(candidate_kind_name(CANDIDATE_LOCAL), "local");
	assert_string_equal(candidate_kind_name(CANDIDATE_STUN), "stun");
	assert_string_equal(candidate_kind_name(CANDIDATE_PORTMAP), "portmap");
	assert_string_equal(candidate_kind_name(CANDIDATE_STUN_LOCAL_PORT), "stun+localport");
	assert_string_equal(candidate_kind_name(CANDIDATE_FIXED), "fixed");
	assert_string_equal(candidate_kind_name(CANDIDATE_UNKNOWN), "unknown");
}

/* --- interface addresses --- */

struct local_row {
	const char *interfaces; /* address/bits, separated by spaces */
	const char *candidates;
};

static const struct local_row local_rows[] = {
	{"", ""},
	{"192.168.1.5/24", "192.168.1.5:7"},
	{"10.1.0.2/8 192.168.1.5/24 203.0.113.4/24", "10.1.0.2:7 192.168.1.5:7 203.0.113.4:7"},
	/* IPv4 first, each by address, each once */
	{"2001:db8::9/64 203.0.113.4/24 10.1.0.2/8 10.1.0.2/8",
	 "10.1.0.2:7 203.0.113.4:7 [2001:db8::9]:7"},
	/* never */
	{"fe80::1/64 192.168.1.5/24", "192.168.1.5:7"},
	{"fe80::1/64", ""},
	{"224.0.0.5/24 ff02::1/64", ""},
	{"100.64.0.7/32 fd7a:115c:a1e0::7/128 192.168.1.5/24", "192.168.1.5:7"},
	{"100.64.0.7/16 fd7a:115c:a1e0::7/128", "100.64.0.7:7"},
	{"100.64.0.7/16 2001:db8::5/64", "100.64.0.7:7 [2001:db8::5]:7"},
	{"100.64.0.7/16 169.254.1.2/16 fd00::1/64", "100.64.0.7:7"},
	{"100.63.0.7/16 100.128.0.7/16", "100.63.0.7:7 100.128.0.7:7"},
	/* only if there is nothing better */
	{"169.254.7.7/16 192.168.1.5/24 fd00::1/64", "192.168.1.5:7"},
	{"169.254.7.7/16 fd00::1/64 127.0.0.1/8", "169.254.7.7:7 [fd00::1]:7"},
	{"127.0.0.1/8 ::1/128", "127.0.0.1:7 [::1]:7"},
	{"127.0.0.1/8 192.168.1.5/24", "192.168.1.5:7"},
	/* two of each IPv6 subnet */
	{"2001:db8::1/64 2001:db8::2/64 2001:db8::3/64 2001:db8:1::1/64",
	 "[2001:db8::1]:7 [2001:db8::2]:7 [2001:db8:1::1]:7"},
};

static size_t interfaces_of(const char *text, struct own_address v[static OWN_ADDRESSES_MAX])
{
	char copy[1024], *rest = copy;
	size_t n = 0;
	strcpy(copy, text);
	for (char *one; (one = strtok_r(rest, " ", &rest)); n++) {
		char *slash = strchr(one, '/');
		*slash = '\0';
		v[n] = (struct own_address){.ip = ip_of(one), .bits = (uint8_t)atoi(slash + 1)};
		v[n].loopback = ip_is_loopback(&v[n].ip);
	}
	return n;
}

static void interface_addresses_become_candidates_by_the_table(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(local_rows); i++) {
		struct local_finder f = {.port = 7};
		struct own_address v[OWN_ADDRESSES_MAX];
		struct candidates c = {.n = 0};
		local_set(&f, v, interfaces_of(local_rows[i].interfaces, v));
		local_finder.candidates(&f, &c);
		expect(&c, local_rows[i].candidates);
		for (size_t k = 0; k < c.n; k++)
			assert_int_equal(c.v[k].kind, CANDIDATE_LOCAL);
	}
}

static void only_another_set_of_usable_addresses_is_a_change(void **state)
{
	struct local_finder f = {.port = 7};
	struct own_address v[OWN_ADDRESSES_MAX];
	assert_true(local_set(&f, v, interfaces_of("192.168.1.5/24 10.0.0.1/8", v)));
	assert_false(local_set(&f, v, interfaces_of("10.0.0.1/8 192.168.1.5/24", v)));
	assert_false(local_set(
		&f, v, interfaces_of("10.0.0.1/8 100.64.0.1/32 192.168.1.5/24 fe80::1/64", v)));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.5/24", v)));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.6/24", v)));
	assert_true(local_set(&f, v, interfaces_of("192.168.1.6/16", v)));
}

static void without_a_port_there_is_no_local_candidate(void **state)
{
	struct local_finder f = {.port = 0};
	struct own_address v[OWN_ADDRESSES_MAX];
	struct candidates c = {.n = 0};
	local_set(&f, v, interfaces_of("192.168.1.5/24", v));
	local_finder.candidates(&f, &c);
	assert_int_equal(c.n, 0);
}

/* --- STUN --- */

struct stun_fixture {
	struct seeded seeded;
	struct reflexive_finder f;
	struct endpoint asked[16]; /* of the last drain */
	struct stun_txid txid[16];
	size_t n;
};

static void drain(struct stun_fixture *s)
{
	uint8_t memory[STUN_REQUEST_LEN];
	struct wr out = wr_of(memory, sizeof(memory));
	for (s->n = 0; reflexive_finder.output(&s->f, &s->asked[s->n], &out); s->n++) {
		assert_int_equal(out.n, STUN_REQUEST_LEN);
		assert_true(stun_read_request(wr_done(&out), &s->txid[s->n]));
		out = wr_of(memory, sizeof(memory));
	}
}

static bool answer(struct stun_fixture *s, const struct stun_txid *txid, const char *seen,
		   mono_ns now)
{
	uint8_t memory[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct endpoint ep = ep_of(seen);
	stun_write_response(&out, txid, &ep);
	return reflexive_finder.input(&s->f, &s->asked[0], wr_done(&out), now);
}

/* The first relay's answers, over IPv4 and IPv6. */
static void answer_both(struct stun_fixture *s, mono_ns now)
{
	assert_true(answer(s, &s->txid[0], "198.51.100.1:5", now));
	assert_true(answer(s, &s->txid[1], "[2001:db8:5::1]:5", now));
}

/* Relays 1, 2, 3; each answers at 203.0.113.<region>:3478 and [2001:db8::<region>]:3478. */
static void set_relays(struct stun_fixture *s, uint8_t n, mono_ns now)
{
	struct relay_place v[16] = {0};
	struct ip six = ip_of("2001:db8::");
	for (uint8_t i = 0; i < n; i++) {
		six.b[15] = (uint8_t)(i + 1);
		v[i] = (struct relay_place){.region = (uint16_t)(i + 1),
					    .stun4 = {ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478},
					    .stun6 = {six, 3478}};
	}
	reflexive_set(&s->f, v, n, now);
}

static void stun_setup(struct stun_fixture *s, uint8_t relays)
{
	seeded_init(&s->seeded, 1);
	struct rng rng = seeded_rng(&s->seeded);
	reflexive_init(&s->f, &rng, 41641);
	set_relays(s, relays, 1000 * SECOND);
	drain(s);
}

static void every_server_is_asked_at_once_over_both_families(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 2);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.asked[0].ip.family, 4);
	assert_int_equal(s.asked[1].ip.family, 6);
	set_relays(&s, 2, 1001 * SECOND); /* the same: no new round */
	drain(&s);
	assert_int_equal(s.n, 0);
	set_relays(&s, 12, 1002 * SECOND);
	drain(&s);
	assert_int_equal(s.n, STUN_SERVERS_MAX);
}

static void a_request_is_repeated_twice_and_then_given_up(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	struct stun_txid first = s.txid[0];
	assert_true(reflexive_finder.deadline(&s.f) == t + 200 * MSEC);
	reflexive_finder.tick(&s.f, t + 200 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_memory_equal(&s.txid[0], &first, sizeof(first));
	assert_true(answer(&s, &first, "198.51.100.1:5", t + 250 * MSEC));
	assert_true(reflexive_finder.deadline(&s.f) == t + 600 * MSEC);
	reflexive_finder.tick(&s.f, t + 600 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 1);
	reflexive_finder.tick(&s.f, t + 2600 * MSEC);
	drain(&s);
	assert_int_equal(s.n, 0);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.candidates(&s.f, &c);
	expect(&c, "198.51.100.1:5");
	assert_false(answer(&s, &first, "198.51.100.1:6", t + 3 * SECOND)); /* answered already */
}

static void an_answer_that_nobody_asked_for_is_not_taken(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 1);
	struct stun_txid wrong = s.txid[0];
	wrong.b[0] ^= 1;
	assert_false(answer(&s, &wrong, "198.51.100.1:5", 1000 * SECOND));
	assert_false(reflexive_finder.input(
		&s.f, &s.asked[0], (struct bytes){(const uint8_t *)"x", 1}, 1000 * SECOND));
	assert_false(reflexive_finder.fresh(&s.f, 0));
}

/* The address of a translator between us and the server is none at which a peer reaches us. */
static void an_answer_of_another_family_than_the_servers_is_not_taken(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	assert_false(answer(&s, &s.txid[0], "[2001:db8:5::1]:5", t));
	assert_false(answer(&s, &s.txid[1], "198.51.100.1:5", t));
	assert_false(reflexive_finder.fresh(&s.f, t));
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
	answer_both(&s, t); /* the question goes on */
	assert_true(reflexive_finder.fresh(&s.f, t));
}

static void the_first_answer_and_those_of_several_servers_are_candidates(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 4);
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_UNKNOWN);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_UNKNOWN);
	assert_true(answer(&s, &s.txid[2], "198.51.100.1:5", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_SAME);
	assert_true(answer(&s, &s.txid[3], "[2001:db8:5::1]:41641", t));
	reflexive_finder.candidates(&s.f, &c);
	expect(&c, "198.51.100.1:5 [2001:db8:5::1]:41641");
	/* Two more servers, and each sees another port: one of these is confirmed. */
	assert_true(answer(&s, &s.txid[4], "198.51.100.1:6", t));
	assert_true(answer(&s, &s.txid[6], "198.51.100.1:6", t));
	assert_int_equal(reflexive_mapping(&s.f), MAPPING_VARIES);
	c.n = 0;
	reflexive_finder.candidates(&s.f, &c);
	expect(&c, "198.51.100.1:5 198.51.100.1:6 [2001:db8:5::1]:41641 198.51.100.1:41641");
	assert_int_equal(c.v[3].kind, CANDIDATE_STUN_LOCAL_PORT);
}

static void rounds_repeat_each_20_to_26_s_while_wanted(void **state)
{
	struct stun_fixture s;
	mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	answer_both(&s, t);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.want(&s.f, true, t + SECOND);
	for (int round = 0; round < 50; round++) {
		mono_ns next = reflexive_finder.deadline(&s.f);
		assert_in_range(next - t, 20 * SECOND, 26 * SECOND);
		t = next;
		reflexive_finder.tick(&s.f, t);
		drain(&s);
		assert_int_equal(s.n, 2);
		answer_both(&s, t);
	}
	reflexive_finder.want(&s.f, false, t);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
	reflexive_finder.want(&s.f, true, t + 60 * SECOND); /* at once, if the last was long ago */
	drain(&s);
	assert_int_equal(s.n, 2);
}

static void a_refresh_asks_again_and_forgets_when_the_network_changed(void **state)
{
	struct stun_fixture s;
	struct candidates c = {.n = 0};
	const mono_ns t = 1000 * SECOND;
	stun_setup(&s, 1);
	assert_true(answer(&s, &s.txid[0], "198.51.100.1:5", t + 100 * MSEC));
	assert_true(reflexive_finder.fresh(&s.f, t));
	assert_false(reflexive_finder.fresh(&s.f, t + SECOND));
	reflexive_finder.refresh(&s.f, false, t + 500 * MSEC); /* too soon */
	drain(&s);
	assert_int_equal(s.n, 0);
	reflexive_finder.refresh(&s.f, false, t + 2 * SECOND);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_true(reflexive_finder.fresh(&s.f, t));
	reflexive_finder.refresh(&s.f, true, t + 2 * SECOND + 1);
	drain(&s);
	assert_int_equal(s.n, 2);
	assert_false(reflexive_finder.fresh(&s.f, 0));
	reflexive_finder.candidates(&s.f, &c);
	assert_int_equal(c.n, 0);
}

static void without_servers_there_is_nothing_to_wait_for(void **state)
{
	struct stun_fixture s;
	stun_setup(&s, 0);
	assert_int_equal(s.n, 0);
	assert_true(reflexive_finder.fresh(&s.f, 5 * SECOND));
	reflexive_finder.want(&s.f, true, 2000 * SECOND);
	assert_true(reflexive_finder.deadline(&s.f) == MONO_NEVER);
}

/* --- all together --- */

static void what_is_found_is_merged_with_the_most_useful_first(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct gather g;
	gather_init(&g, &rng, 7);
	assert_false(gather_merge(&g));
	struct own_address v[OWN_ADDRESSES_MAX];
	local_set(&g.local, v, interfaces_of("192.168.1.5/24", v));
	assert_true(gather_merge(&g));
	assert_false(gather_merge(&g));
	struct endpoint fixed[3] = {ep_of("198.51.100.9:9"), {.port = 4}, ep_of("198.51.100.1:5")};
	fixed_set(&g.fixed, fixed, 3);
	assert_true(gather_merge(&g));
	struct relay_place relay = {.region = 1, .stun4 = ep_of("203.0.113.9:3478")};
	reflexive_set(&g.stun, &relay, 1, SECOND);
	assert_true(gather_deadline(&g) == SECOND + 200 * MSEC);
	uint8_t memory[STUN_REQUEST_LEN], reply[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory)), back = wr_of(reply, sizeof(reply));
	struct endpoint to, seen = ep_of("198.51.100.1:5");
	struct stun_txid txid;
	assert_true(gather_output(&g, &to, &out));
	assert_true(endpoint_equal(&to, &relay.stun4));
	assert_false(gather_output(&g, &to, &out));
	assert_true(stun_read_request(wr_done(&out), &txid));
	stun_write_response(&back, &txid, &seen);
	assert_true(gather_input(&g, &to, wr_done(&back), SECOND));
	assert_false(gather_input(&g, &to, wr_done(&back), SECOND));
	assert_false(gather_merge(&g)); /* the same set: it had been written down by hand */
	expect(&g.found, "198.51.100.1:5 198.51.100.9:9 192.168.1.5:7");
	assert_true(gather_fresh(&g, SECOND));
	gather_set_port(&g, 8);
	assert_true(gather_merge(&g));
	expect(&g.found, "198.51.100.1:5 198.51.100.9:9 192.168.1.5:8");
	gather_refresh(&g, true, 2 * SECOND);
	gather_want(&g, true, 2 * SECOND);
	gather_tick(&g, 2 * SECOND + 200 * MSEC);
	assert_false(gather_fresh(&g, 0));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_list_of_candidates_keeps_each_endpoint_once_and_is_bounded),
	cmocka_unit_test(every_kind_has_a_name),
	cmocka_unit_test(interface_addresses_become_candidates_by_the_table),
	cmocka_unit_test(only_another_set_of_usable_addresses_is_a_change),
	cmocka_unit_test(without_a_port_there_is_no_local_candidate),
	cmocka_unit_test(every_server_is_asked_at_once_over_both_families),
	cmocka_unit_test(a_request_is_repeated_twice_and_then_given_up),
	cmocka_unit_test(an_answer_that_nobody_asked_for_is_not_taken),
	cmocka_unit_test(an_answer_of_another_family_than_the_servers_is_not_taken),
	cmocka_unit_test(the_first_answer_and_those_of_several_servers_are_candidates),
	cmocka_unit_test(rounds_repeat_each_20_to_26_s_while_wanted),
	cmocka_unit_test(a_refresh_asks_again_and_forgets_when_the_network_changed),
	cmocka_unit_test(without_servers_there_is_nothing_to_wait_for),
	cmocka_unit_test(what_is_found_is_merged_with_the_most_useful_first),
};
RUN_TESTS(tests)

#include "explain/rules.h"
#include "explain/sentences.h"
#include "unit/unit.h"

/* A pair that can talk through the relay, and whose pings do not pass. */
static struct path_facts path;
static struct explain_facts shut(void)
{
	path = (struct path_facts){.state = PEER_RELAYED,
				   .active = true,
				   .knows_disco = true,
				   .n_servers = 1,
				   .hard = {.now = HARD_NOW_COOLING, .next = MONO_NEVER}};
	return (struct explain_facts){.peer = "bob",
				      .relay = "lab",
				      .port = 41641,
				      .path = &path,
				      .session = true,
				      .stun_answered = true,
				      .peer_told = true,
				      .peer_public = true,
				      .own_ipv6 = true,
				      .peer_ipv6 = true,
				      .pings = 9,
				      .map = EXPLAIN_MAP_UNSPOKEN};
}

static bool says(const struct explain_facts *f, const char *words)
{
	static struct sentences failed, advice;
	explain_failed(f, &failed);
	explain_advice(f, &advice);
	for (size_t i = 0; i < failed.n; i++)
		if (strstr(failed.v[i], words))
			return true;
	for (size_t i = 0; i < advice.n; i++)
		if (strstr(advice.v[i], words))
			return true;
	return false;
}

/* One with a misspelt name would come out as "?". */
static void every_name_in_a_sentence_stands_for_a_fact(void **state)
{
	static const char *const known[] = {
		"{peer}",      "{relay}",   "{lost}",      "{port}",       "{rtt}",
		"{relay_rtt}", "{loss}",    "{pings}",     "{doubt}",      "{falls}",
		"{hard_sent}", "{next}",    "{peer_left}", "{host_left}",  "{peer_max}",
		"{host_max}",  "{gateway}", "{outside}",   "{outside_ip}", "{outside_port}",
		"{refusal}",   "{reach}",   "{home}",      "{home_says}"};
	for (size_t i = 0; i < explain_rules_n; i++) {
		const char *forms[] = {explain_rules[i].failed, explain_rules[i].advice};
		assert_true(forms[0] || forms[1]);
		for (size_t k = 0; k < 2; k++) {
			const char *p = forms[k];
			while (p && (p = strchr(p, '{'))) {
				bool found = false;
				for (size_t n = 0; n < ARRAY_LEN(known); n++)
					found |= strncmp(p, known[n], strlen(known[n])) == 0;
				if (!found)
					fail_msg("rule %zu: %s", i, p);
				p++;
			}
		}
	}
}

static void every_sentence_ends_as_one_and_is_not_longer_than_a_list_takes(void **state)
{
	for (size_t i = 0; i < explain_rules_n; i++) {
		const char *forms[] = {explain_rules[i].failed, explain_rules[i].advice};
		for (size_t k = 0; k < 2; k++) {
			if (!forms[k])
				continue;
			size_t n = strlen(forms[k]);
			assert_true(n < SENTENCE_MAX - 128); /* room for what is filled in */
			assert_true(forms[k][n - 1] == '.' || strstr(forms[k], "warren ping"));
			assert_null(strstr(forms[k], "  "));
		}
	}
	assert_true(explain_rules_n <= SENTENCES_MAX);
}

/* Whatever the other facts say: it is reached as well as can be. */
static void of_a_peer_that_is_reached_directly_nothing_failed(void **state)
{
	struct explain_facts f = shut();
	path.state = PEER_DIRECT;
	path.relay_rtt = SECOND;
	f.relay = NULL;
	f.session = f.stun_answered = f.peer_told = f.peer_public = f.own_ipv6 = false;
	for (int map = EXPLAIN_MAP_UNKNOWN; map <= EXPLAIN_MAP_FAR; map++) {
		struct sentences v;
		f.map = (enum explain_map)map;
		explain_failed(&f, &v);
		assert_int_equal(v.n, 0);
		explain_advice(&f, &v);
		assert_int_equal(v.n, 0);
	}
}

static void a_relay_is_far_from_150_ms_on(void **state)
{
	struct explain_facts f = shut();
	path.relay_rtt = 150 * MSEC;
	assert_false(says(&f, "Put a relay nearer"));
	path.relay_rtt = 150 * MSEC + 1;
	assert_true(says(&f, "Put a relay nearer"));
	path.state = PEER_ASIDE; /* the relay is the better way: it need not be nearer */
	assert_false(says(&f, "Put a relay nearer"));
}

static void five_falls_are_often(void **state)
{
	struct explain_facts f = shut();
	f.falls = 4;
	assert_false(says(&f, "fell silent"));
	f.falls = 5;
	assert_true(says(&f, "Direct paths to bob fell silent 5 times"));
}

/* Each of these comes before anything that could be said about NATs. */
static void without_what_comes_first_nothing_is_said_of_nats(void **state)
{
	for (int missing = 0; missing < 3; missing++) {
		struct explain_facts f = shut();
		f.mapping_varies = true;
		f.own_ipv6 = false;
		if (missing == 0)
			f.session = false;
		if (missing == 1)
			path.knows_disco = false;
		if (missing == 2)
			path.state = PEER_ASIDE;
		assert_false(says(&f, "NAT"));
		assert_false(says(&f, "IPv6"));
	}
}

static void a_lost_relay_is_the_reason_for_a_missing_session(void **state)
{
	struct explain_facts f = shut();
	f.session = false;
	assert_true(says(&f, "has not answered a WireGuard handshake"));
	f.relay_lost = "connection refused";
	assert_false(says(&f, "has not answered a WireGuard handshake"));
	assert_true(says(&f, "is not connected (connection refused)"));
	f.relay = NULL;
	assert_false(says(&f, "is not connected"));
	assert_true(says(&f, "No relay is known for bob"));
}

static void where_no_stun_server_answers_the_peer_is_not_blamed(void **state)
{
	struct explain_facts f = shut();
	assert_true(says(&f, "None of 9 pings was answered"));
	f.stun_answered = false;
	assert_false(says(&f, "None of 9"));
	assert_true(says(&f, "No STUN server answered"));
}

static void without_stun_servers_an_open_address_is_enough(void **state)
{
	struct explain_facts f = shut();
	path.n_servers = 0;
	f.stun_answered = false;
	assert_true(says(&f, "No relay has a STUN server"));
	f.own_public = true;
	assert_false(says(&f, "No relay has a STUN server"));
}

static void a_call_of_the_peer_is_enough_to_know_it_is_there(void **state)
{
	struct explain_facts f = shut();
	f.peer_told = false;
	assert_true(says(&f, "has not told us where it may be reached"));
	path.calls_taken = 1;
	assert_false(says(&f, "has not told us where it may be reached"));
}

static void private_addresses_of_the_peer_matter_without_a_way_around_them(void **state)
{
	struct explain_facts f = shut();
	f.peer_public = f.peer_ipv6 = false;
	assert_true(says(&f, "told private addresses only"));
	f.peer_ipv6 = true;
	assert_false(says(&f, "told private addresses only"));
	f.peer_ipv6 = false;
	f.peer_public = true;
	assert_false(says(&f, "told private addresses only"));
}

static void before_the_first_ping_nothing_is_shut(void **state)
{
	struct explain_facts f = shut();
	f.pings = 0;
	f.mapping_varies = true;
	assert_false(says(&f, "None of"));
	assert_false(says(&f, "NAT of this network"));
	path.pings_heard = 1;
	assert_false(says(&f, "Pings of bob reach us"));
}

static void ipv6_on_one_side_only_is_not_used(void **state)
{
	struct explain_facts f = shut();
	assert_false(says(&f, "Use IPv6"));
	f.peer_ipv6 = false;
	assert_true(says(&f, "Use IPv6"));
	f.peer_ipv6 = true;
	f.own_ipv6 = false;
	assert_true(says(&f, "Use IPv6"));
}

static void a_mapping_that_leads_everywhere_needs_no_advice(void **state)
{
	struct explain_facts f = shut();
	f.map = EXPLAIN_MAP_FAR;
	assert_false(says(&f, "router of this network"));
	f.map = EXPLAIN_MAP_ASKING; /* none has answered yet */
	assert_true(says(&f, "Enable PCP, NAT-PMP or UPnP on the router of this network"));
}

static void an_attempt_comes_again_after_one_that_failed_only(void **state)
{
	for (int end = ATTEMPT_UNDER_WAY; end <= ATTEMPT_VOID; end++) {
		struct explain_facts f = shut();
		const struct attempt last = {.end = (enum attempt_end)end};
		f.last_attempt = &last;
		f.next_attempt_s = 30;
		bool failed = end == ATTEMPT_EXHAUSTED || end == ATTEMPT_REFUSED ||
			      end == ATTEMPT_UNANSWERED;
		assert_int_equal(says(&f, "tried again in 30 s"), failed);
		f.next_attempt_s = 0;
		assert_false(says(&f, "tried again"));
	}
}

static void a_peer_whose_pings_pass_is_told_nothing_of_hard_nats(void **state)
{
	const struct attempt last = {.end = ATTEMPT_REFUSED};
	for (int now = HARD_NOW_OFF; now <= HARD_NOW_SOON; now++) {
		struct explain_facts f = shut();
		path.hard.now = (enum hard_now)now;
		f.last_attempt = &last;
		f.pongs = 1;
		assert_false(says(&f, "ard NATs"));
		assert_true(says(&f, "There was a direct path"));
		f.pongs = 0;
		assert_true(says(&f, "ard NATs") || now == HARD_NOW_OFF);
		assert_false(says(&f, "There was a direct path"));
	}
}

static void switched_off_here_the_peers_refusal_does_not_matter(void **state)
{
	struct explain_facts f = shut();
	const struct attempt last = {.end = ATTEMPT_REFUSED};
	f.last_attempt = &last;
	assert_true(says(&f, "bob refused to cross hard NATs"));
	path.hard.now = HARD_NOW_OFF;
	assert_false(says(&f, "bob refused to cross hard NATs"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_in_a_sentence_stands_for_a_fact),
		cmocka_unit_test(every_sentence_ends_as_one_and_is_not_longer_than_a_list_takes),
		cmocka_unit_test(of_a_peer_that_is_reached_directly_nothing_failed),
		cmocka_unit_test(a_relay_is_far_from_150_ms_on),
		cmocka_unit_test(five_falls_are_often),
		cmocka_unit_test(without_what_comes_first_nothing_is_said_of_nats),
		cmocka_unit_test(a_lost_relay_is_the_reason_for_a_missing_session),
		cmocka_unit_test(where_no_stun_server_answers_the_peer_is_not_blamed),
		cmocka_unit_test(without_stun_servers_an_open_address_is_enough),
		cmocka_unit_test(a_call_of_the_peer_is_enough_to_know_it_is_there),
		cmocka_unit_test(private_addresses_of_the_peer_matter_without_a_way_around_them),
		cmocka_unit_test(before_the_first_ping_nothing_is_shut),
		cmocka_unit_test(ipv6_on_one_side_only_is_not_used),
		cmocka_unit_test(a_mapping_that_leads_everywhere_needs_no_advice),
		cmocka_unit_test(an_attempt_comes_again_after_one_that_failed_only),
		cmocka_unit_test(a_peer_whose_pings_pass_is_told_nothing_of_hard_nats),
		cmocka_unit_test(switched_off_here_the_peers_refusal_does_not_matter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "explain/sentences.h"
#include "unit/unit.h"

#include <stdio.h>

/* A row overrides what the macros below set. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* The path of a pair that can talk through the relay and looks for a direct one. */
#define PATH(...)                                                                           \
	.path = &(const struct path_facts)                                                  \
	{                                                                                   \
		.state = PEER_RELAYED, .active = true, .knows_disco = true, .n_servers = 1, \
		.hard = {.now = HARD_NOW_COOLING}, __VA_ARGS__                              \
	}
/* All facts of such a pair. */
#define RELAYED                                                                                  \
	PATH(), .peer = "bob", .relay = "lab", .port = 41641, .session = true,                   \
		.stun_answered = true, .peer_told = true, .peer_public = true, .own_ipv6 = true, \
		.peer_ipv6 = true
#define HARD(...) PATH(.hard = {__VA_ARGS__})
#define LAST(ends)                              \
	.last_attempt = &(const struct attempt) \
	{                                       \
		.end = (ends)                   \
	}
#define SLOW_PLAN                               \
	.last_planned = &(const struct attempt) \
	{                                       \
		.planned = true, .slow = true   \
	}
#define RANDOM_PLAN                                                              \
	.last_planned = &(const struct attempt)                                  \
	{                                                                        \
		.planned = true, .end = ATTEMPT_EXHAUSTED, .ours = GUESS_RANDOM, \
		.theirs = GUESS_RANDOM                                           \
	}
#define GATEWAY(...)                                     \
	.gateway = &(const struct gateway_facts)         \
	{                                                \
		.at = {4, {192, 168, 1, 1}}, __VA_ARGS__ \
	}

static const struct row {
	struct explain_facts facts;
	const char *now, *failed,
		*advice; /* the first words of the first sentence; NULL: no sentence */
} rows[] = {
	{{RELAYED, PATH(.state = PEER_DIRECT, .rtt = 12 * MSEC), .pings = 4, .pongs = 4},
	 "bob is reached directly; a round trip takes 12 ms.",
	 NULL,
	 NULL},
	{{RELAYED, PATH(.state = PEER_DIRECT), .home = "lab",
	  .home_says = "another machine uses the same node key"},
	 "bob is reached directly.",
	 "The relay \"lab\" says: another machine uses the same node key.",
	 NULL},
	{{RELAYED, PATH(.state = PEER_DIRECT)}, "bob is reached directly.", NULL, NULL},
	{{.peer = "bob", PATH(.state = PEER_PLAIN)},
	 "bob speaks WireGuard only",
	 "bob has no Relay",
	 "If bob runs Warren"},
	{{.peer = "bob", PATH(.knows_disco = false), .session = true},
	 "There is no way to bob",
	 "No relay is known for bob",
	 "Name the relay"},
	{{PATH(.knows_disco = false), .peer = "bob", .relay = "lab",
	  .relay_lost = "connection refused"},
	 "There is no way to bob",
	 "The relay \"lab\" is not connected (connection refused)",
	 "See that this machine reaches the relay \"lab\""},
	{{PATH(.knows_disco = false), .peer = "bob", .relay = "lab"},
	 "bob is reached through the relay \"lab\".",
	 "bob has not answered a WireGuard handshake",
	 "See on bob"},
	{{PATH(.knows_disco = false), .peer = "bob", .relay = "lab", .session = true},
	 "bob is reached through the relay \"lab\".",
	 "There is a session, but bob has not told its disco key",
	 "Run Warren on bob."},
	{{RELAYED, PATH(.active = false)},
	 "bob is reached through",
	 "There was no traffic",
	 "Send something"},
	{{RELAYED, .stun_answered = false, .pings = 9},
	 "bob is reached through",
	 "No STUN server answered",
	 "Allow UDP from this machine to everywhere, or at least its answers; the local port is "
	 "41641."},
	{{RELAYED, PATH(.n_servers = 0), .stun_answered = false},
	 "bob is reached through",
	 "No relay has a STUN server",
	 "Give a relay a STUNPort"},
	{{RELAYED, .peer_told = false},
	 "bob is reached through",
	 "bob has not told us where",
	 "See on bob with `warren status` that its relay"},
	{{RELAYED, .peer_public = false, .peer_ipv6 = false, .pings = 9},
	 "bob is reached through",
	 "bob told private addresses only",
	 "Allow UDP to everywhere on the network of bob."},
	{{RELAYED, .mapping_varies = true, .pings = 9},
	 "bob is reached through",
	 "The NAT of this network gives each destination another port",
	 "Enable PCP, NAT-PMP or UPnP on the router of this network; or forward UDP port 41641 to "
	 "this machine"},
	{{RELAYED, .pings = 9},
	 "bob is reached through",
	 "None of 9 pings was answered",
	 "Forward the UDP port of bob"},
	{{RELAYED, PATH(.pings_heard = 3), .pings = 9},
	 "bob is reached through",
	 "Pings of bob reach us, but it has not answered any of our 9",
	 "Open the UDP port of bob"},
	{{RELAYED, .pings = 9, .pongs = 2},
	 "bob is reached through",
	 "There was a direct path",
	 NULL},
	{{RELAYED, PATH(.state = PEER_DOUBTED), .pings = 9, .pongs = 2},
	 "bob is reached over a direct path in doubt and through the relay \"lab\" together.",
	 "The direct path is in doubt (it fell silent)",
	 NULL},
	{{RELAYED, PATH(.state = PEER_ASIDE, .rtt = 300 * MSEC, .loss_percent = 5,
			.relay_rtt = 39600 * USEC)},
	 "bob is reached through the relay \"lab\", which is faster",
	 "There is a direct path, but it is clearly worse than the relay (300 ms and 5 % lost, "
	 "against 40 ms)",
	 "See why UDP is slow"},
	{{RELAYED, PATH(.state = PEER_DIRECT), .falls = 7},
	 "bob is reached directly.",
	 "Direct paths to bob fell silent 7 times",
	 "A NAT or firewall that forgets quickly"},
	{{RELAYED, .pings = 9, .pongs = 2, PATH(.relay_rtt = 200 * MSEC)},
	 "bob is reached through the relay \"lab\"; a round trip takes 200 ms.",
	 "There was a direct path",
	 "Put a relay nearer to the two: the way through \"lab\" takes 200 ms."},
};

static void assert_begins(size_t row, const char *what, const char *begin)
{
	if (strncmp(what, begin, strlen(begin)) != 0)
		fail_msg("row %zu: found \"%s\", expected \"%s\"", row, what, begin);
	assert_null(strchr(what, '{'));
	assert_null(strchr(what, '?'));
}

static void assert_first(size_t row, const struct sentences *found, const char *begin)
{
	if (begin && found->n == 0)
		fail_msg("row %zu: found nothing, expected \"%s\"", row, begin);
	if (!begin && found->n > 0)
		fail_msg("row %zu: found \"%s\", expected nothing", row, found->v[0]);
	if (begin)
		assert_begins(row, found->v[0], begin);
}

static void facts_become_sentences(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char now[SENTENCE_MAX];
		struct sentences v;
		explain_now(&rows[i].facts, now);
		assert_begins(i, now, rows[i].now);
		explain_failed(&rows[i].facts, &v);
		assert_first(i, &v, rows[i].failed);
		explain_advice(&rows[i].facts, &v);
		assert_first(i, &v, rows[i].advice);
	}
}

static bool has(const struct sentences *v, const char *word)
{
	for (size_t i = 0; i < v->n; i++)
		if (strstr(v->v[i], word))
			return true;
	return false;
}

static void ipv6_is_advised_where_a_nat_is_in_the_way_and_it_is_not_used(void **state)
{
	struct sentences v;
	struct explain_facts f = {RELAYED, .pings = 9};
	explain_advice(&f, &v);
	assert_false(has(&v, "IPv6"));
	f.own_ipv6 = false;
	explain_advice(&f, &v);
	assert_true(has(&v, "Use IPv6 on both sides"));
	f.pongs = 1; /* pings pass, so the NAT is not in the way */
	explain_advice(&f, &v);
	assert_false(has(&v, "IPv6"));
}

/* A pair whose pings do not pass. */
#define SHUT RELAYED, .pings = 9

static const struct {
	struct explain_facts facts;
	const char *failed, *advice; /* words that some sentence has; NULL: not asked */
	const char *never;           /* words that no sentence has; NULL: not asked */
} more[] = {
	{{SHUT, .map = EXPLAIN_MAP_OFF},
	 "PortMapping = no",
	 "Set PortMapping = yes",
	 "Enable PCP, NAT-PMP or UPnP on the"},
	{{SHUT, .map = EXPLAIN_MAP_NO_GATEWAY},
	 NULL,
	 "forward UDP port 41641 to this machine there",
	 NULL},
	{{SHUT, .map = EXPLAIN_MAP_UNSPOKEN},
	 NULL,
	 "Enable PCP, NAT-PMP or UPnP on the router of this network",
	 NULL},
	{{SHUT, .map = EXPLAIN_MAP_REFUSED, GATEWAY(.asked = {{ASKED_REFUSED, MAPPER_NO_ROOM}})},
	 "The router 192.168.1.1 refused to map our port: its table, or our share of it, is full.",
	 "Allow this machine to map ports on the router 192.168.1.1",
	 "router of this network"},
	{{SHUT, .map = EXPLAIN_MAP_NO_OUTSIDE, GATEWAY(.protocol = PORTMAP_PCP)},
	 "it has no address on the internet itself",
	 "bridge mode",
	 NULL},
	{{SHUT, .map = EXPLAIN_MAP_NEAR,
	  GATEWAY(.outside = {{4, {10, 0, 0, 7}}, 5000}, .reach = PORTMAP_NEAR_PRIVATE)},
	 "The router 192.168.1.1 mapped 10.0.0.7:5000 to us, which leads no farther than the next "
	 "NAT: that address is private, so another NAT is before the router.",
	 "forward UDP port 5000 on the outer one to 10.0.0.7",
	 NULL},
	{{SHUT, .map = EXPLAIN_MAP_CARRIER},
	 "leads no farther",
	 "Ask the provider for a public IPv4 address",
	 NULL},
	{{SHUT, .own_public = true, .map = EXPLAIN_MAP_UNSPOKEN},
	 "None of 9",
	 "Forward the UDP port of bob",
	 "of this network"},
	{{SHUT, HARD(.now = HARD_NOW_SOON)}, "come next", NULL, NULL},
	{{SHUT, HARD(.now = HARD_NOW_UNDER_WAY)}, "up to half a minute", NULL, "half an hour"},
	{{SHUT, HARD(.now = HARD_NOW_UNDER_WAY), SLOW_PLAN},
	 "up to half an hour",
	 NULL,
	 "half a minute"},
	{{SHUT, HARD(.now = HARD_NOW_OFF), LAST(ATTEMPT_UNANSWERED)},
	 "switched off on this node (HardNat = no)",
	 "Set HardNat = yes, here and on bob.",
	 "does not answer when"},
	{{SHUT, LAST(ATTEMPT_UNANSWERED), .next_attempt_s = 30},
	 "bob does not answer when it is asked to cross hard NATs together",
	 "Run Warren on bob",
	 NULL},
	{{SHUT, HARD(.now = HARD_NOW_COOLING, .heard = true), LAST(ATTEMPT_UNANSWERED)},
	 "bob did not answer when it was last asked",
	 NULL,
	 "does not run Warren"},
	{{SHUT, LAST(ATTEMPT_REFUSED), .next_attempt_s = 29}, "tried again in 29 s", NULL, NULL},
	{{SHUT, LAST(ATTEMPT_REFUSED)}, "bob refused to cross hard NATs", NULL, NULL},
	{{SHUT, .last_attempt = &(const struct attempt){.end = ATTEMPT_EXHAUSTED,
							.samples = 8,
							.sent = {[HARD_PLAN_OPEN] = 2492}}},
	 "were tried with 2500 packets",
	 NULL,
	 "slow mode"},
	{{SHUT, LAST(ATTEMPT_EXHAUSTED), RANDOM_PLAN},
	 "Both NATs seem to give ports at random",
	 "set SlowPunch = yes on both nodes",
	 "packets of ours"},
	{{SHUT, HARD(.now = HARD_NOW_BROKE, .peer_left = 3, .host_left = 9000)},
	 "3 of 8000 packets are left for bob, 9000 of 16000 for this node",
	 NULL,
	 NULL},
	{{SHUT, HARD(.now = HARD_NOW_BUSY)}, "another one's turn", NULL, NULL},
	{{SHUT, .last_planned = &(const struct attempt){.their_mapping = MAPPING_VARIES}},
	 "The NAT before bob gives each destination another port",
	 "Forward the UDP port of bob",
	 "None of 9"},
	{{RELAYED, PATH(.state = PEER_DIRECT, .hard = {.now = HARD_NOW_OFF}),
	  LAST(ATTEMPT_EXHAUSTED), .map = EXPLAIN_MAP_OFF},
	 NULL,
	 NULL,
	 "ort"},
	{{RELAYED, .pings = 9, .pongs = 9, HARD(.now = HARD_NOW_OFF), .map = EXPLAIN_MAP_OFF},
	 NULL,
	 NULL,
	 "HardNat"},
};

static void ports_that_are_shut_have_reasons_and_remedies(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(more); i++) {
		struct sentences failed, advice;
		explain_failed(&more[i].facts, &failed);
		explain_advice(&more[i].facts, &advice);
		if (more[i].failed && !has(&failed, more[i].failed))
			fail_msg("row %zu: nothing says \"%s\"", i, more[i].failed);
		if (more[i].advice && !has(&advice, more[i].advice))
			fail_msg("row %zu: nothing advises \"%s\"", i, more[i].advice);
		if (more[i].never && (has(&failed, more[i].never) || has(&advice, more[i].never)))
			fail_msg("row %zu: something says \"%s\"", i, more[i].never);
		assert_false(has(&failed, "{") || has(&advice, "{") || has(&failed, "?") ||
			     has(&advice, "?"));
	}
}

static void a_hard_nat_here_matters_only_without_a_port_that_is_open(void **state)
{
	struct sentences v;
	struct explain_facts f = {RELAYED, .pings = 9, .mapping_varies = true, .own_public = true};
	explain_failed(&f, &v);
	assert_false(has(&v, "NAT of this network"));
}

static void nothing_known_is_said_without_a_hole(void **state)
{
	struct path_facts path = {.state = PEER_RELAYED};
	struct explain_facts f = {.path = &path};
	struct sentences v;
	char now[SENTENCE_MAX];
	explain_now(&f, now);
	assert_string_equal(now, "There is no way to the peer at present.");
	explain_failed(&f, &v);
	assert_false(has(&v, "(null)"));
}

static void long_names_are_cut_off(void **state)
{
	char name[1000] = {0};
	memset(name, 'x', sizeof(name) - 1);
	struct path_facts path = {.state = PEER_RELAYED};
	struct explain_facts f = {.path = &path, .peer = name};
	struct sentences v;
	explain_failed(&f, &v);
	for (size_t i = 0; i < v.n; i++)
		assert_true(strlen(v.v[i]) < SENTENCE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_become_sentences),
		cmocka_unit_test(ipv6_is_advised_where_a_nat_is_in_the_way_and_it_is_not_used),
		cmocka_unit_test(ports_that_are_shut_have_reasons_and_remedies),
		cmocka_unit_test(a_hard_nat_here_matters_only_without_a_port_that_is_open),
		cmocka_unit_test(nothing_known_is_said_without_a_hole),
		cmocka_unit_test(long_names_are_cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whether a node's netcheck tells the truth, behind NATs of every kind. */
#include "sim/scenario.h"

/* Two relays.  The first has two addresses, so that it shows all that a netcheck can see. */
static void two_relays(struct world *w)
{
	struct ip second = ip_v4(198, 51, 100, 1);
	struct sim_relay *r = world_relay(w, rng_below(&w->rng, 20 * MSEC), NULL);
	box_add_address(r->box, &second);
	world_relay(w, rng_below(&w->rng, 20 * MSEC), NULL);
}

static struct nat_config some_nat(struct world *w)
{
	struct nat_config nat = pair_easy_nat(w);
	nat.mapping = (enum nat_scope)rng_below(&w->rng, 3);
	nat.filtering = (enum nat_scope)rng_below(&w->rng, 3);
	nat.ports = (enum nat_ports)rng_below(&w->rng, 3);
	nat.port_step = (uint16_t)(1 + rng_below(&w->rng, 4));
	nat.hairpin = (enum nat_hairpin)rng_below(&w->rng, 3);
	return nat;
}

static bool report_is_done(struct world *w)
{
	const struct netcheck_report *r =
		reach_netcheck_report(node_reach(w->households[0].node.node));
	return r && r->ended >= r->began && r->full;
}

/* The full report of the only home, and how long it took. */
static const struct netcheck_report *report_of(struct world *w, struct household *h)
{
	world_run(w, 3 * SECOND);
	mono_ns start = world_now(w);
	sim_node_netcheck(&h->node, true, start);
	world_expect(w, world_wait(w, report_is_done, 6 * SECOND),
		     "the report is not done after 6 s");
	world_measure(w, "report, ms", (world_now(w) - start) / MSEC);
	return reach_netcheck_report(node_reach(h->node.node));
}

static const struct netcheck_report *full_report(struct world *w,
						 const struct household_config *cfg)
{
	return report_of(w, world_household(w, "alice", cfg));
}

static const enum behaviour behaviours[] = {
	[NAT_ENDPOINT_INDEPENDENT] = BEHAVIOUR_ENDPOINT_INDEPENDENT,
	[NAT_ADDRESS_DEPENDENT] = BEHAVIOUR_ADDRESS_DEPENDENT,
	[NAT_ADDRESS_AND_PORT_DEPENDENT] = BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT,
};

static void expect_nat(struct world *w, const struct netcheck_report *r,
		       const struct nat_config *nat)
{
	bool hard = nat->mapping != NAT_ENDPOINT_INDEPENDENT;
	int step = hard && nat->ports == NAT_PORT_SEQUENTIAL ? nat->port_step : 0;
	world_expect(w, r->nat4.mapping == behaviours[nat->mapping], "mapping: %s",
		     behaviour_name(r->nat4.mapping));
	world_expect(w, r->nat4.varies == (hard ? MAPPING_VARIES : MAPPING_SAME),
		     "whether the mapping varies is wrong");
	world_expect(w, r->nat4.filtering == behaviours[nat->filtering], "filtering: %s",
		     behaviour_name(r->nat4.filtering));
	world_expect(w, r->nat4.step == step, "a step of %d, found %d", step, r->nat4.step);
	world_expect(w,
		     r->nat4.port_preserved ==
			     (nat->ports == NAT_PORT_PRESERVE ? TRISTATE_YES : TRISTATE_NO),
		     "whether the port is preserved is wrong");
	if (!hard)
		world_expect(w,
			     r->nat4.hairpin == (nat->hairpin == NAT_HAIRPIN_NONE ? TRISTATE_NO
										  : TRISTATE_YES),
			     "hairpin: %d", r->nat4.hairpin);
}

static void netcheck_any_nat(struct world *w)
{
	two_relays(w);
	struct household_config house = {.line = pair_line(w), .nat = some_nat(w)};
	const struct netcheck_report *r = full_report(w, &house);
	if (!r)
		return;
	world_expect(w, r->udp && r->ipv4 && !r->ipv6, "UDP or a family is wrong");
	world_expect(w, r->nat4.present == TRISTATE_YES, "the NAT was not seen");
	world_expect(w, ip_equal(&r->global4.ip, &w->households[0].external),
		     "another outside address");
	world_expect(w, r->preferred != 0, "no preferred relay");
	expect_nat(w, r, &house.nat);
}

/* With one relay that has one address the report says less, and nothing wrong. */
static void netcheck_one_relay(struct world *w)
{
	world_relay(w, 0, NULL);
	struct household_config house = {.line = pair_line(w), .nat = some_nat(w)};
	const struct netcheck_report *r = full_report(w, &house);
	if (!r)
		return;
	enum behaviour all = house.nat.mapping == NAT_ADDRESS_AND_PORT_DEPENDENT
				     ? BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT
				     : BEHAVIOUR_NOT_ON_PORT;
	enum behaviour some = house.nat.filtering == NAT_ADDRESS_AND_PORT_DEPENDENT
				      ? BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT
				      : BEHAVIOUR_NOT_ON_PORT;
	world_expect(w, r->nat4.mapping == all, "mapping: %s", behaviour_name(r->nat4.mapping));
	world_expect(w, r->nat4.filtering == some, "filtering: %s",
		     behaviour_name(r->nat4.filtering));
}

static void netcheck_in_the_open(struct world *w)
{
	two_relays(w);
	struct household_config house = {.line = pair_line(w), .no_nat = true};
	const struct netcheck_report *r = full_report(w, &house);
	if (!r)
		return;
	world_expect(w, r->nat4.present == TRISTATE_NO, "a NAT where there is none");
	world_expect(w, r->nat4.mapping == BEHAVIOUR_ENDPOINT_INDEPENDENT, "mapping: %s",
		     behaviour_name(r->nat4.mapping));
	world_expect(w, r->nat4.filtering == BEHAVIOUR_ENDPOINT_INDEPENDENT, "filtering: %s",
		     behaviour_name(r->nat4.filtering));
	world_expect(w,
		     r->nat4.port_preserved == TRISTATE_YES && r->nat4.hairpin == TRISTATE_UNKNOWN,
		     "port or hairpin");
}

static struct ip six(const char *text)
{
	struct ip ip = {0};
	(void)!ip_parse(&ip, text);
	return ip;
}

/* Two addresses of each family. */
static void relay_of_both_families(struct world *w)
{
	struct sim_relay *r = world_relay(w, 0, NULL);
	const struct ip more[] = {ip_v4(198, 51, 100, 1), six("2001:db8:ffff::1"),
				  six("2001:db8:ffff::2")};
	for (size_t i = 0; i < ARRAY_LEN(more); i++)
		box_add_address(r->box, &more[i]);
	world_relay(w, rng_below(&w->rng, 20 * MSEC), NULL);
}

/* A firewall stands before IPv6 and a NAT before IPv4; each is told by itself. */
static void netcheck_ipv6(struct world *w)
{
	relay_of_both_families(w);
	struct household_config house = {.line = pair_line(w), .nat = some_nat(w), .ipv6 = true};
	const struct netcheck_report *r = full_report(w, &house);
	if (!r)
		return;
	world_expect(w, r->ipv4 && r->ipv6 && r->has6, "a family is missing");
	world_expect(w,
		     r->global6.ip.family == 6 && r->global6.port == w->households[0].node.net.port,
		     "the IPv6 address is not our own");
	expect_nat(w, r, &house.nat);
	world_expect(w, r->nat6.present == TRISTATE_NO && r->nat6.port_preserved == TRISTATE_YES,
		     "a NAT of IPv6");
	world_expect(w, r->nat6.mapping == BEHAVIOUR_ENDPOINT_INDEPENDENT, "IPv6 mapping: %s",
		     behaviour_name(r->nat6.mapping));
	world_expect(w, r->nat6.filtering == behaviours[house.nat.filtering], "IPv6 filtering: %s",
		     behaviour_name(r->nat6.filtering));
}

/* NAT66 is rare, and reported like any NAT. */
static void netcheck_nat66(struct world *w)
{
	relay_of_both_families(w);
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	struct household *h = world_household(w, "alice", &house);
	struct nat_config nat = some_nat(w);
	nat.external = six("2001:db8:1::99");
	box_set_nat(h->router, &nat, 6);
	const struct netcheck_report *r = report_of(w, h);
	if (!r)
		return;
	world_expect(w, r->nat6.present == TRISTATE_YES && ip_equal(&r->global6.ip, &nat.external),
		     "the NAT of IPv6: %d, ipv6 %d, port %u", r->nat6.present, r->ipv6,
		     r->global6.port);
	world_expect(w, r->nat6.mapping == behaviours[nat.mapping], "IPv6 mapping: %s",
		     behaviour_name(r->nat6.mapping));
	world_expect(w, r->nat6.filtering == behaviours[nat.filtering], "IPv6 filtering: %s",
		     behaviour_name(r->nat6.filtering));
	expect_nat(w, r, &house.nat);
}

static void netcheck_no_udp(struct world *w)
{
	two_relays(w);
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .blocks_udp = true};
	const struct netcheck_report *r = full_report(w, &house);
	if (!r)
		return;
	world_expect(w, !r->udp && !r->ipv4 && r->nat4.present == TRISTATE_UNKNOWN,
		     "something came through");
	world_expect(w,
		     r->nat4.mapping == BEHAVIOUR_UNKNOWN && r->nat4.filtering == BEHAVIOUR_UNKNOWN,
		     "something is claimed of the NAT");
	world_measure(w, "blocked datagrams", w->net.fates[NET_BLOCKED]);
	world_expect(w, w->net.fates[NET_BLOCKED] < 40, "%llu datagrams against the wall",
		     (unsigned long long)w->net.fates[NET_BLOCKED]);
}

/* On lossy lines the report may say less, but what it says is true.  Retries make that rare. */
static void netcheck_lossy(struct world *w)
{
	two_relays(w);
	struct household_config house = {.line = pair_line(w), .nat = some_nat(w)};
	house.line.loss_ppm = 20000;
	const struct netcheck_report *r = full_report(w, &house);
	if (!r)
		return;
	bool right = r->nat4.mapping == behaviours[house.nat.mapping] &&
		     r->nat4.filtering == behaviours[house.nat.filtering];
	world_measure(w, "right", right);
	world_expect(w, r->udp, "no UDP");
	world_expect(w,
		     house.nat.mapping != NAT_ENDPOINT_INDEPENDENT ||
			     r->nat4.varies != MAPPING_VARIES,
		     "an easy NAT was called hard");
}

/* Three relays at about the same distance, and lines with jitter: home is chosen once. */
static void netcheck_home_stays(struct world *w)
{
	for (int i = 0; i < 3; i++)
		world_relay(w, 5 * MSEC + rng_below(&w->rng, 3 * MSEC), NULL);
	struct household_config house = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	house.line.jitter = 10 * MSEC;
	struct household *h = world_household(w, "alice", &house);
	uint16_t first = 0;
	unsigned moves = 0;
	world_run(w, 3 * SECOND);
	for (int i = 0; i < 60; i++) {
		sim_node_netcheck(&h->node, i == 0, world_now(w));
		world_run(w, 25 * SECOND);
		const struct netcheck_report *r = reach_netcheck_report(node_reach(h->node.node));
		world_expect(w, r && r->preferred != 0, "no preferred relay");
		if (!r)
			return;
		moves += first != 0 && r->preferred != first;
		first = r->preferred;
	}
	world_measure(w, "moves of home", moves);
	world_expect(w, moves == 0, "home moved %u times", moves);
}

/* The near relay goes, and comes back. */
static void netcheck_home_moves(struct world *w)
{
	struct sim_relay *near = world_relay(w, 0, NULL);
	world_relay(w, 40 * MSEC, NULL);
	struct household_config house = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household *h = world_household(w, "alice", &house);
	static const struct {
		bool near_runs;
		uint16_t preferred;
	} steps[] = {{true, 1}, {false, 2}, {true, 1}};
	world_run(w, 3 * SECOND);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		if (i > 0 && steps[i].near_runs)
			sim_relay_start(near, world_now(w));
		else if (i > 0)
			sim_relay_stop(near, world_now(w));
		world_run(w, 30 * SECOND);
		sim_node_netcheck(&h->node, true, world_now(w));
		world_run(w, 7 * SECOND);
		const struct netcheck_report *r = reach_netcheck_report(node_reach(h->node.node));
		world_expect(w, r && r->preferred == steps[i].preferred,
			     "step %zu: relay %u preferred", i, r ? r->preferred : 0u);
	}
}

const struct scenario scenarios_netcheck[] = {
	{"netcheck",
	 "the report is right behind NATs of every mapping, filtering, port and hairpin kind", 300,
	 netcheck_any_nat},
	{"netcheck-one-relay", "a relay with one address shows less, and nothing wrong", 100,
	 netcheck_one_relay},
	{"netcheck-open", "no NAT is seen where there is none", 50, netcheck_in_the_open},
	{"netcheck-ipv6", "both families are reported, and what stands before each", 100,
	 netcheck_ipv6},
	{"netcheck-nat66", "a NAT of IPv6 is reported like one of IPv4", 100, netcheck_nat66},
	{"netcheck-no-udp", "blocked UDP is reported within six seconds, without shouting", 50,
	 netcheck_no_udp},
	{"netcheck-lossy", "with loss an easy NAT is never called hard", 200, netcheck_lossy},
	{"netcheck-home-stays", "home does not flap between relays alike, whatever the jitter", 20,
	 netcheck_home_stays},
	{"netcheck-home-moves", "home follows a relay that goes and comes back", 20,
	 netcheck_home_moves},
	{0},
};

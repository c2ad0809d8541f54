/* Whether the measured lifetime of bindings is that of the NAT. */
#include "path/lifetime.h"
#include "sim/scenario.h"

#define LONGEST (180 * SECOND)

static bool is_measured(struct world *w)
{
	return reach_lifetime(node_reach(w->households[0].node.node), 4)->state != LIFETIME_RUNS &&
	       reach_lifetime(node_reach(w->households[0].node.node), 6)->state != LIFETIME_RUNS;
}

static const struct lifetime_report *measure(struct world *w, const struct household_config *cfg)
{
	struct household *h = world_household(w, "alice", cfg);
	for (size_t i = 0; i < cfg->nat.n_pool; i++)
		box_add_address(h->router, &cfg->nat.pool[i]);
	world_run(w, 3 * SECOND);
	sim_node_lifetime(&h->node, LONGEST, world_now(w));
	world_expect(w, world_wait(w, is_measured, 2 * LONGEST + 30 * SECOND), "it does not end");
	return reach_lifetime(node_reach(h->node.node), 4);
}

/* Every mapping, filtering and way to give ports: the method works with each. */
static struct nat_config nat_of(struct world *w, mono_ns timeout)
{
	return (struct nat_config){.mapping = (enum nat_scope)rng_below(&w->rng, 3),
				   .filtering = (enum nat_scope)rng_below(&w->rng, 3),
				   .ports = (enum nat_ports)rng_below(&w->rng, 4),
				   .timeout = timeout,
				   .inbound_refreshes = rng_below(&w->rng, 2)};
}

static void expect_between(struct world *w, const struct lifetime_report *r, mono_ns timeout,
			   mono_ns wide)
{
	world_expect(w, r->state == LIFETIME_MEASURED, "state %d", r->state);
	world_expect(w, r->alive < timeout, "found alive after %.1f s", (double)r->alive / SECOND);
	world_expect(w, r->dead >= timeout, "found dead after %.1f s", (double)r->dead / SECOND);
	world_expect(w, r->dead - r->alive <= wide, "found between %.1f and %.1f s",
		     (double)r->alive / SECOND, (double)r->dead / SECOND);
	world_measure(w, "datagrams", r->sent);
	world_measure(w, "took, s", (r->ended - r->began) / SECOND);
}

static void lifetime_any_nat(struct world *w)
{
	static const struct {
		mono_ns timeout, wide;
	} rows[] = {
		{10 * SECOND, 2 * SECOND}, {30 * SECOND, 3 * SECOND}, {120 * SECOND, 7 * SECOND}};
	size_t i = rng_below(&w->rng, ARRAY_LEN(rows));
	world_relay(w, rng_below(&w->rng, 20 * MSEC), NULL);
	struct household_config house = {.line = pair_line(w), .nat = nat_of(w, rows[i].timeout)};
	expect_between(w, measure(w, &house), rows[i].timeout, rows[i].wide);
}

static void lifetime_long(struct world *w)
{
	world_relay(w, 0, NULL);
	struct household_config house = {.line = pair_line(w), .nat = nat_of(w, 300 * SECOND)};
	const struct lifetime_report *r = measure(w, &house);
	world_expect(w, r->state == LIFETIME_MEASURED && r->dead == 0, "it died");
	world_expect(w, r->alive >= LONGEST, "alive only %.1f s", (double)r->alive / SECOND);
	world_measure(w, "datagrams", r->sent);
}

/* Lost questions and answers cost precision, and nothing else. */
static void lifetime_lossy(struct world *w)
{
	world_relay(w, 0, NULL);
	struct household_config house = {.line = pair_line(w), .nat = nat_of(w, 30 * SECOND)};
	house.line.loss_ppm = 20000;
	expect_between(w, measure(w, &house), 30 * SECOND, 26 * SECOND);
}

/* A firewall for IPv6 beside a NAT for IPv4, both with timers of their own. */
static void lifetime_ipv6(struct world *w)
{
	struct ip six = {0};
	struct sim_relay *relay = world_relay(w, 0, NULL);
	world_expect(w, ip_parse(&six, "2001:db8:ffff::1"), "no address");
	box_add_address(relay->box, &six);
	struct household_config house = {
		.line = pair_line(w), .nat = nat_of(w, 20 * SECOND), .ipv6 = true};
	expect_between(w, measure(w, &house), 20 * SECOND, 3 * SECOND);
	const struct lifetime_report *r6 =
		reach_lifetime(node_reach(w->households[0].node.node), 6);
	world_expect(w, r6->state == LIFETIME_MEASURED && r6->alive > 0, "IPv6: state %d",
		     r6->state);
}

/* Where sockets of one host get different outside addresses, one cannot ask for another.  The
 * report says so. */
static void lifetime_addresses(struct world *w)
{
	world_relay(w, 0, NULL);
	struct household_config house = {.line = pair_line(w), .nat = nat_of(w, 10 * SECOND)};
	for (uint8_t i = 0; i < 4; i++)
		house.nat.pool[house.nat.n_pool++] = ip_v4(198, 18, 77, i);
	const struct lifetime_report *r = measure(w, &house);
	world_expect(w, r->state == LIFETIME_ADDRESSES || r->state == LIFETIME_MEASURED, "state %d",
		     r->state);
	world_measure(w, "measured", r->state == LIFETIME_MEASURED);
	world_expect(w, r->alive < 10 * SECOND && (r->dead == 0 || r->dead >= 10 * SECOND),
		     "found what is wrong");
}

/* Paths are kept warm by the measured lifetime, until the network changes. */
static void lifetime_is_used(struct world *w)
{
	struct household_config house = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	house.nat.timeout = 10 * SECOND;
	struct pair p = pair_build(w, &house, &house);
	struct node_peer_status st;
	pair_talk(&p);
	pair_wait_direct(&p, 5 * SECOND);
	world_expect(w, sim_node_peer_status(&p.alice->node, &p.bob->node, world_now(w), &st),
		     "no status");
	world_expect(w, st.path.rest == LIFETIME_ASSUMED, "rests %.1f s before",
		     (double)st.path.rest / SECOND);
	sim_node_lifetime(&p.alice->node, 60 * SECOND, world_now(w));
	world_expect(w, world_wait(w, is_measured, 150 * SECOND), "it does not end");
	world_expect(w, sim_node_peer_status(&p.alice->node, &p.bob->node, world_now(w), &st),
		     "no status");
	world_expect(w, st.path.rest >= 5 * SECOND && st.path.rest <= 7 * SECOND, "rests %.1f s",
		     (double)st.path.rest / SECOND);
	world_expect(w, world_is_direct(w, p.alice, p.bob), "not direct any more");
	sim_reach_link_changed(&p.alice->node.net, world_now(w));
	world_expect(w, reach_lifetime(node_reach(p.alice->node.node), 4)->state == LIFETIME_NONE,
		     "it is not forgotten");
	world_expect(w, sim_node_peer_status(&p.alice->node, &p.bob->node, world_now(w), &st),
		     "no status");
	world_expect(w, st.path.rest == LIFETIME_ASSUMED, "rests %.1f s after",
		     (double)st.path.rest / SECOND);
}

static void lifetime_no_udp(struct world *w)
{
	world_relay(w, 0, NULL);
	struct household_config house = {
		.line = pair_line(w), .nat = nat_of(w, 10 * SECOND), .blocks_udp = true};
	const struct lifetime_report *r = measure(w, &house);
	world_expect(w, r->state == LIFETIME_SILENT && r->sent < 20, "state %d, %u datagrams",
		     r->state, r->sent);
}

const struct scenario scenarios_lifetime[] = {
	{"lifetime", "lifetimes of 10, 30 and 120 s are found, whatever else the NAT does", 100,
	 lifetime_any_nat},
	{"lifetime-long", "a NAT that keeps bindings for long is not called short", 30,
	 lifetime_long},
	{"lifetime-lossy", "with loss the lifetime is found less exactly, but never wrong", 100,
	 lifetime_lossy},
	{"lifetime-ipv6", "both families are measured", 30, lifetime_ipv6},
	{"lifetime-addresses", "where it cannot be measured nothing wrong is said", 30,
	 lifetime_addresses},
	{"lifetime-used", "what was measured is what paths are kept warm by", 30, lifetime_is_used},
	{"lifetime-no-udp", "blocked UDP is noticed soon, without shouting", 20, lifetime_no_udp},
	{0},
};

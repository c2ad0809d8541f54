/* NATs that give each destination another mapping, where plain probing fails. */
#include "sim/scenario.h"

static struct nat_config hard_nat(struct world *w, enum nat_ports ports)
{
	struct nat_config nat = pair_easy_nat(w);
	nat.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT;
	nat.ports = ports;
	nat.port_step = (uint16_t)(1 + rng_below(&w->rng, 4));
	nat.port_block = (uint16_t)(128 << rng_below(&w->rng, 3));
	return nat;
}

/* With two relays each side sees whether its mapping varies; with one relay it does not. */
static struct pair build(struct world *w, const struct nat_config *alice,
			 const struct nat_config *bob, unsigned relays)
{
	struct household_config a = {.line = pair_line(w), .nat = *alice},
				b = {.line = pair_line(w), .nat = *bob};
	for (unsigned i = 0; i < relays; i++)
		(void)world_relay(w, 0, NULL);
	struct household *one = world_household(w, "alice", &a),
			 *other = world_household(w, "bob", &b);
	struct pair p = pair_of(w, one, other, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	return p;
}

static void direct_within(struct pair *p, mono_ns at_most)
{
	struct world *w = p->w;
	mono_ns start = world_now(w);
	pair_talk(p);
	pair_wait_direct(p, at_most);
	world_measure(w, "direct after, ms", (world_now(w) - start) / MSEC);
	world_measure(w, "probes of alice",
		      reach_paths_stats(node_reach(p->alice->node.node))->hard_sent);
	world_measure(w, "probes of bob",
		      reach_paths_stats(node_reach(p->bob->node.node))->hard_sent);
	pair_stays_direct(p, start);
	world_measure(w, "sockets left", p->alice->node.net.n_sockets + p->bob->node.net.n_sockets);
	world_expect(w, p->alice->node.net.n_sockets + p->bob->node.net.n_sockets <= 32,
		     "%zu sockets stay open",
		     p->alice->node.net.n_sockets + p->bob->node.net.n_sockets);
}

static void against_easy(struct world *w, enum nat_ports ports, unsigned relays, mono_ns at_most)
{
	struct nat_config alice = hard_nat(w, ports), bob = pair_easy_nat(w);
	bool swap = rng_below(&w->rng, 2);
	struct pair p = build(w, swap ? &bob : &alice, swap ? &alice : &bob, relays);
	direct_within(&p, at_most);
}

/* One attempt in a thousand fails; the next is a minute later. */
static void random_to_easy(struct world *w)
{
	against_easy(w, NAT_PORT_RANDOM, 2, 120 * SECOND);
}

static void random_to_easy_unknown(struct world *w)
{
	against_easy(w, NAT_PORT_RANDOM, 1, 120 * SECOND);
}

static void counting_to_easy(struct world *w)
{
	against_easy(w, NAT_PORT_SEQUENTIAL, 1 + (unsigned)rng_below(&w->rng, 2), 5 * SECOND);
}

static void block_to_easy(struct world *w)
{
	against_easy(w, NAT_PORT_BLOCK, 1 + (unsigned)rng_below(&w->rng, 2), 5 * SECOND);
}

static void both_hard(struct world *w, enum nat_ports one, enum nat_ports other, mono_ns at_most)
{
	struct nat_config alice = hard_nat(w, one), bob = hard_nat(w, other);
	struct pair p = build(w, &alice, &bob, 1 + (unsigned)rng_below(&w->rng, 2));
	direct_within(&p, at_most);
}

static void both_count(struct world *w)
{
	both_hard(w, NAT_PORT_SEQUENTIAL, NAT_PORT_SEQUENTIAL, 5 * SECOND);
}

/* One side's switch is enough: the other side sends nothing but questions. */
static void switched_off(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = hard_nat(w, NAT_PORT_RANDOM)};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	alice.no_hard = rng_below(&w->rng, 2);
	bob.no_hard = !alice.no_hard || rng_below(&w->rng, 2);
	struct pair p = pair_build(w, &alice, &bob);
	pair_talk(&p);
	world_run(w, 60 * SECOND);
	pair_hush(&p);
	const struct paths_stats *a = reach_paths_stats(node_reach(p.alice->node.node));
	const struct paths_stats *b = reach_paths_stats(node_reach(p.bob->node.node));
	world_expect(w, a->hard_sent == 0 && b->hard_sent == 0, "probes without agreement");
	world_expect(w, a->extensions_sent <= 4 && b->extensions_sent <= 4,
		     "it asks again and again");
	world_expect(w, p.alice->direct_at == MONO_NEVER && p.bob->direct_at == MONO_NEVER,
		     "a path that cannot be was chosen");
}

/* The path that was found is kept alive as any other is, and found anew when the NAT forgets. */
static void lives_on(struct world *w)
{
	struct nat_config alice = hard_nat(w, NAT_PORT_SEQUENTIAL), bob = pair_easy_nat(w);
	struct pair p = build(w, &alice, &bob, 2);
	mono_ns start = world_now(w);
	pair_talk(&p);
	pair_wait_direct(&p, 5 * SECOND);
	world_run(w, 180 * SECOND);
	world_expect(w, world_is_direct(w, p.alice, p.bob),
		     "the path did not live for three minutes");
	world_expect(w, pair_gap(&p, start, world_now(w) - SECOND) <= SECOND, "silent for %.0f ms",
		     (double)pair_gap(&p, start, world_now(w) - SECOND) / (double)MSEC);
	/* The socket in use, and those that the peer keeps warm as second paths. */
	world_expect(w, p.alice->node.net.n_sockets <= 4, "%zu sockets stay open",
		     p.alice->node.net.n_sockets);
	household_flush(p.alice);
	world_run(w, SECOND);
	mono_ns again = world_now(w);
	pair_wait_direct(&p, 30 * SECOND);
	world_measure(w, "direct again after, ms", (world_now(w) - again) / MSEC);
	pair_hush(&p);
}

const struct scenario scenarios_hard[] = {
	{"hard-random", "random ports against easy: direct by birthday probing", 40,
	 random_to_easy},
	{"hard-random-unknown", "the same when no side knows whether its mapping varies", 40,
	 random_to_easy_unknown},
	{"hard-counts", "a counting NAT against easy: direct within 5 s", 200, counting_to_easy},
	{"hard-block", "a block of ports against easy: direct within 5 s", 200, block_to_easy},
	{"hard-both-count", "two counting NATs: direct within 5 s", 200, both_count},
	{"hard-off", "switched off on one side, nothing is probed", 40, switched_off},
	{"hard-lives", "the way that was found is kept alive, and found again", 40, lives_on},
	{0},
};

/* Hard NATs where an attempt needs luck, or where we may take only so much.  What must hold however
 * an attempt ends, and that attempts go on until one works. */
#include "sim/places.h"
#include "sim/scenario.h"

#define HARD "mapping=address-and-port-dependent filtering=address-and-port-dependent "
#define EASY "mapping=endpoint-independent filtering=address-and-port-dependent "

static const struct place house = {"home", "an easy NAT", EASY "ports=preserve", .addresses = 1};
static const struct place random_ports = {"random", "random ports", HARD "ports=random",
					  .addresses = 1};

static struct pair build(struct world *w, const struct place *one, const struct place *other,
			 unsigned relays)
{
	struct household *households[2];
	struct link_config line = pair_line(w);
	bool swap = rng_below(&w->rng, 2);
	for (unsigned i = 0; i < relays; i++)
		(void)world_relay(w, 0, NULL);
	places_build(w, swap ? other : one, swap ? one : other, &line, households);
	struct pair p = pair_of(w, households[0], households[1], PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	return p;
}

/* The traffic is direct in the end, nothing was lost, and how many attempts it took. */
static void direct_at_last(struct pair *p, mono_ns at_most)
{
	struct world *w = p->w;
	mono_ns start = world_now(w);
	pair_talk(p);
	pair_wait_direct(p, at_most);
	world_measure(w, "direct after, ms", (world_now(w) - start) / MSEC);
	world_measure(w, "attempts",
		      reach_paths_stats(node_reach(p->alice->node.node))->hard_attempts);
	pair_stays_direct(p, start);
}

/* With one relay a host below a carrier NAT sees a block of ports.  It must find out by itself that
 * probing takes none of the block. */
static void carrier_and_one_relay(struct world *w)
{
	static const char *const others[] = {"hard-random", "ipv6-firewall", "two-uplinks"};
	struct pair p =
		build(w, place_find("carrier"), place_find(others[rng_below(&w->rng, 3)]), 1);
	direct_at_last(&p, 300 * SECOND);
}

static void pool(struct world *w)
{
	struct pair p = build(w, place_find("hard-pool"), place_find("port-restricted"),
			      1 + (unsigned)rng_below(&w->rng, 2));
	direct_at_last(&p, 900 * SECOND);
}

/* The easy side's router has room for 1024 mappings, and is full before all probes are sent. */
static void small_table(struct world *w)
{
	static const struct place small = {"small", "a small table",
					   HARD "ports=overload mappings-max=1024", .addresses = 1};
	struct pair p = build(w, &random_ports, &small, 2);
	direct_at_last(&p, 900 * SECOND);
}

/* IPv6 only, and a NAT64 that is hard. */
static void nat64_is_hard(struct world *w)
{
	static const char *const ports[] = {HARD "ports=random", HARD "ports=sequential",
					    HARD "ports=block"};
	const struct place place = {"nat64",
				    "a hard NAT64",
				    NULL,
				    .addresses = 1,
				    .nat64 = ports[rng_below(&w->rng, 3)],
				    .wall6 = "translate=no"};
	struct pair p = build(w, &place, &house, 2);
	direct_at_last(&p, 300 * SECOND);
}

/* --- blocks --- */

enum {
	BLOCK = 512,
	USUAL = 24 /* ports of a block for all but the attempt: relay, STUN, plain probes */
};

static uint32_t ports_of(const struct household *h)
{
	return nat_stats(h->router->nat4)->mappings;
}

/* Runs until both are direct, at most so long.  Meanwhile at most about half of each block may be
 * in use. */
static bool draw(struct pair *p, mono_ns at_most, bool alice_too)
{
	struct world *w = p->w;
	uint32_t most = 0;
	for (mono_ns end = world_now(w) + at_most; world_now(w) < end && !w->fault[0];
	     world_run(w, SECOND)) {
		uint32_t a = alice_too ? ports_of(p->alice) : 0, b = ports_of(p->bob);
		most = a > most ? a : most;
		most = b > most ? b : most;
		if (world_is_direct(w, p->alice, p->bob))
			break;
	}
	world_measure(w, "ports of a block, most", most);
	world_expect(w, most <= BLOCK / 2 + BLOCK / 4 + USUAL,
		     "%u ports of a block of 512 are taken", most);
	return world_is_direct(w, p->alice, p->bob);
}

static void with_block(struct world *w, const char *one)
{
	struct household *households[2];
	struct link_config line = pair_line(w);
	world_relay(w, 0, NULL);
	world_relay(w, 0, NULL);
	places_build(w, place_find(one), place_find("hard-blocks"), &line, households);
	struct pair p = pair_of(w, households[0], households[1], PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns start = world_now(w);
	pair_talk(&p);
	bool direct = draw(&p, 3600 * SECOND, one[5] == 'b');
	world_measure(w, "direct within the hour", direct);
	world_measure(w, "direct after, s", (world_now(w) - start) / SECOND);
	world_measure(w, "attempts",
		      reach_paths_stats(node_reach(p.bob->node.node))->hard_attempts);
	pair_hush(&p);
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
	world_expect(w, nat_stats(p.bob->router->nat4)->refused_full == 0, "a block was emptied");
}

static void block_and_block(struct world *w)
{
	with_block(w, "hard-blocks");
}

static void counting_and_block(struct world *w)
{
	with_block(w, "hard-sequential");
}

/* --- several peers --- */

static struct nat_config nat_of(struct world *w, const char *words)
{
	struct nat_config nat = {.inbound_refreshes = rng_below(&w->rng, 2),
				 .port_first = (uint16_t)(1024 + rng_below(&w->rng, 50000)),
				 .mappings_max = 16384};
	world_expect(w, nat_set_all(&nat, words), "wrong words: %s", words);
	return nat;
}

/* One host and four peers behind hard NATs, all at the same time: they share what the host may send
 * (budget.h checks that). */
static void four_peers(struct world *w)
{
	enum { PEERS = 4 };
	static const char *const ours[] = {EASY "ports=preserve", HARD "ports=block",
					   HARD "ports=random"};
	static const char *const names[PEERS] = {"bob", "carol", "dave", "erin"};
	uint64_t kind = rng_below(&w->rng, 3);
	struct household_config cfg = {.line = pair_line(w), .nat = nat_of(w, ours[kind])};
	struct household *alice, *peers[PEERS];
	uint32_t direct = 0, most = 0;
	world_relay(w, 0, NULL);
	world_relay(w, 0, NULL);
	alice = world_household(w, "alice", &cfg);
	for (int i = 0; i < PEERS; i++) {
		bool easy = kind != 0 && i % 2 == 0;
		const char *words = easy ? EASY "ports=preserve" : HARD "ports=random";
		struct household_config other = {.line = pair_line(w), .nat = nat_of(w, words)};
		peers[i] = world_household(w, names[i], &other);
		world_know(w, alice, peers[i]);
	}
	for (int i = 0; i < PEERS; i++)
		traffic_start(world_traffic(w, alice, peers[i], PAIR_PACE), world_now(w));
	for (int i = 0; i < 600 && !w->fault[0]; i++) {
		world_run(w, SECOND);
		most = ports_of(alice) > most ? ports_of(alice) : most;
	}
	for (int i = 0; i < PEERS; i++)
		direct += world_is_direct(w, alice, peers[i]);
	world_measure(w, "peers that are direct", direct);
	world_measure(w, "mappings of alice, most", most);
	world_measure(w, "probes of alice",
		      reach_paths_stats(node_reach(alice->node.node))->hard_sent);
	world_expect(w, direct >= (kind == 0 ? PEERS : PEERS / 2), "%u of 4 peers are direct",
		     direct);
	if (kind == 1)
		world_expect(w, most <= BLOCK / 2 + BLOCK / 4 + USUAL,
			     "%u ports of a block are taken", most);
}

/* --- silence --- */

static void count_datagram(void *self, const struct box *at, const struct net_datagram *d,
			   enum net_fate fate, mono_ns now)
{
	if (d->dst.port != 5351) /* to a gateway, about port mappings */
		++*(uint64_t *)self;
}

/* During an attempt, between two, or on a path that one found: 45 s after the last packet all
 * ends. */
static void silence(struct world *w)
{
	static const char *const others[] = {"port-restricted", "hard-random", "hard-blocks",
					     "hard-pool"};
	struct pair p =
		build(w, place_find("hard-random"), place_find(others[rng_below(&w->rng, 4)]), 2);
	uint64_t datagrams = 0;
	pair_talk(&p);
	world_run(w, rng_below(&w->rng, 40 * SECOND));
	pair_hush(&p);
	/* After a new session the node's own message follows 5 s later, and WireGuard's keepalive
	 * 10 s after that. */
	world_run(w, 66 * SECOND);
	w->net.watch = count_datagram;
	w->net.watch_self = &datagrams;
	world_run(w, 900 * SECOND);
	w->net.watch = NULL;
	world_expect(w, datagrams == 0, "%llu datagrams for a silent peer",
		     (unsigned long long)datagrams);
}

const struct scenario scenarios_hard_odds[] = {
	{"hard-carrier", "below a carrier NAT, with one relay, against random ports: direct", 40,
	 carrier_and_one_relay},
	{"hard-pool", "random ports on four addresses against easy: direct after a few attempts",
	 40, pool},
	{"hard-small-table", "a router with little room: direct all the same", 40, small_table},
	{"hard-nat64", "a hard NAT64 against easy: direct", 40, nat64_is_hard},
	{"hard-both-block",
	 "two blocks of ports: drawn again and again, and never more than half is taken", 20,
	 block_and_block},
	{"hard-count-block", "a counting NAT against a block of ports: the same", 20,
	 counting_and_block},
	{"hard-peers", "four peers behind hard NATs share the budgets of one host", 9, four_peers},
	{"hard-silence", "nothing of all this is sent when nobody has spoken for 45 s", 40,
	 silence},
	{0},
};

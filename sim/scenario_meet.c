/* How two nodes find each other: the first packet, easy NATs, hard ones, none, and blocked UDP. */
#include "sim/scenario.h"

/* Initiation, response and packet each go through the relay once. */
static void first_packet(struct world *w)
{
	struct pair p = pair_easy(w);
	mono_ns start = world_now(w);
	traffic_send(p.there, start);
	world_run(w, 5 * SECOND);
	mono_ns arrived = traffic_first_arrival(p.there, start, false);
	world_expect(w, arrived != MONO_NEVER, "the first packet never arrived");
	world_measure(w, "first packet, ms", (arrived - start) / MSEC);
	world_expect(w, arrived - start <= PAIR_RTT + PAIR_RTT / 2 + 20 * MSEC,
		     "the first packet took %.0f ms", (double)(arrived - start) / (double)MSEC);
	world_expect(w, p.there->v[0].how.kind == WAY_RELAY,
		     "the first packet did not come by the relay");
}

/* The same when alice's program has just started: dialling the relay and its handshake add to it.
 */
static void first_packet_cold(struct world *w)
{
	struct pair p = pair_easy(w);
	sim_node_stop(&p.alice->node, world_now(w));
	world_run(w, SECOND);
	mono_ns start = world_now(w);
	sim_node_start(&p.alice->node, start);
	traffic_send(p.there, start);
	world_run(w, 10 * SECOND);
	mono_ns arrived = traffic_first_arrival(p.there, start, false);
	world_measure(w, "first packet, ms", (arrived - start) / MSEC);
	mono_ns dial = (sim_relay_round_trips(p.relay) + 2) * PAIR_RELAY_RTT;
	world_expect(w,
		     arrived != MONO_NEVER &&
			     arrived - start <= dial + PAIR_RTT + PAIR_RTT / 2 + 20 * MSEC,
		     "the first packet took %.0f ms", (double)(arrived - start) / (double)MSEC);
}

static void easy_to_easy(struct world *w)
{
	struct pair p = pair_easy(w);
	mono_ns start = world_now(w);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_measure(w, "direct after, ms", (world_now(w) - start) / MSEC);
	world_run(w, 10 * SECOND);
	pair_hush(&p);
	world_measure(w, "lost", pair_lost(&p, start, MONO_NEVER));
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost on the way up",
		     pair_lost(&p, start, MONO_NEVER));
	world_expect(w, world_is_direct(w, p.alice, p.bob), "not direct any more after 10 s");
	world_expect(w, p.alice->moves <= 2 && p.bob->moves <= 2, "moved %u and %u times",
		     p.alice->moves, p.bob->moves);
}

/* One packet a second from one side only. */
static void sparse_and_one_way(struct world *w)
{
	struct pair p = pair_easy(w);
	mono_ns start = world_now(w);
	p.there->interval = SECOND;
	traffic_start(p.there, start);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 60 * SECOND);
	pair_hush(&p);
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
	world_expect(w, p.alice->doubts == 0 && p.bob->doubts == 0,
		     "a good path was doubted %u and %u times", p.alice->doubts, p.bob->doubts);
}

static void quiet_then_again(struct world *w)
{
	struct pair p = pair_easy(w);
	mono_ns start = world_now(w);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	pair_hush(&p);
	world_run(w, 60 * SECOND + rng_below(&w->rng, 900 * SECOND));
	mono_ns again = world_now(w);
	pair_talk(&p);
	world_run(w, 3 * SECOND);
	pair_wait_direct(&p, 2 * SECOND);
	pair_hush(&p);
	world_measure(w, "lost at the new start", pair_lost(&p, again, MONO_NEVER));
	world_expect(w, pair_gap(&p, again, world_now(w) - 2 * SECOND) <= SECOND,
		     "silent for %.0f ms",
		     (double)pair_gap(&p, again, world_now(w) - 2 * SECOND) / (double)MSEC);
	world_expect(w, pair_lost(&p, start, again) == 0, "packets lost before");
}

static struct nat_config any_nat(struct world *w)
{
	struct nat_config nat = pair_easy_nat(w);
	nat.mapping = (enum nat_scope)rng_below(&w->rng, 3);
	nat.filtering = (enum nat_scope)rng_below(&w->rng, 3);
	nat.ports = (enum nat_ports)rng_below(&w->rng, 3);
	nat.hairpin = (enum nat_hairpin)rng_below(&w->rng, 3);
	return nat;
}

/* Direct where both mappings are endpoint-independent.  Where one is hard, traffic must flow at
 * least. */
static void any_to_any(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = any_nat(w)};
	struct household_config bob = {.line = pair_line(w), .nat = any_nat(w)};
	struct pair p = pair_build(w, &alice, &bob);
	mono_ns start = world_now(w);
	pair_talk(&p);
	if (alice.nat.mapping == NAT_ENDPOINT_INDEPENDENT &&
	    bob.nat.mapping == NAT_ENDPOINT_INDEPENDENT)
		pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 15 * SECOND);
	pair_hush(&p);
	world_measure(w, "direct", world_is_direct(w, p.alice, p.bob));
	world_measure(w, "lost", pair_lost(&p, start, MONO_NEVER));
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
	world_expect(w, p.alice->moves <= 4 && p.bob->moves <= 4, "moved %u and %u times",
		     p.alice->moves, p.bob->moves);
}

/* One NAT is hard and one is easy; both filter by port: plain probing fails. */
static void hard_stays_on_the_relay(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	bob.nat.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT;
	bob.nat.ports = NAT_PORT_RANDOM;
	/* Other scenarios cross such pairs.  With that switched off, there is no direct way. */
	alice.no_hard = rng_below(&w->rng, 2);
	bob.no_hard = !alice.no_hard || rng_below(&w->rng, 2);
	struct pair p = pair_build(w, &alice, &bob);
	mono_ns start = world_now(w);
	pair_talk(&p);
	world_run(w, 30 * SECOND);
	pair_hush(&p);
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
	world_expect(w, p.alice->direct_at == MONO_NEVER && p.bob->direct_at == MONO_NEVER,
		     "a path that cannot be was chosen");
}

static void udp_blocked(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .blocks_udp = true};
	struct pair p = pair_build(w, &alice, &bob);
	mono_ns start = world_now(w);
	pair_talk(&p);
	world_run(w, 30 * SECOND);
	pair_hush(&p);
	size_t lost = pair_lost(&p, start, MONO_NEVER);
	world_expect(w, lost == 0, "%zu packets lost", lost);
	world_expect(w, p.there->n > 1400 && p.back->n > 1400, "the streams did not run");
	world_expect(w, p.alice->direct_at == MONO_NEVER && p.bob->direct_at == MONO_NEVER,
		     "a path that cannot be was chosen");
	/* Attempts in vain are bounded: where UDP is blocked a node sends little. */
	world_measure(w, "blocked datagrams", w->net.fates[NET_BLOCKED]);
	world_expect(w, w->net.fates[NET_BLOCKED] < 600, "%llu datagrams against the wall",
		     (unsigned long long)w->net.fates[NET_BLOCKED]);
}

/* Direct within 2 s of the first packet, and none is lost. */
static void expect_direct_and_whole(struct pair *p)
{
	mono_ns start = world_now(p->w);
	pair_talk(p);
	pair_wait_direct(p, 2 * SECOND);
	world_run(p->w, 5 * SECOND);
	pair_hush(p);
	world_expect(p->w, pair_lost(p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(p, start, MONO_NEVER));
}

static void ipv6_to_ipv6(struct world *w)
{
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	house.nat.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT; /* IPv4 is hard on both sides */
	struct pair p = pair_build(w, &house, &house);
	expect_direct_and_whole(&p);
	world_expect(w, p.there->v[p.there->n - 1].how.ep.ip.family == 6, "not by IPv6");
}

static void one_in_the_open(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = any_nat(w)};
	struct household_config bob = {.line = pair_line(w), .no_nat = true};
	struct pair p = pair_build(w, &alice, &bob);
	expect_direct_and_whole(&p);
}

const struct scenario scenarios_meet[] = {
	{"first-packet", "goes through the relay in one and a half round trips, handshake included",
	 200, first_packet},
	{"first-packet-cold", "waits for nothing but the relay when the node has just started", 200,
	 first_packet_cold},
	{"easy-to-easy", "direct within 2 s of the first packet, and none is lost", 200,
	 easy_to_easy},
	{"sparse", "one packet a second one way: direct, and never doubted", 200,
	 sparse_and_one_way},
	{"quiet", "after minutes without traffic it flows at once", 200, quiet_then_again},
	{"any-to-any", "works between NATs of any kind; direct where both are easy", 300,
	 any_to_any},
	{"hard", "a pair without a plain way stays on the relay and loses nothing", 200,
	 hard_stays_on_the_relay},
	{"udp-blocked", "stays on the relay, loses nothing, does not shout", 200, udp_blocked},
	{"ipv6", "two firewalls are crossed where IPv4 is hard", 200, ipv6_to_ipv6},
	{"open", "a host in the open is reached from behind any NAT", 200, one_in_the_open},
	{0},
};

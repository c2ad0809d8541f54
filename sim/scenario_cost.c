/* What paths cost: how many probes, and what is sent without traffic. */
#include "sim/places.h"
#include "sim/scenario.h"
#include "wire/pcp.h"
#include "wire/stun.h"

enum { BEATS_A_MINUTE = 20 };

static uint64_t probes_of(const struct household *h)
{
	return reach_paths_stats(node_reach(h->node.node))->pings_sent;
}

/* Over a minute in which nothing is lost, each side sends at most one probe every 3 s. */
static void expect_few_probes(struct pair *p, mono_ns interval, bool both_ways)
{
	p->there->interval = p->back->interval = interval;
	traffic_start(p->there, world_now(p->w));
	if (both_ways)
		traffic_start(p->back, world_now(p->w));
	pair_wait_direct(p, 2 * SECOND + interval);
	world_run(p->w, 5 * SECOND);
	uint64_t alice = probes_of(p->alice), bob = probes_of(p->bob);
	world_run(p->w, 60 * SECOND);
	alice = probes_of(p->alice) - alice;
	bob = probes_of(p->bob) - bob;
	world_measure(p->w, "probes in a minute, there", alice);
	world_measure(p->w, "probes in a minute, back", bob);
	world_expect(p->w, alice <= BEATS_A_MINUTE + 1 && bob <= BEATS_A_MINUTE + 1,
		     "%llu and %llu probes in a minute", (unsigned long long)alice,
		     (unsigned long long)bob);
	world_expect(p->w, p->alice->doubts + p->bob->doubts == 0, "a good path was doubted");
}

static void cost_of_a_stream(struct world *w)
{
	static const mono_ns paces[] = {5 * MSEC,   20 * MSEC,  100 * MSEC,
					300 * MSEC, 450 * MSEC, SECOND};
	struct pair p = pair_easy(w);
	expect_few_probes(&p, paces[rng_below(&w->rng, ARRAY_LEN(paces))],
			  rng_below(&w->rng, 4) == 0);
}

static void count_datagram(void *self, const struct box *at, const struct net_datagram *d,
			   enum net_fate fate, mono_ns now)
{
	++*(uint64_t *)self;
}

/* From 45 s after the last packet on, neither side sends a datagram. */
static void cost_of_silence(struct world *w)
{
	struct pair p = pair_easy(w);
	uint64_t datagrams = 0;
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 10 * SECOND);
	pair_hush(&p);
	/* WireGuard's own keepalive, 10 s after the last packet, may be the last datagram. */
	world_run(w, 56 * SECOND);
	w->net.watch = count_datagram;
	w->net.watch_self = &datagrams;
	world_run(w, 900 * SECOND);
	w->net.watch = NULL;
	world_expect(w, datagrams == 0, "%llu datagrams for a silent peer",
		     (unsigned long long)datagrams);
}

/* The seeds go through all pairs of places. */
static struct pair pair_of_places(struct world *w, mono_ns pace)
{
	size_t n = places_count(), a = 0, b = (size_t)(w->seed - 1) % (n * (n + 1) / 2);
	struct link_config line = pair_line(w);
	struct household *households[2];
	for (; b >= n - a; a++)
		b -= n - a;
	(void)world_relay(w, 0, NULL);
	(void)world_relay(w, 0, NULL);
	places_build(w, &places[a], &places[a + b], &line, households);
	struct pair p = pair_of(w, households[0], households[1], pace);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	return p;
}

/* STUN and port mappings are costs of the host, whatever its peers. */
static void count_peers_datagram(void *self, const struct box *at, const struct net_datagram *d,
				 enum net_fate fate, mono_ns now)
{
	static const uint16_t services[] = {STUN_PORT, SIM_RELAY_STUN_PORT2, PCP_PORT};
	for (size_t i = 0; i < ARRAY_LEN(services); i++)
		if (d->src.port == services[i] || d->dst.port == services[i])
			return;
	++*(uint64_t *)self;
}

static uint64_t relayed_by(const struct household *h)
{
	struct relay_client_status s;
	uint64_t n = 0;
	for (int region = 1; region <= SIM_RELAYS_MAX; region++)
		n += reach_relay_status(node_reach(h->node.node), (uint16_t)region, &s)
			     ? s.tx_packets
			     : 0;
	return n;
}

/* Neither side sends anything to the peer, by UDP or through a relay. */
static void silence_anywhere(struct world *w)
{
	struct pair p = pair_of_places(w, 100 * MSEC);
	uint64_t datagrams = 0;
	pair_talk(&p);
	world_run(w, 10 * SECOND + rng_below(&w->rng, 60 * SECOND));
	pair_hush(&p);
	world_run(w, 56 * SECOND);
	uint64_t relayed = relayed_by(p.alice) + relayed_by(p.bob);
	w->net.watch = count_peers_datagram;
	w->net.watch_self = &datagrams;
	world_run(w, 900 * SECOND);
	w->net.watch = NULL;
	relayed = relayed_by(p.alice) + relayed_by(p.bob) - relayed;
	world_expect(w, datagrams == 0 && relayed == 0,
		     "%llu datagrams and %llu by relay for a silent peer",
		     (unsigned long long)datagrams, (unsigned long long)relayed);
}

/* One way only.  What is lost after the cut shows how soon the silence is noticed. */
static void cut_under_a_one_way_stream(struct world *w)
{
	struct pair p = pair_easy(w);
	traffic_start(p.there, world_now(w));
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 5 * SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns cut = world_now(w);
	household_flush(p.alice);
	household_flush(p.bob);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	mono_ns gap = traffic_longest_gap(p.there, cut - SECOND, cut + 4 * SECOND);
	world_measure(w, "longest silence, ms", gap / MSEC);
	world_expect(w, gap <= SECOND, "nothing arrived for %.0f ms", (double)gap / (double)MSEC);
}

static void expect_thrift(struct pair *p, const struct household *h, mono_ns time, uint64_t before)
{
	uint64_t probes = probes_of(h) - before, most = time / (3 * SECOND);
	world_measure(p->w, "probes in half an hour", probes);
	world_expect(p->w, probes <= most, "%s sent %llu probes in half an hour", h->node.name,
		     (unsigned long long)probes);
}

/* At its beginning the search may cost more.  After an hour a relayed peer costs as little as a
 * direct one. */
static void cost_anywhere(struct world *w)
{
	struct pair p = pair_of_places(w, SECOND);
	const mono_ns time = 1800 * SECOND;
	traffic_start(p.there, world_now(w));
	world_run(w, rng_below(&w->rng, SECOND));
	traffic_start(p.back, world_now(w));
	world_run(w, 3600 * SECOND);
	uint64_t alice = probes_of(p.alice), bob = probes_of(p.bob);
	world_measure(w, "probes in the first hour", alice > bob ? alice : bob);
	world_run(w, time);
	expect_thrift(&p, p.alice, time, alice);
	expect_thrift(&p, p.bob, time, bob);
}

/* A hard NAT against an easy one, and a line between them that swallows everything: each attempt
 * fails. */
static void cost_in_vain(struct world *w)
{
	struct household_config easy = {.line = pair_line(w), .nat = pair_easy_nat(w)}, hard = easy;
	hard.nat.mapping = NAT_ADDRESS_AND_PORT_DEPENDENT;
	hard.nat.ports = NAT_PORT_RANDOM;
	struct pair p = pair_build(w, &hard, &easy);
	const mono_ns time = 16 * 3600 * SECOND;
	world_cut(w, p.alice, p.bob);
	world_cut(w, p.bob, p.alice);
	p.there->interval = p.back->interval = 10 * SECOND;
	pair_talk(&p);
	world_run(w, time);
	uint64_t before[2] = {probes_of(p.alice), probes_of(p.bob)};
	world_run(w, time);
	uint64_t alice = probes_of(p.alice) - before[0], bob = probes_of(p.bob) - before[1];
	world_measure(w, "probes an hour, of the first 16", mono_max(before[0], before[1]) / 16);
	world_measure(w, "probes an hour, of the next 16", mono_max(alice, bob) / 16);
	world_expect(w, mono_max(alice, bob) <= time / (3 * SECOND),
		     "%llu and %llu probes in 16 hours", (unsigned long long)alice,
		     (unsigned long long)bob);
}

const struct scenario scenarios_cost[] = {
	{"cost-stream", "a stream on a good path costs at most one probe in 3 s, one way or both",
	 200, cost_of_a_stream},
	{"cost-anywhere", "after an hour the same, whatever the two places, direct or relayed", 231,
	 cost_anywhere},
	{"cost-in-vain", "the same in the long run, where all that is tried is in vain", 10,
	 cost_in_vain},
	{"cost-silence", "a peer that has been silent for 45 s costs nothing at all", 50,
	 cost_of_silence},
	{"silence-anywhere", "the same, whatever the two places", 231, silence_anywhere},
	{"cut-one-way", "a one-way stream whose path is cut goes on within 1 s", 200,
	 cut_under_a_one_way_stream},
	{0},
};

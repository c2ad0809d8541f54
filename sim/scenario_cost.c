/* What paths cost: how many probes, and what goes out when nobody speaks. */
#include "sim/scenario.h"

enum { BEATS_A_MINUTE = 20 };

static uint64_t probes_of(const struct home *h)
{
	return node_paths_stats(h->node.node)->pings_sent;
}

/* At most one probe each 3 s from either side, over a minute in which nothing is lost. */
static void expect_few_probes(struct pair *p, mono_ns interval, bool both_ways)
{
	p->there->interval = p->back->interval = interval;
	stream_start(p->there, world_now(p->w));
	if (both_ways)
		stream_start(p->back, world_now(p->w));
	pair_wait_direct(p, 2 * SECOND + interval);
	world_run(p->w, 5 * SECOND);
	uint64_t alice = probes_of(p->alice), bob = probes_of(p->bob);
	world_run(p->w, 60 * SECOND);
	alice = probes_of(p->alice) - alice;
	bob = probes_of(p->bob) - bob;
	world_measure(p->w, "probes in a minute, there", alice);
	world_measure(p->w, "probes in a minute, back", bob);
	world_expect(p->w, alice <= BEATS_A_MINUTE + 1 && bob <= BEATS_A_MINUTE + 1,
		     "%llu and %llu probes in a minute", (unsigned long long)alice, (unsigned long long)bob);
	world_expect(p->w, p->alice->doubts + p->bob->doubts == 0, "a good path was doubted");
}

static void cost_of_a_stream(struct world *w)
{
	static const mono_ns paces[] = {5 * MSEC, 20 * MSEC, 100 * MSEC, 300 * MSEC, 450 * MSEC, SECOND};
	struct pair p = pair_easy(w);
	expect_few_probes(&p, paces[rng_below(&w->rng, ARRAY_LEN(paces))], rng_below(&w->rng, 4) == 0);
}

static void count_datagram(void *self, const struct box *at, const struct net_datagram *d, enum net_fate fate,
			   mono_ns now)
{
	++*(uint64_t *)self;
}

/* Not a datagram leaves either side from 45 s after the last packet on. */
static void cost_of_silence(struct world *w)
{
	struct pair p = pair_easy(w);
	uint64_t datagrams = 0;
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 10 * SECOND);
	pair_hush(&p);
	world_run(w,
		  56 * SECOND); /* a sign of WireGuard's own, 10 s after the last packet, may be the last */
	w->net.watch = count_datagram;
	w->net.watch_self = &datagrams;
	world_run(w, 900 * SECOND);
	w->net.watch = NULL;
	world_expect(w, datagrams == 0, "%llu datagrams for a silent peer", (unsigned long long)datagrams);
}

/* One way only: what is lost when the path is cut shows how soon the silence is noticed. */
static void cut_under_a_one_way_stream(struct world *w)
{
	struct pair p = pair_easy(w);
	stream_start(p.there, world_now(w));
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 5 * SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns cut = world_now(w);
	home_flush(p.alice);
	home_flush(p.bob);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	mono_ns gap = stream_longest_gap(p.there, cut - SECOND, cut + 4 * SECOND);
	world_measure(w, "longest silence, ms", gap / MSEC);
	world_expect(w, gap <= SECOND, "nothing arrived for %.0f ms", (double)gap / (double)MSEC);
}

const struct scenario scenarios_cost[] = {
	{"cost-stream", "a stream on a good path costs at most one probe in 3 s, one way or both", 200,
	 cost_of_a_stream},
	{"cost-silence", "a peer that has been silent for 45 s costs nothing at all", 50, cost_of_silence},
	{"cut-one-way", "a one-way stream whose path is cut goes on within 1 s", 200,
	 cut_under_a_one_way_stream},
	{0},
};

/* A way that dies silently: the direct path or the relay; there, back or both; under traffic one
 * way or both ways.  Where another way exists, no silence lasts longer than a second. */
#include "sim/scenario.h"

enum dead { DEAD_THERE = 1, DEAD_BACK = 2 };

static bool is_aside(struct world *w, struct household *a, struct household *b)
{
	struct node_peer_status s;
	return sim_node_peer_status(&a->node, &b->node, world_now(w), &s) && s.path.aside;
}

static bool both_aside(struct world *w)
{
	return is_aside(w, &w->households[0], &w->households[1]) &&
	       is_aside(w, &w->households[1], &w->households[0]);
}

/* Between the node and its relay: from it, or to it. */
static void mute(struct household *h, enum pipe_end from)
{
	pipe_mute(h->node.net.pipes[0], from, true);
}

/* What `from` sends to `to` does not come out of the relay: it is lost before the relay, or behind
 * it. */
static void mute_relay(struct world *w, struct household *from, struct household *to)
{
	if (rng_below(&w->rng, 2))
		mute(from, PIPE_CLIENT);
	else
		mute(to, PIPE_SERVER);
}

static void talk(struct pair *p, bool both_ways)
{
	traffic_start(p->there, world_now(p->w));
	if (both_ways)
		traffic_start(p->back, world_now(p->w));
}

/* The longest time in which nothing arrived, over the directions that have traffic. */
static void judge(struct pair *p, mono_ns died, bool both_ways, mono_ns slower)
{
	mono_ns until = died + 4 * SECOND;
	mono_ns gap = traffic_longest_gap(p->there, died - SECOND, until);
	if (both_ways)
		gap = mono_max(gap, traffic_longest_gap(p->back, died - SECOND, until));
	world_measure(p->w, "longest silence, ms", gap / MSEC);
	world_expect(p->w, gap <= SECOND + slower, "nothing arrived for %.0f ms",
		     (double)gap / (double)MSEC);
}

static void direct_dies(struct world *w, unsigned dead, bool both_ways)
{
	struct pair p = pair_easy(w);
	talk(&p, both_ways);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 5 * SECOND + rng_below(&w->rng, 20 * SECOND));
	mono_ns died = world_now(w);
	if (dead & DEAD_THERE)
		world_cut(w, p.alice, p.bob);
	if (dead & DEAD_BACK)
		world_cut(w, p.bob, p.alice);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	judge(&p, died, both_ways, 0);
}

/* The direct path is so slow that the relay has the traffic. */
static void relay_dies(struct world *w, unsigned dead, bool both_ways)
{
	struct pair p = pair_easy(w);
	const mono_ns slower = 150 * MSEC;
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	p.alice->router->up.cfg.datagram_delay = p.alice->router->down.cfg.datagram_delay = slower;
	world_expect(w, world_wait(w, both_aside, 180 * SECOND), "the relay does not win");
	if (!both_ways)
		traffic_stop(p.back);
	world_run(w, 5 * SECOND + rng_below(&w->rng, 20 * SECOND));
	mono_ns died = world_now(w);
	if (dead & DEAD_THERE)
		mute_relay(w, p.alice, p.bob);
	if (dead & DEAD_BACK)
		mute_relay(w, p.bob, p.alice);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	judge(&p, died, both_ways, slower);
}

static void direct_both_ways(struct world *w)
{
	direct_dies(w, (unsigned)(1 + rng_below(&w->rng, 3)), true);
}

static void direct_one_way(struct world *w)
{
	direct_dies(w, (unsigned)(1 + rng_below(&w->rng, 3)), false);
}

static void relay_both_ways(struct world *w)
{
	relay_dies(w, (unsigned)(1 + rng_below(&w->rng, 3)), true);
}

static void relay_one_way(struct world *w)
{
	relay_dies(w, (unsigned)(1 + rng_below(&w->rng, 3)), false);
}

const struct scenario scenarios_silence[] = {
	{"mute-direct", "the direct path dies there, back or both: traffic again within 1 s", 200,
	 direct_both_ways},
	{"mute-direct-one-way", "the same under a stream that goes one way", 200, direct_one_way},
	{"mute-relay",
	 "a relay in use takes all and delivers nothing, there, back or both: the same", 100,
	 relay_both_ways},
	{"mute-relay-one-way", "the same under a stream that goes one way", 100, relay_one_way},
	{0},
};

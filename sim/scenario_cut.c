/* The direct path is lost under traffic, and comes back. */
#include "sim/scenario.h"

#define AGAIN_WITHIN SECOND /* the longest silence that is allowed */

/* The packets lost between the cut and the first arrival after it, and how long that took. */
static void judge_fall(struct pair *p, mono_ns cut, mono_ns until)
{
	mono_ns gap = pair_gap(p, cut - SECOND, until);
	world_measure(p->w, "longest silence, ms", gap / MSEC);
	world_measure(p->w, "lost falling back, both ways", pair_lost(p, cut - SECOND, until));
	world_expect(p->w, gap <= AGAIN_WITHIN, "nothing arrived for %.0f ms",
		     (double)gap / (double)MSEC);
}

static void judge_return(struct pair *p, mono_ns from)
{
	size_t lost = pair_lost(p, from, MONO_NEVER);
	world_measure(p->w, "lost returning", lost);
	world_expect(p->w, lost == 0, "%zu packets lost on the return", lost);
}

static void start(struct pair *p)
{
	pair_talk(p);
	pair_wait_direct(p, 2 * SECOND);
	world_run(p->w, 2 * SECOND + rng_below(&p->w->rng, 20 * SECOND));
}

static bool is_not_direct(struct world *w)
{
	return !world_is_direct(w, &w->households[0], &w->households[1]);
}

/* The nodes notice, fall back, and return, under traffic. */
static void flush(struct world *w, bool alice, bool bob)
{
	struct pair p = pair_easy(w);
	start(&p);
	mono_ns cut = world_now(w);
	if (alice)
		household_flush(p.alice);
	if (bob)
		household_flush(p.bob);
	world_expect(w, world_wait(w, is_not_direct, AGAIN_WITHIN), "nobody noticed");
	pair_wait_direct(&p, 10 * SECOND);
	world_measure(w, "direct again after, ms", (world_now(w) - cut) / MSEC);
	world_run(w, 3 * SECOND);
	pair_hush(&p);
	judge_fall(&p, cut, cut + AGAIN_WITHIN);
	judge_return(&p, cut + AGAIN_WITHIN);
}

static void flush_both(struct world *w)
{
	flush(w, true, true);
}

static void flush_one(struct world *w)
{
	bool alice = rng_below(&w->rng, 2);
	flush(w, alice, !alice);
}

/* For a while the middle of the internet swallows one direction, or both. */
static void hole(struct world *w, bool there, bool back)
{
	struct pair p = pair_easy(w);
	start(&p);
	mono_ns cut = world_now(w);
	if (there)
		world_cut(w, p.alice, p.bob);
	if (back)
		world_cut(w, p.bob, p.alice);
	world_run(w, 5 * SECOND + rng_below(&w->rng, 20 * SECOND));
	mono_ns healed = world_now(w);
	world_expect(w, !world_is_direct(w, p.alice, p.bob),
		     "still believes in a path with a hole");
	world_heal(w);
	/* While the relay has the traffic, nodes look for direct paths only now and then. */
	pair_wait_direct(&p, 60 * SECOND);
	world_measure(w, "direct again after healing, ms", (world_now(w) - healed) / MSEC);
	world_run(w, 3 * SECOND);
	pair_hush(&p);
	judge_fall(&p, cut, healed);
	judge_return(&p, cut + AGAIN_WITHIN);
}

static void hole_both_ways(struct world *w)
{
	hole(w, true, true);
}

static void hole_one_way(struct world *w)
{
	bool there = rng_below(&w->rng, 2);
	hole(w, there, !there);
}

/* The box reboots: streams to the relay break too. */
static void nat_reboots(struct world *w)
{
	struct pair p = pair_easy(w);
	start(&p);
	mono_ns cut = world_now(w);
	nat_reboot(p.alice->router->nat4);
	world_run(w, 10 * SECOND);
	pair_wait_direct(&p, 20 * SECOND);
	world_measure(w, "direct again after, ms", (world_now(w) - cut) / MSEC);
	world_run(w, 3 * SECOND);
	pair_hush(&p);
	mono_ns gap = pair_gap(&p, cut - SECOND, world_now(w) - SECOND);
	world_measure(w, "longest silence, ms", gap / MSEC);
	world_expect(w, gap <= 3 * SECOND, "nothing arrived for %.0f ms",
		     (double)gap / (double)MSEC);
}

const struct scenario scenarios_cut[] = {
	{"flush-both", "both NATs forget all: traffic again within 1 s, the return loses nothing",
	 200, flush_both},
	{"flush-one", "one NAT forgets all: the same", 200, flush_one},
	{"hole-both-ways",
	 "the direct path swallows all: traffic again within 1 s, the return loses nothing", 200,
	 hole_both_ways},
	{"hole-one-way", "the direct path swallows one direction: the same", 200, hole_one_way},
	{"nat-reboots", "streams to the relay break as well: traffic again within 3 s", 200,
	 nat_reboots},
	{0},
};

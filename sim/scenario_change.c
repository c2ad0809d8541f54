/* Something starts anew or moves: the relay, a peer, an address. */
#include "sim/scenario.h"

static void start(struct pair *p)
{
	pair_talk(p);
	pair_wait_direct(p, 2 * SECOND);
	world_run(p->w, 2 * SECOND + rng_below(&p->w->rng, 10 * SECOND));
}

/* It is away for so long. */
static void restart_relay(struct pair *p, mono_ns away)
{
	sim_relay_stop(p->relay, world_now(p->w));
	world_run(p->w, away);
	sim_relay_start(p->relay, world_now(p->w));
}

static void expect_gap(struct pair *p, mono_ns since, mono_ns at_most)
{
	mono_ns gap = pair_gap(p, since - SECOND, world_now(p->w) - SECOND);
	world_measure(p->w, "longest silence, ms", gap / MSEC);
	world_expect(p->w, gap <= at_most, "nothing arrived for %.0f ms",
		     (double)gap / (double)MSEC);
}

static void relay_restarts_under_direct(struct world *w)
{
	struct pair p = pair_easy(w);
	start(&p);
	mono_ns before = world_now(w);
	restart_relay(&p, rng_below(&w->rng, 5 * SECOND));
	world_run(w, 30 * SECOND);
	pair_hush(&p);
	world_expect(w, pair_lost(&p, before, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, before, MONO_NEVER));
	/* The relay must be connected again when it is needed. */
	mono_ns cut = world_now(w);
	household_flush(p.alice);
	household_flush(p.bob);
	pair_talk(&p);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	expect_gap(&p, cut + SECOND, SECOND);
}

/* The silence lasts at most 2 s longer than the relay is away. */
static void without_a_relay(struct world *w, mono_ns away, bool one_way)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .blocks_udp = true};
	struct pair p = pair_build(w, &alice, &bob);
	pair_talk(&p);
	world_run(w, 5 * SECOND);
	if (one_way)
		traffic_stop(p.back);
	world_run(w, 5 * SECOND);
	mono_ns down = world_now(w);
	restart_relay(&p, away);
	mono_ns up = world_now(w);
	world_run(w, 10 * SECOND);
	pair_hush(&p);
	mono_ns gap = one_way ? traffic_longest_gap(p.there, down, world_now(w) - SECOND)
			      : pair_gap(&p, down, world_now(w) - SECOND);
	world_measure(w, "silence after it is back, ms",
		      gap > up - down ? (gap - (up - down)) / MSEC : 0);
	world_expect(w, gap <= up - down + 2 * SECOND,
		     "nothing arrived for %.0f ms after it was back",
		     (double)(gap - (up - down)) / (double)MSEC);
}

static void relay_restarts_in_use(struct world *w)
{
	without_a_relay(w, rng_below(&w->rng, 15 * SECOND), false);
}

static void relay_restarts_for_a_listener(struct world *w)
{
	without_a_relay(w, rng_below(&w->rng, 15 * SECOND), true);
}

static void relay_is_away(struct world *w)
{
	without_a_relay(w, SECOND * 60 + rng_below(&w->rng, 240 * SECOND), false);
}

/* The peer has a new disco key, and none of its sessions. */
static void peer_restarts(struct world *w)
{
	struct pair p = pair_easy(w);
	start(&p);
	mono_ns down = world_now(w);
	sim_node_stop(&p.bob->node, down);
	world_run(w, rng_below(&w->rng, 5 * SECOND));
	mono_ns up = world_now(w);
	sim_node_start(&p.bob->node, up);
	world_run(w, 3 * SECOND);
	pair_wait_direct(&p, 10 * SECOND);
	world_measure(w, "direct again after, ms", (world_now(w) - up) / MSEC);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	mono_ns there = traffic_first_arrival(p.there, up, false),
		back = traffic_first_arrival(p.back, up, false);
	world_measure(w, "traffic again, ms", (mono_max(there, back) - up) / MSEC);
	world_expect(w, there != MONO_NEVER && there - up <= 3 * SECOND && back - up <= 3 * SECOND,
		     "no traffic for 3 s after the restart");
}

/* Within 2 s both directions go directly again, and no path is in doubt. */
static void expect_direct_again(struct pair *p, mono_ns since)
{
	pair_wait_direct(p, 10 * SECOND);
	world_run(p->w, 5 * SECOND);
	mono_ns there = traffic_first_arrival(p->there, since, true),
		back = traffic_first_arrival(p->back, since, true);
	mono_ns again = mono_max(there, back);
	if (again != MONO_NEVER)
		world_measure(p->w, "direct again after, ms", (again - since) / MSEC);
	world_expect(p->w, again != MONO_NEVER && again - since <= 2 * SECOND,
		     "not direct again within 2 s");
}

/* Bob's address changes: the traffic is direct again, and never silent for 2 s. */
static void expect_new_address(struct pair *p, struct ip is)
{
	struct ip was = p->bob->host->addresses[0];
	mono_ns changed = world_now(p->w);
	box_remove_address(p->bob->host, &was);
	box_add_address(p->bob->host, &is);
	sim_reach_address_changed(&p->bob->node.net, changed);
	sim_reach_link_changed(&p->bob->node.net, changed);
	expect_direct_again(p, changed);
	pair_hush(p);
	expect_gap(p, changed, 2 * SECOND);
}

/* The host gets another address in the same home.  Mappings and streams of the old one are dead. */
static void address_changes(struct world *w)
{
	struct pair p = pair_easy(w);
	start(&p);
	expect_new_address(&p, ip_v4(192, 168, 2, 77));
}

/* The host moves to a third home with a NAT of its own. */
static void host_roams(struct world *w)
{
	struct pair p = pair_easy(w);
	struct household_config cafe = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household *third = world_household(w, "cafe", &cafe);
	start(&p);
	box_move(p.bob->host, third->router);
	expect_new_address(&p, ip_v4(192, 168, 3, 9));
}

/* Some sleeps are so long that the mappings, the stream to the relay and the sessions are gone. */
static void wakes_from_sleep(struct world *w)
{
	struct pair p = pair_easy(w);
	start(&p);
	sim_reach_sleep(&p.bob->node.net);
	mono_ns slept = 5 * SECOND +
			rng_below(&w->rng, rng_below(&w->rng, 2) ? 60 * SECOND : 3600 * SECOND);
	if (rng_below(&w->rng, 2))
		traffic_stop(p.there); /* when bob wakes, it is silent too */
	world_run(w, slept);
	mono_ns awake = world_now(w);
	if (!p.there->running)
		traffic_start(p.there, awake);
	sim_reach_wake(&p.bob->node.net, slept, awake);
	expect_direct_again(&p, awake);
	pair_hush(&p);
	expect_gap(&p, awake + SECOND, 2 * SECOND);
}

const struct scenario scenarios_change[] = {
	{"relay-restarts-idle",
	 "direct traffic loses nothing, and the relay is there again when needed", 200,
	 relay_restarts_under_direct},
	{"relay-restarts-used", "traffic again at most 2 s after it is back", 200,
	 relay_restarts_in_use},
	{"relay-restarts-listen", "the same where traffic flows one way only", 200,
	 relay_restarts_for_a_listener},
	{"relay-away", "the same after minutes", 50, relay_is_away},
	{"peer-restarts", "with a new disco key: traffic within 3 s, direct within 13 s", 200,
	 peer_restarts},
	{"address-changes", "traffic again, and directly, within 2 s", 200, address_changes},
	{"host-roams", "to another home: the same", 200, host_roams},
	{"sleep", "direct within 2 s of waking", 200, wakes_from_sleep},
	{0},
};

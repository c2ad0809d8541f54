/* Bad lines, and long times. */
#include "sim/scenario.h"

/* A tenth of all packets is lost between the homes, and their delay jumps. */
static void bad_lines(struct world *w)
{
	struct household_config house = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	house.line.loss_ppm = PPM / 20;
	house.line.jitter = 30 * MSEC;
	house.line.reorder_ppm = PPM / 100;
	house.line.reorder_by = 20 * MSEC;
	house.line.duplicate_ppm = PPM / 100;
	struct pair p = pair_build(w, &house, &house);
	mono_ns start = world_now(w);
	pair_talk(&p);
	world_run(w, 60 * SECOND);
	pair_hush(&p);
	world_measure(w, "moves", p.alice->moves + p.bob->moves);
	world_measure(w, "doubts", p.alice->doubts + p.bob->doubts);
	world_measure(w, "lost of 6000", pair_lost(&p, start, MONO_NEVER));
	world_expect(w, p.alice->direct_at != MONO_NEVER, "never direct");
	world_expect(w, p.alice->moves <= 6 && p.bob->moves <= 6,
		     "moved %u and %u times in a minute", p.alice->moves, p.bob->moves);
	world_expect(w, pair_lost(&p, start, MONO_NEVER) <= 6000 * 15 / 100, "%zu of 6000 lost",
		     pair_lost(&p, start, MONO_NEVER));
	/* Without the beginning, which a lost segment of the stream to the relay may hold up. */
	mono_ns gap = pair_gap(&p, mono_max(p.alice->direct_at, p.bob->direct_at),
			       world_now(w) - 2 * SECOND);
	world_expect(w, gap <= SECOND, "nothing arrived for %.0f ms", (double)gap / (double)MSEC);
}

/* NATs are flushed every few minutes, now one, now both. */
static void endure(struct world *w, mono_ns how_long, mono_ns pace)
{
	struct pair p = pair_easy(w);
	mono_ns start = world_now(w);
	p.there->interval = p.back->interval = pace;
	pair_talk(&p);
	uint64_t flushes = 0;
	while (world_now(w) < start + how_long && !w->fault[0]) {
		world_run(w, 60 * SECOND + rng_below(&w->rng, 360 * SECOND));
		uint64_t which = 1 + rng_below(&w->rng, 3);
		if (which & 1)
			household_flush(p.alice);
		if (which & 2)
			household_flush(p.bob);
		flushes++;
	}
	world_run(w, 5 * SECOND);
	pair_wait_direct(&p, 10 * SECOND);
	pair_hush(&p);
	mono_ns gap = pair_gap(&p, start, world_now(w) - 2 * SECOND);
	world_measure(w, "flushes", flushes);
	world_measure(w, "lost", pair_lost(&p, start, MONO_NEVER));
	world_measure(w, "longest silence, ms", gap / MSEC);
	world_expect(w, gap <= 2 * SECOND, "nothing arrived for %.0f ms",
		     (double)gap / (double)MSEC);
}

/* Traffic over several sessions: each is replaced while packets are under way. */
static void rekeys(struct world *w)
{
	struct pair p = pair_easy(w);
	mono_ns start = world_now(w);
	pair_talk(&p);
	world_run(w, 500 * SECOND);
	pair_hush(&p);
	world_measure(w, "lost of 50000", pair_lost(&p, start, MONO_NEVER));
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
}

/* Bob's host moves between two homes, and gets another address in each. */
static void roam(struct pair *p, struct box *const places[2], uint8_t step)
{
	struct box *host = p->bob->host;
	struct ip was = host->addresses[0];
	struct ip is = ip_v4(192, 168, (uint8_t)(2 + step % 2), (uint8_t)(100 + step % 100));
	mono_ns now = world_now(p->w);
	box_move(host, places[step % 2]);
	box_remove_address(host, &was);
	box_add_address(host, &is);
	sim_reach_address_changed(&p->bob->node.net, now);
	sim_reach_link_changed(&p->bob->node.net, now);
}

/* A pair with many disturbances, and how long nothing arrived while its relay was up. */
struct wanderer {
	struct pair p;
	struct box *places[2]; /* bob's */
	mono_ns relay_up;      /* since when */
	mono_ns gap;
	uint64_t roams, reboots, flushes, restarts;
};

static void befall(struct wanderer *d)
{
	struct world *w = d->p.w;
	struct household *whose = rng_below(&w->rng, 2) ? d->p.alice : d->p.bob;
	switch (rng_below(&w->rng, 4)) {
	case 0:
		household_flush(whose);
		d->flushes++;
		break;
	case 1:
		nat_reboot(whose->router->nat4);
		d->reboots++;
		break;
	default:
		roam(&d->p, d->places, (uint8_t)++d->roams);
		break;
	}
}

static void look(struct wanderer *d, mono_ns until)
{
	d->gap = mono_max(d->gap, pair_gap(&d->p, d->relay_up, until));
}

/* The relay is away for up to 20 s, in which something else may happen too. */
static void restart_relay(struct wanderer *d)
{
	struct world *w = d->p.w;
	mono_ns away = rng_below(&w->rng, 20 * SECOND);
	look(d, world_now(w));
	sim_relay_stop(d->p.relay, world_now(w));
	world_run(w, away / 2);
	if (rng_below(&w->rng, 2))
		befall(d);
	world_run(w, away / 2);
	sim_relay_start(d->p.relay, world_now(w));
	d->relay_up = world_now(w);
	d->restarts++;
}

/* Every few minutes a NAT is flushed or reboots, bob roams, or the relay restarts. */
static void wander(struct world *w, mono_ns how_long, mono_ns pace)
{
	struct wanderer d = {.p = pair_easy(w)};
	struct household_config other = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	d.places[0] = d.p.bob->router;
	d.places[1] = world_household(w, "other", &other)->router;
	mono_ns start = d.relay_up = world_now(w);
	d.p.there->interval = d.p.back->interval = pace;
	pair_talk(&d.p);
	while (world_now(w) < start + how_long && !w->fault[0]) {
		world_run(w, 60 * SECOND + rng_below(&w->rng, 180 * SECOND));
		if (rng_below(&w->rng, 5) == 0)
			restart_relay(&d);
		else
			befall(&d);
	}
	world_run(w, 5 * SECOND);
	pair_wait_direct(&d.p, 10 * SECOND);
	pair_hush(&d.p);
	look(&d, world_now(w) - 2 * SECOND);
	world_measure(w, "roams", d.roams);
	world_measure(w, "reboots", d.reboots);
	world_measure(w, "flushes", d.flushes);
	world_measure(w, "relay restarts", d.restarts);
	world_measure(w, "lost", pair_lost(&d.p, start, MONO_NEVER));
	world_measure(w, "longest silence, ms", d.gap / MSEC);
	world_expect(w, d.gap <= 2 * SECOND, "nothing arrived for %.0f ms",
		     (double)d.gap / (double)MSEC);
}

static void a_wandering_hour(struct world *w)
{
	wander(w, 3600 * SECOND, 100 * MSEC);
}

static void a_wandering_day(struct world *w)
{
	wander(w, SECOND * 24 * 3600, 200 * MSEC);
}

static void an_hour(struct world *w)
{
	endure(w, 3600 * SECOND, 100 * MSEC);
}

static void a_day(struct world *w)
{
	endure(w, SECOND * 24 * 3600, 200 * MSEC);
}

const struct scenario scenarios_endure[] = {
	{"rekeys", "sessions are replaced under traffic without losing a packet", 10, rekeys},
	{"bad-lines",
	 "a tenth lost, jitter, reordering: few moves, no more lost than the line loses", 200,
	 bad_lines},
	{"hour", "an hour with a flush every few minutes: never silent for 2 s", 10, an_hour},
	{"day", "24 hours of the same", 2, a_day},
	{"wander",
	 "an hour with a flush, a reboot, a roam or a relay restart every few minutes: never "
	 "silent for 2 s",
	 10, a_wandering_hour},
	{"wander-day", "24 hours of the same", 2, a_wandering_day},
	{0},
};

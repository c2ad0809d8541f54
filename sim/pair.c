#include "sim/pair.h"

struct link_config pair_line(struct world *w)
{
	return (struct link_config){.delay = PAIR_LINE_DELAY,
				    .jitter = rng_below(&w->rng, 2 * MSEC)};
}

struct nat_config pair_easy_nat(struct world *w)
{
	return (struct nat_config){.mapping = NAT_ENDPOINT_INDEPENDENT,
				   .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
				   .ports = rng_below(&w->rng, 2) ? NAT_PORT_RANDOM
								  : NAT_PORT_SEQUENTIAL,
				   .port_first = (uint16_t)(1024 + rng_below(&w->rng, 50000)),
				   .timeout = (30 + rng_below(&w->rng, 270)) * SECOND,
				   .inbound_refreshes = rng_below(&w->rng, 2)};
}

struct pair pair_of(struct world *w, struct household *alice, struct household *bob, mono_ns pace)
{
	struct pair p = {.w = w, .relay = &w->relays[0], .alice = alice, .bob = bob};
	world_know(w, alice, bob);
	p.there = world_traffic(w, alice, bob, pace);
	p.back = world_traffic(w, bob, alice, pace);
	return p;
}

struct pair pair_build(struct world *w, const struct household_config *alice,
		       const struct household_config *bob)
{
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", alice),
			 *b = world_household(w, "bob", bob);
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	return p;
}

struct pair pair_easy(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	return pair_build(w, &alice, &bob);
}

void pair_talk(struct pair *p)
{
	traffic_start(p->there, world_now(p->w));
	traffic_start(p->back, world_now(p->w));
}

void pair_hush(struct pair *p)
{
	traffic_stop(p->there);
	traffic_stop(p->back);
	world_run(p->w, SECOND); /* let what is on its way arrive */
}

static bool is_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

void pair_wait_direct(struct pair *p, mono_ns at_most)
{
	world_expect(p->w, world_wait(p->w, is_direct, at_most), "not direct within %.3f s",
		     (double)at_most / (double)SECOND);
}

void pair_stays_direct(struct pair *p, mono_ns from)
{
	world_run(p->w, 10 * SECOND);
	pair_hush(p);
	world_expect(p->w, pair_lost(p, from, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(p, from, MONO_NEVER));
	world_expect(p->w, world_is_direct(p->w, p->alice, p->bob),
		     "not direct any more after 10 s");
}

size_t pair_lost(const struct pair *p, mono_ns from, mono_ns until)
{
	return traffic_lost(p->there, from, until) + traffic_lost(p->back, from, until);
}

mono_ns pair_gap(const struct pair *p, mono_ns from, mono_ns until)
{
	return mono_max(traffic_longest_gap(p->there, from, until),
			traffic_longest_gap(p->back, from, until));
}

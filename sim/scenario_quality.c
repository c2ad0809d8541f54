/* Good and bad paths: the measurements decide, not whether a path is direct. */
#include "sim/scenario.h"

/* A carrier that treats datagrams worse than the streams to relays. */
static void shape(struct household *h, mono_ns delay, uint32_t loss_ppm)
{
	h->router->up.cfg.datagram_delay = h->router->down.cfg.datagram_delay = delay;
	h->router->up.cfg.datagram_loss_ppm = h->router->down.cfg.datagram_loss_ppm = loss_ppm;
}

/* The loss each way, of all that the line carries. */
static void lose(struct household *h, uint32_t loss_ppm)
{
	h->router->up.cfg.loss_ppm = h->router->down.cfg.loss_ppm = loss_ppm;
}

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

static bool both_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

static void start(struct pair *p)
{
	pair_talk(p);
	pair_wait_direct(p, 2 * SECOND);
	world_run(p->w, 10 * SECOND);
}

static void bad_and_good_again(struct world *w, mono_ns delay, uint32_t loss_ppm)
{
	struct pair p = pair_easy(w);
	start(&p);
	shape(p.alice, delay, loss_ppm);
	mono_ns bad = world_now(w);
	world_expect(w, world_wait(w, both_aside, 180 * SECOND),
		     "the relay is faster and does not win");
	world_measure(w, "relay after, s", (world_now(w) - bad) / SECOND);
	world_run(w, SECOND);
	mono_ns on_relay = world_now(w);
	world_run(w, 120 * SECOND);
	world_expect(w, both_aside(w), "went back to the bad path");
	shape(p.alice, 0, 0);
	mono_ns good = world_now(w);
	world_expect(w, world_wait(w, both_direct, 300 * SECOND),
		     "the direct path is good, and is not used");
	world_measure(w, "direct after, s", (world_now(w) - good) / SECOND);
	world_run(w, 30 * SECOND);
	pair_hush(&p);
	size_t lost = pair_lost(&p, on_relay, MONO_NEVER);
	world_expect(w, lost == 0, "%zu packets lost after the bad path was left", lost);
	world_expect(w, both_direct(w), "not direct any more");
}

static void a_slow_path(struct world *w)
{
	bad_and_good_again(w, (100 + rng_below(&w->rng, 200)) * MSEC, 0);
}

/* So much loss that 32 pings show it.  With less, luck decides on which side of the limit they
 * are. */
static void a_lossy_path(struct world *w)
{
	bad_and_good_again(w, 0, PPM / 5 + (uint32_t)rng_below(&w->rng, PPM / 10));
}

/* The relay is as good as the path, or a little better: the path is kept. */
static void no_clear_winner(struct world *w)
{
	struct pair p = pair_easy(w);
	shape(p.alice, rng_below(&w->rng, 25 * MSEC), 0);
	p.alice->router->up.cfg.jitter = p.bob->router->up.cfg.jitter = 20 * MSEC;
	p.there->interval = p.back->interval = 200 * MSEC;
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 1800 * SECOND);
	pair_hush(&p);
	world_measure(w, "moves in half an hour", p.alice->moves + p.bob->moves);
	world_expect(w, p.alice->moves <= 4 && p.bob->moves <= 4, "moved %u and %u times",
		     p.alice->moves, p.bob->moves);
}

/* A path that is bad and good in turns must not move the traffic each time. */
static void bad_by_turns(struct world *w)
{
	struct pair p = pair_easy(w);
	p.there->interval = p.back->interval = 200 * MSEC;
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	for (int i = 0; i < 30; i++) {
		shape(p.alice, i % 2 ? 0 : 200 * MSEC, 0);
		world_run(w, 90 * SECOND + rng_below(&w->rng, 60 * SECOND));
	}
	pair_hush(&p);
	world_measure(w, "moves in an hour", p.alice->moves + p.bob->moves);
	world_expect(w, p.alice->moves <= 16 && p.bob->moves <= 16, "moved %u and %u times",
		     p.alice->moves, p.bob->moves);
}

/* Two direct paths, IPv6 and IPv4: the other one is warm when the best dies. */
static void fall_over(struct world *w)
{
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	house.nat.timeout = (20 + rng_below(&w->rng, 280)) * SECOND;
	struct pair p = pair_build(w, &house, &house);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 60 * SECOND + rng_below(&w->rng, 60 * SECOND));
	const struct way *used = &p.there->v[p.there->n - 30].how;
	world_expect(w, used->kind == WAY_UDP && used->ep.ip.family == 6, "not by IPv6");
	struct node_peer_status s;
	world_expect(w, sim_node_peer_status(&p.alice->node, &p.bob->node, world_now(w), &s),
		     "no status");
	world_expect(w, s.path.second.ip.family == 4, "no second path is shown");
	mono_ns cut = world_now(w);
	struct ip any6 = ip_v6_from((const uint8_t[16]){0x20, 0x01});
	struct prefix all6 = prefix_of(&any6, 16);
	box_cut(w->net.root, &all6, &all6);
	world_run(w, 2 * SECOND);
	world_expect(w, both_direct(w), "not on the other path after 2 s");
	world_expect(w,
		     sim_node_peer_status(&p.alice->node, &p.bob->node, world_now(w), &s) &&
			     s.path.route.via[0].ep.ip.family == 4,
		     "not on the second path");
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	mono_ns gap = pair_gap(&p, cut - SECOND, world_now(w) - 2 * SECOND);
	world_measure(w, "longest silence, ms", gap / MSEC);
	world_expect(w, gap <= SECOND, "nothing arrived for %.0f ms", (double)gap / (double)MSEC);
}

static uint16_t mtu_of(struct world *w, struct household *a, struct household *b)
{
	struct node_peer_status s;
	return sim_node_peer_status(&a->node, &b->node, world_now(w), &s) ? s.path.mtu : 0;
}

/* Lines that carry 1280 bytes, and packets as large as the tunnel takes. */
static void narrow_lines(struct world *w)
{
	bool six = rng_below(&w->rng, 2);
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = six};
	struct household_config wide = house;
	house.line.mtu = 1280;
	struct pair p = pair_build(w, &house, &wide);
	mono_ns begin = world_now(w);
	p.there->len = p.back->len = 1280;
	start(&p);
	world_run(w, 60 * SECOND);
	uint16_t alice = mtu_of(w, p.alice, p.bob), bob = mtu_of(w, p.bob, p.alice);
	uint16_t fits = six ? 1200 : 1216;
	world_expect(w, alice == fits && bob == fits, "found %u and %u bytes, and %u fit", alice,
		     bob, fits);
	pair_hush(&p);
	size_t lost = pair_lost(&p, begin, MONO_NEVER);
	world_expect(w, lost == 0, "%zu packets lost", lost);
}

/* Bob has Wi-Fi with IPv4, 20 ms, and, on another line, LTE with IPv6, 45 ms. */
static struct pair pair_wifi_and_lte(struct world *w, struct household **lte)
{
	static const struct link_config inside = {.delay = 200 * USEC};
	struct household_config alice = {
		.line = {.delay = MSEC}, .nat = pair_easy_nat(w), .ipv6 = true};
	struct household_config wifi = {.line = {.delay = 9 * MSEC}, .nat = pair_easy_nat(w)};
	struct household_config other = {.line = {.delay = 21 * MSEC, .jitter = 2 * MSEC},
					 .nat = pair_easy_nat(w),
					 .ipv6 = true};
	struct pair p = pair_build(w, &alice, &wifi);
	*lte = world_household(w, "lte", &other);
	struct box *leg = net_box(&w->net, (*lte)->router, "leg", &inside, &inside);
	struct ip six = (*lte)->host->addresses[1];
	box_remove_address((*lte)->host, &six);
	box_add_address(leg, &six);
	box_add_leg(p.bob->host, leg);
	sim_reach_address_changed(&p.bob->node.net, world_now(w));
	return p;
}

static uint8_t family_of_last(const struct traffic *s)
{
	for (size_t i = s->n; i > 0; i--)
		if (s->v[i - 1].arrived != MONO_NEVER && s->v[i - 1].how.kind == WAY_UDP)
			return s->v[i - 1].how.ep.ip.family;
	return 0;
}

static bool both_by(struct world *w, uint8_t family)
{
	return family_of_last(&w->traffic[0]) == family && family_of_last(&w->traffic[1]) == family;
}

static bool both_by_wifi(struct world *w)
{
	return both_by(w, 4);
}

static bool both_by_lte(struct world *w)
{
	return both_by(w, 6);
}

/* What `warren why` tells of it: why the traffic moved, and what each path loses. */
static void expect_told_of_loss(struct world *w)
{
	static struct path_facts why;
	unsigned reasons = 0, losses = 0;
	for (size_t i = 0; i < 2; i++) {
		const struct sim_node *n = &w->households[i].node;
		world_expect(
			w,
			reach_peer_facts(node_reach(n->node), n->peers[0].id, world_now(w), &why),
			"nothing is told");
		for (size_t k = 0; k < why.n_past; k++)
			reasons += why.past[k].reason == PATH_WAS_BAD;
		for (size_t k = 0; k < why.n_remotes; k++)
			losses +=
				why.remotes[k].loss_percent > 0 && why.remotes[k].ep.ip.family == 4;
	}
	world_expect(w, reasons >= 1 && losses >= 2, "told of %u reasons and %u paths with loss",
		     reasons, losses);
}

static void wifi_that_loses(struct world *w)
{
	struct household *lte;
	struct pair p = pair_wifi_and_lte(w, &lte);
	p.there->interval = p.back->interval = 50 * MSEC;
	start(&p);
	world_expect(w, both_by_wifi(w), "not by the shorter way");
	world_run(w, 120 * SECOND);
	lose(p.bob, PPM / 20);
	mono_ns bad = world_now(w);
	world_expect(w, world_wait(w, both_by_lte, 600 * SECOND), "stays on a path that loses");
	world_measure(w, "away after, s", (world_now(w) - bad) / SECOND);
	uint32_t alice = p.alice->moves, bob = p.bob->moves;
	mono_ns begin = world_now(w);
	world_run(w, 3600 * SECOND);
	alice = p.alice->moves - alice;
	bob = p.bob->moves - bob;
	world_measure(w, "moves in an hour", alice > bob ? alice : bob);
	world_expect(w, alice <= 4 && bob <= 4, "moved %u and %u times in an hour", alice, bob);
	double lost = (double)pair_lost(&p, begin, world_now(w) - SECOND) / (2 * 3600 * 20);
	world_measure(w, "lost in that hour, of 1000", (uint64_t)(1000 * lost));
	world_expect(w, lost < 0.03, "%.1f %% lost in an hour", 100 * lost);
	expect_told_of_loss(w);
	lose(p.bob, 0);
	mono_ns good = world_now(w);
	world_expect(w, world_wait(w, both_by_wifi, 1800 * SECOND), "not by the shorter way again");
	world_measure(w, "back after, s", (world_now(w) - good) / SECOND);
	pair_hush(&p);
}

/* NATs forget mappings after 10 s.  The path in use and the second path stay open without
 * traffic. */
static void short_timeouts(struct world *w)
{
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	house.nat.timeout = 10 * SECOND;
	struct pair p = pair_build(w, &house, &house);
	mono_ns begin = world_now(w);
	start(&p);
	for (int i = 0; i < 4; i++) {
		pair_hush(&p);
		world_run(w, 2 * SECOND + rng_below(&w->rng, 40 * SECOND));
		world_expect(w, both_direct(w), "not direct any more");
		pair_talk(&p);
		world_run(w, 10 * SECOND + rng_below(&w->rng, 20 * SECOND));
	}
	size_t lost = pair_lost(&p, begin, world_now(w) - SECOND);
	world_expect(w, lost == 0, "%zu packets lost", lost);
	world_expect(w, p.alice->doubts + p.bob->doubts == 0, "a good path was doubted");
	world_run(w, 60 * SECOND);
	mono_ns cut = world_now(w);
	struct ip any6 = ip_v6_from((const uint8_t[16]){0x20, 0x01});
	struct prefix all6 = prefix_of(&any6, 16);
	box_cut(w->net.root, &all6, &all6);
	world_run(w, 2 * SECOND);
	world_expect(w, both_direct(w), "not on the other path after 2 s");
	pair_hush(&p);
	mono_ns gap = pair_gap(&p, cut - SECOND, world_now(w) - SECOND);
	world_measure(w, "longest silence, ms", gap / MSEC);
	world_expect(w, gap <= SECOND, "nothing arrived for %.0f ms", (double)gap / (double)MSEC);
}

const struct scenario scenarios_quality[] = {
	{"slow-path",
	 "a relay that is clearly faster wins, and gives back when the path is good again", 100,
	 a_slow_path},
	{"lossy-path", "the same where the path loses datagrams", 100, a_lossy_path},
	{"lossy-wifi",
	 "of two direct paths the one that loses a tenth is left, and nothing flaps for an hour",
	 20, wifi_that_loses},
	{"no-winner", "where neither is clearly better, the traffic stays where it is", 20,
	 no_clear_winner},
	{"bad-by-turns", "a path that is bad every other minute moves the traffic ever less", 20,
	 bad_by_turns},
	{"narrow", "lines of 1280 bytes lose nothing, and what fits whole is found", 100,
	 narrow_lines},
	{"short-timeouts", "NATs that forget after 10 s: paths in use and second paths stay open",
	 100, short_timeouts},
	{"fall-over", "the second of two direct paths takes over at once", 100, fall_over},
	{0},
};

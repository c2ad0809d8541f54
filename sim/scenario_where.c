/* Where a host is: in a network that has only IPv6, in two networks, beside another host with the
 * same private address. */
#include "sim/scenario.h"

static const struct link_config lan = {.delay = 200 * USEC};

static struct ip v6_of(uint8_t net, uint8_t host)
{
	const uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, net, [15] = host};
	return ip_v6_from(b);
}

/* The prefix of a NAT64: one for local use (RFC 8215), or one of the network's own.  The well-known
 * one must not stand before this internet's addresses, which are documentation addresses. */
static struct prefix nat64_prefix_of(struct world *w)
{
	struct prefix p;
	const char *text = rng_below(&w->rng, 2) ? "64:ff9b:1::/96" : "2001:db8:64::/96";
	world_expect(w, prefix_parse(&p, text), "%s is no prefix", text);
	return p;
}

/* The home keeps its NAT for IPv4, and its host loses IPv4. */
static void make_ipv6_only(struct world *w, struct household *h)
{
	struct nat_config nat = pair_easy_nat(w);
	struct prefix p = nat64_prefix_of(w);
	struct ip v4 = h->host->addresses[0];
	nat.external = h->external;
	box_set_nat(h->router, NULL, 4);
	box_set_nat64(h->router, &nat, &p);
	box_remove_address(h->host, &v4);
}

static void expect_all_direct(struct pair *p, mono_ns since)
{
	pair_wait_direct(p, 2 * SECOND);
	world_measure(p->w, "direct after, ms", (world_now(p->w) - since) / MSEC);
	pair_stays_direct(p, since);
}

static struct way how_last(const struct traffic *s)
{
	for (size_t i = s->n; i > 0; i--)
		if (s->v[i - 1].arrived != MONO_NEVER)
			return s->v[i - 1].how;
	return (struct way){0};
}

/* The peer has IPv4 behind an easy NAT.  Both see an IPv4 endpoint. */
static void nat64_to_easy(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", &alice),
			 *b = world_household(w, "bob", &bob);
	make_ipv6_only(w, b);
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns start = world_now(w);
	pair_talk(&p);
	expect_all_direct(&p, start);
	struct way alices = how_last(p.back), bobs = how_last(p.there);
	world_expect(w, alices.kind == WAY_UDP && ip_equal(&alices.ep.ip, &b->external),
		     "alice does not hear bob from his NAT64");
	world_expect(w,
		     bobs.kind == WAY_UDP &&
			     nat64_prefix_is_good(reach_nat64(node_reach(b->node.node))),
		     "bob knows no prefix");
}

/* The host moves from a network with IPv4 into one without, and back. */
static void roams_to_nat64(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config cafe = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", &alice),
			 *b = world_household(w, "bob", &bob);
	struct household *third = world_household(w, "cafe", &cafe);
	make_ipv6_only(w, third);
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, 2 * SECOND);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 5 * SECOND);
	struct box *house = b->host->parent;
	struct ip v4 = b->host->addresses[0], v6 = v6_of(3, 9);
	for (int i = 0; i < 2; i++) {
		box_move(b->host, i == 0 ? third->router : house);
		box_remove_address(b->host, i == 0 ? &v4 : &v6);
		box_add_address(b->host, i == 0 ? &v6 : &v4);
		mono_ns moved = world_now(w);
		sim_reach_address_changed(&b->node.net, moved);
		sim_reach_link_changed(&b->node.net, moved);
		world_run(w, 10 * SECOND);
		mono_ns there = traffic_first_arrival(p.there, moved, true),
			back = traffic_first_arrival(p.back, moved, true);
		mono_ns again = mono_max(there, back);
		if (again != MONO_NEVER)
			world_measure(w, i == 0 ? "direct through NAT64, ms" : "direct at home, ms",
				      (again - moved) / MSEC);
		world_expect(w, again != MONO_NEVER && again - moved <= 2 * SECOND,
			     "not direct within 2 s of walk %d", i + 1);
	}
	pair_hush(&p);
}

/* The network's NAT64 gets another prefix under the traffic.  The router advertises the new one; or
 * its advertisement ends, and DNS knows the new one.  The streams to the relay use it too. */
static void nat64_prefix_changes(struct world *w)
{
	struct household_config alice = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household_config bob = {.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	struct nat_config nat = pair_easy_nat(w);
	struct prefix was, is;
	bool told = rng_below(&w->rng, 2);
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", &alice),
			 *b = world_household(w, "bob", &bob);
	make_ipv6_only(w, b);
	was = b->router->nat64_prefix;
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	reach_nat64_advertised(node_reach(b->node.node), &was, 60, world_now(w));
	world_run(w, 2 * SECOND);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 5 * SECOND);
	world_expect(w, prefix_parse(&is, "2001:db8:65::/96"), "no prefix");
	nat.external = b->external;
	box_set_nat64(b->router, &nat, &is);
	mono_ns at = world_now(w);
	reach_nat64_advertised(node_reach(b->node.node), &was, 0, at);
	if (told)
		reach_nat64_advertised(node_reach(b->node.node), &is, 600, at);
	else
		sim_reach_link_changed(&b->node.net, at);
	world_run(w, 10 * SECOND);
	mono_ns again = mono_max(traffic_first_arrival(p.there, at, true),
				 traffic_first_arrival(p.back, at, true));
	world_expect(w, again != MONO_NEVER && again - at <= 2 * SECOND, "not direct within 2 s");
	world_measure(w, "direct through another prefix, ms", (again - at) / MSEC);
	const struct prefix *used = reach_nat64(node_reach(b->node.node));
	world_expect(w, used && prefix_equal(used, &is), "another prefix is used");
	pair_hush(&p);
}

/* Both sides have only IPv6, behind firewalls that let in only answers. */
static void two_firewalls(struct world *w)
{
	struct household_config house = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .ipv6 = true};
	struct ip relay6 = v6_of(0xee, 1);
	struct sim_relay *relay = world_relay(w, 0, NULL);
	box_add_address(relay->box, &relay6);
	struct household *a = world_household(w, "alice", &house),
			 *b = world_household(w, "bob", &house);
	struct ip alice4 = a->host->addresses[0], bob4 = b->host->addresses[0];
	box_remove_address(a->host, &alice4);
	box_remove_address(b->host, &bob4);
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns start = world_now(w);
	pair_talk(&p);
	expect_all_direct(&p, start);
	world_expect(w, how_last(p.there).ep.ip.family == 6, "not by IPv6");
}

/* The host is in two networks, and the one that carries everything goes away. */
static void loses_an_uplink(struct world *w)
{
	struct pair p = pair_easy(w);
	struct household_config other = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct household *third = world_household(w, "other", &other);
	struct box *leg = net_box(&w->net, third->router, "leg", &lan, &lan);
	struct ip was = p.bob->host->addresses[0], is = ip_v4(192, 168, 3, 9);
	box_add_address(leg, &is);
	box_add_leg(p.bob->host, leg);
	sim_reach_address_changed(&p.bob->node.net, world_now(w));
	pair_talk(&p);
	world_run(w, 5 * SECOND);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, rng_below(&w->rng, 10 * SECOND));
	mono_ns lost = world_now(w);
	box_remove_address(p.bob->host, &was);
	sim_reach_address_changed(&p.bob->node.net, lost);
	sim_reach_link_changed(&p.bob->node.net, lost);
	world_run(w, 10 * SECOND);
	pair_hush(&p);
	mono_ns again = mono_max(traffic_first_arrival(p.there, lost, true),
				 traffic_first_arrival(p.back, lost, true));
	world_expect(w, again != MONO_NEVER && again - lost <= 2 * SECOND, "not direct within 2 s");
	if (again != MONO_NEVER)
		world_measure(w, "direct again after, ms", (again - lost) / MSEC);
}

/* The carrier gives out addresses of 100.64.0.0/10: the very ones that the two hosts have inside
 * the tunnel.  Each host is in a home of its own, or both are in one network whose router does
 * not hairpin. */
static void carrier_range(struct world *w)
{
	struct household_config alice = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .inside = ip_v4(100, 64, 0, 2)};
	struct household_config bob = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .inside = ip_v4(100, 64, 0, 1)};
	bool together = rng_below(&w->rng, 2);
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", &alice),
			 *b = world_household(w, "bob", &bob);
	if (together)
		box_move(b->host, a->router);
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns start = world_now(w);
	pair_talk(&p);
	expect_all_direct(&p, start);
}

/* Two hosts of one network whose router does not hairpin. */
static void lan_peers(struct world *w)
{
	struct household_config house = {.line = pair_line(w), .nat = pair_easy_nat(w)};
	struct ip bob4 = ip_v4(192, 168, 1, 30);
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", &house),
			 *b = world_household(w, "bob", &house);
	struct ip was = b->host->addresses[0];
	box_move(b->host, a->router);
	box_remove_address(b->host, &was);
	box_add_address(b->host, &bob4);
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns start = world_now(w);
	pair_talk(&p);
	expect_all_direct(&p, start);
	struct way how = how_last(p.back);
	world_expect(w, ip_equal(&how.ep.ip, &bob4), "not inside the network");
}

/* Bob's private address and port are those of carol, alice's neighbour, or alice's own.  Carol is
 * alice's peer too, or a stranger to her. */
static void namesake(struct world *w)
{
	const struct ip twin = ip_v4(192, 168, 1, 20);
	enum { PORT = 41641 };
	bool own = rng_below(&w->rng, 3) == 0, friends = rng_below(&w->rng, 2);
	struct household_config alice = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .inside = ip_v4(192, 168, 1, 10)};
	struct household_config bob = {
		.line = pair_line(w), .nat = pair_easy_nat(w), .inside = twin};
	if (own)
		alice.inside = twin;
	(void)world_relay(w, 0, NULL);
	struct household *a = world_household(w, "alice", &alice),
			 *b = world_household(w, "bob", &bob);
	struct household *c = world_household(w, "carol", &alice);
	struct ip was = c->host->addresses[0], carols = own ? ip_v4(192, 168, 1, 30) : twin;
	a->node.net.port = b->node.net.port = c->node.net.port = PORT;
	box_move(c->host, a->router);
	box_remove_address(c->host, &was);
	box_add_address(c->host, &carols);
	struct pair near = {.w = w, .alice = a, .bob = c};
	if (friends)
		near = pair_of(w, a, c, PAIR_PACE);
	else
		world_know(
			w, b,
			c); /* so that she runs with that port, and has one of the two as a peer */
	struct pair p = pair_of(w, a, b, PAIR_PACE);
	world_run(w, SECOND + rng_below(&w->rng, 5 * SECOND));
	mono_ns start = world_now(w);
	pair_talk(&p);
	if (friends)
		pair_talk(&near);
	world_run(w, 2 * SECOND);
	world_expect(w, world_is_direct(w, a, b), "alice and bob are not direct within 2 s");
	world_expect(w, !friends || world_is_direct(w, a, c),
		     "alice and carol are not direct within 2 s");
	world_run(w, 10 * SECOND);
	pair_hush(&p);
	if (friends)
		pair_hush(&near);
	struct way bobs = how_last(p.back);
	world_expect(w, ip_equal(&bobs.ep.ip, &b->external), "bob is not heard from his NAT");
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
	struct way carols_way = friends ? how_last(near.back) : (struct way){.ep.ip = carols};
	world_expect(w, ip_equal(&carols_way.ep.ip, &carols),
		     "carol is not heard inside the network");
	const struct household *knocked = own ? a : c;
	const struct paths_stats *s = reach_paths_stats(node_reach(knocked->node.node));
	const struct tunnel_stats *t = node_tunnel_stats(c->node.node);
	world_measure(w, "knocks at the wrong door", s->stranger + s->unauthentic);
	world_expect(w, s->stranger + s->unauthentic > 0,
		     "nobody knocked at the wrong door: this shows nothing");
	world_expect(w, t->unknown_peer + t->no_session + t->unauthentic == 0, "data went astray");
}

const struct scenario scenarios_where[] = {
	{"nat64", "IPv6 only, through a NAT64, to an easy NAT: direct within 2 s", 100,
	 nat64_to_easy},
	{"nat64-prefix", "the NAT64 of a network gets another prefix: direct again within 2 s", 50,
	 nat64_prefix_changes},
	{"nat64-roam", "from IPv4 into a network that has only IPv6, and back: direct within 2 s",
	 100, roams_to_nat64},
	{"ipv6-only", "two hosts without any IPv4 cross both their firewalls within 2 s", 100,
	 two_firewalls},
	{"two-uplinks", "one of two networks goes away: direct through the other within 2 s", 100,
	 loses_an_uplink},
	{"carrier-range",
	 "the carrier's addresses are those of the tunnel: direct within 2 s, and nothing is lost",
	 100, carrier_range},
	{"lan", "two hosts of one network talk inside it", 100, lan_peers},
	{"namesake", "a peer with the private address of a neighbour is not taken for him", 150,
	 namesake},
	{0},
};

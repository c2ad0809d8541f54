/* Gateways that map a port on request, above and below NATs that nothing else crosses. */
#include "sim/places.h"
#include "sim/scenario.h"

#define HARD "mapping=address-and-port-dependent filtering=address-and-port-dependent ports=random"
#define WALL "translate=no filtering=address-and-port-dependent"
#define CARRIER                                                                          \
	"mapping=endpoint-independent filtering=address-and-port-dependent ports=block " \
	"port-block=512 "                                                                \
	"pooling=paired hairpin=none"

static const struct place plain_hard = {"hard", "a hard NAT", HARD};
static const struct place gateways[] = {
	{"pcp", "a hard NAT that speaks PCP", HARD, .portmap = GATEWAY_PCP},
	{"nat-pmp", "a hard NAT that speaks NAT-PMP", HARD, .portmap = GATEWAY_NATPMP},
	{"upnp", "a hard NAT that speaks UPnP", HARD, .portmap = GATEWAY_UPNP},
};
static const struct place walls[] = {
	{"asked", "IPv6 behind a firewall that speaks PCP", HARD, .wall6 = WALL,
	 .portmap = GATEWAY_PCP},
	{"closed", "IPv6 behind a firewall that does not", HARD, .wall6 = WALL},
};
static const struct place below_carrier = {"below",
					   "a hard NAT that speaks PCP, below a carrier's",
					   HARD,
					   .carrier = CARRIER,
					   .shares_carrier = true,
					   .portmap = GATEWAY_PCP};

static struct pair build(struct world *w, const struct place *a, const struct place *b)
{
	struct link_config line = pair_line(w);
	struct household *both[2];
	(void)world_relay(w, 0, NULL);
	places_build(w, a, b, &line, both);
	struct pair p = pair_of(w, both[0], both[1], PAIR_PACE);
	world_run(w, 5 * SECOND + rng_below(&w->rng, SECOND));
	return p;
}

/* The endpoint at which alice's router lets everybody in, as her node knows it. */
static struct endpoint mapped(struct pair *p, bool double_nat)
{
	struct portmap_status m;
	reach_portmap(node_reach(p->alice->node.node), world_now(p->w), &m);
	world_expect(p->w, m.n == 1, "%zu mappings, not one", m.n);
	world_expect(p->w, m.n == 0 || m.v[0].double_nat == double_nat, "double NAT: %d",
		     m.v[0].double_nat);
	return m.n ? m.v[0].outside : (struct endpoint){0};
}

static struct endpoint used_by_bob(struct pair *p)
{
	struct node_peer_status st;
	if (!sim_node_peer_status(&p->bob->node, &p->alice->node, world_now(p->w), &st) ||
	    st.path.route.via[0].kind != WAY_UDP)
		return (struct endpoint){0};
	return st.path.route.via[0].ep;
}

static void expect_by_mapping(struct pair *p, bool double_nat)
{
	struct endpoint outside = mapped(p, double_nat), used = used_by_bob(p);
	char a[ENDPOINT_TEXT_MAX], b[ENDPOINT_TEXT_MAX];
	world_expect(p->w, endpoint_equal(&outside, &used), "bob uses %s, and %s is mapped",
		     endpoint_format(&used, a), endpoint_format(&outside, b));
}

static void a_hard_pair_is_direct(struct world *w)
{
	struct pair p = build(w, &gateways[rng_below(&w->rng, ARRAY_LEN(gateways))], &plain_hard);
	mono_ns start = world_now(w);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_measure(w, "direct after, ms", (world_now(w) - start) / MSEC);
	expect_by_mapping(&p, false);
	world_run(w, 5 * SECOND);
	pair_hush(&p);
	world_expect(w, pair_lost(&p, start, MONO_NEVER) == 0, "%zu packets lost",
		     pair_lost(&p, start, MONO_NEVER));
	struct endpoint outside = mapped(&p, false);
	world_run(w, 9000 * SECOND); /* beyond its first life */
	struct endpoint still = mapped(&p, false);
	world_expect(w, endpoint_equal(&outside, &still), "another port after hours");
}

/* The router restarts: all its mappings are gone, and nobody is told. */
static void a_gateway_restarts(struct world *w)
{
	struct pair p = build(w, &gateways[rng_below(&w->rng, ARRAY_LEN(gateways))], &plain_hard);
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	world_run(w, 60 * SECOND);
	mono_ns at = world_now(w);
	nat_reboot(p.alice->router->nat4);
	p.alice->gateway.started = at;
	world_run(w, 3 * SECOND); /* the silence is noticed first */
	pair_wait_direct(&p, 10 * SECOND);
	world_measure(w, "direct again after, ms", (world_now(w) - at) / MSEC);
	expect_by_mapping(&p, false);
	world_run(w, SECOND);
	mono_ns gap = pair_gap(&p, at, world_now(w));
	pair_hush(&p);
	world_measure(w, "silent for, ms", gap / MSEC);
	world_expect(w, gap < 3 * SECOND, "silent for %llu ms", (unsigned long long)(gap / MSEC));
}

static bool is_renewed(struct world *w)
{
	struct portmap_status m;
	reach_portmap(node_reach(w->households[0].node.node), world_now(w), &m);
	return nat_stats(w->households[0].router->nat4)->mappings > 0 && m.n > 0;
}

/* The same, and the router announces it: the node maps again before a packet is lost. */
static void a_gateway_says_that_it_restarted(struct world *w)
{
	struct pair p = build(w, &gateways[rng_below(&w->rng, 2)], &plain_hard);
	world_run(w, (20 + rng_below(&w->rng, 600)) * SECOND);
	(void)mapped(&p, false);
	mono_ns at = world_now(w);
	gateway_restart(&p.alice->gateway, at);
	world_expect(w, !is_renewed(w), "the router has not forgotten anything");
	world_expect(w, world_wait(w, is_renewed, SECOND), "nothing is mapped a second later");
	world_measure(w, "mapped again after, ms", (world_now(w) - at) / MSEC);
	pair_talk(&p);
	pair_wait_direct(
		&p, 10 * SECOND); /* the stream to the relay broke too, and that is noticed first */
	expect_by_mapping(&p, false);
}

/* --- holes in firewalls --- */

struct knock {
	struct endpoint to;
	unsigned in;
};

static void count_knocks(void *self, const struct box *at, const struct net_datagram *d,
			 enum net_fate fate, mono_ns now)
{
	struct knock *k = self;
	k->in += endpoint_equal(&d->dst, &k->to) && fate == NET_DELIVERED && d->n == 1;
}

/* Does an unsolicited datagram get in? */
static bool gets_in(struct pair *p, struct box *stranger)
{
	const struct household *h = p->alice;
	struct knock k = {.to = {h->node.net.inside6, h->node.net.port}};
	static const uint8_t b = 0xff;
	p->w->net.watch = count_knocks;
	p->w->net.watch_self = &k;
	world_expect(p->w, net_send(stranger, 7, &k.to, (struct bytes){&b, 1}, world_now(p->w)),
		     "not sent at all");
	world_run(p->w, SECOND);
	p->w->net.watch = NULL;
	return k.in > 0;
}

static void a_firewall_opens_when_it_is_asked(struct world *w)
{
	const struct link_config line = {.delay = MSEC};
	const struct ip outside = {6, {0x20, 0x01, 0x0d, 0xb8, 0xff, [15] = 1}};
	struct pair p = build(w, &walls[0], &walls[1]);
	struct box *stranger = net_box(&w->net, w->net.root, "stranger", &line, &line);
	box_add_address(stranger, &outside);
	world_expect(w, gets_in(&p, stranger), "the firewall was not opened");
	pair_talk(&p);
	pair_wait_direct(&p, 2 * SECOND);
	pair_hush(&p);
	world_run(w, 9000 * SECOND); /* beyond its first life */
	world_expect(w, gets_in(&p, stranger), "the hole is not there any more after hours");
	gateway_restart(&p.alice->gateway, world_now(w));
	world_run(w, SECOND);
	world_expect(w, gets_in(&p, stranger), "the hole is not there any more after a restart");
	reach_release(node_reach(p.alice->node.node), world_now(w));
	world_run(w, 20 * SECOND);
	world_expect(w, !gets_in(&p, stranger), "the hole is still there");
}

/* Two homes below one carrier's NAT, which does not hairpin.  They can use the outside addresses of
 * their gateways. */
static void neighbours_below_a_carrier(struct world *w)
{
	struct pair p = build(w, &below_carrier, &below_carrier);
	pair_talk(&p);
	pair_wait_direct(&p, 5 * SECOND);
	(void)mapped(&p, true);
	struct endpoint used = used_by_bob(&p);
	char text[ENDPOINT_TEXT_MAX];
	world_expect(w, ip_is_shared(&used.ip), "bob uses %s, no address of the carrier's inside",
		     endpoint_format(&used, text));
}

static void count_shared(void *self, const struct box *at, const struct net_datagram *d,
			 enum net_fate fate, mono_ns now)
{
	*(unsigned *)self += ip_is_shared(&d->dst.ip) && fate == NET_NO_ROUTE;
}

/* Peers elsewhere are not told an address that leads nowhere for them. */
static void strangers_are_not_told(struct world *w)
{
	unsigned lost = 0;
	struct pair p = build(w, &below_carrier, &plain_hard);
	w->net.watch = count_shared;
	w->net.watch_self = &lost;
	pair_talk(&p);
	world_run(w, 60 * SECOND);
	pair_hush(&p);
	(void)mapped(&p, true);
	world_expect(w, lost == 0, "%u datagrams to an address inside a carrier", lost);
	w->net.watch = NULL;
}

const struct scenario scenarios_portmap[] = {
	{"portmap", "two hard NATs, one speaks PCP, NAT-PMP or UPnP: direct within 2 s, for hours",
	 20, a_hard_pair_is_direct},
	{"portmap-restart", "that gateway forgets all: traffic again within 3 s, and direct", 30,
	 a_gateway_restarts},
	{"portmap-announced", "it says so: mapped again within a second, before anybody misses it",
	 20, a_gateway_says_that_it_restarted},
	{"portmap-pinhole", "an IPv6 firewall is opened by PCP, kept open, and closed at the end",
	 20, a_firewall_opens_when_it_is_asked},
	{"portmap-neighbours", "gateways below one carrier: direct inside the carrier", 30,
	 neighbours_below_a_carrier},
	{"portmap-strangers", "such an address is not told to others", 20, strangers_are_not_told},
	{0},
};

#include "sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const uint64_t steps_max = 400000000;

/* --- what comes out of the nodes --- */

static struct household *household_of(struct world *w, const struct sim_node *n)
{
	for (size_t i = 0; i < w->n_households; i++)
		if (&w->households[i].node == n)
			return &w->households[i];
	return NULL;
}

static void on_packet(void *self, struct sim_node *n, struct bytes packet, const struct way *how,
		      mono_ns now)
{
	struct world *w = self;
	for (size_t i = 0; i < w->n_traffic; i++)
		if (traffic_take(&w->traffic[i], n, packet, how, now))
			return;
	world_expect(w, false, "%s was given a packet that nobody sent", n->name);
}

static void on_event(void *self, struct sim_node *n, const struct reach_event *ev, mono_ns now)
{
	struct world *w = self;
	struct household *h = household_of(w, n);
	if (ev->kind == REACH_PATH && ev->path.kind == PATH_MOVED) {
		h->moves++;
		if (ev->path.via.kind == WAY_UDP && h->direct_at == MONO_NEVER)
			h->direct_at = now;
	}
	h->doubts += ev->kind == REACH_PATH && ev->path.kind == PATH_DOUBT;
	if (w->event)
		w->event(w->self, h, ev, now);
}

/* --- building --- */

struct world *world_new(uint64_t seed)
{
	struct world *w = sim_alloc(sizeof(*w));
	w->seed = seed;
	seeded_init(&w->seeded, seed);
	w->rng = seeded_rng(&w->seeded);
	events_init(&w->events, SECOND + rng_below(&w->rng, 1000 * SECOND));
	net_init(&w->net, &w->events, &w->rng);
	return w;
}

void world_free(struct world *w)
{
	for (size_t i = 0; i < w->n_households; i++)
		sim_node_fini(&w->households[i].node);
	for (size_t i = 0; i < w->n_relays; i++)
		sim_relay_fini(&w->relays[i]);
	for (size_t i = 0; i < w->n_traffic; i++)
		traffic_fini(&w->traffic[i]);
	events_fini(&w->events);
	net_fini(&w->net);
	free(w);
}

mono_ns world_now(const struct world *w)
{
	return w->events.now;
}

struct sim_relay *world_relay(struct world *w, mono_ns delay, const struct ip *address)
{
	struct link_config line = {.delay = delay};
	struct box *box = net_box(&w->net, w->net.root, "relay", &line, &line);
	uint16_t region = (uint16_t)(w->n_relays + 1);
	struct sim_relay *r = &w->relays[w->n_relays++];
	struct ip v4 = address ? *address : ip_v4(203, 0, 113, (uint8_t)region);
	box_add_address(box, &v4);
	sim_relay_init(r, box, region, &w->rng);
	r->fast_start = rng_below(&w->rng, 2) == 0;
	sim_relay_start(r, world_now(w));
	return r;
}

static struct ip v6_of_household(size_t i, uint8_t host)
{
	const uint8_t b[16] = {0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(i + 1), [15] = host};
	return ip_v6_from(b);
}

static void give_ipv6(struct household *h, size_t i, const struct nat_config *nat)
{
	struct ip host = v6_of_household(i, 2), net = v6_of_household(i, 0);
	struct prefix p = prefix_of(&net, 48);
	struct nat_config wall = *nat;
	wall.firewall = true;
	box_route(h->router, &p);
	box_add_address(h->host, &host);
	box_set_nat(h->router, &wall, 6);
}

static void build_lines(struct world *w, struct household *h, const char *name,
			const struct household_config *cfg)
{
	size_t i = w->n_households;
	struct link_config inside = {.delay = 200 * USEC};
	struct ip host = cfg->inside.family ? cfg->inside : ip_v4(192, 168, (uint8_t)(i + 1), 2);
	h->external = cfg->external.family ? cfg->external : ip_v4(192, 0, 2, (uint8_t)(i + 1));
	h->router = net_box(&w->net, w->net.root, name, &cfg->line, &cfg->line);
	h->router->blocks_udp = cfg->blocks_udp;
	box_add_address(h->router, &h->external);
	h->host = h->router;
	if (cfg->no_nat)
		return;
	struct nat_config nat = cfg->nat;
	nat.external = h->external;
	box_set_nat(h->router, &nat, 4);
	h->host = net_box(&w->net, h->router, name, &inside, &inside);
	box_add_address(h->host, &host);
	if (cfg->ipv6)
		give_ipv6(h, i, &nat);
}

static void start_node(struct world *w, struct household *h, const char *name)
{
	struct ip tunnel = ip_v4(100, 64, 0, (uint8_t)(w->n_households + 1));
	w->n_households++;
	h->direct_at = MONO_NEVER;
	sim_node_init(&h->node, h->host, name, &tunnel,
		      (uint16_t)(20000 + rng_below(&w->rng, 40000)), &w->rng);
	h->node.observer =
		(struct sim_node_observer){.packet = on_packet, .event = on_event, .self = w};
	for (size_t i = 0; i < w->n_relays; i++)
		sim_reach_add_relay(&h->node.net, &w->relays[i]);
	sim_node_start(&h->node, world_now(w));
}

struct household *world_household(struct world *w, const char *name,
				  const struct household_config *cfg)
{
	struct household *h = &w->households[w->n_households];
	build_lines(w, h, name, cfg);
	start_node(w, h, name);
	h->node.net.hard = (struct hard_config){.enabled = !cfg->no_hard, .slow = cfg->slow_punch};
	reach_set_hard(node_reach(h->node.node), &h->node.net.hard, world_now(w));
	return h;
}

struct household *world_node(struct world *w, const char *name, struct box *router,
			     struct box *host, const struct ip *external)
{
	struct household *h = &w->households[w->n_households];
	h->router = router;
	h->host = host;
	h->external = *external;
	start_node(w, h, name);
	return h;
}

void world_know(struct world *w, struct household *a, struct household *b)
{
	sim_node_add_peer(&a->node, &b->node, 1);
	sim_node_add_peer(&b->node, &a->node, 1);
	sim_node_stop(&a->node, world_now(w));
	sim_node_stop(&b->node, world_now(w));
	sim_node_start(&a->node, world_now(w));
	sim_node_start(&b->node, world_now(w));
}

struct traffic *world_traffic(struct world *w, struct household *from, struct household *to,
			      mono_ns interval)
{
	struct traffic *s = &w->traffic[w->n_traffic];
	traffic_init(s, &w->events, &from->node, &to->node, (uint16_t)w->n_traffic++, interval);
	return s;
}

/* --- running --- */

/* What must hold after every step, whatever the scenario. */
static bool all_is_well(struct world *w)
{
	for (size_t i = 0; i < w->n_households; i++) {
		struct household *h = &w->households[i];
		world_expect(w, !h->node.net.spins, "%s does not come to rest", h->node.name);
		const char *broken = budget_check(&h->budget, &h->node, world_now(w));
		world_expect(w, !broken, "%s: %s", h->node.name, broken);
	}
	for (size_t i = 0; i < w->n_traffic; i++) {
		world_expect(w, w->traffic[i].doubled == 0, "a packet arrived twice");
		world_expect(w, w->traffic[i].damaged == 0, "a packet arrived damaged");
	}
	world_expect(w, ++w->steps < steps_max, "too many events");
	return w->fault[0] == '\0';
}

void world_run(struct world *w, mono_ns time)
{
	mono_ns until = world_now(w) + time;
	while (all_is_well(w) && events_step(&w->events, until))
		;
}

bool world_wait(struct world *w, bool (*is)(struct world *w), mono_ns at_most)
{
	mono_ns until = world_now(w) + at_most;
	while (!is(w))
		if (!all_is_well(w) || !events_step(&w->events, until))
			return false;
	return true;
}

static bool is_direct_to(struct world *w, struct household *a, struct household *b)
{
	struct node_peer_status s;
	return sim_node_peer_status(&a->node, &b->node, world_now(w), &s) && s.path.direct &&
	       !s.path.doubted;
}

bool world_is_direct(struct world *w, struct household *a, struct household *b)
{
	return is_direct_to(w, a, b) && is_direct_to(w, b, a);
}

void world_cut(struct world *w, const struct household *a, const struct household *b)
{
	struct prefix src = prefix_of(&a->external, 32), dst = prefix_of(&b->external, 32);
	box_cut(w->net.root, &src, &dst);
}

void world_heal(struct world *w)
{
	box_heal(w->net.root);
}

void household_flush(struct household *h)
{
	if (h->router->nat4)
		nat_flush(h->router->nat4);
	if (h->router->nat6)
		nat_flush(h->router->nat6);
}

void world_expect(struct world *w, bool holds, const char *fmt, ...)
{
	va_list ap;
	if (holds || w->fault[0])
		return;
	va_start(ap, fmt);
	vsnprintf(w->fault, sizeof(w->fault), fmt, ap);
	va_end(ap);
}

void world_measure(struct world *w, const char *name, uint64_t value)
{
	if (w->n_measures < WORLD_MEASURES_MAX)
		w->measures[w->n_measures++] = (struct measure){name, value};
}

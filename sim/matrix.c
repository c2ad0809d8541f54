/* warren-matrix - every pair of places, over many seeds: is it direct, by what, and how soon?
 *
 *   warren-matrix [-n SEEDS] [-p A,B] [-k I/N]
 *                        one line of JSON for each pair (of the I-th of N parts)
 *   warren-matrix -c ... exit status 1 unless each run is connected and loses nothing, and 99 of
 *                        100 are direct where a technique makes that possible, 90 by birthday
 *                        probing
 *   warren-matrix -l     the list of places, as JSON
 *   warren-matrix -t     what is possible between each pair, one line of JSON each
 *
 * A run: both nodes connect to the relay.  Then each sends 10 packets a second until one second
 * after both talk directly, or until the time is up.  tools/matrix.py makes the documents of the
 * output.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/places.h"

enum { SEEDS_MAX = 100000 };

#define LINE_DELAY  (25 * MSEC) /* each way, and 10 ms more to the relay */
#define RELAY_DELAY (10 * MSEC)
#define HOPELESS    (15 * SECOND)
/* Of a thousand attempts by birthday probing one fails, and a second or third one follows. */
#define PATIENCE    (300 * SECOND)
#define PERSISTENCE (3600 * SECOND) /* where the success of an attempt is luck */
#define PACE        (100 * MSEC)

enum won { WON_RELAY, WON_IPV4, WON_IPV6, WON_LAN, WON_HAIRPIN, WON_PORTMAP, WON_HARD, WONS };
static const char *const won_words[WONS] = {"relay",   "ipv4",    "ipv6", "lan",
					    "hairpin", "portmap", "hard"};

struct result {
	bool connected, direct;
	enum won won;
	uint64_t first_us, direct_us; /* after the first packet was sent */
	uint64_t probes;              /* pings of both sides */
	size_t lost;
};

struct options {
	unsigned seeds, part, parts, relays;
	bool check;
	const struct place *a, *b; /* NULL: all */
};

static bool is_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

static uint64_t probes_of(const struct household *h)
{
	const struct paths_stats *s = reach_paths_stats(node_reach(h->node.node));
	return s->pings_sent;
}

/* Is that endpoint what the gateway of h has mapped for it? */
static bool is_mapped(struct world *w, const struct household *h, const struct endpoint *ep)
{
	struct portmap_status m;
	reach_portmap(node_reach(h->node.node), world_now(w), &m);
	for (size_t i = 0; i < m.n; i++)
		if (endpoint_equal(&m.v[i].outside, ep))
			return true;
	return false;
}

static enum won won_by(struct world *w)
{
	struct node_peer_status s, back;
	struct household *a = &w->households[0], *b = &w->households[1];
	if (!is_direct(w) || !sim_node_peer_status(&a->node, &b->node, world_now(w), &s) ||
	    !sim_node_peer_status(&b->node, &a->node, world_now(w), &back))
		return WON_RELAY;
	if (is_mapped(w, b, &s.path.route.via[0].ep) || is_mapped(w, a, &back.path.route.via[0].ep))
		return WON_PORTMAP;
	const struct ip *ip = &s.path.route.via[0].ep.ip;
	if (ip->family == 6)
		return WON_IPV6;
	if (reach_paths_stats(node_reach(a->node.node))->hard_sent +
		    reach_paths_stats(node_reach(b->node.node))->hard_sent >
	    0)
		return WON_HARD;
	if (ip_equal(ip, &a->external))
		return WON_HAIRPIN;
	return ip_is_private(ip) ? WON_LAN : WON_IPV4;
}

static mono_ns patience_for(enum place_way way)
{
	return way >= TECHNIQUE_SLOW ? HOPELESS : way == TECHNIQUE_GUESS ? PERSISTENCE : PATIENCE;
}

static struct result measure(struct world *w, const struct place *a, const struct place *b,
			     unsigned relays)
{
	struct household *households[2];
	struct link_config line = {.delay = LINE_DELAY, .jitter = rng_below(&w->rng, 2 * MSEC)};
	for (unsigned i = 0; i < relays; i++)
		world_relay(w, RELAY_DELAY, NULL);
	places_build(w, a, b, &line, households);
	world_know(w, households[0], households[1]);
	world_run(w, 2 * SECOND + rng_below(&w->rng, 5 * SECOND));
	struct traffic *there = world_traffic(w, households[0], households[1], PACE);
	struct traffic *back = world_traffic(w, households[1], households[0], PACE);
	mono_ns start = world_now(w);
	uint64_t before = probes_of(households[0]) + probes_of(households[1]);
	traffic_start(there, start);
	traffic_start(back, start);
	struct result r = {.direct = world_wait(w, is_direct, patience_for(place_way(a, b)))};
	r.direct_us = (world_now(w) - start) / USEC;
	r.probes = probes_of(households[0]) + probes_of(households[1]) - before;
	world_run(w, SECOND);
	r.won = won_by(w);
	traffic_stop(there);
	traffic_stop(back);
	world_run(w, SECOND);
	mono_ns first = mono_max(traffic_first_arrival(there, start, false),
				 traffic_first_arrival(back, start, false));
	r.connected = first != MONO_NEVER && !w->fault[0];
	r.first_us = r.connected ? (first - start) / USEC : 0;
	r.lost = traffic_lost(there, start, MONO_NEVER) + traffic_lost(back, start, MONO_NEVER);
	return r;
}

/* --- numbers --- */

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

/* Of the values in v, which it sorts.  Without values: null. */
static void print_spread(const char *name, uint64_t *v, size_t n, double unit)
{
	if (n == 0) {
		printf(", \"%s\": null", name);
		return;
	}
	qsort(v, n, sizeof(*v), by_value);
	uint64_t median = v[n / 2], p99 = v[n * 99 / 100];
	printf(", \"%s\": {\"median\": %.1f, \"p99\": %.1f}", name, (double)median / unit,
	       (double)p99 / unit);
}

struct tally {
	uint64_t *first, *direct, *probes;
	size_t n_first, n_direct, n;
	size_t won[WONS], lost, faults;
};

static void add(struct tally *t, const struct result *r)
{
	t->won[r->won]++;
	t->probes[t->n++] = r->probes;
	t->lost += r->lost;
	t->faults += !r->connected;
	if (r->connected)
		t->first[t->n_first++] = r->first_us;
	if (r->direct)
		t->direct[t->n_direct++] = r->direct_us;
}

static void print_tally(struct tally *t, const struct place *a, const struct place *b)
{
	const char *comma = "";
	printf("{\"a\": \"%s\", \"b\": \"%s\", \"possible\": \"%s\", \"seeds\": %zu, "
	       "\"connected\": %zu, "
	       "\"direct\": %zu, \"lost\": %zu, \"won\": {",
	       a->name, b->name, place_way_word(place_way(a, b)), t->n, t->n - t->faults,
	       t->n_direct, t->lost);
	for (size_t i = 0; i < WONS; i++) {
		if (!t->won[i])
			continue;
		printf("%s\"%s\": %zu", comma, won_words[i], t->won[i]);
		comma = ", ";
	}
	printf("}");
	print_spread("first_ms", t->first, t->n_first, 1000);
	print_spread("direct_ms", t->direct, t->n_direct, 1000);
	print_spread("probes", t->probes, t->n, 1);
	printf("}\n");
	fflush(stdout);
}

static bool is_good(const struct tally *t, const struct place *a, const struct place *b)
{
	enum place_way way = place_way(a, b);
	size_t percent = way <= TECHNIQUE_BIRTHDAY ? 99 : way == TECHNIQUE_GUESS ? 90 : 0;
	/* One of a few runs may have bad luck. */
	size_t bad = way == TECHNIQUE_GUESS ? 1 : 0;
	return t->faults == 0 && t->lost == 0 && (t->n_direct + bad) * 100 >= t->n * percent;
}

/* False: the pair is not as -c demands. */
static bool play_pair(const struct place *a, const struct place *b, const struct options *o)
{
	size_t len = o->seeds * sizeof(uint64_t);
	struct tally t = {
		.first = sim_alloc(len), .direct = sim_alloc(len), .probes = sim_alloc(len)};
	for (unsigned seed = 1; seed <= o->seeds; seed++) {
		struct world *w = world_new(seed);
		struct result r = measure(w, a, b, o->relays);
		if (w->fault[0])
			fprintf(stderr, "%s, %s: seed %u: %s\n", a->name, b->name, seed, w->fault);
		add(&t, &r);
		world_free(w);
	}
	print_tally(&t, a, b);
	bool good = is_good(&t, a, b);
	free(t.first);
	free(t.direct);
	free(t.probes);
	return good;
}

static bool play_all(const struct options *o)
{
	unsigned pair = 0, bad = 0;
	for (size_t i = 0; i < places_count(); i++)
		for (size_t k = i; k < places_count(); k++)
			if (pair++ % o->parts == o->part)
				bad += !play_pair(&places[i], &places[k], o);
	return bad == 0;
}

/* --- the list --- */

static void print_text(const char *name, const char *value)
{
	if (value && value[0])
		printf(", \"%s\": \"%s\"", name, value);
}

static void print_place(const struct place *p)
{
	printf("  {\"name\": \"%s\", \"what\": \"%s\", \"addresses\": %u, \"shares_carrier\": %s",
	       p->name, p->what, p->addresses ? p->addresses : 1,
	       p->shares_carrier ? "true" : "false");
	print_text("nat", p->nat);
	print_text("carrier", p->carrier);
	print_text("wall6", p->wall6);
	print_text("nat64", p->nat64);
	print_text("second", p->second);
	print_text("second_wall6", p->second_wall6);
	print_text("portmap", place_portmap_word(p));
	printf("}");
}

static int list(void)
{
	printf("[\n");
	for (size_t i = 0; i < places_count(); i++) {
		print_place(&places[i]);
		puts(i + 1 < places_count() ? "," : "\n]");
	}
	return 0;
}

static int theory(void)
{
	for (size_t i = 0; i < places_count(); i++)
		for (size_t k = i; k < places_count(); k++)
			printf("{\"a\": \"%s\", \"b\": \"%s\", \"possible\": \"%s\"}\n",
			       places[i].name, places[k].name,
			       place_way_word(place_way(&places[i], &places[k])));
	return 0;
}

/* --- start --- */

static bool parse_pair(struct options *o, char *text)
{
	char *comma = strchr(text, ',');
	if (!comma)
		return false;
	*comma = '\0';
	o->a = place_find(text);
	o->b = place_find(comma + 1);
	return o->a && o->b;
}

static bool parse_part(struct options *o, char *text)
{
	char *end;
	o->part = (unsigned)strtoul(text, &end, 10);
	if (*end != '/')
		return false;
	o->parts = (unsigned)strtoul(end + 1, &end, 10);
	return !*end && o->parts > 0 && o->part < o->parts;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: warren-matrix [-c] [-n SEEDS] [-p PLACE,PLACE] [-k I/N] [-r RELAYS]\n"
		"       warren-matrix -l   lists the places\n"
		"       warren-matrix -t   what is possible between each pair\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = {.seeds = 20, .parts = 1, .relays = 2};
	int opt;
	while ((opt = getopt(argc, argv, "cltn:p:k:r:")) != -1) {
		if (opt == 'l')
			return list();
		else if (opt == 't')
			return theory();
		else if (opt == 'c')
			o.check = true;
		else if (opt == 'n')
			o.seeds = (unsigned)strtoul(optarg, NULL, 10);
		else if (opt == 'r')
			o.relays = (unsigned)strtoul(optarg, NULL, 10);
		else if (opt == '?' || (opt == 'p' && !parse_pair(&o, optarg)) ||
			 (opt == 'k' && !parse_part(&o, optarg)))
			return usage();
	}
	if (optind < argc || o.seeds == 0 || o.seeds > SEEDS_MAX || o.relays < 1 ||
	    o.relays > SIM_RELAYS_MAX || !crypto_init())
		return usage();
	bool good = o.a ? play_pair(o.a, o.b, &o) : play_all(&o);
	return o.check && !good;
}

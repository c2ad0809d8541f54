/* The table of the published articles, with whole nodes: how many probes until two nodes meet.
 * Takes minutes. */

#include "path/hard/budget.h"
#include "sim/places.h"
#include "sim/world.h"
#include "unit/unit.h"

#define HARD                                                                                    \
	"mapping=address-and-port-dependent filtering=address-and-port-dependent ports=random " \
	"port-sharing=yes "

static const struct place easy = {
	"easy", "",
	"mapping=endpoint-independent filtering=address-and-port-dependent ports=preserve",
	.addresses = 1};

struct count {
	const struct household *easy, *hard;
	uint32_t probes;
	bool met;
};

/* The probes of the first attempt: from the easy side's main port to ports of the hard side, until
 * one gets in. */
static void count_probe(void *self, const struct box *at, const struct net_datagram *d,
			enum net_fate fate, mono_ns now)
{
	struct count *c = self;
	bool is_probe =
		d->src.port == c->easy->node.net.port && ip_equal(&d->src.ip, &c->easy->external);
	if (c->met || !is_probe ||
	    reach_paths_stats(node_reach(c->hard->node.node))->hard_sent < 256)
		return;
	c->probes += fate == NET_NAT || fate == NET_DELIVERED;
	c->met = fate == NET_DELIVERED;
}

static struct world *meet(uint64_t seed, const struct place *a, const struct place *b, mono_ns pace,
			  bool slow)
{
	const struct link_config line = {.delay = 25 * MSEC};
	struct household *households[2];
	struct world *w = world_new(seed);
	world_relay(w, 10 * MSEC, NULL);
	world_relay(w, 10 * MSEC, NULL);
	places_build(w, a, b, &line, households);
	for (int i = 0; i < 2; i++)
		households[i]->node.net.hard.slow = slow; /* it is started anew below */
	world_know(w, households[0], households[1]);
	world_run(w, 2 * SECOND + rng_below(&w->rng, SECOND));
	traffic_start(world_traffic(w, households[0], households[1], pace), world_now(w));
	traffic_start(world_traffic(w, households[1], households[0], pace), world_now(w));
	return w;
}

static bool is_direct(struct world *w)
{
	return world_is_direct(w, &w->households[0], &w->households[1]);
}

static unsigned share_of(const uint32_t *probes, unsigned n, uint32_t most)
{
	unsigned met = 0;
	for (unsigned i = 0; i < n; i++)
		met += probes[i] <= most;
	return met;
}

static void easy_against_random_is_as_the_articles_say(void **state)
{
	enum { SEEDS = 10000 };
	static const struct place random = {"random", "", HARD, .addresses = 1};
	static uint32_t probes[SEEDS];
	static const struct {
		uint32_t probes;
		double percent;
	} table[] = {{174, 50}, {256, 64}, {1024, 98}, {2048, 99.9}};
	for (unsigned i = 0; i < SEEDS; i++) {
		struct world *w = meet(i + 1, &random, &easy, SECOND, false);
		struct count c = {.hard = &w->households[0], .easy = &w->households[1]};
		w->net.watch = count_probe;
		w->net.watch_self = &c;
		bool direct = world_wait(w, is_direct, 30 * SECOND);
		assert_string_equal(w->fault, "");
		/* In one of a hundred the first few pings hit while the filters are being opened.
		 */
		probes[i] = c.met || direct ? c.probes : UINT32_MAX;
		world_free(w);
	}
	for (size_t k = 0; k < ARRAY_LEN(table); k++) {
		double got = 100.0 * share_of(probes, SEEDS, table[k].probes) / SEEDS;
		print_message("%u probes: %.2f %%, the articles say %.1f %%\n", table[k].probes,
			      got, table[k].percent);
		assert_true(got > table[k].percent - 2 && got < table[k].percent + 2);
	}
}

/* So many seeds, with NATs that remember for so long.  Counts the probes that each side had sent
 * when they met. */
static void play_slow(unsigned seeds, const char *nat, uint32_t *probes)
{
	const struct place place = {"random", "", nat, .addresses = 1};
	for (unsigned i = 0; i < seeds; i++) {
		struct world *w = meet(i + 1, &place, &place, 10 * SECOND, true);
		bool met = world_wait(w, is_direct, 1800 * SECOND);
		assert_string_equal(w->fault, "");
		uint64_t sent =
			reach_paths_stats(node_reach(w->households[0].node.node))->hard_sent;
		probes[i] = met ? (uint32_t)sent : UINT32_MAX;
		assert_true(sent <= HARD_SLOW_MAX + 100);
		world_free(w);
	}
}

/* The articles assume mappings that live as long as the whole attempt. */
static void random_against_random_is_as_the_articles_say(void **state)
{
	enum { SEEDS = 100 };
	uint32_t probes[SEEDS];
	play_slow(SEEDS, HARD "timeout=60m mappings-max=400000", probes);
	unsigned half = share_of(probes, SEEDS, 54000),
		 all = share_of(probes, SEEDS, HARD_SLOW_MAX);
	print_message("54,000 probes: %u of 100; 170,000: %u\n", half, all);
	assert_true(half >= 38 && half <= 62); /* two and a half deviations */
	assert_true(all >= 99);
}

/* Few real NATs do that: then only the probes of the last two minutes can meet. */
static void with_mappings_of_two_minutes_it_is_much_less(void **state)
{
	enum { SEEDS = 100 };
	uint32_t probes[SEEDS];
	play_slow(SEEDS, HARD "timeout=120s mappings-max=400000", probes);
	unsigned half = share_of(probes, SEEDS, 54000),
		 all = share_of(probes, SEEDS, HARD_SLOW_MAX);
	print_message("54,000 probes: %u of 100; 170,000: %u\n", half, all);
	assert_true(half >= 15 && half <= 40); /* 27 */
	assert_true(all >= 48 && all <= 76);   /* 62 */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(easy_against_random_is_as_the_articles_say),
	cmocka_unit_test(random_against_random_is_as_the_articles_say),
	cmocka_unit_test(with_mappings_of_two_minutes_it_is_much_less),
};
RUN_TESTS(tests)

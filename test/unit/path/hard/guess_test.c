/* What the ports of a few fresh sockets show: counting, blocks, chance. */
#include "crypto/seeded.h"
#include "path/hard/plan.h"
#include "unit/unit.h"

#include <stdlib.h>

static struct rng seed(struct seeded *s, uint64_t number)
{
	seeded_init(s, number);
	return seeded_rng(s);
}

static void a_counting_nat_is_seen_with_its_step(void **state)
{
	static const struct {
		uint16_t ports[8];
		size_t n;
		bool counts;
		uint16_t next;
		int32_t step;
	} table[] = {
		{{5000, 5001, 5002, 5003}, 4, true, 5004, 1},
		{{5000, 5002, 5004, 5006, 5008}, 5, true, 5010, 2},
		{{5000, 4999, 4998, 4997}, 4, true, 4996, -1},
		/* others took ports in between */
		{{5000, 5003, 5004, 5009, 5010, 5011}, 6, true, 5012, 1},
		{{5000, 5004, 5012, 5016, 5028, 5032}, 6, true, 5036, 4},
		/* it wrapped */
		{{65533, 65534, 65535, 1024, 1025, 1026}, 6, true, 1027, 1},
		{{1028, 1026, 1024, 65534, 65532, 65530}, 6, true, 65528, -2},
		/* two overtook each other */
		{{5000, 5001, 5003, 5002, 5004, 5005, 5006, 5007}, 8, true, 5008, 1},
		{{5000, 5001, 5002}, 3, false, 0, 0},
		{{5000, 5000, 5000, 5000}, 4, false, 0, 0},
		{{5000, 61000, 1200, 33000, 20000, 7}, 6, false, 0, 0},
		/* of one block, and by chance rising */
		{{5000, 5050, 5200, 5260, 5300, 5410}, 6, false, 0, 0},
		{{5000, 5051, 5200, 5260, 5300, 5410}, 6, false, 0, 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct prediction p = {0};
		bool counts = prediction_of(table[i].ports, table[i].n, &p);
		assert_int_equal(counts, table[i].counts);
		if (!counts)
			continue;
		assert_int_equal(p.next, table[i].next);
		assert_int_equal(p.step, table[i].step);
	}
}

static void predicted_ports_go_round_above_1023(void **state)
{
	struct prediction up = {.next = 65535, .step = 1}, down = {.next = 1024, .step = -1};
	assert_int_equal(prediction_port(&up, 0), 65535);
	assert_int_equal(prediction_port(&up, 1), 1024);
	assert_int_equal(prediction_port(&down, 1), 65535);
	assert_int_equal(prediction_port(&up, 64512), 65535);
}

static void the_window_is_tried_in_halves_and_completely(void **state)
{
	bool seen[PREDICTION_WINDOW] = {0};
	for (uint32_t i = 0; i < PREDICTION_WINDOW; i++) {
		uint32_t at = prediction_order(i);
		assert_true(at < PREDICTION_WINDOW);
		assert_false(seen[at]);
		seen[at] = true;
		if (i != 3)
			continue;
		/* after four tries no run of 32 is missed */
		uint32_t gap = 0, longest = 0;
		for (uint32_t k = 0; k < PREDICTION_WINDOW; k++) {
			gap = seen[k] ? 0 : gap + 1;
			longest = gap > longest ? gap : longest;
		}
		assert_true(longest < 32);
	}
}

static void random_ports_hardly_ever_look_like_anything(void **state)
{
	struct seeded s;
	struct rng rng = seed(&s, 1);
	unsigned counting = 0, blocks = 0;
	for (int i = 0; i < 20000; i++) {
		uint16_t ports[8];
		struct prediction p;
		struct port_block b;
		for (int k = 0; k < 8; k++)
			ports[k] = (uint16_t)(1024 + rng_below(&rng, 64512));
		counting += prediction_of(ports, 8, &p);
		blocks += block_of(ports, 8, &b);
	}
	assert_int_equal(counting, 0);
	assert_int_equal(blocks, 0);
}

static void a_block_is_found_from_eight_samples(void **state)
{
	struct seeded s;
	struct rng rng = seed(&s, 2);
	for (uint32_t size = 128; size <= BLOCK_MAX; size *= 2) {
		unsigned right = 0, counting = 0;
		enum { TIMES = 2000 };
		for (int i = 0; i < TIMES; i++) {
			uint32_t first = size * (1 + (uint32_t)rng_below(&rng, 65536 / size - 1));
			uint16_t ports[8];
			struct port_block b;
			struct prediction p;
			for (int k = 0; k < 8; k++)
				ports[k] = (uint16_t)(first + rng_below(&rng, size));
			assert_true(block_of(ports, 8, &b));
			assert_true(b.first >= first && b.first + b.size <= first + size);
			right += b.first == first && b.size == size;
			counting += prediction_of(ports, 8, &p);
		}
		assert_true(right > TIMES * 98 / 100);
		assert_true(counting < TIMES / 50);
	}
}

static void few_samples_are_no_block(void **state)
{
	static const uint16_t ports[] = {5000, 5001, 5000, 5003, 5002};
	struct port_block b;
	assert_false(block_of(ports, 5, &b));
}

/* --- birthdays --- */

static void each_port_is_given_once(void **state)
{
	static const struct {
		uint32_t first, size;
	} table[] = {{1024, 64512}, {4096, 512}, {5000, 1}, {100, 3}, {60000, 64}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		static bool seen[65536];
		struct seeded s;
		struct rng rng = seed(&s, i);
		struct birthday b;
		uint16_t port;
		memset(seen, 0, sizeof(seen));
		birthday_init(&b, table[i].first, table[i].size, &rng);
		for (uint32_t k = 0; k < table[i].size; k++) {
			assert_true(birthday_next(&b, &port));
			assert_true(port >= table[i].first &&
				    port < table[i].first + table[i].size);
			assert_false(seen[port]);
			seen[port] = true;
		}
		assert_false(birthday_next(&b, &port));
		assert_true(birthday_next(&b, &port)); /* from the beginning */
	}
}

enum { SEEDS = 10000 };

/* The hard side's NAT has 256 random ports open.  How many probes until one meets an open port? */
static uint32_t probes_until_met(uint64_t number)
{
	static uint8_t open[65536];
	struct seeded s;
	struct rng rng = seed(&s, number);
	struct birthday b;
	uint16_t port, ports[HARD_SOCKETS];
	for (uint32_t i = 0; i < HARD_SOCKETS;) {
		uint16_t at = (uint16_t)(BIRTHDAY_LOW + rng_below(&rng, 65536 - BIRTHDAY_LOW));
		if (!open[at])
			ports[i++] = at;
		open[at] = 1;
	}
	birthday_init_all(&b, &rng);
	uint32_t n = 0;
	while (birthday_next(&b, &port) && !open[port])
		n++;
	for (uint32_t i = 0; i < HARD_SOCKETS; i++)
		open[ports[i]] = 0;
	return n + 1;
}

static void easy_against_random_is_as_the_articles_say(void **state)
{
	static const struct {
		uint32_t probes;
		double percent;
	} table[] = {{174, 50}, {256, 64}, {1024, 98}, {2048, 99.9}};
	unsigned met[ARRAY_LEN(table)] = {0};
	for (uint64_t i = 0; i < SEEDS; i++) {
		uint32_t n = probes_until_met(i);
		for (size_t k = 0; k < ARRAY_LEN(table); k++)
			met[k] += n <= table[k].probes;
	}
	for (size_t k = 0; k < ARRAY_LEN(table); k++) {
		double got = 100.0 * met[k] / SEEDS;
		print_message("%u probes: %.2f %%, the articles say %.1f %%\n", table[k].probes,
			      got, table[k].percent);
		assert_true(got > table[k].percent - 2 && got < table[k].percent + 2);
	}
}

/* Both NATs are random: each probe goes to a random port of the other side, and leaves from a
 * random outside port.  Two probes fit when each goes to where the other comes from. */
struct outside {
	uint16_t from, to;
};

static int by_pair(const void *a, const void *b)
{
	const struct outside *x = a, *y = b;
	uint32_t i = (uint32_t)x->from << 16 | x->to, k = (uint32_t)y->from << 16 | y->to;
	return i < k ? -1 : i > k;
}

static void fire(struct outside *v, uint32_t n, const struct rng *rng)
{
	struct birthday b;
	birthday_init_all(&b, rng);
	for (uint32_t i = 0; i < n; i++) {
		uint16_t random[1];
		rng_fill(rng, random, sizeof(random));
		while (!birthday_next(&b, &v[i].to))
			;
		v[i].from = (uint16_t)(BIRTHDAY_LOW + random[0] % (65536 - BIRTHDAY_LOW));
		if (random[0] >= 65536 - BIRTHDAY_LOW)
			i--; /* not a fair one: again */
	}
}

static bool any_pair_fits(uint32_t n, const struct rng *rng)
{
	static struct outside a[HARD_SLOW_MAX], b[HARD_SLOW_MAX];
	fire(a, n, rng);
	fire(b, n, rng);
	qsort(a, n, sizeof(a[0]), by_pair);
	for (uint32_t i = 0; i < n; i++) {
		struct outside turned = {.from = b[i].to, .to = b[i].from};
		if (bsearch(&turned, a, n, sizeof(a[0]), by_pair))
			return true;
	}
	return false;
}

/* A trial takes a tenth of a second, so there are fewer, and the bounds are wider. */
static void random_against_random_is_as_the_articles_say(void **state)
{
	struct seeded s;
	struct rng rng = seed(&s, 7);
	unsigned half = 0, nearly = 0;
	for (int i = 0; i < 100; i++)
		half += any_pair_fits(54000, &rng);
	for (int i = 0; i < 20; i++)
		nearly += any_pair_fits(HARD_SLOW_MAX, &rng);
	print_message("54,000 probes: %u of 100; 170,000: %u of 20\n", half, nearly);
	assert_true(half > 35 && half < 65);
	assert_true(nearly >= 19);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_counting_nat_is_seen_with_its_step),
	cmocka_unit_test(predicted_ports_go_round_above_1023),
	cmocka_unit_test(the_window_is_tried_in_halves_and_completely),
	cmocka_unit_test(random_ports_hardly_ever_look_like_anything),
	cmocka_unit_test(a_block_is_found_from_eight_samples),
	cmocka_unit_test(few_samples_are_no_block),
	cmocka_unit_test(each_port_is_given_once),
	cmocka_unit_test(easy_against_random_is_as_the_articles_say),
	cmocka_unit_test(random_against_random_is_as_the_articles_say),
};
RUN_TESTS(tests)

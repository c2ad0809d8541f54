#include "netcheck/home.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

enum { REPORTS = 8, REGIONS = 3, NEVER = -1 };

/* A history: reports a minute apart unless said, with the latencies of regions 1, 2, 3 in ms (0: no
 * answer), when the preferred relay was last heard of (s before the end of the report; NEVER), and
 * which is preferred then. */
struct history {
	const char *what;
	struct {
		int at_s;
		int ms[REGIONS];
		int heard_s;
		uint16_t preferred;
	} reports[REPORTS]; /* until at_s is 0 */
};

static const struct history histories[] = {
	{"nothing answers at first", {{1, {0, 0, 0}, NEVER, 0}, {61, {0, 0, 0}, NEVER, 0}}},
	{"the first report decides by latency alone", {{1, {30, 20, 25}, NEVER, 2}}},
	{"of equals the first in the list", {{1, {20, 20, 20}, NEVER, 1}}},
	{"a better one by less than a third does not win",
	 {{1, {0, 30, 0}, NEVER, 2}, {61, {21, 30, 0}, NEVER, 2}}},
	{"a better one by a third does", {{1, {0, 60, 0}, NEVER, 2}, {61, {40, 60, 0}, NEVER, 1}}},
	{"just short of a third does not",
	 {{1, {0, 60, 0}, NEVER, 2}, {61, {41, 60, 0}, NEVER, 2}}},
	{"less than 10 ms does not, be it half",
	 {{1, {0, 18, 0}, NEVER, 2}, {61, {9, 18, 0}, NEVER, 2}}},
	{"10 ms and half does", {{1, {0, 20, 0}, NEVER, 2}, {61, {10, 20, 0}, NEVER, 1}}},
	{"one that trembles stays: the best of five minutes is compared",
	 {{1, {40, 50, 0}, NEVER, 1},
	  {61, {60, 45, 0}, NEVER, 1},
	  {121, {41, 39, 0}, NEVER, 1},
	  {181, {55, 42, 0}, NEVER, 1}}},
	{"the old one grew slow, but its best is still remembered as the best",
	 {{1, {20, 40, 0}, NEVER, 1}, {61, {100, 40, 0}, NEVER, 1}}},
	{"after five minutes it is not any more",
	 {{1, {20, 40, 0}, NEVER, 1}, {61, {100, 40, 0}, NEVER, 1}, {307, {100, 40, 0}, NEVER, 2}}},
	{"at five minutes and five seconds it still is",
	 {{1, {20, 40, 0}, NEVER, 1}, {306, {100, 40, 0}, NEVER, 1}}},
	{"the old one is silent: the other",
	 {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 50, 0}, NEVER, 2}}},
	{"no answer, but frames of it come: it stays",
	 {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 50, 0}, 7, 1}}},
	{"8 s ago still counts", {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 50, 0}, 8, 1}}},
	{"9 s ago does not", {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 50, 0}, 9, 2}}},
	{"nothing answers: kept for two minutes after it was heard",
	 {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 0, 0}, 120, 1}, {121, {0, 0, 0}, 121, 0}}},
	{"nothing answers, and it was never heard: none",
	 {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 0, 0}, NEVER, 0}}},
	{"none, and then one again",
	 {{1, {20, 50, 0}, NEVER, 1}, {61, {0, 0, 0}, NEVER, 0}, {121, {30, 50, 0}, NEVER, 1}}},
	{"a third one appears",
	 {{1, {90, 80, 0}, NEVER, 2}, {61, {90, 80, 15}, NEVER, 3}, {121, {90, 80, 15}, NEVER, 3}}},
	{"there and back takes a third each way",
	 {{1, {30, 90, 0}, NEVER, 1},
	  {400, {90, 30, 0}, NEVER, 2},
	  {800, {25, 30, 0}, NEVER, 2},
	  {1200, {15, 30, 0}, NEVER, 1}}},
};

static void histories_end_as_the_rule_says(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(histories); i++) {
		struct home h = {0};
		for (size_t k = 0; k < REPORTS && histories[i].reports[k].at_s; k++) {
			struct home_latency v[REGIONS];
			size_t n = 0;
			mono_ns now = (mono_ns)histories[i].reports[k].at_s * SECOND;
			int heard = histories[i].reports[k].heard_s;
			struct home_evidence evidence = {
				.began = now - SECOND / 2,
				.heard = heard == NEVER ? MONO_NEVER
							: now - (mono_ns)heard * SECOND};
			if (now < (mono_ns)(heard == NEVER ? 0 : heard) * SECOND)
				evidence.heard = 0;
			for (uint16_t r = 0; r < REGIONS; r++)
				if (histories[i].reports[k].ms[r])
					v[n++] = (struct home_latency){
						(uint16_t)(r + 1),
						(mono_ns)histories[i].reports[k].ms[r] * MSEC};
			uint16_t got = home_choose(&h, v, n, &evidence, now);
			if (got != histories[i].reports[k].preferred)
				fail_msg("%s: report %zu: %u", histories[i].what, k, got);
		}
	}
}

static void a_full_history_gives_up_its_oldest(void **state)
{
	struct home h = {0};
	struct home_latency near = {1, 20 * MSEC}, v[] = {{1, 100 * MSEC}, {2, 40 * MSEC}};
	struct home_evidence evidence = {.began = SECOND, .heard = MONO_NEVER};
	assert_int_equal(home_choose(&h, &near, 1, &evidence, SECOND), 1);
	for (int i = 0; i < HOME_REPORTS_MAX - 1; i++)
		assert_int_equal(home_choose(&h, v, 2, &evidence, (mono_ns)(2 + i) * SECOND), 1);
	assert_int_equal(home_choose(&h, v, 2, &evidence, 100 * SECOND), 2);
	assert_int_equal(h.n, HOME_REPORTS_MAX);
}

static void in_another_network_old_latencies_say_nothing(void **state)
{
	struct home h = {0};
	struct home_latency v[] = {{1, 20 * MSEC}, {2, 40 * MSEC}},
			    w[] = {{1, 100 * MSEC}, {2, 40 * MSEC}};
	struct home_evidence evidence = {.began = SECOND, .heard = MONO_NEVER};
	assert_int_equal(home_choose(&h, v, 2, &evidence, SECOND), 1);
	home_forget(&h);
	assert_int_equal(home_choose(&h, w, 2, &evidence, 2 * SECOND), 2);
}

static void what_was_heard_since_the_report_began_counts_however_long_it_took(void **state)
{
	struct home h = {0};
	struct home_latency both[] = {{1, 20 * MSEC}, {2, 40 * MSEC}};
	struct home_evidence evidence = {.began = SECOND, .heard = MONO_NEVER};
	assert_int_equal(home_choose(&h, both, 2, &evidence, SECOND), 1);
	evidence = (struct home_evidence){.began = 60 * SECOND, .heard = 61 * SECOND};
	assert_int_equal(home_choose(&h, &both[1], 1, &evidence, 90 * SECOND), 1);
}

static void regions_beyond_the_bound_are_left_out(void **state)
{
	struct home h = {0};
	struct home_latency v[HOME_REGIONS_MAX + 1];
	struct home_evidence evidence = {.began = SECOND, .heard = MONO_NEVER};
	for (uint16_t i = 0; i <= HOME_REGIONS_MAX; i++)
		v[i] = (struct home_latency){(uint16_t)(i + 1), (100 - i) * MSEC};
	assert_int_equal(home_choose(&h, v, ARRAY_LEN(v), &evidence, SECOND), HOME_REGIONS_MAX);
	assert_int_equal(h.reports[0].n, HOME_REGIONS_MAX);
}

static void in_another_network_the_preferred_relay_keeps_its_advantage(void **state)
{
	struct home_latency first = {1, 20 * MSEC}, v[] = {{1, 29 * MSEC}, {2, 20 * MSEC}};
	struct home_evidence silent = {.began = SECOND, .heard = MONO_NEVER},
			     heard = {.began = SECOND, .heard = 2 * SECOND};
	struct home h = {0};
	assert_int_equal(home_choose(&h, NULL, 0, &heard, SECOND), 0); /* nobody to stay with */
	assert_int_equal(home_choose(&h, &first, 1, &silent, SECOND), 1);
	home_forget(&h);
	assert_int_equal(home_choose(&h, NULL, 0, &heard, 3 * SECOND), 1);
	assert_int_equal(home_choose(&h, v, 2, &silent, 4 * SECOND), 1);
	v[0].latency += MSEC;
	home_forget(&h);
	assert_int_equal(home_choose(&h, v, 2, &silent, 5 * SECOND), 2);
}

/* netcheck.md 7.1 again, over a list of all reports that were ever made. */
enum { MODEL_REPORTS = 200, MODEL_REGIONS = 4 };

struct model {
	struct {
		mono_ns at, v[MODEL_REGIONS]; /* 0: no answer */
	} reports[MODEL_REPORTS];
	size_t n;
	uint16_t old;
};

static mono_ns model_best(const struct model *m, uint16_t region)
{
	mono_ns now = m->reports[m->n - 1].at, best = MONO_NEVER;
	for (size_t i = m->n > 32 ? m->n - 32 : 0; i < m->n; i++)
		if (now - m->reports[i].at <= 305 * SECOND && m->reports[i].v[region - 1])
			best = mono_min(best, m->reports[i].v[region - 1]);
	return best;
}

static uint16_t model_choose(const struct model *m, mono_ns began, mono_ns heard)
{
	const mono_ns *v = m->reports[m->n - 1].v, now = m->reports[m->n - 1].at;
	mono_ns old_now = m->old ? v[m->old - 1] : 0, best = MONO_NEVER;
	bool ever = heard != MONO_NEVER;
	uint16_t new = 0;
	for (uint16_t r = 1; r <= MODEL_REGIONS; r++)
		if (v[r - 1] && model_best(m, r) < best) {
			best = model_best(m, r);
			new = r;
		}
	if (new == 0)
		return ever && now - heard <= 120 * SECOND ? m->old : 0;
	bool there = old_now || (ever && (heard >= began || now - heard <= 8 * SECOND));
	bool near = old_now < best + 10 * MSEC || best > old_now / 3 * 2;
	return m->old && there && near ? m->old : new;
}

static void any_history_ends_as_the_rule_says(void **state)
{
	static struct model m;
	struct seeded seeded;
	seeded_init(&seeded, 3);
	struct rng rng = seeded_rng(&seeded);
	size_t moves = 0;
	for (int round = 0; round < 100; round++) {
		struct home h = {0};
		mono_ns now = 1000 * SECOND, pause = (1 + rng_below(&rng, 60)) * SECOND;
		m = (struct model){0};
		while (m.n < MODEL_REPORTS) {
			struct home_latency v[MODEL_REGIONS];
			size_t n = 0;
			struct home_evidence evidence = {.began = now, .heard = MONO_NEVER};
			if (rng_below(&rng, 2))
				evidence.heard = now + SECOND - rng_below(&rng, 150) * SECOND;
			now += rng_below(&rng, (uint32_t)(pause / MSEC)) * MSEC + SECOND;
			m.reports[m.n].at = now;
			for (uint16_t r = 1; r <= MODEL_REGIONS; r++)
				if (rng_below(&rng, 3)) {
					v[n] = (struct home_latency){r, (10 + rng_below(&rng, 60)) *
										MSEC};
					m.reports[m.n].v[r - 1] = v[n++].latency;
				}
			m.n++;
			uint16_t want = model_choose(&m, evidence.began, evidence.heard);
			moves += want != m.old;
			m.old = want;
			assert_int_equal(home_choose(&h, v, n, &evidence, now), want);
		}
	}
	assert_true(moves > 500); /* or nothing was compared */
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(histories_end_as_the_rule_says),
	cmocka_unit_test(a_full_history_gives_up_its_oldest),
	cmocka_unit_test(in_another_network_old_latencies_say_nothing),
	cmocka_unit_test(what_was_heard_since_the_report_began_counts_however_long_it_took),
	cmocka_unit_test(regions_beyond_the_bound_are_left_out),
	cmocka_unit_test(in_another_network_the_preferred_relay_keeps_its_advantage),
	cmocka_unit_test(any_history_ends_as_the_rule_says),
};
RUN_TESTS(tests)

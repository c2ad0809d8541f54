/* When to probe, what to probe, and what was probed: pace, remotes, probes. */
#include "crypto/seeded.h"
#include "path/pace.h"
#include "path/probe.h"
#include "path/remotes.h"
#include "unit/unit.h"

static struct seeded seeded;

static struct rng rng_of(uint64_t seed)
{
	seeded_init(&seeded, seed);
	return seeded_rng(&seeded);
}

static struct endpoint at(uint16_t port)
{
	return (struct endpoint){ip_v4(198, 51, 100, 1), port};
}

static const struct endpoint none;

/* --- pace --- */

static void an_attempt_is_four_rounds_in_less_than_a_second(void **state)
{
	struct rng rng = rng_of(1);
	struct pace p;
	mono_ns now = 100 * SECOND, start = now;
	pace_init(&p);
	assert_true(pace_resting(&p));
	pace_start(&p, now);
	assert_true(p.calls && p.next == now);
	for (int round = 0; round < 3; round++) {
		assert_false(pace_step(&p, &rng, now));
		now = p.next;
	}
	assert_in_range(now - start, 600 * MSEC, 800 * MSEC);
	assert_true(pace_step(&p, &rng, now));
	pace_rest(&p);
	assert_true(pace_resting(&p));
}

static mono_ns pause_after_attempt(struct pace *p, const struct rng *rng)
{
	mono_ns now = p->next;
	while (!pace_step(p, rng, now))
		now = p->next;
	return p->next - now;
}

static void pauses_double_from_5_to_60_s(void **state)
{
	static const mono_ns want_s[] = {5, 10, 20, 40, 60, 60, 60};
	struct rng rng = rng_of(2);
	struct pace p;
	pace_init(&p);
	pace_start(&p, 0);
	for (size_t i = 0; i < ARRAY_LEN(want_s); i++) {
		mono_ns pause = pause_after_attempt(&p, &rng);
		assert_in_range(pause, want_s[i] * SECOND * 9 / 10, want_s[i] * SECOND * 11 / 10);
	}
	pace_start(&p, 0);
	assert_true(pause_after_attempt(&p, &rng) < 6 * SECOND);
}

static void an_answer_leaves_the_pauses_as_they_are(void **state)
{
	struct rng rng = rng_of(3);
	struct pace p;
	pace_init(&p);
	pace_start(&p, 0);
	pause_after_attempt(&p, &rng);
	pause_after_attempt(&p, &rng);
	for (int i = 0; i < 5; i++) {
		pace_answer(&p, p.next);
		assert_false(p.calls);
		mono_ns pause = pause_after_attempt(&p, &rng);
		assert_in_range(pause, 9 * SECOND, 11 * SECOND);
		assert_true(p.calls); /* the next is our own again */
	}
}

static void the_budget_gives_256_at_once_and_64_per_second(void **state)
{
	struct pace p;
	uint32_t n = 0;
	pace_init(&p);
	while (pace_spend(&p, 10 * SECOND))
		n++;
	assert_int_equal(n, PACE_BURST);
	for (n = 0; pace_spend(&p, 11 * SECOND);)
		n++;
	assert_in_range(n, PACE_PER_SECOND - 1, PACE_PER_SECOND);
	for (n = 0; pace_spend(&p, 1000 * SECOND);)
		n++;
	assert_int_equal(n, PACE_BURST);
}

/* --- remotes --- */

/* As peer_path.c does it: each round is paid when it begins. */
static unsigned pings_of_a_search(struct pace *p, const struct rng *rng, unsigned n_remotes,
				  mono_ns from, mono_ns time)
{
	unsigned pings = 0;
	for (mono_ns now = from; now < from + time; now = p->next) {
		if (!pace_may_search(p, n_remotes, now)) {
			assert_true(p->next > now);
			continue;
		}
		for (unsigned i = 0; i < n_remotes; i++)
			pings += pace_spend_search(p, now);
		pace_step(p, rng, now);
	}
	return pings;
}

static void a_search_in_vain_costs_less_than_one_ping_in_3_s_at_last(void **state)
{
	struct rng rng = rng_of(4);
	for (unsigned n_remotes = 1; n_remotes <= 64; n_remotes++) {
		struct pace p;
		pace_init(&p);
		pace_start(&p, 0);
		unsigned first = pings_of_a_search(&p, &rng, n_remotes, 0, 1800 * SECOND);
		assert_in_range(first, 100, 240 + 1800 / 4);
		unsigned later = pings_of_a_search(&p, &rng, n_remotes, p.next, 36000 * SECOND);
		assert_in_range(later, 1000, 36000 / 4);
	}
}

static void an_answer_has_as_many_rounds_as_can_be_paid(void **state)
{
	struct rng rng = rng_of(5);
	struct pace p;
	pace_init(&p);
	for (int i = 0; i < 220; i++)
		assert_true(pace_spend_search(&p, 0));
	pace_answer(&p, 0);
	assert_true(pace_may_search(&p, 16, 0)); /* 20 are left */
	for (int i = 0; i < 16; i++)
		assert_true(pace_spend_search(&p, 0));
	pace_step(&p, &rng, 0);
	assert_false(pace_may_search(&p, 16, p.next));
	assert_true(p.calls && p.round == 0 && p.next >= 12 * PACE_SEARCH_EACH);
	pace_renew(&p);
	assert_true(pace_may_search(&p, 16, SECOND));
}

static void an_attempt_of_our_own_waits_until_it_can_be_paid_whole(void **state)
{
	struct pace p;
	pace_init(&p);
	for (int i = 0; i < 240; i++)
		assert_true(pace_spend_search(&p, 0));
	assert_false(pace_spend_search(&p, 0));
	pace_start(&p, 0);
	assert_false(pace_may_search(&p, 4, 0));
	assert_int_equal(p.next, 20 * PACE_SEARCH_EACH); /* four rounds, and one in answer */
	assert_false(pace_may_search(&p, 4, p.next - 1));
	assert_true(pace_may_search(&p, 4, 20 * PACE_SEARCH_EACH));
}

static void what_a_new_place_causes_takes_nothing_from_the_search(void **state)
{
	struct rng rng = rng_of(6);
	struct pace p;
	pace_init(&p);
	pace_start(&p, 0);
	for (int i = 0; i < 4; i++)
		pace_step(&p, &rng, p.next);
	mono_ns own = p.next;
	assert_true(p.round == 0 && own > 4 * SECOND);
	assert_true(pace_answer_seen(&p, SECOND));
	assert_true(p.next == SECOND && !p.calls);
	assert_false(pace_answer_seen(&p, SECOND)); /* an attempt is under way */
	for (int i = 0; i < 4; i++) {
		assert_true(pace_may_search(&p, 64, p.next));
		assert_int_equal(pace_step(&p, &rng, p.next), i == 3);
	}
	assert_true(p.next == own && p.calls); /* not a moment later */
	assert_true(pace_may_search(&p, 48, own));
	for (int i = 0; i < PACE_SEARCH; i++)
		assert_true(pace_spend_search(&p, SECOND));
}

static void a_new_place_is_answered_four_times_and_then_once_a_minute(void **state)
{
	struct rng rng = rng_of(7);
	struct pace p;
	int answers = 0;
	pace_init(&p);
	pace_start(&p, 0);
	for (int i = 0; i < 4; i++)
		pace_step(&p, &rng, p.next);
	p.next = MONO_NEVER - SECOND;
	for (mono_ns now = SECOND; now < 601 * SECOND; now += SECOND) {
		bool begins = pace_answer_seen(&p, now);
		answers += begins;
		for (int i = 0; begins && i < 4; i++)
			pace_step(&p, &rng, now);
	}
	assert_in_range(answers, PACE_TURNS + 9, PACE_TURNS + 10);
}

static void what_was_only_seen_gets_48_pings_and_then_one_in_5_s(void **state)
{
	struct pace p;
	int n = 0;
	pace_init(&p);
	while (pace_spend_seen(&p, 0))
		n++;
	assert_int_equal(n, 48);
	for (mono_ns now = 0; now <= 600 * SECOND; now += SECOND)
		n += pace_spend_seen(&p, now);
	assert_in_range(n, 48 + 119, 48 + 120);
	/* An attempt that it cannot pay for ends, and our own goes on as planned. */
	struct rng rng = rng_of(8);
	pace_start(&p, 600 * SECOND);
	for (int i = 0; i < 4; i++)
		pace_step(&p, &rng, p.next);
	mono_ns own = p.next;
	assert_true(pace_answer_seen(&p, 602 * SECOND));
	assert_false(pace_may_search(&p, 1, 602 * SECOND));
	assert_true(p.next == own && p.calls && p.round == 0);
}

static void a_remote_of_a_list_stays_until_a_later_list_leaves_it_out(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint list[] = {at(1), at(2), {.port = 3}};
	assert_true(remotes_set(&t, REMOTE_CALLED, list, 3, &none));
	assert_int_equal(t.n, 2); /* an unset one is none */
	assert_false(remotes_set(&t, REMOTE_CALLED, list, 2, &none));
	remotes_expire(&t, &none, 1000000 * SECOND);
	assert_int_equal(t.n, 2);
	assert_false(remotes_set(&t, REMOTE_CALLED, &list[1], 1, &none));
	assert_int_equal(t.n, 1);
	assert_null(remotes_find(&t, &list[0], 0));
	/* Two sources hold it: both must let it go. */
	assert_false(remotes_set(&t, REMOTE_HINT, &list[1], 1, &none));
	remotes_set(&t, REMOTE_CALLED, NULL, 0, &none);
	assert_int_equal(t.n, 1);
	remotes_set(&t, REMOTE_HINT, NULL, 0, &none);
	assert_int_equal(t.n, 0);
}

static void a_seen_remote_lives_for_45_s_after_its_last_ping(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint a = at(1), b = at(2);
	assert_true(remotes_on_seen(&t, &a, 0, &none, 0));
	assert_false(remotes_on_seen(&t, &a, 0, &none, 10 * SECOND));
	assert_true(remotes_on_seen(&t, &b, 0, &none, 10 * SECOND));
	remotes_expire(&t, &none, 54 * SECOND);
	assert_int_equal(t.n, 2);
	remotes_expire(&t, &b, 55 * SECOND); /* b is in use */
	assert_int_equal(t.n, 1);
	assert_non_null(remotes_find(&t, &b, 0));
}

static void a_ping_from_port_0_makes_no_remote(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint nowhere = {.ip = at(1).ip};
	assert_false(remotes_on_seen(&t, &nowhere, 0, &none, 0));
	assert_int_equal(t.n, 0);
}

static void a_full_table_gives_up_what_was_seen_longest_ago(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint in_use = at(1), told = at(1000);
	for (uint16_t i = 1; i <= REMOTES_MAX; i++)
		remotes_on_seen(&t, &(struct endpoint){at(0).ip, i}, 0, &in_use, i * SECOND);
	assert_true(remotes_set(&t, REMOTE_CALLED, &told, 1, &in_use));
	assert_int_equal(t.n, REMOTES_MAX);
	assert_non_null(remotes_find(&t, &in_use, 0)); /* the oldest, but in use */
	assert_null(remotes_find(&t, &(struct endpoint){at(0).ip, 2}, 0));
	/* When all are told of, there is no room. */
	struct endpoint all[REMOTES_MAX], one_more = at(5000);
	for (uint16_t i = 0; i < REMOTES_MAX; i++)
		all[i] = at((uint16_t)(2000 + i));
	remotes_set(&t, REMOTE_HINT, all, REMOTES_MAX, &none);
	assert_false(remotes_on_seen(&t, &one_more, 0, &none, 99 * SECOND));
	assert_null(remotes_find(&t, &one_more, 0));
}

static void what_was_only_seen_takes_no_place_of_what_answered(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint one_more = at(5000);
	for (uint16_t i = 0; i < REMOTES_MAX; i++) {
		struct endpoint ep = at((uint16_t)(1 + i));
		assert_true(remotes_on_seen(&t, &ep, 0, &none, i));
		assert_true(remote_is_only_seen(&t.v[i]));
		remote_on_pong(&t.v[i], false, 20 * MSEC, i);
	}
	assert_int_equal(remotes_known(&t), REMOTES_MAX);
	assert_false(remotes_on_seen(&t, &one_more, 0, &none, SECOND));
	assert_null(remotes_find(&t, &one_more, 0));
	/* What a list names does, and it is the one that was seen longest ago that goes. */
	assert_true(remotes_set(&t, REMOTE_CALLED, &one_more, 1, &none));
	assert_non_null(remotes_find(&t, &one_more, 0));
	assert_null(remotes_find(&t, &(struct endpoint){at(0).ip, 1}, 0));
}

static void pings_from_one_place_are_answered_25_times_a_second_at_most(void **state)
{
	struct remote t = {.ep = at(1)};
	int pongs = 0;
	for (mono_ns now = SECOND; now < 11 * SECOND; now += 10 * MSEC)
		pongs += remote_may_pong(&t, now);
	assert_in_range(pongs, 25 + 249, 25 + 250);
}

static void a_list_replaces_a_full_list(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint all[REMOTES_MAX];
	for (uint16_t i = 0; i < REMOTES_MAX; i++)
		all[i] = at((uint16_t)(1 + i));
	remotes_set(&t, REMOTE_CALLED, all, REMOTES_MAX, &none);
	for (uint16_t i = 0; i < REMOTES_MAX; i++)
		all[i] = at((uint16_t)(1000 + i));
	assert_true(remotes_set(&t, REMOTE_CALLED, all, REMOTES_MAX, &none));
	assert_int_equal(t.n, REMOTES_MAX);
	for (uint16_t i = 0; i < REMOTES_MAX; i++)
		assert_non_null(remotes_find(&t, &all[i], 0));
}

static void the_second_best_is_proven_and_not_in_use(void **state)
{
	struct remotes t = {.n = 0};
	struct endpoint v[] = {at(1), at(2), at(3), at(4)};
	remotes_set(&t, REMOTE_CALLED, v, 4, &none);
	assert_null(remotes_second(&t, &v[0], 0));
	remote_on_pong(remotes_find(&t, &v[0], 0), false, 10 * MSEC, SECOND);
	remote_on_pong(remotes_find(&t, &v[1], 0), false, 30 * MSEC, SECOND);
	remote_on_pong(remotes_find(&t, &v[2], 0), false, 20 * MSEC, SECOND);
	assert_ptr_equal(remotes_second(&t, &v[0], SECOND), remotes_find(&t, &v[2], 0));
	assert_null(remotes_second(&t, &v[0], 500 * SECOND)); /* proven too long ago */
	remotes_restart(&t);
	assert_int_equal(t.n, 0);
}

static void a_round_trip_falls_at_once_and_rises_slowly(void **state)
{
	struct remote t = {.rtt = 0};
	remote_on_pong(&t, false, 100, 1);
	assert_int_equal(t.rtt, 100);
	remote_on_pong(&t, false, 50, 1);
	assert_int_equal(t.rtt, 50);
	remote_on_pong(&t, false, 150, 1);
	assert_int_equal(t.rtt, 100);
}

/* --- probes --- */

static void a_ping_is_answered_once_and_within_5_s(void **state)
{
	struct rng rng = rng_of(4);
	struct probes t;
	struct probe out;
	struct way via = way_relay(3);
	assert_true(probes_init(&t, 1));
	struct disco_txid a = probes_begin(&t, 7, &via, true, &rng, SECOND)->txid;
	struct disco_txid b = probes_begin(&t, 8, &via, false, &rng, SECOND)->txid;
	struct disco_txid unknown = a;
	unknown.b[11] ^= 1; /* the same hash, another id */
	assert_false(probes_end(&t, &unknown, SECOND, &out));
	assert_true(probes_end(&t, &a, 6 * SECOND, &out));
	assert_int_equal(out.peer, 7);
	assert_true(out.for_person && way_equal(&out.via, &via) && out.sent_at == SECOND);
	assert_false(probes_end(&t, &a, 6 * SECOND, &out));
	assert_false(probes_end(&t, &b, 6 * SECOND + 1, &out));
	probes_fini(&t);
}

static void the_oldest_ping_is_forgotten_when_the_table_is_full(void **state)
{
	struct rng rng = rng_of(5);
	struct probes t;
	struct probe out;
	struct way via = way_relay(3);
	assert_true(probes_init(&t, 1));
	struct disco_txid first = probes_begin(&t, 1, &via, false, &rng, 0)->txid;
	struct disco_txid second = probes_begin(&t, 1, &via, false, &rng, 0)->txid;
	for (int i = 0; i < PROBES_MIN - 1; i++)
		probes_begin(&t, 2, &via, false, &rng, 0);
	assert_false(probes_end(&t, &first, 0, &out));
	assert_true(probes_end(&t, &second, 0, &out));
	struct disco_txid last = probes_begin(&t, 1, &via, false, &rng, 0)->txid;
	probes_forget(&t, 2);
	assert_true(probes_end(&t, &last, 0, &out));
	assert_int_equal(t.by_txid.n, 0);
	probes_fini(&t);
}

static void there_is_more_room_for_more_peers(void **state)
{
	static const uint32_t rows[][2] = {
		{0, PROBES_MIN}, {64, PROBES_MIN},   {65, 65 * PROBES_PER_PEER},
		{4095, 65520},   {4096, PROBES_MAX}, {UINT32_MAX, PROBES_MAX}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct probes t;
		assert_true(probes_init(&t, rows[i][0]));
		assert_int_equal(t.cap, rows[i][1]);
		probes_fini(&t);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_attempt_is_four_rounds_in_less_than_a_second),
	cmocka_unit_test(pauses_double_from_5_to_60_s),
	cmocka_unit_test(an_answer_leaves_the_pauses_as_they_are),
	cmocka_unit_test(the_budget_gives_256_at_once_and_64_per_second),
	cmocka_unit_test(a_search_in_vain_costs_less_than_one_ping_in_3_s_at_last),
	cmocka_unit_test(an_answer_has_as_many_rounds_as_can_be_paid),
	cmocka_unit_test(an_attempt_of_our_own_waits_until_it_can_be_paid_whole),
	cmocka_unit_test(a_remote_of_a_list_stays_until_a_later_list_leaves_it_out),
	cmocka_unit_test(a_seen_remote_lives_for_45_s_after_its_last_ping),
	cmocka_unit_test(a_ping_from_port_0_makes_no_remote),
	cmocka_unit_test(a_full_table_gives_up_what_was_seen_longest_ago),
	cmocka_unit_test(what_was_only_seen_takes_no_place_of_what_answered),
	cmocka_unit_test(pings_from_one_place_are_answered_25_times_a_second_at_most),
	cmocka_unit_test(what_a_new_place_causes_takes_nothing_from_the_search),
	cmocka_unit_test(a_new_place_is_answered_four_times_and_then_once_a_minute),
	cmocka_unit_test(what_was_only_seen_gets_48_pings_and_then_one_in_5_s),
	cmocka_unit_test(a_list_replaces_a_full_list),
	cmocka_unit_test(the_second_best_is_proven_and_not_in_use),
	cmocka_unit_test(a_round_trip_falls_at_once_and_rises_slowly),
	cmocka_unit_test(a_ping_is_answered_once_and_within_5_s),
	cmocka_unit_test(there_is_more_room_for_more_peers),
	cmocka_unit_test(the_oldest_ping_is_forgotten_when_the_table_is_full),
};
RUN_TESTS(tests)

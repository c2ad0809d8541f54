/* Which ports are probed from which sockets. */
#include "crypto/seeded.h"
#include "unit/path/side.h"
#include "unit/unit.h"

struct tally {
	uint32_t main, main_port, extra, slow, highest_socket, ports; /* of our block */
	uint16_t first_main;
};

static const struct hard_plan_limits usual = {.block_ports = 256};

static struct tally play_within(const struct disco_extension *ours,
				const struct disco_extension *theirs,
				const struct hard_plan_limits *limits, mono_ns time)
{
	struct seeded s;
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	struct hard_plan p;
	struct hard_plan_step step;
	struct tally t = {0};
	hard_plan_init(&p, ours, theirs, limits, &rng, 0);
	for (mono_ns now = 0; now < time && !hard_plan_over(&p, now); now += 10 * MSEC) {
		if (!hard_plan_next(&p, &step, now))
			continue;
		assert_true(step.socket <= HARD_SOCKETS);
		t.slow += step.stream == HARD_PLAN_SLOW;
		t.ports += step.takes_port;
		if (step.socket == 0 && t.main++ == 0)
			t.first_main = step.port;
		t.extra += step.socket != 0;
		t.main_port += step.port == 41000;
		t.highest_socket = step.socket > t.highest_socket ? step.socket : t.highest_socket;
	}
	return t;
}

static struct tally play(const struct disco_extension *ours, const struct disco_extension *theirs,
			 mono_ns time)
{
	return play_within(ours, theirs, &usual, time);
}

static void the_random_side_opens_and_the_easy_side_probes(void **state)
{
	struct disco_extension hard = side(MAPPING_VARIES, GUESS_RANDOM);
	struct disco_extension easy = side(MAPPING_SAME, GUESS_RANDOM);
	struct tally h = play(&hard, &easy, HARD_PLAN_LASTS),
		     e = play(&easy, &hard, HARD_PLAN_LASTS);
	assert_int_equal(h.highest_socket, 256);
	assert_true(h.main_port >= 512); /* opened, and repeated */
	assert_true(h.main <= HARD_PLAN_CHEAP);
	assert_int_equal(e.main, HARD_PROBES);
	assert_true(e.extra <= 3 * HARD_PLAN_CHEAP);
	assert_int_equal(h.slow + e.slow, 0);
}

static void both_play_both_parts_when_they_do_not_know(void **state)
{
	struct disco_extension any = side(MAPPING_UNKNOWN, GUESS_RANDOM);
	struct tally t = play(&any, &any, HARD_PLAN_LASTS);
	assert_int_equal(t.highest_socket, 256);
	assert_true(t.main > 1000);
}

static void a_counting_peer_is_probed_where_it_will_be(void **state)
{
	struct disco_extension hard = side(MAPPING_VARIES, GUESS_COUNTS);
	struct disco_extension easy = side(MAPPING_SAME, GUESS_RANDOM);
	struct tally t = play(&easy, &hard, SECOND);
	assert_true(t.first_main >= 5008 && t.first_main < 5008 + PREDICTION_WINDOW);
}

static void two_that_count_aim_at_the_middle_of_a_run(void **state)
{
	struct seeded s;
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	struct disco_extension e = side(MAPPING_VARIES, GUESS_COUNTS);
	struct hard_plan p;
	struct hard_plan_step step;
	hard_plan_init(&p, &e, &e, &usual, &rng, 0);
	for (uint32_t i = 0; i < HARD_PLAN_CROSS_RUN; i++) {
		assert_true(hard_plan_next(&p, &step, 0));
		assert_int_equal(step.port, 5008 + HARD_PLAN_CROSS_RUN / 2);
		assert_int_equal(step.socket,
				 1 + HARD_PLAN_SAMPLES + i); /* each time another fresh socket */
	}
}

static void half_of_our_own_block_is_left_to_the_house(void **state)
{
	struct disco_extension e = side(MAPPING_UNKNOWN, GUESS_BLOCK);
	for (int kind = GUESS_RANDOM; kind <= GUESS_BLOCK; kind++) {
		struct disco_extension other = side(MAPPING_UNKNOWN, (enum guess_kind)kind);
		struct tally t = play(&e, &other, HARD_PLAN_LASTS);
		/* openings are repeated up to twice, in the same ports */
		assert_true(t.main <= 256 / 4 && t.extra <= 256 * 3);
		assert_true(t.ports <= 256 - HARD_PLAN_SAMPLES);
	}
}

static void with_less_of_the_block_left_less_is_taken(void **state)
{
	static const uint32_t left[] = {0, 5, 8, 9, 20, 64, 256};
	for (int mapping = MAPPING_UNKNOWN; mapping <= MAPPING_VARIES; mapping += 2)
		for (size_t i = 0; i < ARRAY_LEN(left); i++) {
			struct disco_extension e = side((enum dest_mapping)mapping, GUESS_BLOCK);
			struct hard_plan_limits limits = {.block_ports = left[i]};
			struct tally t = play_within(&e, &e, &limits, HARD_PLAN_LASTS);
			assert_true(
				t.ports <=
				(left[i] > HARD_PLAN_SAMPLES ? left[i] - HARD_PLAN_SAMPLES : 0));
		}
}

/* One server saw the same port from both its ports: probes take no port of a block then. */
static void where_probing_takes_no_port_it_is_not_limited_by_the_block(void **state)
{
	struct disco_extension carrier = side(MAPPING_UNKNOWN, GUESS_BLOCK);
	struct disco_extension hard = side(MAPPING_VARIES, GUESS_RANDOM);
	struct hard_plan_limits thrifty = {.thrifty = true, .block_ports = 256};
	struct tally t = play_within(&carrier, &hard, &thrifty, HARD_PLAN_LASTS);
	assert_int_equal(t.main, HARD_PROBES);
	assert_true(t.ports <= 256 - HARD_PLAN_SAMPLES);
	assert_true(play(&carrier, &hard, HARD_PLAN_LASTS).main <= 64);
}

static void probes_at_random_are_spread_over_all_addresses_of_a_pool(void **state)
{
	struct disco_extension easy = side(MAPPING_SAME, GUESS_RANDOM);
	struct disco_extension hard = side(MAPPING_VARIES, GUESS_RANDOM);
	struct seeded s;
	struct hard_plan p;
	struct hard_plan_step step;
	uint32_t to[4] = {0};
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	for (uint8_t i = 0; i < 3; i++)
		hard.addresses[hard.n_addresses++] =
			ip_v4(192, 0, 2, (uint8_t)(9 + i)); /* one is the main */
	hard.addresses[hard.n_addresses++] = ip_v4(127, 0, 0, 1);
	hard.addresses[hard.n_addresses++] = ip_v4(224, 0, 0, 1);
	hard.addresses[hard.n_addresses++] = ip_v4(0, 0, 0, 0);
	hard.addresses[hard.n_addresses++] = ip_v4(255, 255, 255, 255);
	hard_plan_init(&p, &easy, &hard, &usual, &rng, 0);
	for (mono_ns now = 0; now < HARD_PLAN_LASTS; now += 10 * MSEC) {
		if (!hard_plan_next(&p, &step, now))
			continue;
		assert_true(step.ip.b[3] >= 9 && step.ip.b[3] <= 11 && step.ip.b[0] == 192);
		to[step.ip.b[3] - 9] += step.socket == 0;
	}
	for (int i = 0; i < 3; i++)
		assert_true(to[i] >= HARD_PROBES / 3);
}

/* Two blocks: each socket sends once to one port of theirs, and never to one of their samples. */
static void against_a_block_all_go_to_one_port_that_may_still_be_given(void **state)
{
	struct disco_extension e = side(MAPPING_VARIES, GUESS_BLOCK);
	for (uint64_t number = 0; number < 500; number++) {
		struct seeded s;
		seeded_init(&s, number);
		struct rng rng = seeded_rng(&s);
		struct hard_plan p;
		struct hard_plan_step step;
		uint32_t n_cross = 0;
		uint16_t aim = 0;
		hard_plan_init(&p, &e, &e, &usual, &rng, 0);
		for (mono_ns now = 0; now < 5 * SECOND; now += 10 * MSEC) {
			if (!hard_plan_next(&p, &step, now) || step.socket <= HARD_PLAN_SAMPLES ||
			    step.port == 41000)
				continue;
			assert_true(aim == 0 || step.port == aim);
			aim = step.port;
			n_cross++;
		}
		assert_true(n_cross > 230);
		for (size_t i = 0; i < e.n_samples; i++)
			assert_true(aim != e.samples[i].port);
		assert_true(hard_plan_is_draw(&p));
		assert_true(hard_plan_pause(&p) == HARD_COOL_BLOCK);
	}
}

static void the_slow_way_needs_both_to_agree(void **state)
{
	struct disco_extension a = side(MAPPING_VARIES, GUESS_RANDOM), b = a;
	a.slow = true;
	assert_int_equal(play(&a, &b, 60 * SECOND).slow, 0);
	b.slow = true;
	assert_true(play(&a, &b, 60 * SECOND).slow > 4000);
	struct seeded s;
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	struct hard_plan p;
	hard_plan_init(&p, &a, &b, &usual, &rng, 0);
	assert_true(hard_plan_is_draw(&p));
	assert_true(hard_plan_pause(&p) == HARD_COOL_SLOW);
	b.mapping = MAPPING_SAME; /* then other streams are quicker */
	assert_int_equal(play(&a, &b, 60 * SECOND).slow, 0);
}

/* --- limits and time --- */

static struct hard_plan begin(const struct disco_extension *ours,
			      const struct disco_extension *theirs, struct seeded *s,
			      struct rng *rng)
{
	struct hard_plan p;
	seeded_init(s, 5);
	*rng = seeded_rng(s);
	hard_plan_init(&p, ours, theirs, &usual, rng, 100 * SECOND);
	return p;
}

/* How many steps of each stream the plan has at this time. */
static void drain(struct hard_plan *p, mono_ns now, uint32_t n[static HARD_PLAN_STREAMS])
{
	struct hard_plan_step step;
	memset(n, 0, HARD_PLAN_STREAMS * sizeof(*n));
	for (unsigned i = 0; i < 400000 && hard_plan_next(p, &step, now); i++)
		n[step.stream]++;
}

static void each_stream_ends_at_the_limit_that_the_two_nats_give_it(void **state)
{
	enum { S = MAPPING_SAME, V = MAPPING_VARIES, U = MAPPING_UNKNOWN };
	enum { R = GUESS_RANDOM, C = GUESS_COUNTS, B = GUESS_BLOCK };
	static const struct {
		int our_mapping, ours, their_mapping, theirs;
		uint32_t cross, open, probe;
	} rows[] = {
		{V, R, S, R, 0, 256, 16},     /* hard against easy */
		{S, R, V, R, 0, 16, 2048},    /* and the other side of it */
		{V, C, S, R, 0, 32, 16},      /* a NAT that counts needs one run */
		{S, R, V, C, 0, 16, 3 * 128}, /* and is looked for in a window */
		{V, B, S, R, 0, 128, 16},     /* half of a block of 512 */
		{S, R, V, B, 0, 16, 3 * 512}, /* and all of it is tried */
		{V, C, V, C, 64, 16, 16},     /* both can be guessed */
		{V, C, V, B, 64, 16, 16},     {V, R, V, R, 0, 16, 16}, /* nothing helps */
		{U, R, U, R, 0, 256, 2048},                            /* anything may help */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disco_extension a =
			side((enum dest_mapping)rows[i].our_mapping, (enum guess_kind)rows[i].ours);
		struct disco_extension b = side((enum dest_mapping)rows[i].their_mapping,
						(enum guess_kind)rows[i].theirs);
		struct seeded s;
		struct rng rng;
		uint32_t n[HARD_PLAN_STREAMS];
		struct hard_plan p = begin(&a, &b, &s, &rng);
		/* A time at which both sides have opened what they open. */
		drain(&p, 108 * SECOND, n);
		assert_int_equal(n[HARD_PLAN_CROSS], rows[i].cross);
		assert_int_equal(n[HARD_PLAN_OPEN], rows[i].open);
		assert_int_equal(n[HARD_PLAN_PROBE], rows[i].probe);
		assert_int_equal(n[HARD_PLAN_SLOW], 0);
	}
}

static void openings_are_repeated_each_nine_seconds_and_make_no_new_flow(void **state)
{
	struct disco_extension a = side(MAPPING_VARIES, GUESS_RANDOM),
			       b = side(MAPPING_SAME, GUESS_RANDOM);
	struct seeded s;
	struct rng rng;
	uint32_t n[HARD_PLAN_STREAMS];
	struct hard_plan_step step;
	struct hard_plan p = begin(&a, &b, &s, &rng);
	drain(&p, 100 * SECOND, n);
	assert_int_equal(n[HARD_PLAN_OPEN], 256);
	drain(&p, 109 * SECOND - 1, n);
	assert_int_equal(n[HARD_PLAN_OPEN], 0);
	assert_true(hard_plan_next(&p, &step, 109 * SECOND));
	assert_int_equal(step.stream, HARD_PLAN_OPEN);
	assert_int_equal(step.socket, 1); /* in the same order */
	assert_int_equal(step.port, 41000);
	assert_false(step.new_flow);
	drain(&p, 109 * SECOND, n);
	assert_int_equal(n[HARD_PLAN_OPEN], 255);
	drain(&p, 118 * SECOND, n);
	assert_int_equal(n[HARD_PLAN_OPEN], 256);
	drain(&p, 127 * SECOND, n); /* the plan is over */
	assert_int_equal(n[HARD_PLAN_OPEN], 0);
}

static void a_plan_lasts_25_seconds_though_all_was_sent(void **state)
{
	struct disco_extension a = side(MAPPING_VARIES, GUESS_COUNTS);
	struct seeded s;
	struct rng rng;
	uint32_t n[HARD_PLAN_STREAMS];
	struct hard_plan p = begin(&a, &a, &s, &rng);
	drain(&p, 100 * SECOND, n);
	assert_false(hard_plan_over(&p, 100 * SECOND));
	assert_false(hard_plan_over(&p, 125 * SECOND - 1));
	assert_true(hard_plan_over(&p, 125 * SECOND));
}

static void the_slow_way_is_over_when_170000_were_sent_and_not_before(void **state)
{
	struct disco_extension a = side(MAPPING_VARIES, GUESS_RANDOM);
	struct seeded s;
	struct rng rng;
	uint32_t n[HARD_PLAN_STREAMS];
	struct hard_plan_step step;
	a.slow = true;
	struct hard_plan p = begin(&a, &a, &s, &rng);
	assert_false(hard_plan_over(&p, 100 * SECOND + HARD_PLAN_LASTS));
	while (p.slowly.done < HARD_SLOW_MAX - 1)
		assert_true(hard_plan_next(&p, &step, 108 * SECOND));
	assert_false(hard_plan_over(&p, 4000 * SECOND));
	drain(&p, 108 * SECOND, n);
	assert_int_equal(n[HARD_PLAN_SLOW], 1);
	assert_true(hard_plan_over(&p, 108 * SECOND));
}

/* Earlier, hardly a port of theirs is open. */
static void random_probes_wait_until_the_peer_has_opened_its_sockets(void **state)
{
	struct disco_extension a = side(MAPPING_SAME, GUESS_RANDOM),
			       b = side(MAPPING_VARIES, GUESS_RANDOM);
	/* 256 sockets: a burst of 32, and then 100 a second */
	const mono_ns opened = 100 * SECOND + 2240 * MSEC;
	struct seeded s;
	struct rng rng;
	uint32_t n[HARD_PLAN_STREAMS];
	struct hard_plan p = begin(&a, &b, &s, &rng);
	drain(&p, opened - 1, n);
	assert_int_equal(n[HARD_PLAN_PROBE], 0);
	assert_int_equal(n[HARD_PLAN_OPEN], 16);
	drain(&p, opened, n);
	assert_int_equal(n[HARD_PLAN_PROBE], 2048);
}

static void a_peer_that_does_not_know_its_own_port_is_probed_and_not_opened_to(void **state)
{
	struct disco_extension a = side(MAPPING_UNKNOWN, GUESS_RANDOM),
			       b = side(MAPPING_UNKNOWN, GUESS_COUNTS);
	struct seeded s;
	struct rng rng;
	uint32_t n[HARD_PLAN_STREAMS];
	b.reflexive.port = 0;
	struct hard_plan p = begin(&a, &b, &s, &rng);
	drain(&p, 108 * SECOND, n);
	assert_int_equal(n[HARD_PLAN_OPEN], 0);
	assert_int_equal(n[HARD_PLAN_PROBE], 3 * 128);
}

static void the_first_run_that_crosses_goes_before_everything_else(void **state)
{
	struct disco_extension a = side(MAPPING_VARIES, GUESS_COUNTS);
	struct seeded s;
	struct rng rng;
	struct hard_plan_step step;
	struct hard_plan p = begin(&a, &a, &s, &rng);
	for (uint32_t i = 0; i < HARD_PLAN_CROSS_RUN; i++) {
		assert_true(hard_plan_next(&p, &step, 100 * SECOND));
		assert_int_equal(step.stream, HARD_PLAN_CROSS);
		assert_int_equal(step.socket, 1 + HARD_PLAN_SAMPLES + i); /* fresh ones */
		assert_true(step.new_flow);
	}
	assert_true(hard_plan_next(&p, &step, 100 * SECOND));
	assert_int_not_equal(step.stream, HARD_PLAN_CROSS);
}

static void a_draw_is_what_the_next_attempt_may_win(void **state)
{
	enum { S = MAPPING_SAME, V = MAPPING_VARIES };
	static const struct {
		int our_mapping, ours, their_mapping, theirs;
		bool draw;
	} rows[] = {
		{V, GUESS_BLOCK, V, GUESS_BLOCK, true},
		{V, GUESS_COUNTS, V, GUESS_BLOCK, true},
		{V, GUESS_BLOCK, V, GUESS_COUNTS, true},
		{V, GUESS_COUNTS, V, GUESS_COUNTS, false},
		{V, GUESS_RANDOM, V, GUESS_BLOCK, false},
		{V, GUESS_BLOCK, S, GUESS_BLOCK, false},
		{V, GUESS_RANDOM, V, GUESS_RANDOM, false},
		{V, GUESS_RANDOM, S, GUESS_RANDOM, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct disco_extension a =
			side((enum dest_mapping)rows[i].our_mapping, (enum guess_kind)rows[i].ours);
		struct disco_extension b = side((enum dest_mapping)rows[i].their_mapping,
						(enum guess_kind)rows[i].theirs);
		struct seeded s;
		struct rng rng;
		struct hard_plan p = begin(&a, &b, &s, &rng);
		assert_int_equal(hard_plan_is_draw(&p), rows[i].draw);
		assert_int_equal(hard_plan_pause(&p), HARD_COOL_BLOCK);
	}
}

static void addresses_where_no_host_can_be_are_not_probed(void **state)
{
	struct disco_extension a = side(MAPPING_SAME, GUESS_RANDOM),
			       b = side(MAPPING_VARIES, GUESS_RANDOM);
	struct seeded s;
	struct rng rng;
	struct hard_plan_step step;
	static const struct ip told[] = {
		{4, {127, 0, 0, 1}},    {4, {224, 0, 0, 1}},    {4, {255, 255, 255, 255}},
		{4, {0, 0, 0, 0}},      {4, {192, 0, 2, 9}}, /* its main one again */
		{4, {198, 51, 100, 1}}, {4, {198, 51, 100, 2}},
	};
	b.n_addresses = ARRAY_LEN(told);
	memcpy(b.addresses, told, sizeof(told));
	struct hard_plan p = begin(&a, &b, &s, &rng);
	assert_int_equal(p.n_pool, 3);
	for (int i = 0; i < 2000 && hard_plan_next(&p, &step, 108 * SECOND); i++)
		assert_true(ip_equal(&step.ip, &b.reflexive.ip) || ip_equal(&step.ip, &told[5]) ||
			    ip_equal(&step.ip, &told[6]));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_random_side_opens_and_the_easy_side_probes),
	cmocka_unit_test(both_play_both_parts_when_they_do_not_know),
	cmocka_unit_test(a_counting_peer_is_probed_where_it_will_be),
	cmocka_unit_test(two_that_count_aim_at_the_middle_of_a_run),
	cmocka_unit_test(half_of_our_own_block_is_left_to_the_house),
	cmocka_unit_test(the_slow_way_needs_both_to_agree),
	cmocka_unit_test(with_less_of_the_block_left_less_is_taken),
	cmocka_unit_test(where_probing_takes_no_port_it_is_not_limited_by_the_block),
	cmocka_unit_test(probes_at_random_are_spread_over_all_addresses_of_a_pool),
	cmocka_unit_test(against_a_block_all_go_to_one_port_that_may_still_be_given),
	cmocka_unit_test(each_stream_ends_at_the_limit_that_the_two_nats_give_it),
	cmocka_unit_test(openings_are_repeated_each_nine_seconds_and_make_no_new_flow),
	cmocka_unit_test(a_plan_lasts_25_seconds_though_all_was_sent),
	cmocka_unit_test(the_slow_way_is_over_when_170000_were_sent_and_not_before),
	cmocka_unit_test(random_probes_wait_until_the_peer_has_opened_its_sockets),
	cmocka_unit_test(a_peer_that_does_not_know_its_own_port_is_probed_and_not_opened_to),
	cmocka_unit_test(the_first_run_that_crosses_goes_before_everything_else),
	cmocka_unit_test(a_draw_is_what_the_next_attempt_may_win),
	cmocka_unit_test(addresses_where_no_host_can_be_are_not_probed),
};
RUN_TESTS(tests)

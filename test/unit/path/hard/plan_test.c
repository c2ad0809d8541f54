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
};
RUN_TESTS(tests)

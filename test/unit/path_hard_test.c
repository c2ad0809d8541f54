/* Crossing hard NATs: one machine, and a hand-made peer that says and hears what a Warren node would. */
#include "path/hard_plan.h"
#include "path_friend.h"
#include "unit.h"
#include "wire/stun.h"

/* --- when, and how much --- */

static void it_begins_after_two_seconds_of_failing(void **state)
{
	struct escalation_peer p;
	escalation_peer_init(&p, 0);
	assert_true(escalation_due(&p) == MONO_NEVER);
	assert_true(escalation_watch(&p, true, 10 * SECOND));
	assert_false(escalation_watch(&p, true, 11 * SECOND));
	assert_true(escalation_due(&p) == 12 * SECOND);
	assert_false(escalation_watch(&p, false, 11 * SECOND));
	assert_true(escalation_due(&p) == MONO_NEVER);
}

static void the_cool_down_doubles_up_to_an_hour(void **state)
{
	struct escalation_peer p;
	escalation_peer_init(&p, 0);
	escalation_watch(&p, true, 0);
	static const unsigned pauses[] = {60, 120, 240, 480, 960, 1920, 3600, 3600};
	for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
		escalation_failed(&p, HARD_COOL_MIN, 1000 * SECOND);
		assert_true(escalation_due(&p) == (1000 + pauses[i]) * SECOND);
	}
	escalation_forgive(&p);
	assert_true(escalation_due(&p) == HARD_AFTER);
	escalation_failed(&p, HARD_COOL_BLOCK, 0);
	assert_true(escalation_due(&p) == HARD_COOL_BLOCK);
}

/* Counts what may be sent in so long a time when it is always wanted. */
static uint32_t spend_for(struct escalation *e, struct escalation_peer *p, const struct rng *rng, bool slow,
			  mono_ns from, mono_ns time)
{
	uint32_t n = 0;
	for (mono_ns now = from; now < from + time; now = mono_max(now + MSEC, escalation_next(e)))
		while (escalation_next(e) <= now) {
			if (!escalation_spend(e, p, true, slow, rng, now))
				return n;
			n++;
		}
	return n;
}

static void the_rate_is_a_hundred_a_second_after_a_small_burst(void **state)
{
	struct seeded s;
	seeded_init(&s, 1);
	struct rng rng = seeded_rng(&s);
	struct escalation e;
	struct escalation_peer p;
	escalation_init(&e, 0);
	escalation_peer_init(&p, 0);
	escalation_begin(&e, 0);
	uint32_t n = spend_for(&e, &p, &rng, false, 0, 10 * SECOND);
	assert_true(n > 980 && n < 1000 + HARD_BURST + 20);
	escalation_begin(&e, 10 * SECOND); /* the burst is not given again at once */
	assert_true(e.burst == HARD_BURST || e.burst < HARD_BURST);
	n = spend_for(&e, &p, &rng, false, 10 * SECOND, SECOND);
	assert_true(n < 100 + HARD_BURST + 5);
}

static void an_attempt_and_an_hour_have_their_limits(void **state)
{
	struct seeded s;
	seeded_init(&s, 1);
	struct rng rng = seeded_rng(&s);
	struct escalation e;
	struct escalation_peer p;
	escalation_init(&e, 0);
	escalation_peer_init(&p, 0);
	uint32_t sum = 0;
	mono_ns now = 0;
	for (int i = 0; i < 4 && escalation_affordable(&e, &p, now); i++, now += 60 * SECOND) {
		escalation_begin(&e, now);
		uint32_t n = spend_for(&e, &p, &rng, false, now, 60 * SECOND);
		assert_true(n <= HARD_FLOWS_MAX);
		sum += n;
	}
	assert_true(sum <= HARD_PEER_MAX + HARD_PEER_MAX * 4 / 60 + 1);
	assert_false(escalation_affordable(&e, &p, now));
	assert_true(escalation_affordable(&e, &p, now + 3600 * SECOND));
	escalation_begin(&e, now);
	assert_true(spend_for(&e, &p, &rng, true, now, 100 * SECOND) > 9000); /* slow: the rate only */
}

/* --- the plan --- */

static struct disco_extension side(enum disco_mapping mapping, enum guess_kind kind)
{
	static const uint16_t random[8] = {40000, 2000, 61000, 33000, 9000, 52000, 21000, 14000};
	struct disco_extension e = {.step = DISCO_STEP_READY,
				    .mapping = mapping,
				    .reflexive = {ip_v4(192, 0, 2, 9), 41000},
				    .n_samples = 8};
	for (uint16_t i = 0; i < 8; i++)
		e.samples[i].port = kind == GUESS_COUNTS  ? (uint16_t)(5000 + i)
				    : kind == GUESS_BLOCK ? (uint16_t)(8192 + random[i] % 512)
							  : random[i];
	e.sockets = (uint16_t)plan_sockets(mapping, kind);
	return e;
}

struct tally {
	uint32_t main, main_port, extra, slow, highest_socket;
	uint16_t first_main;
};

static struct tally play(const struct disco_extension *ours, const struct disco_extension *theirs,
			 mono_ns time)
{
	struct seeded s;
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	struct hard_plan p;
	struct plan_step step;
	struct tally t = {0};
	plan_init(&p, ours, theirs, &rng, 0);
	for (mono_ns now = 0; now < time && !plan_over(&p, now); now += 10 * MSEC) {
		if (!plan_next(&p, &step, now))
			continue;
		assert_true(step.socket <= HARD_SOCKETS);
		t.slow += step.slow;
		if (step.socket == 0 && t.main++ == 0)
			t.first_main = step.port;
		t.extra += step.socket != 0;
		t.main_port += step.port == 41000;
		t.highest_socket = step.socket > t.highest_socket ? step.socket : t.highest_socket;
	}
	return t;
}

static void the_random_side_opens_and_the_easy_side_probes(void **state)
{
	struct disco_extension hard = side(DISCO_MAPPING_VARIES, GUESS_RANDOM);
	struct disco_extension easy = side(DISCO_MAPPING_SAME, GUESS_RANDOM);
	struct tally h = play(&hard, &easy, PLAN_LASTS), e = play(&easy, &hard, PLAN_LASTS);
	assert_int_equal(h.highest_socket, 256);
	assert_true(h.main_port >= 512); /* opened, and repeated */
	assert_true(h.main <= PLAN_CHEAP);
	assert_int_equal(e.main, HARD_PROBES);
	assert_true(e.extra <= 3 * PLAN_CHEAP);
	assert_int_equal(h.slow + e.slow, 0);
}

static void both_play_both_parts_when_they_do_not_know(void **state)
{
	struct disco_extension any = side(DISCO_MAPPING_UNKNOWN, GUESS_RANDOM);
	struct tally t = play(&any, &any, PLAN_LASTS);
	assert_int_equal(t.highest_socket, 256);
	assert_true(t.main > 1000);
}

static void a_counting_peer_is_probed_where_it_will_be(void **state)
{
	struct disco_extension hard = side(DISCO_MAPPING_VARIES, GUESS_COUNTS);
	struct disco_extension easy = side(DISCO_MAPPING_SAME, GUESS_RANDOM);
	struct tally t = play(&easy, &hard, SECOND);
	assert_true(t.first_main >= 5008 && t.first_main < 5008 + PREDICTION_WINDOW);
}

static void two_that_count_aim_at_the_middle_of_a_run(void **state)
{
	struct seeded s;
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	struct disco_extension e = side(DISCO_MAPPING_VARIES, GUESS_COUNTS);
	struct hard_plan p;
	struct plan_step step;
	plan_init(&p, &e, &e, &rng, 0);
	for (uint32_t i = 0; i < PLAN_CROSS_RUN; i++) {
		assert_true(plan_next(&p, &step, 0));
		assert_int_equal(step.port, 5008 + PLAN_CROSS_RUN / 2);
		assert_int_equal(step.socket, 1 + PLAN_SAMPLES + i); /* fresh ones, each another */
	}
}

static void half_of_our_own_block_is_left_to_the_house(void **state)
{
	struct disco_extension e = side(DISCO_MAPPING_UNKNOWN, GUESS_BLOCK);
	for (int kind = GUESS_RANDOM; kind <= GUESS_BLOCK; kind++) {
		struct disco_extension other = side(DISCO_MAPPING_UNKNOWN, (enum guess_kind)kind);
		struct tally t = play(&e, &other, PLAN_LASTS);
		/* what is opened is repeated up to twice, in the same ports */
		assert_true(t.main <= 256 / 4 && t.extra <= 256 * 3);
	}
}

static void the_slow_way_needs_both_to_agree(void **state)
{
	struct disco_extension a = side(DISCO_MAPPING_VARIES, GUESS_RANDOM), b = a;
	a.slow = true;
	assert_int_equal(play(&a, &b, 60 * SECOND).slow, 0);
	b.slow = true;
	assert_true(play(&a, &b, 60 * SECOND).slow > 4000);
	b.mapping = DISCO_MAPPING_SAME; /* then there is a quicker one */
	assert_int_equal(play(&a, &b, 60 * SECOND).slow, 0);
}

/* --- the machine --- */

static const struct via relay = {.kind = VIA_RELAY, .region = FRIEND_REGION};
static const struct endpoint stun_server = {{4, {203, 0, 113, 9}}, STUN_PORT};
static const struct endpoint outside = {{4, {192, 0, 2, 1}}, 33333};

struct table {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct friend bob;
	mono_ns now;
	/* what it sent since last asked */
	uint32_t samples, probes, sockets_used;
	struct disco_extension said; /* step 0: nothing */
	bool answer_stun;
};

static void answer(struct table *t, const struct via *to, const struct stun_txid *txid)
{
	uint8_t memory[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct endpoint seen = outside;
	if (to->socket != 0)
		seen.port = (uint16_t)(5000 + t->samples);
	stun_write_response(&out, txid, &seen);
	struct via from = via_udp_by(&stun_server, to->socket);
	assert_int_equal(paths_input(t->p, &from, NULL, wr_done(&out), t->now), PATHS_TAKEN);
}

static void drain(struct table *t)
{
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct paths_send to;
	struct wr out = wr_of(memory, sizeof(memory));
	while (paths_output(t->p, &to, &out, t->now)) {
		struct bytes b = wr_done(&out);
		struct stun_txid txid;
		struct disco_msg m;
		if (to.via.socket != 0)
			assert_true(socket_wished(paths_sockets(t->p), to.via.socket));
		if (stun_read_request(b, &txid)) {
			t->samples += to.via.socket != 0;
			if (t->answer_stun)
				answer(t, &to.via, &txid);
		} else if (friend_read(&t->bob, b, &m)) {
			if (m.type == DISCO_EXTENSION) {
				assert_int_equal(to.via.kind, VIA_RELAY);
				t->said = m.extension;
			}
			t->probes += m.type == DISCO_PING && to.via.kind == VIA_UDP;
			t->sockets_used += m.type == DISCO_PING && to.via.socket != 0;
		}
		out = wr_of(memory, sizeof(memory));
	}
}

static void run(struct table *t, mono_ns time)
{
	struct route route;
	mono_ns until = t->now + time, traffic = t->now;
	while (t->now < until) {
		if (t->now >= traffic) {
			paths_route(t->p, 0, t->now, &route);
			traffic = t->now + 500 * MSEC;
		}
		drain(t);
		mono_ns next = mono_min(paths_deadline(t->p), mono_min(traffic, until));
		t->now = mono_max(t->now + USEC, next);
		paths_tick(t->p, t->now);
		drain(t);
	}
}

static struct table *table_new(bool enabled)
{
	static struct table t;
	t = (struct table){.now = 1000 * SECOND, .answer_stun = true};
	seeded_init(&t.seeded, 3);
	t.rng = seeded_rng(&t.seeded);
	struct paths_config cfg = {.rng = t.rng, .peers_max = 4, .port = 41641};
	struct paths_relay r = {.region = FRIEND_REGION, .stun4 = stun_server};
	struct paths_hard hard = {.enabled = enabled};
	key_generate(cfg.disco.b, &t.rng);
	t.p = paths_new(&cfg, t.now);
	assert_non_null(t.p);
	paths_set_hard(t.p, &hard, t.now);
	paths_set_relays(t.p, &r, 1, t.now);
	friend_make(&t.bob, t.p, &t.rng);
	friend_introduce(&t.bob, t.p, 0, t.now);
	drain(&t);
	return &t;
}

static void say(struct table *t, enum disco_step step, uint64_t nonce)
{
	struct disco_extension e = side(DISCO_MAPPING_SAME, GUESS_RANDOM);
	struct disco_msg m = {.type = DISCO_EXTENSION, .extension = {.nonce = nonce, .step = step}};
	if (step == DISCO_STEP_READY)
		m.extension = e;
	m.extension.nonce = nonce;
	m.extension.step = step;
	assert_int_equal(friend_say(&t->bob, t->p, &relay, &m, &t->rng, t->now), PATHS_TAKEN);
}

static void it_asks_over_the_relay_and_leaves_a_silent_peer_alone(void **state)
{
	struct table *t = table_new(true);
	run(t, 1900 * MSEC);
	assert_int_equal(t->said.step, 0);
	run(t, 200 * MSEC);
	assert_int_equal(t->said.step, DISCO_STEP_ASK);
	run(t, 50 * SECOND);
	assert_int_equal(paths_stats(t->p)->extensions_sent, 2);
	assert_int_equal(t->samples, 0);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	run(t, 300 * SECOND); /* with growing pauses */
	assert_int_equal(paths_stats(t->p)->extensions_sent, 6);
	paths_free(t->p);
}

static void after_agreement_it_looks_at_its_nat_and_tells(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	uint64_t nonce = t->said.nonce;
	say(t, DISCO_STEP_AGREE, nonce);
	run(t, 100 * MSEC);
	assert_int_equal(t->samples, PLAN_SAMPLES);
	assert_int_equal(t->said.step, DISCO_STEP_READY);
	assert_int_equal(t->said.nonce, nonce);
	assert_int_equal(t->said.n_samples, PLAN_SAMPLES);
	assert_int_equal(t->said.samples[7].port, t->said.samples[0].port + 7);
	assert_true(endpoint_equal(&t->said.reflexive, &outside));
	assert_int_equal(paths_sockets(t->p)->n, PLAN_SAMPLES);
	uint32_t before = t->sockets_used;
	say(t, DISCO_STEP_READY, nonce);
	run(t, 3 * SECOND);
	assert_true(t->sockets_used > before);
	/* it is given up in the end, and nothing stays open */
	run(t, 30 * SECOND);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	assert_int_equal(paths_stats(t->p)->hard_failed, 1);
	paths_free(t->p);
}

static void a_pong_to_an_extra_socket_wins_and_the_others_are_closed(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	uint64_t nonce = t->said.nonce;
	say(t, DISCO_STEP_AGREE, nonce);
	run(t, 100 * MSEC);
	say(t, DISCO_STEP_READY, nonce);
	run(t, 500 * MSEC);
	assert_true(paths_sockets(t->p)->n > PLAN_SAMPLES);
	/* bob's ping comes to one of them; it is answered by it, and pinged from it */
	uint16_t number = paths_sockets(t->p)->v[3];
	struct endpoint there = {ip_v4(192, 0, 2, 9), 41000};
	struct via from = via_udp_by(&there, number);
	struct disco_msg ping = {.type = DISCO_PING}, m;
	friend_say(&t->bob, t->p, &from, &ping, &t->rng, t->now);
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct paths_send to;
	bool pinged = false;
	while (!pinged && paths_output(t->p, &to, &out, t->now)) {
		pinged = friend_read(&t->bob, wr_done(&out), &m) && m.type == DISCO_PING &&
			 to.via.socket == number;
		out = wr_of(memory, sizeof(memory));
	}
	assert_true(pinged);
	struct disco_msg pong = {.type = DISCO_PONG, .pong = {.txid = m.ping.txid, .seen = outside}};
	friend_say(&t->bob, t->p, &from, &pong, &t->rng, t->now);
	struct route route;
	paths_route(t->p, 0, t->now, &route);
	assert_int_equal(route.n, 1);
	assert_int_equal(route.via[0].socket, number);
	assert_true(endpoint_equal(&route.via[0].ep, &there));
	assert_int_equal(paths_sockets(t->p)->n, 1);
	assert_int_equal(paths_sockets(t->p)->v[0], number);
	assert_int_equal(paths_stats(t->p)->hard_won, 1);
	paths_free(t->p);
}

static void it_answers_a_question_when_it_has_failed_itself(void **state)
{
	struct table *t = table_new(true);
	run(t, SECOND); /* there is traffic and no path */
	say(t, DISCO_STEP_ASK, 77);
	drain(t);
	assert_int_equal(t->said.step, DISCO_STEP_AGREE);
	assert_int_equal(t->said.nonce, 77);
	run(t, 200 * MSEC);
	assert_int_equal(t->said.step, DISCO_STEP_READY);
	paths_free(t->p);
}

static void of_two_questions_the_smaller_number_is_the_attempts(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	assert_int_equal(t->said.step, DISCO_STEP_ASK);
	say(t, DISCO_STEP_ASK, 1);
	run(t, 100 * MSEC);
	assert_int_equal(t->said.step, DISCO_STEP_READY);
	assert_int_equal(t->said.nonce, 1);
	paths_free(t->p);
}

static void it_refuses_when_it_does_not_know_itself(void **state)
{
	struct table *t = table_new(true);
	t->answer_stun = false;
	paths_link_changed(t->p, t->now);
	run(t, SECOND);
	say(t, DISCO_STEP_ASK, 77);
	drain(t);
	assert_int_equal(t->said.step, DISCO_STEP_REFUSE);
	assert_int_equal(t->samples, 0);
	paths_free(t->p);
}

static void refused_it_waits_half_a_minute(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	say(t, DISCO_STEP_REFUSE, t->said.nonce + 1); /* of another attempt */
	say(t, DISCO_STEP_REFUSE, t->said.nonce);
	t->said.step = 0;
	run(t, 29 * SECOND);
	assert_int_equal(t->said.step, 0);
	run(t, 3 * SECOND);
	assert_int_equal(t->said.step, DISCO_STEP_ASK);
	paths_free(t->p);
}

static void switched_off_nothing_is_asked_and_nothing_answered(void **state)
{
	struct table *t = table_new(false);
	run(t, 5 * SECOND);
	say(t, DISCO_STEP_ASK, 77);
	run(t, 60 * SECOND);
	assert_int_equal(paths_stats(t->p)->extensions_sent, 0);
	assert_int_equal(paths_stats(t->p)->hard_sent, 0);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	paths_free(t->p);
}

static void switched_off_under_way_it_ends(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	say(t, DISCO_STEP_AGREE, t->said.nonce);
	run(t, 100 * MSEC);
	struct paths_hard off = {0};
	paths_set_hard(t->p, &off, t->now);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	uint64_t sent = paths_stats(t->p)->hard_sent;
	run(t, 30 * SECOND);
	assert_int_equal(paths_stats(t->p)->hard_sent, sent);
	paths_free(t->p);
}

static void by_udp_and_from_strangers_it_is_dropped(void **state)
{
	struct table *t = table_new(true);
	struct disco_msg m = {.type = DISCO_EXTENSION, .extension = {.nonce = 1, .step = DISCO_STEP_ASK}};
	struct via udp = via_udp(&outside);
	run(t, SECOND);
	assert_int_equal(friend_say(&t->bob, t->p, &udp, &m, &t->rng, t->now), PATHS_DROPPED);
	struct friend eve = t->bob;
	eve.node.b[0] ^= 1; /* bob's disco key, another node's name */
	assert_int_equal(friend_say(&eve, t->p, &relay, &m, &t->rng, t->now), PATHS_DROPPED);
	drain(t);
	assert_int_equal(t->said.step, 0);
	paths_free(t->p);
}

static void a_peer_that_is_removed_ends_the_attempt(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	say(t, DISCO_STEP_AGREE, t->said.nonce);
	run(t, 50 * MSEC);
	paths_peer_remove(t->p, 0);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	mono_ns before = t->now;
	run(t, 5 * SECOND);
	assert_true(t->now > before);
	paths_free(t->p);
}

static void without_traffic_it_ends(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	say(t, DISCO_STEP_AGREE, t->said.nonce);
	run(t, 100 * MSEC);
	say(t, DISCO_STEP_READY, t->said.nonce);
	for (mono_ns end = t->now + 50 * SECOND; t->now < end; drain(t)) {
		t->now = mono_min(end, mono_max(t->now + USEC, paths_deadline(t->p)));
		paths_tick(t->p, t->now);
	}
	assert_int_equal(paths_sockets(t->p)->n, 0);
	assert_true(paths_deadline(t->p) > t->now);
	paths_free(t->p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_begins_after_two_seconds_of_failing),
	cmocka_unit_test(the_cool_down_doubles_up_to_an_hour),
	cmocka_unit_test(the_rate_is_a_hundred_a_second_after_a_small_burst),
	cmocka_unit_test(an_attempt_and_an_hour_have_their_limits),
	cmocka_unit_test(the_random_side_opens_and_the_easy_side_probes),
	cmocka_unit_test(both_play_both_parts_when_they_do_not_know),
	cmocka_unit_test(a_counting_peer_is_probed_where_it_will_be),
	cmocka_unit_test(two_that_count_aim_at_the_middle_of_a_run),
	cmocka_unit_test(half_of_our_own_block_is_left_to_the_house),
	cmocka_unit_test(the_slow_way_needs_both_to_agree),
	cmocka_unit_test(it_asks_over_the_relay_and_leaves_a_silent_peer_alone),
	cmocka_unit_test(after_agreement_it_looks_at_its_nat_and_tells),
	cmocka_unit_test(a_pong_to_an_extra_socket_wins_and_the_others_are_closed),
	cmocka_unit_test(it_answers_a_question_when_it_has_failed_itself),
	cmocka_unit_test(of_two_questions_the_smaller_number_is_the_attempts),
	cmocka_unit_test(it_refuses_when_it_does_not_know_itself),
	cmocka_unit_test(refused_it_waits_half_a_minute),
	cmocka_unit_test(switched_off_nothing_is_asked_and_nothing_answered),
	cmocka_unit_test(switched_off_under_way_it_ends),
	cmocka_unit_test(by_udp_and_from_strangers_it_is_dropped),
	cmocka_unit_test(a_peer_that_is_removed_ends_the_attempt),
	cmocka_unit_test(without_traffic_it_ends),
};
RUN_TESTS(tests)

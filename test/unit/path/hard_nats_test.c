/* Crossing hard NATs: one machine, and a hand-made peer that says and hears what a Warren node
 * would. */
#include "path/facts.h"
#include "unit/path/friend.h"
#include "unit/path/sent.h"
#include "unit/path/side.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"
#include "wire/stun.h"

static const struct way relay = {.kind = WAY_RELAY, .region = FRIEND_REGION};
static const struct endpoint stun_server = {{4, {203, 0, 113, 9}}, STUN_PORT};
static const struct endpoint outside = {{4, {192, 0, 2, 1}}, 33333};

struct table {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct friend bob, carol;
	bool has_carol; /* peer 1, a stock client that never answers */
	mono_ns now;
	/* what it sent since last asked */
	uint32_t samples, probes, sockets_used;
	uint32_t carol_asked;
	struct disco_extension said; /* step 0: nothing */
	bool answer_stun;
};

static void answer(struct table *t, const struct way *to, const struct stun_txid *txid)
{
	uint8_t memory[STUN_RESPONSE_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct endpoint seen = outside;
	if (to->socket != 0)
		seen.port = (uint16_t)(5000 + t->samples);
	stun_write_response(&out, txid, &seen);
	struct way from = way_udp_by(&stun_server, to->socket);
	assert_int_equal(paths_input(t->p, &from, NULL, wr_done(&out), t->now), PATHS_TAKEN);
}

static void drain(struct table *t)
{
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct paths_send to;
	struct wr out = wr_of(memory, sizeof(memory));
	while (paths_output(t->p, &to, &out, t->now)) {
		struct bytes b = wr_done(&out);
		struct stun_question q;
		struct disco_msg m;
		if (to.via.socket != 0)
			assert_true(socket_wished(paths_sockets(t->p), to.via.socket));
		if (stun_read_question(b, &q)) {
			t->samples += to.via.socket != 0 && !q.wants_origin;
			if (t->answer_stun)
				answer(t, &to.via, &q.txid);
		} else if (friend_read(&t->bob, b, &m)) {
			if (m.type == DISCO_EXTENSION) {
				assert_int_equal(to.via.kind, WAY_RELAY);
				t->said = m.extension;
			}
			t->probes += m.type == DISCO_PING && to.via.kind == WAY_UDP;
			t->sockets_used += m.type == DISCO_PING && to.via.socket != 0;
		} else if (t->has_carol && friend_read(&t->carol, b, &m)) {
			t->carol_asked += m.type == DISCO_EXTENSION;
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
			paths_sent_by(t->p, 0, t->now, &route);
			if (t->has_carol)
				paths_sent_by(t->p, 1, t->now, &route);
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
	struct relay_place r = {.region = FRIEND_REGION, .stun4 = stun_server};
	struct hard_config hard = {.enabled = enabled};
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
	struct disco_extension e = side(MAPPING_SAME, GUESS_RANDOM);
	struct disco_msg m = {.type = DISCO_EXTENSION, .extension = {.nonce = nonce, .step = step}};
	if (step == DISCO_STEP_READY)
		m.extension = e;
	m.extension.nonce = nonce;
	m.extension.step = step;
	assert_int_equal(friend_say(&t->bob, t->p, &relay, &m, &t->rng, t->now), PATHS_TAKEN);
}

/* Simple punching has failed, it asks, and the peer agrees. Gives the nonce of the attempt. */
static uint64_t agree(struct table *t)
{
	run(t, 2100 * MSEC);
	uint64_t nonce = t->said.nonce;
	say(t, DISCO_STEP_AGREE, nonce);
	run(t, 100 * MSEC);
	return nonce;
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
	uint64_t nonce = agree(t);
	assert_int_equal(t->samples, HARD_PLAN_SAMPLES);
	assert_int_equal(t->said.step, DISCO_STEP_READY);
	assert_int_equal(t->said.nonce, nonce);
	assert_int_equal(t->said.n_samples, HARD_PLAN_SAMPLES);
	assert_int_equal(t->said.samples[7].port, t->said.samples[0].port + 7);
	assert_true(endpoint_equal(&t->said.reflexive, &outside));
	assert_int_equal(paths_sockets(t->p)->n, HARD_PLAN_SAMPLES);
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

static void an_address_where_nobody_can_be_is_not_probed(void **state)
{
	struct table *t = table_new(true);
	struct disco_msg m = {.type = DISCO_EXTENSION,
			      .extension = side(MAPPING_SAME, GUESS_RANDOM)};
	m.extension.nonce = agree(t);
	uint32_t probes = t->probes;
	m.extension.step = DISCO_STEP_READY;
	m.extension.reflexive.ip = ip_v4(255, 255, 255, 255);
	assert_int_equal(friend_say(&t->bob, t->p, &relay, &m, &t->rng, t->now), PATHS_TAKEN);
	run(t, 1 * SECOND);
	assert_int_equal(t->probes, probes);
	assert_int_equal(paths_stats(t->p)->hard_failed, 1);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	paths_free(t->p);
}

static void a_pong_to_an_extra_socket_wins_and_the_others_are_closed(void **state)
{
	struct table *t = table_new(true);
	uint64_t nonce = agree(t);
	say(t, DISCO_STEP_READY, nonce);
	run(t, 500 * MSEC);
	assert_true(paths_sockets(t->p)->n > HARD_PLAN_SAMPLES);
	/* bob's ping comes to one of them; it is answered by it, and pinged from it */
	uint16_t number = paths_sockets(t->p)->v[3];
	struct endpoint there = {ip_v4(192, 0, 2, 9), 41000};
	struct way from = way_udp_by(&there, number);
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
	struct disco_msg pong = {.type = DISCO_PONG,
				 .pong = {.txid = m.ping.txid, .seen = outside}};
	friend_say(&t->bob, t->p, &from, &pong, &t->rng, t->now);
	struct route route;
	paths_sent_by(t->p, 0, t->now, &route);
	assert_int_equal(route.n, 1);
	assert_int_equal(route.via[0].socket, number);
	assert_true(endpoint_equal(&route.via[0].ep, &there));
	assert_int_equal(paths_sockets(t->p)->n, 1);
	assert_int_equal(paths_sockets(t->p)->v[0], number);
	assert_int_equal(paths_stats(t->p)->hard_won, 1);
	struct path_facts w;
	paths_facts(t->p, 0, t->now, &w);
	assert_int_equal(w.hard.now, HARD_NOW_NEEDLESS);
	assert_int_equal(w.hard.past[0].end, ATTEMPT_WON);
	size_t i = 0;
	while (i < w.n_remotes && w.remotes[i].socket != number)
		i++;
	assert_int_equal(w.remotes[i].pings, 1); /* the probe that proved it */
	assert_int_equal(w.remotes[i].pongs, 1);
	paths_free(t->p);
}

/* A hole in one direction: the peer's probes are heard at many sockets, and no pong ever comes. */
static void what_was_only_heard_is_forgotten_after_an_attempt_that_failed(void **state)
{
	struct table *t = table_new(true);
	struct paths_peer_status s;
	struct disco_msg ping = {.type = DISCO_PING};
	uint64_t nonce = agree(t);
	say(t, DISCO_STEP_READY, nonce);
	run(t, SECOND);
	uint32_t before = t->probes;
	for (uint16_t i = 0; i < 30; i++) {
		struct endpoint there = {ip_v4(192, 0, 2, 9), (uint16_t)(42000 + i)};
		struct way from = way_udp_by(&there, paths_sockets(t->p)->v[i]);
		ping.ping.txid.b[0] = (uint8_t)i;
		friend_say(&t->bob, t->p, &from, &ping, &t->rng, t->now);
	}
	drain(t);
	assert_int_equal(t->probes - before, 30); /* each is pinged, and once */
	paths_peer_status(t->p, 0, t->now, &s);
	assert_true(s.n_candidates >= 30);
	run(t, 30 * SECOND);
	assert_int_equal(paths_stats(t->p)->hard_failed, 1);
	paths_peer_status(t->p, 0, t->now, &s);
	assert_int_equal(s.n_candidates, 0);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	paths_free(t->p);
}

/* Bob asks all the time and never tells his samples.  Gives how many attempts he got. */
static uint32_t be_asked(struct table *t, mono_ns time)
{
	uint32_t agreed = 0;
	uint64_t nonce = 1000;
	for (mono_ns end = t->now + time; t->now < end; run(t, 100 * MSEC)) {
		t->said = (struct disco_extension){0};
		say(t, DISCO_STEP_ASK, ++nonce);
		drain(t);
		agreed += t->said.step == DISCO_STEP_AGREE && t->said.nonce == nonce;
	}
	return agreed;
}

static void a_peer_that_asks_without_end_gets_four_attempts_and_then_one_a_minute(void **state)
{
	struct table *t = table_new(true);
	run(t, SECOND);
	assert_in_range(be_asked(t, 600 * SECOND), HARD_ASKS, HARD_ASKS + 10);
	assert_true(paths_stats(t->p)->hard_attempts <= HARD_ASKS + 10 + 4);
	paths_free(t->p);
}

static void a_peer_that_asks_without_end_lets_another_one_have_its_turn(void **state)
{
	struct table *t = table_new(true);
	friend_make(&t->carol, t->p, &t->rng);
	friend_introduce(&t->carol, t->p, 1, t->now);
	t->has_carol = true;
	run(t, SECOND);
	/* 2.2 s of an attempt with bob; a second later the next peer is chosen. */
	assert_int_equal(be_asked(t, 4 * SECOND), 1);
	assert_int_equal(t->carol_asked, 1);
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
	paths_on_link_change(t->p, t->now);
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
	(void)agree(t);
	struct hard_config off = {0};
	paths_set_hard(t->p, &off, t->now);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	uint64_t sent = paths_stats(t->p)->hard_sent;
	run(t, 30 * SECOND);
	assert_int_equal(paths_stats(t->p)->hard_sent, sent);
	paths_free(t->p);
}

/* --- facts --- */

static struct hard_facts facts(const struct table *t)
{
	struct path_facts w;
	paths_facts(t->p, 0, t->now, &w);
	return w.hard;
}

static void expect_now(const struct table *t, enum hard_now now, size_t n, enum attempt_end end)
{
	struct hard_facts w = facts(t);
	assert_int_equal(w.now, now);
	assert_int_equal(w.n_past, n);
	if (n > 0)
		assert_int_equal(w.past[n - 1].end, end);
}

static void each_step_of_an_attempt_can_be_asked_for(void **state)
{
	struct table *t = table_new(true);
	expect_now(t, HARD_NOW_ASLEEP, 0, 0);
	run(t, SECOND);
	expect_now(t, HARD_NOW_SOON, 0, 0);
	assert_true(facts(t).next == 1002 * SECOND);
	run(t, 1100 * MSEC);
	expect_now(t, HARD_NOW_UNDER_WAY, 1, ATTEMPT_UNDER_WAY);
	assert_false(facts(t).past[0].asked_by_peer || facts(t).past[0].planned || facts(t).heard);
	uint64_t nonce = t->said.nonce;
	say(t, DISCO_STEP_AGREE, nonce);
	run(t, 100 * MSEC);
	assert_true(facts(t).past[0].samples >= HARD_PLAN_SAMPLES);
	assert_true(facts(t).heard);
	say(t, DISCO_STEP_READY, nonce);
	run(t, 3 * SECOND);
	struct attempt c = facts(t).past[0];
	assert_true(c.planned && !c.slow);
	assert_int_equal(c.ours, GUESS_COUNTS);
	assert_int_equal(c.theirs, GUESS_RANDOM);
	assert_int_equal(c.their_mapping, MAPPING_SAME);
	assert_true(c.sent[HARD_PLAN_OPEN] > 0);
	assert_true(facts(t).peer_left < HARD_PEER_MAX &&
		    facts(t).peer_left > HARD_PEER_MAX - 1000);
	assert_true(facts(t).host_left < HARD_HOST_MAX &&
		    facts(t).host_left > HARD_HOST_MAX - 1000);
	run(t, 30 * SECOND);
	expect_now(t, HARD_NOW_COOLING, 1, ATTEMPT_EXHAUSTED);
	struct hard_facts w = facts(t);
	c = w.past[0];
	uint32_t sent = c.samples + c.sent[HARD_PLAN_CROSS] + c.sent[HARD_PLAN_OPEN] +
			c.sent[HARD_PLAN_PROBE] + c.sent[HARD_PLAN_SLOW];
	assert_int_equal(sent, paths_stats(t->p)->hard_sent);
	assert_true(c.ended > c.began && w.next == c.ended + HARD_COOL_MIN);
	paths_free(t->p);
}

static void how_an_attempt_ended_can_be_asked_for(void **state)
{
	static const struct {
		enum disco_step answers[2]; /* 0: none */
		mono_ns later;
		enum attempt_end end;
	} table[] = {
		{{0}, 5 * SECOND, ATTEMPT_UNANSWERED},
		{{DISCO_STEP_REFUSE}, 0, ATTEMPT_REFUSED},
		{{DISCO_STEP_AGREE}, 5 * SECOND, ATTEMPT_UNTOLD},
		{{DISCO_STEP_AGREE, DISCO_STEP_READY}, 30 * SECOND, ATTEMPT_EXHAUSTED},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct table *t = table_new(true);
		run(t, 2100 * MSEC);
		uint64_t nonce = t->said.nonce;
		for (size_t k = 0; k < 2 && table[i].answers[k]; k++) {
			say(t, table[i].answers[k], nonce);
			run(t, 100 * MSEC);
		}
		run(t, table[i].later);
		expect_now(t, HARD_NOW_COOLING, 1, table[i].end);
		paths_free(t->p);
	}
}

static void what_interrupts_an_attempt_can_be_asked_for(void **state)
{
	struct table *t = table_new(true);
	run(t, 2100 * MSEC);
	paths_on_link_change(t->p, t->now);
	assert_int_equal(facts(t).past[0].end, ATTEMPT_VOID);
	run(t, 2100 * MSEC);
	expect_now(t, HARD_NOW_UNDER_WAY, 2, ATTEMPT_UNDER_WAY);
	struct hard_config off = {0};
	paths_set_hard(t->p, &off, t->now);
	expect_now(t, HARD_NOW_OFF, 2, ATTEMPT_VOID);
	paths_free(t->p);
}

static void a_path_that_is_found_while_it_is_asked_makes_it_needless(void **state)
{
	struct table *t = table_new(true);
	struct disco_msg ping = {.type = DISCO_PING}, m;
	struct endpoint there = {ip_v4(192, 0, 2, 9), 41000};
	struct way from = way_udp(&there);
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct paths_send to;
	run(t, 2100 * MSEC);
	friend_say(&t->bob, t->p, &from, &ping, &t->rng, t->now);
	paths_tick(t->p, t->now + 100 * MSEC);
	while (paths_output(t->p, &to, &out, t->now)) {
		if (friend_read(&t->bob, wr_done(&out), &m) && m.type == DISCO_PING) {
			struct disco_msg pong = {.type = DISCO_PONG,
						 .pong = {.txid = m.ping.txid, .seen = outside}};
			friend_say(&t->bob, t->p, &from, &pong, &t->rng, t->now);
		}
		out = wr_of(memory, sizeof(memory));
	}
	expect_now(t, HARD_NOW_NEEDLESS, 1, ATTEMPT_NEEDLESS);
	paths_free(t->p);
}

static void the_last_attempts_are_remembered_and_the_others_counted(void **state)
{
	struct attempts c = {.n = 0};
	struct hard_plan plan = {.sockets = 7, .slowly = {.limit = 1}};
	attempts_sampled(&c); /* there is none: nothing happens */
	attempts_sent(&c, HARD_PLAN_OPEN);
	attempts_planned(&c, &plan);
	attempts_end(&c, ATTEMPT_WON, 1);
	for (mono_ns i = 0; i < ATTEMPTS_KEPT + 2; i++) {
		attempts_begin(&c, i % 2, i * SECOND);
		attempts_sent(&c, HARD_PLAN_PROBE);
		attempts_end(&c, ATTEMPT_QUIET, i * SECOND + 1);
		attempts_sent(&c, HARD_PLAN_PROBE); /* it has ended */
	}
	assert_int_equal(c.n, ATTEMPTS_KEPT);
	assert_int_equal(c.forgotten, 2);
	for (size_t i = 0; i < c.n; i++) {
		assert_true(attempts_at(&c, i)->began == (i + 2) * SECOND);
		assert_int_equal(attempts_at(&c, i)->sent[HARD_PLAN_PROBE], 1);
		assert_int_equal(attempts_at(&c, i)->asked_by_peer, i % 2);
	}
	attempts_begin(&c, false, 99 * SECOND);
	attempts_planned(&c, &plan);
	assert_true(attempts_at(&c, c.n - 1u)->slow);
	assert_int_equal(attempts_at(&c, c.n - 1u)->sockets, 7);
}

static void by_udp_and_from_strangers_it_is_dropped(void **state)
{
	struct table *t = table_new(true);
	struct disco_msg m = {.type = DISCO_EXTENSION,
			      .extension = {.nonce = 1, .step = DISCO_STEP_ASK}};
	struct way udp = way_udp(&outside);
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
	paths_peer_remove(t->p, 0, t->now);
	assert_int_equal(paths_sockets(t->p)->n, 0);
	mono_ns before = t->now;
	run(t, 5 * SECOND);
	assert_true(t->now > before);
	paths_free(t->p);
}

static void a_peer_that_is_removed_late_in_the_attempt_leaves_no_deadline_behind(void **state)
{
	struct table *t = table_new(true);
	say(t, DISCO_STEP_READY, agree(t));
	run(t, 3 * SECOND);
	paths_peer_remove(t->p, 0, t->now);
	assert_true(paths_deadline(t->p) > t->now);
	paths_free(t->p);
}

static void without_traffic_it_ends(void **state)
{
	struct table *t = table_new(true);
	say(t, DISCO_STEP_READY, agree(t));
	for (mono_ns end = t->now + 50 * SECOND; t->now < end; drain(t)) {
		t->now = mono_min(end, mono_max(t->now + USEC, paths_deadline(t->p)));
		paths_tick(t->p, t->now);
	}
	assert_int_equal(paths_sockets(t->p)->n, 0);
	assert_true(paths_deadline(t->p) > t->now);
	paths_free(t->p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(it_asks_over_the_relay_and_leaves_a_silent_peer_alone),
	cmocka_unit_test(after_agreement_it_looks_at_its_nat_and_tells),
	cmocka_unit_test(an_address_where_nobody_can_be_is_not_probed),
	cmocka_unit_test(a_pong_to_an_extra_socket_wins_and_the_others_are_closed),
	cmocka_unit_test(what_was_only_heard_is_forgotten_after_an_attempt_that_failed),
	cmocka_unit_test(a_peer_that_asks_without_end_gets_four_attempts_and_then_one_a_minute),
	cmocka_unit_test(a_peer_that_asks_without_end_lets_another_one_have_its_turn),
	cmocka_unit_test(it_answers_a_question_when_it_has_failed_itself),
	cmocka_unit_test(of_two_questions_the_smaller_number_is_the_attempts),
	cmocka_unit_test(it_refuses_when_it_does_not_know_itself),
	cmocka_unit_test(refused_it_waits_half_a_minute),
	cmocka_unit_test(switched_off_nothing_is_asked_and_nothing_answered),
	cmocka_unit_test(switched_off_under_way_it_ends),
	cmocka_unit_test(by_udp_and_from_strangers_it_is_dropped),
	cmocka_unit_test(a_peer_that_is_removed_ends_the_attempt),
	cmocka_unit_test(a_peer_that_is_removed_late_in_the_attempt_leaves_no_deadline_behind),
	cmocka_unit_test(without_traffic_it_ends),
	cmocka_unit_test(each_step_of_an_attempt_can_be_asked_for),
	cmocka_unit_test(how_an_attempt_ended_can_be_asked_for),
	cmocka_unit_test(what_interrupts_an_attempt_can_be_asked_for),
	cmocka_unit_test(a_path_that_is_found_while_it_is_asked_makes_it_needless),
	cmocka_unit_test(the_last_attempts_are_remembered_and_the_others_counted),
};
RUN_TESTS(tests)

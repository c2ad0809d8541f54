/* The measurement in plain numbers, with a NAT that is a function.  The simulator has NATs of every
 * kind (sim/scenario_lifetime.c). */
#include "netcheck/binding_life.h"

#include "crypto/seeded.h"
#include "relay/stun_server.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"

enum {
	FIRST_SOCKET = 0xfe00,
	N_SOCKETS = 0x80,
	WAITING_MAX = 256,
	PLACES_MAX = 4096,
	LOST_MAX = 5
};

struct toy {
	struct seeded seeded;
	struct rng rng;
	struct binding_life t;
	mono_ns now, timeout, rtt;
	bool stock;                     /* the servers know no RESPONSE-PORT, and ignore it */
	unsigned deaf;                  /* so many of the first servers never answer */
	bool silent;                    /* no server answers */
	bool addresses;                 /* each socket has another outside address */
	mono_ns dead_between[LOST_MAX]; /* answers to another socket are lost at this silence: a
					   loss that looks like a death */
	mono_ns off_from;               /* no answers from then on */
	struct {
		mono_ns used; /* 0: never */
	} maps[PLACES_MAX];   /* by outside port less 10000 */
	struct {
		mono_ns at;
		uint16_t socket;
		uint8_t b[STUN_ANSWER_MAX];
		size_t n;
	} waiting[WAITING_MAX];
	size_t n_waiting, sent, longest_sockets;
};

static struct toy toy;

static struct toy *toy_new(mono_ns timeout)
{
	toy = (struct toy){
		.now = 1000 * SECOND, .timeout = timeout, .rtt = 50 * MSEC, .off_from = MONO_NEVER};
	seeded_init(&toy.seeded, 7);
	toy.rng = seeded_rng(&toy.seeded);
	binding_life_init(&toy.t, &toy.rng, FIRST_SOCKET, N_SOCKETS);
	return &toy;
}

static bool runs(const struct toy *t)
{
	return binding_life_report(&t->t)->state == LIFETIME_RUNS;
}

static uint16_t port_of(uint16_t socket)
{
	return (uint16_t)(10000 + socket - FIRST_SOCKET);
}

static struct endpoint outside(const struct toy *t, uint16_t socket)
{
	uint8_t last = t->addresses ? (uint8_t)(socket % 7) : 1;
	return (struct endpoint){ip_v4(198, 51, 100, last), port_of(socket)};
}

static void carry(struct toy *t, const struct endpoint *server, uint16_t socket, struct bytes b)
{
	struct stun_places places = {.port = {3478, 3479}};
	struct endpoint src = outside(t, socket);
	struct stun_way way;
	uint8_t answer[STUN_ANSWER_MAX];
	struct wr w = wr_of(answer, sizeof(answer));
	t->maps[src.port - 10000].used = t->now;
	if (t->silent || server->ip.b[3] <= t->deaf || t->now >= t->off_from)
		return;
	assert_true(stun_server_answer(&places, server, &src, b, &way, &w));
	if (t->stock)
		way.to = src;
	uint16_t to = (uint16_t)(way.to.port - 10000 + FIRST_SOCKET);
	struct endpoint there = outside(t, to);
	mono_ns silence = t->now - t->maps[way.to.port - 10000].used;
	if (!endpoint_equal(&there, &way.to) || silence >= t->timeout)
		return;
	for (size_t i = 0; i < LOST_MAX; i++)
		if (t->dead_between[i] && silence > t->dead_between[i] &&
		    silence < t->dead_between[i] + 2 * SECOND)
			return;
	assert_true(t->n_waiting < WAITING_MAX);
	t->waiting[t->n_waiting].at = t->now + t->rtt;
	t->waiting[t->n_waiting].socket = to;
	memcpy(t->waiting[t->n_waiting].b, answer, w.n);
	t->waiting[t->n_waiting++].n = w.n;
}

static bool is_open(const struct toy *t, uint16_t socket)
{
	uint16_t v[BINDING_LIFE_SOCKETS_MAX];
	size_t n = binding_life_sockets(&t->t, v);
	for (size_t i = 0; i < n; i++)
		if (v[i] == socket)
			return true;
	return false;
}

static void drain(struct toy *t)
{
	uint8_t memory[STUN_CHANGE_LEN];
	uint16_t v[BINDING_LIFE_SOCKETS_MAX], socket;
	struct endpoint to;
	for (;;) {
		struct wr w = wr_of(memory, sizeof(memory));
		if (!binding_life_output(&t->t, &to, &socket, &w, t->now))
			break;
		assert_false(w.bad);
		assert_true(is_open(t, socket));
		t->sent++;
		carry(t, &to, socket, wr_done(&w));
	}
	size_t n = binding_life_sockets(&t->t, v);
	t->longest_sockets = n > t->longest_sockets ? n : t->longest_sockets;
}

/* What comes first: an answer, or the machine's own deadline. */
static void step(struct toy *t)
{
	size_t first = SIZE_MAX;
	mono_ns at = binding_life_deadline(&t->t);
	assert_true(at != MONO_NEVER);
	for (size_t i = 0; i < t->n_waiting; i++)
		if (t->waiting[i].at <= at) {
			at = t->waiting[i].at;
			first = i;
		}
	t->now = mono_max(t->now, at);
	if (first == SIZE_MAX) {
		binding_life_tick(&t->t, t->now);
	} else {
		struct bytes b = {t->waiting[first].b, t->waiting[first].n};
		if (is_open(t, t->waiting[first].socket))
			assert_true(binding_life_input(&t->t, t->waiting[first].socket, b, t->now));
		t->waiting[first] = t->waiting[--t->n_waiting];
	}
	drain(t);
}

static const struct lifetime_report *measure(struct toy *t, size_t servers, mono_ns longest)
{
	struct endpoint v[BINDING_LIFE_SERVERS_MAX];
	for (size_t i = 0; i < servers; i++)
		v[i] = (struct endpoint){ip_v4(203, 0, 113, (uint8_t)(i + 1)), 3478};
	binding_life_begin(&t->t, v, servers, longest, t->now);
	drain(t);
	for (int i = 0; runs(t); i++) {
		assert_true(i < 5000);
		assert_true(binding_life_report(&t->t)->state == LIFETIME_RUNS);
		step(t);
	}
	assert_int_equal(binding_life_deadline(&t->t), MONO_NEVER);
	uint16_t open[BINDING_LIFE_SOCKETS_MAX];
	assert_int_equal(binding_life_sockets(&t->t, open), 0);
	return binding_life_report(&t->t);
}

static void every_lifetime_is_found_between_two_bounds(void **state)
{
	static const struct {
		unsigned timeout_s, wide_ms, at_most_s;
	} rows[] = {{1, 3000, 20},   {3, 2000, 20},    {7, 2000, 30},    {10, 2000, 30},
		    {18, 2000, 50},  {30, 3000, 70},   {31, 4000, 100},  {59, 4000, 130},
		    {60, 4000, 130}, {119, 7000, 250}, {120, 7000, 250}, {179, 31000, 370}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct toy *t = toy_new(rows[i].timeout_s * SECOND);
		mono_ns began = t->now;
		const struct lifetime_report *r = measure(t, 1, 180 * SECOND);
		assert_int_equal(r->state, LIFETIME_MEASURED);
		assert_true(r->alive < t->timeout);
		assert_true(r->dead >= t->timeout);
		assert_true(r->dead - r->alive <= rows[i].wide_ms * MSEC);
		assert_true(t->now - began <= rows[i].at_most_s * SECOND);
		assert_int_equal(r->ended, t->now);
		assert_int_equal(r->sent, t->sent);
		assert_true(t->sent <= 130);
	}
}

static void one_that_outlives_all_of_it_is_at_least_that_long(void **state)
{
	struct toy *t = toy_new(MONO_NEVER / 2);
	mono_ns began = t->now;
	const struct lifetime_report *r = measure(t, 1, 60 * SECOND);
	assert_int_equal(r->state, LIFETIME_MEASURED);
	assert_true(r->alive >= 60 * SECOND && r->alive < 61 * SECOND);
	assert_int_equal(r->dead, 0);
	assert_true(t->now - began < 65 * SECOND);
	assert_true(t->sent <= 30);
}

static void it_ends_when_it_said_at_the_latest(void **state)
{
	struct toy *t = toy_new(55 * SECOND);
	struct endpoint server = {ip_v4(203, 0, 113, 1), 3478};
	mono_ns last = 0;
	binding_life_begin(&t->t, &server, 1, 60 * SECOND, t->now);
	drain(t);
	while (runs(t)) {
		assert_true(t->now <= binding_life_report(&t->t)->ended);
		last = mono_max(last, binding_life_report(&t->t)->ended);
		step(t);
	}
	assert_true(last <= 1000 * SECOND + 2 * 70 * SECOND);
}

/* The death at 20 s begins a fine round, which would end it soon.  Once 30 s are outlived, the
 * longer ones are waited for again. */
static void a_death_that_is_refuted_moves_the_end_back(void **state)
{
	struct toy *t = toy_new(70 * SECOND);
	struct endpoint server = {ip_v4(203, 0, 113, 1), 3478};
	mono_ns first, least = MONO_NEVER;
	t->dead_between[0] = 19 * SECOND;
	binding_life_begin(&t->t, &server, 1, 180 * SECOND, t->now);
	drain(t);
	first = binding_life_report(&t->t)->ended;
	while (runs(t)) {
		assert_true(t->now <= binding_life_report(&t->t)->ended);
		assert_true(binding_life_report(&t->t)->ended <= first + SECOND);
		least = mono_min(least, binding_life_report(&t->t)->ended);
		step(t);
	}
	assert_true(least < t->now);
}

static void the_longest_rest_is_bounded(void **state)
{
	struct toy *t = toy_new(MONO_NEVER / 2);
	const struct lifetime_report *r = measure(t, 1, MONO_NEVER / 4);
	assert_int_equal(r->longest, BINDING_LIFE_LONGEST);
	assert_true(r->alive >= 600 * SECOND);
	assert_true(t->longest_sockets <= BINDING_LIFE_SOCKETS_MAX);
}

static void a_server_that_answers_to_the_asker_instead_is_not_believed(void **state)
{
	struct toy *t = toy_new(30 * SECOND);
	t->stock = true;
	const struct lifetime_report *r = measure(t, 3, 180 * SECOND);
	assert_int_equal(r->state, LIFETIME_NO_SERVER);
	assert_true(r->alive == 0 && r->dead == 0);
	assert_true(t->now < 1005 * SECOND);
}

static void the_next_server_is_taken_when_one_is_silent(void **state)
{
	struct toy *t = toy_new(10 * SECOND);
	t->deaf = 2;
	const struct lifetime_report *r = measure(t, 3, 30 * SECOND);
	assert_int_equal(r->state, LIFETIME_MEASURED);
	assert_true(r->alive < 10 * SECOND && r->dead >= 10 * SECOND);
}

static void silence_is_noticed_soon(void **state)
{
	struct toy *t = toy_new(10 * SECOND);
	t->silent = true;
	const struct lifetime_report *r = measure(t, 4, 180 * SECOND);
	assert_int_equal(r->state, LIFETIME_SILENT);
	assert_true(t->now <= 1010 * SECOND);
	assert_true(t->sent <= 20);
	t = toy_new(10 * SECOND);
	assert_int_equal(measure(t, 0, 180 * SECOND)->state, LIFETIME_SILENT);
	assert_int_equal(t->sent, 0);
}

static void sockets_with_different_addresses_say_nothing_of_each_other(void **state)
{
	struct toy *t = toy_new(10 * SECOND);
	t->addresses = true;
	const struct lifetime_report *r = measure(t, 1, 180 * SECOND);
	assert_int_equal(r->state, LIFETIME_ADDRESSES);
}

/* All three tries are lost at a silence of 20 s.  Those of 30, 45 and 60 s refute the death. */
static void a_longer_silence_that_was_outlived_refutes_a_shorter_one(void **state)
{
	struct toy *t = toy_new(70 * SECOND);
	t->dead_between[0] = 19 * SECOND;
	const struct lifetime_report *r = measure(t, 1, 180 * SECOND);
	assert_int_equal(r->state, LIFETIME_MEASURED);
	assert_true(r->alive >= 60 * SECOND && r->alive < 70 * SECOND);
	assert_true(r->dead >= 70 * SECOND && r->dead < 92 * SECOND);
}

/* The answers at 10 s are lost, 15 s are outlived, and 20 s are not, while the interval before 10 s
 * is still being divided. */
static void the_interval_before_the_last_death_is_divided_too(void **state)
{
	struct toy *t = toy_new(17 * SECOND);
	t->dead_between[0] = 9 * SECOND + 500 * MSEC;
	const struct lifetime_report *r = measure(t, 1, 180 * SECOND);
	assert_int_equal(r->state, LIFETIME_MEASURED);
	assert_true(r->alive >= 15 * SECOND && r->alive < 17 * SECOND);
	assert_true(r->dead >= 17 * SECOND && r->dead - r->alive <= 2 * SECOND);
}

/* Each of these deaths is refuted, the last one with no room to divide its interval: then the
 * longer rests are waited for. */
static void without_room_to_divide_the_longer_rests_decide(void **state)
{
	static const unsigned lost_s[LOST_MAX] = {10, 30, 90, 240};
	struct toy *t = toy_new(550 * SECOND);
	for (size_t i = 0; i < LOST_MAX; i++)
		t->dead_between[i] = lost_s[i] * SECOND - 500 * MSEC;
	const struct lifetime_report *r = measure(t, 1, 600 * SECOND);
	assert_int_equal(r->state, LIFETIME_MEASURED);
	assert_true(r->alive >= 450 * SECOND && r->alive < 452 * SECOND);
	assert_true(r->dead >= 600 * SECOND && r->dead < 604 * SECOND);
}

/* The interval before 240 s is still being divided when 301 s are found dead.  To divide the next
 * one would take longer than twice the longest rest. */
static void what_would_take_too_long_is_not_divided(void **state)
{
	struct toy *t = toy_new(300500 * MSEC);
	t->dead_between[0] = 239500 * MSEC;
	const struct lifetime_report *r = measure(t, 1, 301 * SECOND);
	assert_true(r->alive >= 300 * SECOND && r->alive < t->timeout);
	assert_true(r->dead >= 301 * SECOND && r->dead < 305 * SECOND);
	assert_true(r->ended - r->began < 2 * (301 + 8) * SECOND);
}

/* No answer comes back any more, so a silence proves no death. */
static void a_network_that_fails_meanwhile_is_no_death(void **state)
{
	struct toy *t = toy_new(MONO_NEVER / 2);
	t->off_from = 1017 * SECOND;
	const struct lifetime_report *r = measure(t, 1, 60 * SECOND);
	assert_int_equal(r->state, LIFETIME_MEASURED);
	assert_true(r->alive >= 10 * SECOND && r->alive < 15 * SECOND);
	assert_int_equal(r->dead, 0);
}

static void another_network_ends_it_and_forgets_what_was_found(void **state)
{
	struct toy *t = toy_new(10 * SECOND);
	struct endpoint server = {ip_v4(203, 0, 113, 1), 3478};
	binding_life_begin(&t->t, &server, 1, 60 * SECOND, t->now);
	uint32_t version = binding_life_version(&t->t);
	binding_life_link_changed(&t->t, t->now);
	assert_false(runs(t));
	assert_true(binding_life_version(&t->t) != version);
	assert_int_equal(binding_life_report(&t->t)->state, LIFETIME_DISTURBED);
	assert_int_equal(measure(t, 1, 30 * SECOND)->state, LIFETIME_MEASURED);
	binding_life_link_changed(&t->t, t->now);
	assert_int_equal(binding_life_report(&t->t)->state, LIFETIME_NONE);
}

static void a_second_begin_while_it_runs_changes_nothing(void **state)
{
	struct toy *t = toy_new(10 * SECOND);
	struct endpoint server = {ip_v4(203, 0, 113, 1), 3478};
	binding_life_begin(&t->t, &server, 1, 60 * SECOND, t->now);
	binding_life_begin(&t->t, NULL, 0, 10 * SECOND, t->now);
	assert_int_equal(binding_life_report(&t->t)->longest, 60 * SECOND);
}

static void what_is_nobodys_answer_is_not_taken(void **state)
{
	struct toy *t = toy_new(10 * SECOND);
	struct endpoint server = {ip_v4(203, 0, 113, 1), 3478};
	uint8_t b[STUN_ANSWER_MAX];
	struct wr w = wr_of(b, sizeof(b));
	struct stun_txid txid = {{1}};
	stun_write_response(&w, &txid, &server);
	assert_false(binding_life_input(&t->t, 0, wr_done(&w), t->now)); /* it does not run */
	binding_life_begin(&t->t, &server, 1, 60 * SECOND, t->now);
	assert_false(binding_life_input(&t->t, FIRST_SOCKET, wr_done(&w), t->now));
	static const uint8_t hello[] = "hello";
	assert_false(binding_life_input(&t->t, FIRST_SOCKET, BYTES_OF(hello), t->now));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_lifetime_is_found_between_two_bounds),
	cmocka_unit_test(one_that_outlives_all_of_it_is_at_least_that_long),
	cmocka_unit_test(it_ends_when_it_said_at_the_latest),
	cmocka_unit_test(a_death_that_is_refuted_moves_the_end_back),
	cmocka_unit_test(the_longest_rest_is_bounded),
	cmocka_unit_test(a_server_that_answers_to_the_asker_instead_is_not_believed),
	cmocka_unit_test(the_next_server_is_taken_when_one_is_silent),
	cmocka_unit_test(silence_is_noticed_soon),
	cmocka_unit_test(sockets_with_different_addresses_say_nothing_of_each_other),
	cmocka_unit_test(a_longer_silence_that_was_outlived_refutes_a_shorter_one),
	cmocka_unit_test(the_interval_before_the_last_death_is_divided_too),
	cmocka_unit_test(without_room_to_divide_the_longer_rests_decide),
	cmocka_unit_test(what_would_take_too_long_is_not_divided),
	cmocka_unit_test(a_network_that_fails_meanwhile_is_no_death),
	cmocka_unit_test(another_network_ends_it_and_forgets_what_was_found),
	cmocka_unit_test(a_second_begin_while_it_runs_changes_nothing),
	cmocka_unit_test(what_is_nobodys_answer_is_not_taken),
};
RUN_TESTS(tests)

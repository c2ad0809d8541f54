/* The questions about one NAT, step by step: each is answered by hand. */
#include "netcheck/nat_probe.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

enum { ASKED_MAX = 64 };

static const mono_ns T0 = 1000 * SECOND;

struct asked {
	struct endpoint to;
	enum nat_probe_socket socket;
	struct stun_question q;
};

struct run {
	struct seeded seeded;
	struct nat_probe t;
	mono_ns now;
	struct asked v[ASKED_MAX]; /* of the last drain */
	size_t n;
};

static struct endpoint ep(uint8_t host, uint16_t port)
{
	return (struct endpoint){ip_v4(203, 0, 113, host), port};
}

static struct endpoint us(uint16_t port)
{
	return (struct endpoint){ip_v4(198, 51, 100, 7), port};
}

static void drain(struct run *r)
{
	uint8_t b[STUN_CHANGE_LEN];
	r->n = 0;
	for (;;) {
		struct wr w = wr_of(b, sizeof(b));
		struct asked *a = &r->v[r->n];
		assert_true(r->n < ASKED_MAX);
		if (!nat_probe_output(&r->t, &a->to, &a->socket, &w, r->now))
			return;
		assert_true(stun_read_question(wr_done(&w), &a->q));
		r->n++;
	}
}

static void begin(struct run *r, const struct endpoint *servers, size_t n)
{
	*r = (struct run){.now = T0};
	seeded_init(&r->seeded, 5);
	struct rng rng = seeded_rng(&r->seeded);
	nat_probe_init(&r->t, &rng);
	nat_probe_begin(&r->t, 4, servers, n, r->now);
	drain(r);
}

static bool answer(struct run *r, const struct asked *a, const struct endpoint *from,
		   const struct endpoint *seen, const struct endpoint *other)
{
	uint8_t b[STUN_ANSWER_MAX];
	struct wr w = wr_of(b, sizeof(b));
	struct stun_answer is = {.txid = a->q.txid, .reflexive = *seen};
	if (other) {
		is.origin = a->to;
		is.other = *other;
	}
	stun_write_answer(&w, &is);
	assert_false(w.bad);
	return nat_probe_input(&r->t, from, wr_done(&w), r->now);
}

/* All wait until the step is given up. */
static void give_up(struct run *r)
{
	enum nat_probe_step step = r->t.step;
	for (int i = 0; i < 20 && r->t.step == step && nat_probe_runs(&r->t); i++) {
		r->now = nat_probe_deadline(&r->t);
		nat_probe_tick(&r->t, r->now);
		drain(r);
	}
	assert_int_not_equal(r->t.step, step);
}

/* One server, which has another port and another address, has described itself. */
static void described(struct run *r)
{
	const struct endpoint server = ep(1, 3478), other = ep(2, 3479), seen = us(50000);
	begin(r, &server, 1);
	r->now += 30 * MSEC;
	const struct asked a = r->v[0];
	assert_true(answer(r, &a, &server, &seen, &other));
	assert_int_equal(r->t.step, NAT_PROBE_FILTER);
	drain(r);
}

static const struct asked *find(const struct run *r, enum nat_probe_socket socket,
				const struct endpoint *to, uint8_t change)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].socket == socket && endpoint_equal(&r->v[i].to, to) &&
		    r->v[i].q.change == change)
			return &r->v[i];
	return NULL;
}

/* --- describe --- */

static void every_server_is_asked_for_its_other_places_from_a_fresh_socket(void **state)
{
	const struct endpoint servers[] = {ep(1, 3478), ep(2, 3478), ep(3, 3478)};
	struct run r;
	begin(&r, servers, 3);
	assert_int_equal(r.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(r.v[i].socket, NAT_PROBE_FRESH);
		assert_true(endpoint_equal(&r.v[i].to, &servers[i]));
		assert_true(r.v[i].q.wants_origin);
		assert_int_equal(r.v[i].q.change, 0);
	}
}

static void four_servers_of_the_family_are_asked_and_no_others(void **state)
{
	const struct endpoint six = {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 3478};
	const struct endpoint servers[] = {six,         ep(1, 0),    {{0}, 0},    ep(2, 3478),
					   ep(3, 3478), ep(4, 3478), ep(5, 3478), ep(6, 3478)};
	struct run r;
	begin(&r, servers, ARRAY_LEN(servers));
	assert_int_equal(r.n, NAT_PROBE_SERVERS_MAX);
	for (size_t i = 0; i < r.n; i++)
		assert_true(endpoint_equal(&r.v[i].to, &servers[3 + i]));
}

static void without_a_server_it_is_over_at_once(void **state)
{
	struct run r;
	begin(&r, NULL, 0);
	assert_int_equal(r.n, 0);
	assert_false(nat_probe_runs(&r.t));
	assert_int_equal(r.t.step, NAT_PROBE_OVER);
	assert_int_equal(nat_probe_deadline(&r.t), MONO_NEVER);
}

static void a_silent_server_is_asked_three_times_and_then_all_is_over(void **state)
{
	const struct endpoint server = ep(1, 3478);
	struct run r;
	begin(&r, &server, 1);
	const struct stun_txid txid = r.v[0].q.txid;
	static const mono_ns tries[] = {200 * MSEC, 400 * MSEC};
	for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
		assert_int_equal(nat_probe_deadline(&r.t), T0 + tries[i]);
		r.now = T0 + tries[i];
		nat_probe_tick(&r.t, r.now);
		drain(&r);
		assert_int_equal(r.n, 1);
		assert_memory_equal(r.v[0].q.txid.b, txid.b, STUN_TXID_LEN);
	}
	/* No round trip is known: the last one is waited for for 600 ms. */
	assert_int_equal(nat_probe_deadline(&r.t), T0 + 1000 * MSEC);
	r.now = T0 + 1000 * MSEC;
	nat_probe_tick(&r.t, r.now);
	drain(&r);
	assert_int_equal(r.n, 0);
	assert_int_equal(r.t.step, NAT_PROBE_OVER);
	assert_int_equal(r.t.other_port, ARRIVAL_UNTRIED);
	assert_int_equal(r.t.other_address, ARRIVAL_UNTRIED);
	assert_int_equal(r.t.hairpin, ARRIVAL_UNTRIED);
}

/* --- filter --- */

static void
a_server_with_two_addresses_is_asked_past_the_filter_and_compared_everywhere(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint at = ep(1, 3478), port = ep(1, 3479), address = ep(2, 3478);
	assert_int_equal(r.n, 4);
	assert_non_null(find(&r, NAT_PROBE_FRESH, &at, STUN_CHANGE_PORT));
	assert_non_null(find(&r, NAT_PROBE_FRESH, &at, STUN_CHANGE_ADDRESS | STUN_CHANGE_PORT));
	assert_non_null(find(&r, NAT_PROBE_OWN, &port, 0));
	assert_non_null(find(&r, NAT_PROBE_OWN, &address, 0));
	assert_int_equal(r.t.other_port, ARRIVAL_NO);
	assert_int_equal(r.t.other_address, ARRIVAL_NO);
}

static void answers_from_the_other_places_show_an_open_filter(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint at = ep(1, 3478), port = ep(1, 3479), other = ep(2, 3479),
			      seen = us(50000);
	const struct asked by_port = *find(&r, NAT_PROBE_FRESH, &at, STUN_CHANGE_PORT),
			   by_both = *find(&r, NAT_PROBE_FRESH, &at,
					   STUN_CHANGE_ADDRESS | STUN_CHANGE_PORT);
	assert_true(answer(&r, &by_port, &port, &seen, NULL));
	assert_int_equal(r.t.other_port, ARRIVAL_YES);
	assert_int_equal(r.t.other_address, ARRIVAL_NO);
	assert_true(answer(&r, &by_both, &other, &seen, NULL));
	assert_int_equal(r.t.other_address, ARRIVAL_YES);
}

/* A server that does not know CHANGE-REQUEST, or lies: it answers from where it was asked. */
static void an_answer_from_the_same_place_shows_nothing_about_the_filter(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint at = ep(1, 3478), seen = us(50000);
	const struct asked by_port = *find(&r, NAT_PROBE_FRESH, &at, STUN_CHANGE_PORT),
			   by_both = *find(&r, NAT_PROBE_FRESH, &at,
					   STUN_CHANGE_ADDRESS | STUN_CHANGE_PORT);
	assert_true(answer(&r, &by_port, &at, &seen, NULL));
	assert_true(answer(&r, &by_both, &at, &seen, NULL));
	assert_int_equal(r.t.other_port, ARRIVAL_NO);
	assert_int_equal(r.t.other_address, ARRIVAL_NO);
}

static void another_place_that_cannot_be_one_is_not_asked(void **state)
{
	const struct endpoint server = ep(1, 3478), seen = us(50000);
	const struct endpoint six = {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 3479};
	const struct {
		struct endpoint other;
		bool port, address; /* it has one */
	} rows[] = {
		{ep(2, 3479), true, true},
		{ep(1, 3479), true, false},
		{ep(2, 3478), false, true},
		{ep(1, 3478), false, false},
		{{ip_v4(127, 0, 0, 1), 3479}, true, false},
		{{ip_v4(224, 0, 0, 1), 3479}, true, false},
		{six, false, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct run r;
		begin(&r, &server, 1);
		const struct asked a = r.v[0];
		assert_true(answer(&r, &a, &server, &seen, &rows[i].other));
		assert_int_equal(endpoint_is_set(&r.t.servers[0].second_port), rows[i].port);
		assert_int_equal(endpoint_is_set(&r.t.servers[0].second_address), rows[i].address);
		if (rows[i].port)
			assert_true(ip_equal(&r.t.servers[0].second_port.ip, &server.ip));
		if (rows[i].address)
			assert_int_equal(r.t.servers[0].second_address.port, server.port);
	}
}

/* The first server has a second port only; the last one has a second address, too. */
static void the_filter_is_tried_with_the_server_that_can_show_most(void **state)
{
	const struct endpoint servers[] = {ep(1, 3478), ep(3, 3478)}, seen = us(50000);
	const struct endpoint others[] = {ep(1, 3479), ep(4, 3479)};
	struct run r;
	begin(&r, servers, 2);
	const struct asked a[] = {r.v[0], r.v[1]};
	assert_true(answer(&r, &a[0], &servers[0], &seen, &others[0]));
	assert_true(answer(&r, &a[1], &servers[1], &seen, &others[1]));
	drain(&r);
	assert_null(find(&r, NAT_PROBE_FRESH, &servers[0], STUN_CHANGE_PORT));
	assert_non_null(find(&r, NAT_PROBE_FRESH, &servers[1], STUN_CHANGE_PORT));
}

/* --- step and hairpin --- */

static void note(struct run *r, const struct endpoint *to, uint16_t port, bool behind_nat)
{
	const struct sample s = {*to, us(port)};
	nat_probe_note(&r->t, &s, behind_nat);
}

static void a_mapping_that_varies_is_asked_in_a_row_and_one_that_does_not_is_spared(void **state)
{
	for (int varies = 0; varies < 2; varies++) {
		struct run r;
		described(&r);
		const struct endpoint at = ep(1, 3478), port = ep(1, 3479), address = ep(2, 3478);
		note(&r, &at, 41641, false);
		note(&r, &address, varies ? 41643 : 41641, false);
		give_up(&r);
		if (!varies) {
			assert_int_equal(r.t.step, NAT_PROBE_OVER);
			continue;
		}
		assert_int_equal(r.t.step, NAT_PROBE_STEP);
		assert_int_equal(r.n, 2);
		assert_non_null(find(&r, NAT_PROBE_FRESH, &port, 0));
		assert_non_null(find(&r, NAT_PROBE_FRESH, &address, 0));
	}
}

static void the_samples_of_the_fresh_socket_stand_in_the_order_of_asking(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint at = ep(1, 3478), port = ep(1, 3479), address = ep(2, 3478);
	const struct endpoint seen[] = {us(50002), us(50004)};
	struct sample v[NAT_PROBE_SAMPLES_MAX];
	note(&r, &at, 41641, false);
	note(&r, &address, 41643, false);
	give_up(&r);
	const struct asked first = *find(&r, NAT_PROBE_FRESH, &port, 0),
			   second = *find(&r, NAT_PROBE_FRESH, &address, 0);
	assert_true(answer(&r, &second, &address, &seen[1], NULL));
	assert_true(answer(&r, &first, &port, &seen[0], NULL));
	assert_int_equal(nat_probe_fresh_samples(&r.t, v), 3);
	assert_int_equal(v[0].seen.port, 50000);
	assert_int_equal(v[1].seen.port, 50002);
	assert_int_equal(v[2].seen.port, 50004);
	assert_true(endpoint_equal(&v[1].to, &port));
}

static void at_the_hairpin(struct run *r)
{
	described(r);
	const struct endpoint at = ep(1, 3478);
	note(r, &at, 41641, true);
	give_up(r);
	assert_int_equal(r->t.step, NAT_PROBE_HAIRPIN);
}

static void each_socket_asks_the_outside_endpoint_of_the_other(void **state)
{
	struct run r;
	at_the_hairpin(&r);
	const struct endpoint own = us(41641), fresh = us(50000);
	assert_int_equal(r.n, 2);
	assert_non_null(find(&r, NAT_PROBE_OWN, &fresh, 0));
	assert_non_null(find(&r, NAT_PROBE_FRESH, &own, 0));
	assert_int_equal(r.t.hairpin, ARRIVAL_NO);
	give_up(&r);
	assert_int_equal(r.t.step, NAT_PROBE_OVER);
	assert_int_equal(r.t.hairpin, ARRIVAL_NO);
}

static void a_request_of_ours_that_comes_back_proves_the_hairpin_and_ends_the_run(void **state)
{
	struct run r;
	at_the_hairpin(&r);
	const struct endpoint own = us(41641);
	uint8_t b[STUN_REQUEST_LEN];
	struct wr w = wr_of(b, sizeof(b));
	stun_write_request(&w, &r.v[1].q.txid);
	assert_true(nat_probe_input(&r.t, &own, wr_done(&w), r.now));
	assert_int_equal(r.t.hairpin, ARRIVAL_YES);
	assert_int_equal(r.t.step, NAT_PROBE_OVER);
	assert_int_equal(nat_probe_deadline(&r.t), MONO_NEVER);
}

/* No server is asked there, so no server can answer. */
static void an_answer_to_a_hairpin_question_proves_nothing(void **state)
{
	struct run r;
	at_the_hairpin(&r);
	const struct endpoint own = us(41641), seen = us(50000);
	const struct asked a = r.v[1];
	assert_true(answer(&r, &a, &own, &seen, NULL));
	assert_int_equal(r.t.hairpin, ARRIVAL_NO);
	assert_int_equal(r.t.step, NAT_PROBE_HAIRPIN);
}

/* --- what is not ours --- */

static void what_nobody_asked_for_is_left_to_others(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint at = ep(1, 3478), seen = us(1);
	struct asked stranger = r.v[0];
	uint8_t b[STUN_REQUEST_LEN] = {0};
	struct wr w = wr_of(b, sizeof(b));
	stranger.q.txid.b[0] ^= 1;
	assert_false(answer(&r, &stranger, &at, &seen, NULL));
	stun_write_request(&w, &stranger.q.txid);
	assert_false(nat_probe_input(&r.t, &at, wr_done(&w), r.now));
	assert_false(nat_probe_input(&r.t, &at, (struct bytes){b, 0}, r.now));
	assert_int_equal(r.t.n_own, 0);
	nat_probe_stop(&r.t);
	assert_false(answer(&r, &r.v[0], &at, &seen, NULL));
	drain(&r);
	assert_int_equal(r.n, 0);
	assert_false(nat_probe_runs(&r.t));
}

static void the_same_answer_twice_is_one_sample(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint port = ep(1, 3479), seen[] = {us(41641), us(6)};
	const struct asked a = *find(&r, NAT_PROBE_OWN, &port, 0);
	assert_true(answer(&r, &a, &port, &seen[0], NULL));
	assert_true(answer(&r, &a, &port, &seen[1], NULL));
	assert_int_equal(r.t.n_own, 1);
	assert_int_equal(r.t.own[0].seen.port, 41641);
}

static void more_samples_than_there_is_room_for_are_left_out(void **state)
{
	struct run r;
	described(&r);
	const struct endpoint at = ep(1, 3478);
	for (uint16_t i = 0; i < NAT_PROBE_SAMPLES_MAX + 5; i++)
		note(&r, &at, (uint16_t)(1000 + i), false);
	assert_int_equal(r.t.n_own, NAT_PROBE_SAMPLES_MAX);
	assert_int_equal(r.t.own[NAT_PROBE_SAMPLES_MAX - 1].seen.port,
			 1000 + NAT_PROBE_SAMPLES_MAX - 1);
}

/* --- bounds --- */

/* Four servers with every place that a server can have, and a mapping that varies. */
static void the_longest_run_has_room_for_each_of_its_questions(void **state)
{
	const struct endpoint servers[] = {ep(1, 3478), ep(2, 3478), ep(3, 3478), ep(4, 3478)};
	struct run r;
	begin(&r, servers, 4);
	struct asked asked[4];
	memcpy(asked, r.v, sizeof(asked));
	for (uint8_t i = 0; i < 4; i++) {
		const struct endpoint other = ep((uint8_t)(11 + i), 3479), seen = us(50000);
		assert_true(answer(&r, &asked[i], &servers[i], &seen, &other));
	}
	drain(&r);
	assert_int_equal(r.n, 2 + 8);
	note(&r, &servers[0], 41641, true);
	note(&r, &servers[1], 41643, true);
	give_up(&r);
	assert_int_equal(r.t.step, NAT_PROBE_STEP);
	assert_int_equal(r.n, 8);
	give_up(&r);
	assert_int_equal(r.t.step, NAT_PROBE_HAIRPIN);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.t.n_asks, NAT_PROBE_ASKS_MAX);
}

static void the_last_wait_is_twice_the_round_trip_within_bounds(void **state)
{
	static const struct {
		unsigned rtt_ms, wait_ms;
	} rows[] = {{1, 400}, {200, 400}, {300, 600}, {500, 1000}, {550, 1000}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct endpoint server = ep(1, 3478), other = ep(1, 3479), seen = us(50000);
		struct run r;
		begin(&r, &server, 1);
		const struct asked a = r.v[0];
		for (unsigned k = 1; k < 3; k++)
			nat_probe_tick(&r.t, T0 + k * 200 * MSEC);
		r.now = T0 + rows[i].rtt_ms * MSEC;
		assert_true(answer(&r, &a, &server, &seen, &other));
		assert_int_equal(r.t.step, NAT_PROBE_FILTER);
		mono_ns began = r.now;
		for (unsigned k = 1; k < 3; k++)
			nat_probe_tick(&r.t, began + k * 200 * MSEC);
		assert_int_equal(nat_probe_deadline(&r.t), began + (400 + rows[i].wait_ms) * MSEC);
	}
}

/* Its answers are then nobody's: the transactions are gone with it. */
static void a_new_run_forgets_the_one_before(void **state)
{
	const struct endpoint server = {{6, {0x20, 1, 0xd, 0xb8, [15] = 1}}, 3478};
	struct run r;
	at_the_hairpin(&r);
	const struct endpoint at = ep(1, 3478), seen = us(1);
	const struct asked old = r.v[0];
	struct sample v[NAT_PROBE_SAMPLES_MAX];
	nat_probe_begin(&r.t, 6, &server, 1, r.now);
	assert_false(answer(&r, &old, &at, &seen, NULL));
	drain(&r);
	assert_int_equal(r.n, 1);
	assert_true(endpoint_equal(&r.v[0].to, &server));
	assert_int_equal(r.t.n_own, 0);
	assert_int_equal(nat_probe_fresh_samples(&r.t, v), 0);
	assert_int_equal(r.t.other_port, ARRIVAL_UNTRIED);
	assert_int_equal(r.t.hairpin, ARRIVAL_UNTRIED);
	assert_false(r.t.behind_nat || r.t.answered);
}

/* The question stays open for a good answer. */
static void an_answer_of_the_other_family_is_ours_and_counts_for_nothing(void **state)
{
	const struct endpoint server = ep(1, 3478), other = ep(2, 3479), seen = us(50000);
	const struct endpoint six = {{6, {0x20, 1, 0xd, 0xb8, [15] = 9}}, 50000};
	struct run r;
	begin(&r, &server, 1);
	const struct asked a = r.v[0];
	assert_true(answer(&r, &a, &server, &six, NULL));
	assert_int_equal(r.t.step, NAT_PROBE_DESCRIBE);
	assert_false(r.t.answered);
	assert_true(answer(&r, &a, &server, &seen, &other));
	assert_int_equal(r.t.step, NAT_PROBE_FILTER);
	assert_true(r.t.answered);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(every_server_is_asked_for_its_other_places_from_a_fresh_socket),
	cmocka_unit_test(four_servers_of_the_family_are_asked_and_no_others),
	cmocka_unit_test(without_a_server_it_is_over_at_once),
	cmocka_unit_test(a_silent_server_is_asked_three_times_and_then_all_is_over),
	cmocka_unit_test(
		a_server_with_two_addresses_is_asked_past_the_filter_and_compared_everywhere),
	cmocka_unit_test(answers_from_the_other_places_show_an_open_filter),
	cmocka_unit_test(an_answer_from_the_same_place_shows_nothing_about_the_filter),
	cmocka_unit_test(another_place_that_cannot_be_one_is_not_asked),
	cmocka_unit_test(the_filter_is_tried_with_the_server_that_can_show_most),
	cmocka_unit_test(a_mapping_that_varies_is_asked_in_a_row_and_one_that_does_not_is_spared),
	cmocka_unit_test(the_samples_of_the_fresh_socket_stand_in_the_order_of_asking),
	cmocka_unit_test(each_socket_asks_the_outside_endpoint_of_the_other),
	cmocka_unit_test(a_request_of_ours_that_comes_back_proves_the_hairpin_and_ends_the_run),
	cmocka_unit_test(an_answer_to_a_hairpin_question_proves_nothing),
	cmocka_unit_test(what_nobody_asked_for_is_left_to_others),
	cmocka_unit_test(the_same_answer_twice_is_one_sample),
	cmocka_unit_test(more_samples_than_there_is_room_for_are_left_out),
	cmocka_unit_test(the_longest_run_has_room_for_each_of_its_questions),
	cmocka_unit_test(the_last_wait_is_twice_the_round_trip_within_bounds),
	cmocka_unit_test(a_new_run_forgets_the_one_before),
	cmocka_unit_test(an_answer_of_the_other_family_is_ours_and_counts_for_nothing),
};
RUN_TESTS(tests)

/* A look at our own NAT: what is asked, and what the peer is told. */
#include "crypto/seeded.h"
#include "path/hard/samples.h"
#include "unit/unit.h"

static const struct endpoint server = {{4, {203, 0, 113, 9}}, STUN_PORT};
static const struct endpoint second_port = {{4, {203, 0, 113, 9}}, STUN_PORT + 1};
static const struct endpoint elsewhere = {{4, {203, 0, 113, 10}}, STUN_PORT + 1};

struct table {
	struct seeded seeded;
	struct rng rng;
	struct hard_samples s;
	uint32_t fresh;
	/* the last that was written */
	uint32_t socket;
	struct endpoint to;
	struct stun_question q;
};

static struct table *table_new(bool known)
{
	static struct table t;
	t = (struct table){0};
	seeded_init(&t.seeded, 1);
	t.rng = seeded_rng(&t.seeded);
	samples_begin(&t.s, &server, known);
	return &t;
}

/* Sends the next and reads what it wrote. */
static bool next(struct table *t)
{
	uint8_t b[128];
	struct wr w = wr_of(b, sizeof(b));
	if (!samples_want(&t->s))
		return false;
	t->fresh += samples_send(&t->s, &t->rng, t->s.n_sent * 3 * MSEC);
	assert_true(samples_output(&t->s, &t->socket, &t->to, &w));
	assert_true(stun_read_question(wr_done(&w), &t->q));
	assert_false(samples_output(&t->s, &t->socket, &t->to, &w));
	return true;
}

static bool answer(struct table *t, uint32_t socket, struct endpoint seen,
		   const struct endpoint *other)
{
	uint8_t b[STUN_ANSWER_MAX];
	struct wr w = wr_of(b, sizeof(b));
	struct stun_answer a = {.txid = t->q.txid, .reflexive = seen};
	if (other)
		a.other = *other;
	stun_write_answer(&w, &a);
	return samples_input(&t->s, socket, wr_done(&w));
}

static struct endpoint outside(uint8_t host, uint16_t port)
{
	return (struct endpoint){ip_v4(192, 0, 2, host), port};
}

static void fresh_sockets_ask_in_a_row(void **state)
{
	struct table *t = table_new(true);
	for (uint32_t i = 0; i < HARD_PLAN_SAMPLES; i++) {
		assert_true(next(t));
		assert_int_equal(t->socket, i);
		assert_true(endpoint_equal(&t->to, &server));
		assert_false(t->q.wants_origin);
		assert_false(samples_complete(&t->s));
		assert_true(answer(t, i, outside(1, (uint16_t)(5000 + i)), NULL));
	}
	assert_false(next(t));
	assert_true(samples_complete(&t->s));
	assert_int_equal(t->fresh, HARD_PLAN_SAMPLES);
	struct disco_extension e = {.mapping = MAPPING_VARIES};
	samples_tell(&t->s, &e);
	assert_int_equal(e.n_samples, HARD_PLAN_SAMPLES);
	assert_int_equal(e.samples[7].port, 5007);
	assert_int_equal(e.samples[7].at_ms, 21);
	assert_int_equal(e.n_addresses, 1);
	assert_int_equal(e.mapping, MAPPING_VARIES);
	assert_false(samples_thrifty(&t->s));
}

static void what_was_not_answered_is_left_out(void **state)
{
	struct table *t = table_new(true);
	for (uint32_t i = 0; next(t); i++)
		if (i % 2)
			assert_true(answer(
				t, i, outside((uint8_t)(1 + i % 4), (uint16_t)(5000 + i)), NULL));
	assert_false(samples_complete(&t->s));
	struct disco_extension e = {0};
	samples_tell(&t->s, &e);
	assert_int_equal(e.n_samples, HARD_PLAN_SAMPLES / 2);
	assert_int_equal(e.samples[0].port, 5001);
	assert_int_equal(e.n_addresses, 2); /* of a pool */
	assert_int_equal(e.mapping, MAPPING_UNKNOWN);
}

static void answers_of_others_are_not_taken(void **state)
{
	struct table *t = table_new(true);
	uint8_t junk[40] = {1, 1, 0, 20};
	assert_true(next(t));
	assert_false(answer(t, 1, outside(1, 5000), NULL)); /* at another socket */
	assert_false(samples_input(&t->s, 0, (struct bytes){junk, sizeof(junk)}));
	t->q.txid.b[3] ^= 1;
	assert_false(answer(t, 0, outside(1, 5000), NULL));
	struct endpoint six;
	assert_true(endpoint_parse(&six, "[2001:db8::1]:5000"));
	t->q.txid.b[3] ^= 1;
	assert_false(answer(t, 0, six, NULL));
	assert_true(answer(t, 0, outside(1, 5000), NULL));
}

/* All fresh sockets, then the two further questions of the first one. */
static struct disco_extension look(struct table *t, const struct endpoint *other,
				   const struct endpoint *seen)
{
	struct disco_extension e = {0};
	for (uint32_t i = 0; i < HARD_PLAN_SAMPLES; i++) {
		assert_true(next(t));
		assert_true(answer(t, i, outside(1, (uint16_t)(5000 + i)), NULL));
	}
	assert_true(next(t));
	assert_true(t->q.wants_origin);
	assert_int_equal(t->q.change, 0);
	assert_int_equal(t->socket, 0);
	assert_false(samples_want(&t->s));
	assert_true(answer(t, 0, outside(1, 5000), other));
	assert_int_equal(samples_want(&t->s), other != NULL);
	assert_true(answer(t, 0, outside(1, 5000),
			   other)); /* the place is told twice, and asked once */
	if (other) {
		assert_false(samples_complete(&t->s));
		assert_true(next(t));
		assert_true(endpoint_equal(&t->to, other));
		assert_int_equal(t->socket, 0);
		if (seen)
			assert_true(answer(t, 0, *seen, NULL));
	}
	assert_false(samples_want(&t->s));
	assert_int_equal(samples_complete(&t->s), !other || seen);
	samples_tell(&t->s, &e);
	assert_int_equal(e.n_samples, HARD_PLAN_SAMPLES);
	return e;
}

static void from_a_second_place_the_mapping_is_told(void **state)
{
	const struct endpoint same = outside(1, 5000), another = outside(1, 6000);
	const struct {
		const struct endpoint *other, *seen;
		enum dest_mapping mapping;
		bool thrifty;
	} table[] = {
		{NULL, NULL, MAPPING_UNKNOWN, false}, /* a server without OTHER-ADDRESS */
		{&second_port, NULL, MAPPING_UNKNOWN, false},
		{&second_port, &another, MAPPING_VARIES, false},
		/* another address may see another port */
		{&second_port, &same, MAPPING_UNKNOWN, true},
		{&elsewhere, &same, MAPPING_SAME, true},
		{&elsewhere, &another, MAPPING_VARIES, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct table *t = table_new(false);
		struct disco_extension e = look(t, table[i].other, table[i].seen);
		assert_int_equal(e.mapping, table[i].mapping);
		assert_int_equal(samples_thrifty(&t->s), table[i].thrifty);
		assert_int_equal(t->fresh, HARD_PLAN_SAMPLES + (table[i].other != NULL));
	}
}

static void after_a_stop_nothing_is_sent(void **state)
{
	struct table *t = table_new(true);
	uint8_t b[STUN_CHANGE_LEN];
	struct wr w = wr_of(b, sizeof(b));
	(void)!samples_send(&t->s, &t->rng, 0);
	samples_stop(&t->s);
	assert_false(samples_output(&t->s, &t->socket, &t->to, &w));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(fresh_sockets_ask_in_a_row),
	cmocka_unit_test(what_was_not_answered_is_left_out),
	cmocka_unit_test(answers_of_others_are_not_taken),
	cmocka_unit_test(from_a_second_place_the_mapping_is_told),
	cmocka_unit_test(after_a_stop_nothing_is_sent),
};
RUN_TESTS(tests)

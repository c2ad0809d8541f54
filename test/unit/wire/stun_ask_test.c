/* One question to a STUN server: its tries, and which answers are its own. */
#include "wire/stun_ask.h"

#include "crypto/seeded.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"

static const struct endpoint server = {{4, {203, 0, 113, 9}}, STUN_PORT};
static const struct endpoint seen = {{4, {192, 0, 2, 1}}, 41641};

struct fixture {
	struct seeded seeded;
	struct rng rng;
	struct stun_ask a;
};

static struct fixture *asked(uint8_t tries)
{
	static struct fixture f;
	f = (struct fixture){0};
	seeded_init(&f.seeded, 1);
	f.rng = seeded_rng(&f.seeded);
	stun_ask_begin(&f.a, &server, tries, &f.rng, 200 * MSEC);
	return &f;
}

/* The transaction of the request that is owed. */
static struct stun_txid sent(struct fixture *f)
{
	uint8_t b[STUN_REQUEST_LEN];
	struct wr w = wr_of(b, sizeof(b));
	struct endpoint to;
	struct stun_txid txid;
	assert_true(stun_ask_output(&f->a, &to, &w));
	assert_true(endpoint_equal(&to, &server));
	assert_true(stun_read_request(wr_done(&w), &txid));
	assert_false(stun_ask_output(&f->a, &to, &w));
	return txid;
}

static enum stun_ask_verdict answer(struct fixture *f, const struct stun_txid *txid,
				    const struct endpoint *ep)
{
	return stun_ask_input(&f->a, &(struct stun_answer){.txid = *txid, .reflexive = *ep});
}

static void all_tries_of_a_question_carry_one_transaction(void **state)
{
	struct fixture *f = asked(3);
	struct stun_txid first = sent(f);
	assert_false(stun_ask_is_due(&f->a, 200 * MSEC - 1));
	assert_true(stun_ask_is_due(&f->a, 200 * MSEC));
	assert_true(stun_ask_again(&f->a, 600 * MSEC));
	assert_true(stun_ask_deadline(&f->a) == 600 * MSEC);
	struct stun_txid second = sent(f);
	assert_memory_equal(&first, &second, sizeof(first));
	assert_true(stun_ask_again(&f->a, 2600 * MSEC));
	(void)sent(f);
	assert_false(stun_ask_again(&f->a, 9000 * MSEC));
	assert_true(stun_ask_deadline(&f->a) == MONO_NEVER);
	assert_int_equal(answer(f, &first, &seen), STUN_ASK_ANSWERED); /* late, and still good */
}

static void the_next_question_has_another_transaction(void **state)
{
	struct fixture *f = asked(1);
	struct stun_txid first = sent(f);
	stun_ask_begin(&f->a, &server, 1, &f->rng, MONO_NEVER);
	struct stun_txid second = sent(f);
	assert_memory_not_equal(&first, &second, sizeof(first));
	assert_int_equal(answer(f, &first, &seen), STUN_ASK_OTHER);
	assert_int_equal(answer(f, &second, &seen), STUN_ASK_ANSWERED);
}

static void the_first_answer_ends_the_question(void **state)
{
	struct fixture *f = asked(3);
	struct stun_txid txid = sent(f);
	struct endpoint to;
	assert_true(stun_ask_again(&f->a, 600 * MSEC));
	assert_int_equal(answer(f, &txid, &seen), STUN_ASK_ANSWERED);
	assert_false(stun_ask_send(&f->a, &to)); /* the second try is not sent any more */
	assert_true(stun_ask_deadline(&f->a) == MONO_NEVER);
	assert_int_equal(answer(f, &txid, &seen), STUN_ASK_DROPPED);
}

static void an_ended_question_sends_nothing_and_takes_nothing(void **state)
{
	struct fixture *f = asked(3);
	struct stun_txid txid = f->a.txid;
	struct endpoint to;
	stun_ask_end(&f->a);
	assert_false(stun_ask_send(&f->a, &to));
	assert_false(stun_ask_is_due(&f->a, MONO_NEVER - 1));
	assert_int_equal(answer(f, &txid, &seen), STUN_ASK_DROPPED);
}

static void an_address_of_another_family_is_no_answer(void **state)
{
	struct fixture *f = asked(1);
	struct stun_txid txid = sent(f);
	const struct endpoint six = {{6, {0x20, 0x01, 0x0d, 0xb8}}, 41641}, no_port = {seen.ip, 0};
	assert_int_equal(answer(f, &txid, &six), STUN_ASK_DROPPED);
	assert_int_equal(answer(f, &txid, &no_port), STUN_ASK_DROPPED);
	assert_int_equal(answer(f, &txid, &seen), STUN_ASK_ANSWERED); /* the question goes on */
}

static void what_was_never_asked_has_no_answer(void **state)
{
	struct stun_ask none = {0};
	struct stun_answer zero = {.reflexive = seen};
	struct endpoint to;
	assert_int_equal(stun_ask_input(&none, &zero), STUN_ASK_OTHER);
	assert_false(stun_ask_is(&none, &zero.txid));
	assert_false(stun_ask_send(&none, &to));
	assert_true(stun_ask_deadline(&none) == MONO_NEVER);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(all_tries_of_a_question_carry_one_transaction),
	cmocka_unit_test(the_next_question_has_another_transaction),
	cmocka_unit_test(the_first_answer_ends_the_question),
	cmocka_unit_test(an_ended_question_sends_nothing_and_takes_nothing),
	cmocka_unit_test(an_address_of_another_family_is_no_answer),
	cmocka_unit_test(what_was_never_asked_has_no_answer),
};

RUN_TESTS(tests)

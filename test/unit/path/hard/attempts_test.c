/* What is remembered of the attempts with one peer. */
#include "path/hard/attempts.h"

#include "crypto/seeded.h"
#include "unit/path/side.h"
#include "unit/unit.h"

static const struct attempt *newest(const struct attempts *a)
{
	assert_true(a->n > 0);
	return attempts_at(a, (size_t)a->n - 1);
}

static void an_attempt_that_begins_has_no_end(void **state)
{
	struct attempts a = {0};
	attempts_begin(&a, true, 7 * SECOND);
	assert_int_equal(a.n, 1);
	assert_int_equal(newest(&a)->began, 7 * SECOND);
	assert_int_equal(newest(&a)->ended, MONO_NEVER);
	assert_int_equal(newest(&a)->end, ATTEMPT_UNDER_WAY);
	assert_true(newest(&a)->asked_by_peer);
	assert_false(newest(&a)->planned);
	attempts_begin(&a, false, 8 * SECOND);
	assert_false(newest(&a)->asked_by_peer);
}

static void the_last_four_are_kept_oldest_first_and_the_others_are_counted(void **state)
{
	struct attempts a = {0};
	for (unsigned i = 1; i <= 11; i++) {
		attempts_begin(&a, false, i * SECOND);
		attempts_end(&a, ATTEMPT_EXHAUSTED, i * SECOND + MSEC);
		assert_int_equal(a.n, i < ATTEMPTS_KEPT ? i : ATTEMPTS_KEPT);
		assert_int_equal(a.forgotten, i < ATTEMPTS_KEPT ? 0 : i - ATTEMPTS_KEPT);
		for (unsigned k = 0; k < a.n; k++)
			assert_int_equal(attempts_at(&a, k)->began, (i - a.n + 1 + k) * SECOND);
	}
}

static void a_new_attempt_has_nothing_of_the_one_whose_place_it_takes(void **state)
{
	struct attempts a = {0};
	for (unsigned i = 0; i < ATTEMPTS_KEPT; i++) {
		attempts_begin(&a, true, i * SECOND);
		attempts_sampled(&a);
		attempts_sent(&a, HARD_PLAN_PROBE);
		attempts_end(&a, ATTEMPT_WON, i * SECOND);
	}
	attempts_begin(&a, false, 9 * SECOND);
	assert_int_equal(newest(&a)->samples, 0);
	assert_int_equal(newest(&a)->sent[HARD_PLAN_PROBE], 0);
	assert_int_equal(newest(&a)->end, ATTEMPT_UNDER_WAY);
	assert_false(newest(&a)->asked_by_peer);
}

static void packets_are_counted_by_stream(void **state)
{
	struct attempts a = {0};
	attempts_begin(&a, false, 0);
	for (unsigned stream = 0; stream < HARD_PLAN_STREAMS; stream++)
		for (unsigned i = 0; i <= stream; i++)
			attempts_sent(&a, (enum hard_plan_stream)stream);
	attempts_sampled(&a);
	attempts_sampled(&a);
	for (unsigned stream = 0; stream < HARD_PLAN_STREAMS; stream++)
		assert_int_equal(newest(&a)->sent[stream], stream + 1);
	assert_int_equal(newest(&a)->samples, 2);
}

static struct hard_plan plan_of(bool slow)
{
	struct seeded s;
	seeded_init(&s, 5);
	struct rng rng = seeded_rng(&s);
	const struct hard_plan_limits limits = {.block_ports = 256};
	struct disco_extension ours = side(MAPPING_VARIES, GUESS_RANDOM),
			       theirs = side(MAPPING_VARIES, slow ? GUESS_RANDOM : GUESS_BLOCK);
	struct hard_plan p;
	ours.slow = theirs.slow = slow;
	hard_plan_init(&p, &ours, &theirs, &limits, &rng, 0);
	return p;
}

static void what_both_sides_told_is_kept_with_the_attempt(void **state)
{
	for (int slow = 0; slow < 2; slow++) {
		struct attempts a = {0};
		struct hard_plan p = plan_of(slow);
		attempts_begin(&a, false, 0);
		attempts_planned(&a, &p);
		assert_true(newest(&a)->planned);
		assert_int_equal(newest(&a)->slow, slow);
		assert_int_equal(newest(&a)->ours, GUESS_RANDOM);
		assert_int_equal(newest(&a)->theirs, slow ? GUESS_RANDOM : GUESS_BLOCK);
		assert_int_equal(newest(&a)->our_mapping, MAPPING_VARIES);
		assert_int_equal(newest(&a)->their_mapping, MAPPING_VARIES);
		assert_int_equal(newest(&a)->sockets, HARD_SOCKETS);
	}
}

/* A late probe must not change how an old attempt is told. */
static void an_attempt_that_ended_changes_no_more(void **state)
{
	struct attempts a = {0};
	struct hard_plan p = plan_of(false);
	attempts_begin(&a, false, SECOND);
	attempts_end(&a, ATTEMPT_REFUSED, 2 * SECOND);
	attempts_end(&a, ATTEMPT_WON, 3 * SECOND);
	attempts_sampled(&a);
	attempts_sent(&a, HARD_PLAN_CROSS);
	attempts_planned(&a, &p);
	assert_int_equal(newest(&a)->end, ATTEMPT_REFUSED);
	assert_int_equal(newest(&a)->ended, 2 * SECOND);
	assert_int_equal(newest(&a)->samples, 0);
	assert_int_equal(newest(&a)->sent[HARD_PLAN_CROSS], 0);
	assert_false(newest(&a)->planned);
}

static void nothing_is_noted_where_there_was_no_attempt(void **state)
{
	struct attempts a = {0};
	struct hard_plan p = plan_of(false);
	attempts_end(&a, ATTEMPT_WON, SECOND);
	attempts_sampled(&a);
	attempts_sent(&a, HARD_PLAN_CROSS);
	attempts_planned(&a, &p);
	assert_int_equal(a.n, 0);
	assert_int_equal(a.forgotten, 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_attempt_that_begins_has_no_end),
	cmocka_unit_test(the_last_four_are_kept_oldest_first_and_the_others_are_counted),
	cmocka_unit_test(a_new_attempt_has_nothing_of_the_one_whose_place_it_takes),
	cmocka_unit_test(packets_are_counted_by_stream),
	cmocka_unit_test(what_both_sides_told_is_kept_with_the_attempt),
	cmocka_unit_test(an_attempt_that_ended_changes_no_more),
	cmocka_unit_test(nothing_is_noted_where_there_was_no_attempt),
};
RUN_TESTS(tests)

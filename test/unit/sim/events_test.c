#include "sim/events.h"

#include <stdlib.h>

#include "crypto/seeded.h"
#include "unit/unit.h"

struct seen {
	uint64_t v[4096];
	mono_ns at[4096];
	size_t n;
};

static void note(void *self, void *arg, mono_ns now)
{
	struct seen *s = self;
	s->v[s->n] = *(uint64_t *)arg;
	s->at[s->n++] = now;
}

static void plan(struct events *e, struct seen *s, mono_ns at, uint64_t value)
{
	uint64_t *arg = sim_alloc(sizeof(*arg));
	*arg = value;
	events_at(e, at, note, s, arg);
}

static void happens_in_order_of_time(void **state)
{
	struct events e;
	struct seen s = {0};
	events_init(&e, 100);
	plan(&e, &s, 300, 3);
	plan(&e, &s, 200, 2);
	plan(&e, &s, 50, 1); /* past: at once */
	while (events_step(&e, 250))
		;
	assert_int_equal(s.n, 2);
	assert_int_equal(s.v[0], 1);
	assert_true(s.at[0] == 100);
	assert_true(s.at[1] == 200);
	assert_true(e.now == 250);
	assert_false(events_step(&e, 200)); /* the clock does not go back */
	assert_true(e.now == 250);
	assert_true(events_step(&e, 300));
	assert_int_equal(s.v[2], 3);
	events_fini(&e);
}

static void keeps_the_order_of_planning_in_one_moment(void **state)
{
	struct events e;
	static struct seen s;
	struct seeded seeded;
	seeded_init(&seeded, 7);
	struct rng rng = seeded_rng(&seeded);
	events_init(&e, 0);
	s.n = 0;
	for (uint64_t i = 0; i < 4000; i++)
		plan(&e, &s, rng_below(&rng, 20), i);
	while (events_step(&e, 100))
		;
	assert_int_equal(s.n, 4000);
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.at[i - 1] < s.at[i] ||
			    (s.at[i - 1] == s.at[i] && s.v[i - 1] < s.v[i]));
	events_fini(&e);
}

static void an_event_may_plan_the_next(void *self, void *arg, mono_ns now)
{
	struct events *e = self;
	if (now < 10)
		events_at(e, now + 1, an_event_may_plan_the_next, e, NULL);
}

static void runs_what_was_planned_meanwhile_and_frees_the_rest(void **state)
{
	struct events e;
	struct seen s = {0};
	events_init(&e, 0);
	events_at(&e, 1, an_event_may_plan_the_next, &e, NULL);
	plan(&e, &s, 1000, 1);
	size_t steps = 0;
	while (events_step(&e, 100))
		steps++;
	assert_int_equal(steps, 10);
	assert_int_equal(s.n, 0);
	events_fini(&e);
}

static void ring(void *self, mono_ns now)
{
	struct seen *s = self;
	s->at[s->n++] = now;
}

static void an_alarm_rings_once_at_the_earliest_time_set(void **state)
{
	struct events e;
	struct seen s = {0};
	events_init(&e, 0);
	struct alarm a = alarm_of(&e, ring, &s);
	alarm_set(&a, MONO_NEVER);
	alarm_set(&a, 30);
	alarm_set(&a, 20);
	alarm_set(&a, 40);
	while (events_step(&e, 100))
		;
	assert_int_equal(s.n, 1);
	assert_true(s.at[0] == 20);
	alarm_set(&a, 50); /* past: at once */
	while (events_step(&e, 200))
		;
	assert_int_equal(s.n, 2);
	assert_true(s.at[1] == 100);
	events_fini(&e);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_alarm_rings_once_at_the_earliest_time_set),
	cmocka_unit_test(happens_in_order_of_time),
	cmocka_unit_test(keeps_the_order_of_planning_in_one_moment),
	cmocka_unit_test(runs_what_was_planned_meanwhile_and_frees_the_rest),
};
RUN_TESTS(tests)

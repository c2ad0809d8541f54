#include "crypto/seeded.h"
#include "relay/back_off.h"
#include "unit/unit.h"

struct scene {
	struct seeded seeded;
	struct rng rng;
	struct back_off b;
};

static void begin(struct scene *s, uint64_t seed)
{
	seeded_init(&s->seeded, seed);
	s->rng = seeded_rng(&s->seeded);
	back_off_init(&s->b);
}

static mono_ns pause(struct scene *s, mono_ns now)
{
	return back_off_next(&s->b, &s->rng) - now;
}

static void the_pauses_of_an_idle_relay_grow_with_the_square(void **state)
{
	struct scene s;
	mono_ns now = 1000 * SECOND;
	begin(&s, 1);
	for (int n = 1; n <= 300; n++) {
		mono_ns middle = mono_min((mono_ns)(n * n) * 100 * MSEC, 30 * SECOND);
		back_off_failed(&s.b, now);
		assert_in_range(pause(&s, now), middle / 2, mono_min(middle * 3 / 2, 30 * SECOND));
		now += pause(&s, now);
	}
}

static void while_it_is_in_use_they_stay_near_a_second(void **state)
{
	struct scene s;
	mono_ns now = 1000 * SECOND, longest = 0, shortest = MONO_NEVER;
	begin(&s, 2);
	for (int n = 1; n <= 300; n++) {
		back_off_use(&s.b, now);
		back_off_failed(&s.b, now);
		mono_ns p = pause(&s, now);
		assert_in_range(p, 50 * MSEC, 1200 * MSEC);
		if (n > 3) {
			longest = mono_max(longest, p);
			shortest = mono_min(shortest, p);
		}
		now += p;
	}
	assert_true(shortest >= 400 * MSEC && shortest < 500 * MSEC);
	assert_true(longest > 1100 * MSEC);
}

static void a_minute_after_the_last_packet_it_is_idle(void **state)
{
	struct scene s;
	begin(&s, 3);
	assert_true(back_off_use(&s.b, SECOND));
	assert_false(back_off_use(&s.b, 60 * SECOND));
	for (int n = 0; n < 50; n++)
		back_off_failed(&s.b, 120 * SECOND - 1);
	assert_true(pause(&s, 120 * SECOND - 1) <= 1200 * MSEC);
	back_off_failed(&s.b, 120 * SECOND);
	assert_true(pause(&s, 120 * SECOND) >= 15 * SECOND);
	assert_true(back_off_use(&s.b, 120 * SECOND));
	assert_true(pause(&s, 120 * SECOND) <= 1200 * MSEC);
}

static void what_was_forgotten_begins_anew(void **state)
{
	struct scene s;
	begin(&s, 4);
	for (int n = 0; n < 20; n++)
		back_off_failed(&s.b, SECOND);
	back_off_forget(&s.b);
	back_off_failed(&s.b, 2 * SECOND);
	assert_in_range(pause(&s, 2 * SECOND), 50 * MSEC, 150 * MSEC);
}

static void what_the_relay_asks_for_is_kept_within_reason(void **state)
{
	struct scene s;
	begin(&s, 5);
	back_off_use(&s.b, SECOND);
	back_off_failed(&s.b, SECOND);
	for (int i = 0; i < 100; i++) {
		assert_in_range(back_off_asked(&s.b, &s.rng, 4 * SECOND), 3 * SECOND, 7 * SECOND);
		assert_in_range(back_off_asked(&s.b, &s.rng, 0), SECOND + 50 * MSEC,
				SECOND + 150 * MSEC);
		assert_in_range(back_off_asked(&s.b, &s.rng, MONO_NEVER), 16 * SECOND, 46 * SECOND);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pauses_of_an_idle_relay_grow_with_the_square),
		cmocka_unit_test(while_it_is_in_use_they_stay_near_a_second),
		cmocka_unit_test(a_minute_after_the_last_packet_it_is_idle),
		cmocka_unit_test(what_was_forgotten_begins_anew),
		cmocka_unit_test(what_the_relay_asks_for_is_kept_within_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

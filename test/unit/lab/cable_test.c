#include <string.h>

#include "crypto/seeded.h"
#include "lab/cable_words.h"
#include "sim/link.h"
#include "unit/unit.h"

struct world {
	struct seeded seed;
	struct rng rng;
	struct cable *cable;
};

static void open_world(struct world *w, mono_ns delay, mono_ns jitter, uint32_t loss_ppm)
{
	seeded_init(&w->seed, 7);
	w->rng = seeded_rng(&w->seed);
	w->cable = cable_new(&w->rng);
	assert_non_null(w->cable);
	struct cable_quality q = {.delay = delay, .jitter = jitter, .loss_ppm = loss_ppm};
	cable_set(w->cable, CABLE_AB, &q);
	cable_set(w->cable, CABLE_BA, &q);
}

static void put(struct world *w, enum cable_way way, uint32_t n, mono_ns now)
{
	cable_input(w->cable, way, (struct bytes){(const uint8_t *)&n, sizeof(n)}, now);
}

/* The number in the next frame that has arrived; -1: none has. */
static int64_t take(struct world *w, enum cable_way *way, mono_ns now)
{
	struct bytes frame;
	uint32_t n;
	if (!cable_output(w->cable, way, &frame, now))
		return -1;
	assert_int_equal(frame.n, sizeof(n));
	memcpy(&n, frame.p, sizeof(n));
	return n;
}

static void a_frame_arrives_after_the_delay_and_not_before(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 25 * MSEC, 0, 0);
	assert_true(cable_deadline(w.cable) == MONO_NEVER);
	put(&w, CABLE_BA, 5, 1000);
	assert_true(cable_deadline(w.cable) == 1000 + 25 * MSEC);
	assert_int_equal(take(&w, &way, 999 + 25 * MSEC), -1);
	assert_int_equal(take(&w, &way, 1000 + 25 * MSEC), 5);
	assert_int_equal(way, CABLE_BA);
	assert_int_equal(take(&w, &way, MONO_NEVER - 1), -1);
	assert_int_equal(cable_stats(w.cable, CABLE_BA)->carried, 1);
	assert_int_equal(cable_stats(w.cable, CABLE_AB)->carried, 0);
	cable_free(w.cable);
}

static void each_way_has_its_own_delay(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 10, 0, 0);
	cable_set(w.cable, CABLE_BA, &(struct cable_quality){.delay = 3});
	assert_true(cable_get(w.cable, CABLE_BA)->delay == 3);
	put(&w, CABLE_AB, 1, 0);
	put(&w, CABLE_BA, 2, 0);
	assert_int_equal(take(&w, &way, 10), 2);
	assert_int_equal(take(&w, &way, 10), 1);
	cable_free(w.cable);
}

static void frames_of_one_moment_keep_their_order(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, MSEC, 0, 0);
	for (uint32_t i = 0; i < 1000; i++)
		put(&w, CABLE_AB, i, 77);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(take(&w, &way, 77 + 2 * MSEC), i);
	cable_free(w.cable);
}

static void jitter_stays_in_its_range(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 100, 50, 0);
	for (uint32_t i = 0; i < 500; i++) {
		put(&w, CABLE_AB, i, i * 1000);
		assert_in_range(cable_deadline(w.cable), i * 1000 + 100, i * 1000 + 150);
		assert_int_equal(take(&w, &way, i * 1000 + 150), i);
	}
	cable_free(w.cable);
}

static void jitter_does_not_change_the_order(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 100, 5000, 0);
	for (uint32_t i = 0; i < 1000; i++)
		put(&w, CABLE_AB, i, i);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(take(&w, &way, MSEC), i);
	cable_free(w.cable);
}

enum { SENT = 2000, SOON = 5 * MSEC };

/* How many of them do not arrive exactly once and soon. */
static uint32_t strays_of_cable(const struct cable_quality *q)
{
	struct world w;
	enum cable_way way;
	uint32_t strays = 0;
	open_world(&w, 0, 0, 0);
	cable_set(w.cable, CABLE_AB, q);
	for (uint32_t i = 0; i < SENT; i++) {
		unsigned came = 0;
		mono_ns now = i * SECOND;
		put(&w, CABLE_AB, i, now);
		assert_true(cable_deadline(w.cable) >= now + q->delay);
		while (take(&w, &way, now + SOON) >= 0)
			came++;
		strays += came != 1;
		while (take(&w, &way, now + SECOND / 2) >= 0)
			came++;
	}
	cable_free(w.cable);
	return strays;
}

static uint32_t strays_of_link(const struct link_config *cfg)
{
	struct seeded seeded;
	struct link l;
	uint32_t strays = 0;
	seeded_init(&seeded, 5);
	struct rng rng = seeded_rng(&seeded);
	link_init(&l, cfg, &rng);
	for (uint32_t i = 0; i < SENT; i++) {
		mono_ns at[LINK_COPIES_MAX], now = i * SECOND;
		size_t n = link_pass(&l, 100, now, at);
		assert_true(n == 0 || at[0] >= now + cfg->delay);
		strays += n != 1 || at[0] > now + SOON;
	}
	return strays;
}

/* Field by field: the same names and the same units give the same results. */
static void a_line_means_the_same_in_the_simulator(void **state)
{
	static const uint32_t ppm[][3] = {
		{0, 0, 0}, {200000, 0, 0}, {0, 200000, 0}, {0, 0, 200000}};
	for (size_t i = 0; i < ARRAY_LEN(ppm); i++) {
		const struct link_config l = {.delay = 3 * MSEC,
					      .jitter = 2 * MSEC,
					      .loss_ppm = ppm[i][0],
					      .duplicate_ppm = ppm[i][1],
					      .reorder_ppm = ppm[i][2],
					      .reorder_by = 9 * MSEC};
		const struct cable_quality q = {.delay = l.delay,
						.jitter = l.jitter,
						.loss_ppm = l.loss_ppm,
						.duplicate_ppm = l.duplicate_ppm,
						.reorder_ppm = l.reorder_ppm,
						.reorder_by = l.reorder_by};
		assert_in_range(strays_of_cable(&q), i ? 330 : 0, i ? 470 : 0);
		assert_in_range(strays_of_link(&l), i ? 330 : 0, i ? 470 : 0);
	}
}

static void loses_the_share_that_was_asked_for(void **state)
{
	struct world w;
	open_world(&w, 0, 0, 100000);
	for (uint32_t i = 0; i < 4000; i++)
		put(&w, CABLE_AB, i, 0);
	assert_in_range(cable_stats(w.cable, CABLE_AB)->lost, 300, 500);
	cable_free(w.cable);
}

static void a_cut_loses_what_is_under_way_and_what_comes(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 10, 0, 0);
	put(&w, CABLE_AB, 1, 0);
	cable_cut(w.cable);
	put(&w, CABLE_AB, 2, 1);
	cable_mend(w.cable);
	put(&w, CABLE_AB, 3, 2);
	assert_int_equal(take(&w, &way, 1000), 3);
	assert_int_equal(take(&w, &way, 1000), -1);
	assert_int_equal(cable_stats(w.cable, CABLE_AB)->cut, 2);
	cable_free(w.cable);
}

static void a_full_cable_drops_and_recovers(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 10, 0, 0);
	for (uint32_t i = 0; i < CABLE_UNDER_WAY_MAX + 3; i++)
		put(&w, CABLE_AB, i, 0);
	assert_int_equal(cable_stats(w.cable, CABLE_AB)->full, 3);
	for (uint32_t i = 0; i < CABLE_UNDER_WAY_MAX; i++)
		assert_int_equal(take(&w, &way, SECOND), i);
	put(&w, CABLE_AB, 9, SECOND);
	assert_int_equal(take(&w, &way, 2 * SECOND), 9);
	cable_free(w.cable);
}

static void a_frame_that_is_too_long_is_dropped(void **state)
{
	static const uint8_t b[CABLE_FRAME_MAX + 1];
	struct world w;
	struct bytes frame;
	enum cable_way way;
	open_world(&w, 0, 0, 0);
	cable_input(w.cable, CABLE_AB, (struct bytes){b, CABLE_FRAME_MAX + 1}, 0);
	assert_int_equal(cable_stats(w.cable, CABLE_AB)->too_long, 1);
	cable_input(w.cable, CABLE_AB, (struct bytes){b, CABLE_FRAME_MAX}, 0);
	assert_true(cable_output(w.cable, &way, &frame, 1));
	assert_int_equal(frame.n, CABLE_FRAME_MAX);
	cable_free(w.cable);
}

static void frames_are_doubled_and_overtaken_as_often_as_asked(void **state)
{
	struct world w;
	enum cable_way way;
	open_world(&w, 0, 0, 0);
	assert_true(cable_set_by_name(w.cable, "duplicate", "25%/0%"));
	assert_true(cable_set_by_name(w.cable, "reorder", "0%/25%"));
	unsigned came = 0, overtaken = 0;
	int64_t last = -1;
	for (uint32_t i = 0; i < 1000; i++) {
		put(&w, CABLE_AB, i, i * MSEC);
		while (take(&w, &way, i * MSEC + MSEC / 2) >= 0)
			came++;
	}
	assert_in_range(came, 1200, 1300);
	assert_int_equal(cable_stats(w.cable, CABLE_AB)->duplicated, came - 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		put(&w, CABLE_BA, i, 2 * SECOND + i * MSEC);
		for (int64_t n; (n = take(&w, &way, 2 * SECOND + i * MSEC)) >= 0; last = n)
			overtaken += n < last;
	}
	assert_in_range(cable_stats(w.cable, CABLE_BA)->reordered, 200, 300);
	assert_true(overtaken > 100);
	cable_free(w.cable);
}

static void qualities_are_set_by_name(void **state)
{
	struct world w;
	open_world(&w, 0, 0, 0);
	assert_true(cable_set_by_name(w.cable, "delay", "25ms/400us"));
	assert_true(cable_set_by_name(w.cable, "jitter", "1s"));
	assert_true(cable_set_by_name(w.cable, "loss", "2.5%"));
	assert_true(cable_get(w.cable, CABLE_AB)->delay == 25 * MSEC);
	assert_true(cable_get(w.cable, CABLE_BA)->delay == 400 * USEC);
	assert_true(cable_get(w.cable, CABLE_BA)->jitter == SECOND);
	assert_int_equal(cable_get(w.cable, CABLE_AB)->loss_ppm, 25000);
	assert_false(cable_set_by_name(w.cable, "loss", "101%"));
	assert_false(cable_set_by_name(w.cable, "loss", "5%/"));
	assert_false(cable_set_by_name(w.cable, "delay", "-1ms"));
	assert_false(cable_set_by_name(w.cable, "colour", "5"));
	cable_free(w.cable);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(frames_are_doubled_and_overtaken_as_often_as_asked),
	cmocka_unit_test(qualities_are_set_by_name),
	cmocka_unit_test(a_frame_arrives_after_the_delay_and_not_before),
	cmocka_unit_test(each_way_has_its_own_delay),
	cmocka_unit_test(frames_of_one_moment_keep_their_order),
	cmocka_unit_test(jitter_stays_in_its_range),
	cmocka_unit_test(jitter_does_not_change_the_order),
	cmocka_unit_test(a_line_means_the_same_in_the_simulator),
	cmocka_unit_test(loses_the_share_that_was_asked_for),
	cmocka_unit_test(a_cut_loses_what_is_under_way_and_what_comes),
	cmocka_unit_test(a_full_cable_drops_and_recovers),
	cmocka_unit_test(a_frame_that_is_too_long_is_dropped),
};
RUN_TESTS(tests)

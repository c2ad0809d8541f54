/* The heartbeat in plain numbers: one best path at 20 ms, and a second one. */
#include "path/heartbeat.h"
#include "unit/unit.h"

static const mono_ns T0 = 1000 * SECOND;

struct beats {
	struct heartbeat b;
	struct remotes remotes;
	struct mtu mtu;
	struct heartbeat_view view;
	mono_ns now;
};

static struct endpoint at(uint16_t port)
{
	return (struct endpoint){ip_v4(203, 0, 113, 7), port};
}

static struct beats *begin(uint16_t n_remotes)
{
	static struct beats f;
	f = (struct beats){.now = T0};
	struct endpoint v[REMOTES_MAX], none = {0};
	for (uint16_t i = 0; i < n_remotes; i++)
		v[i] = at((uint16_t)(1 + i));
	assert_true(remotes_set(&f.remotes, REMOTE_CALLED, v, n_remotes, &none));
	f.view = (struct heartbeat_view){.remotes = &f.remotes,
					 .best = &f.remotes.v[0],
					 .mtu = &f.mtu,
					 .has_relay = true,
					 .is_heard = true};
	remote_on_pong(f.view.best, false, 20 * MSEC, T0);
	return &f;
}

/* The next beat: R the relay, P padded, else the number of the remote. */
static char beat(struct beats *f)
{
	f->now += HEARTBEAT;
	f->view.best->ponged_at = f->now;
	struct heartbeat_ask ask = heartbeat_ask(&f->b, &f->view, f->now);
	if (ask.whom == HEARTBEAT_REMOTE) {
		remote_on_ping_sent(ask.remote, f->now);
		return (char)('0' + (ask.remote - f->remotes.v));
	}
	return ask.whom == HEARTBEAT_RELAY ? 'R' : 'P';
}

static void expect(struct beats *f, const char *beats)
{
	for (const char *c = beats; *c; c++)
		assert_int_equal(beat(f), *c);
}

static void alone_the_best_has_every_beat(void **state)
{
	expect(begin(1), "000000");
}

static void every_other_beat_looks_at_the_others_in_turn(void **state)
{
	expect(begin(3), "0102010201");
}

static void an_endpoint_that_was_only_seen_gets_no_beat(void **state)
{
	struct beats *f = begin(2);
	struct endpoint none = {0};
	for (uint16_t i = 0; i < 60; i++) {
		struct endpoint ep = at((uint16_t)(1000 + i));
		assert_true(remotes_on_seen(&f->remotes, &ep, 0, &none, T0));
	}
	expect(f, "01010101");
	remote_on_pong(remotes_find(&f->remotes, &(struct endpoint){at(0).ip, 1000}, 0), false,
		       20 * MSEC, f->now);
	expect(f, "020"); /* it answered */
}

static void a_very_short_round_trip_needs_no_better_one(void **state)
{
	struct beats *f = begin(3);
	f->view.best->rtt = 5 * MSEC;
	expect(f, "000000");
}

static void a_proven_second_best_is_kept_warm_every_18_s(void **state)
{
	struct beats *f = begin(2);
	f->view.best->rtt = 5 * MSEC;
	remote_on_pong(&f->remotes.v[1], false, 30 * MSEC, f->now);
	expect(f, "01"); /* never pinged */
	for (int round = 0; round < 2; round++) {
		remote_on_pong(&f->remotes.v[1], false, 30 * MSEC, f->now);
		expect(f, "000001");
	}
}

static void a_nat_that_forgets_soon_is_kept_warm_sooner(void **state)
{
	struct beats *f = begin(2);
	f->view.best->rtt = 5 * MSEC;
	f->view.binding_life[0] = 9 * SECOND; /* two thirds are 6 s */
	remote_on_pong(&f->remotes.v[1], false, 30 * MSEC, f->now);
	expect(f, "01");
	remote_on_pong(&f->remotes.v[1], false, 30 * MSEC, f->now);
	expect(f, "01");
}

static void a_best_that_was_not_heard_or_is_doubted_has_every_beat(void **state)
{
	struct beats *f = begin(3);
	f->view.is_heard = false;
	expect(f, "0000");
	f->view.is_heard = f->view.is_doubted = true;
	expect(f, "0000");
}

static void aside_the_best_and_the_relay_are_asked_in_turn(void **state)
{
	struct beats *f = begin(3);
	f->view.is_aside = true;
	expect(f, "R0R0R0");
	f->view.has_relay = false;
	expect(f, "0000");
}

static void beside_a_bad_path_the_relay_has_every_fourth_beat(void **state)
{
	struct beats *f = begin(3);
	quality_asked(&f->view.best->quality, T0);
	quality_answered(&f->view.best->quality, T0, T0 + 300 * MSEC);
	expect(f, "010R020R");
}

static void while_the_mtu_is_looked_for_the_other_beats_are_padded(void **state)
{
	struct beats *f = begin(3);
	mtu_begin(&f->mtu, 1280);
	expect(f, "0P0P");
}

static void one_beat_is_left_out_for_a_ping_but_never_two_in_a_row(void **state)
{
	struct heartbeat b = {.at = 0};
	heartbeat_begin(&b, true, T0);
	assert_int_equal(b.at, T0 + HEARTBEAT);
	for (int i = 0; i < 3; i++)
		heartbeat_skip_one(&b);
	assert_false(heartbeat_is_due(&b, false, T0));
	assert_true(heartbeat_is_due(&b, false, T0));
	assert_true(heartbeat_is_due(&b, true, T0)); /* all are needed */
	assert_false(heartbeat_is_due(&b, false, T0));
	heartbeat_begin(&b, false, T0);
	assert_true(b.at == MONO_NEVER);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(alone_the_best_has_every_beat),
	cmocka_unit_test(every_other_beat_looks_at_the_others_in_turn),
	cmocka_unit_test(an_endpoint_that_was_only_seen_gets_no_beat),
	cmocka_unit_test(a_very_short_round_trip_needs_no_better_one),
	cmocka_unit_test(a_proven_second_best_is_kept_warm_every_18_s),
	cmocka_unit_test(a_nat_that_forgets_soon_is_kept_warm_sooner),
	cmocka_unit_test(a_best_that_was_not_heard_or_is_doubted_has_every_beat),
	cmocka_unit_test(aside_the_best_and_the_relay_are_asked_in_turn),
	cmocka_unit_test(beside_a_bad_path_the_relay_has_every_fourth_beat),
	cmocka_unit_test(while_the_mtu_is_looked_for_the_other_beats_are_padded),
	cmocka_unit_test(one_beat_is_left_out_for_a_ping_but_never_two_in_a_row),
};
RUN_TESTS(tests)

#include "path/table.h"
#include "unit/candidates.h"
#include "unit/path/sent.h"
#include "unit/path/toy.h"

enum { SEEDS = 40 };

/* --- first contact --- */

static void traffic_goes_through_the_relay_before_any_probe(void **state)
{
	struct toy *t = toy_new(1, true);
	struct route route;
	paths_sent_by(t->node[0].paths, 0, t->now, &route);
	assert_int_equal(route.n, 1);
	assert_int_equal(route.via[0].kind, WAY_RELAY);
	assert_int_equal(route.via[0].region, TOY_REGION);
	toy_end(t);
}

static void two_behind_nats_become_direct_within_two_seconds(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = toy_new(seed, true);
		mono_ns start = t->now;
		toy_stream(t, 2 * SECOND, true);
		for (int i = 0; i < 2; i++) {
			assert_true(toy_direct(t, i));
			assert_true(t->node[i].first_direct_route - start < 1 * SECOND);
			assert_int_equal(toy_count(t, i, PATH_MOVED, PATH_FIRST), 1);
			assert_true(t->node[i].pings < 20);
			assert_true(t->node[i].calls <= 4);
		}
		toy_end(t);
	}
}

static void the_one_that_only_answers_becomes_direct_too(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = toy_new(seed, true);
		toy_send(t, 0);
		toy_run(t, t->now + 200 * MSEC);
		toy_send(t, 1);
		toy_run(t, t->now + 2 * SECOND);
		assert_true(toy_direct(t, 0));
		assert_true(toy_direct(t, 1));
		toy_end(t);
	}
}

static void a_tenth_of_the_datagrams_lost_does_not_prevent_it(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = toy_new(seed, true);
		t->loss_percent = 10;
		toy_stream(t, 8 * SECOND, true);
		assert_true(t->node[0].first_direct_route != MONO_NEVER);
		assert_true(t->node[1].first_direct_route != MONO_NEVER);
		toy_end(t);
	}
}

static void moving_up_loses_nothing(void **state)
{
	struct toy *t = toy_new(3, true);
	uint64_t sent = 0;
	for (; sent < 200; sent++) {
		toy_send(t, 0);
		toy_run(t, t->now + 10 * MSEC);
	}
	toy_run(t, t->now + SECOND);
	assert_true(t->node[1].data_direct > 100);
	assert_true(t->node[1].data_got >= sent);
	toy_end(t);
}

static void who_has_no_udp_stays_on_the_relay_and_probes_ever_less(void **state)
{
	struct toy *t = toy_new(4, true);
	t->node[1].blocked = true;
	toy_stream(t, 60 * SECOND, true);
	assert_false(toy_direct(t, 0));
	assert_int_equal(t->node[1].data_direct, 0);
	assert_int_equal(t->node[1].data_got, 3000 - 5); /* five are in the air */
	uint64_t pings = t->node[0].pings, calls = t->node[0].calls;
	toy_stream(t, 120 * SECOND, true);
	/* Both sides attempt each minute, and answer each other's calls. */
	assert_true(t->node[0].pings - pings < 80);
	assert_true(t->node[0].calls - calls < 12);
	toy_end(t);
}

static void a_disco_key_learned_late_starts_the_attempt_at_once(void **state)
{
	struct toy *t = toy_new(5, true);
	struct paths_peer cfg = {.key = t->node[1].key, .home = TOY_REGION};
	paths_peer_remove(t->node[0].paths, 0, t->now);
	paths_peer_set(t->node[0].paths, 0, &cfg, t->now);
	assert_false(paths_ping(t->node[0].paths, 0, t->now));
	toy_send(t, 0);
	toy_run(t, t->now + SECOND);
	assert_int_equal(t->node[0].calls, 0);
	toy_meet(t, 0);
	toy_run(t, t->now + SECOND);
	assert_true(toy_direct(t, 0));
	toy_end(t);
}

static void a_disco_key_of_the_configuration_counts_until_the_peer_tells_another(void **state)
{
	struct toy *t = toy_new(7, true);
	const struct disco_key given = {{0xd1, 7}}, newer = {{0xd2, 9}};
	struct paths_peer cfg = {.key = t->node[1].key, .home = TOY_REGION, .disco = given};
	struct paths_peer_status st;
	paths_peer_remove(t->node[0].paths, 0, t->now);
	paths_peer_set(t->node[0].paths, 0, &cfg, t->now);
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_true(key_equal(st.disco.b, given.b));
	paths_peer_disco(t->node[0].paths, 0, &newer, t->now);
	paths_peer_set(t->node[0].paths, 0, &cfg, t->now); /* the same file is read again */
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_true(key_equal(st.disco.b, newer.b));
	cfg.disco = *paths_disco_key(t->node[1].paths); /* another key in the file */
	paths_peer_set(t->node[0].paths, 0, &cfg, t->now);
	toy_send(t, 0);
	toy_run(t, t->now + SECOND);
	assert_true(toy_direct(t, 0));
	cfg.disco = (struct disco_key){0}; /* none any more: it stays as it is */
	paths_peer_set(t->node[0].paths, 0, &cfg, t->now);
	assert_true(toy_direct(t, 0));
	toy_end(t);
}

static void a_call_waits_for_stun_but_not_long(void **state)
{
	struct toy *t = toy_new(6, true);
	t->stun_dead = true;
	mono_ns start = t->now;
	toy_send(t, 0);
	toy_run(t, start + 299 * MSEC);
	assert_int_equal(t->node[0].calls, 0);
	toy_run(t, start + 301 * MSEC);
	assert_int_equal(t->node[0].calls, 1);
	toy_end(t);

	t = toy_new(6, true);
	start = t->now;
	toy_send(t, 0);
	toy_run(t, start + 99 * MSEC);
	assert_int_equal(t->node[0].calls, 0);
	toy_run(t, start + 101 * MSEC); /* a round trip to the server */
	assert_int_equal(t->node[0].calls, 1);
	toy_end(t);
}

static void a_call_that_came_too_early_to_be_read_is_made_again(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = toy_new(seed, false);
		toy_meet(t, 1);
		toy_send(t, 1);
		toy_run(t, t->now + 250 * MSEC);
		assert_int_equal(t->node[1].calls, 1);
		toy_meet(t, 0); /* only now it learns who that is */
		toy_send(t, 0);
		toy_run(t, t->now + SECOND);
		assert_true(toy_direct(t, 0));
		assert_true(toy_direct(t, 1));
		toy_end(t);
	}
}

/* --- a path that breaks --- */

static struct toy *direct_pair(uint64_t seed, bool both)
{
	struct toy *t = toy_new(seed, true);
	toy_stream(t, 2 * SECOND + seed * 7 * MSEC, both);
	assert_true(toy_direct(t, 0));
	assert_true(toy_direct(t, 1));
	t->node[0].longest_gap = t->node[1].longest_gap = 0;
	return t;
}

static void a_flushed_nat_costs_less_than_a_second_and_then_it_is_direct_again(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = direct_pair(seed, true);
		toy_flush(t, (int)(seed % 2));
		toy_stream(t, 3 * SECOND, true);
		for (int i = 0; i < 2; i++) {
			assert_true(t->node[i].longest_gap < 1 * SECOND);
			assert_true(toy_direct(t, i));
			assert_int_equal(toy_count(t, i, PATH_DOUBT, PATH_SILENT), 1);
		}
		toy_end(t);
	}
}

static void a_nat_flushed_just_after_a_round_of_stun_is_asked_again(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = direct_pair(seed, true);
		toy_stream(t, 17 * SECOND + seed * 200 * MSEC, true);
		toy_flush(t, (int)(seed % 2));
		toy_stream(t, 4 * SECOND, true);
		assert_true(toy_direct(t, 0));
		assert_true(toy_direct(t, 1));
		toy_end(t);
	}
}

static void a_path_cut_one_way_costs_less_than_a_second(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = direct_pair(seed, true);
		toy_stream(t, 17 * SECOND + seed * 200 * MSEC, true);
		t->node[0].hears_only = true;
		toy_stream(t, 2 * SECOND, true);
		assert_true(t->node[0].longest_gap < 100 * MSEC);
		assert_true(t->node[1].longest_gap < 1 * SECOND);
		toy_end(t);
	}
}

static void who_only_sends_notices_a_cut_too(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct toy *t = direct_pair(seed, false);
		toy_flush(t, 1);
		toy_stream(t, 3 * SECOND, false);
		assert_true(t->node[1].longest_gap < 1 * SECOND);
		assert_true(toy_direct(t, 0));
		toy_end(t);
	}
}

static void a_path_that_stays_silent_is_given_up_after_five_seconds(void **state)
{
	struct toy *t = direct_pair(1, true);
	struct paths_peer_status st;
	t->node[1].blocked = true;
	toy_stream(t, 2 * SECOND, true);
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_true(st.direct && st.doubted && st.active);
	assert_int_equal(st.route.n, 2);
	assert_int_equal(st.route.via[0].kind, WAY_UDP);
	assert_int_equal(st.route.via[1].kind, WAY_RELAY);
	toy_stream(t, 5 * SECOND, true);
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_false(st.direct || st.doubted);
	assert_int_equal(st.route.n, 1);
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_SILENT), 1);
	/* and found again when it is back, for there is traffic */
	t->node[1].blocked = false;
	toy_stream(t, 15 * SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_FIRST), 2);
	toy_end(t);
}

static void a_doubted_path_that_answers_is_proven_again(void **state)
{
	struct toy *t = direct_pair(2, true);
	t->node[1].blocked = true;
	toy_stream(t, 1200 * MSEC, true);
	t->node[1].blocked = false;
	toy_stream(t, 1 * SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_PROVEN), 1);
	toy_end(t);
}

static void a_one_way_stream_is_never_in_doubt_and_its_probes_are_few(void **state)
{
	struct toy *t = direct_pair(3, false);
	uint64_t pings = t->node[0].pings;
	toy_stream(t, 60 * SECOND, false);
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_SILENT), 0);
	assert_true(t->node[0].pings - pings < 60 * 3);
	assert_true(t->node[1].data_direct > 2900);
	toy_end(t);
}

static void a_two_way_stream_needs_the_heartbeat_only(void **state)
{
	struct toy *t = direct_pair(4, true);
	uint64_t pings = t->node[0].pings;
	toy_stream(t, 30 * SECOND, true);
	assert_in_range(t->node[0].pings - pings, 9, 15);
	toy_end(t);
}

static void a_refusal_of_the_system_is_a_doubt_at_once(void **state)
{
	struct toy *t = direct_pair(5, true);
	struct route route;
	paths_on_unreachable(t->node[0].paths, &t->node[0].outside,
			     t->now); /* not a path of anybody */
	assert_true(toy_direct(t, 0));
	paths_on_unreachable(t->node[0].paths, &t->node[1].outside, t->now);
	paths_sent_by(t->node[0].paths, 0, t->now, &route);
	assert_int_equal(route.n, 2);
	toy_drain(t, 0);
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_UNREACHABLE), 1);
	toy_end(t);
}

static void our_own_new_address_is_told_to_the_peer(void **state)
{
	struct toy *t = direct_pair(6, true);
	uint64_t calls = t->node[0].calls;
	toy_flush(t, 0);
	t->node[0].outside.ip = ip_v4(198, 51, 100, 77);
	t->node[0].inside.ip = ip_v4(10, 0, 0, 9);
	toy_look(t, 0);
	toy_look(t, 0); /* the same again: nothing */
	toy_stream(t, 2 * SECOND, true);
	assert_true(t->node[0].calls > calls);
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_LINK_CHANGE), 1);
	assert_true(toy_direct(t, 0));
	assert_true(toy_direct(t, 1));
	assert_true(t->node[1].longest_gap < 1 * SECOND);
	struct endpoint now_at = t->node[0].outside;
	assert_true(candidates_have(paths_candidates(t->node[0].paths), &now_at));
	toy_end(t);
}

static void waking_from_sleep_puts_every_path_in_doubt(void **state)
{
	struct toy *t = direct_pair(6, true);
	paths_on_link_change(t->node[0].paths, t->now);
	toy_drain(t, 0);
	assert_false(toy_direct(t, 0));
	toy_stream(t, SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_PROVEN), 1);
	toy_end(t);
}

static void a_path_that_was_not_in_use_is_asked_anew_without_a_fall(void **state)
{
	struct toy *t = direct_pair(6, true);
	toy_run(t, t->now + 60 * SECOND);
	toy_stream(t, SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_STALE), 1);
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_SILENT), 0);
	toy_end(t);
}

static void a_path_found_in_the_place_of_a_doubted_one_says_so(void **state)
{
	struct toy *t = direct_pair(3, true);
	toy_flush(t, 0); /* another port from now on */
	toy_stream(t, 3 * SECOND, true);
	assert_true(toy_direct(t, 1));
	assert_int_equal(toy_count(t, 1, PATH_DOUBT, PATH_SILENT), 1);
	assert_int_equal(toy_count(t, 1, PATH_MOVED, PATH_INSTEAD), 1);
	toy_end(t);
}

static void a_new_port_is_a_link_change(void **state)
{
	struct toy *t = direct_pair(6, true);
	paths_set_port(t->node[0].paths, 41641, t->now); /* as it was */
	assert_true(toy_direct(t, 0));
	paths_set_port(t->node[0].paths, 1234, t->now);
	toy_drain(t, 0);
	assert_false(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_LINK_CHANGE), 1);
	toy_end(t);
}

static void a_restarted_peer_begins_anew(void **state)
{
	struct toy *t = direct_pair(7, true);
	toy_boot(t, 1);
	toy_meet(t, 1);
	toy_meet(t, 0);
	assert_false(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_RESTARTED), 1);
	toy_stream(t, 2 * SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_true(toy_direct(t, 1));
	toy_end(t);
}

/* --- silence --- */

static void after_45_s_without_traffic_nothing_runs_any_more(void **state)
{
	struct toy *t = direct_pair(8, true);
	toy_run(t, t->now + 52 * SECOND);
	uint64_t pings[2] = {t->node[0].pings, t->node[1].pings};
	const struct paths_stats *stats = paths_stats(t->node[0].paths);
	uint64_t stun = stats->stun_sent;
	for (int i = 0; i < 2; i++)
		assert_true(paths_deadline(t->node[i].paths) == MONO_NEVER);
	toy_run(t, t->now + 3600 * SECOND);
	for (int i = 0; i < 2; i++)
		assert_int_equal(t->node[i].pings, pings[i]);
	assert_int_equal(stats->stun_sent, stun);
	/* The path is remembered, and doubted when it is used again. */
	struct route route;
	paths_sent_by(t->node[0].paths, 0, t->now, &route);
	assert_int_equal(route.n, 2);
	toy_stream(t, SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_PROVEN), 1);
	toy_end(t);
}

static void stun_is_asked_each_23_s_or_so_while_there_is_traffic(void **state)
{
	struct toy *t = direct_pair(9, true);
	const struct paths_stats *stats = paths_stats(t->node[0].paths);
	uint64_t before = stats->stun_taken;
	toy_stream(t, 60 * SECOND, true);
	assert_in_range(stats->stun_taken - before, 2, 3);
	toy_end(t);
}

/* --- a better path --- */

static void a_clearly_shorter_path_is_found_within_a_minute(void **state)
{
	struct toy *t = direct_pair(10, true);
	/* A cable between the two: from now on the inside addresses reach each other. */
	t->cable = true;
	toy_stream(t, 70 * SECOND, true);
	struct paths_peer_status st;
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_true(endpoint_equal(&st.route.via[0].ep, &t->node[1].inside));
	assert_true(st.rtt < 10 * MSEC);
	assert_int_equal(toy_count(t, 0, PATH_MOVED, PATH_BETTER), 1);
	assert_int_equal(toy_count(t, 0, PATH_DOUBT, PATH_SILENT), 0);
	/* Pulled again: the second best was kept warm, and is there within a second. */
	t->cable = false;
	t->node[1].longest_gap = 0;
	toy_stream(t, 3 * SECOND, true);
	assert_true(toy_direct(t, 0));
	assert_true(t->node[1].longest_gap < 1 * SECOND);
	toy_end(t);
}

static void a_second_path_that_dies_is_blamed_on_its_rest_once(void **state)
{
	struct toy *t = direct_pair(12, true);
	struct paths_peer_status st;
	t->cable = true;
	toy_stream(t, 70 * SECOND, true);
	/* Behind the NATs nothing goes any more, whatever the rest is. */
	t->node[0].blocked = t->node[1].blocked = true;
	toy_stream(t, 100 * SECOND, true);
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_int_equal(st.lifetime_below, 18 * SECOND);
	assert_int_equal(st.rest, 9 * SECOND);
	toy_end(t);
}

static void a_path_that_was_not_used_while_we_slept_says_nothing_of_shorter_rests(void **state)
{
	struct toy *t = direct_pair(13, true);
	struct paths_peer_status st;
	t->cable = true;
	toy_stream(t, 70 * SECOND, true);
	toy_run(t, t->now + 100 * SECOND);
	t->node[0].blocked = t->node[1].blocked = true;
	toy_stream(t, 30 * SECOND, true);
	paths_peer_status(t->node[0].paths, 0, t->now, &st);
	assert_true(st.lifetime_below == 0 || st.lifetime_below > 50 * SECOND);
	assert_int_equal(st.rest, 18 * SECOND);
	toy_end(t);
}

static void another_network_is_not_judged_by_what_the_last_one_lost(void **state)
{
	struct toy *t = direct_pair(14, true);
	t->loss_percent = 40;
	toy_stream(t, 60 * SECOND, true);
	const struct remotes *remotes = &paths_peer_of(t->node[0].paths, 0)->remotes;
	unsigned loss = 0;
	for (size_t i = 0; i < remotes->n; i++)
		loss += quality_loss_percent(&remotes->v[i].quality, t->now);
	assert_true(loss > 0);
	paths_on_link_change(t->node[0].paths, t->now);
	for (size_t i = 0; i < remotes->n; i++)
		assert_int_equal(remotes->v[i].quality.n, 0);
	toy_end(t);
}

/* --- for people --- */

static void a_ping_of_a_person_is_answered_over_each_way(void **state)
{
	struct toy *t = toy_new(11, true);
	assert_true(paths_ping(t->node[0].paths, 0, t->now));
	toy_drain(t, 0);
	toy_run(t, t->now + 1 * SECOND);
	assert_int_equal(t->node[0].events_of[PATH_PONG], 1);
	assert_int_equal(t->node[0].last_pong.via.kind, WAY_RELAY);
	assert_int_equal(t->node[0].last_pong.rtt, 200 * MSEC);
	assert_true(paths_ping(t->node[0].paths, 0, t->now));
	toy_drain(t, 0);
	toy_run(t, t->now + 1 * SECOND);
	assert_int_equal(t->node[0].events_of[PATH_PONG], 3);
	assert_false(paths_ping(t->node[0].paths, 1, t->now));
	toy_end(t);
}

static void every_reason_has_a_text(void **state)
{
	for (int r = PATH_FIRST; r <= PATH_PROVEN; r++) {
		assert_true(strlen(path_reason_text((enum path_reason)r)) > 8);
		for (int other = PATH_FIRST; other < r; other++)
			assert_string_not_equal(path_reason_text((enum path_reason)r),
						path_reason_text((enum path_reason)other));
	}
}

static void the_oldest_event_is_lost_when_nobody_asks(void **state)
{
	struct toy *t = toy_new(12, true);
	struct path_event ev;
	size_t n = 0;
	for (uint32_t i = 0; i < 5000; i++) {
		struct endpoint fixed = {ip_v4(203, 0, (uint8_t)(i >> 8), (uint8_t)i), 7};
		paths_set_fixed(t->node[0].paths, &fixed, 1, t->now);
	}
	while (paths_event(t->node[0].paths, &ev))
		n++;
	assert_in_range(n, 1, 1024);
	toy_end(t);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(traffic_goes_through_the_relay_before_any_probe),
	cmocka_unit_test(two_behind_nats_become_direct_within_two_seconds),
	cmocka_unit_test(the_one_that_only_answers_becomes_direct_too),
	cmocka_unit_test(a_tenth_of_the_datagrams_lost_does_not_prevent_it),
	cmocka_unit_test(moving_up_loses_nothing),
	cmocka_unit_test(who_has_no_udp_stays_on_the_relay_and_probes_ever_less),
	cmocka_unit_test(a_disco_key_learned_late_starts_the_attempt_at_once),
	cmocka_unit_test(a_disco_key_of_the_configuration_counts_until_the_peer_tells_another),
	cmocka_unit_test(a_call_waits_for_stun_but_not_long),
	cmocka_unit_test(a_call_that_came_too_early_to_be_read_is_made_again),
	cmocka_unit_test(a_nat_flushed_just_after_a_round_of_stun_is_asked_again),
	cmocka_unit_test(a_path_cut_one_way_costs_less_than_a_second),
	cmocka_unit_test(a_flushed_nat_costs_less_than_a_second_and_then_it_is_direct_again),
	cmocka_unit_test(who_only_sends_notices_a_cut_too),
	cmocka_unit_test(a_path_that_stays_silent_is_given_up_after_five_seconds),
	cmocka_unit_test(a_doubted_path_that_answers_is_proven_again),
	cmocka_unit_test(a_one_way_stream_is_never_in_doubt_and_its_probes_are_few),
	cmocka_unit_test(a_two_way_stream_needs_the_heartbeat_only),
	cmocka_unit_test(a_refusal_of_the_system_is_a_doubt_at_once),
	cmocka_unit_test(our_own_new_address_is_told_to_the_peer),
	cmocka_unit_test(waking_from_sleep_puts_every_path_in_doubt),
	cmocka_unit_test(a_path_that_was_not_in_use_is_asked_anew_without_a_fall),
	cmocka_unit_test(a_path_found_in_the_place_of_a_doubted_one_says_so),
	cmocka_unit_test(a_new_port_is_a_link_change),
	cmocka_unit_test(a_restarted_peer_begins_anew),
	cmocka_unit_test(after_45_s_without_traffic_nothing_runs_any_more),
	cmocka_unit_test(stun_is_asked_each_23_s_or_so_while_there_is_traffic),
	cmocka_unit_test(a_clearly_shorter_path_is_found_within_a_minute),
	cmocka_unit_test(a_second_path_that_dies_is_blamed_on_its_rest_once),
	cmocka_unit_test(a_path_that_was_not_used_while_we_slept_says_nothing_of_shorter_rests),
	cmocka_unit_test(another_network_is_not_judged_by_what_the_last_one_lost),
	cmocka_unit_test(a_ping_of_a_person_is_answered_over_each_way),
	cmocka_unit_test(every_reason_has_a_text),
	cmocka_unit_test(the_oldest_event_is_lost_when_nobody_asks),
};
RUN_TESTS(tests)

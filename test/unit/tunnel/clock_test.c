#include "unit/tunnel/pair.h"

static const struct pair_config plain = {.seed = 1};

static void a_session_in_use_is_renewed_every_two_minutes(void **state)
{
	struct pair p;
	int datagrams = 0;
	pair_start(&p, &plain);
	pair_connect(&p);
	for (int i = 1; i <= 1200; i++) {
		datagrams += pair_run(&p, p.now + 1 * SECOND);
		assert_true(pair_pass(&p, A, 100));
		assert_true(pair_pass(&p, B, 100));
	}
	/* Nine times initiation, response and keepalive; or ten, by a second. */
	assert_in_range(datagrams, 27, 30);
	assert_int_equal(stats(&p, A)->stale + stats(&p, B)->stale, 0);
	pair_stop(&p);
}

/* It is its own keepalive, every ten seconds, that is sent on an old session. */
static void an_initiator_who_only_receives_data_renews_too(void **state)
{
	struct pair p;
	pair_start(&p, &plain);
	pair_connect(&p);
	mono_ns start = p.now;
	while (status(&p, A).handshake_at == start) {
		(void)pair_run(&p, p.now + 1 * SECOND);
		assert_true(pair_pass(&p, B, 100));
		assert_true(p.now < start + 132 * SECOND);
	}
	assert_true(p.now >= start + 120 * SECOND);
	pair_stop(&p);
}

/* It sends nothing at all: the peer's keepalives are no data that it would have to confirm. */
static void an_initiator_who_only_receives_keepalives_renews_in_the_last_seconds(void **state)
{
	static const struct pair_config cfg = {.seed = 4, .keepalive_s = {0, 25}};
	struct pair p;
	pair_start(&p, &cfg);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_int_equal(pair_settle(&p), 3);
	mono_ns start = p.now;
	(void)pair_run(&p, start + 164 * SECOND);
	assert_true(status(&p, A).handshake_at == start);
	(void)pair_run(&p, start + 180 * SECOND);
	assert_true(status(&p, A).handshake_at >= start + 165 * SECOND);
	assert_true(event(&p, A, TUNNEL_SESSION, true));
	pair_stop(&p);
}

static void an_unanswered_packet_brings_a_new_handshake_after_fifteen_seconds(void **state)
{
	struct pair p;
	struct message content, m;
	pair_start(&p, &plain);
	pair_connect(&p);
	(void)pair_run(&p, p.now + 20 * SECOND);
	ip_packet(&content, A, 100, 1);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_SEALED);
	mono_ns sent = p.now, at = tunnel_deadline(p.end[A].t);
	assert_true(at >= sent + 15 * SECOND && at <= sent + 15 * SECOND + 334 * MSEC);
	p.now = at;
	tunnel_tick(p.end[A].t, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(m.n, 148);
	pair_stop(&p);
}

static void a_peer_that_does_not_answer_is_given_up_after_ninety_seconds(void **state)
{
	struct pair p;
	struct message content, m;
	int initiations = 0;
	mono_ns last = 0;
	pair_start(&p, &plain);
	mono_ns start = p.now;
	ip_packet(&content, A, 100, 1);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	while (no_event(&p, A)) {
		while (end_output(&p, A, &m)) {
			assert_int_equal(m.n, 148);
			assert_true(last == 0 || p.now >= last + 5 * SECOND);
			assert_true(last == 0 || p.now <= last + 5 * SECOND + 334 * MSEC);
			last = p.now;
			initiations++;
		}
		assert_true(tunnel_deadline(p.end[A].t) > p.now);
		p.now = tunnel_deadline(p.end[A].t);
		tunnel_tick(p.end[A].t, p.now);
	}
	assert_in_range(p.now - start, 90 * SECOND, 96 * SECOND);
	assert_in_range(initiations, 17, 18);
	assert_int_equal(stats(&p, A)->stage_drops, 1);
	/* What is said next begins anew. */
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	assert_int_equal(pair_settle(&p), 3);
	assert_true(event(&p, A, TUNNEL_SESSION, true));
	pair_stop(&p);
}

static void giving_up_is_told(void **state)
{
	struct pair p;
	struct message m;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	while (p.now < 1100 * SECOND) {
		while (end_output(&p, A, &m))
			;
		p.now += 1 * SECOND;
		tunnel_tick(p.end[A].t, p.now);
	}
	assert_true(event(&p, A, TUNNEL_GIVEN_UP, false));
	assert_true(no_event(&p, A));
	pair_stop(&p);
}

static void an_idle_session_ends_and_its_keys_are_erased(void **state)
{
	struct pair p;
	struct message content, m;
	pair_start(&p, &plain);
	pair_connect(&p);
	mono_ns start = p.now;
	ip_packet(&content, B, 100, 1);
	assert_int_equal(end_seal(&p, B, &content, &m), TUNNEL_SEALED);
	(void)pair_run(&p, start + 179 * SECOND);
	assert_true(status(&p, A).session && status(&p, B).session);
	(void)pair_run(&p, start + 180 * SECOND);
	assert_false(status(&p, A).session || status(&p, B).session);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, A)->stale, 1);
	(void)pair_run(&p, start + 541 * SECOND);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, A)->no_session, 1);
	assert_true(tunnel_deadline(p.end[A].t) == MONO_NEVER);
	pair_stop(&p);
}

static void a_persistent_keepalive_holds_the_session_up(void **state)
{
	static const struct pair_config cfg = {.seed = 3, .keepalive_s = {25, 0}};
	struct pair p;
	pair_start(&p, &cfg);
	for (int i = 0; i < 3600; i += 10) {
		(void)pair_run(&p, p.now + 10 * SECOND);
		assert_true(status(&p, B).session);
	}
	uint64_t before = status(&p, B).rx_packets;
	struct tunnel_peer_config off = p.end[A].other;
	off.keepalive_s = 0;
	tunnel_peer_change(p.end[A].t, PEER, &off, p.now);
	(void)pair_run(&p, p.now + 600 * SECOND);
	assert_int_equal(status(&p, B).rx_packets, before);
	off.keepalive_s = 25;
	tunnel_peer_change(p.end[A].t, PEER, &off, p.now);
	assert_true(pair_run(&p, p.now) >= 3);
	assert_true(status(&p, B).session);
	pair_stop(&p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_session_in_use_is_renewed_every_two_minutes),
	cmocka_unit_test(an_initiator_who_only_receives_data_renews_too),
	cmocka_unit_test(an_initiator_who_only_receives_keepalives_renews_in_the_last_seconds),
	cmocka_unit_test(an_unanswered_packet_brings_a_new_handshake_after_fifteen_seconds),
	cmocka_unit_test(a_peer_that_does_not_answer_is_given_up_after_ninety_seconds),
	cmocka_unit_test(giving_up_is_told),
	cmocka_unit_test(an_idle_session_ends_and_its_keys_are_erased),
	cmocka_unit_test(a_persistent_keepalive_holds_the_session_up),
};
RUN_TESTS(tests)

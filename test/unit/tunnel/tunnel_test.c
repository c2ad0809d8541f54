#include "unit/tunnel/pair.h"

static const struct pair_config plain = {.seed = 1};
static const struct pair_config with_psk = {.seed = 2, .psk = {{1, 2, 3}, {1, 2, 3}}};

/* --- the handshake --- */

static void a_first_packet_waits_for_the_handshake_and_arrives(void **state)
{
	struct pair p;
	struct message content, m;
	pair_start(&p, &plain);
	ip_packet(&content, A, 61, 1);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(m.n, 148);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, B, &m));
	assert_int_equal(m.n, 92);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(m.n, 64 + TUNNEL_OVERHEAD);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_PACKET);
	assert_int_equal(p.end[B].packet.len, 61);
	assert_memory_equal(p.end[B].packet.data, content.b, 61);
	assert_false(end_output(&p, A, &m));
	assert_false(end_output(&p, B, &m));
	assert_true(pair_pass(&p, B, 1280));
	assert_true(pair_pass(&p, A, 1280));
	pair_stop(&p);
}

static void the_responder_sends_only_after_it_received(void **state)
{
	struct pair p;
	struct message content, m, response;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_false(status(&p, B).session);
	ip_packet(&content, B, 100, 1);
	assert_int_equal(end_seal(&p, B, &content, &m), TUNNEL_STAGED);
	assert_true(end_output(&p, B, &response));
	assert_int_equal(response.n, 92);
	assert_false(end_output(&p, B, &m)); /* and no initiation of its own */
	assert_int_equal(end_open(&p, A, &response), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(m.n, TUNNEL_OVERHEAD);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_KEEPALIVE);
	assert_true(status(&p, B).session);
	assert_true(end_output(&p, B, &m));
	assert_int_equal(end_open(&p, A, &m), TUNNEL_PACKET);
	pair_stop(&p);
}

static void both_sides_tell_of_the_session(void **state)
{
	struct pair p;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(no_event(&p, A));
	assert_int_equal(pair_settle(&p), 3);
	assert_true(event(&p, A, TUNNEL_SESSION, true));
	assert_true(event(&p, B, TUNNEL_SESSION, false));
	assert_true(no_event(&p, A));
	assert_true(no_event(&p, B));
	assert_true(status(&p, A).session && status(&p, B).session);
	assert_true(status(&p, A).handshake_at == p.now);
	assert_int_equal(status(&p, A).tx_packets, 2);
	assert_int_equal(status(&p, A).tx_bytes, 148 + 32);
	assert_int_equal(status(&p, B).rx_bytes, 148 + 32);
	assert_int_equal(status(&p, B).tx_bytes, 92);
	assert_int_equal(status(&p, A).rx_packets, 1);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_int_equal(pair_settle(&p), 0);
	pair_stop(&p);
}

static void preshared_keys_must_agree(void **state)
{
	static const struct pair_config differ = {.seed = 2, .psk = {{1, 2, 3}, {1, 2, 4}}};
	struct pair p;
	pair_start(&p, &with_psk);
	pair_connect(&p);
	pair_stop(&p);
	pair_start(&p, &differ);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_int_equal(pair_settle(&p), 2);
	assert_int_equal(stats(&p, A)->unauthentic, 1);
	assert_false(status(&p, A).session);
	pair_stop(&p);
}

static void initiations_from_both_sides_at_once_settle(void **state)
{
	struct pair p;
	struct message a, b, m;
	pair_start(&p, &plain);
	ip_packet(&m, A, 100, 1);
	assert_int_equal(end_seal(&p, A, &m, &a), TUNNEL_STAGED);
	ip_packet(&m, B, 100, 1);
	assert_int_equal(end_seal(&p, B, &m, &b), TUNNEL_STAGED);
	assert_true(end_output(&p, A, &a));
	assert_true(end_output(&p, B, &b));
	assert_int_equal(end_open(&p, A, &b), TUNNEL_HANDSHAKE);
	assert_int_equal(end_open(&p, B, &a), TUNNEL_HANDSHAKE);
	assert_int_equal(pair_settle(&p), 4); /* two responses, two packets */
	for (int i = 0; i < 100; i++) {
		assert_true(pair_pass(&p, i % 2, 100));
		p.now += 1 * SECOND;
		assert_int_equal(pair_run(&p, p.now), 0); /* and no further handshake */
	}
	int datagrams = 0;
	for (int i = 0; i < 600; i++) { /* through rekeys, losing nothing */
		assert_true(pair_pass(&p, A, 100));
		assert_true(pair_pass(&p, B, 100));
		datagrams += pair_run(&p, p.now + 1 * SECOND);
	}
	assert_in_range(datagrams, 4 * 3, 5 * 3); /* and each by one side only */
	assert_int_equal(stats(&p, A)->stale + stats(&p, B)->stale, 0);
	pair_stop(&p);
}

static void an_initiation_that_did_not_reach_the_peer_is_repeated_after_a_second(void **state)
{
	struct pair p;
	struct message a;
	pair_start(&p, &plain);
	tunnel_unreached(p.end[A].t, PEER_NONE, p.now); /* a stranger */
	tunnel_unreached(p.end[A].t, PEER, p.now);      /* nothing was sent */
	assert_true(tunnel_deadline(p.end[A].t) == MONO_NEVER);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &a));
	assert_true(tunnel_deadline(p.end[A].t) >= p.now + 5 * SECOND);
	tunnel_unreached(p.end[A].t, PEER, p.now + 100 * MSEC);
	assert_true(tunnel_deadline(p.end[A].t) == p.now + 1 * SECOND);
	p.now += 1 * SECOND;
	tunnel_tick(p.end[A].t, p.now);
	assert_true(end_output(&p, A, &a));
	p.now += 3 * SECOND;
	tunnel_unreached(p.end[A].t, PEER, p.now); /* known late: at once */
	assert_true(tunnel_deadline(p.end[A].t) == p.now);
	tunnel_tick(p.end[A].t, p.now);
	assert_int_equal(pair_settle(&p), 3);
	tunnel_unreached(p.end[A].t, PEER, p.now); /* there is a session: nothing to repeat */
	assert_int_equal(pair_run(&p, p.now + 4 * SECOND), 0);
	pair_stop(&p);
}

/* --- restarts and changes --- */

static void a_restarted_initiator_just_works(void **state)
{
	struct pair p;
	pair_start(&p, &plain);
	pair_connect(&p);
	(void)pair_run(&p, p.now + 1 * SECOND);
	end_restart(&p, A);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_int_equal(pair_settle(&p), 3);
	assert_true(pair_pass(&p, A, 100));
	assert_true(pair_pass(&p, B, 100));
	pair_stop(&p);
}

static void a_restarted_responder_is_found_out_in_fifteen_seconds(void **state)
{
	struct pair p;
	pair_start(&p, &plain);
	pair_connect(&p);
	(void)pair_run(&p, p.now + 6 * SECOND);
	end_restart(&p, B);
	mono_ns start = p.now;
	while (!pair_pass(&p, A, 100)) {
		(void)pair_run(&p, p.now + 500 * MSEC);
		assert_true(p.now < start + 17 * SECOND);
	}
	assert_true(pair_pass(&p, B, 100));
	pair_stop(&p);
}

static void a_reset_peer_begins_anew(void **state)
{
	struct pair p;
	struct message content, m;
	pair_start(&p, &plain);
	pair_connect(&p);
	tunnel_peer_reset(p.end[B].t, PEER);
	assert_false(status(&p, B).session);
	ip_packet(&content, B, 100, 1);
	assert_int_equal(end_seal(&p, B, &content, &m), TUNNEL_STAGED);
	tunnel_peer_reset(p.end[B].t,
			  PEER); /* what is staged stays, and begins another handshake */
	assert_int_equal(pair_settle(&p), 3);
	assert_int_equal(p.end[A].packet.len, 100);
	pair_stop(&p);
}

static void a_changed_preshared_key_ends_the_session(void **state)
{
	struct pair p;
	struct tunnel_peer_config cfg;
	pair_start(&p, &plain);
	pair_connect(&p);
	for (int i = 0; i < 2; i++) {
		cfg = p.end[i].other;
		cfg.psk[0] = 9;
		tunnel_peer_change(p.end[i].t, PEER, &cfg, p.now);
		assert_false(status(&p, i).session);
	}
	p.now += 1 * SECOND;
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_int_equal(pair_settle(&p), 3);
	assert_true(pair_pass(&p, A, 100));
	pair_stop(&p);
}

static void peers_come_and_go(void **state)
{
	struct pair p;
	struct message content, m;
	struct ip ip = ip_v4(10, 0, 0, 2);
	struct prefix prefix = prefix_of(&ip, 32);
	pair_start(&p, &plain);
	struct tunnel *t = p.end[A].t;
	struct tunnel_peer_config b = p.end[A].other, zero = {0},
				  self = {.key = p.end[B].other.key};
	assert_int_equal(tunnel_peer_find(t, &b.key), PEER);
	assert_int_equal(tunnel_peer_for(t, &ip), PEER);
	assert_int_equal(tunnel_peer_add(t, 1, &b, p.now), TUNNEL_DUPLICATE);
	assert_int_equal(tunnel_peer_add(t, 1, &zero, p.now), TUNNEL_BAD_KEY);
	assert_int_equal(tunnel_peer_add(t, 1, &self, p.now), TUNNEL_BAD_KEY);
	assert_int_equal(tunnel_peer_add(t, 8, &self, p.now), TUNNEL_FULL);
	assert_int_equal(tunnel_peer_add(t, PEER, &self, p.now), TUNNEL_DUPLICATE); /* of the id */
	ip_packet(&content, A, 100, 1);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	tunnel_peer_remove(t, PEER); /* with an initiation due and a packet staged */
	assert_false(end_output(&p, A, &m));
	assert_int_equal(tunnel_peer_find(t, &b.key), PEER_NONE);
	assert_int_equal(tunnel_peer_for(t, &ip), PEER_NONE);
	assert_true(tunnel_deadline(t) == MONO_NEVER);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_REFUSED);
	assert_false(tunnel_allow(t, PEER, &prefix));
	/* None of these does anything to a peer that is not there. */
	tunnel_peer_remove(t, PEER);
	tunnel_peer_reset(t, PEER);
	tunnel_peer_change(t, PEER, &b, p.now);
	tunnel_disallow(t, 1000);
	tunnel_handshake(t, PEER, p.now);
	assert_false(status(&p, A).session);
	assert_int_equal(tunnel_peer_add(t, PEER, &b, p.now), TUNNEL_ADDED);
	assert_true(tunnel_allow(t, PEER, &prefix));
	pair_connect(&p);
	tunnel_peer_remove(t, PEER);
	tunnel_free(NULL);
	pair_stop(&p);
}

static void one_prefix_of_a_peer_is_removed_alone(void **state)
{
	struct pair p;
	struct ip ip = ip_v4(10, 0, 0, 2), inside = ip_v4(10, 9, 9, 9);
	struct prefix host = prefix_of(&ip, 32), net = prefix_of(&inside, 8);
	pair_start(&p, &plain);
	struct tunnel *t = p.end[A].t;
	struct tunnel_peer_config other = {.key = {{9}}};
	assert_int_equal(tunnel_peer_add(t, 1, &other, p.now), TUNNEL_ADDED);
	assert_true(tunnel_allow(t, PEER, &net));
	assert_true(tunnel_disallow_prefix(t, PEER, &host));
	assert_false(tunnel_disallow_prefix(t, PEER, &host));
	assert_int_equal(tunnel_peer_for(t, &ip), PEER); /* by 10.0.0.0/8 */
	assert_true(tunnel_allow(t, 1, &net));           /* moves */
	assert_false(tunnel_disallow_prefix(t, PEER, &net));
	assert_int_equal(tunnel_peer_for(t, &inside), 1);
	assert_false(tunnel_disallow_prefix(t, 2, &net));    /* there is no such peer */
	assert_false(tunnel_disallow_prefix(t, 1000, &net)); /* such an id cannot be */
	pair_stop(&p);
}

/* --- limits --- */

static void the_oldest_staged_packets_are_dropped(void **state)
{
	struct pair p;
	struct message content, m;
	pair_start(&p, &plain);
	for (int i = 0; i < TUNNEL_STAGED_PER_PEER + 10; i++) {
		ip_packet(&content, A, 40, (uint8_t)i);
		assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	}
	assert_int_equal(stats(&p, A)->stage_drops, 10);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, B, &m));
	assert_int_equal(end_open(&p, A, &m), TUNNEL_HANDSHAKE);
	for (int i = 10; i < TUNNEL_STAGED_PER_PEER + 10; i++) {
		assert_true(end_output(&p, A, &m));
		assert_int_equal(end_open(&p, B, &m), TUNNEL_PACKET);
		assert_int_equal(p.end[B].packet.data[30], (uint8_t)(i + 30));
	}
	assert_false(end_output(&p, A, &m));
	pair_stop(&p);
}

static void without_room_nothing_is_written(void **state)
{
	struct pair p;
	struct message m;
	uint8_t memory[400];
	peer_id to;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	struct packet small = packet_in(memory, 100, 20);
	assert_false(tunnel_output(p.end[A].t, &to, &small, p.now));
	assert_int_equal(small.len, 0);
	p.now = tunnel_deadline(p.end[A].t); /* it is tried again as if it had been lost */
	tunnel_tick(p.end[A].t, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	small = packet_in(memory, 100, 20);
	assert_false(tunnel_output(p.end[B].t, &to, &small, p.now));
	assert_int_equal(stats(&p, A)->no_room, 1);
	assert_int_equal(stats(&p, B)->no_room, 1);

	struct message content, big = {.n = PACKET_SIZE - PACKET_HEADROOM};
	ip_packet(&content, A, 300, 1);
	assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_STAGED);
	assert_int_equal(end_seal(&p, A, &big, &m), TUNNEL_REFUSED);
	p.now = tunnel_deadline(p.end[A].t);
	tunnel_tick(p.end[A].t, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, B, &m));
	assert_int_equal(end_open(&p, A, &m), TUNNEL_HANDSHAKE);
	small = packet_in(memory, 60, 10);
	assert_false(tunnel_output(p.end[A].t, &to, &small,
				   p.now)); /* neither packet nor keepalive fits */
	assert_int_equal(small.len, 0);
	assert_int_equal(stats(&p, A)->no_room, 4);
	small = packet_in(memory, 60, 10);
	assert_int_equal(tunnel_seal(p.end[A].t, PEER, &small, p.now), TUNNEL_REFUSED);
	pair_stop(&p);
}

static void no_memory_for_no_peers_is_fine(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct tunnel_config cfg = {.key = {{8}}, .rng = seeded_rng(&seeded)};
	struct tunnel *t = tunnel_new(&cfg, 0);
	struct tunnel_peer_config peer = {.key = {{9}}};
	assert_non_null(t);
	assert_int_equal(tunnel_peer_add(t, 0, &peer, 0), TUNNEL_FULL);
	assert_true(tunnel_deadline(t) == MONO_NEVER);
	tunnel_tick(t, 10);
	tunnel_free(t);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_first_packet_waits_for_the_handshake_and_arrives),
	cmocka_unit_test(the_responder_sends_only_after_it_received),
	cmocka_unit_test(both_sides_tell_of_the_session),
	cmocka_unit_test(preshared_keys_must_agree),
	cmocka_unit_test(initiations_from_both_sides_at_once_settle),
	cmocka_unit_test(an_initiation_that_did_not_reach_the_peer_is_repeated_after_a_second),
	cmocka_unit_test(a_restarted_initiator_just_works),
	cmocka_unit_test(a_restarted_responder_is_found_out_in_fifteen_seconds),
	cmocka_unit_test(a_reset_peer_begins_anew),
	cmocka_unit_test(a_changed_preshared_key_ends_the_session),
	cmocka_unit_test(peers_come_and_go),
	cmocka_unit_test(one_prefix_of_a_peer_is_removed_alone),
	cmocka_unit_test(the_oldest_staged_packets_are_dropped),
	cmocka_unit_test(without_room_nothing_is_written),
	cmocka_unit_test(no_memory_for_no_peers_is_fine),
};
RUN_TESTS(tests)

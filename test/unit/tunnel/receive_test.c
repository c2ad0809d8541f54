#include "unit/tunnel/pair.h"
#include "wire/wireguard.h"

static const struct pair_config plain = {.seed = 1};

static void an_initiation_is_taken_once(void **state)
{
	struct pair p;
	struct message m;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	p.now += 1 * SECOND;
	assert_int_equal(end_open(&p, B, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, B)->replayed, 1);
	pair_stop(&p);
}

static void initiations_closer_than_20_ms_are_flood(void **state)
{
	struct pair p;
	struct message m;
	pair_start(&p, &plain);
	for (int i = 0; i < 3; i++) {
		static const mono_ns pause[] = {0, 19 * MSEC, 1 * MSEC};
		p.now += pause[i];
		tunnel_peer_reset(p.end[A].t, PEER);
		tunnel_handshake(p.end[A].t, PEER, p.now);
		assert_true(end_output(&p, A, &m));
		assert_int_equal(end_open(&p, B, &m), i == 1 ? TUNNEL_DROPPED : TUNNEL_HANDSHAKE);
	}
	assert_int_equal(stats(&p, B)->flood, 1);
	assert_int_equal(stats(&p, B)->replayed, 0);
	pair_stop(&p);
}

/* Stamps must increase although the wall clock went back an hour. */
static void a_clock_that_goes_back_hinders_no_handshake(void **state)
{
	struct pair p;
	pair_start(&p, &plain);
	for (int i = 0; i < 100; i++) {
		p.now += 21 * MSEC;
		tunnel_set_wall(p.end[A].t, 1700000000 * SECOND - (uint64_t)i * 3600 * SECOND);
		tunnel_peer_reset(p.end[A].t, PEER);
		tunnel_handshake(p.end[A].t, PEER, p.now);
		assert_int_equal(pair_settle(&p), 3);
	}
	pair_stop(&p);
}

static void strangers_are_not_answered(void **state)
{
	struct pair p, other;
	struct message m;
	pair_start(&p, &plain);
	pair_start(&other, &(struct pair_config){.seed = 99});
	tunnel_handshake(other.end[A].t, PEER, p.now);
	assert_true(end_output(&other, A, &m)); /* not for us: another key */
	assert_int_equal(end_open(&p, B, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, B)->bad_mac, 1);

	struct tunnel_peer_config b = {.key = p.end[A].other.key};
	tunnel_peer_remove(other.end[A].t, PEER);
	assert_int_equal(tunnel_peer_add(other.end[A].t, PEER, &b, p.now), TUNNEL_ADDED);
	tunnel_handshake(other.end[A].t, PEER, p.now);
	assert_true(end_output(&other, A, &m)); /* for us, from an unknown key */
	assert_int_equal(end_open(&p, B, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, B)->unknown_peer, 1);
	assert_false(end_output(&p, B, &m));
	pair_stop(&p);
	pair_stop(&other);
}

static void every_cut_and_every_changed_byte_is_dropped(void **state)
{
	struct pair p;
	struct message m[4], content;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	for (int i = 0; i < 4; i++) {
		int to = i % 2 ? A : B;
		if (i == 3) {
			ip_packet(&content, B, 61, 1);
			assert_int_equal(end_seal(&p, B, &content, &m[i]), TUNNEL_SEALED);
		} else {
			assert_true(end_output(&p, !to, &m[i]));
		}
		struct message bad = m[i];
		for (bad.n = 0; bad.n < m[i].n; bad.n++)
			assert_int_equal(end_open(&p, to, &bad), TUNNEL_DROPPED);
		bad.n++;
		assert_int_equal(end_open(&p, to, &bad), TUNNEL_DROPPED);
		bad.n--;
		/* mac2 is checked under load only, and too many right mac1 would be a load. */
		for (size_t k = 0; k < m[i].n - (i < 2 ? WG_MAC_LEN : 0); k++) {
			bad.b[k] ^= 0x10;
			assert_int_equal(end_open(&p, to, &bad), TUNNEL_DROPPED);
			bad.b[k] ^= 0x10;
		}
		assert_int_not_equal(end_open(&p, to, &m[i]), TUNNEL_DROPPED);
	}
	assert_true(stats(&p, A)->malformed > 0 && stats(&p, A)->bad_mac > 0);
	assert_true(stats(&p, A)->unauthentic > 0 && stats(&p, A)->no_session > 0);
	assert_true(pair_pass(&p, A, 100));
	pair_stop(&p);
}

static void datagrams_may_come_twice_and_in_any_order(void **state)
{
	struct pair p;
	struct message m[50], content;
	pair_start(&p, &plain);
	pair_connect(&p);
	for (size_t i = 0; i < 50; i++) {
		ip_packet(&content, A, 100, (uint8_t)i);
		assert_int_equal(end_seal(&p, A, &content, &m[i]), TUNNEL_SEALED);
	}
	for (size_t i = 50; i-- > 0;)
		assert_int_equal(end_open(&p, B, &m[i]), TUNNEL_PACKET);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(end_open(&p, B, &m[i]), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, B)->replayed, 50);
	pair_stop(&p);
}

static void a_peer_may_use_its_own_addresses_only(void **state)
{
	static const struct {
		const char *head; /* of what A sends, hexadecimal */
		enum tunnel_opened opened;
		size_t len;
	} rows[] = {
		{"45000014 00000000 40110000 0a000001 0a000002", TUNNEL_PACKET, 20},
		{"45000014 00000000 40110000 0a000005 0a000002", TUNNEL_DROPPED, 0}, /* another's */
		{"45000013 00000000 40110000 0a000001 0a000002", TUNNEL_DROPPED,
		 0}, /* shorter than a header */
		{"45000041 00000000 40110000 0a000001 0a000002", TUNNEL_DROPPED,
		 0}, /* longer than the datagram */
		{"60000000 00003b40 fd000000000000000000000000000001 "
		 "fd000000000000000000000000000002",
		 TUNNEL_PACKET, 40},
		{"60000000 00003b40 fd000000000000000000000000000007 "
		 "fd000000000000000000000000000002",
		 TUNNEL_DROPPED, 0},
		{"60000000 00193b40 fd000000000000000000000000000001 "
		 "fd000000000000000000000000000002",
		 TUNNEL_DROPPED, 0},
		/* ::ffff:10.0.0.1 would pass for 10.0.0.1, which A may use. */
		{"60000000 00003b40 00000000000000000000ffff0a000001 "
		 "fd000000000000000000000000000002",
		 TUNNEL_DROPPED, 0},
		{"00000014 00000000 40110000 0a000001 0a000002", TUNNEL_DROPPED, 0},
		{"45", TUNNEL_DROPPED, 0},
		{"60", TUNNEL_DROPPED, 0},
	};
	struct pair p;
	pair_start(&p, &plain);
	pair_connect(&p);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message content, m;
		content.n = unhex(content.b, sizeof(content.b), rows[i].head);
		assert_int_equal(end_seal(&p, A, &content, &m), TUNNEL_SEALED);
		if (end_open(&p, B, &m) != rows[i].opened)
			fail_msg("row %zu", i);
		if (rows[i].opened == TUNNEL_PACKET)
			assert_int_equal(p.end[B].packet.len, rows[i].len);
	}
	assert_int_equal(stats(&p, B)->not_allowed, 2);
	assert_int_equal(stats(&p, B)->malformed, 7);
	tunnel_disallow(p.end[B].t, PEER);
	assert_false(pair_pass(&p, A, 100));
	pair_stop(&p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_initiation_is_taken_once),
	cmocka_unit_test(initiations_closer_than_20_ms_are_flood),
	cmocka_unit_test(a_clock_that_goes_back_hinders_no_handshake),
	cmocka_unit_test(strangers_are_not_answered),
	cmocka_unit_test(every_cut_and_every_changed_byte_is_dropped),
	cmocka_unit_test(datagrams_may_come_twice_and_in_any_order),
	cmocka_unit_test(a_peer_may_use_its_own_addresses_only),
};
RUN_TESTS(tests)

#include "tunnel/cookie.h"
#include "unit/tunnel/pair.h"

static const struct pair_config plain = {.seed = 1};

static void make_busy(struct pair *p, int which)
{
	struct message m = {.n = WG_INITIATION_LEN};
	struct cookie_maker maker;
	cookie_maker_init(&maker, &p->end[!which].other.key);
	m.b[0] = WG_INITIATION;
	for (int i = 0; i < 201; i++) {
		m.b[20] = (uint8_t)i;
		cookie_sign(&maker, m.b, m.n, p->now);
		(void)end_open_from(p, which, &m, 200);
	}
}

static struct message reply_of(const struct pair *p, int which)
{
	struct message m = {.n = p->end[which].reply_n};
	memcpy(m.b, p->end[which].reply, m.n);
	return m;
}

static void under_load_a_cookie_must_be_fetched_first(void **state)
{
	struct pair p;
	struct message m, reply;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &m));
	make_busy(&p, B);
	uint64_t sent = stats(&p, B)->cookies_sent;
	assert_int_equal(end_open(&p, B, &m), TUNNEL_COOKIE);
	assert_int_equal(stats(&p, B)->cookies_sent, sent + 1);
	reply = reply_of(&p, B);
	assert_int_equal(end_open(&p, A, &reply), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, A)->cookies_taken, 1);
	assert_int_equal(end_open(&p, A, &reply), TUNNEL_DROPPED); /* only once */
	assert_int_equal(stats(&p, A)->cookies_taken, 1);
	assert_int_equal(stats(&p, A)->unauthentic, 1);
	assert_false(end_output(&p, A, &m)); /* the next try waits for its time */

	p.now = tunnel_deadline(p.end[A].t);
	tunnel_tick(p.end[A].t, p.now);
	assert_true(end_output(&p, A, &m));
	make_busy(&p, B);
	assert_int_equal(end_open_from(&p, B, &m, 99),
			 TUNNEL_COOKIE); /* from elsewhere it is no proof */
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_int_equal(pair_settle(&p), 2);
	assert_true(pair_pass(&p, B, 100));
	pair_stop(&p);
}

static void the_initiator_may_be_under_load_too(void **state)
{
	struct pair p;
	struct message m;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, B, &m));
	make_busy(&p, A);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_COOKIE);
	m = reply_of(&p, A);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, B)->cookies_taken, 1);
	p.now = tunnel_deadline(p.end[A].t);
	tunnel_tick(p.end[A].t, p.now);
	assert_true(end_output(&p, A, &m));
	assert_int_equal(end_open(&p, B, &m), TUNNEL_HANDSHAKE);
	assert_true(end_output(&p, B, &m));
	make_busy(&p, A);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_HANDSHAKE);
	pair_stop(&p);
}

static void under_load_one_source_is_limited_even_with_cookies(void **state)
{
	struct pair p;
	struct message m, reply;
	int taken = 0;
	pair_start(&p, &plain);
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &m));
	make_busy(&p, B);
	assert_int_equal(end_open(&p, B, &m), TUNNEL_COOKIE);
	reply = reply_of(&p, B);
	assert_int_equal(end_open(&p, A, &reply), TUNNEL_DROPPED);
	for (int i = 0; i < 20; i++) {
		uint64_t before = stats(&p, B)->replayed + stats(&p, B)->flood;
		tunnel_peer_reset(p.end[A].t, PEER);
		tunnel_handshake(p.end[A].t, PEER, p.now);
		assert_true(end_output(&p, A, &m));
		taken += end_open(&p, B, &m) == TUNNEL_HANDSHAKE;
		taken += stats(&p, B)->replayed + stats(&p, B)->flood > before;
	}
	assert_int_equal(taken, 5);
	pair_stop(&p);
}

static void a_cookie_for_nobody_is_dropped(void **state)
{
	struct pair p;
	struct message m = {.b = {WG_COOKIE}, .n = WG_COOKIE_LEN};
	pair_start(&p, &plain);
	assert_int_equal(end_open(&p, A, &m), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, A)->no_session, 1);
	pair_stop(&p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(under_load_a_cookie_must_be_fetched_first),
	cmocka_unit_test(the_initiator_may_be_under_load_too),
	cmocka_unit_test(under_load_one_source_is_limited_even_with_cookies),
	cmocka_unit_test(a_cookie_for_nobody_is_dropped),
};
RUN_TESTS(tests)

#include "tunnel/cookie.h"
#include "tunnel/load.h"
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

/* --- many sources of one attacker, beside an honest peer --- */

enum { SOURCES = 4096, ROUNDS = 20, ROUND_MS = 1000 };

/* The i-th source of an attacker who has all of this. */
static struct tunnel_source one_host(unsigned i)
{
	return (struct tunnel_source){.udp = {ip_v4(203, 0, 113, 5), (uint16_t)(1024 + i)}};
}

static struct tunnel_source one_ipv6_64(unsigned i)
{
	struct ip ip = {6, {0x20, 0x01, 0x0d, 0xb8, [14] = (uint8_t)(i >> 8), [15] = (uint8_t)i}};
	return (struct tunnel_source){.udp = {ip, 41641}};
}

static struct tunnel_source one_ipv6_48(unsigned i)
{
	struct ip ip = {6, {0x20, 0x01, 0x0d, 0xb8, [6] = (uint8_t)(i >> 8), [7] = (uint8_t)i}};
	return (struct tunnel_source){.udp = {ip, 41641}};
}

static struct tunnel_source all_over_the_world(unsigned i)
{
	return (struct tunnel_source){.udp = {ip_v4(11, (uint8_t)(i >> 8), (uint8_t)i, 1), 41641}};
}

struct attack {
	struct tunnel_source (*source)(unsigned i);
	struct cookie_maker makers[SOURCES]; /* each source has a cookie of its own */
	unsigned sent;
};

static enum tunnel_opened attack_once(struct pair *p, struct attack *a, unsigned i)
{
	struct message m = {.b = {WG_INITIATION}, .n = WG_INITIATION_LEN};
	const struct tunnel_source from = a->source(i);
	a->sent++;
	memcpy(m.b + 20, &a->sent, sizeof(a->sent));
	cookie_sign(&a->makers[i], m.b, m.n, p->now);
	return end_open_as(p, B, &m, &from);
}

/* Every source fetches its cookie. */
static struct attack *attack_begin(struct pair *p, struct tunnel_source (*source)(unsigned i))
{
	static struct attack a;
	struct wg_cookie cookie;
	a = (struct attack){.source = source};
	make_busy(p, B);
	for (unsigned i = 0; i < SOURCES; i++) {
		cookie_maker_init(&a.makers[i], &p->end[A].other.key);
		assert_int_equal(attack_once(p, &a, i), TUNNEL_COOKIE);
		const struct message reply = reply_of(p, B);
		assert_true(wg_read_cookie((struct bytes){reply.b, reply.n}, &cookie));
		assert_true(cookie_take(&a.makers[i], &cookie, p->now));
	}
	return &a;
}

static enum tunnel_opened try(struct pair *p, const struct tunnel_source *from)
{
	struct message m;
	tunnel_peer_reset(p->end[A].t, PEER);
	tunnel_handshake(p->end[A].t, PEER, p->now);
	assert_true(end_output(p, A, &m));
	return end_open_as(p, B, &m, from);
}

/* The peer does as WireGuard does: it takes the cookie and tries again. */
static bool gets_through(struct pair *p, const struct tunnel_source *from)
{
	enum tunnel_opened opened = try(p, from);
	if (opened == TUNNEL_COOKIE) {
		const struct message reply = reply_of(p, B);
		assert_int_equal(end_open(p, A, &reply), TUNNEL_DROPPED);
		opened = try(p, from);
	}
	return opened == TUNNEL_HANDSHAKE;
}

/* How often the peer got through, and how many messages of the attacker were computed (their DH did
 * not fail, so they count as not authentic). Each source sends once in each second. */
static int play(struct pair *p, struct attack *a, struct tunnel_source (*honest)(unsigned round),
		uint64_t *computed)
{
	int through = 0;
	uint64_t before = stats(p, B)->unauthentic;
	const mono_ns start = p->now;
	for (unsigned n = 0; n < ROUNDS * SOURCES; n++) {
		p->now = start + (mono_ns)n * ROUND_MS * MSEC / SOURCES;
		(void)attack_once(p, a, n % SOURCES);
		if (n % SOURCES == SOURCES / 2) {
			const struct tunnel_source from = honest(n / SOURCES);
			through += gets_through(p, &from);
		}
	}
	*computed = stats(p, B)->unauthentic - before;
	return through;
}

/* Always from the same place: after its first handshake B knows it there. */
static struct tunnel_source settled(unsigned round)
{
	return (struct tunnel_source){.udp = {ip_v4(198, 51, 100, 7), 41641}};
}

/* Each time from another port, so that B never knows it there. */
static struct tunnel_source wandering(unsigned round)
{
	return (struct tunnel_source){.udp = {ip_v4(198, 51, 100, 7), (uint16_t)(5000 + round)}};
}

static struct tunnel_source wandering6(unsigned round)
{
	struct ip ip = {6, {0x20, 0x01, 0x0d, 0xb9, [15] = (uint8_t)round}};
	return (struct tunnel_source){.udp = {ip, 41641}};
}

static void many_sources_of_one_attacker_starve_no_peer(void **state)
{
	static const struct {
		struct tunnel_source (*attacker)(unsigned i), (*honest)(unsigned round);
		unsigned per_s, burst; /* of the attacker's messages that may be computed */
	} rows[] = {
		{one_host, settled, 20, 5},
		{one_host, wandering, 20, 5},
		{one_ipv6_64, wandering6, 20, 5},
		{one_ipv6_48, wandering6, 40, 10},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair p;
		uint64_t computed;
		pair_start(&p, &plain);
		struct attack *a = attack_begin(&p, rows[i].attacker);
		assert_int_equal(play(&p, a, rows[i].honest, &computed), ROUNDS);
		assert_in_range(computed, 1, rows[i].per_s * ROUNDS + rows[i].burst);
		pair_stop(&p);
	}
}

/* Nothing tells a new source from 4,096 others. But a peer is known where it was before, and by a
 * relay, and the work is bounded. */
static void an_attacker_with_addresses_everywhere_starves_no_known_peer(void **state)
{
	struct pair p;
	uint64_t computed;
	const struct tunnel_source home = settled(0);
	pair_start(&p, &plain);
	assert_int_equal(try(&p, &home), TUNNEL_HANDSHAKE);
	struct attack *a = attack_begin(&p, all_over_the_world);
	assert_int_equal(play(&p, a, settled, &computed), ROUNDS);
	assert_in_range(computed, 1, LOAD_GROUP_PER_S * ROUNDS + LOAD_GROUP_BURST);
	pair_stop(&p);
}

static void beside_that_attacker_a_relayed_peer_gets_through(void **state)
{
	struct pair p;
	int through = 0;
	pair_start(&p, &plain);
	struct attack *a = attack_begin(&p, all_over_the_world);
	const struct tunnel_source relayed = {.relayed = &p.end[B].other.key};
	const mono_ns start = p.now;
	for (unsigned n = 0; n < ROUNDS * SOURCES; n++) {
		p.now = start + (mono_ns)n * ROUND_MS * MSEC / SOURCES;
		(void)attack_once(&p, a, n % SOURCES);
		if (n % SOURCES == SOURCES / 2)
			through += gets_through(&p, &relayed);
	}
	assert_int_equal(through, ROUNDS);
	pair_stop(&p);
}

/* Each peer has its own limit: one that floods takes nothing from the others. */
static void a_peer_is_limited_where_it_is_known_too(void **state)
{
	struct pair p;
	int computed = 0;
	const struct tunnel_source home = settled(0);
	pair_start(&p, &plain);
	assert_int_equal(try(&p, &home), TUNNEL_HANDSHAKE);
	make_busy(&p, B);
	for (int i = 0; i < 1000; i++) {
		p.now += 10 * MSEC;
		if (i % 50 == 0)
			make_busy(&p, B);
		uint64_t flood = stats(&p, B)->flood;
		computed += gets_through(&p, &home) || stats(&p, B)->flood > flood;
	}
	assert_in_range(computed, 20, LOAD_PEER_PER_S * 10 + LOAD_PEER_BURST);
	pair_stop(&p);
}

static void a_relayed_handshake_of_no_peer_is_dropped_unseen(void **state)
{
	struct pair p;
	struct message m;
	const struct node_key stranger = {{4, 4, 4}};
	const struct tunnel_source by_stranger = {.relayed = &stranger};
	pair_start(&p, &plain);
	const struct tunnel_source by_peer = {.relayed = &p.end[B].other.key};
	tunnel_handshake(p.end[A].t, PEER, p.now);
	assert_true(end_output(&p, A, &m));
	for (int i = 0; i < 1000; i++)
		assert_int_equal(end_open_as(&p, B, &m, &by_stranger), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, B)->relayed_stranger, 1000);
	/* It was not even a load, and the message is as good as new. */
	assert_int_equal(end_open_as(&p, B, &m, &by_peer), TUNNEL_HANDSHAKE);
	assert_int_equal(stats(&p, B)->under_load, 0);
	assert_true(end_output(&p, B, &m));
	const struct tunnel_source stranger_answers = {.relayed = &stranger};
	assert_int_equal(end_open_as(&p, A, &m, &stranger_answers), TUNNEL_DROPPED);
	assert_int_equal(stats(&p, A)->relayed_stranger, 1);
	pair_stop(&p);
}

static void responses_that_nobody_waits_for_are_no_load(void **state)
{
	struct pair p;
	struct message m = {.b = {WG_RESPONSE}, .n = WG_RESPONSE_LEN};
	struct cookie_maker maker;
	pair_start(&p, &plain);
	cookie_maker_init(&maker, &p.end[A].other.key);
	for (int i = 0; i < 1000; i++) {
		m.b[8] = (uint8_t)i;
		cookie_sign(&maker, m.b, m.n, p.now);
		assert_int_equal(end_open_from(&p, B, &m, 200), TUNNEL_DROPPED);
	}
	assert_int_equal(stats(&p, B)->no_session, 1000);
	assert_int_equal(try(&p, &(struct tunnel_source){.udp = {ip_v4(198, 51, 100, 7), 1}}),
			 TUNNEL_HANDSHAKE);
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
	cmocka_unit_test(many_sources_of_one_attacker_starve_no_peer),
	cmocka_unit_test(an_attacker_with_addresses_everywhere_starves_no_known_peer),
	cmocka_unit_test(beside_that_attacker_a_relayed_peer_gets_through),
	cmocka_unit_test(a_peer_is_limited_where_it_is_known_too),
	cmocka_unit_test(a_relayed_handshake_of_no_peer_is_dropped_unseen),
	cmocka_unit_test(responses_that_nobody_waits_for_are_no_load),
	cmocka_unit_test(a_cookie_for_nobody_is_dropped),
};
RUN_TESTS(tests)

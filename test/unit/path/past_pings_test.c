/* Copies of pings: the ring in plain numbers, and what copies do to a machine with a stream. */
#include "path/past_pings.h"

#include "unit/path/friend.h"
#include "unit/path/sent.h"
#include "unit/unit.h"

#define T0 (1000 * SECOND)

static struct disco_txid txid(uint8_t n)
{
	return (struct disco_txid){{n, 1, 2, 3}};
}

static bool take(struct past_pings *p, uint8_t n, bool is_proven)
{
	struct disco_txid id = txid(n);
	return past_pings_take(p, &id, is_proven);
}

static void a_ping_is_taken_once(void **state)
{
	struct past_pings p = {.n = 0};
	struct disco_txid zero = {{0}};
	assert_true(past_pings_take(&p, &zero, false));
	assert_false(past_pings_take(&p, &zero, false));
	assert_true(take(&p, 1, true) && take(&p, 2, false));
	assert_false(take(&p, 1, true) || take(&p, 1, false) || take(&p, 2, false));
}

static void the_last_128_are_known(void **state)
{
	struct past_pings p = {.n = 0};
	for (uint8_t i = 0; i <= PAST_PINGS_MAX; i++)
		assert_true(take(&p, i, false));
	for (uint8_t i = 1; i <= PAST_PINGS_MAX; i++)
		assert_false(take(&p, i, false));
	assert_true(take(&p, 0, false)); /* too long ago */
}

static void a_copy_that_was_faster_takes_nothing_from_its_original(void **state)
{
	struct past_pings p = {.n = 0};
	assert_true(take(&p, 1, false)); /* the copy, from anywhere */
	assert_true(take(&p, 1, true));  /* from an endpoint that has answered us */
	assert_false(take(&p, 1, true) || take(&p, 1, false));
}

/* --- a machine --- */

struct fixture {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct friend a;
	struct endpoint home; /* where a really is */
	bool is_there;        /* it answers pings */
	mono_ns now;
	uint64_t to_home, elsewhere; /* pings that were sent */
	uint64_t pongs;
	uint64_t bytes; /* that were sent elsewhere */
	uint32_t doubts;
};

static struct fixture *setup(bool is_there)
{
	static struct fixture f;
	struct own_address eth = {.ip = ip_v4(192, 168, 1, 2), .bits = 24};
	struct relay_place relay = {.region = FRIEND_REGION};
	f = (struct fixture){.now = T0, .is_there = is_there};
	f.home = (struct endpoint){ip_v4(198, 51, 100, 7), 41641};
	seeded_init(&f.seeded, 1);
	f.rng = seeded_rng(&f.seeded);
	struct paths_config cfg = {.rng = f.rng, .peers_max = 4, .port = 41641};
	rng_fill(&f.rng, cfg.self.b, KEY_LEN);
	key_generate(cfg.disco.b, &f.rng);
	f.p = paths_new(&cfg, f.now);
	assert_non_null(f.p);
	paths_set_interfaces(f.p, &eth, 1, f.now);
	paths_set_relays(f.p, &relay, 1, f.now);
	friend_make(&f.a, f.p, &f.rng);
	friend_introduce(&f.a, f.p, 0, f.now);
	return &f;
}

static enum paths_input say(struct fixture *f, const struct endpoint *from,
			    const struct disco_msg *msg)
{
	struct way way = from ? way_udp(from) : way_relay(FRIEND_REGION);
	return friend_say(&f->a, f->p, &way, msg, &f->rng, f->now);
}

static void drain(struct fixture *f)
{
	uint8_t memory[PATHS_DATAGRAM_MAX];
	struct wr out = wr_of(memory, sizeof(memory));
	struct paths_send to;
	struct path_event ev;
	struct disco_msg m;
	for (; paths_output(f->p, &to, &out, f->now); out = wr_of(memory, sizeof(memory))) {
		bool home = to.via.kind == WAY_UDP && endpoint_equal(&to.via.ep, &f->home);
		if (to.via.kind != WAY_UDP || !friend_read(&f->a, wr_done(&out), &m))
			continue;
		f->pongs += m.type == DISCO_PONG;
		f->bytes += home ? 0 : out.n;
		if (m.type != DISCO_PING)
			continue;
		f->to_home += home;
		f->elsewhere += !home;
		struct disco_msg pong = {.type = DISCO_PONG, .pong = {.txid = m.ping.txid}};
		if (home && f->is_there)
			assert_int_equal(say(f, &f->home, &pong), PATHS_TAKEN);
	}
	while (paths_event(f->p, &ev))
		f->doubts += ev.kind == PATH_DOUBT;
}

/* Our stream goes on, a packet each 10 ms. */
static void stream(struct fixture *f, mono_ns time)
{
	struct route route;
	for (mono_ns end = f->now + time; f->now < end; f->now += 10 * MSEC) {
		paths_tick(f->p, f->now);
		paths_sent_by(f->p, 0, f->now, &route);
		drain(f);
	}
}

static struct disco_msg ping(struct fixture *f)
{
	struct disco_msg m = {.type = DISCO_PING};
	m.ping = (struct disco_ping){.has_node = true, .node = f->a.node};
	rng_fill(&f->rng, m.ping.txid.b, DISCO_TXID_LEN);
	return m;
}

static void call(struct fixture *f)
{
	struct disco_msg m = {.type = DISCO_CALL_ME_MAYBE, .call = {.v = {f->home}, .n = 1}};
	assert_int_equal(say(f, NULL, &m), PATHS_TAKEN);
}

static struct endpoint victim(uint16_t port)
{
	return (struct endpoint){ip_v4(203, 0, 113, 66), port};
}

static bool is_direct(struct fixture *f)
{
	struct paths_peer_status st;
	paths_peer_status(f->p, 0, f->now, &st);
	return st.direct && !st.doubted;
}

static void a_copy_is_dropped_counted_and_no_remote(void **state)
{
	struct fixture *f = setup(true);
	struct disco_msg m = ping(f);
	struct paths_peer_status st;
	struct endpoint from = victim(1);
	assert_int_equal(say(f, &f->home, &m), PATHS_TAKEN);
	drain(f);
	for (uint16_t i = 0; i < 300; i++) {
		from = victim((uint16_t)(1 + i));
		assert_int_equal(say(f, &from, &m), PATHS_DROPPED);
		drain(f);
		f->now += 20 * MSEC;
	}
	paths_peer_status(f->p, 0, f->now, &st);
	assert_int_equal(st.n_candidates, 1);
	assert_int_equal(paths_stats(f->p)->replayed, 300);
	assert_int_equal(f->pongs, 1);
	assert_int_equal(f->bytes, 0);
	paths_free(f->p);
}

static void pings_in_a_relay_are_known_when_they_come_by_udp(void **state)
{
	struct fixture *f = setup(true);
	struct disco_msg m = ping(f);
	struct endpoint from = victim(1);
	assert_int_equal(say(f, NULL, &m), PATHS_TAKEN);
	assert_int_equal(say(f, &from, &m), PATHS_DROPPED);
	assert_int_equal(say(f, NULL, &m), PATHS_TAKEN); /* the relay says who sent it */
	paths_free(f->p);
}

/* Many pings were recorded, more than the ring knows: each is taken. */
static void flood(struct fixture *f, int per_second, int seconds, uint16_t ports)
{
	mono_ns gap = SECOND / (mono_ns)per_second;
	for (int i = 0; i < per_second * seconds; i++) {
		struct disco_msg m = ping(f);
		struct endpoint from = victim((uint16_t)(1 + i % ports));
		assert_int_equal(say(f, &from, &m), PATHS_TAKEN);
		stream(f, gap);
	}
}

static void a_flood_of_pings_puts_no_direct_path_in_doubt(void **state)
{
	struct fixture *f = setup(true);
	struct disco_msg first = ping(f);
	assert_int_equal(say(f, &f->home, &first), PATHS_TAKEN);
	stream(f, SECOND);
	assert_true(is_direct(f));
	f->pongs = f->bytes = f->elsewhere = 0;
	flood(f, 100, 120, 10000);
	assert_true(is_direct(f));
	assert_int_equal(f->doubts, 0);
	assert_in_range(f->elsewhere, 1, 48 + 120 / 5);
	/* The victim gets less than was sent in its name. */
	assert_true(f->bytes <= (uint64_t)100 * 120 * DISCO_PING_LEN);
	paths_free(f->p);
}

static void a_flood_of_pings_takes_nothing_from_the_search(void **state)
{
	static const struct {
		int per_second, seconds;
		uint16_t ports;
	} rows[] = {{50, 6, 300}, {1, 600, 5}, {10, 300, 3000}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct fixture *f = setup(false);
		call(f);
		stream(f, 10 * SECOND);
		flood(f, rows[i].per_second, rows[i].seconds, rows[i].ports);
		/* An attempt of our own each minute, of four rounds. */
		f->to_home = f->elsewhere = 0;
		flood(f, 1, 300, 5);
		assert_in_range(f->to_home, 4 * 4, 4 * 6 + 12);
		assert_in_range(f->elsewhere, 1, 48 + 300 / 5);
		/* The peer is there again: it calls, and is found at once. */
		f->is_there = true;
		call(f);
		stream(f, 100 * MSEC);
		assert_true(is_direct(f));
		paths_free(f->p);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_ping_is_taken_once),
	cmocka_unit_test(the_last_128_are_known),
	cmocka_unit_test(a_copy_that_was_faster_takes_nothing_from_its_original),
	cmocka_unit_test(a_copy_is_dropped_counted_and_no_remote),
	cmocka_unit_test(pings_in_a_relay_are_known_when_they_come_by_udp),
	cmocka_unit_test(a_flood_of_pings_puts_no_direct_path_in_doubt),
	cmocka_unit_test(a_flood_of_pings_takes_nothing_from_the_search),
};
RUN_TESTS(tests)

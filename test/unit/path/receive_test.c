#include "unit/path/friend.h"
#include "unit/path/sent.h"
#include "unit/unit.h"
#include "wire/stun.h"

struct fixture {
	struct seeded seeded;
	struct rng rng;
	struct paths *p;
	struct node_key self;
	struct friend a, b;
	mono_ns now;
	/* the last message that was taken out */
	struct paths_send to;
	uint8_t memory[PATHS_DATAGRAM_MAX];
	size_t len;
	struct disco_msg msg;
};

#define T0 (1000 * SECOND)

static struct fixture *setup(void)
{
	static struct fixture f;
	struct own_address eth = {.ip = ip_v4(192, 168, 1, 2), .bits = 24};
	struct relay_place relays[2] = {{.region = FRIEND_REGION}, {.region = 2}};
	f = (struct fixture){.now = T0};
	seeded_init(&f.seeded, 1);
	f.rng = seeded_rng(&f.seeded);
	struct paths_config cfg = {.rng = f.rng, .peers_max = 4, .port = 41641};
	rng_fill(&f.rng, f.self.b, KEY_LEN);
	cfg.self = f.self;
	key_generate(cfg.disco.b, &f.rng);
	f.p = paths_new(&cfg, f.now);
	assert_non_null(f.p);
	paths_set_interfaces(f.p, &eth, 1, f.now);
	paths_set_relays(f.p, relays, 2, f.now);
	friend_make(&f.a, f.p, &f.rng);
	friend_make(&f.b, f.p, &f.rng);
	friend_introduce(&f.a, f.p, 0, f.now);
	return &f;
}

/* The next message that it sends to `who`; false: none. */
static bool next(struct fixture *f, const struct friend *who)
{
	struct wr out = wr_of(f->memory, sizeof(f->memory));
	if (!paths_output(f->p, &f->to, &out, f->now))
		return false;
	f->len = out.n;
	assert_false(out.bad);
	assert_true(friend_read(who, wr_done(&out), &f->msg));
	return true;
}

static void drain(struct fixture *f)
{
	struct wr out = wr_of(f->memory, sizeof(f->memory));
	while (paths_output(f->p, &f->to, &out, f->now))
		out = wr_of(f->memory, sizeof(f->memory));
}

static enum paths_input say(struct fixture *f, const struct friend *who, const struct way *from,
			    const struct disco_msg *msg)
{
	return friend_say(who, f->p, from, msg, &f->rng, f->now);
}

static struct way udp(uint8_t host)
{
	struct endpoint ep = {ip_v4(198, 51, 100, host), 5000};
	return way_udp(&ep);
}

/* Each has an id of its own. */
static struct disco_msg ping_of(struct fixture *f, const struct friend *who)
{
	struct disco_msg m = {.type = DISCO_PING};
	m.ping = (struct disco_ping){.has_node = true, .node = who->node};
	rng_fill(&f->rng, m.ping.txid.b, DISCO_TXID_LEN);
	return m;
}

static struct disco_msg pong_to(const struct disco_msg *ping)
{
	struct disco_msg m = {.type = DISCO_PONG};
	m.pong = (struct disco_pong){.txid = ping->ping.txid, .seen = udp(9).ep};
	return m;
}

static bool is_direct(struct fixture *f, peer_id id)
{
	struct paths_peer_status st;
	paths_peer_status(f->p, id, f->now, &st);
	return st.direct;
}

/* --- pings --- */

static void a_ping_by_udp_is_answered_there_and_pinged_back(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7);
	struct disco_msg ping = ping_of(f, &f->a);
	assert_int_equal(say(f, &f->a, &from, &ping), PATHS_TAKEN);
	assert_true(next(f, &f->a));
	assert_int_equal(f->len, DISCO_PONG_LEN);
	assert_int_equal(f->msg.type, DISCO_PONG);
	assert_true(way_equal(&f->to.via, &from));
	assert_true(endpoint_equal(&f->msg.pong.seen, &from.ep));
	assert_memory_equal(&f->msg.pong.txid, &ping.ping.txid, DISCO_TXID_LEN);
	assert_true(next(f, &f->a));
	assert_int_equal(f->len, DISCO_PING_LEN);
	assert_int_equal(f->msg.type, DISCO_PING);
	assert_true(way_equal(&f->to.via, &from));
	assert_true(f->msg.ping.has_node && key_equal(f->msg.ping.node.b, f->self.b));
	assert_false(next(f, &f->a));
	/* and the answer to that makes it direct, without any traffic */
	struct disco_msg pong = pong_to(&f->msg);
	assert_int_equal(say(f, &f->a, &from, &pong), PATHS_TAKEN);
	assert_true(is_direct(f, 0));
	assert_true(paths_deadline(f->p) == MONO_NEVER || paths_deadline(f->p) > f->now);
	paths_free(f->p);
}

static void a_ping_over_a_relay_is_answered_over_it(void **state)
{
	struct fixture *f = setup();
	struct way from = way_relay(2);
	struct endpoint made_up = disco_relay_endpoint(2);
	struct disco_msg ping = ping_of(f, &f->a);
	assert_int_equal(say(f, &f->a, &from, &ping), PATHS_TAKEN);
	assert_true(next(f, &f->a));
	assert_int_equal(f->msg.type, DISCO_PONG);
	assert_true(way_equal(&f->to.via, &from));
	assert_true(key_equal(f->to.to.b, f->a.node.b));
	assert_true(endpoint_equal(&f->msg.pong.seen, &made_up));
	assert_false(next(f, &f->a));
	paths_free(f->p);
}

static void what_a_stranger_sends_is_dropped_and_counted(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7), relay = way_relay(1);
	struct disco_msg ping = ping_of(f, &f->b);
	const struct paths_stats *stats = paths_stats(f->p);
	assert_int_equal(say(f, &f->b, &from, &ping), PATHS_DROPPED);
	assert_int_equal(stats->stranger, 1);
	/* the right key, and a box that it did not seal */
	struct friend liar = f->b;
	liar.disco_public = f->a.disco_public;
	assert_int_equal(say(f, &liar, &from, &ping), PATHS_DROPPED);
	assert_int_equal(stats->unauthentic, 1);
	/* a friend, but the relay names another node */
	struct friend other = f->a;
	other.node = f->b.node;
	assert_int_equal(say(f, &other, &relay, &ping), PATHS_DROPPED);
	assert_int_equal(stats->stranger, 2);
	drain(f);
	assert_int_equal(stats->pongs_sent + stats->pings_sent, 0);
	paths_free(f->p);
}

static void what_is_neither_disco_nor_stun_is_for_the_tunnel(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7), relay = way_relay(1);
	uint8_t wireguard[148] = {1}, stun[STUN_REQUEST_LEN];
	struct wr out = wr_of(stun, sizeof(stun));
	stun_write_request(&out, &(struct stun_txid){{1}});
	assert_int_equal(paths_input(f->p, &from, NULL, BYTES_OF(wireguard), f->now),
			 PATHS_NOT_MINE);
	assert_int_equal(paths_input(f->p, &from, NULL, (struct bytes){wireguard, 0}, f->now),
			 PATHS_NOT_MINE);
	assert_int_equal(paths_input(f->p, &from, NULL, wr_done(&out), f->now), PATHS_DROPPED);
	assert_int_equal(paths_stats(f->p)->unexpected, 1);
	/* over a relay there is no STUN */
	assert_int_equal(paths_input(f->p, &relay, &f->a.node, wr_done(&out), f->now),
			 PATHS_NOT_MINE);
	/* the magic, a key, and no box */
	uint8_t cut[DISCO_HEADER_LEN] = {0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac};
	assert_int_equal(paths_input(f->p, &from, NULL, BYTES_OF(cut), f->now), PATHS_DROPPED);
	paths_free(f->p);
}

/* --- pongs --- */

/* Makes it ping a at udp(7), by a ping from there. */
static struct disco_msg provoke_ping(struct fixture *f)
{
	struct way from = udp(7);
	struct disco_msg ping = ping_of(f, &f->a);
	assert_int_equal(say(f, &f->a, &from, &ping), PATHS_TAKEN);
	assert_true(next(f, &f->a) && next(f, &f->a));
	assert_int_equal(f->msg.type, DISCO_PING);
	return f->msg;
}

static void a_pong_from_elsewhere_proves_the_address_that_was_pinged(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(99), pinged = udp(7);
	struct route route;
	struct disco_msg ping = provoke_ping(f), pong = pong_to(&ping);
	assert_int_equal(say(f, &f->a, &from, &pong), PATHS_TAKEN);
	paths_sent_by(f->p, 0, f->now, &route);
	assert_int_equal(route.n, 1);
	assert_true(way_equal(&route.via[0], &pinged));
	paths_free(f->p);
}

static void a_pong_is_believed_only_if_it_was_waited_for(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7), relay = way_relay(1);
	friend_introduce(&f->b, f->p, 1, f->now);
	struct disco_msg ping = provoke_ping(f), pong = pong_to(&ping), wrong = pong;
	wrong.pong.txid.b[0] ^= 1;
	assert_int_equal(say(f, &f->a, &from, &wrong), PATHS_DROPPED);
	assert_int_equal(say(f, &f->b, &from, &pong),
			 PATHS_DROPPED); /* of another peer; it is used up */
	assert_int_equal(say(f, &f->a, &from, &pong), PATHS_DROPPED);
	assert_int_equal(paths_stats(f->p)->unexpected, 3);
	f->now += SECOND;
	paths_tick(f->p, f->now);
	drain(f);
	f->now += 10 * SECOND;
	ping = provoke_ping(f);
	pong = pong_to(&ping);
	assert_int_equal(say(f, &f->a, &relay, &pong), PATHS_DROPPED); /* not as the ping went */
	assert_false(is_direct(f, 0));
	paths_free(f->p);
}

static void a_pong_that_comes_too_late_proves_nothing(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7);
	struct disco_msg ping = provoke_ping(f), pong = pong_to(&ping);
	f->now += 5 * SECOND + 1;
	assert_int_equal(say(f, &f->a, &from, &pong), PATHS_DROPPED);
	assert_false(is_direct(f, 0));
	paths_free(f->p);
}

/* --- call-me-maybe --- */

static struct disco_msg call_of(const struct endpoint *v, size_t n)
{
	struct disco_msg m = {.type = DISCO_CALL_ME_MAYBE};
	for (size_t i = 0; i < n; i++)
		m.call.v[m.call.n++] = v[i];
	return m;
}

static void a_call_makes_it_ping_all_at_once_and_call_back_only_once(void **state)
{
	struct fixture *f = setup();
	struct way relay = way_relay(FRIEND_REGION);
	struct endpoint v[2] = {udp(1).ep, udp(2).ep};
	struct disco_msg call = call_of(v, 2);
	assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
	for (int i = 0; i < 2; i++) {
		assert_true(next(f, &f->a));
		assert_int_equal(f->msg.type, DISCO_PING);
		assert_true(endpoint_equal(&f->to.via.ep, &v[i]));
	}
	assert_true(next(f, &f->a));
	assert_int_equal(f->msg.type, DISCO_CALL_ME_MAYBE);
	assert_int_equal(f->len, 80 + 18);
	assert_true(way_equal(&f->to.via, &relay));
	assert_false(next(f, &f->a));
	f->now += SECOND;
	assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
	assert_true(next(f, &f->a) && next(f, &f->a));
	assert_false(next(f, &f->a)); /* no second call within 5 s */
	assert_int_equal(paths_stats(f->p)->calls_taken, 2);
	paths_free(f->p);
}

static void a_call_is_taken_only_over_a_relay_from_the_node_of_that_key(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7), relay = way_relay(1);
	struct endpoint v = udp(1).ep;
	struct disco_msg call = call_of(&v, 1);
	friend_introduce(&f->b, f->p, 1, f->now);
	assert_int_equal(say(f, &f->a, &from, &call), PATHS_DROPPED);
	struct friend mixed = f->a;
	mixed.node = f->b.node;
	assert_int_equal(say(f, &mixed, &relay, &call), PATHS_DROPPED);
	assert_int_equal(paths_stats(f->p)->unexpected, 2);
	assert_false(next(f, &f->a));
	paths_free(f->p);
}

static uint32_t n_candidates(struct fixture *f)
{
	struct paths_peer_status st;
	paths_peer_status(f->p, 0, f->now, &st);
	return st.n_candidates;
}

static void endpoints_where_no_peer_can_be_are_ignored(void **state)
{
	static const char *const bad[] = {"0.0.0.0:1",   "[::]:1",      "224.0.0.1:1",
					  "[ff02::1]:1", "[fe80::1]:1", "192.0.2.1:0",
					  "127.0.0.1:1", "[::1]:1",     "255.255.255.255:1"};
	struct fixture *f = setup();
	struct way relay = way_relay(1);
	struct endpoint v[ARRAY_LEN(bad) + 1];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (!endpoint_parse(&v[i], bad[i]))
			v[i] = (struct endpoint){ip_v4(192, 0, 2, 1), 0};
	v[ARRAY_LEN(bad)] = udp(1).ep;
	struct disco_msg call = call_of(v, ARRAY_LEN(v));
	assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
	assert_int_equal(n_candidates(f), 1);
	/* A machine that has nothing but loopback takes loopback. */
	struct own_address lo = {.ip = ip_v4(127, 0, 0, 1), .bits = 8, .loopback = true};
	paths_set_interfaces(f->p, &lo, 1, f->now);
	assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
	assert_int_equal(n_candidates(f), 3);
	/* An empty call takes back what was told. */
	call = call_of(NULL, 0);
	assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
	assert_int_equal(n_candidates(f), 0);
	paths_free(f->p);
}

static void messages_of_peer_relays_are_not_for_us(void **state)
{
	struct fixture *f = setup();
	struct way relay = way_relay(1);
	for (int type = DISCO_BIND; type <= DISCO_ALLOCATE_RESPONSE; type++) {
		struct disco_msg m = {.type = (enum disco_type)type};
		if (type == DISCO_CALL_ME_MAYBE_VIA || type == DISCO_ALLOCATE_RESPONSE)
			m.relay.addrs = (struct disco_endpoints){.v = {udp(1).ep}, .n = 1};
		assert_int_equal(say(f, &f->a, &relay, &m), PATHS_DROPPED);
	}
	assert_int_equal(paths_stats(f->p)->unexpected, 6);
	paths_free(f->p);
}

static void a_peer_that_calls_while_we_think_it_direct_must_prove_it(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7), relay = way_relay(1);
	struct route route;
	struct disco_msg ping = provoke_ping(f), pong = pong_to(&ping);
	struct path_event ev;
	assert_int_equal(say(f, &f->a, &from, &pong), PATHS_TAKEN);
	assert_true(is_direct(f, 0));
	while (paths_event(f->p, &ev))
		;
	f->now += SECOND;
	struct endpoint v = udp(7).ep;
	struct disco_msg call = call_of(&v, 1);
	assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
	paths_on_heard(f->p, 0, &from, f->now); /* its data reaches us: that is not the question */
	f->now += 160 * MSEC;
	paths_tick(f->p, f->now);
	f->now += 160 * MSEC;
	paths_tick(f->p, f->now);
	paths_sent_by(f->p, 0, f->now, &route);
	assert_int_equal(route.n, 2);
	assert_true(paths_event(f->p, &ev));
	assert_int_equal(ev.kind, PATH_DOUBT);
	assert_true(way_equal(&ev.was, &from) && ev.via.region == FRIEND_REGION);
	paths_free(f->p);
}

/* --- who is who --- */

static void peers_that_share_a_disco_key_are_told_apart(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7), relay = way_relay(1);
	struct friend twin = f->a; /* one device in two networks: another node key */
	twin.node = f->b.node;
	friend_introduce(&twin, f->p, 1, f->now);
	struct endpoint v = udp(1).ep;
	struct disco_msg ping = ping_of(f, &f->a), call = call_of(&v, 1);
	assert_int_equal(say(f, &twin, &relay, &call), PATHS_TAKEN);
	assert_int_equal(n_candidates(f), 0); /* it was peer 1 that called */
	drain(f);
	/* A ping by UDP is a candidate of the node that it names, and gets one pong. */
	assert_int_equal(say(f, &f->a, &from, &ping), PATHS_TAKEN);
	assert_int_equal(n_candidates(f), 1);
	drain(f);
	assert_int_equal(paths_stats(f->p)->pongs_sent, 1);
	assert_int_equal(paths_stats(f->p)->pings_sent, 1 + 1);
	/* One that names no node is a candidate of both, and gets one pong. */
	struct disco_msg nameless = ping_of(f, &f->a);
	struct way elsewhere = udp(8);
	nameless.ping.has_node = false;
	assert_int_equal(say(f, &f->a, &elsewhere, &nameless), PATHS_TAKEN);
	assert_int_equal(n_candidates(f), 2);
	drain(f);
	assert_int_equal(paths_stats(f->p)->pongs_sent, 2);
	assert_int_equal(paths_stats(f->p)->pings_sent, 1 + 1 + 2);
	paths_peer_remove(f->p, 0, f->now);
	assert_int_equal(say(f, &twin, &relay, &ping), PATHS_TAKEN);
	paths_peer_remove(f->p, 1, f->now);
	assert_int_equal(say(f, &twin, &relay, &ping), PATHS_DROPPED);
	paths_free(f->p);
}

/* Peer 0 tells the key of peer 1. */
static void the_key_of_another_peer_redirects_nothing(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7);
	struct paths_peer_status st;
	friend_introduce(&f->b, f->p, 1, f->now);
	f->now += 10 * SECOND;
	paths_peer_disco(f->p, 0, &f->b.disco_public, f->now);
	for (int i = 0; i < 3; i++) {
		struct disco_msg ping = ping_of(f, &f->b);
		assert_int_equal(say(f, &f->b, &from, &ping), PATHS_TAKEN);
		while (next(f, &f->b))
			if (f->msg.type == DISCO_PING) {
				struct disco_msg pong = pong_to(&f->msg);
				assert_int_equal(say(f, &f->b, &from, &pong), PATHS_TAKEN);
			}
		struct disco_msg receipt = {.type = DISCO_RECEIPT, .receipt = (uint64_t)(1 + i)};
		assert_int_equal(say(f, &f->b, &from, &receipt), PATHS_TAKEN);
		f->now += 3 * SECOND;
	}
	assert_true(is_direct(f, 1)); /* where it is */
	assert_false(is_direct(f, 0));
	paths_peer_status(f->p, 0, f->now, &st);
	assert_int_equal(st.n_candidates, 0);
	assert_int_equal(paths_stats(f->p)->receipts_taken, 3);
	/* The key of a node that is no peer here: its pings are not those of peer 0. */
	struct friend c;
	friend_make(&c, f->p, &f->rng);
	paths_peer_disco(f->p, 0, &c.disco_public, f->now);
	struct disco_msg ping = ping_of(f, &c);
	assert_int_equal(say(f, &c, &from, &ping), PATHS_DROPPED);
	assert_int_equal(paths_stats(f->p)->stranger, 1);
	paths_free(f->p);
}

static void has_key(struct fixture *f, peer_id id, const struct disco_key *key)
{
	assert_true(key_equal(paths_peer_disco_key(f->p, id)->b, key->b));
}

static void our_own_disco_key_is_no_key_of_a_peer(void **state)
{
	struct fixture *f = setup();
	const struct disco_key own = *paths_disco_key(f->p);
	struct paths_peer cfg = {.key = f->a.node, .home = FRIEND_REGION, .disco = own};
	f->now += 10 * SECOND;
	paths_peer_disco(f->p, 0, &own, f->now);
	paths_peer_set(f->p, 0, &cfg, f->now);
	f->now += 10 * SECOND;
	paths_tick(f->p, f->now);
	has_key(f, 0, &f->a.disco_public);
	paths_free(f->p);
}

static void of_the_keys_told_too_fast_the_last_is_taken(void **state)
{
	struct fixture *f = setup();
	struct friend c[3];
	for (int i = 0; i < 3; i++)
		friend_make(&c[i], f->p, &f->rng);
	/* setup told one, and three more may follow at once */
	for (int i = 0; i < 3; i++) {
		paths_peer_disco(f->p, 0, &c[i].disco_public, f->now);
		has_key(f, 0, &c[i].disco_public);
	}
	f->now += SECOND;
	paths_peer_disco(f->p, 0, &c[0].disco_public, f->now);
	paths_peer_disco(f->p, 0, &c[1].disco_public, f->now);
	has_key(f, 0, &c[2].disco_public);
	assert_true(paths_deadline(f->p) <= T0 + 2 * SECOND);
	f->now = T0 + 2 * SECOND - 1;
	paths_tick(f->p, f->now);
	has_key(f, 0, &c[2].disco_public);
	f->now = T0 + 2 * SECOND;
	paths_tick(f->p, f->now);
	has_key(f, 0, &c[1].disco_public);
	/* The key that it has already is the last one told: nothing is to be taken. */
	paths_peer_disco(f->p, 0, &c[2].disco_public, f->now);
	paths_peer_disco(f->p, 0, &c[1].disco_public, f->now);
	f->now += 2 * SECOND;
	paths_tick(f->p, f->now);
	has_key(f, 0, &c[1].disco_public);
	/* A key after that time is taken at once. */
	paths_peer_disco(f->p, 0, &c[2].disco_public, f->now);
	has_key(f, 0, &c[2].disco_public);
	/* So is one of the configuration, and one that waits is void. */
	struct paths_peer cfg = {.key = f->a.node, .home = FRIEND_REGION};
	cfg.disco = c[0].disco_public;
	paths_peer_disco(f->p, 0, &c[1].disco_public, f->now);
	paths_peer_set(f->p, 0, &cfg, f->now);
	has_key(f, 0, &c[0].disco_public);
	f->now += 2 * SECOND;
	paths_tick(f->p, f->now);
	has_key(f, 0, &c[0].disco_public);
	paths_free(f->p);
}

/* Ten minutes of a peer that tells a new key each 100 ms and calls with endpoints of a third party.
 */
static void new_keys_fill_no_budget(void **state)
{
	struct fixture *f = setup();
	struct way relay = way_relay(FRIEND_REGION);
	struct friend c = f->a;
	struct endpoint v[5];
	struct route route;
	for (uint8_t i = 0; i < 5; i++)
		v[i] = udp((uint8_t)(1 + i)).ep;
	for (int i = 0; i < 6000; i++, f->now += 100 * MSEC) {
		paths_tick(f->p, f->now);
		if (key_equal(paths_peer_disco_key(f->p, 0)->b, c.disco_public.b)) {
			struct disco_msg call = call_of(v, 5);
			assert_int_equal(say(f, &c, &relay, &call), PATHS_TAKEN);
		}
		friend_make(&c, f->p, &f->rng);
		c.node = f->a.node;
		paths_peer_disco(f->p, 0, &c.disco_public, f->now);
		paths_sent_by(f->p, 0, f->now, &route);
		drain(f);
	}
	assert_in_range(paths_stats(f->p)->pings_sent, 100, 240 + 600 * 10 / 45 + 1);
	paths_free(f->p);
}

static void nothing_is_sent_to_a_peer_that_was_removed(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7);
	struct disco_msg ping = ping_of(f, &f->a);
	struct route route;
	assert_int_equal(say(f, &f->a, &from, &ping), PATHS_TAKEN);
	paths_sent_by(f->p, 0, f->now, &route);
	paths_peer_remove(f->p, 0, f->now);
	paths_peer_remove(f->p, 0, f->now);
	assert_false(next(f, &f->a));
	paths_sent_by(f->p, 0, f->now, &route);
	assert_int_equal(route.n, 0);
	assert_true(paths_deadline(f->p) == MONO_NEVER);
	paths_free(f->p);
}

static void an_id_given_to_another_node_begins_anew(void **state)
{
	struct fixture *f = setup();
	struct way from = udp(7);
	struct disco_msg ping = provoke_ping(f), pong = pong_to(&ping);
	assert_int_equal(say(f, &f->a, &from, &pong), PATHS_TAKEN);
	friend_introduce(&f->b, f->p, 0, f->now);
	assert_false(is_direct(f, 0));
	assert_int_equal(say(f, &f->a, &from, &ping), PATHS_DROPPED);
	ping = ping_of(f, &f->b);
	assert_int_equal(say(f, &f->b, &from, &ping), PATHS_TAKEN);
	paths_free(f->p);
}

static void nonsense_about_peers_is_ignored(void **state)
{
	struct fixture *f = setup();
	struct paths_peer cfg = {.key = f->b.node};
	struct disco_key zero = {{0}}, low_order = {{1}};
	struct paths_peer_status st;
	struct way from = udp(7);
	paths_peer_set(f->p, 4, &cfg, f->now);    /* there are four: 0 to 3 */
	paths_peer_disco(f->p, 3, &zero, f->now); /* nobody there */
	paths_peer_disco(f->p, 0, &zero, f->now); /* no key */
	paths_peer_disco(f->p, 0, &low_order, f->now);
	paths_peer_status(f->p, 3, f->now, &st);
	paths_on_heard(f->p, 3, &from, f->now);
	assert_int_equal(st.route.n, 0);
	paths_peer_status(f->p, 0, f->now, &st);
	assert_true(key_equal(st.disco.b, f->a.disco_public.b));
	paths_free(f->p);
	paths_free(NULL);
}

/* --- peers without disco, without relay --- */

static void a_plain_peer_is_where_it_was_last_heard(void **state)
{
	struct fixture *f = setup();
	struct way first = udp(1), second = udp(2), relay = way_relay(1);
	struct paths_peer cfg = {
		.key = f->b.node, .hints = {first.ep}, .n_hints = 1, .plain = true};
	struct route route;
	paths_peer_set(f->p, 1, &cfg, f->now);
	paths_peer_disco(f->p, 1, &f->b.disco_public, f->now); /* it has none: ignored */
	paths_sent_by(f->p, 1, f->now, &route);
	assert_int_equal(route.n, 1);
	assert_true(way_equal(&route.via[0], &first));
	paths_on_heard(f->p, 1, &second, f->now);
	paths_on_heard(f->p, 1, &relay, f->now);
	paths_sent_by(f->p, 1, f->now, &route);
	assert_true(way_equal(&route.via[0], &second));
	paths_on_link_change(f->p, f->now);
	assert_false(next(f, &f->b));
	assert_false(paths_ping(f->p, 1, f->now));
	assert_true(paths_deadline(f->p) == MONO_NEVER);
	paths_free(f->p);
}

static void a_peer_without_a_home_is_reached_where_it_reached_us(void **state)
{
	struct fixture *f = setup();
	struct way second = way_relay(2), unknown = way_relay(77);
	struct paths_peer cfg = {.key = f->b.node};
	struct route route;
	paths_peer_set(f->p, 1, &cfg, f->now);
	paths_sent_by(f->p, 1, f->now, &route);
	assert_int_equal(route.n, 0);
	paths_on_heard(f->p, 1, &second, f->now);
	paths_sent_by(f->p, 1, f->now, &route);
	assert_int_equal(route.n, 1);
	assert_true(way_equal(&route.via[0], &second));
	paths_on_heard(f->p, 1, &unknown, f->now); /* a relay that is not on our map any more */
	paths_sent_by(f->p, 1, f->now, &route);
	assert_int_equal(route.n, 0);
	paths_free(f->p);
}

static void without_a_relay_the_first_hint_is_tried_blindly(void **state)
{
	struct fixture *f = setup();
	struct way hint = udp(1);
	struct paths_peer cfg = {.key = f->b.node, .hints = {hint.ep}, .n_hints = 1};
	struct route route;
	paths_peer_set(f->p, 1, &cfg, f->now);
	paths_sent_by(f->p, 1, f->now, &route);
	assert_int_equal(route.n, 1);
	assert_true(way_equal(&route.via[0], &hint));
	assert_false(is_direct(f, 1));
	paths_peer_disco(f->p, 1, &f->b.disco_public, f->now);
	assert_true(next(f, &f->b)); /* and probed as soon as it can be */
	assert_true(way_equal(&f->to.via, &hint));
	paths_free(f->p);
}

static void a_new_hint_is_probed_while_there_is_traffic(void **state)
{
	struct fixture *f = setup();
	struct route route;
	struct way hint = udp(1);
	struct paths_peer cfg = {
		.key = f->a.node, .home = FRIEND_REGION, .hints = {hint.ep}, .n_hints = 1};
	paths_sent_by(f->p, 0, f->now, &route);
	drain(f);
	f->now += 2 * SECOND;
	paths_tick(f->p, f->now);
	drain(f);
	paths_peer_set(f->p, 0, &cfg, f->now);
	assert_true(next(f, &f->a));
	assert_int_equal(f->msg.type, DISCO_PING);
	assert_true(way_equal(&f->to.via, &hint));
	paths_free(f->p);
}

/* --- limits --- */

static void a_peer_that_calls_without_end_gets_what_the_budget_pays_for(void **state)
{
	struct fixture *f = setup();
	struct way relay = way_relay(1);
	struct endpoint v[DISCO_ENDPOINTS_MAX];
	for (int i = 0; i < 1000; i++) {
		for (uint16_t k = 0; k < DISCO_ENDPOINTS_MAX; k++)
			v[k] = (struct endpoint){ip_v4(203, 0, (uint8_t)(i >> 4), (uint8_t)k),
						 (uint16_t)(1 + i)};
		struct disco_msg call = call_of(v, DISCO_ENDPOINTS_MAX);
		assert_int_equal(say(f, &f->a, &relay, &call), PATHS_TAKEN);
		drain(f);
		f->now += 10 * MSEC;
	}
	/* Three rounds of 64, and what is left is less than a fourth one: a search in vain is paid
	 * by the hour. */
	assert_in_range(paths_stats(f->p)->pings_sent, 192, 240 + 3);
	assert_true(paths_stats(f->p)->calls_sent <= 3);
	paths_free(f->p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_ping_by_udp_is_answered_there_and_pinged_back),
	cmocka_unit_test(a_ping_over_a_relay_is_answered_over_it),
	cmocka_unit_test(what_a_stranger_sends_is_dropped_and_counted),
	cmocka_unit_test(what_is_neither_disco_nor_stun_is_for_the_tunnel),
	cmocka_unit_test(a_pong_from_elsewhere_proves_the_address_that_was_pinged),
	cmocka_unit_test(a_pong_is_believed_only_if_it_was_waited_for),
	cmocka_unit_test(a_pong_that_comes_too_late_proves_nothing),
	cmocka_unit_test(a_call_makes_it_ping_all_at_once_and_call_back_only_once),
	cmocka_unit_test(a_call_is_taken_only_over_a_relay_from_the_node_of_that_key),
	cmocka_unit_test(endpoints_where_no_peer_can_be_are_ignored),
	cmocka_unit_test(messages_of_peer_relays_are_not_for_us),
	cmocka_unit_test(a_peer_that_calls_while_we_think_it_direct_must_prove_it),
	cmocka_unit_test(peers_that_share_a_disco_key_are_told_apart),
	cmocka_unit_test(the_key_of_another_peer_redirects_nothing),
	cmocka_unit_test(our_own_disco_key_is_no_key_of_a_peer),
	cmocka_unit_test(of_the_keys_told_too_fast_the_last_is_taken),
	cmocka_unit_test(new_keys_fill_no_budget),
	cmocka_unit_test(nothing_is_sent_to_a_peer_that_was_removed),
	cmocka_unit_test(an_id_given_to_another_node_begins_anew),
	cmocka_unit_test(nonsense_about_peers_is_ignored),
	cmocka_unit_test(a_plain_peer_is_where_it_was_last_heard),
	cmocka_unit_test(a_peer_without_a_home_is_reached_where_it_reached_us),
	cmocka_unit_test(without_a_relay_the_first_hint_is_tried_blindly),
	cmocka_unit_test(a_new_hint_is_probed_while_there_is_traffic),
	cmocka_unit_test(a_peer_that_calls_without_end_gets_what_the_budget_pays_for),
};
RUN_TESTS(tests)

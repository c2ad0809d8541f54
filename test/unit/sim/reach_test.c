/* Two programs that have no tunnel: reach/ alone carries what they seal themselves, through a relay
 * and then between two NATs.  Nothing of tunnel/ and node/ is linked. */
#include <stdlib.h>

#include "crypto/box.h"
#include "crypto/seeded.h"
#include "sim/sim_reach.h"
#include "unit/unit.h"

enum { MESSAGE_LEN = 9, LINE_MS = 20, MESSAGES_MAX = 8192 };

struct end {
	struct sim_reach net;
	struct reach *reach;
	struct node_private key;
	struct node_key public;
	struct disco_private disco;
	struct box_shared shared;
	const struct reach_out *out;
	peer_id peer;
	uint64_t sent, taken; /* messages */
	/* By number: while a path is doubted each message goes two ways. */
	bool seen[MESSAGES_MAX];
	mono_ns last_at, longest_silence;
	enum { BY_NOTHING, BY_RELAY, BY_UDP } last_by;
	mono_ns direct_at;
};

struct world {
	struct seeded seeded;
	struct rng rng;
	struct events events;
	struct net net;
	struct sim_relay relay;
	struct box *routers[2];
	struct end ends[2];
};

/* --- what stands on reach: a box for each message, which proves whom it is from --- */

static void take(struct end *e, struct bytes sealed, const struct way *from, mono_ns now)
{
	uint8_t plain[MESSAGE_LEN];
	struct wr w = wr_of(plain, sizeof(plain));
	if (!box_open(&e->shared, &w, sealed) || w.n != MESSAGE_LEN)
		return;
	struct rd r = rd_of(wr_done(&w));
	assert_int_equal(rd_u8(&r), 'm');
	uint64_t number = rd_be64(&r);
	assert_true(number < MESSAGES_MAX);
	e->taken += !e->seen[number];
	e->seen[number] = true;
	if (e->last_at != 0)
		e->longest_silence = mono_max(e->longest_silence, now - e->last_at);
	e->last_at = now;
	e->last_by = from->kind == WAY_RELAY ? BY_RELAY : BY_UDP;
	reach_on_data(e->reach, e->peer, from, now);
}

static void say(struct end *e, mono_ns now)
{
	uint8_t memory[PACKET_SIZE], plain[MESSAGE_LEN];
	struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
	struct wr w = wr_of(plain, sizeof(plain)), out = wr_of(p.data, p.tail);
	wr_u8(&w, 'm');
	wr_be64(&w, ++e->sent);
	box_seal(&e->shared, &out, wr_done(&w), &e->net.rng);
	assert_non_null(packet_append(&p, out.n));
	reach_begin(e->reach);
	reach_send(e->reach, e->peer, &p, now);
	sim_reach_pump(&e->net, now);
}

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct end *e = self;
	bool more = reach_drain(e->reach, &e->out, now);
	*out = e->out;
	return more;
}

static void deliver(void *self, mono_ns now)
{
	struct end *e = self;
	for (size_t i = 0; i < e->out->n_relayed; i++)
		take(e, packet_bytes(&e->out->relayed[i].packet), &e->out->relayed[i].from, now);
}

static mono_ns deadline(const void *self)
{
	const struct end *e = self;
	return reach_deadline(e->reach);
}

static void on_datagram(void *self, struct datagram *d, mono_ns now)
{
	struct end *e = self;
	struct way from;
	reach_begin(e->reach);
	if (reach_input(e->reach, d, now, &from) == REACH_DATA)
		take(e, packet_bytes(&d->packet), &from, now);
}

static void on_tick(void *self, mono_ns now)
{
	struct end *e = self;
	reach_tick(e->reach, now);
}

static void on_event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct end *e = self;
	if (ev->kind == REACH_PATH && ev->path.kind == PATH_MOVED && ev->path.via.kind == WAY_UDP &&
	    e->direct_at == MONO_NEVER)
		e->direct_at = now;
}

/* --- the world --- */

static struct box *home(struct world *w, size_t i)
{
	const struct link_config line = {.delay = LINE_MS * MSEC}, inside = {.delay = 200 * USEC};
	const struct nat_config nat = {.external = ip_v4(192, 0, 2, (uint8_t)(i + 1)),
				       .mapping = NAT_ENDPOINT_INDEPENDENT,
				       .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
				       .timeout = 30 * SECOND};
	const struct ip host = ip_v4(192, 168, (uint8_t)(i + 1), 2);
	w->routers[i] = net_box(&w->net, w->net.root, "router", &line, &line);
	box_add_address(w->routers[i], &nat.external);
	box_set_nat(w->routers[i], &nat, 4);
	struct box *box = net_box(&w->net, w->routers[i], "host", &inside, &inside);
	box_add_address(box, &host);
	return box;
}

static void begin_end(struct world *w, size_t i)
{
	static const struct pump_machine machine = {
		.drain = drain, .deliver = deliver, .deadline = deadline};
	struct end *e = &w->ends[i];
	const struct sim_reach_owner owner = {.machine = &machine,
					      .datagram = on_datagram,
					      .tick = on_tick,
					      .event = on_event,
					      .self = e};
	key_generate(e->key.b, &w->rng);
	key_public(e->public.b, e->key.b);
	key_generate(e->disco.b, &w->rng);
	e->direct_at = MONO_NEVER;
	sim_reach_init(&e->net, home(w, i), 41641, &w->rng, &owner);
	sim_reach_add_relay(&e->net, &w->relay);
}

/* Each gets the other's keys, as from a coordination server. */
static void introduce(struct world *w, size_t i)
{
	struct end *e = &w->ends[i], *other = &w->ends[1 - i];
	struct paths_peer peer = {.key = other->public, .home = 1};
	const struct reach_config cfg = {.key = e->key,
					 .disco = e->disco,
					 .rng = w->rng,
					 .peers_max = 4,
					 .port = e->net.port,
					 .own_receipts = true};
	key_public(peer.disco.b, other->disco.b);
	assert_true(box_shared_of(&e->shared, e->key.b, other->public.b));
	e->reach = reach_new(&cfg, w->events.now);
	assert_non_null(e->reach);
	sim_reach_start(&e->net, e->reach, w->events.now);
	assert_int_equal(reach_peer_set(e->reach, &peer, w->events.now, &e->peer), REACH_PEER_KEPT);
	sim_reach_pump(&e->net, w->events.now);
}

static void run(struct world *w, mono_ns time)
{
	mono_ns until = w->events.now + time;
	while (events_step(&w->events, until))
		;
}

static struct world *begin(uint64_t seed)
{
	const struct link_config line = {.delay = 5 * MSEC};
	struct world *w = sim_alloc(sizeof(*w));
	seeded_init(&w->seeded, seed);
	w->rng = seeded_rng(&w->seeded);
	events_init(&w->events, SECOND);
	net_init(&w->net, &w->events, &w->rng);
	struct box *box = net_box(&w->net, w->net.root, "relay", &line, &line);
	const struct ip at = ip_v4(203, 0, 113, 1);
	box_add_address(box, &at);
	sim_relay_init(&w->relay, box, 1, &w->rng);
	sim_relay_start(&w->relay, w->events.now);
	for (size_t i = 0; i < 2; i++)
		begin_end(w, i);
	for (size_t i = 0; i < 2; i++)
		introduce(w, i);
	run(w, 2 * SECOND);
	return w;
}

static void finish(struct world *w)
{
	for (size_t i = 0; i < 2; i++) {
		assert_false(w->ends[i].net.spins);
		sim_reach_stop(&w->ends[i].net, w->events.now);
		reach_free(w->ends[i].reach);
		sim_reach_fini(&w->ends[i].net);
	}
	sim_relay_fini(&w->relay);
	events_fini(&w->events);
	net_fini(&w->net);
	free(w);
}

static void talk(struct world *w, bool both, mono_ns time)
{
	for (mono_ns end = w->events.now + time; w->events.now < end;) {
		say(&w->ends[0], w->events.now);
		if (both)
			say(&w->ends[1], w->events.now);
		run(w, 20 * MSEC);
	}
}

/* --- what holds --- */

static void the_first_message_goes_through_the_relay_and_the_rest_soon_directly(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world *w = begin(seed);
		mono_ns start = w->events.now;
		say(&w->ends[0], start);
		run(w, 3 * LINE_MS * MSEC);
		assert_int_equal(w->ends[1].taken, 1);
		assert_int_equal(w->ends[1].last_by, BY_RELAY);
		talk(w, true, 3 * SECOND);
		run(w, SECOND);
		for (int i = 0; i < 2; i++) {
			const struct end *e = &w->ends[i];
			assert_true(e->direct_at < start + 2 * SECOND);
			assert_int_equal(e->last_by, BY_UDP);
			assert_int_equal(e->taken, w->ends[1 - i].sent);
		}
		finish(w);
	}
}

/* Without receipts the sender would have to ping twice a second. */
static void receipts_of_its_own_make_a_one_way_stream_cheap(void **state)
{
	struct world *w = begin(1);
	talk(w, false, 5 * SECOND);
	assert_int_equal(w->ends[1].last_by, BY_UDP);
	const struct paths_stats *sender = reach_paths_stats(w->ends[0].reach);
	uint64_t pings = sender->pings_sent, receipts = sender->receipts_taken;
	talk(w, false, 60 * SECOND);
	assert_in_range(sender->receipts_taken - receipts, 100, 3 * 60 + 10);
	assert_in_range(sender->pings_sent - pings, 10, 60 / 3 + 5);
	assert_int_equal(reach_paths_stats(w->ends[1].reach)->receipts_sent,
			 sender->receipts_taken);
	finish(w);
}

/* Both directions of the path die; nothing but disco can tell. */
static void a_path_that_dies_is_left_within_a_second(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world *w = begin(seed);
		talk(w, seed % 2, 4 * SECOND);
		assert_int_equal(w->ends[1].last_by, BY_UDP);
		struct ip a = ip_v4(192, 0, 2, 1), b = ip_v4(192, 0, 2, 2);
		struct prefix pa = prefix_of(&a, 32), pb = prefix_of(&b, 32);
		box_cut(w->net.root, &pa, &pb);
		box_cut(w->net.root, &pb, &pa);
		w->ends[1].longest_silence = 0;
		talk(w, seed % 2, 5 * SECOND);
		assert_true(w->ends[1].longest_silence < SECOND);
		assert_int_equal(w->ends[1].last_by, BY_RELAY);
		box_heal(w->net.root);
		talk(w, seed % 2, 20 * SECOND);
		assert_int_equal(w->ends[1].last_by, BY_UDP);
		finish(w);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_first_message_goes_through_the_relay_and_the_rest_soon_directly),
	cmocka_unit_test(receipts_of_its_own_make_a_one_way_stream_cheap),
	cmocka_unit_test(a_path_that_dies_is_left_within_a_second),
};
RUN_TESTS(tests)

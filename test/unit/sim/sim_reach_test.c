/* What a simulated host does for its reach: streams, refusals, sockets, sleep; and a machine that
 * spins is stopped. */
#include "sim/sim_reach.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

enum { PORT = 41641 };

struct end {
	struct sim_reach net;
	struct reach *reach;
	bool spins; /* its machine always wants more */
	unsigned drained, ticks, datagrams, ready, lost;
	char why[RELAY_WHY_MAX];
};

static struct seeded seeded;
static struct rng rng;
static struct events events;
static struct net net;
static struct sim_relay relay;
static struct box *host;
static struct end end;

/* --- what stands on reach --- */

static bool drain(void *self, const struct reach_out **out, mono_ns now)
{
	struct end *e = self;
	bool more = reach_drain(e->reach, out, now);
	e->drained++;
	return more || e->spins;
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
	e->datagrams++;
	reach_begin(e->reach);
	(void)!reach_input(e->reach, d, now, &from);
}

static void on_tick(void *self, mono_ns now)
{
	struct end *e = self;
	e->ticks++;
	reach_tick(e->reach, now);
}

static void on_event(void *self, const struct reach_event *ev, mono_ns now)
{
	struct end *e = self;
	if (ev->kind != REACH_RELAY)
		return;
	e->ready += ev->ready;
	e->lost += !ev->ready;
	memcpy(e->why, ev->why, sizeof(e->why));
}

/* --- the world --- */

static void run(mono_ns time)
{
	for (mono_ns until = events.now + time; events_step(&events, until);)
		;
}

/* One host in the internet itself, at this address. */
static void begin(const struct ip *address)
{
	static const struct pump_machine machine = {.drain = drain, .deadline = deadline};
	const struct link_config line = {.delay = 10 * MSEC};
	const struct ip at = ip_v4(203, 0, 113, 1);
	const struct sim_reach_owner owner = {.machine = &machine,
					      .datagram = on_datagram,
					      .tick = on_tick,
					      .event = on_event,
					      .self = &end};
	struct reach_config cfg = {.peers_max = 1, .port = PORT};
	end = (struct end){.drained = 0};
	seeded_init(&seeded, 1);
	rng = cfg.rng = seeded_rng(&seeded);
	events_init(&events, SECOND);
	net_init(&net, &events, &rng);
	struct box *box = net_box(&net, net.root, "relay", &line, &line);
	box_add_address(box, &at);
	sim_relay_init(&relay, box, 1, &rng);
	sim_relay_start(&relay, events.now);
	host = net_box(&net, net.root, "host", &line, &line);
	box_add_address(host, address);
	sim_reach_init(&end.net, host, PORT, &rng, &owner);
	sim_reach_add_relay(&end.net, &relay);
	key_generate(cfg.key.b, &rng);
	key_generate(cfg.disco.b, &rng);
	end.reach = reach_new(&cfg, events.now);
	assert_non_null(end.reach);
	sim_reach_start(&end.net, end.reach, events.now);
	sim_reach_pump(&end.net, events.now);
}

static void begin4(void)
{
	const struct ip address = ip_v4(192, 0, 2, 1);
	begin(&address);
}

static int finish(void **state)
{
	sim_reach_stop(&end.net, events.now);
	reach_free(end.reach);
	sim_reach_fini(&end.net);
	sim_relay_fini(&relay);
	events_fini(&events);
	net_fini(&net);
	return 0;
}

static struct socket_wish wish_of(uint32_t version, size_t n, const uint16_t *v)
{
	struct socket_wish w = {.version = version};
	for (size_t i = 0; i < n; i++)
		socket_wish_add(&w, v[i]);
	return w;
}

/* --- what holds --- */

static void a_relay_is_dialled_and_asked_by_stun(void **state)
{
	begin4();
	run(2 * SECOND);
	assert_int_equal(end.ready, 1);
	assert_true(end.net.up[0]);
	assert_true(relay.stun_answered > 0);
	assert_true(end.datagrams > 0);
	assert_true(end.net.flows.begun > 0);
}

static void without_a_way_to_it_a_relay_is_refused_at_once(void **state)
{
	const struct ip v6 = ip_v6_from((const uint8_t[16]){0x20, 1, 0x0d, 0xb8, [15] = 1});
	begin(&v6);
	run(100 * MSEC);
	assert_true(end.lost > 0);
	assert_string_equal(end.why, "network is unreachable");
	assert_null(end.net.pipes[0]);
	assert_false(end.net.spins);
}

static void a_relay_that_does_not_run_refuses_and_is_dialled_again(void **state)
{
	begin4();
	sim_relay_stop(&relay, events.now);
	run(2 * SECOND);
	assert_int_equal(end.ready, 0);
	assert_true(end.lost > 0);
	sim_relay_start(&relay, events.now);
	run(60 * SECOND);
	assert_int_equal(end.ready, 1);
}

static void an_address_that_goes_takes_its_stream_along(void **state)
{
	const struct ip old = ip_v4(192, 0, 2, 1), other = ip_v4(192, 0, 2, 9);
	begin4();
	run(2 * SECOND);
	box_remove_address(host, &old);
	box_add_address(host, &other);
	sim_reach_address_changed(&end.net, events.now);
	assert_string_equal(end.why, "its local address is gone");
	run(5 * SECOND);
	assert_int_equal(end.ready, 2);
	assert_true(pipe_has_address(end.net.pipes[0]));
}

static void extra_sockets_follow_the_wish_and_have_ports_of_their_own(void **state)
{
	const uint16_t first[] = {7, 8, 9}, then[] = {8, 10};
	begin4();
	run(2 * SECOND);
	struct socket_wish w = wish_of(1, ARRAY_LEN(first), first);
	end.net.pump.effects->follow(&end.net, &w);
	assert_int_equal(end.net.n_sockets, 3);
	uint16_t kept = 0;
	for (size_t i = 0; i < 3; i++) {
		assert_int_not_equal(end.net.sockets[i].port, PORT);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(end.net.sockets[i].port, end.net.sockets[k].port);
		if (end.net.sockets[i].number == 8)
			kept = end.net.sockets[i].port;
	}
	w = wish_of(2, ARRAY_LEN(then), then);
	end.net.pump.effects->follow(&end.net, &w);
	assert_int_equal(end.net.n_sockets, 2);
	assert_int_equal(end.net.sockets[0].number + end.net.sockets[1].number, 18);
	assert_true(end.net.sockets[0].port == kept || end.net.sockets[1].port == kept);
}

static void a_host_that_sleeps_does_nothing_and_wakes_to_a_new_stream(void **state)
{
	struct packet p;
	begin4();
	run(2 * SECOND);
	sim_reach_sleep(&end.net);
	unsigned ticks = end.ticks, datagrams = end.datagrams, drained = end.drained;
	run(300 * SECOND);
	assert_int_equal(end.ticks, ticks);
	assert_int_equal(end.datagrams, datagrams);
	assert_int_equal(end.drained, drained);
	assert_null(sim_reach_packet(&end.net, &p, (struct bytes){(const uint8_t *)"x", 1}));
	sim_reach_wake(&end.net, 300 * SECOND, events.now);
	assert_true(end.ticks > ticks);
	run(5 * SECOND);
	assert_int_equal(end.ready, 2);
}

static void a_packet_lies_in_the_memory_of_the_host(void **state)
{
	static const uint8_t longest[PACKET_SIZE] = {1, 2, 3};
	struct packet p;
	begin4();
	assert_non_null(sim_reach_packet(&end.net, &p, (struct bytes){longest, 100}));
	assert_int_equal(p.len, 100);
	assert_memory_equal(p.data, longest, 100);
	assert_null(sim_reach_packet(&end.net, &p, (struct bytes){longest, sizeof(longest)}));
}

/* Time would stand still for the whole simulation. */
static void a_machine_that_spins_is_not_driven_any_further(void **state)
{
	begin4();
	run(2 * SECOND);
	assert_false(end.net.spins);
	end.spins = true;
	sim_reach_pump(&end.net, events.now);
	assert_true(end.net.spins);
	unsigned drained = end.drained;
	sim_reach_pump(&end.net, events.now);
	run(60 * SECOND);
	assert_int_equal(end.drained, drained);
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_teardown(name, finish)
		T(a_relay_is_dialled_and_asked_by_stun),
		T(without_a_way_to_it_a_relay_is_refused_at_once),
		T(a_relay_that_does_not_run_refuses_and_is_dialled_again),
		T(an_address_that_goes_takes_its_stream_along),
		T(extra_sockets_follow_the_wish_and_have_ports_of_their_own),
		T(a_host_that_sleeps_does_nothing_and_wakes_to_a_new_stream),
		T(a_packet_lies_in_the_memory_of_the_host),
		T(a_machine_that_spins_is_not_driven_any_further),
#undef T
	};
	return cmocka_run_group_tests(tests, start, NULL);
}

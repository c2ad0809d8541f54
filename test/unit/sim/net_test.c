#include "sim/net.h"

#include "crypto/seeded.h"
#include "sim/pipe.h"
#include "unit/unit.h"

/* Two homes behind NATs and a server, all lines 10 ms one way. */
struct place {
	struct seeded seeded;
	struct events events;
	struct net net;
	struct box *server, *nat[2], *host[2];
	struct box *got_at; /* the last datagram */
	struct endpoint got_from, got_to;
	mono_ns got_when;
	size_t got;
};

struct watcher {
	struct place *place;
	struct box *box;
};

static struct place p;
static struct watcher watchers[3];

static void receive(void *self, const struct net_datagram *d, mono_ns now)
{
	struct watcher *w = self;
	w->place->got_at = w->box;
	w->place->got_from = d->src;
	w->place->got_to = d->dst;
	w->place->got_when = now;
	w->place->got++;
}

static struct box *host(struct box *parent, const char *name, struct ip ip, size_t i)
{
	struct link_config line = {.delay = 10 * MSEC};
	struct box *b = net_box(&p.net, parent, name, &line, &line);
	box_add_address(b, &ip);
	watchers[i] = (struct watcher){&p, b};
	box_attach(b, &(struct box_owner){.receive = receive, .self = &watchers[i]});
	return b;
}

static struct box *nat(const char *name, struct ip external)
{
	struct link_config line = {.delay = 10 * MSEC};
	struct box *b = net_box(&p.net, p.net.root, name, &line, &line);
	box_add_address(b, &external);
	struct nat_config cfg = {.external = external,
				 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
				 .hairpin = NAT_HAIRPIN_EXTERNAL_SOURCE};
	box_set_nat(b, &cfg, 4);
	return b;
}

static int build(void **state)
{
	p = (struct place){0};
	seeded_init(&p.seeded, 5);
	struct rng rng = seeded_rng(&p.seeded);
	events_init(&p.events, 0);
	net_init(&p.net, &p.events, &rng);
	p.server = host(p.net.root, "server", ip_v4(203, 0, 113, 1), 0);
	p.nat[0] = nat("nat0", ip_v4(192, 0, 2, 1));
	p.nat[1] = nat("nat1", ip_v4(192, 0, 2, 2));
	p.host[0] = host(p.nat[0], "alice", ip_v4(192, 168, 1, 2), 1);
	p.host[1] = host(p.nat[1], "bob", ip_v4(192, 168, 1, 2), 2);
	return 0;
}

static int tear_down(void **state)
{
	events_fini(&p.events);
	net_fini(&p.net);
	return 0;
}

static void run(mono_ns until)
{
	while (events_step(&p.events, until))
		;
}

static const uint8_t payload[3] = {1, 2, 3};

/* Sends, waits, and tells whether it arrived. */
static bool arrives(struct box *from, uint16_t sport, struct endpoint dst)
{
	size_t before = p.got;
	if (!net_send(from, sport, &dst, BYTES_OF(payload), p.events.now))
		return false;
	run(p.events.now + SECOND);
	return p.got > before;
}

static struct endpoint server_at(uint16_t port)
{
	return (struct endpoint){ip_v4(203, 0, 113, 1), port};
}

static void a_datagram_crosses_the_tree_and_its_answer_comes_back(void **state)
{
	assert_true(arrives(p.host[0], 5000, server_at(80)));
	assert_ptr_equal(p.got_at, p.server);
	assert_int_equal(p.got_from.port, 5000); /* preserved */
	assert_true(ip_equal(&p.got_from.ip, &p.nat[0]->addresses[0]));
	assert_true(p.got_when == 30 * MSEC);
	assert_true(arrives(p.server, 80, p.got_from));
	assert_ptr_equal(p.got_at, p.host[0]);
	assert_int_equal(p.got_to.port, 5000);
	assert_false(arrives(p.server, 81, (struct endpoint){p.nat[0]->addresses[0], 5000}));
	assert_int_equal(p.net.fates[NET_NAT], 1);
	assert_int_equal(p.net.carried, 8);
}

static void hosts_of_one_home_talk_without_the_nat(void **state)
{
	host(p.nat[0], "carol", ip_v4(192, 168, 1, 3), 0);
	assert_true(arrives(p.host[0], 5000, (struct endpoint){ip_v4(192, 168, 1, 3), 6000}));
	assert_true(ip_equal(&p.got_from.ip, &p.host[0]->addresses[0]));
	assert_true(arrives(p.got_at, 6000, (struct endpoint){ip_v4(203, 0, 113, 1), 80}));
}

static void a_hairpin_comes_back_to_the_home(void **state)
{
	struct box *carol = host(p.nat[0], "carol", ip_v4(192, 168, 1, 3), 0);
	assert_false(arrives(p.host[0], 5000, (struct endpoint){p.nat[0]->addresses[0], 6000}));
	assert_false(arrives(carol, 6000, (struct endpoint){p.nat[0]->addresses[0], 5000}) &&
		     p.got_at != p.host[0]);
	assert_true(arrives(p.host[0], 5000, (struct endpoint){p.nat[0]->addresses[0], 6000}));
	assert_ptr_equal(p.got_at, carol);
	assert_true(ip_equal(&p.got_from.ip, &p.nat[0]->addresses[0]));
}

static void what_has_no_way_is_dropped(void **state)
{
	assert_false(arrives(p.host[0], 5000, (struct endpoint){ip_v4(10, 9, 9, 9), 80}));
	assert_int_equal(p.net.fates[NET_NO_ROUTE], 1);
	struct ip v6;
	assert_true(ip_parse(&v6, "2001:db8::1"));
	assert_false(arrives(p.host[0], 5000, (struct endpoint){v6, 80})); /* no such address */
	p.nat[0]->blocks_udp = true;
	assert_false(arrives(p.host[0], 5000, server_at(80)));
	assert_int_equal(p.net.fates[NET_BLOCKED], 1);
	p.nat[0]->blocks_udp = false;
	p.nat[0]->off = true;
	assert_false(arrives(p.host[0], 5000, server_at(80)));
	assert_int_equal(p.net.fates[NET_OFF], 1);
	p.nat[0]->off = false;
	p.nat[0]->up.down = true;
	assert_false(arrives(p.host[0], 5000, server_at(80)));
	assert_int_equal(p.net.fates[NET_LOST], 1);
	p.host[0]->off = true;
	assert_false(arrives(p.host[0], 5000, server_at(80)));
	assert_string_equal(net_fate_name(NET_BLOCKED), "blocked");
	assert_string_equal(net_fate_name(NET_FATES), "?");
}

static void a_cut_goes_one_way_and_heals(void **state)
{
	struct prefix home = prefix_of(&p.nat[0]->addresses[0], 32),
		      server = prefix_of(&p.server->addresses[0], 32);
	box_cut(p.net.root, &server, &home);
	assert_true(arrives(p.host[0], 5000, server_at(80)));
	assert_false(arrives(p.server, 80, p.got_from));
	assert_int_equal(p.net.fates[NET_CUT], 1);
	box_heal(p.net.root);
	assert_true(arrives(p.server, 80, p.got_from));
	box_cut(p.nat[0], &home, &server); /* by the translated source, at the box itself */
	assert_false(arrives(p.host[0], 5000, server_at(80)));
	assert_int_equal(p.net.fates[NET_CUT], 2);
}

static void prefixes_of_ipv6_are_routed_and_firewalled(void **state)
{
	struct prefix home;
	struct ip alice, server;
	assert_true(prefix_parse(&home, "2001:db8:1::/48"));
	assert_true(ip_parse(&alice, "2001:db8:1::2"));
	assert_true(ip_parse(&server, "2001:db8:f::1"));
	box_route(p.nat[0], &home);
	box_add_address(p.host[0], &alice);
	box_add_address(p.server, &server);
	assert_true(arrives(p.server, 80, (struct endpoint){alice, 5000}));
	struct nat_config wall = {.firewall = true, .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT};
	box_set_nat(p.nat[0], &wall, 6);
	assert_false(arrives(p.server, 80, (struct endpoint){alice, 5000}));
	assert_true(arrives(p.host[0], 5000, (struct endpoint){server, 80}));
	assert_true(ip_equal(&p.got_from.ip, &alice));
	assert_true(arrives(p.server, 80, (struct endpoint){alice, 5000}));
}

static void a_host_moves_and_changes_its_address(void **state)
{
	struct ip was = p.host[0]->addresses[0], now = ip_v4(192, 168, 7, 7);
	box_move(p.host[0], p.nat[1]);
	box_remove_address(p.host[0], &was);
	box_add_address(p.host[0], &now);
	assert_true(arrives(p.host[0], 5000, server_at(80)));
	assert_true(ip_equal(&p.got_from.ip, &p.nat[1]->addresses[0]));
	assert_true(arrives(p.server, 80, p.got_from));
	assert_ptr_equal(p.got_at, p.host[0]);
}

static void a_nat_below_a_nat_translates_twice(void **state)
{
	struct box *home = nat("home", ip_v4(100, 64, 0, 9));
	box_move(home, p.nat[0]);
	struct box *dave = host(home, "dave", ip_v4(192, 168, 9, 2), 1);
	assert_true(arrives(dave, 5000, server_at(80)));
	assert_true(ip_equal(&p.got_from.ip, &p.nat[0]->addresses[0]));
	assert_true(arrives(p.server, 80, p.got_from));
	assert_ptr_equal(p.got_at, dave);
}

static void a_neighbour_below_the_same_carrier_is_reached_by_a_hairpin(void **state)
{
	struct box *homes[2] = {nat("h0", ip_v4(100, 64, 0, 9)), nat("h1", ip_v4(100, 64, 0, 10))};
	struct box *hosts[2];
	for (uint8_t i = 0; i < 2; i++) {
		box_move(homes[i], p.nat[0]);
		hosts[i] = host(homes[i], "host", ip_v4(192, 168, 9, (uint8_t)(2 + i)), i);
	}
	struct endpoint one = {p.nat[0]->addresses[0], 5000}, two = {p.nat[0]->addresses[0], 6000};
	assert_false(arrives(hosts[0], 5000, two));
	assert_true(arrives(hosts[1], 6000, one)); /* as far as both filters are open by then */
	assert_ptr_equal(p.got_at, hosts[0]);
	assert_true(arrives(hosts[0], 5000, two));
	assert_ptr_equal(p.got_at, hosts[1]);
}

static void all_addresses_of_a_pool_lead_back(void **state)
{
	struct nat_config cfg = {
		.external = ip_v4(192, 0, 2, 1), .pool = {ip_v4(192, 0, 2, 77)}, .n_pool = 1};
	box_set_nat(p.nat[0], &cfg, 4);
	box_add_address(p.nat[0], &cfg.pool[0]);
	bool seen[2] = {false, false};
	for (uint16_t port = 5000; port < 5020; port++) {
		assert_true(arrives(p.host[0], port, server_at(80)));
		seen[ip_equal(&p.got_from.ip, &cfg.pool[0])] = true;
		assert_true(arrives(p.server, 80, p.got_from));
		assert_int_equal(p.got_to.port, port);
	}
	assert_true(seen[0] && seen[1]);
}

static void a_nat64_takes_ipv6_to_ipv4_and_back(void **state)
{
	struct ip v6, to;
	struct prefix prefix;
	assert_true(ip_parse(&v6, "2001:db8:1::2"));
	assert_true(prefix_parse(&prefix, "2001:db8:1:64::/96"));
	assert_true(ip_parse(&to, "2001:db8:1:64::cb00:7101")); /* 203.0.113.1 */
	struct nat_config cfg = {.external = ip_v4(192, 0, 2, 64),
				 .filtering = NAT_ADDRESS_AND_PORT_DEPENDENT};
	box_set_nat64(p.nat[0], &cfg, &prefix);
	box_add_address(p.nat[0], &cfg.external);
	box_add_address(p.host[0], &v6);
	assert_true(arrives(p.host[0], 5000, (struct endpoint){to, 80}));
	assert_ptr_equal(p.got_at, p.server);
	assert_true(ip_equal(&p.got_from.ip, &cfg.external));
	assert_false(arrives(p.server, 81, p.got_from)); /* filtered */
	assert_true(arrives(p.server, 80, p.got_from));
	assert_ptr_equal(p.got_at, p.host[0]);
	assert_true(ip_equal(&p.got_from.ip, &to));
}

static void a_host_with_two_uplinks_uses_its_leg_where_its_own_place_has_no_way(void **state)
{
	struct ip leg = ip_v4(192, 168, 5, 5), v6, server6, out[2 * BOX_ADDRESSES_MAX];
	assert_true(ip_parse(&v6, "2001:db8:5::5"));
	assert_true(ip_parse(&server6, "2001:db8:f::1"));
	struct box *b = host(p.nat[1], "leg", leg, 0);
	box_add_address(b, &v6);
	box_add_address(p.server, &server6);
	box_add_leg(p.host[0], b);
	assert_int_equal(box_addresses(p.host[0], out), 3);

	assert_true(arrives(p.host[0], 5000, server_at(80))); /* by the default route */
	assert_true(ip_equal(&p.got_from.ip, &p.nat[0]->addresses[0]));
	assert_true(arrives(p.host[0], 5000,
			    (struct endpoint){server6, 80})); /* only the leg has IPv6 */
	assert_true(ip_equal(&p.got_from.ip, &v6));
	assert_true(arrives(p.host[0], 5000,
			    (struct endpoint){ip_v4(192, 168, 1, 2), 80})); /* its link */
	assert_ptr_equal(p.got_at, p.host[1]);
	assert_true(arrives(p.host[1], 80, (struct endpoint){leg, 5000}));
	assert_ptr_equal(p.got_at, p.host[0]);
	p.host[0]->up.down = true;
	assert_true(arrives(p.host[0], 5000, server_at(80)));
	assert_true(ip_equal(&p.got_from.ip, &p.nat[1]->addresses[0]));
}

/* --- pipes --- */

struct talker {
	uint8_t b[4096];
	size_t n;
	mono_ns up_at, last_at;
	struct pipe *pipe;
	const char *why;
};

static struct talker client, server;

static void on_up(void *self, struct pipe *pipe, mono_ns now)
{
	((struct talker *)self)->up_at = now;
}

static void on_bytes(void *self, struct pipe *pipe, struct bytes b, mono_ns now)
{
	struct talker *t = self;
	assert_true(t->n + b.n <= sizeof(t->b));
	memcpy(t->b + t->n, b.p, b.n);
	t->n += b.n;
	t->last_at = now;
}

static void on_down(void *self, struct pipe *pipe, const char *why, mono_ns now)
{
	((struct talker *)self)->why = why;
}

static struct pipe_owner talks(struct talker *t)
{
	*t = (struct talker){.up_at = MONO_NEVER};
	return (struct pipe_owner){.up = on_up, .bytes = on_bytes, .down = on_down, .self = t};
}

static bool take(void *self, struct pipe *pipe, mono_ns now)
{
	struct pipe_owner owner = talks(&server);
	pipe_take(pipe, &owner);
	return true;
}

static struct pipe *dial(unsigned round_trips)
{
	struct pipe_owner owner = talks(&client);
	return pipe_open(p.host[0], p.server, round_trips, &owner, p.events.now);
}

static struct pipe *connected(void)
{
	box_attach(p.server, &(struct box_owner){.accept = take});
	struct pipe *pipe = dial(1);
	run(p.events.now + SECOND);
	assert_true(client.up_at != MONO_NEVER);
	return pipe;
}

static void a_stream_comes_up_after_its_round_trips(void **state)
{
	box_attach(p.server, &(struct box_owner){.accept = take});
	dial(3);
	run(SECOND);
	assert_true(client.up_at == 3 * 60 * MSEC);
}

static void bytes_arrive_all_and_in_order_over_a_bad_line(void **state)
{
	p.nat[0]->up.cfg.loss_ppm = PPM / 5;
	p.nat[0]->up.cfg.jitter = 30 * MSEC;
	struct pipe *pipe = connected();
	pipe_set_tag(pipe, 9);
	assert_int_equal(pipe_tag(pipe), 9);
	for (int i = 0; i < 256; i++) {
		uint8_t b = (uint8_t)i;
		pipe_write(pipe, PIPE_CLIENT, (struct bytes){&b, 1}, p.events.now);
		pipe_write(pipe, PIPE_SERVER, (struct bytes){&b, 1}, p.events.now);
		run(p.events.now + MSEC);
	}
	run(p.events.now + 20 * SECOND);
	assert_int_equal(server.n, 256);
	assert_int_equal(client.n, 256);
	for (int i = 0; i < 256; i++)
		assert_int_equal(server.b[i], i);
	assert_ptr_equal(pipe_box(pipe, PIPE_SERVER), p.server);
}

static void one_end_closes_and_the_other_hears_of_it(void **state)
{
	struct pipe *pipe = connected();
	pipe_close(pipe, PIPE_CLIENT, p.events.now);
	pipe_write(pipe, PIPE_SERVER, BYTES_OF((const uint8_t[]){1}), p.events.now);
	run(p.events.now + SECOND);
	assert_null(client.why); /* it closed by itself */
	assert_int_equal(client.n, 0);
	assert_non_null(server.why);
	pipe_close(pipe, PIPE_SERVER, p.events.now);

	pipe = connected();
	pipe_close(pipe, PIPE_SERVER, p.events.now);
	run(p.events.now + SECOND);
	assert_non_null(client.why);
}

static void a_server_that_does_not_listen_refuses(void **state)
{
	dial(2);
	run(p.events.now + SECOND);
	assert_string_equal(client.why, "connection refused");
}

static void a_server_that_is_off_lets_it_time_out(void **state)
{
	p.server->off = true;
	dial(2);
	run(p.events.now + 10 * SECOND);
	assert_null(client.why);
	run(p.events.now + 10 * SECOND);
	assert_string_equal(client.why, "timed out");
}

static void a_dead_line_kills_it_when_it_gives_up(void **state)
{
	struct pipe *pipe = connected();
	p.nat[0]->down.down = true;
	pipe_write(pipe, PIPE_SERVER, BYTES_OF((const uint8_t[]){1}), p.events.now);
	run(p.events.now + 20 * SECOND);
	assert_string_equal(server.why, "timed out");
	assert_non_null(client.why);
}

static void a_flushed_nat_keeps_it_and_a_rebooted_one_breaks_it(void **state)
{
	struct pipe *pipe = connected();
	nat_flush(p.nat[0]->nat4);
	pipe_write(pipe, PIPE_CLIENT, BYTES_OF((const uint8_t[]){1}), p.events.now);
	run(p.events.now + SECOND);
	assert_int_equal(server.n, 1);
	nat_reboot(p.nat[0]->nat4);
	pipe_write(pipe, PIPE_SERVER, BYTES_OF((const uint8_t[]){1}), p.events.now);
	run(p.events.now + SECOND);
	assert_int_equal(client.n, 0);
	assert_null(client.why);
	pipe_write(pipe, PIPE_CLIENT, BYTES_OF((const uint8_t[]){1}), p.events.now);
	run(p.events.now + SECOND);
	assert_string_equal(client.why, "connection reset");
	assert_int_equal(server.n, 1);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

static const struct CMUnitTest tests[] = {
	IN_PLACE(a_datagram_crosses_the_tree_and_its_answer_comes_back),
	IN_PLACE(hosts_of_one_home_talk_without_the_nat),
	IN_PLACE(a_hairpin_comes_back_to_the_home),
	IN_PLACE(what_has_no_way_is_dropped),
	IN_PLACE(a_cut_goes_one_way_and_heals),
	IN_PLACE(prefixes_of_ipv6_are_routed_and_firewalled),
	IN_PLACE(a_host_moves_and_changes_its_address),
	IN_PLACE(a_nat_below_a_nat_translates_twice),
	IN_PLACE(a_neighbour_below_the_same_carrier_is_reached_by_a_hairpin),
	IN_PLACE(all_addresses_of_a_pool_lead_back),
	IN_PLACE(a_nat64_takes_ipv6_to_ipv4_and_back),
	IN_PLACE(a_host_with_two_uplinks_uses_its_leg_where_its_own_place_has_no_way),
	IN_PLACE(a_stream_comes_up_after_its_round_trips),
	IN_PLACE(bytes_arrive_all_and_in_order_over_a_bad_line),
	IN_PLACE(one_end_closes_and_the_other_hears_of_it),
	IN_PLACE(a_server_that_does_not_listen_refuses),
	IN_PLACE(a_server_that_is_off_lets_it_time_out),
	IN_PLACE(a_dead_line_kills_it_when_it_gives_up),
	IN_PLACE(a_flushed_nat_keeps_it_and_a_rebooted_one_breaks_it),
};
RUN_TESTS(tests)

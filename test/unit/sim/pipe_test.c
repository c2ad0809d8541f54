/* A stream between a client behind a NAT and a server, each 10 ms from the middle. */
#include "sim/pipe.h"

#include "crypto/seeded.h"
#include "unit/unit.h"

#define LINE (10 * MSEC)
#define WAY  (2 * LINE + MSEC) /* with the line inside the home */

struct side {
	struct pipe *pipe;
	unsigned ups, downs;
	mono_ns up_at, down_at, bytes_at;
	const char *why;
	char got[64];
	size_t n;
};

static struct seeded seeded;
static struct events events;
static struct net net;
static struct box *router, *client_box, *server_box;
static struct side client, server;
static bool accepts;

static void on_up(void *self, struct pipe *p, mono_ns now)
{
	struct side *s = self;
	s->ups++;
	s->up_at = now;
}

static void on_bytes(void *self, struct pipe *p, struct bytes b, mono_ns now)
{
	struct side *s = self;
	assert_true(s->n + b.n <= sizeof(s->got));
	memcpy(s->got + s->n, b.p, b.n);
	s->n += b.n;
	s->bytes_at = now;
}

static void on_down(void *self, struct pipe *p, const char *why, mono_ns now)
{
	struct side *s = self;
	s->downs++;
	s->down_at = now;
	s->why = why;
}

static struct pipe_owner owner_of(struct side *s)
{
	return (struct pipe_owner){.up = on_up, .bytes = on_bytes, .down = on_down, .self = s};
}

static bool on_accept(void *self, struct pipe *p, mono_ns now)
{
	const struct pipe_owner owner = owner_of(&server);
	if (!accepts)
		return false;
	server.pipe = p;
	pipe_take(p, &owner);
	return true;
}

static int build(void **state)
{
	const struct link_config line = {.delay = LINE}, inside = {.delay = MSEC};
	const struct ip wan = ip_v4(192, 0, 2, 1), lan = ip_v4(192, 168, 1, 20),
			at = ip_v4(203, 0, 113, 1);
	client = server = (struct side){.n = 0};
	accepts = true;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	events_init(&events, SECOND);
	net_init(&net, &events, &rng);
	router = net_box(&net, net.root, "router", &line, &line);
	box_add_address(router, &wan);
	box_set_nat(router, &(struct nat_config){.external = wan}, 4);
	client_box = net_box(&net, router, "client", &inside, &inside);
	box_add_address(client_box, &lan);
	server_box = net_box(&net, net.root, "server", &line, &line);
	box_add_address(server_box, &at);
	box_attach(server_box, &(struct box_owner){.accept = on_accept});
	return 0;
}

static int tear_down(void **state)
{
	events_fini(&events);
	net_fini(&net);
	return 0;
}

static void run(mono_ns time)
{
	for (mono_ns until = events.now + time; events_step(&events, until);)
		;
}

static void open_stream(unsigned round_trips)
{
	const struct pipe_owner owner = owner_of(&client);
	client.pipe = pipe_open(client_box, server_box, round_trips, &owner, events.now);
}

static void opened(void)
{
	open_stream(1);
	run(SECOND);
	assert_int_equal(client.ups, 1);
}

static void say(enum pipe_end from, const char *text)
{
	struct side *s = from == PIPE_CLIENT ? &client : &server;
	pipe_write(s->pipe, from, (struct bytes){(const uint8_t *)text, strlen(text)}, events.now);
}

static void is_up_after_its_round_trips(void **state)
{
	mono_ns start = events.now;
	open_stream(3);
	run(SECOND);
	assert_int_equal(client.up_at - start, 3 * 2 * WAY);
	assert_int_equal(server.ups, 0);
	assert_int_equal(client.downs + server.downs, 0);
}

static void a_server_that_does_not_accept_refuses(void **state)
{
	accepts = false;
	open_stream(1);
	run(SECOND);
	assert_int_equal(client.ups, 0);
	assert_string_equal(client.why, "connection refused");
}

static void bytes_arrive_both_ways_in_order(void **state)
{
	opened();
	mono_ns start = events.now;
	say(PIPE_CLIENT, "one");
	say(PIPE_CLIENT, "two");
	say(PIPE_SERVER, "three");
	run(SECOND);
	assert_memory_equal(server.got, "onetwo", 6);
	assert_memory_equal(client.got, "three", 5);
	assert_int_equal(server.bytes_at - start, WAY);
	assert_int_equal(client.bytes_at - start, WAY);
}

/* A segment passes all lines when it is written, so a line that is down then loses each try. */
static void a_line_that_is_down_for_good_times_it_out(void **state)
{
	opened();
	mono_ns start = events.now;
	router->up.down = true;
	say(PIPE_CLIENT, "late");
	router->up.down = false;
	say(PIPE_CLIENT, "r");
	run(PIPE_GIVE_UP - MSEC);
	assert_int_equal(server.n, 1); /* the segment for which no try got through is not kept */
	assert_int_equal(server.bytes_at - start, WAY);
	run(2 * MSEC);
	assert_string_equal(client.why, "timed out");
	assert_int_equal(client.down_at - start, PIPE_GIVE_UP);
}

/* Half of all tries are lost on one line. */
static void loss_costs_retransmissions_and_nothing_else(void **state)
{
	const struct link_config lossy = {.delay = LINE, .loss_ppm = PPM / 2};
	opened();
	router->up.cfg = lossy;
	mono_ns start = events.now;
	for (int i = 0; i < 26; i++) {
		const char text[2] = {(char)('a' + i)};
		say(PIPE_CLIENT, text);
	}
	run(PIPE_GIVE_UP);
	assert_int_equal(server.n, 26);
	assert_memory_equal(server.got, "abcdefghijklmnopqrstuvwxyz", 26);
	assert_true(server.bytes_at - start >= WAY + PIPE_RETRANSMIT);
	assert_int_equal(client.downs + server.downs, 0);
}

static void a_client_that_loses_its_address_times_out(void **state)
{
	const struct ip lan = ip_v4(192, 168, 1, 20);
	opened();
	assert_true(pipe_has_address(client.pipe));
	box_remove_address(client_box, &lan);
	assert_false(pipe_has_address(client.pipe));
	say(PIPE_CLIENT, "x");
	run(PIPE_GIVE_UP + MSEC);
	assert_int_equal(server.n, 0);
	assert_string_equal(client.why, "timed out");
	assert_string_equal(server.why, "timed out");
}

static void a_nat_that_is_flushed_lets_it_go_on(void **state)
{
	opened();
	nat_flush(router->nat4);
	say(PIPE_CLIENT, "x");
	run(SECOND);
	assert_int_equal(server.n, 1);
}

static void a_nat_that_rebooted_resets_it_when_the_client_writes(void **state)
{
	opened();
	nat_reboot(router->nat4);
	say(PIPE_SERVER, "x");
	run(SECOND);
	assert_int_equal(client.n, 0);
	assert_int_equal(client.downs, 0); /* neither end can know yet */
	mono_ns start = events.now;
	say(PIPE_CLIENT, "x");
	run(SECOND);
	assert_int_equal(server.n, 0);
	assert_string_equal(client.why, "connection reset");
	assert_int_equal(client.down_at - start, 2 * WAY);
}

static void the_other_end_learns_of_a_close_when_the_news_arrive(void **state)
{
	opened();
	mono_ns start = events.now;
	say(PIPE_CLIENT, "last");
	pipe_close(client.pipe, PIPE_CLIENT, start);
	run(SECOND);
	assert_int_equal(server.n, 4);
	assert_int_equal(server.down_at - start, WAY);
	assert_string_equal(server.why, "closed by the other side");
	assert_int_equal(client.downs, 0); /* it is done: no more calls */
}

static void a_close_before_it_is_up_tells_nobody(void **state)
{
	open_stream(1);
	pipe_close(client.pipe, PIPE_CLIENT, events.now);
	run(SECOND);
	assert_int_equal(client.ups + client.downs + server.downs, 0);
	assert_null(server.pipe);
}

static void what_a_mute_end_writes_arrives_nowhere(void **state)
{
	opened();
	pipe_mute(client.pipe, PIPE_CLIENT, true);
	say(PIPE_CLIENT, "x");
	say(PIPE_SERVER, "y");
	run(SECOND);
	assert_int_equal(server.n, 0);
	assert_int_equal(client.n, 1);
	pipe_mute(client.pipe, PIPE_CLIENT, false);
	say(PIPE_CLIENT, "z");
	run(PIPE_GIVE_UP + SECOND);
	assert_int_equal(server.n, 1);
	assert_int_equal(client.downs + server.downs, 0);
}

static void a_cut_tells_both_ends_at_once_and_once(void **state)
{
	opened();
	pipe_cut(client.pipe, "scissors", events.now);
	pipe_cut(client.pipe, "again", events.now);
	assert_string_equal(client.why, "scissors");
	assert_string_equal(server.why, "scissors");
	assert_int_equal(client.downs + server.downs, 2);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, build, tear_down)
	T(is_up_after_its_round_trips),
	T(a_server_that_does_not_accept_refuses),
	T(bytes_arrive_both_ways_in_order),
	T(a_line_that_is_down_for_good_times_it_out),
	T(loss_costs_retransmissions_and_nothing_else),
	T(a_client_that_loses_its_address_times_out),
	T(a_nat_that_is_flushed_lets_it_go_on),
	T(a_nat_that_rebooted_resets_it_when_the_client_writes),
	T(the_other_end_learns_of_a_close_when_the_news_arrive),
	T(a_close_before_it_is_up_tells_nobody),
	T(what_a_mute_end_writes_arrives_nowhere),
	T(a_cut_tells_both_ends_at_once_and_once),
#undef T
};
RUN_TESTS(tests)

/* Two whole nodes in one process: real sockets, a real relay, and insides without privileges. */
#include "unit/driver/two_nodes.h"

static bool is_direct(const struct side *s)
{
	return s->n_moves > 0 && s->moves[s->n_moves - 1].via.kind == WAY_UDP;
}

static uint64_t relayed(const struct world *w)
{
	return relay_server_stats(w->relay.server)->packets_in;
}

static void expect_direct(struct world *w)
{
	for (size_t i = 0; i < NODES; i++)
		TURN_UNTIL(w, is_direct(&w->side[i]));
}

/* --- packets --- */

static void packets_go_by_the_relay_and_then_directly(void **state)
{
	struct world *w = world_up();
	expect_passage(w, 0, "first");
	expect_passage(w, 1, "answer");
	assert_true(relayed(w) > 0);
	expect_direct(w);
	for (size_t i = 0; i < NODES; i++)
		assert_int_equal(w->side[i].moves[0].was.kind, WAY_RELAY);
	expect_passage(w, 0, "second");
	expect_passage(w, 1, "again");
	local_relay_close(&w->relay);
	expect_passage(w, 0, "without the relay");
	world_end(w);
}

static void the_log_tells_of_relays_and_paths(void **state)
{
	struct world *w = world_up();
	expect_passage(w, 0, "first");
	expect_direct(w);
	TURN_UNTIL(w, world_logged(w, "relay lab: connected\n") == 2);
	EXPECT_LOGGED(w, "path bob: relay(lab) -> ");
	EXPECT_LOGGED(w, "path alice: relay(lab) -> ");
	local_relay_close(&w->relay);
	TURN_UNTIL(w, world_logged(w, "warning: relay lab: ") == 2);
	world_end(w);
}

static void many_packets_at_once_all_arrive_in_order(void **state)
{
	enum { MANY = 200 };
	struct world *w = world_up();
	char text[32];
	expect_passage(w, 0, "first");
	expect_direct(w);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "number %d", i);
		send_from(0, text);
		if (i % 64 == 63)
			loop_turn(w->loop, 0);
	}
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "number %d", i);
		TURN_UNTIL(w, fake_heard(&fakes[1], text));
	}
	world_end(w);
}

static void a_packet_for_nobody_is_counted(void **state)
{
	struct world *w = world_up();
	fake_send(&fakes[0], "100.64.0.1", "100.64.0.9", "lost");
	TURN_UNTIL(w, node_stats(driver_node(w->side[0].driver))->no_peer == 1);
	world_end(w);
}

/* The system refuses to send from a socket without SO_BROADCAST to that address. */
static void a_destination_that_the_system_refuses_does_no_harm(void **state)
{
	struct world *w = world_begin();
	write_peer(&w->side[0], "nowhere", 9,
		   "AllowedIPs = 100.64.0.9/32\nEndpoint = 255.255.255.255:9\n");
	world_make(w);
	side_up(&w->side[0]);
	side_up(&w->side[1]);
	world_wait(w);
	fake_send(&fakes[0], "100.64.0.1", "100.64.0.9", "lost");
	TURN_UNTIL(w, udp_stats(driver_udp(w->side[0].driver))->tx_refused > 0);
	expect_passage(w, 0, "not lost");
	world_end(w);
}

/* --- up and down --- */

static void what_is_down_has_nothing_open(void **state)
{
	struct world *w = world_up();
	struct driver *d = w->side[0].driver;
	assert_true(driver_is_up(d));
	assert_string_equal(driver_inside_name(d), "fake0");
	assert_non_null(driver_node(d));
	assert_non_null(driver_udp(d));
	assert_non_null(driver_resolver(d));
	assert_null(driver_tun_stats(d));
	assert_null(driver_relay_proxy(d, 1));
	side_down(&w->side[0]);
	side_down(&w->side[0]);
	assert_false(driver_is_up(d));
	assert_null(driver_inside_name(d));
	assert_null(driver_node(d));
	assert_null(driver_udp(d));
	assert_null(driver_resolver(d));
	assert_null(driver_relay_proxy(d, 1));
	driver_settle(d);
	assert_int_equal(fakes[0].closed, 1);
	assert_ptr_equal(driver_netmap(d), &w->side[0].cfg->map);
	assert_ptr_equal(driver_settings(d), &w->side[0].cfg->settings);
	world_end(w);
}

static void down_and_up_again_packets_pass_as_before(void **state)
{
	struct world *w = world_up();
	expect_passage(w, 0, "before");
	side_down(&w->side[1]);
	side_up(&w->side[1]);
	assert_int_equal(fakes[1].opened, 2);
	world_wait(w);
	expect_passage(w, 1, "after");
	expect_passage(w, 0, "and back");
	world_end(w);
}

static void an_inside_that_does_not_open_says_why_and_leaves_nothing(void **state)
{
	struct world *w = world_begin();
	char why[FAILURE_MAX];
	world_make(w);
	fakes[0].does_not_open = true;
	assert_false(driver_set_up(w->side[0].driver, true, why));
	assert_string_equal(why, "fake0: the test does not want it");
	assert_false(driver_is_up(w->side[0].driver));
	fakes[0].does_not_open = false;
	fakes[0].warns = "fake0 is a little broken";
	side_up(&w->side[0]);
	EXPECT_LOGGED(w, "warning: fake0 is a little broken\n");
	world_end(w);
}

static void an_inside_that_is_taken_away_begins_anew(void **state)
{
	struct world *w = world_up();
	expect_passage(w, 0, "before");
	turn_for(w, 50 * MSEC); /* two handshakes within 20 ms pass for a flood */
	fake_hang_up(&fakes[0]);
	TURN_UNTIL(w, fakes[0].opened == 2);
	EXPECT_LOGGED(w, "the interface fake0 was removed by another program: it begins anew\n");
	world_wait(w);
	expect_passage(w, 0, "after");
	expect_passage(w, 1, "and back");
	world_end(w);
}

static void an_inside_that_cannot_come_back_leaves_it_down(void **state)
{
	struct world *w = world_up();
	fakes[0].does_not_open = true;
	fake_hang_up(&fakes[0]);
	TURN_UNTIL(w, !driver_is_up(w->side[0].driver));
	EXPECT_LOGGED(w, "fake0: the test does not want it; Warren is down until `warren up`\n");
	fakes[0].does_not_open = false;
	side_up(&w->side[0]);
	world_wait(w);
	expect_passage(w, 0, "after");
	world_end(w);
}

static void without_an_inside_it_looks_around_and_carries_nothing(void **state)
{
	struct world *w = world_begin();
	struct config *c = side_parse(&w->side[0]);
	const struct driver_config cfg = {.loop = w->loop, .log = &w->log};
	struct driver *d = driver_new(&cfg, &c->settings, &c->map);
	char why[FAILURE_MAX];
	assert_true(driver_set_up(d, true, why));
	assert_null(driver_inside_name(d));
	assert_null(driver_tun_stats(d));
	assert_int_equal(fakes[0].opened, 0);
	TURN_UNTIL(w, world_logged(w, "relay lab: connected\n") == 1);
	driver_free(d);
	config_free(c);
	world_end(w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(packets_go_by_the_relay_and_then_directly),
	cmocka_unit_test(the_log_tells_of_relays_and_paths),
	cmocka_unit_test(many_packets_at_once_all_arrive_in_order),
	cmocka_unit_test(a_packet_for_nobody_is_counted),
	cmocka_unit_test(a_destination_that_the_system_refuses_does_no_harm),
	cmocka_unit_test(what_is_down_has_nothing_open),
	cmocka_unit_test(down_and_up_again_packets_pass_as_before),
	cmocka_unit_test(an_inside_that_does_not_open_says_why_and_leaves_nothing),
	cmocka_unit_test(an_inside_that_is_taken_away_begins_anew),
	cmocka_unit_test(an_inside_that_cannot_come_back_leaves_it_down),
	cmocka_unit_test(without_an_inside_it_looks_around_and_carries_nothing),
};
RUN_TESTS(tests)

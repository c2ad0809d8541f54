/* New settings and netmaps for a running node: what changed moves, and nothing else. */
#include "unit/driver/two_nodes.h"
#include "unit/no_memory.h"

static void change(struct world *w, size_t i)
{
	char why[FAILURE_MAX];
	if (!side_change(&w->side[i], why))
		fail_msg("%s\n%s", why, world_log(w));
}

static void expect_under_way(const struct world *w, unsigned changed, const char *changes)
{
	assert_int_equal(fakes[0].opened, 1);
	assert_int_equal(fakes[0].changed, changed);
	assert_string_equal(fakes[0].changes, changes);
}

static uint32_t registered(const struct local_relay *r)
{
	return relay_server_stats(r->server)->registered;
}

static bool is_peer(const struct side *s, uint8_t number)
{
	struct node_private k = private_key(number);
	struct node_key pub;
	key_public(pub.b, k.b);
	return reach_peer_find(node_reach(driver_node(s->driver)), &pub) != PEER_NONE;
}

static mono_ns last_handshake(const struct side *s)
{
	struct node *n = driver_node(s->driver);
	struct node_peer_status st;
	peer_id id = reach_peer_find(node_reach(n), &s->cfg->map.peers[0].key);
	assert_true(node_peer_status(n, id, clock_now(), &st));
	return st.tunnel.handshake_at;
}

/* --- peers --- */

static void a_peer_comes_and_goes_beside_one_that_stays(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	char before[sizeof(s->peers)];
	expect_passage(w, 0, "before");
	mono_ns handshake = last_handshake(s);
	memcpy(before, s->peers, sizeof(before));
	write_peer(s, "carol", 3, "AllowedIPs = 100.64.0.3/32\nRelay = lab\n");
	change(w, 0);
	expect_under_way(w, 1, "+carol");
	assert_true(is_peer(s, 3));
	memcpy(s->peers, before, sizeof(before));
	change(w, 0);
	expect_under_way(w, 2, "-carol");
	assert_false(is_peer(s, 3));
	expect_passage(w, 0, "after");
	assert_true(handshake != MONO_NEVER && last_handshake(s) == handshake);
	world_end(w);
}

static void a_prefix_more_is_a_change_of_its_peer(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	expect_passage(w, 0, "before");
	s->peers[0] = '\0';
	write_peer(s, "bob", 2, "AllowedIPs = 100.64.0.2/32, 10.9.0.0/24\nRelay = lab\n");
	change(w, 0);
	expect_under_way(w, 1, "~bob");
	fake_send(&fakes[0], "100.64.0.1", "10.9.0.5", "by the new prefix");
	TURN_UNTIL(w, fake_heard(&fakes[1], "by the new prefix"));
	world_end(w);
}

static void the_same_again_changes_nothing(void **state)
{
	struct world *w = world_up();
	change(w, 0);
	expect_under_way(w, 1, "");
	expect_passage(w, 0, "after");
	assert_int_equal(world_logged(w, "begins anew"), 0);
	world_end(w);
}

/* A point of low order is no key. */
static void a_peer_that_is_refused_costs_no_other_its_place(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	size_t n = strlen(s->peers);
	snprintf(s->peers + n, sizeof(s->peers) - n,
		 "[Peer]\nName = mallory\nPublicKey = 01%062d\nAllowedIPs = 100.64.0.6/32\n"
		 "Relay = lab\n",
		 0);
	write_peer(s, "carol", 3, "AllowedIPs = 100.64.0.3/32\nRelay = lab\n");
	change(w, 0);
	EXPECT_LOGGED(w, "error: peer mallory could not be taken: ");
	assert_true(is_peer(s, 2) && is_peer(s, 3));
	expect_passage(w, 0, "after");
	world_end(w);
}

static void a_change_that_the_inside_does_not_take_is_a_warning(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	fakes[0].not_change = true;
	write_peer(s, "carol", 3, "AllowedIPs = 100.64.0.3/32\nRelay = lab\n");
	change(w, 0);
	EXPECT_LOGGED(w, "warning: fake0: the test refuses the change\n");
	assert_true(is_peer(s, 3));
	world_end(w);
}

/* --- relays --- */

static void a_relay_that_moved_is_dialled_anew(void **state)
{
	struct world *w = world_up();
	struct local_relay second;
	local_relay_open(&second, w->loop, &w->log);
	for (size_t i = 0; i < NODES; i++) {
		w->side[i].relays[0] = '\0';
		write_relay(&w->side[i], "lab", 1, second.port, second.stun_port);
		change(w, i);
	}
	TURN_UNTIL(w, registered(&second) == NODES && registered(&w->relay) == 0);
	EXPECT_LOGGED(w, "relay lab: its configuration changed\n");
	expect_under_way(w, 1, "");
	world_wait(w);
	expect_passage(w, 0, "by the second");
	local_relay_close(&second);
	world_end(w);
}

static void a_relay_that_did_not_move_keeps_its_stream(void **state)
{
	struct world *w = world_up();
	uint64_t accepted = relay_server_stats(w->relay.server)->accepted;
	struct local_relay second;
	local_relay_open(&second, w->loop, &w->log);
	write_relay(&w->side[0], "second", 2, second.port, second.stun_port);
	change(w, 0);
	expect_passage(w, 0, "after");
	assert_int_equal(relay_server_stats(w->relay.server)->accepted, accepted);
	assert_int_equal(registered(&w->relay), NODES);
	local_relay_close(&second);
	world_end(w);
}

static void a_relay_that_is_left_out_is_hung_up(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	struct local_relay second;
	local_relay_open(&second, w->loop, &w->log);
	s->relays[0] = s->peers[0] = '\0';
	write_relay(s, "second", 2, second.port, second.stun_port);
	write_peer(s, "bob", 2, "AllowedIPs = 100.64.0.2/32\nRelay = second\n");
	write_node(s, 0, 1, "Home = second\n");
	change(w, 0);
	TURN_UNTIL(w, registered(&second) == 1 && registered(&w->relay) == 1);
	local_relay_close(&second);
	world_end(w);
}

/* --- what begins anew --- */

static void what_cannot_be_changed_under_way_begins_anew(void **state)
{
	static const struct {
		uint8_t key; /* number */
		const char *more;
	} rows[] = {{1, "MTU = 1400\n"}, {1, "Address = 100.64.0.11\n"}, {7, ""}, {1, NULL}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct world *w = world_up();
		struct side *s = &w->side[0];
		uint16_t free_port = free_udp_port();
		char port[32];
		assert_int_not_equal(free_port, 0);
		snprintf(port, sizeof(port), "ListenPort = %u\n", free_port);
		write_node(s, 0, rows[i].key, rows[i].more ? rows[i].more : port);
		change(w, 0);
		assert_int_equal(fakes[0].opened, 2);
		assert_int_equal(fakes[0].closed, 1);
		assert_int_equal(fakes[0].changed, 0);
		assert_int_equal(fakes[0].mtu, i == 0 ? 1400 : 1280);
		EXPECT_LOGGED(w, "[Node] changed, or many peers came: the interface begins "
				 "anew\n");
		if (rows[i].key == 1) {
			world_wait(w);
			expect_passage(w, 0, "after");
		}
		world_end(w);
	}
}

static void more_peers_than_there_is_room_for_begin_anew(void **state)
{
	enum { MORE = 70 };
	struct world *w = world_up();
	struct side *s = &w->side[0];
	for (uint8_t i = 0; i < MORE; i++) {
		char name[16], more[64];
		snprintf(name, sizeof(name), "p%u", i);
		snprintf(more, sizeof(more), "AllowedIPs = 100.65.0.%u/32\nRelay = lab\n", i);
		write_peer(s, name, (uint8_t)(10 + i), more);
	}
	change(w, 0);
	assert_int_equal(fakes[0].opened, 2);
	assert_true(is_peer(s, 10) && is_peer(s, 10 + MORE - 1));
	world_wait(w);
	expect_passage(w, 0, "after");
	world_end(w);
}

/* A port that another program has. */
static void what_does_not_come_up_leaves_the_old_in_place(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	char port[32], why[FAILURE_MAX];
	const struct netmap *was = driver_netmap(s->driver);
	uint16_t taken = udp_port(driver_udp(w->side[1].driver));
	snprintf(port, sizeof(port), "ListenPort = %u\n", taken);
	write_node(s, 0, 1, port);
	assert_false(side_change(s, why));
	snprintf(port, sizeof(port), "%u", taken);
	assert_non_null(strstr(why, port));
	assert_true(driver_is_up(s->driver));
	assert_ptr_equal(driver_netmap(s->driver), was);
	assert_int_equal(fakes[0].opened, 2);
	world_wait(w);
	expect_passage(w, 0, "as before");
	world_end(w);
}

static void where_the_old_does_not_come_up_either_it_is_down_and_says_so(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	char why[FAILURE_MAX];
	const struct settings *was = driver_settings(s->driver);
	fakes[0].does_not_open = true;
	write_node(s, 0, 1, "MTU = 1400\n");
	assert_false(side_change(s, why));
	assert_string_equal(why, "fake0: the test does not want it");
	assert_false(driver_is_up(s->driver));
	assert_ptr_equal(driver_settings(s->driver), was);
	EXPECT_LOGGED(w, "error: fake0: the test does not want it; Warren is down until `warren "
			 "up`\n");
	world_end(w);
}

static void what_is_down_comes_up_with_what_it_was_told_meanwhile(void **state)
{
	struct world *w = world_up();
	struct side *s = &w->side[0];
	side_down(s);
	write_node(s, 0, 1, "MTU = 1400\n");
	write_peer(s, "carol", 3, "AllowedIPs = 100.64.0.3/32\nRelay = lab\n");
	change(w, 0);
	assert_false(driver_is_up(s->driver));
	assert_int_equal(fakes[0].opened, 1);
	side_up(s);
	assert_int_equal(fakes[0].mtu, 1400);
	assert_true(is_peer(s, 3));
	world_end(w);
}

/* Whatever it wants memory for, and whether there is some for the rest: it is up or down, and not
 * in between. */
static void memory_that_runs_out_on_the_way_up_leaves_it_up_or_down(void **state)
{
	struct world *w = world_begin();
	char why[FAILURE_MAX];
	bool enough = false;
	world_make(w);
	struct driver *d = w->side[0].driver;
	for (int left = 0; !enough; left++) {
		memory_comes_back = left % 2;
		memory_left = left / 2;
		assert_in_range(left, 0, 4000);
		bool up = driver_set_up(d, true, why);
		enough = memory_left > 0;
		memory_left = -1;
		assert_int_equal(driver_is_up(d), up);
		assert_true(driver_set_up(d, false, why));
	}
	world_end(w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(memory_that_runs_out_on_the_way_up_leaves_it_up_or_down),
	cmocka_unit_test(a_peer_comes_and_goes_beside_one_that_stays),
	cmocka_unit_test(a_prefix_more_is_a_change_of_its_peer),
	cmocka_unit_test(the_same_again_changes_nothing),
	cmocka_unit_test(a_peer_that_is_refused_costs_no_other_its_place),
	cmocka_unit_test(a_change_that_the_inside_does_not_take_is_a_warning),
	cmocka_unit_test(a_relay_that_moved_is_dialled_anew),
	cmocka_unit_test(a_relay_that_did_not_move_keeps_its_stream),
	cmocka_unit_test(a_relay_that_is_left_out_is_hung_up),
	cmocka_unit_test(what_cannot_be_changed_under_way_begins_anew),
	cmocka_unit_test(more_peers_than_there_is_room_for_begin_anew),
	cmocka_unit_test(what_does_not_come_up_leaves_the_old_in_place),
	cmocka_unit_test(where_the_old_does_not_come_up_either_it_is_down_and_says_so),
	cmocka_unit_test(what_is_down_comes_up_with_what_it_was_told_meanwhile),
};
RUN_TESTS(tests)

/* Pings, over a real node that reaches nobody and a driver that is played by this file: the test
 * says which pongs come. */
#include "config/config.h"
#include "crypto/seeded.h"
#include "localapi/pings.h"
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

/* --- the driver --- */

struct driver {
	struct config *cfg;
	struct node *node;
	void (*fn)(void *self, const struct path_event *ev);
	void *self;
	int settled;
};

struct node *driver_node(struct driver *d)
{
	return d->node;
}

const struct netmap *driver_netmap(const struct driver *d)
{
	return &d->cfg->map;
}

void driver_settle(struct driver *d)
{
	d->settled++;
}

void driver_on_path(struct driver *d, void (*fn)(void *self, const struct path_event *ev),
		    void *self)
{
	d->fn = fn;
	d->self = self;
}

/* --- the scene --- */

static const char file[] =
	"[Node]\nPrivateKey = "
	"privkey:01000000000000000000000000000000000000000000000000000000000000"
	"41\nAddress = 100.64.0.1\nName = alice\n"
	"[Relay]\nName = lab\nHost = 192.0.2.10\nPlain = yes\n"
	"[Peer]\nName = bob\n"
	"PublicKey = nodekey:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a\n"
	"AllowedIPs = 100.64.0.2\nRelay = lab\n"
	"[Peer]\nName = office\n"
	"PublicKey = 0900000000000000000000000000000000000000000000000000000000000000\n"
	"Endpoint = 192.0.2.7:7\n";

static struct driver drive;
static struct loop *loop;
static struct pings *pings;
static json_t *answered[PINGS_MAX + 2]; /* by the number of the ask */
static int asks[PINGS_MAX + 2];

static void answer(void *ask, const json_t *a)
{
	size_t i = (size_t)((int *)ask - asks);
	assert_null(answered[i]); /* once */
	answered[i] = json_deep_copy(a);
}

static void add_peer(const struct netmap_peer *p)
{
	const struct netmap_change change = {.now = p};
	peer_id id;
	assert_int_equal(node_peer_set(drive.node, &change, loop_now(loop), &id), TUNNEL_ADDED);
}

static int set_up(void **state)
{
	static struct seeded seed;
	char why[CONFIG_WHY_MAX];
	if (!crypto_init())
		return -1;
	seeded_init(&seed, 1);
	drive = (struct driver){
		.cfg = config_parse("w.conf", (struct bytes){(const uint8_t *)file, strlen(file)},
				    why)};
	loop = loop_new();
	const struct node_config n = {.key = drive.cfg->settings.key,
				      .rng = seeded_rng(&seed),
				      .peers_max = 4,
				      .port = 7777};
	const struct relay_place relay = {.region = 1};
	drive.node = node_new(&n, loop_now(loop));
	reach_set_relays(node_reach(drive.node), &relay, 1, 1, loop_now(loop));
	add_peer(&drive.cfg->map.peers[0]);
	add_peer(&drive.cfg->map.peers[1]);
	pings = pings_new(loop, &drive, answer);
	return pings && drive.fn ? 0 : -1;
}

static int tear_down(void **state)
{
	pings_free(pings);
	assert_null(drive.fn);
	node_free(drive.node);
	config_free(drive.cfg);
	loop_free(loop);
	for (size_t i = 0; i < ARRAY_LEN(answered); i++)
		json_decref(answered[i]);
	memset(answered, 0, sizeof(answered));
	return 0;
}

static peer_id bob(void)
{
	return reach_peer_find(node_reach(drive.node), &drive.cfg->map.peers[0].key);
}

static void pong(struct way via, mono_ns rtt)
{
	const struct path_event ev = {.kind = PATH_PONG, .peer = bob(), .via = via, .rtt = rtt};
	drive.fn(drive.self, &ev);
}

static struct way direct(void)
{
	const struct endpoint ep = {ip_v4(192, 0, 2, 1), 41641};
	return way_udp(&ep);
}

static void assert_answer(int i, const char *want)
{
	json_t *expected = json_loads(want, 0, NULL);
	assert_non_null(expected);
	assert_non_null(answered[i]);
	if (!json_equal(answered[i], expected)) {
		char *text = json_dumps(answered[i], JSON_COMPACT);
		fail_msg("found %s", text);
	}
	json_decref(expected);
}

static void turn_for(mono_ns time)
{
	mono_ns until = loop_now(loop) + time;
	while (loop_now(loop) < until)
		loop_turn(loop, until - loop_now(loop));
}

#define RELAYED                                                                                 \
	"{\"name\":\"bob\",\"ip\":\"100.64.0.2\",\"direct\":false,\"endpoint\":null,\"relay\":" \
	"\"lab\","                                                                              \
	"\"rtt_ms\":30.0}"
#define DIRECT                                                                              \
	"{\"name\":\"bob\",\"ip\":\"100.64.0.2\",\"direct\":true,\"endpoint\":\"192.0.2.1:" \
	"41641\","                                                                          \
	"\"relay\":null,"                                                                   \
	"\"rtt_ms\":8.0}"

/* --- tests --- */

static void the_pong_of_the_way_in_use_answers_at_once(void **state)
{
	pings_ask(pings, &asks[0], "bob", SECOND);
	pings_ask(pings, &asks[1], "100.64.0.2", SECOND);
	assert_int_equal(drive.settled, 2);
	assert_null(answered[0]);
	pong(way_relay(1), 30 * MSEC);
	assert_answer(0, RELAYED);
	assert_answer(1, RELAYED);
	pong(way_relay(1), 30 * MSEC); /* nobody waits any more */
}

static void the_pong_of_another_way_waits_a_little(void **state)
{
	pings_ask(pings, &asks[0], "bob", 10 * SECOND);
	pong(direct(), 8 * MSEC);
	assert_null(answered[0]);
	turn_for(250 * MSEC);
	assert_answer(0, DIRECT);
}

static void the_way_in_use_goes_before_another(void **state)
{
	pings_ask(pings, &asks[0], "BOB", 10 * SECOND);
	pong(direct(), 8 * MSEC);
	pong(direct(), 9 * MSEC);
	pong(way_relay(1), 30 * MSEC);
	assert_answer(0, RELAYED);
}

static void other_events_and_peers_do_not_answer(void **state)
{
	pings_ask(pings, &asks[0], "bob", SECOND);
	struct path_event ev = {.kind = PATH_MOVED, .peer = bob(), .via = way_relay(1)};
	drive.fn(drive.self, &ev);
	ev = (struct path_event){.kind = PATH_PONG, .peer = bob() + 1, .via = way_relay(1)};
	drive.fn(drive.self, &ev);
	assert_null(answered[0]);
	pings_forget(pings, "gone");
	assert_answer(0, "{\"error\": \"gone\"}");
}

static void silence_says_why(void **state)
{
	pings_ask(pings, &asks[0], "bob", 20 * MSEC);
	turn_for(60 * MSEC);
	assert_true(json_is_true(json_object_get(answered[0], "timeout")));
	assert_string_equal(
		json_string_value(json_object_get(answered[0], "error")),
		"no reply from bob in 0 s: its relay \"lab\" is not connected (still trying)");
}

static void what_cannot_be_pinged(void **state)
{
	static const struct {
		const char *name, *why;
	} rows[] = {
		{"carol",
		 "no peer is called or has the address \"carol\"; `warren status` lists them"},
		{"10.1.1.1",
		 "no peer is called or has the address \"10.1.1.1\"; `warren status` lists them"},
		{"Alice", "Alice is this node itself"},
		{"100.64.0.1", "100.64.0.1 is this node itself"},
		{"office", "office has no Relay in the configuration, so it speaks WireGuard only "
			   "and knows no such "
			   "ping; try: ping office"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		pings_ask(pings, &asks[i], rows[i].name, SECOND);
		assert_string_equal(json_string_value(json_object_get(answered[i], "error")),
				    rows[i].why);
	}
}

static void too_many_at_a_time_are_refused(void **state)
{
	for (int i = 0; i <= PINGS_MAX; i++)
		pings_ask(pings, &asks[i], "bob", SECOND);
	assert_null(answered[PINGS_MAX - 1]);
	assert_answer(PINGS_MAX, "{\"error\": \"too many pings at a time\"}");
}

static void a_peer_that_was_taken_out_is_said(void **state)
{
	pings_ask(pings, &asks[0], "bob", 20 * MSEC);
	pings_ask(pings, &asks[1], "bob", 10 * SECOND);
	pong(direct(), 8 * MSEC);
	node_peer_remove(drive.node, bob(), loop_now(loop));
	turn_for(250 * MSEC);
	assert_answer(0, "{\"error\": \"this peer was taken out of the configuration\"}");
	assert_answer(1, "{\"error\": \"this peer was taken out of the configuration\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static const struct CMUnitTest tests[] = {
	TEST(the_pong_of_the_way_in_use_answers_at_once),
	TEST(the_pong_of_another_way_waits_a_little),
	TEST(the_way_in_use_goes_before_another),
	TEST(other_events_and_peers_do_not_answer),
	TEST(silence_says_why),
	TEST(what_cannot_be_pinged),
	TEST(too_many_at_a_time_are_refused),
	TEST(a_peer_that_was_taken_out_is_said),
};
RUN_TESTS(tests)

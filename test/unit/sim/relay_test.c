#include "sim/sim_relay.h"

#include "crypto/seeded.h"
#include "relay/client.h"
#include "unit/unit.h"
#include "unit/wire/plain_stun.h"

/* A relay, and hosts with a bare relay client each, 10 ms from the middle. */
struct user {
	struct box *box;
	struct relay_client *client;
	struct pipe *pipe;
	struct node_key key;
	struct alarm alarm;
	bool up;
	unsigned ready, lost, hangups;
	uint8_t got[16]; /* the last packet */
	size_t n_got;
	struct node_key got_from;
	struct endpoint reflexive;
};

static struct seeded seeded;
static struct rng rng;
static struct events events;
static struct net net;
static struct sim_relay relay;
static struct user users[2];

static void pump(struct user *u, mono_ns now);

static void on_up(void *self, struct pipe *p, mono_ns now)
{
	struct user *u = self;
	struct node_key key;
	u->up = true;
	key_public(key.b, relay.key.b);
	relay_client_up(u->client, relay.fast_start ? &key : NULL, now);
	pump(u, now);
}

static void on_bytes(void *self, struct pipe *p, struct bytes b, mono_ns now)
{
	struct user *u = self;
	relay_client_input(u->client, b, now);
	pump(u, now);
}

static void on_down(void *self, struct pipe *p, const char *why, mono_ns now)
{
	struct user *u = self;
	u->up = false;
	relay_client_down(u->client, why, now);
	pump(u, now);
}

static void act(struct user *u, const struct relay_client_event *ev, mono_ns now)
{
	struct pipe_owner owner = {.up = on_up, .bytes = on_bytes, .down = on_down, .self = u};
	switch (ev->kind) {
	case RELAY_DIAL:
		u->pipe = pipe_open(u->box, relay.box, sim_relay_round_trips(&relay), &owner, now);
		break;
	case RELAY_HANGUP:
		pipe_close(u->pipe, PIPE_CLIENT, now);
		u->hangups++;
		break;
	case RELAY_READY:
		u->ready++;
		break;
	case RELAY_PACKET:
		assert_true(ev->packet.n <= sizeof(u->got));
		memcpy(u->got, ev->packet.p, ev->packet.n);
		u->n_got = ev->packet.n;
		u->got_from = ev->peer;
		break;
	case RELAY_LOST:
		u->lost++;
		break;
	case RELAY_PEER_GONE:
	case RELAY_HEALTH:
		break;
	}
}

static void pump(struct user *u, mono_ns now)
{
	struct relay_client_event ev;
	uint8_t buf[1024];
	size_t n;
	while (relay_client_event(u->client, &ev))
		act(u, &ev, now);
	while (u->up && (n = relay_client_output(u->client, buf, sizeof(buf), now)) > 0)
		pipe_write(u->pipe, PIPE_CLIENT, (struct bytes){buf, n}, now);
	alarm_set(&u->alarm, relay_client_deadline(u->client));
}

static void on_alarm(void *self, mono_ns now)
{
	struct user *u = self;
	relay_client_tick(u->client, now);
	pump(u, now);
}

static void on_datagram(void *self, const struct net_datagram *d, mono_ns now)
{
	struct user *u = self;
	struct stun_txid txid;
	assert_true(stun_read_response((struct bytes){d->b, d->n}, &txid, &u->reflexive));
}

static void add_user(struct user *u, uint8_t number)
{
	struct link_config line = {.delay = 10 * MSEC};
	struct ip ip = ip_v4(192, 0, 2, number);
	struct relay_client_config cfg = {.rng = rng, .home = true};
	*u = (struct user){.box = net_box(&net, net.root, "user", &line, &line)};
	box_add_address(u->box, &ip);
	box_attach(u->box, &(struct box_owner){.receive = on_datagram, .self = u});
	key_generate(cfg.key.b, &rng);
	key_public(u->key.b, cfg.key.b);
	u->alarm = alarm_of(&events, on_alarm, u);
	u->client = relay_client_new(&cfg, events.now);
	pump(u, events.now);
}

static void run(mono_ns time)
{
	mono_ns until = events.now + time;
	while (events_step(&events, until))
		;
}

static int build(void **state)
{
	struct ip ip = ip_v4(203, 0, 113, 1);
	assert_true(crypto_init());
	seeded_init(&seeded, 11);
	rng = seeded_rng(&seeded);
	events_init(&events, SECOND);
	net_init(&net, &events, &rng);
	struct box *box = net_box(&net, net.root, "relay", &(struct link_config){0},
				  &(struct link_config){0});
	box_add_address(box, &ip);
	sim_relay_init(&relay, box, 1, &rng);
	sim_relay_start(&relay, events.now);
	for (uint8_t i = 0; i < 2; i++)
		add_user(&users[i], (uint8_t)(i + 1));
	return 0;
}

static int tear_down(void **state)
{
	for (size_t i = 0; i < 2; i++)
		relay_client_free(users[i].client);
	sim_relay_fini(&relay);
	events_fini(&events);
	net_fini(&net);
	return 0;
}

static void send_one(struct user *from, const struct user *to, const char *text)
{
	relay_client_send(from->client, &to->key,
			  (struct bytes){(const uint8_t *)text, strlen(text)}, events.now);
	pump(from, events.now);
	run(SECOND);
}

static void clients_connect_and_packets_are_forwarded(void **state)
{
	run(2 * SECOND);
	assert_int_equal(users[0].ready, 1);
	assert_int_equal(users[1].ready, 1);
	send_one(&users[0], &users[1], "hello");
	assert_int_equal(users[1].n_got, 5);
	assert_memory_equal(users[1].got, "hello", 5);
	assert_true(key_equal(users[1].got_from.b, users[0].key.b));
}

static void after_a_restart_the_clients_come_back(void **state)
{
	run(2 * SECOND);
	sim_relay_stop(&relay, events.now);
	run(3 * SECOND);
	assert_true(users[0].lost >= 1); /* once for each kind of failure */
	relay.fast_start = true;
	sim_relay_start(&relay, events.now);
	run(20 * SECOND);
	assert_int_equal(users[0].ready, 2);
	send_one(&users[1], &users[0], "again");
	assert_memory_equal(users[0].got, "again", 5);
}

static void stays_connected_through_keepalives(void **state)
{
	run(3600 * SECOND);
	assert_int_equal(users[0].ready, 1);
	assert_int_equal(users[0].lost + users[0].hangups, 0);
	assert_true(relay_server_stats(relay.server)->keepalives_sent > 10);
}

static void a_datagram_that_is_stun_is_answered(void **state)
{
	const struct stun_txid txid = {{1, 2, 3}};
	uint8_t buf[STUN_REQUEST_LEN];
	struct wr w = wr_of(buf, sizeof(buf));
	struct endpoint at = {ip_v4(203, 0, 113, 1), STUN_PORT};
	assert_true(net_send(users[0].box, 4000, &at, BYTES_OF((const uint8_t[]){9}), events.now));
	stun_write_request(&w, &txid);
	assert_true(net_send(users[0].box, 5000, &at, wr_done(&w), events.now));
	run(SECOND);
	assert_int_equal(relay.stun_answered, 1);
	assert_int_equal(users[0].reflexive.port, 5000);
	assert_true(ip_equal(&users[0].reflexive.ip, &users[0].box->addresses[0]));
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, build, tear_down)

static const struct CMUnitTest tests[] = {
	IN_PLACE(clients_connect_and_packets_are_forwarded),
	IN_PLACE(after_a_restart_the_clients_come_back),
	IN_PLACE(stays_connected_through_keepalives),
	IN_PLACE(a_datagram_that_is_stun_is_answered),
};
RUN_TESTS(tests)

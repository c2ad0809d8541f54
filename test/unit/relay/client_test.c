#include "relay/back_off.h"
#include "relay/client.h"
#include "unit/relay/ends.h"

/* A client, and its last event. The test itself plays the relay at the other end. */
struct scene {
	struct seeded seeded;
	struct rng rng;
	struct node_private server_priv;
	struct node_key server, self;
	struct relay_client *c;
	struct relay_client_event ev;
	mono_ns now;
	uint8_t out[1 << 17];
	size_t n, at;
};

static void begin(struct scene *s, bool home)
{
	*s = (struct scene){.now = 1000 * SECOND};
	seeded_init(&s->seeded, 5);
	s->rng = seeded_rng(&s->seeded);
	key_generate(s->server_priv.b, &s->rng);
	key_public(s->server.b, s->server_priv.b);
	struct relay_client_config cfg = {.rng = s->rng, .home = home};
	key_generate(cfg.key.b, &s->rng);
	key_public(s->self.b, cfg.key.b);
	s->c = relay_client_new(&cfg, s->now);
	assert_non_null(s->c);
}

static void end(struct scene *s)
{
	relay_client_free(s->c);
}

static void expect(struct scene *s, int kind)
{
	assert_true(relay_client_event(s->c, &s->ev));
	assert_int_equal(s->ev.kind, kind);
}

static void expect_no_event(struct scene *s)
{
	assert_false(relay_client_event(s->c, &s->ev));
}

static void give(struct scene *s, const struct derp_frame *f)
{
	static uint8_t b[1 << 18];
	struct wr w = wr_of(b, sizeof(b));
	derp_write(&w, f);
	assert_false(w.bad);
	relay_client_input(s->c, wr_done(&w), s->now);
}

static bool read_out(struct scene *s, struct derp_frame *f)
{
	if (s->at == s->n) {
		s->at = 0;
		s->n = relay_client_output(s->c, s->out, sizeof(s->out), s->now);
	}
	if (s->at == s->n)
		return false;
	uint8_t type;
	uint32_t len;
	struct bytes b = {s->out + s->at, s->n - s->at};
	assert_true(derp_read_header(b, &type, &len));
	assert_int_equal(derp_read(type, (struct bytes){b.p + DERP_HEADER_LEN, len}, f), DERP_READ);
	s->at += DERP_HEADER_LEN + len;
	return true;
}

static struct derp_frame expect_out(struct scene *s, enum derp_type type)
{
	struct derp_frame f;
	assert_true(read_out(s, &f));
	assert_int_equal(f.type, type);
	return f;
}

static void expect_no_out(struct scene *s)
{
	struct derp_frame f;
	assert_false(read_out(s, &f));
}

static void give_server_key(struct scene *s)
{
	give(s, &(struct derp_frame){.type = DERP_SERVER_KEY, .server_key = s->server});
}

static void give_server_info(struct scene *s, const char *json)
{
	struct box_shared shared;
	uint8_t sealed[300];
	struct wr w = wr_of(sealed, sizeof(sealed));
	assert_true(box_shared_of(&shared, s->server_priv.b, s->self.b));
	box_seal(&shared, &w, (struct bytes){(const uint8_t *)json, strlen(json)}, &s->rng);
	struct derp_frame f = {.type = DERP_SERVER_INFO};
	f.server_info.sealed = wr_done(&w);
	give(s, &f);
}

static void check_client_info(struct scene *s, const struct derp_frame *f)
{
	struct box_shared shared;
	struct derp_client_info info;
	uint8_t plain[300];
	struct wr w = wr_of(plain, sizeof(plain));
	assert_memory_equal(f->client_info.key.b, s->self.b, KEY_LEN);
	assert_true(box_shared_of(&shared, s->server_priv.b, s->self.b));
	assert_true(box_open(&shared, &w, f->client_info.sealed));
	assert_true(derp_read_client_info(wr_done(&w), &info));
	assert_int_equal(info.version, DERP_VERSION);
	assert_true(info.can_ack_pings);
}

static void greet(struct scene *s)
{
	expect(s, RELAY_DIAL);
	s->at = s->n = 0; /* a new stream */
	relay_client_up(s->c, NULL, s->now);
	expect_no_out(s);
	give_server_key(s);
	struct derp_frame f = expect_out(s, DERP_CLIENT_INFO);
	check_client_info(s, &f);
	give_server_info(s, "{\"version\":2}");
	expect(s, RELAY_READY);
}

static void begin_ready(struct scene *s, bool home)
{
	begin(s, home);
	if (!home)
		relay_client_send(s->c, &s->server, (struct bytes){0}, s->now);
	greet(s);
	(void)expect_out(s, home ? DERP_NOTE_PREFERRED : DERP_SEND_PACKET);
	expect_no_out(s);
	expect_no_event(s);
}

static void tick_at_deadline(struct scene *s)
{
	s->now = relay_client_deadline(s->c);
	assert_true(s->now != MONO_NEVER);
	relay_client_tick(s->c, s->now);
}

/* The client itself hangs up, with this sentence. */
static void expect_hangup(struct scene *s, const char *why)
{
	expect(s, RELAY_HANGUP);
	expect(s, RELAY_LOST);
	assert_string_equal(s->ev.why, why);
	expect_no_event(s);
}

static struct relay_client_status status(struct scene *s)
{
	struct relay_client_status st;
	relay_client_status(s->c, &st);
	return st;
}

static const struct node_key peer = {{1, 2, 3}};

static void home_dials_at_once_and_says_it_is_home(void **state)
{
	static struct scene s;
	begin_ready(&s, true);
	assert_true(status(&s).ready);
	assert_true(status(&s).ready_at == s.now);
	assert_memory_equal(status(&s).server.b, s.server.b, KEY_LEN);
	relay_client_set_home(s.c, false, s.now);
	assert_false(expect_out(&s, DERP_NOTE_PREFERRED).preferred);
	relay_client_set_home(s.c, true, s.now);
	assert_true(expect_out(&s, DERP_NOTE_PREFERRED).preferred);
	relay_client_set_home(s.c, true, s.now);
	expect_no_out(&s);
	end(&s);
}

static void others_dial_when_there_is_something_to_send(void **state)
{
	static struct scene s;
	begin(&s, false);
	expect_no_event(&s);
	assert_true(relay_client_deadline(s.c) == MONO_NEVER);
	relay_client_send(s.c, &peer, (struct bytes){(const uint8_t *)"hi", 2}, s.now);
	greet(&s);
	struct derp_frame f = expect_out(&s, DERP_SEND_PACKET);
	assert_memory_equal(f.packet.peer.b, peer.b, KEY_LEN);
	assert_memory_equal(f.packet.packet.p, "hi", 2);
	/* A minute without sending ends the connection, whatever is received. */
	s.now += 59 * SECOND;
	give(&s, &(struct derp_frame){.type = DERP_KEEPALIVE});
	assert_true(relay_client_deadline(s.c) == s.now + SECOND);
	tick_at_deadline(&s);
	expect(&s, RELAY_HANGUP);
	expect_no_event(&s);
	assert_true(relay_client_deadline(s.c) == MONO_NEVER);
	assert_true(status(&s).next_dial == MONO_NEVER);
	relay_client_send(s.c, &peer, (struct bytes){0}, s.now);
	expect(&s, RELAY_DIAL);
	end(&s);
}

static void what_waited_for_more_than_five_seconds_is_not_sent(void **state)
{
	static struct scene s;
	begin(&s, true);
	relay_client_send(s.c, &peer, (struct bytes){(const uint8_t *)"old", 3}, s.now);
	s.now += 1;
	relay_client_send(s.c, &peer, (struct bytes){(const uint8_t *)"young", 5}, s.now);
	s.now += 5 * SECOND;
	greet(&s);
	struct derp_frame f = expect_out(&s, DERP_NOTE_PREFERRED);
	f = expect_out(&s, DERP_SEND_PACKET);
	assert_int_equal(f.packet.packet.n, 5);
	expect_no_out(&s);
	assert_int_equal(status(&s).dropped_oldest, 1);
	end(&s);
}

static void fast_start_waits_for_nothing(void **state)
{
	static struct scene s;
	begin(&s, true);
	relay_client_send(s.c, &peer, (struct bytes){(const uint8_t *)"hi", 2}, s.now);
	expect(&s, RELAY_DIAL);
	relay_client_up(s.c, &s.server, s.now);
	struct derp_frame f = expect_out(&s, DERP_CLIENT_INFO);
	check_client_info(&s, &f);
	(void)expect_out(&s, DERP_NOTE_PREFERRED);
	(void)expect_out(&s, DERP_SEND_PACKET); /* before any frame of the server */
	give_server_key(&s);
	expect_no_out(&s);
	give_server_info(&s, "{\"version\":2}");
	expect(&s, RELAY_READY);
	end(&s);
}

static void tells_what_comes_in_its_order(void **state)
{
	static struct scene s;
	begin_ready(&s, true);
	struct derp_frame p = {.type = DERP_RECV_PACKET}, g = {.type = DERP_PEER_GONE},
			  h = {.type = DERP_HEALTH};
	p.packet.peer = peer;
	p.packet.packet = (struct bytes){(const uint8_t *)"one", 3};
	g.gone.peer = peer;
	h.health = (struct bytes){(const uint8_t *)"too\nslow", 8};
	give(&s, &p);
	give(&s, &g);
	p.packet.packet = (struct bytes){0};
	give(&s, &p);
	give(&s, &h);
	h.health = (struct bytes){0};
	give(&s, &h);
	expect(&s, RELAY_PACKET);
	assert_memory_equal(s.ev.peer.b, peer.b, KEY_LEN);
	assert_int_equal(s.ev.packet.n, 3);
	assert_memory_equal(s.ev.packet.p, "one", 3);
	expect(&s, RELAY_PEER_GONE);
	assert_memory_equal(s.ev.peer.b, peer.b, KEY_LEN);
	expect(&s, RELAY_PACKET);
	assert_int_equal(s.ev.packet.n, 0);
	expect(&s, RELAY_HEALTH);
	assert_string_equal(s.ev.why, "too slow");
	expect(&s, RELAY_HEALTH);
	assert_string_equal(s.ev.why, "");
	expect_no_event(&s);
	assert_int_equal(status(&s).rx_packets, 2);
	end(&s);
}

static void the_status_has_what_the_server_says_of_itself(void **state)
{
	static struct scene s;
	struct derp_frame h = {.type = DERP_HEALTH};
	char longer[2 * RELAY_WHY_MAX];
	begin_ready(&s, true);
	assert_string_equal(status(&s).health, "");
	h.health = (struct bytes){(const uint8_t *)"too\x1bslow\xff", 9};
	give(&s, &h);
	assert_string_equal(status(&s).health, "too slow?");
	memset(longer, 'x', sizeof(longer));
	h.health = (struct bytes){(const uint8_t *)longer, sizeof(longer)};
	give(&s, &h);
	assert_int_equal(strlen(status(&s).health), RELAY_WHY_MAX - 1);
	h.health = (struct bytes){0};
	give(&s, &h);
	assert_string_equal(status(&s).health, "");

	h.health = (struct bytes){(const uint8_t *)"bad", 3};
	give(&s, &h);
	relay_client_down(s.c, "gone", s.now); /* without a connection there is no health */
	assert_string_equal(status(&s).health, "");
	end(&s);
}

static void what_nobody_reads_is_bounded(void **state)
{
	static struct scene s;
	static uint8_t big[RELAY_PACKET_MAX];
	begin_ready(&s, true);
	struct derp_frame p = {.type = DERP_RECV_PACKET};
	p.packet.packet = BYTES_OF(big);
	for (int i = 0; i < 80; i++)
		give(&s, &p);
	assert_true(status(&s).dropped_oldest > 10);
	int told = 0;
	while (relay_client_event(s.c, &s.ev))
		told++;
	assert_true(told > 50 && told < 70);
	give(&s, &p);
	expect(&s, RELAY_PACKET);
	end(&s);
}

static void the_send_queue_drops_its_oldest(void **state)
{
	static struct scene s;
	static uint8_t too_long[RELAY_PACKET_MAX + 1];
	begin(&s, true);
	for (uint8_t i = 0; i < 104; i++)
		relay_client_send(s.c, &peer, (struct bytes){&i, 1}, s.now);
	assert_int_equal(status(&s).dropped_oldest, 8);
	relay_client_send(s.c, &peer, BYTES_OF(too_long), s.now);
	assert_int_equal(status(&s).dropped_oldest, 9);
	greet(&s);
	(void)expect_out(&s, DERP_NOTE_PREFERRED);
	for (uint8_t i = 8; i < 104; i++)
		assert_int_equal(*expect_out(&s, DERP_SEND_PACKET).packet.packet.p, i);
	expect_no_out(&s);
	assert_int_equal(status(&s).tx_packets, 96);
	end(&s);
}

static void output_fits_any_room(void **state)
{
	static struct scene s;
	uint8_t all[3 * 40];
	begin_ready(&s, true);
	for (int i = 0; i < 3; i++)
		relay_client_send(s.c, &peer, (struct bytes){(const uint8_t *)"abc", 3}, s.now);
	size_t n = 0;
	for (size_t k; (k = relay_client_output(s.c, all + n,
						7 < sizeof(all) - n ? 7 : sizeof(all) - n, s.now));)
		n += k;
	assert_int_equal(n, sizeof(all));
	assert_memory_equal(all + 77, "abc", 3);
	end(&s);
}

static void obeys_the_servers_limit(void **state)
{
	static struct scene s;
	uint8_t packet[63] = {0}; /* 100 with its header */
	begin(&s, true);
	expect(&s, RELAY_DIAL);
	relay_client_up(s.c, &s.server, s.now);
	(void)expect_out(&s, DERP_CLIENT_INFO);
	(void)expect_out(&s, DERP_NOTE_PREFERRED);
	give_server_info(
		&s,
		"{\"version\":2,\"TokenBucketBytesPerSecond\":1000,\"TokenBucketBytesBurst\":500}");
	for (int i = 0; i < 8; i++)
		relay_client_send(s.c, &peer, BYTES_OF(packet), s.now);
	for (int i = 0; i < 5; i++)
		(void)expect_out(&s, DERP_SEND_PACKET);
	expect_no_out(&s);
	assert_int_equal(status(&s).dropped_oldest, 3);
	end(&s);
}

static void answers_a_ping_once(void **state)
{
	static struct scene s;
	begin_ready(&s, true);
	give(&s, &(struct derp_frame){.type = DERP_PING, .ping = {1}});
	give(&s, &(struct derp_frame){.type = DERP_PING, .ping = {2}});
	assert_int_equal(expect_out(&s, DERP_PONG).ping[0], 2);
	expect_no_out(&s);
	end(&s);
}

/* --- failures --- */

static void fails_with_growing_pauses(void **state)
{
	static struct scene s;
	mono_ns last = 0;
	begin(&s, true);
	for (int n = 1; n <= 40; n++) {
		expect(&s, RELAY_DIAL);
		relay_client_down(s.c, "the port is closed", s.now);
		if (n == 1) {
			expect(&s, RELAY_LOST); /* said once, not at each try */
			assert_string_equal(s.ev.why, "the port is closed");
		}
		expect_no_event(&s);
		mono_ns pause = relay_client_deadline(s.c) - s.now;
		mono_ns middle = mono_min((mono_ns)(n * n) * 100 * MSEC, 30 * SECOND);
		assert_true(pause >= middle / 2 && pause <= mono_min(middle * 3 / 2, 30 * SECOND));
		assert_true(status(&s).next_dial == relay_client_deadline(s.c));
		last = pause;
		tick_at_deadline(&s);
	}
	assert_true(last >= 15 * SECOND);
	expect(&s, RELAY_DIAL);
	relay_client_down(s.c, "no such name", s.now);
	expect(&s, RELAY_LOST); /* something else: said */
	assert_string_equal(status(&s).why, "no such name");
	relay_client_link_changed(s.c, s.now); /* at once */
	expect(&s, RELAY_DIAL);
	end(&s);
}

/* So many failed dials in a row. */
static void fail_to_dial(struct scene *s, int times)
{
	for (int n = 0; n < times; n++) {
		expect(s, RELAY_DIAL);
		relay_client_down(s->c, "the port is closed", s->now);
		if (n == 0)
			expect(s, RELAY_LOST);
		if (n + 1 < times)
			tick_at_deadline(s);
	}
}

static void whoever_has_packets_to_send_finds_it_soon_after_it_is_back(void **state)
{
	static struct scene s;
	begin(&s, true);
	fail_to_dial(&s, 20);
	assert_true(relay_client_deadline(s.c) - s.now >= 15 * SECOND);
	s.now += 100 * MSEC;
	relay_client_send(s.c, &peer, (struct bytes){0}, s.now); /* now a packet waits */
	assert_true(relay_client_deadline(s.c) - s.now <= 1200 * MSEC);
	for (int n = 0; n < 30; n++) {
		tick_at_deadline(&s);
		expect(&s, RELAY_DIAL);
		relay_client_down(s.c, "the port is closed", s.now);
		mono_ns pause = relay_client_deadline(s.c) - s.now;
		assert_true(pause >= 400 * MSEC && pause <= 1200 * MSEC);
		relay_client_send(s.c, &peer, (struct bytes){0},
				  s.now); /* no reason to dial even sooner */
		assert_true(relay_client_deadline(s.c) - s.now == pause);
	}
	s.now += BACK_OFF_USED;
	relay_client_tick(s.c, s.now);
	expect(&s, RELAY_DIAL);
	relay_client_down(s.c, "the port is closed", s.now);
	assert_true(relay_client_deadline(s.c) - s.now >= 15 * SECOND);
	end(&s);
}

static void whoever_was_sent_packets_waits_for_more(void **state)
{
	static struct scene s;
	begin_ready(&s, true);
	struct derp_frame f = {.type = DERP_RECV_PACKET};
	f.packet.peer = peer;
	f.packet.packet = (struct bytes){(const uint8_t *)"x", 1};
	give(&s, &f);
	expect(&s, RELAY_PACKET);
	relay_client_down(s.c, "closed", s.now);
	expect(&s, RELAY_LOST);
	for (int n = 0; n < 12; n++) {
		tick_at_deadline(&s);
		expect(&s, RELAY_DIAL);
		relay_client_down(s.c, "closed", s.now);
		assert_true(relay_client_deadline(s.c) - s.now <= 1200 * MSEC);
	}
	end(&s);
}

static void a_relay_that_throws_us_out_is_not_hammered(void **state)
{
	static struct scene s;
	begin(&s, true);
	for (int n = 1; n < 10; n++) {
		greet(&s);
		relay_client_down(s.c, "closed", s.now);
		expect(&s, RELAY_LOST);
		assert_true(relay_client_deadline(s.c) - s.now >= (mono_ns)(n * n) * 50 * MSEC);
		tick_at_deadline(&s);
	}
	greet(&s); /* a connection that lasts ends the back-off */
	s.now += 30 * SECOND;
	relay_client_down(s.c, "closed", s.now);
	assert_true(relay_client_deadline(s.c) - s.now <= 150 * MSEC);
	end(&s);
}

static void packets_for_a_dead_relay_are_given_up(void **state)
{
	static struct scene s;
	begin(&s, false);
	relay_client_send(s.c, &peer, (struct bytes){0}, s.now);
	for (int n = 1; n <= 3; n++) {
		expect(&s, RELAY_DIAL);
		relay_client_down(s.c, "dead", s.now);
		while (relay_client_event(s.c, &s.ev))
			;
		if (n < 3)
			tick_at_deadline(&s);
	}
	assert_true(relay_client_deadline(s.c) == MONO_NEVER);
	assert_int_equal(status(&s).dropped_oldest, 1);
	relay_client_send(s.c, &peer, (struct bytes){0}, s.now); /* waits its turn */
	expect_no_event(&s);
	tick_at_deadline(&s);
	expect(&s, RELAY_DIAL);
	end(&s);
}

static void silence_is_noticed_in_every_state(void **state)
{
	static struct scene s;
	begin(&s, true);
	expect(&s, RELAY_DIAL);
	assert_true(relay_client_deadline(s.c) == s.now + 10 * SECOND);
	tick_at_deadline(&s);
	expect_hangup(&s, "no connection to the relay within 10 s");
	tick_at_deadline(&s);
	expect(&s, RELAY_DIAL);
	s.now += 4 * SECOND;
	relay_client_up(s.c, NULL, s.now);
	assert_true(relay_client_deadline(s.c) == s.now + 6 * SECOND);
	tick_at_deadline(&s);
	expect_hangup(&s, "the relay took the connection but does not greet");
	tick_at_deadline(&s);
	greet(&s);
	const mono_ns heard = s.now += 119 * SECOND;
	give(&s, &(struct derp_frame){.type = DERP_KEEPALIVE});
	(void)expect_out(&s, DERP_NOTE_PREFERRED);
	for (; s.now < heard + 100 * SECOND; (void)expect_out(&s, DERP_PING))
		tick_at_deadline(&s); /* every 50 s: a proxy on the way must see traffic */
	assert_true(relay_client_deadline(s.c) == heard + 120 * SECOND);
	tick_at_deadline(&s);
	expect_hangup(&s, "the relay has been silent for two minutes");
	end(&s);
}

static void a_changed_network_is_tested_with_a_ping(void **state)
{
	static struct scene s;
	begin_ready(&s, true);
	relay_client_link_changed(s.c, s.now);
	struct derp_frame ping = expect_out(&s, DERP_PING), pong = {.type = DERP_PONG};
	relay_client_link_changed(s.c, s.now); /* one ping is enough */
	expect_no_out(&s);
	assert_true(relay_client_deadline(s.c) == s.now + 3 * SECOND);
	give(&s, &pong); /* of something else */
	assert_true(relay_client_deadline(s.c) == s.now + 3 * SECOND);
	memcpy(pong.ping, ping.ping, sizeof(pong.ping));
	give(&s, &pong);
	assert_true(relay_client_deadline(s.c) == s.now + 50 * SECOND);
	relay_client_link_changed(s.c, s.now);
	tick_at_deadline(&s);
	expect_hangup(&s, "the relay does not answer since the network changed");
	assert_true(relay_client_deadline(s.c) <= s.now + 150 * MSEC);
	end(&s);
	begin(&s, false); /* nothing to send: nothing to do */
	relay_client_link_changed(s.c, s.now);
	expect_no_event(&s);
	end(&s);
}

static void a_restarting_relay_says_when_to_come_back(void **state)
{
	static struct scene s;
	struct derp_frame f = {.type = DERP_RESTARTING};
	begin_ready(&s, true);
	f.restarting.reconnect_ms = 4000;
	give(&s, &f);
	relay_client_down(s.c, "closed", s.now);
	mono_ns pause = relay_client_deadline(s.c) - s.now;
	assert_true(pause >= 2 * SECOND && pause <= 6 * SECOND);
	end(&s);
	begin_ready(&s, true);
	f.restarting.reconnect_ms = UINT32_MAX; /* no relay can send us away for weeks */
	give(&s, &f);
	relay_client_down(s.c, "closed", s.now);
	assert_true(relay_client_deadline(s.c) - s.now <= 45 * SECOND);
	end(&s);
}

static void the_first_packet_after_a_while_does_not_disturb_a_relay_that_restarts(void **state)
{
	static struct scene s;
	struct derp_frame f = {.type = DERP_RESTARTING, .restarting.reconnect_ms = 20000};
	begin_ready(&s, true);
	give(&s, &f);
	relay_client_down(s.c, "closed", s.now);
	mono_ns until = s.now + 10 * SECOND; /* half of it, which is the earliest */
	relay_client_send(s.c, &peer, (struct bytes){(const uint8_t *)"hi", 2}, s.now);
	assert_true(relay_client_deadline(s.c) >= until);
	end(&s);
}

static void relays_that_lie_are_hung_up(void **state)
{
	static struct scene s;
	static const struct {
		const char *hex, *why;
	} v[] = {
		{"01 00000028 4445525000000000 "
		 "0000000000000000000000000000000000000000000000000000000000000000",
		 "the relay sent a malformed frame"},
		{"01 00000401", "the relay announced an absurdly long frame"},
		{"01 00000028 44455250f09f9491 "
		 "0000000000000000000000000000000000000000000000000000000000000000",
		 "the relay's key is not a usable key"},
		{"48545450 2f", "the relay announced an absurdly long frame"},
	};
	uint8_t b[100];
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		begin(&s, true);
		expect(&s, RELAY_DIAL);
		relay_client_up(s.c, NULL, s.now);
		relay_client_input(s.c, (struct bytes){b, unhex(b, sizeof(b), v[i].hex)}, s.now);
		expect_hangup(&s, v[i].why);
		relay_client_input(s.c, BYTES_OF(b), s.now); /* late bytes are ignored */
		assert_int_equal(relay_client_output(s.c, b, sizeof(b), s.now), 0);
		end(&s);
	}
	begin(&s, true);
	expect(&s, RELAY_DIAL);
	relay_client_up(s.c, &peer, s.now); /* its certificate named another */
	give_server_key(&s);
	expect_hangup(&s, "the relay has another key than its certificate says");
	end(&s);
	static const char *const infos[] = {"", "[]", "{\"version\":"};
	for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
		begin(&s, true);
		expect(&s, RELAY_DIAL);
		relay_client_up(s.c, &s.server, s.now);
		give_server_info(&s, infos[i]);
		expect_hangup(&s, "the relay could not prove its key");
		end(&s);
	}
	begin_ready(&s, true);
	relay_client_input(s.c, (struct bytes){b, unhex(b, sizeof(b), "05 00100001")}, s.now);
	expect_hangup(&s, "the relay announced an absurdly long frame");
	end(&s);
}

static void frames_that_are_out_of_place_are_ignored(void **state)
{
	static struct scene s;
	struct derp_frame p = {.type = DERP_RECV_PACKET};
	uint8_t b[20];
	begin(&s, true);
	relay_client_up(s.c, NULL, s.now); /* DIAL was not even read: it is up all the same */
	relay_client_up(s.c, NULL, s.now); /* twice */
	give(&s, &p);                      /* before the greeting */
	give_server_info(&s, "{\"version\":2}");
	expect_no_event(&s);
	give_server_key(&s);
	give(&s, &p);
	expect_no_event(&s);
	give_server_info(&s, "{\"version\":2}");
	expect(&s, RELAY_READY);
	give_server_key(&s);
	give_server_info(&s, "nonsense, now");
	give(&s, &(struct derp_frame){.type = DERP_PONG});
	give(&s, &(struct derp_frame){.type = DERP_PEER_PRESENT});
	relay_client_input(s.c, (struct bytes){b, unhex(b, sizeof(b), "7f 00000003 010203")},
			   s.now);
	expect_no_event(&s);
	assert_true(status(&s).ready);
	relay_client_down(s.c, "closed", s.now);
	expect(&s, RELAY_LOST);
	relay_client_down(s.c, "closed", s.now); /* twice */
	expect_no_event(&s);
	end(&s);
	relay_client_free(NULL);
}

static void becoming_home_dials(void **state)
{
	static struct scene s;
	begin(&s, false);
	relay_client_set_home(s.c, true, s.now);
	expect(&s, RELAY_DIAL);
	end(&s);
}

/* --- joined with a server --- */

struct joined {
	struct ends e;
	struct relay_client *c[2];
	uint32_t id[2];
	bool up[2];
	int ready[2];
	uint32_t received;
};

static void joined_events(struct joined *j, int i)
{
	struct relay_client_event ev;
	while (relay_client_event(j->c[i], &ev)) {
		assert_true(ev.kind == RELAY_DIAL || ev.kind == RELAY_READY ||
			    ev.kind == RELAY_PACKET);
		if (ev.kind == RELAY_DIAL) {
			j->up[i] = relay_server_open(j->e.server, 0, j->e.now, &j->id[i]);
			relay_client_up(j->c[i], NULL, j->e.now);
		} else if (ev.kind == RELAY_READY) {
			j->ready[i]++;
		} else {
			assert_int_equal(ev.packet.n, 1 + j->received);
			j->received++;
		}
	}
}

static bool joined_turn(struct joined *j, int i, size_t step)
{
	uint8_t b[700];
	size_t n = relay_client_output(j->c[i], b, step, j->e.now), m = 0;
	if (n)
		assert_true(
			relay_server_input(j->e.server, j->id[i], (struct bytes){b, n}, j->e.now));
	if (j->up[i] && (m = relay_server_output(j->e.server, j->id[i], b, step, j->e.now)))
		relay_client_input(j->c[i], (struct bytes){b, m}, j->e.now);
	joined_events(j, i);
	return n || m;
}

static void client_and_server_agree_in_steps_of(size_t step)
{
	struct joined j = {0};
	struct node_key key;
	ends_init(&j.e, 2, 0);
	for (int i = 0; i < 2; i++) {
		struct relay_client_config cfg = {.rng = j.e.rng, .home = true};
		key_generate(cfg.key.b, &j.e.rng);
		key_public(key.b, cfg.key.b); /* of the second, at last */
		j.c[i] = relay_client_new(&cfg, j.e.now);
		joined_events(&j, i);
	}
	while (joined_turn(&j, 1, step))
		;
	for (uint8_t i = 1; i <= 30; i++) {
		uint8_t packet[30] = {i};
		relay_client_send(j.c[0], &key, (struct bytes){packet, i}, j.e.now);
	}
	for (bool more = true; more;) {
		more = joined_turn(&j, 0, step);
		more = joined_turn(&j, 1, step) || more;
	}
	assert_int_equal(j.ready[0], 1);
	assert_int_equal(j.ready[1], 1);
	assert_int_equal(j.received, 30);
	relay_client_free(j.c[0]);
	relay_client_free(j.c[1]);
	ends_fini(&j.e);
}

static void client_and_server_agree_byte_by_byte_and_in_odd_splits(void **state)
{
	static const size_t steps[] = {1, 2, 3, 5, 36, 37, 41, 97, 700};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		client_and_server_agree_in_steps_of(steps[i]);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(home_dials_at_once_and_says_it_is_home),
	cmocka_unit_test(others_dial_when_there_is_something_to_send),
	cmocka_unit_test(what_waited_for_more_than_five_seconds_is_not_sent),
	cmocka_unit_test(fast_start_waits_for_nothing),
	cmocka_unit_test(tells_what_comes_in_its_order),
	cmocka_unit_test(the_status_has_what_the_server_says_of_itself),
	cmocka_unit_test(what_nobody_reads_is_bounded),
	cmocka_unit_test(the_send_queue_drops_its_oldest),
	cmocka_unit_test(output_fits_any_room),
	cmocka_unit_test(obeys_the_servers_limit),
	cmocka_unit_test(answers_a_ping_once),
	cmocka_unit_test(fails_with_growing_pauses),
	cmocka_unit_test(whoever_has_packets_to_send_finds_it_soon_after_it_is_back),
	cmocka_unit_test(whoever_was_sent_packets_waits_for_more),
	cmocka_unit_test(a_relay_that_throws_us_out_is_not_hammered),
	cmocka_unit_test(packets_for_a_dead_relay_are_given_up),
	cmocka_unit_test(silence_is_noticed_in_every_state),
	cmocka_unit_test(a_changed_network_is_tested_with_a_ping),
	cmocka_unit_test(a_restarting_relay_says_when_to_come_back),
	cmocka_unit_test(the_first_packet_after_a_while_does_not_disturb_a_relay_that_restarts),
	cmocka_unit_test(relays_that_lie_are_hung_up),
	cmocka_unit_test(frames_that_are_out_of_place_are_ignored),
	cmocka_unit_test(becoming_home_dials),
	cmocka_unit_test(client_and_server_agree_byte_by_byte_and_in_odd_splits),
};
RUN_TESTS(tests)

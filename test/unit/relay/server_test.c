#include <stdio.h>

#include "relay/clients.h"
#include "unit/relay/ends.h"

static const struct relay_server_stats *stats(const struct ends *e)
{
	return relay_server_stats(e->server);
}

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void an_idle_client_is_small(void **state)
{
	print_message("struct client: %zu bytes\n", sizeof(struct client));
	assert_true(sizeof(struct client) <= 320);
}

static void carries_packets_both_ways(void **state)
{
	struct ends e;
	struct end a, b;
	static uint8_t big[DERP_PACKET_MAX];
	memset(big, 'x', sizeof(big));
	ends_init(&e, 4, 0);
	end_join(&e, &a);
	end_join(&e, &b);
	assert_int_equal(stats(&e)->registered, 2);
	assert_true(end_send(&e, &a, &b.key, text("one")));
	assert_true(end_send(&e, &b, &a.key, BYTES_OF(big)));
	assert_true(end_send(&e, &a, &b.key, (struct bytes){0}));
	assert_true(end_send(&e, &a, &a.key, text("myself")));
	end_expect_packet(&e, &b, &a, text("one"));
	end_expect_packet(&e, &b, &a, (struct bytes){0});
	end_expect_nothing(&e, &b);
	end_expect_packet(&e, &a, &b, BYTES_OF(big));
	end_expect_packet(&e, &a, &a, text("myself"));
	end_expect_nothing(&e, &a);
	assert_int_equal(stats(&e)->packets_in, 4);
	assert_int_equal(stats(&e)->packets_out, 4);
	assert_int_equal(stats(&e)->bytes_in, 3 + sizeof(big) + 6);
	assert_int_equal(stats(&e)->bytes_out, stats(&e)->bytes_in);
	end_close(&e, &a);
	end_close(&e, &b);
	assert_int_equal(stats(&e)->clients, 0);
	assert_int_equal(stats(&e)->registered, 0);
	ends_fini(&e);
}

static void says_who_is_ready_once(void **state)
{
	struct ends e;
	struct end a, b;
	uint32_t id;
	uint8_t out[200];
	ends_init(&e, 4, 0);
	end_open(&e, &a);
	end_open(&e, &b);
	assert_true(relay_server_ready(e.server, &id));
	assert_int_equal(id, a.id);
	assert_true(relay_server_ready(e.server, &id));
	assert_int_equal(id, b.id);
	assert_false(relay_server_ready(e.server, &id));
	end_register(&e, &a);
	end_register(&e, &b);
	assert_int_equal(relay_server_output(e.server, a.id, out, sizeof(out), e.now), 0);
	assert_int_equal(relay_server_output(e.server, b.id, out, sizeof(out), e.now), 0);
	assert_true(end_send(&e, &a, &b.key, text("one")));
	assert_true(end_send(&e, &a, &b.key, text("two")));
	assert_true(relay_server_ready(e.server, &id));
	assert_int_equal(id, b.id);
	/* The owner knows that there is output: it is not told again until all was taken. */
	assert_int_equal(relay_server_output(e.server, b.id, out, 3, e.now), 3);
	assert_true(end_send(&e, &a, &b.key, text("three")));
	assert_false(relay_server_ready(e.server, &id));
	assert_int_equal(relay_server_output(e.server, b.id, out, sizeof(out), e.now),
			 3 * 37 + 11 - 3);
	assert_true(end_send(&e, &a, &b.key, text("four")));
	assert_true(relay_server_ready(e.server, &id));
	end_close(&e, &b); /* gone while ready, and after */
	assert_false(relay_server_ready(e.server, &id));
	end_close(&e, &a);
	ends_fini(&e);
}

static void bytes_come_out_in_pieces_of_any_size(void **state)
{
	static const size_t steps[] = {1, 2, 5, 36, 37, 38, 1000};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct ends e;
		struct end a, b;
		uint8_t all[400], one[1000];
		size_t n = 0, k;
		ends_init(&e, 4, 0);
		end_join(&e, &a);
		end_join(&e, &b);
		for (int j = 0; j < 5; j++)
			assert_true(end_send(&e, &a, &b.key, text("packet")));
		while ((k = relay_server_output(e.server, b.id, one, steps[i], e.now))) {
			assert_true(k <= steps[i] && n + k <= sizeof(all));
			memcpy(all + n, one, k);
			n += k;
		}
		assert_int_equal(n, 5 * (DERP_HEADER_LEN + KEY_LEN + 6));
		assert_memory_equal(all + n - 6, "packet", 6);
		end_close(&e, &a);
		end_close(&e, &b);
		ends_fini(&e);
	}
}

static void a_frozen_receiver_stalls_nobody_and_loses_the_oldest(void **state)
{
	struct ends e;
	struct end a, frozen, c;
	uint8_t disco[100], n;
	ends_init(&e, 4, 0);
	end_join(&e, &a);
	end_join(&e, &frozen);
	end_join(&e, &c);
	for (n = 0; n < 100; n++) {
		assert_true(end_send(&e, &a, &frozen.key, (struct bytes){&n, 1}));
		assert_true(end_send(&e, &a, &c.key, (struct bytes){&n, 1}));
		end_expect_packet(&e, &c, &a, (struct bytes){&n, 1});
	}
	/* Disco has a queue of its own. */
	assert_true(end_send(&e, &a, &frozen.key, disco_like(disco, sizeof(disco))));
	assert_int_equal(stats(&e)->dropped_oldest, 100 - RELAY_QUEUE_MAX);
	end_expect_packet(&e, &frozen, &a, disco_like(disco, sizeof(disco)));
	for (n = 100 - RELAY_QUEUE_MAX; n < 100; n++)
		end_expect_packet(&e, &frozen, &a, (struct bytes){&n, 1});
	end_expect_nothing(&e, &frozen);
	end_close(&e, &a);
	end_close(&e, &frozen);
	end_close(&e, &c);
	ends_fini(&e);
}

static void bytes_of_all_queues_are_bounded(void **state)
{
	struct ends e;
	struct end a, b, c;
	uint8_t packet[1000] = {0};
	ends_init(&e, 4, 10000);
	end_join(&e, &a);
	end_join(&e, &b);
	end_join(&e, &c);
	for (int i = 0; i < 20; i++)
		assert_true(end_send(&e, &a, &b.key, BYTES_OF(packet)));
	assert_int_equal(stats(&e)->dropped_oldest, 11); /* nine of them fit */
	for (int i = 0; i < 9; i++)
		end_expect_packet(&e, &b, &a, BYTES_OF(packet));
	end_expect_nothing(&e, &b);
	assert_true(end_send(&e, &a, &c.key, BYTES_OF(packet)));
	end_close(&e, &c);
	assert_int_equal(stats(&e)->dropped_gone, 1);
	end_close(&e, &a);
	end_close(&e, &b);
	ends_fini(&e);
}

static void who_does_not_read_does_not_keep_the_room_from_others(void **state)
{
	struct ends e;
	struct end a, frozen, c;
	uint8_t packet[1000] = {0};
	ends_init(&e, 4, 10000);
	end_join(&e, &a);
	end_join(&e, &frozen);
	end_join(&e, &c);
	for (int i = 0; i < 9; i++)
		assert_true(end_send(&e, &a, &frozen.key, BYTES_OF(packet)));
	for (int i = 0; i < 30; i++) {
		assert_true(end_send(&e, &a, &c.key, BYTES_OF(packet)));
		end_expect_packet(&e, &c, &a, BYTES_OF(packet));
	}
	assert_int_equal(stats(&e)->dropped_full, 0);
	assert_int_equal(stats(&e)->dropped_oldest, 1);
	for (int i = 0; i < 8; i++)
		end_expect_packet(&e, &frozen, &a, BYTES_OF(packet));
	end_expect_nothing(&e, &frozen);
	end_close(&e, &a);
	end_close(&e, &frozen);
	end_close(&e, &c);
	ends_fini(&e);
}

/* A frame that is being written cannot be dropped any more. */
static void what_cannot_have_room_is_dropped_itself(void **state)
{
	struct ends e;
	struct end a, b;
	uint8_t packet[1000] = {0}, byte;
	ends_init(&e, 4, 1500);
	end_join(&e, &a);
	end_join(&e, &b);
	assert_true(end_send(&e, &a, &b.key, BYTES_OF(packet)));
	assert_int_equal(relay_server_output(e.server, b.id, &byte, 1, e.now), 1);
	assert_true(end_send(&e, &a, &b.key, BYTES_OF(packet)));
	assert_int_equal(stats(&e)->dropped_oldest, 0);
	assert_int_equal(stats(&e)->dropped_full, 1);
	end_close(&e, &a);
	end_close(&e, &b);
	ends_fini(&e);
}

static void half_received_frames_are_bounded(void **state)
{
	struct ends e;
	struct end a;
	static uint8_t half[40000] = {DERP_SEND_PACKET, 0, 1, 0, 0};
	ends_init(&e, 4, 30000);
	end_join(&e, &a);
	assert_true(end_write(&e, &a, (struct bytes){half, 10000}));
	assert_false(end_write(&e, &a, (struct bytes){half, 30000}));
	end_close(&e, &a);
	ends_fini(&e);
}

static void who_holds_large_frames_back_does_not_throw_out_others(void **state)
{
	struct ends e;
	struct end a, b, c;
	static uint8_t half[40000] = {DERP_SEND_PACKET, 0, 1, 0, 0};
	static uint8_t small[1000] = {DERP_SEND_PACKET, 0, 0, 5, 0};
	ends_init(&e, 4, 33000);
	end_join(&e, &a);
	end_join(&e, &b);
	end_join(&e, &c);
	assert_true(end_write(&e, &a, (struct bytes){half, 29000}));
	assert_true(end_write(&e, &b, (struct bytes){small, sizeof(small)}));
	assert_false(end_write(&e, &c, (struct bytes){half, 29000}));
	end_close(&e, &a);
	end_close(&e, &b);
	end_close(&e, &c);
	ends_fini(&e);
}

/* --- PeerGone --- */

static void says_not_here_for_disco_only_and_seldom(void **state)
{
	struct ends e;
	struct end a;
	uint8_t disco[100];
	struct node_key nobody = {{9}};
	ends_init(&e, 4, 0);
	end_join(&e, &a);
	assert_true(end_send(&e, &a, &nobody, text("data")));
	assert_true(end_send(&e, &a, &nobody, disco_like(disco, 61)));
	end_expect_nothing(&e, &a);
	for (int i = 0; i < 10; i++)
		assert_true(end_send(&e, &a, &nobody, disco_like(disco, 62)));
	for (int i = 0; i < 3; i++)
		end_expect_gone(&e, &a, &nobody, DERP_GONE_NOT_HERE);
	end_expect_nothing(&e, &a);
	e.now += SECOND;
	for (int i = 0; i < 10; i++)
		assert_true(end_send(&e, &a, &nobody, disco_like(disco, 100)));
	end_expect_gone(&e, &a, &nobody, DERP_GONE_NOT_HERE);
	end_expect_nothing(&e, &a);
	assert_int_equal(stats(&e)->dropped_unknown, 22);
	assert_int_equal(stats(&e)->peer_gone_sent, 4);
	end_close(&e, &a);
	ends_fini(&e);
}

static void tells_those_who_heard_from_a_client_that_it_went(void **state)
{
	struct ends e;
	struct end a, b, c, d;
	ends_init(&e, 5, 0);
	end_join(&e, &a);
	end_join(&e, &b);
	end_join(&e, &c);
	end_join(&e, &d);
	for (int i = 0; i < 3; i++) {
		assert_true(end_send(&e, &a, &b.key, text("x")));
		end_expect_packet(&e, &b, &a, text("x"));
		assert_true(end_send(&e, &a, &d.key, text("x")));
	}
	end_close(&e, &d); /* its number goes to another client, which received nothing */
	end_join(&e, &d);
	end_close(&e, &a);
	end_expect_gone(&e, &b, &a.key, DERP_GONE_DISCONNECTED);
	end_expect_nothing(&e, &b);
	end_expect_nothing(&e, &c);
	end_expect_nothing(&e, &d);
	end_close(&e, &b);
	end_close(&e, &c);
	end_close(&e, &d);
	ends_fini(&e);
}

static void remembers_the_latest_receivers(void **state)
{
	struct receivers r = {0}, to = {0};
	for (uint32_t i = 0; i < 3 * RECEIVERS_MAX; i++)
		receivers_note(&r, i, 1);
	assert_int_equal(r.n, RECEIVERS_MAX);
	assert_int_equal(r.v[0].client, 3 * RECEIVERS_MAX - 1);
	assert_int_equal(r.v[RECEIVERS_MAX - 1].client, 2 * RECEIVERS_MAX);
	receivers_note(&r, 2 * RECEIVERS_MAX, 2);
	receivers_note(&r, 2 * RECEIVERS_MAX, 3);
	assert_int_equal(r.n, RECEIVERS_MAX);
	assert_int_equal(r.v[0].generation, 3);
	receivers_note(&to, 1, 1);
	receivers_note(&to, 3 * RECEIVERS_MAX - 1, 9);
	receivers_move(&to, &r);
	assert_int_equal(to.n, RECEIVERS_MAX);
	assert_int_equal(to.v[0].generation, 3);
	assert_null(r.v);
	receivers_fini(&to);
}

/* --- handshake and time --- */

/* Otherwise clients that never greet would fill the table. */
static void who_only_greets_stands_in_no_table(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 1);
	struct rng rng = seeded_rng(&seeded);
	struct node_key key = {.b = {1}};
	struct clients t;
	assert_true(clients_init(&t, 4, &rng));
	uint32_t i = clients_take(&t);
	assert_false(clients_activate(&t, i));
	assert_int_equal(t.by_key.n, 0);
	assert_true(clients_register(&t, i, &key));
	assert_false(clients_activate(&t, i)); /* it is active already */
	assert_int_equal(t.by_key.n, 1);
	assert_int_equal(clients_unregister(&t, i), CLIENT_NONE);
	assert_int_equal(t.by_key.n, 0);
	clients_fini(&t);
}

static void lies_in_the_handshake_end_it(void **state)
{
	static const char *const json[] = {"", "{", "[]", "{\"meshKey\":\"ab\",\"version\":2}"};
	struct ends e;
	struct end c;
	struct derp_frame f = {.type = DERP_CLIENT_INFO};
	uint8_t junk[100] = {1};
	ends_init(&e, 2, 0);
	for (size_t i = 0; i < ARRAY_LEN(json); i++) {
		end_open(&e, &c);
		assert_false(end_write_info(&e, &c, json[i]));
		assert_false(end_write_info(&e, &c, "{\"version\":2}")); /* it is gone */
		end_close(&e, &c);
	}
	for (size_t n = 0; n < sizeof(junk); n += 33) { /* too short, or a box that does not open */
		end_open(&e, &c);
		f.client_info.key = c.key;
		f.client_info.sealed = (struct bytes){junk, n};
		assert_false(end_write_frame(&e, &c, &f));
		end_close(&e, &c);
	}
	end_open(&e, &c); /* a key of low order */
	memset(&c.key, 0, sizeof(c.key));
	assert_false(end_write_info(&e, &c, "{\"version\":2}"));
	end_close(&e, &c);
	end_open(&e, &c);
	assert_false(end_write(&e, &c, text("GET / HTTP/1.1\r\n\r\n"))); /* an absurd length */
	end_close(&e, &c);
	assert_int_equal(stats(&e)->broke_protocol, ARRAY_LEN(json) + 4 + 2);
	assert_int_equal(stats(&e)->clients, 0);
	ends_fini(&e);
}

/* Its length alone ends it: nothing of it is held, opened or parsed. */
static void a_client_info_of_more_than_4_kib_is_refused(void **state)
{
	static char json[2][4200];
	static const size_t room = 4096 - KEY_LEN - BOX_OVERHEAD;
	struct ends e;
	struct end c;
	ends_init(&e, 2, 0);
	for (size_t i = 0; i < 2; i++) {
		memset(json[i], ' ', room + i);
		memcpy(json[i], "{\"version\":2}", strlen("{\"version\":2}"));
	}
	end_open(&e, &c);
	assert_true(end_write_info(&e, &c, json[0]));
	assert_int_equal(stats(&e)->registered, 1);
	end_close(&e, &c);
	end_open(&e, &c);
	assert_false(end_write_info(&e, &c, json[1]));
	end_close(&e, &c);
	end_open(&e, &c);
	assert_false(end_write(&e, &c, (struct bytes){(uint8_t[]){2, 0, 0, 0x10, 1}, 5}));
	end_close(&e, &c);
	ends_fini(&e);
}

static void frames_glued_to_the_greeting_count(void **state)
{
	struct ends e;
	struct end a, b;
	uint8_t sealed[200], out[600];
	ends_init(&e, 2, 0);
	end_join(&e, &b);
	end_open(&e, &a);
	struct wr box = wr_of(sealed, sizeof(sealed)), w = wr_of(out, sizeof(out));
	box_seal(&a.shared, &box, text("{\"version\":2,\"CanAckPings\":false}"), &e.rng);
	struct derp_frame f = {.type = DERP_CLIENT_INFO};
	f.client_info.key = a.key;
	f.client_info.sealed = wr_done(&box);
	derp_write(&w, &f);
	derp_write(&w, &(struct derp_frame){.type = DERP_NOTE_PREFERRED, .preferred = true});
	f = (struct derp_frame){.type = DERP_SEND_PACKET};
	f.packet.peer = b.key;
	f.packet.packet = text("at once");
	derp_write(&w, &f);
	for (size_t i = 0; i < w.n; i++)
		assert_true(end_write(&e, &a, (struct bytes){out + i, 1}));
	end_expect_packet(&e, &b, &a, text("at once"));
	end_close(&e, &a);
	end_close(&e, &b);
	ends_fini(&e);
}

static void silence_in_the_handshake_ends_it(void **state)
{
	struct ends e;
	struct end a, b;
	uint32_t id;
	ends_init(&e, 2, 0);
	end_open(&e, &a);
	e.now += SECOND;
	end_join(&e, &b);
	assert_true(relay_server_deadline(e.server) == e.now + 9 * SECOND);
	assert_true(end_write(&e, &a, text("\xee"))); /* unknown, and not whole */
	e.now += 9 * SECOND;
	assert_false(relay_server_expired(e.server, &id));
	relay_server_tick(e.server, e.now);
	assert_false(relay_server_open(
		e.server, 0, e.now, &id)); /* the owner does not know yet that the number is free */
	assert_int_equal(stats(&e)->refused, 1);
	assert_true(relay_server_expired(e.server, &id));
	assert_int_equal(id, a.id);
	assert_false(relay_server_expired(e.server, &id));
	assert_int_equal(stats(&e)->clients, 1);
	free(a.buffer);
	end_join(&e, &a);
	end_close(&e, &a);
	end_close(&e, &b);
	ends_fini(&e);
}

/* Ticks at every deadline until `until`. Was this client let go? */
static bool is_gone_by(struct ends *e, const struct end *c, mono_ns until)
{
	uint32_t id;
	while (relay_server_deadline(e->server) <= until) {
		e->now = relay_server_deadline(e->server);
		relay_server_tick(e->server, e->now);
		if (relay_server_expired(e->server, &id))
			return id == c->id;
	}
	e->now = until;
	return false;
}

static void half_a_frame_may_not_stay_for_ever(void **state)
{
	static const struct {
		const char *half;
		size_t n;
	} rows[] = {
		{"\x04", 1},                   /* not even its length */
		{"\x04\0\0\x05\xdc half", 10}, /* a packet */
		{"\xee\0\0\x05\xdc half", 10}, /* of a type that nobody knows */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ends e;
		struct end a, idle;
		ends_init(&e, 2, 0);
		end_join(&e, &a);
		end_join(&e, &idle);
		const mono_ns start = e.now;
		e.now += 50 * SECOND;
		assert_true(end_write(&e, &a,
				      (struct bytes){(const uint8_t *)rows[i].half, rows[i].n}));
		assert_false(is_gone_by(&e, &a, start + 79 * SECOND));
		assert_true(is_gone_by(&e, &a, start + 80 * SECOND));
		assert_int_equal(stats(&e)->registered, 1);
		assert_false(is_gone_by(&e, &idle, start + 1000 * SECOND));
		free(a.buffer);
		end_close(&e, &idle);
		ends_fini(&e);
	}
}

/* Two bytes a second: each frame takes long, but it ends. */
static void a_slow_sender_stays(void **state)
{
	struct ends e;
	struct end a;
	uint8_t out[100];
	ends_init(&e, 1, 0);
	end_join(&e, &a);
	struct wr w = wr_of(out, sizeof(out));
	struct derp_frame f = {.type = DERP_SEND_PACKET};
	f.packet.peer = a.key;
	f.packet.packet = text("eleven byte");
	derp_write(&w, &f);
	assert_int_equal(w.n, 48);
	for (int i = 0; i < 50; i++)
		for (size_t at = 0; at < w.n; at += 2) {
			assert_true(end_write(&e, &a, (struct bytes){out + at, 2}));
			assert_false(is_gone_by(&e, &a, e.now + SECOND));
		}
	assert_int_equal(stats(&e)->packets_in, 50);
	end_close(&e, &a);
	ends_fini(&e);
}

static void keeps_alive_before_a_proxy_cuts_the_stream(void **state)
{
	struct ends e;
	struct end a;
	ends_init(&e, 1, 0);
	end_join(&e, &a);
	for (int i = 1; i <= 3; i++) {
		mono_ns at = relay_server_deadline(e.server);
		assert_true(at >= e.now + 45 * SECOND && at < e.now + 48 * SECOND);
		e.now = at - 1;
		relay_server_tick(e.server, e.now);
		end_expect_nothing(&e, &a);
		e.now = at;
		relay_server_tick(e.server, e.now);
		(void)end_expect(&e, &a, DERP_KEEPALIVE);
		end_expect_nothing(&e, &a);
		assert_int_equal(stats(&e)->keepalives_sent, i);
	}
	e.now += 1000 * SECOND; /* a client that does not read is owed one, not many */
	relay_server_tick(e.server, e.now);
	e.now += 1000 * SECOND;
	relay_server_tick(e.server, e.now);
	(void)end_expect(&e, &a, DERP_KEEPALIVE);
	end_expect_nothing(&e, &a);
	end_close(&e, &a);
	assert_true(relay_server_deadline(e.server) == MONO_NEVER);
	ends_fini(&e);
}

static void answers_the_first_of_many_pings(void **state)
{
	struct ends e;
	struct end a;
	ends_init(&e, 1, 0);
	end_join(&e, &a);
	for (uint8_t i = 1; i < 5; i++)
		assert_true(end_write_frame(&e, &a,
					    &(struct derp_frame){.type = DERP_PING, .ping = {i}}));
	struct derp_frame f = end_expect(&e, &a, DERP_PONG);
	assert_int_equal(f.ping[0], 1);
	end_expect_nothing(&e, &a);
	end_close(&e, &a);
	ends_fini(&e);
}

static void what_clients_may_not_say_closes(void **state)
{
	static const struct {
		const char *hex;
		bool open;
	} v[] = {
		{"10 00000000", false}, /* WatchConns */
		{"11 00000020 0000000000000000000000000000000000000000000000000000000000000000",
		 false},
		{"0a 00000000", false},      /* ForwardPacket, and malformed */
		{"07 00000002 0101", false}, /* NotePreferred of two bytes */
		{"07 00000001 01", true},
		{"12 00000007 01020304050607", false}, /* a short ping */
		{"04 00000003 010203", false},         /* a packet without a receiver */
		{"04 00020000", false},                /* a packet too long */
		{"7f 00000003 010203", true},          /* unknown: skipped */
		{"7f 00000000", true},
		{"7f 00100001", false},
		{"13 00000008 0102030405060708", true}, /* Pong: ignored */
		{"05 00000001 00", true},               /* a server's frame: ignored */
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct ends e;
		struct end a;
		uint8_t b[100];
		ends_init(&e, 1, 0);
		end_join(&e, &a);
		assert_int_equal(
			end_write(&e, &a, (struct bytes){b, unhex(b, sizeof(b), v[i].hex)}),
			v[i].open);
		assert_int_equal(stats(&e)->clients, v[i].open);
		end_close(&e, &a);
		ends_fini(&e);
	}
}

static void a_drain_tells_everybody_once(void **state)
{
	struct ends e;
	struct end a, b, c;
	ends_init(&e, 3, 0);
	end_join(&e, &a);
	end_join(&e, &c);
	assert_true(end_send(&e, &c, &a.key, text("x")));
	end_expect_packet(&e, &a, &c, text("x"));
	end_open(&e, &b); /* not through the handshake: it is just closed */
	relay_server_drain(e.server, 2 * SECOND, MONO_NEVER, e.now);
	struct derp_frame f = end_expect(&e, &a, DERP_RESTARTING);
	assert_int_equal(f.restarting.reconnect_ms, 2000);
	assert_true(f.restarting.keep_trying_ms == UINT32_MAX);
	end_expect_nothing(&e, &a);
	(void)end_expect(&e, &b, DERP_SERVER_KEY);
	end_expect_nothing(&e, &b);
	free(a.buffer);
	free(b.buffer);
	free(c.buffer);
	ends_fini(&e); /* clients that are still there are freed with it, and what they are told */
}

static void numbers_that_are_nobodys_are_harmless(void **state)
{
	struct ends e;
	uint8_t out[10];
	ends_init(&e, 1, 0);
	relay_server_gone(e.server, 0, 0);
	relay_server_gone(e.server, 77, 0);
	assert_false(relay_server_input(e.server, 77, (struct bytes){0}, 0));
	assert_int_equal(relay_server_output(e.server, 77, out, sizeof(out), 0), 0);
	ends_fini(&e);
	relay_server_free(NULL);
}

/* Many clients that come, send, double and go at random, against the sums that must hold. */
static void a_crowd_leaves_nothing_behind(void **state)
{
	enum { N = 40, KEYS = 12 };
	struct ends e;
	static struct end c[N], owners[KEYS];
	ends_init(&e, N + KEYS, 100000);
	memset(c, 0, sizeof(c));
	for (size_t i = 0; i < KEYS; i++)
		end_join(&e, &owners[i]);
	for (int round = 0; round < 4000; round++) {
		struct end *x = &c[rng_below(&e.rng, N)];
		struct end *to = &owners[rng_below(&e.rng, KEYS)];
		uint8_t packet[3000] = {0};
		e.now += rng_below(&e.rng, 100 * MSEC);
		if (!x->buffer)
			end_join_as(&e, x, to);
		else if (rng_below(&e.rng, 6) == 0)
			end_close(&e, x);
		else if (rng_below(&e.rng, 3) == 0)
			(void)relay_server_output(e.server, x->id, packet, rng_below(&e.rng, 3000),
						  e.now);
		else
			assert_true(end_send(&e, x, &to->key,
					     (struct bytes){packet, rng_below(&e.rng, 3000)}));
	}
	for (size_t i = 0; i < N; i++)
		if (c[i].buffer)
			end_close(&e, &c[i]);
	for (size_t i = 0; i < KEYS; i++)
		end_close(&e, &owners[i]);
	const struct relay_server_stats *s = stats(&e);
	uint32_t id;
	assert_int_equal(s->clients, 0);
	assert_int_equal(s->registered, 0);
	assert_false(relay_server_ready(e.server, &id));
	assert_true(s->packets_in >= s->packets_out + s->dropped_unknown + s->dropped_full);
	ends_fini(&e);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_idle_client_is_small),
	cmocka_unit_test(carries_packets_both_ways),
	cmocka_unit_test(says_who_is_ready_once),
	cmocka_unit_test(bytes_come_out_in_pieces_of_any_size),
	cmocka_unit_test(a_frozen_receiver_stalls_nobody_and_loses_the_oldest),
	cmocka_unit_test(bytes_of_all_queues_are_bounded),
	cmocka_unit_test(who_does_not_read_does_not_keep_the_room_from_others),
	cmocka_unit_test(what_cannot_have_room_is_dropped_itself),
	cmocka_unit_test(half_received_frames_are_bounded),
	cmocka_unit_test(who_holds_large_frames_back_does_not_throw_out_others),
	cmocka_unit_test(says_not_here_for_disco_only_and_seldom),
	cmocka_unit_test(tells_those_who_heard_from_a_client_that_it_went),
	cmocka_unit_test(remembers_the_latest_receivers),
	cmocka_unit_test(who_only_greets_stands_in_no_table),
	cmocka_unit_test(lies_in_the_handshake_end_it),
	cmocka_unit_test(a_client_info_of_more_than_4_kib_is_refused),
	cmocka_unit_test(frames_glued_to_the_greeting_count),
	cmocka_unit_test(silence_in_the_handshake_ends_it),
	cmocka_unit_test(half_a_frame_may_not_stay_for_ever),
	cmocka_unit_test(a_slow_sender_stays),
	cmocka_unit_test(keeps_alive_before_a_proxy_cuts_the_stream),
	cmocka_unit_test(answers_the_first_of_many_pings),
	cmocka_unit_test(what_clients_may_not_say_closes),
	cmocka_unit_test(a_drain_tells_everybody_once),
	cmocka_unit_test(numbers_that_are_nobodys_are_harmless),
	cmocka_unit_test(a_crowd_leaves_nothing_behind),
};
RUN_TESTS(tests)

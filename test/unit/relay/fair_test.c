/* Whose packets a full queue drops. */
#include "unit/relay/ends.h"

enum { PACKET_LEN = 1000 };

static void send_numbered(struct ends *e, struct end *c, const struct end *to, uint32_t n)
{
	uint8_t packet[PACKET_LEN] = {0};
	memcpy(packet, &n, sizeof(n));
	assert_true(end_send(e, c, &to->key, BYTES_OF(packet)));
}

/* What came of the packets of one client; each may come once, in order. */
struct heard {
	const struct end *from;
	uint32_t n, last;
};

/* The receiver's line takes this many bytes in this millisecond. */
static void take_bytes(struct ends *e, struct end *c, size_t n, struct heard *h)
{
	assert_true(c->n + n < ENDS_BUFFER);
	c->n += relay_server_output(e->server, c->id, c->buffer + c->n, n, e->now);
	uint8_t type;
	uint32_t len, number;
	struct derp_frame f;
	struct bytes b = {c->buffer + c->at, c->n - c->at};
	while (b.n >= DERP_HEADER_LEN && derp_read_header(b, &type, &len) &&
	       len <= b.n - DERP_HEADER_LEN) {
		assert_int_equal(derp_read(type, (struct bytes){b.p + DERP_HEADER_LEN, len}, &f),
				 DERP_READ);
		c->at += DERP_HEADER_LEN + len;
		b = (struct bytes){c->buffer + c->at, c->n - c->at};
		if (memcmp(f.packet.peer.b, h->from->key.b, KEY_LEN) != 0)
			continue;
		memcpy(&number, f.packet.packet.p, sizeof(number));
		assert_true(number > h->last);
		h->last = number;
		h->n++;
	}
	memmove(c->buffer, c->buffer + c->at, c->n - c->at);
	c->n -= c->at;
	c->at = 0;
}

struct flood {
	size_t keys;     /* of the attacker, in turn */
	bool one_host;   /* all keys have one host, else each its own */
	bool honest_too; /* the honest sender has that host as well */
	uint32_t burst;  /* of the honest sender's packets; the mean is the same */
};

/* A receiver of 8 Mbit/s, flooded with 112 Mbit/s. An honest sender sends 2,000 packets with 1
 * Mbit/s. Gives how many of them come. */
static uint32_t honest_delivered(const struct flood *w)
{
	struct ends e;
	struct end to, honest, bad[8];
	uint32_t sent = 0, ms;
	ends_init(&e, 16, 0);
	end_join(&e, &to);
	end_open_from(&e, &honest, 1000);
	end_register(&e, &honest);
	for (size_t i = 0; i < w->keys; i++) {
		end_open_from(&e, &bad[i], w->honest_too ? 1000 : w->one_host ? 2000 : 2000 + i);
		end_register(&e, &bad[i]);
	}
	struct heard h = {.from = &honest};
	for (ms = 0; sent < 2000 || ms % 100; ms++) {
		e.now += MSEC;
		for (uint32_t i = 0; i < 7; i++)
			send_numbered(&e, &bad[(ms * 14 + i) % w->keys], &to, 0);
		for (uint32_t i = 0; ms % (8 * w->burst) == 0 && i < w->burst && sent < 2000; i++)
			send_numbered(&e, &honest, &to, ++sent);
		for (uint32_t i = 7; i < 14; i++)
			send_numbered(&e, &bad[(ms * 14 + i) % w->keys], &to, 0);
		take_bytes(&e, &to, PACKET_LEN + DERP_HEADER_LEN + KEY_LEN, &h);
	}
	assert_true(relay_server_stats(e.server)->dropped_oldest > 12 * ms);
	for (size_t i = 0; i < w->keys; i++)
		end_close(&e, &bad[i]);
	end_close(&e, &honest);
	end_close(&e, &to);
	ends_fini(&e);
	return h.n;
}

static void a_flood_pushes_out_its_own_packets(void **state)
{
	static const struct {
		struct flood flood;
		uint32_t at_least; /* of 2,000 */
	} rows[] = {
		{{.keys = 1, .burst = 1}, 2000},
		{{.keys = 1, .burst = 14}, 1900},
		{{.keys = 8, .one_host = true, .burst = 1}, 2000},
		{{.keys = 8, .one_host = true, .burst = 14}, 1900},
		{{.keys = 1, .honest_too = true, .burst = 1}, 2000},
		{{.keys = 4, .burst = 1}, 1990},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_in_range(honest_delivered(&rows[i].flood), rows[i].at_least, 2000);
}

static void a_full_queue_drops_of_the_host_and_key_that_have_most(void **state)
{
	struct ends e;
	struct end to, a, a2, b;
	uint8_t n = 0;
	ends_init(&e, 4, 0);
	end_join(&e, &to);
	end_open_from(&e, &a, 100);
	end_register(&e, &a);
	end_open_from(&e, &a2, 100);
	end_register(&e, &a2);
	end_join(&e, &b);
	for (n = 0; n < 3; n++)
		assert_true(end_send(&e, &a2, &to.key, (struct bytes){&n, 1}));
	for (n = 0; n < 13; n++)
		assert_true(end_send(&e, &b, &to.key, (struct bytes){&n, 1}));
	for (n = 0; n < 16; n++)
		assert_true(end_send(&e, &a, &to.key, (struct bytes){&n, 1}));
	for (n = 13; n < 16; n++) /* its host has less: host 100 gives way, and there a */
		assert_true(end_send(&e, &b, &to.key, (struct bytes){&n, 1}));
	assert_int_equal(relay_server_stats(e.server)->dropped_oldest, 3);
	for (n = 0; n < 3; n++)
		end_expect_packet(&e, &to, &a2, (struct bytes){&n, 1});
	for (n = 0; n < 13; n++)
		end_expect_packet(&e, &to, &b, (struct bytes){&n, 1});
	for (n = 3; n < 16; n++)
		end_expect_packet(&e, &to, &a, (struct bytes){&n, 1});
	for (n = 13; n < 16; n++)
		end_expect_packet(&e, &to, &b, (struct bytes){&n, 1});
	end_expect_nothing(&e, &to);
	end_close(&e, &a);
	end_close(&e, &a2);
	end_close(&e, &b);
	end_close(&e, &to);
	ends_fini(&e);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_flood_pushes_out_its_own_packets),
	cmocka_unit_test(a_full_queue_drops_of_the_host_and_key_that_have_most),
};
RUN_TESTS(tests)

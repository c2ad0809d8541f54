#include "wire/disco.h"

#include "crypto/seeded.h"
#include "unit/addresses.h"
#include "unit/message.h"
#include "unit/spoil.h"

/* The vectors of disco.md 10: A speaks to B, nonce 00..17. */
static const char a_private[] = "0002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f60";
static const char a_public[] = "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";
static const char b_public[] = "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466";
static const char a_node[] = "883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c77";
static const char txid_hex[] = "101112131415161718191a1b";
static const char nonce_hex[] = "000102030405060708090a0b0c0d0e0f1011121314151617";

static const char ping_inner[] = "0100101112131415161718191a1b883186b800b41d5cf0429695da9b3cc4f328e"
				 "bcd184a6e482fa578c103f06c77";
static const char ping_box[] = "9cc792fe5e35692f9496347cb754907e9ecbf90a63e91177f5c50d3ac5bb4ab115"
			       "6778bfaf3190f875b40a32609be4ea825e05c5e90540ee2a45f7ee135a";
static const char pong_inner[] = "0200101112131415161718191a1b00000000000000000000ffffc000020aa2a9";
static const char pong_box[] = "4ae7267695aa4ccc31cc13b6b785fc329dcbf90a63e91177f5c50d3ac5bbc28093d"
			       "f780bb26d60ba1cde10a95e55b56b";
static const char pong_v6_inner[] =
	"0200101112131415161718191a1b20010db8000000000000000000000007a2a9";
static const char pong_relay_inner[] =
	"0200101112131415161718191a1b00000000000000000000ffff7f0303280007";
static const char call_inner[] =
	"030000000000000000000000ffffc000020aa2a920010db8000000000000000000000007a2a9";
static const char call_box[] =
	"66dd9e0223d77a63bc9e98e56d8b09049ccbe91b71fa0562e3d21523205f028091d5daa2926c"
	"6d02e321d0a95c5f17c269931d8825e4";
static const char bind_inner[] =
	"04000000000500000001 64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466"
	"0000000000000000000000000000000000000000000000000000000000000000";

static bool same(const struct endpoint *e, const char *text)
{
	struct endpoint want = ep_of(text);
	return endpoint_equal(e, &want);
}

static bool reads(struct bytes inner, void *arg)
{
	struct disco_msg m;
	return disco_read(inner, &m);
}

static void write_is(const struct disco_msg *msg, const char *hex)
{
	struct message want = message(hex);
	uint8_t out[DISCO_INNER_MAX];
	struct wr w = wr_of(out, sizeof(out));
	disco_write(&w, msg);
	assert_true(bytes_equal(wr_done(&w), view(&want)));
}

static struct box_shared a_to_b(void)
{
	uint8_t priv[KEY_LEN], pub[KEY_LEN];
	struct box_shared s;
	unhex(priv, sizeof(priv), a_private);
	unhex(pub, sizeof(pub), b_public);
	assert_true(box_shared_of(&s, priv, pub));
	return s;
}

static void count_up(void *self, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)i;
}

/* Sealed, the message is the whole vector; opened again, it is the message. */
static void seals_as(const struct disco_msg *msg, const char *box_hex, size_t total)
{
	struct rng rng = {.fill = count_up};
	struct box_shared shared = a_to_b();
	struct disco_key a, sender;
	struct disco_msg back;
	struct bytes sealed;
	unhex(a.b, sizeof(a.b), a_public);
	uint8_t out[256], want[256];
	struct wr w = wr_of(out, sizeof(out)), expected = wr_of(want, sizeof(want));
	wr_put(&expected, "\x54\x53\xf0\x9f\x92\xac", 6);
	wr_put(&expected, a.b, sizeof(a.b));
	expected.n += unhex(want + expected.n, sizeof(want) - expected.n, nonce_hex);
	expected.n += unhex(want + expected.n, sizeof(want) - expected.n, box_hex);

	disco_seal(&w, &a, &shared, msg, &rng);
	assert_int_equal(w.n, total);
	assert_true(bytes_equal(wr_done(&w), wr_done(&expected)));
	assert_true(disco_is(wr_done(&w)));
	assert_true(disco_open_frame(wr_done(&w), &sender, &sealed));
	assert_memory_equal(&sender, &a, sizeof(a));
	assert_true(disco_open(sealed, &shared, &back));
	assert_int_equal(back.type, msg->type);
}

static void ping_has_the_bytes_of_the_vector(void **state)
{
	struct disco_msg m = {.type = DISCO_PING, .ping = {.has_node = true}};
	unhex(m.ping.txid.b, DISCO_TXID_LEN, txid_hex);
	unhex(m.ping.node.b, KEY_LEN, a_node);
	write_is(&m, ping_inner);
	seals_as(&m, ping_box, DISCO_PING_LEN);

	struct message inner = message(ping_inner);
	struct disco_msg back;
	assert_true(disco_read(view(&inner), &back));
	assert_int_equal(back.type, DISCO_PING);
	assert_true(back.ping.has_node);
	assert_int_equal(back.ping.padding, 0);
	assert_memory_equal(back.ping.node.b, m.ping.node.b, KEY_LEN);
	assert_memory_equal(back.ping.txid.b, m.ping.txid.b, DISCO_TXID_LEN);
}

static void pongs_have_the_bytes_of_the_vectors(void **state)
{
	static const struct {
		const char *hex, *seen;
	} rows[] = {{pong_inner, "192.0.2.10:41641"},
		    {pong_v6_inner, "[2001:db8::7]:41641"},
		    {pong_relay_inner, "127.3.3.40:7"}};
	struct disco_msg m = {.type = DISCO_PONG}, back;
	unhex(m.pong.txid.b, DISCO_TXID_LEN, txid_hex);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message inner = message(rows[i].hex);
		m.pong.seen = ep_of(rows[i].seen);
		write_is(&m, rows[i].hex);
		assert_true(disco_read(view(&inner), &back));
		assert_int_equal(back.type, DISCO_PONG);
		assert_true(same(&back.pong.seen, rows[i].seen));
	}
	m.pong.seen = ep_of(rows[0].seen);
	seals_as(&m, pong_box, DISCO_PONG_LEN);
	struct endpoint relay = disco_relay_endpoint(7);
	assert_true(same(&relay, "127.3.3.40:7"));
}

static void call_me_maybe_has_the_bytes_of_the_vector(void **state)
{
	struct disco_msg m = {.type = DISCO_CALL_ME_MAYBE}, back;
	m.call.v[0] = ep_of("192.0.2.10:41641");
	m.call.v[1] = ep_of("[2001:db8::7]:41641");
	m.call.n = 2;
	write_is(&m, call_inner);
	seals_as(&m, call_box, 116);
	struct message inner = message(call_inner);
	assert_true(disco_read(view(&inner), &back));
	assert_int_equal(back.call.n, 2);
	assert_true(same(&back.call.v[0], "192.0.2.10:41641"));
	assert_true(same(&back.call.v[1], "[2001:db8::7]:41641"));
}

static void bind_has_the_bytes_of_the_vector(void **state)
{
	struct disco_msg m = {.type = DISCO_BIND, .bind = {.vni = 5, .generation = 1}}, back;
	unhex(m.bind.remote.b, KEY_LEN, b_public);
	write_is(&m, bind_inner);
	struct message inner = message(bind_inner);
	assert_true(disco_read(view(&inner), &back));
	assert_int_equal(back.type, DISCO_BIND);
	assert_memory_equal(&back.bind, &m.bind, sizeof(m.bind));
}

static void a_ping_may_lack_the_node_key(void **state)
{
	struct message m = message(ping_inner);
	struct disco_msg back;
	for (m.n = 14; m.n < 46; m.n++) {
		assert_true(disco_read(view(&m), &back));
		assert_false(back.ping.has_node);
		assert_int_equal(back.ping.padding, 0);
	}
	/* We never pad a ping without a key: a reader would take the padding for the key. */
	back.ping.padding = 100;
	uint8_t out[256];
	struct wr w = wr_of(out, sizeof(out));
	disco_write(&w, &back);
	assert_int_equal(w.n, 14);
}

static void a_ping_is_padded_with_zeros(void **state)
{
	struct disco_msg m = {.type = DISCO_PING,
			      .ping = {.has_node = true, .padding = 1280 - 124}},
			 back;
	struct rng rng = {.fill = count_up};
	struct box_shared shared = a_to_b();
	struct disco_key a = {{1}}, sender;
	struct bytes sealed;
	uint8_t out[4096];
	struct wr w = wr_of(out, sizeof(out));
	disco_seal(&w, &a, &shared, &m, &rng);
	assert_int_equal(w.n, 1280);
	assert_true(disco_open_frame(wr_done(&w), &sender, &sealed));
	assert_true(disco_open(sealed, &shared, &back));
	assert_int_equal(back.ping.padding, 1280 - 124);

	m.ping.padding = DISCO_SEALED_MAX;
	w = wr_of(out, sizeof(out));
	disco_seal(&w, &a, &shared, &m, &rng);
	assert_true(w.bad);
}

static void a_message_too_long_to_open_is_dropped(void **state)
{
	struct rng rng = {.fill = count_up};
	struct box_shared shared = a_to_b();
	static uint8_t plain[DISCO_SEALED_MAX + 1] = {DISCO_PING}, out[4096];
	struct disco_msg back;
	struct wr w = wr_of(out, sizeof(out));
	box_seal(&shared, &w, (struct bytes){plain, DISCO_SEALED_MAX}, &rng);
	assert_true(disco_open(wr_done(&w), &shared, &back));
	w = wr_of(out, sizeof(out));
	box_seal(&shared, &w, BYTES_OF(plain), &rng);
	assert_false(disco_open(wr_done(&w), &shared, &back));
}

/* An empty list has a meaning: it withdraws all endpoints that were told before. */
static void a_malformed_call_me_maybe_is_an_empty_one(void **state)
{
	struct message m = message(call_inner);
	struct disco_msg back;
	for (size_t n = 2; n < m.n; n++) {
		assert_true(disco_read((struct bytes){m.b, n}, &back));
		assert_int_equal(back.call.n, n == 20 ? 1 : 0);
	}
	m.b[1] = 1;
	assert_true(disco_read(view(&m), &back));
	assert_int_equal(back.call.n, 0);
}

static void endpoints_over_the_limit_are_left_out(void **state)
{
	struct message m = {.b = {DISCO_CALL_ME_MAYBE}, .n = 2};
	struct disco_msg back;
	for (size_t i = 0; i < DISCO_ENDPOINTS_MAX + 3; i++) {
		m.b[m.n + 17] = (uint8_t)i;
		m.n += DISCO_ENDPOINT_LEN;
	}
	assert_true(disco_read(view(&m), &back));
	assert_int_equal(back.call.n, DISCO_ENDPOINTS_MAX);
	for (size_t i = 0; i < DISCO_ENDPOINTS_MAX; i++)
		assert_int_equal(back.call.v[i].port, i);
}

static const struct disco_relay relay = {
	.generation = 0x01020304,
	.server = {{1}},
	.client = {{{2}}, {{3}}},
	.lamport_id = 0x1122334455667788,
	.vni = 0xabcdef,
	.bind_lifetime_ns = 30000000000,
	.steady_lifetime_ns = 300000000000,
	.addrs = {.n = 2,
		  .v = {{.ip = {4, {192, 0, 2, 1}}, .port = 7}, {.ip = {6, {0x20, 1}}, .port = 8}}},
};

static void relay_messages_have_their_fields_in_place(void **state)
{
	uint8_t out[512];
	struct disco_msg m = {.type = DISCO_ALLOCATE_RESPONSE, .relay = relay}, back;
	struct wr w = wr_of(out, sizeof(out));
	disco_write(&w, &m);
	assert_int_equal(w.n + DISCO_OVERHEAD - 2, 208 + 2 * 18);
	struct rd r = rd_of((struct bytes){out + 2, w.n - 2});
	assert_int_equal(rd_be32(&r), relay.generation);
	rd_skip(&r, 3 * KEY_LEN);
	assert_int_equal(rd_be64(&r), relay.lamport_id);
	assert_int_equal(rd_be32(&r), relay.vni);
	assert_int_equal(rd_be64(&r), relay.bind_lifetime_ns);
	assert_int_equal(rd_be64(&r), relay.steady_lifetime_ns);
	assert_int_equal(r.left, 2 * 18);

	w = wr_of(out, sizeof(out));
	m.type = DISCO_CALL_ME_MAYBE_VIA;
	disco_write(&w, &m);
	assert_int_equal(w.n + DISCO_OVERHEAD - 2, 204 + 2 * 18);
	assert_true(disco_read(wr_done(&w), &back));
	assert_int_equal(back.relay.generation, 0);
	assert_int_equal(back.relay.vni, relay.vni);
	assert_memory_equal(&back.relay.client, &relay.client, sizeof(relay.client));
}

static void relay_messages_need_whole_addresses_and_our_version(void **state)
{
	static const enum disco_type types[] = {DISCO_CALL_ME_MAYBE_VIA, DISCO_ALLOCATE_RESPONSE};
	struct spoil spoil = {.read = reads};
	uint8_t out[512];
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct disco_msg m = {.type = types[i], .relay = relay};
		struct wr w = wr_of(out, sizeof(out));
		disco_write(&w, &m);
		/* Cut by exactly one address it is still a message. */
		assert_int_equal(spoil_cut(&spoil, wr_done(&w)), 1);
		out[1] = 1;
		assert_false(reads(wr_done(&w), NULL));
	}
	struct disco_msg m = {.type = DISCO_ALLOCATE_REQUEST, .allocate = {.generation = 9}};
	struct wr w = wr_of(out, sizeof(out));
	disco_write(&w, &m);
	assert_int_equal(w.n + DISCO_OVERHEAD - 2, 148);
	assert_int_equal(spoil_cut(&spoil, wr_done(&w)), 0);
	out[1] = 1;
	assert_false(reads(wr_done(&w), NULL));
}

static void a_receipt_is_its_number(void **state)
{
	struct spoil spoil = {.read = reads};
	struct disco_msg m = {.type = DISCO_RECEIPT, .receipt = 0x0102030405060708}, back;
	const uint8_t bytes[] = {0x58, 0, 1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t out[16];
	struct wr w = wr_of(out, sizeof(out));
	disco_write(&w, &m);
	assert_int_equal(w.n, sizeof(bytes));
	assert_memory_equal(out, bytes, sizeof(bytes));
	assert_true(disco_read(wr_done(&w), &back));
	assert_int_equal(back.receipt, m.receipt);
	assert_int_equal(spoil_cut(&spoil, wr_done(&w)), 0);
}

static void other_types_are_dropped(void **state)
{
	uint8_t b[256] = {0};
	for (unsigned type = 0; type < 256; type++) {
		b[0] = (uint8_t)type;
		/* 2 + 124 + 18: long enough for each of them. */
		bool known = (type >= 1 && type <= 8) || type == DISCO_RECEIPT;
		assert_int_equal(reads((struct bytes){b, 2 + 124 + 18}, NULL), known);
		assert_false(reads((struct bytes){b, 1}, NULL));
	}
	b[0] = DISCO_ALLOCATE_RESPONSE;
	assert_true(reads((struct bytes){b, 2 + 128 + 18}, NULL));
	assert_false(reads((struct bytes){0}, NULL));
}

/* Later versions may append bytes and raise the version. */
static void the_future_is_ignored(void **state)
{
	static const char *const inner[] = {pong_inner, bind_inner};
	for (size_t i = 0; i < ARRAY_LEN(inner); i++) {
		struct message m = message(inner[i]);
		struct spoil spoil = {.read = reads};
		assert_int_equal(spoil_cut(&spoil, view(&m)), 0);
		m.b[m.n++] = 0xff;
		m.b[1] = 0xff;
		assert_true(reads(view(&m), NULL));
	}
}

static void frames_need_the_magic_and_their_length(void **state)
{
	uint8_t b[DISCO_OVERHEAD] = {0x54, 0x53, 0xf0, 0x9f, 0x92, 0xac};
	struct disco_key sender;
	struct bytes sealed;
	assert_true(disco_is((struct bytes){b, DISCO_HEADER_LEN}));
	assert_false(disco_is((struct bytes){b, DISCO_HEADER_LEN - 1}));
	assert_true(disco_open_frame(BYTES_OF(b), &sender, &sealed));
	assert_int_equal(sealed.n, BOX_OVERHEAD + 2);
	assert_false(disco_open_frame((struct bytes){b, DISCO_OVERHEAD - 1}, &sender, &sealed));
	for (size_t i = 0; i < DISCO_MAGIC_LEN; i++) {
		b[i] ^= 1;
		assert_false(disco_is(BYTES_OF(b)));
		assert_false(disco_open_frame(BYTES_OF(b), &sender, &sealed));
		b[i] ^= 1;
	}
}

static bool opens(struct bytes frame, void *arg)
{
	struct disco_key sender;
	struct bytes sealed;
	struct disco_msg m;
	return disco_open_frame(frame, &sender, &sealed) && disco_open(sealed, arg, &m);
}

static void a_damaged_frame_does_not_open(void **state)
{
	struct rng rng = {.fill = count_up};
	struct box_shared shared = a_to_b();
	struct disco_key a = {{1}};
	struct disco_msg m = {.type = DISCO_PONG};
	uint8_t out[DISCO_PONG_LEN];
	struct wr w = wr_of(out, sizeof(out));
	disco_seal(&w, &a, &shared, &m, &rng);
	struct spoil spoil = {.read = opens, .arg = &shared};
	assert_int_equal(spoil_cut(&spoil, wr_done(&w)), 0);
	/* The box does not cover the sender's key: it chooses the shared key. */
	assert_int_equal(spoil_flip(&spoil, wr_done(&w)), 8 * KEY_LEN);

	w = wr_of(out, sizeof(out) - 1);
	disco_seal(&w, &a, &shared, &m, &rng);
	assert_true(w.bad);
}

static void random_endpoints(struct disco_endpoints *e, size_t n, const struct rng *rng)
{
	e->n = n;
	for (size_t i = 0; i < n; i++) {
		uint8_t b[16];
		rng_fill(rng, b, sizeof(b));
		e->v[i].ip = rng_u32(rng) % 2 ? ip_v4_from(b) : ip_v6_from(b);
		e->v[i].port = (uint16_t)rng_u32(rng);
	}
}

static struct disco_msg random_msg(enum disco_type type, const struct rng *rng)
{
	struct disco_msg m;
	rng_fill(rng, &m, sizeof(m));
	m.type = type;
	struct disco_endpoints one;
	random_endpoints(&one, 1, rng);
	if (type == DISCO_PING) {
		m.ping.has_node = rng_u32(rng) % 4 > 0;
		m.ping.padding = m.ping.has_node ? rng_below(rng, 1000) : 0;
	} else if (type == DISCO_PONG) {
		m.pong.seen = one.v[0];
	} else if (type == DISCO_CALL_ME_MAYBE) {
		random_endpoints(&m.call, rng_below(rng, DISCO_ENDPOINTS_MAX + 1), rng);
	} else if (type == DISCO_CALL_ME_MAYBE_VIA || type == DISCO_ALLOCATE_RESPONSE) {
		random_endpoints(&m.relay.addrs, 1 + rng_below(rng, DISCO_ENDPOINTS_MAX), rng);
	}
	return m;
}

static void random_messages_come_back(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 6);
	struct rng rng = seeded_rng(&seeded);
	static uint8_t out[DISCO_INNER_MAX], again[DISCO_INNER_MAX];
	struct spoil spoil = {.read = reads};
	for (int i = 0; i < 900; i++) {
		struct disco_msg m = random_msg((enum disco_type)(1 + i % 9), &rng), back;
		struct wr w = wr_of(out, sizeof(out)), w2 = wr_of(again, sizeof(again));
		disco_write(&w, &m);
		assert_false(w.bad);
		assert_true(disco_read(wr_done(&w), &back));
		assert_int_equal(back.type, m.type);
		disco_write(&w2, &back);
		assert_true(bytes_equal(wr_done(&w), wr_done(&w2)));
		if (i < 9)
			spoil_flip(&spoil, wr_done(&w));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(ping_has_the_bytes_of_the_vector),
	cmocka_unit_test(pongs_have_the_bytes_of_the_vectors),
	cmocka_unit_test(call_me_maybe_has_the_bytes_of_the_vector),
	cmocka_unit_test(bind_has_the_bytes_of_the_vector),
	cmocka_unit_test(a_ping_may_lack_the_node_key),
	cmocka_unit_test(a_ping_is_padded_with_zeros),
	cmocka_unit_test(a_message_too_long_to_open_is_dropped),
	cmocka_unit_test(a_malformed_call_me_maybe_is_an_empty_one),
	cmocka_unit_test(endpoints_over_the_limit_are_left_out),
	cmocka_unit_test(relay_messages_have_their_fields_in_place),
	cmocka_unit_test(relay_messages_need_whole_addresses_and_our_version),
	cmocka_unit_test(a_receipt_is_its_number),
	cmocka_unit_test(other_types_are_dropped),
	cmocka_unit_test(the_future_is_ignored),
	cmocka_unit_test(frames_need_the_magic_and_their_length),
	cmocka_unit_test(a_damaged_frame_does_not_open),
	cmocka_unit_test(random_messages_come_back),
};
RUN_TESTS(tests)

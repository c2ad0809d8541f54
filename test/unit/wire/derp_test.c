#include "wire/derp.h"

#include "crypto/seeded.h"
#include "unit/message.h"
#include "unit/spoil.h"

/* The vectors of derp.md 10: node A and a relay, nonce 00..17. */
static const char a_node_private[] =
	"8082838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f60";
static const char a_node[] = "883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c77";
static const char relay_private[] =
	"a0a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf40";
static const char relay_key[] = "ad438bfae31f6c093d61d4339255ea798092c9fadd07b97827f4b0ae9dee7c1c";
static const char shared_hex[] = "d42b41c2bcb66370c3ec71513e51d4a462c0a569703464a0130572f4ed17e406";

static const char server_key_hex[] =
	"010000002844455250f09f9491"
	"ad438bfae31f6c093d61d4339255ea798092c9fadd07b97827f4b0ae9dee7c1c";
static const char client_info_hex[] =
	"0200000068883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c770001020304050607"
	"08090a0b0c0d0e0f10111213141516176d0c885dfe65f6feeb8187ac9836aa29ed54815d4bcde2f3d2aeed1806"
	"b505130a5028c185f9ed05ff5f5a77496881c0";
static const char server_info_hex[] =
	"0300000035000102030405060708090a0b0c0d0e0f1011121314151617746b0b949b80f660"
	"3f047cf63afc261bed54815d4bcde2f3d2aeed1857";

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static struct bytes payload_of(struct bytes frame)
{
	return (struct bytes){frame.p + DERP_HEADER_LEN, frame.n - DERP_HEADER_LEN};
}

static bool is_text(struct bytes b, const char *s)
{
	return bytes_equal(b, text(s));
}

/* Reads one whole frame. Its header must give its true length. */
static enum derp_read read_frame(struct bytes frame, struct derp_frame *out)
{
	uint8_t type;
	uint32_t len;
	assert_true(derp_read_header(frame, &type, &len));
	assert_int_equal(len, frame.n - DERP_HEADER_LEN);
	return derp_read(type, payload_of(frame), out);
}

/* Compares member by member, for there is padding between them. */
static bool same_client_info(const struct derp_client_info *a, const struct derp_client_info *b)
{
	return memcmp(a->mesh_key, b->mesh_key, KEY_LEN) == 0 && a->version == b->version &&
	       a->can_ack_pings == b->can_ack_pings && a->is_prober == b->is_prober;
}

static bool same_server_info(const struct derp_server_info *a, const struct derp_server_info *b)
{
	return a->version == b->version && a->bytes_per_second == b->bytes_per_second &&
	       a->burst_bytes == b->burst_bytes;
}

static void count_up(void *self, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)i;
}

static struct box_shared shared_with(const char *priv_hex, const char *pub_hex)
{
	uint8_t priv[KEY_LEN], pub[KEY_LEN], want[KEY_LEN];
	struct box_shared s;
	unhex(priv, sizeof(priv), priv_hex);
	unhex(pub, sizeof(pub), pub_hex);
	unhex(want, sizeof(want), shared_hex);
	assert_true(box_shared_of(&s, priv, pub));
	assert_memory_equal(s.k, want, KEY_LEN);
	return s;
}

static void write_is(const struct derp_frame *f, const char *hex)
{
	struct message want = message(hex);
	uint8_t out[512];
	struct wr w = wr_of(out, sizeof(out));
	derp_write(&w, f);
	assert_true(bytes_equal(wr_done(&w), view(&want)));
}

static void the_server_key_has_the_bytes_of_the_vector(void **state)
{
	struct derp_frame f = {.type = DERP_SERVER_KEY}, back;
	unhex(f.server_key.b, KEY_LEN, relay_key);
	write_is(&f, server_key_hex);
	struct message m = message(server_key_hex);
	assert_int_equal(read_frame(view(&m), &back), DERP_READ);
	assert_memory_equal(&back.server_key, &f.server_key, KEY_LEN);
	/* More bytes at the end are ignored. Another magic is malformed. */
	m.b[m.n++] = 1;
	assert_int_equal(derp_read(DERP_SERVER_KEY, payload_of(view(&m)), &back), DERP_READ);
	m.b[DERP_HEADER_LEN] ^= 1;
	assert_int_equal(derp_read(DERP_SERVER_KEY, payload_of(view(&m)), &back), DERP_MALFORMED);
}

static void client_info_has_the_bytes_of_the_vector(void **state)
{
	static const char json_text[] = "{\"version\":2,\"CanAckPings\":true}";
	struct derp_client_info info = {.version = 2, .can_ack_pings = true}, got;
	struct box_shared ours = shared_with(a_node_private, relay_key);
	struct box_shared theirs = shared_with(relay_private, a_node);
	struct rng rng = {.fill = count_up};
	uint8_t json[256], sealed[256], plain[256];
	struct wr w = wr_of(json, sizeof(json)), box = wr_of(sealed, sizeof(sealed));
	derp_write_client_info(&w, &info);
	assert_true(is_text(wr_done(&w), json_text));
	box_seal(&ours, &box, wr_done(&w), &rng);
	struct derp_frame f = {.type = DERP_CLIENT_INFO, .client_info.sealed = wr_done(&box)}, back;
	unhex(f.client_info.key.b, KEY_LEN, a_node);
	write_is(&f, client_info_hex);

	struct message m = message(client_info_hex);
	assert_int_equal(m.n, 109);
	assert_int_equal(read_frame(view(&m), &back), DERP_READ);
	assert_memory_equal(&back.client_info.key, &f.client_info.key, KEY_LEN);
	struct wr opened = wr_of(plain, sizeof(plain));
	assert_true(box_open(&theirs, &opened, back.client_info.sealed));
	assert_true(derp_read_client_info(wr_done(&opened), &got));
	assert_true(same_client_info(&got, &info));
}

static void server_info_has_the_bytes_of_the_vector(void **state)
{
	struct derp_server_info info = {.version = 2}, got;
	struct box_shared shared = shared_with(relay_private, a_node);
	struct rng rng = {.fill = count_up};
	uint8_t json[256], sealed[256], plain[256];
	struct wr w = wr_of(json, sizeof(json)), box = wr_of(sealed, sizeof(sealed));
	derp_write_server_info(&w, &info);
	assert_true(is_text(wr_done(&w), "{\"version\":2}"));
	box_seal(&shared, &box, wr_done(&w), &rng);
	struct derp_frame f = {.type = DERP_SERVER_INFO, .server_info.sealed = wr_done(&box)}, back;
	write_is(&f, server_info_hex);

	struct message m = message(server_info_hex);
	assert_int_equal(m.n, 58);
	assert_int_equal(read_frame(view(&m), &back), DERP_READ);
	struct wr opened = wr_of(plain, sizeof(plain));
	assert_true(box_open(&shared, &opened, back.server_info.sealed));
	assert_true(derp_read_server_info(wr_done(&opened), &got));
	assert_true(same_server_info(&got, &info));
}

static void small_frames_have_the_bytes_of_the_vectors(void **state)
{
	struct derp_frame f = {.type = DERP_NOTE_PREFERRED, .preferred = true}, back;
	write_is(&f, "070000000101");
	f.preferred = false;
	write_is(&f, "070000000100");
	f.type = DERP_KEEPALIVE;
	write_is(&f, "0600000000");
	f.type = DERP_WATCH_CONNS;
	write_is(&f, "1000000000");
	f.type = DERP_PING;
	count_up(NULL, f.ping, DERP_PING_LEN);
	write_is(&f, "12000000080001020304050607");
	f.type = DERP_PONG;
	write_is(&f, "13000000080001020304050607");
	f = (struct derp_frame){.type = DERP_HEALTH, .health = text("bad")};
	write_is(&f, "1400000003626164");
	f = (struct derp_frame){.type = DERP_RESTARTING, .restarting = {10, 0x01020304}};
	write_is(&f, "15000000080000000a01020304");

	struct message m = message("15000000080000000a01020304");
	assert_int_equal(read_frame(view(&m), &back), DERP_READ);
	assert_int_equal(back.restarting.reconnect_ms, 10);
	assert_int_equal(back.restarting.keep_trying_ms, 0x01020304);
}

/* Bytes 1, 2, 3 ... as payload: which lengths are read, by type. */
static void payloads_by_their_length(void **state)
{
	static const struct {
		uint8_t type;
		size_t min, max; /* of what is read */
	} rows[] = {
		{DERP_CLIENT_INFO, 56, 262144},
		{DERP_SERVER_INFO, 40, 1 << 20},
		{DERP_SEND_PACKET, 32, 65568},
		{DERP_RECV_PACKET, 32, 65568},
		{DERP_FORWARD_PACKET, 64, 65600},
		{DERP_KEEPALIVE, 0, 1 << 20},
		{DERP_NOTE_PREFERRED, 1, 1},
		{DERP_PEER_GONE, 32, 1 << 20},
		{DERP_PEER_PRESENT, 32, 1 << 20},
		{DERP_WATCH_CONNS, 0, 1 << 20},
		{DERP_CLOSE_PEER, 32, 1 << 20},
		{DERP_PING, 8, 1000},
		{DERP_PONG, 8, 1000},
		{DERP_HEALTH, 0, 1 << 20},
		{DERP_RESTARTING, 8, 1 << 20},
	};
	static uint8_t b[(1 << 20) + 1];
	count_up(NULL, b, sizeof(b));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct derp_frame f;
		uint8_t type = rows[i].type;
		assert_int_equal(derp_read(type, (struct bytes){b, rows[i].min}, &f), DERP_READ);
		assert_int_equal(derp_read(type, (struct bytes){b, rows[i].max}, &f), DERP_READ);
		assert_int_equal(derp_read(type, (struct bytes){b, rows[i].max + 1}, &f),
				 DERP_MALFORMED);
		for (size_t n = 0; n < rows[i].min; n++)
			assert_int_equal(derp_read(type, (struct bytes){b, n}, &f), DERP_MALFORMED);
	}
}

static void unknown_types_are_told_apart(void **state)
{
	struct derp_frame f;
	uint8_t b[64] = {0};
	for (unsigned type = 0; type < 256; type++) {
		bool known = (type >= 1 && type <= 0x0a) || (type >= 0x10 && type <= 0x15);
		enum derp_read got = derp_read((uint8_t)type, BYTES_OF(b), &f);
		assert_int_equal(got == DERP_UNKNOWN, !known);
	}
}

static void a_header_needs_five_bytes(void **state)
{
	struct message m = message("04000100ff");
	uint8_t type;
	uint32_t len;
	for (size_t n = 0; n < 5; n++)
		assert_false(derp_read_header((struct bytes){m.b, n}, &type, &len));
	assert_true(derp_read_header(view(&m), &type, &len));
	assert_int_equal(type, 4);
	assert_int_equal(len, 0x100ff);
}

static void peer_present_grew_over_the_years(void **state)
{
	uint8_t b[51] = {[32 + 10] = 0xff, [32 + 11] = 0xff, 192, 0, 2, 1, 0, 80, 9};
	struct endpoint at;
	struct derp_frame f;
	assert_true(endpoint_parse(&at, "192.0.2.1:80"));
	for (size_t n = 32; n <= sizeof(b); n++) {
		assert_int_equal(derp_read(DERP_PEER_PRESENT, (struct bytes){b, n}, &f), DERP_READ);
		assert_int_equal(endpoint_equal(&f.present.at, &at), n >= 50);
		assert_int_equal(f.present.flags, n == 51 ? 9 : 0);
	}
	/* A zero endpoint counts as absent. */
	memset(b, 0, sizeof(b));
	assert_int_equal(derp_read(DERP_PEER_PRESENT, BYTES_OF(b), &f), DERP_READ);
	assert_int_equal(f.present.at.ip.family, 0);
}

static void peer_gone_may_lack_its_reason(void **state)
{
	uint8_t b[33] = {1};
	struct derp_frame f;
	assert_int_equal(derp_read(DERP_PEER_GONE, (struct bytes){b, 32}, &f), DERP_READ);
	assert_int_equal(f.gone.reason, DERP_GONE_DISCONNECTED);
	b[32] = 1;
	assert_int_equal(derp_read(DERP_PEER_GONE, BYTES_OF(b), &f), DERP_READ);
	assert_int_equal(f.gone.reason, DERP_GONE_NOT_HERE);
	b[32] = 0xf0;
	assert_int_equal(derp_read(DERP_PEER_GONE, BYTES_OF(b), &f), DERP_READ);
	assert_int_equal(f.gone.reason, DERP_GONE_DISCONNECTED);
}

static void client_info_is_read_as_the_stock_server_does(void **state)
{
	static const struct {
		const char *json;
		bool read;
	} rows[] = {
		{"{}", true},
		{" {\"VERSION\":2,\"canackpings\":true,\"ISPROBER\":false} ", true},
		{"{\"version\":null,\"meshKey\":null,\"CanAckPings\":null}", true},
		{"{\"AppName\":\"x\",\"more\":{\"deep\":[1,2,{}]}}", true},
		{"{\"meshKey\":"
		 "\"000102030405060708090A0B0C0D0E0F101112131415161718191a1b1c1d1e1f\"}",
		 true},
		{"{\"meshKey\":\" "
		 "\\n000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\\t\"}",
		 true},
		{"{\"meshKey\":\"\"}", false},
		{"{\"meshKey\":\"0001\"}", false},
		{"{\"meshKey\":\"000102030405060708090a0b0c0d0e0f10 "
		 "1112131415161718191a1b1c1d1e1f\"}",
		 false},
		{"{\"meshKey\":"
		 "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00\"}",
		 false},
		{"{\"meshKey\":"
		 "\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\"}",
		 false},
		{"{\"meshKey\":7}", false},
		{"{\"version\":\"2\"}", false},
		{"{\"version\":2.0}", false},
		{"{\"version\":-1}", false},
		{"{\"version\":2147483648}", false},
		{"{\"version\":99999999999999999999}", false},
		{"{\"CanAckPings\":1}", false},
		{"{\"IsProber\":\"true\"}", false},
		{"{\"version\":2", false},
		{"{\"version\":2}}", false},
		{"[]", false},
		{"2", false},
		{"", false},
	};
	struct derp_client_info info;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(derp_read_client_info(text(rows[i].json), &info), rows[i].read);
	assert_true(derp_read_client_info(text(rows[1].json), &info));
	assert_int_equal(info.version, 2);
	assert_true(info.can_ack_pings && !info.is_prober);
	assert_true(derp_read_client_info(text(rows[5].json), &info));
	for (size_t i = 0; i < KEY_LEN; i++)
		assert_int_equal(info.mesh_key[i], i);
}

static void client_info_is_written_in_the_stock_order(void **state)
{
	struct derp_client_info info = {.version = 2, .is_prober = true}, back;
	uint8_t out[256];
	struct wr w = wr_of(out, sizeof(out));
	count_up(NULL, info.mesh_key, KEY_LEN);
	derp_write_client_info(&w, &info);
	assert_true(is_text(
		wr_done(&w),
		"{\"meshKey\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\","
		"\"version\":2,\"CanAckPings\":false,\"IsProber\":true}"));
	assert_true(derp_read_client_info(wr_done(&w), &back));
	assert_true(same_client_info(&back, &info));
}

static void server_info_may_limit_the_rate(void **state)
{
	struct derp_server_info info = {.version = 2,
					.bytes_per_second = 5000000000,
					.burst_bytes = 1000},
				back;
	uint8_t out[256];
	struct wr w = wr_of(out, sizeof(out));
	derp_write_server_info(&w, &info);
	assert_true(is_text(wr_done(&w), "{\"version\":2,\"TokenBucketBytesPerSecond\":5000000000,"
					 "\"TokenBucketBytesBurst\":1000}"));
	assert_true(derp_read_server_info(wr_done(&w), &back));
	assert_true(same_server_info(&back, &info));
	static const char *const bad[] = {"{\"TokenBucketBytesPerSecond\":-1}",
					  "{\"TokenBucketBytesBurst\":true}", "{\"version\":[]}",
					  "null", "{"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(derp_read_server_info(text(bad[i]), &back));
	assert_true(derp_read_server_info(
		text("{\"version\":3,\"new\":1,\"TokenBucketBytesBurst\":null}"), &back));
	assert_int_equal(back.version, 3);
}

static bool reads_client_info(struct bytes b, void *arg)
{
	struct derp_client_info info;
	return derp_read_client_info(b, &info);
}

static void damaged_json_is_refused_or_read(void **state)
{
	struct spoil spoil = {.read = reads_client_info};
	struct bytes whole = text(
		"{\"version\":2,\"CanAckPings\":true,\"IsProber\":true,\"AppName\":\"\\u00e9\"}");
	assert_int_equal(spoil_cut(&spoil, whole), 0);
	spoil_flip(&spoil, whole);
}

static struct derp_frame random_frame(enum derp_type type, struct bytes data, const struct rng *rng)
{
	struct derp_frame f;
	rng_fill(rng, &f, sizeof(f));
	f.type = type;
	if (type == DERP_CLIENT_INFO) {
		f.client_info.sealed = data;
	} else if (type == DERP_SERVER_INFO) {
		f.server_info.sealed = data;
	} else if (type == DERP_SEND_PACKET || type == DERP_RECV_PACKET) {
		f.packet.packet = data;
	} else if (type == DERP_FORWARD_PACKET) {
		f.forward.packet = data;
	} else if (type == DERP_HEALTH) {
		f.health = data;
	} else if (type == DERP_NOTE_PREFERRED) {
		f.preferred = rng_u32(rng) % 2;
	} else if (type == DERP_PEER_GONE) {
		f.gone.reason = rng_u32(rng) % 2 ? DERP_GONE_NOT_HERE : DERP_GONE_DISCONNECTED;
	} else if (type == DERP_PEER_PRESENT) {
		uint8_t b[16];
		rng_fill(rng, b, sizeof(b));
		f.present.at.ip = rng_u32(rng) % 2 ? ip_v4_from(b) : ip_v6_from(b);
		if (rng_u32(rng) % 4 == 0)
			f.present.at = (struct endpoint){0};
	}
	return f;
}

static void random_frames_come_back(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 7);
	struct rng rng = seeded_rng(&seeded);
	uint8_t data[300], out[512], again[512];
	for (int i = 0; i < 2200; i++) {
		enum derp_type type = (enum derp_type)(1 + i % 22);
		if (type > DERP_FORWARD_PACKET && type < DERP_WATCH_CONNS)
			continue;
		rng_fill(&rng, data, sizeof(data));
		struct bytes some = {data, 40 + rng_below(&rng, 260)};
		if (type > DERP_RESTARTING)
			continue;
		struct derp_frame f = random_frame(type, some, &rng), back;
		struct wr w = wr_of(out, sizeof(out)), w2 = wr_of(again, sizeof(again));
		derp_write(&w, &f);
		assert_false(w.bad);
		assert_int_equal(read_frame(wr_done(&w), &back), DERP_READ);
		assert_int_equal(back.type, type);
		derp_write(&w2, &back);
		assert_true(bytes_equal(wr_done(&w), wr_done(&w2)));
	}
}

static void a_full_buffer_gets_no_frame(void **state)
{
	struct derp_frame f = {.type = DERP_PING};
	uint8_t out[13];
	for (size_t n = 0; n <= sizeof(out); n++) {
		struct wr w = wr_of(out, n);
		derp_write(&w, &f);
		assert_int_equal(w.bad, n < sizeof(out));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_server_key_has_the_bytes_of_the_vector),
	cmocka_unit_test(client_info_has_the_bytes_of_the_vector),
	cmocka_unit_test(server_info_has_the_bytes_of_the_vector),
	cmocka_unit_test(small_frames_have_the_bytes_of_the_vectors),
	cmocka_unit_test(payloads_by_their_length),
	cmocka_unit_test(unknown_types_are_told_apart),
	cmocka_unit_test(a_header_needs_five_bytes),
	cmocka_unit_test(peer_present_grew_over_the_years),
	cmocka_unit_test(peer_gone_may_lack_its_reason),
	cmocka_unit_test(client_info_is_read_as_the_stock_server_does),
	cmocka_unit_test(client_info_is_written_in_the_stock_order),
	cmocka_unit_test(server_info_may_limit_the_rate),
	cmocka_unit_test(damaged_json_is_refused_or_read),
	cmocka_unit_test(random_frames_come_back),
	cmocka_unit_test(a_full_buffer_gets_no_frame),
};
RUN_TESTS(tests)

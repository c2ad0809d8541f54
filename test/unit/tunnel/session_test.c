#include "tunnel/session.h"
#include "unit/unit.h"
#include "wire/wireguard.h"

static const struct noise_keys keys_a = {.send = {1}, .receive = {2}};
static const struct noise_keys keys_b = {.send = {2}, .receive = {1}};

struct both {
	struct session a, b;
	uint8_t memory[2048];
	struct packet p;
};

static void start(struct both *s)
{
	*s = (struct both){0};
	assert_true(session_begin(&s->a, &keys_a, true, 100 * SECOND));
	assert_true(session_begin(&s->b, &keys_b, false, 100 * SECOND));
	s->a.remote = 0x01020304;
}

static void stop(struct both *s)
{
	session_end(&s->a);
	session_end(&s->b);
	session_end(&s->b);
}

static void fill(struct both *s, size_t n)
{
	s->p = packet_in(s->memory, sizeof(s->memory), PACKET_HEADROOM);
	uint8_t *room = packet_append(&s->p, n);
	assert_non_null(room);
	for (size_t i = 0; i < n; i++)
		room[i] = (uint8_t)i;
}

static void packets_are_padded_and_numbered(void **state)
{
	static const struct {
		size_t content, message;
	} rows[] = {{0, 32}, {1, 48}, {15, 48}, {16, 48}, {17, 64}, {1280, 1312}};
	struct both s;
	start(&s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct wg_transport m;
		fill(&s, rows[i].content);
		assert_true(session_seal(&s.a, &s.p));
		assert_int_equal(s.p.len, rows[i].message);
		assert_true(wg_read_transport(packet_bytes(&s.p), &m));
		assert_int_equal(m.receiver, 0x01020304);
		assert_int_equal(m.counter, i);
		assert_int_equal(session_open(&s.b, i, &s.p, 101 * SECOND), SESSION_OPENED);
		assert_int_equal(s.p.len, (rows[i].content + 15) / 16 * 16);
		for (size_t k = 0; k < s.p.len; k++)
			assert_int_equal(s.p.data[k], k < rows[i].content ? (uint8_t)k : 0);
	}
	stop(&s);
}

static void a_packet_without_room_stays_as_it_was(void **state)
{
	static const struct {
		uint32_t head, tail;
		bool fits;
	} rows[] = {{15, 100, false}, {16, 16 + 6, true}, {16, 16 + 5, false}, {0, 0, false}};
	struct both s;
	start(&s);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fill(&s, 10);
		s.p.head = rows[i].head;
		s.p.tail = rows[i].tail;
		assert_int_equal(session_seal(&s.a, &s.p), rows[i].fits);
		assert_int_equal(s.p.len, rows[i].fits ? 48 : 10);
		if (!rows[i].fits)
			assert_int_equal(s.p.data[9], 9);
	}
	stop(&s);
}

static void a_message_opens_once(void **state)
{
	struct both s;
	uint8_t copy[48];
	start(&s);
	fill(&s, 16);
	assert_true(session_seal(&s.a, &s.p));
	memcpy(copy, s.p.data, sizeof(copy));
	for (int i = 0; i < 3; i++) {
		struct packet p = {.data = copy, .len = sizeof(copy)};
		assert_int_equal(session_open(&s.b, 0, &p, 100 * SECOND),
				 i == 0 ? SESSION_OPENED : SESSION_REPLAYED);
	}
	stop(&s);
}

/* A forged counter must not move the window. */
static void what_is_not_authentic_leaves_no_trace(void **state)
{
	struct both s;
	uint8_t forged[48] = {4};
	start(&s);
	struct packet p = {.data = forged, .len = sizeof(forged)};
	assert_int_equal(session_open(&s.b, 1000000, &p, 100 * SECOND), SESSION_UNAUTHENTIC);
	p = (struct packet){.data = forged, .len = 31};
	assert_int_equal(session_open(&s.b, 0, &p, 100 * SECOND), SESSION_UNAUTHENTIC);
	p = (struct packet){.data = forged, .len = 15};
	assert_int_equal(session_open(&s.b, 0, &p, 100 * SECOND), SESSION_UNAUTHENTIC);
	fill(&s, 16);
	assert_true(session_seal(&s.a, &s.p));
	assert_int_equal(session_open(&s.b, 0, &s.p, 100 * SECOND), SESSION_OPENED);
	stop(&s);
}

static void sessions_end_by_time(void **state)
{
	struct both s;
	start(&s);
	assert_true(session_may_send(&s.a, 279 * SECOND));
	assert_false(session_may_send(&s.a, 280 * SECOND));
	assert_true(session_may_receive(&s.b, 279 * SECOND));
	assert_false(session_may_receive(&s.b, 280 * SECOND));
	fill(&s, 16);
	assert_true(session_seal(&s.a, &s.p));
	assert_int_equal(session_open(&s.b, 0, &s.p, 280 * SECOND), SESSION_STALE);
	stop(&s);
	assert_false(session_may_send(&s.a, 100 * SECOND));
	assert_false(session_may_receive(&s.a, 100 * SECOND));
}

static void sessions_want_a_rekey_by_time_and_by_use(void **state)
{
	struct both s;
	start(&s);
	assert_false(session_wants_rekey(&s.a, 135 * SECOND, 219 * SECOND));
	assert_true(session_wants_rekey(&s.a, MONO_NEVER, 220 * SECOND));
	assert_false(session_wants_rekey(&s.b, 135 * SECOND, 234 * SECOND));
	assert_true(session_wants_rekey(&s.b, 135 * SECOND, 235 * SECOND));
	assert_false(session_wants_rekey(&s.b, MONO_NEVER, 279 * SECOND));
	s.b.counter = REKEY_AFTER_MESSAGES;
	assert_false(session_wants_rekey(&s.b, 135 * SECOND, 101 * SECOND));
	s.b.counter++;
	assert_true(session_wants_rekey(&s.b, 135 * SECOND, 101 * SECOND));
	stop(&s);
}

static void counters_run_out(void **state)
{
	struct both s;
	start(&s);
	s.a.counter = REJECT_AFTER_MESSAGES - 1;
	assert_true(session_may_send(&s.a, 100 * SECOND));
	fill(&s, 0);
	assert_true(session_seal(&s.a, &s.p));
	assert_int_equal(session_open(&s.b, REJECT_AFTER_MESSAGES - 1, &s.p, 100 * SECOND),
			 SESSION_OPENED);
	assert_false(session_may_send(&s.a, 100 * SECOND));
	fill(&s, 0);
	assert_false(session_seal(&s.a, &s.p));
	assert_int_equal(session_open(&s.b, REJECT_AFTER_MESSAGES, &s.p, 100 * SECOND),
			 SESSION_STALE);
	stop(&s);
}

static void a_moved_session_is_the_same(void **state)
{
	struct both s;
	struct session to = {0};
	start(&s);
	fill(&s, 16);
	assert_true(session_seal(&s.a, &s.p));
	session_move(&to, &s.b);
	assert_false(s.b.live);
	assert_int_equal(session_open(&to, 0, &s.p, 100 * SECOND), SESSION_OPENED);
	session_move(&to, &s.b);
	assert_false(to.live);
	stop(&s);
}

/* The two transport messages of tunnel.md 12: a keepalive, and an IPv4 packet of 53 bytes. */
static void messages_have_the_bytes_of_the_vector(void **state)
{
	static const char *const content[] = {
		"", "45000035000000004063b1e3644000016440000261"
		    "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"};
	static const char *const message[] = {
		"04000000080706050000000000000000f65bd24703a15966f9ad9b3230fead30",
		"04000000080706050100000000000000"
		"3479aaa3f8759d7eb83539207388f8c36c0362d590b4774cc7718eb1a3548d80"
		"cc2e6348ddfa1808e6c9b0d35924414383680c84bd043d97fabcfd42320ca77e"
		"5739ef85a9531f5e168a813a6eeaf0bc"};
	struct session s = {0};
	struct noise_keys keys;
	(void)unhex(keys.send, AEAD_KEY_LEN,
		    "21dbf09467e2f2c5e56ad032a1b3b9d030f7b98fe008954beeb7061583ef50f8");
	(void)unhex(keys.receive, AEAD_KEY_LEN,
		    "4fedd71cbce29da244e4379554512d88edf24b7fc99cdbd9119f0d313219bde4");
	assert_true(session_begin(&s, &keys, true, SECOND));
	s.remote = 0x05060708;
	for (size_t i = 0; i < ARRAY_LEN(message); i++) {
		uint8_t memory[256], bytes[128], want[128];
		struct packet p = packet_in(memory, sizeof(memory), PACKET_HEADROOM);
		size_t n = unhex(bytes, sizeof(bytes), content[i]);
		uint8_t *room = packet_append(&p, n);
		assert_non_null(room);
		memcpy(room, bytes, n);
		assert_true(session_seal(&s, &p));
		n = unhex(want, sizeof(want), message[i]);
		assert_int_equal(p.len, n);
		assert_memory_equal(p.data, want, n);
	}
	session_end(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(packets_are_padded_and_numbered),
	cmocka_unit_test(messages_have_the_bytes_of_the_vector),
	cmocka_unit_test(a_packet_without_room_stays_as_it_was),
	cmocka_unit_test(a_message_opens_once),
	cmocka_unit_test(what_is_not_authentic_leaves_no_trace),
	cmocka_unit_test(sessions_end_by_time),
	cmocka_unit_test(sessions_want_a_rekey_by_time_and_by_use),
	cmocka_unit_test(counters_run_out),
	cmocka_unit_test(a_moved_session_is_the_same),
};
RUN_TESTS(tests)

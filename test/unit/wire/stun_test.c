#include "wire/stun.h"

#include "crypto/seeded.h"
#include "unit/message.h"
#include "unit/spoil.h"
#include "unit/wire/plain_stun.h"

/* The vectors of stun.md 7: transaction id 00..0b. */
static const char request_hex[] =
	"000100142112a442000102030405060708090a0b802200087461696c6e6f6465802800048aabad90";
static const char v4_hex[] = "0101000c2112a442000102030405060708090a0b00200008000183bbe112a648";
static const char v6_hex[] = "010100182112a442000102030405060708090a0b00200014000283bb0113a9fa"
			     "000102030405060708090a0c";
static const char v4_in_v6_hex[] =
	"010100182112a442000102030405060708090a0b00200014000283bb2112a442"
	"000102030405f9f8c8090801";

/* RFC 5769, sections 2.1 to 2.4. */
static const char rfc_ice_request_hex[] =
	"00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74"
	"00240004 6e0001ff 80290008 932ff9b151263b36 00060009 6576746a3a68367659 202020"
	"00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 80280004 e57a3bcf";
static const char rfc_v4_hex[] =
	"0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f72 20"
	"00200008 0001a147e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 "
	"c07d4c96";
static const char rfc_v6_hex[] =
	"01010048 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f72 20"
	"00200014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
	"00080014 a382954e4be67bf11784c97c8292c275bfe3ed41 80280004 c8fb0b4c";
static const char rfc_long_term_request_hex[] =
	"00010060 2112a442 78ad3433c6ad72c029da412e"
	"00060012 e3839ee38388e383aae38383e382afe382b9 0000"
	"0015001c 662f2f3439396b39353464364f4c33346f4c39465354767936347341"
	"0014000b 6578616d706c652e6f7267 00 00080014 f67024656dd64a3e02b8e0712e85c9a28ca89666";

static struct stun_txid counting_txid(void)
{
	struct stun_txid t;
	for (size_t i = 0; i < sizeof(t.b); i++)
		t.b[i] = (uint8_t)i;
	return t;
}

static bool reads_request(struct bytes b, void *arg)
{
	struct stun_txid txid;
	return stun_read_request(b, &txid);
}

static bool reads_response(struct bytes b, void *arg)
{
	struct stun_txid txid;
	struct endpoint e;
	return stun_read_response(b, &txid, &e);
}

static void expect_response(const char *hex, const char *text)
{
	struct message m = message(hex);
	struct stun_txid txid;
	struct endpoint e, want;
	assert_true(stun_is(view(&m)));
	assert_true(stun_read_response(view(&m), &txid, &e));
	assert_true(endpoint_parse(&want, text));
	assert_memory_equal(txid.b, m.b + 8, STUN_TXID_LEN);
	assert_true(endpoint_equal(&e, &want));
}

static void crc_gives_the_published_check_value(void **state)
{
	assert_int_equal(stun_crc32((struct bytes){(const uint8_t *)"123456789", 9}), 0xcbf43926);
}

static void the_request_is_the_one_stock_relays_want(void **state)
{
	struct message want = message(request_hex);
	struct stun_txid txid = counting_txid(), got;
	uint8_t out[STUN_REQUEST_LEN];
	struct wr w = wr_of(out, sizeof(out));
	stun_write_request(&w, &txid);
	assert_true(bytes_equal(wr_done(&w), view(&want)));
	assert_true(stun_is(view(&want)));
	assert_true(stun_read_request(view(&want), &got));
	assert_memory_equal(&got, &txid, sizeof(txid));
	assert_false(reads_response(view(&want), NULL));
}

static void responses_have_the_bytes_of_the_vectors(void **state)
{
	static const struct {
		const char *hex, *at;
	} rows[] = {{v4_hex, "192.0.2.10:41641"}, {v6_hex, "[2001:db8::7]:41641"}};
	struct stun_txid txid = counting_txid();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message want = message(rows[i].hex);
		struct endpoint e;
		assert_true(endpoint_parse(&e, rows[i].at));
		uint8_t out[STUN_RESPONSE_MAX];
		struct wr w = wr_of(out, sizeof(out));
		stun_write_response(&w, &txid, &e);
		assert_true(bytes_equal(wr_done(&w), view(&want)));
		expect_response(rows[i].hex, rows[i].at);
	}
}

static void an_ipv4_address_in_an_ipv6_one_is_unmapped(void **state)
{
	expect_response(v4_in_v6_hex, "192.0.2.10:41641");
}

static void the_responses_of_rfc_5769_are_read(void **state)
{
	expect_response(rfc_v4_hex, "192.0.2.1:32853");
	expect_response(rfc_v6_hex, "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

static void credentials_are_known_and_ignored(void **state)
{
	struct message m = message(rfc_long_term_request_hex);
	assert_true(reads_request(view(&m), NULL));
}

static void a_request_of_ice_is_not_for_us(void **state)
{
	struct message m = message(rfc_ice_request_hex);
	assert_true(stun_is(view(&m)));
	assert_false(reads_request(view(&m), NULL));
	/* PRIORITY is what makes it so. Made optional, and the fingerprint set right again, it is
	 * read. */
	m.b[40] = 0x80;
	struct bytes covered = {m.b, m.n - 8};
	struct wr w = wr_of(m.b + m.n - 4, 4);
	assert_false(reads_request(view(&m), NULL));
	wr_be32(&w, stun_crc32(covered) ^ 0x5354554e);
	assert_true(reads_request(view(&m), NULL));
}

/* Header with that attribute part, its length filled in. */
static struct message with_attrs(uint16_t type, const char *attrs)
{
	struct message m = {.n = STUN_HEADER_LEN};
	struct stun_txid txid = counting_txid();
	m.n += unhex(m.b + m.n, sizeof(m.b) - m.n, attrs);
	struct wr w = wr_of(m.b, STUN_HEADER_LEN);
	wr_be16(&w, type);
	wr_be16(&w, (uint16_t)(m.n - STUN_HEADER_LEN));
	wr_be32(&w, 0x2112a442);
	wr_put(&w, txid.b, sizeof(txid.b));
	return m;
}

static void requests_by_their_attributes(void **state)
{
	static const struct {
		const char *attrs;
		bool read;
	} rows[] = {
		{"", true},                            /* no attribute at all */
		{"80220003 61626300", true},           /* SOFTWARE, padded */
		{"c057000400000001", true},            /* optional, unknown */
		{"00200008 000183bbe112a648", true},   /* known, not expected */
		{"00010000", true},                    /* known, not expected, and empty */
		{"00030004 00000006", false},          /* CHANGE-REQUEST */
		{"00250000", false},                   /* USE-CANDIDATE of ICE */
		{"7fff0000", false},                   /* required, unknown */
		{"00080004 00000000 00250000", true},  /* behind MESSAGE-INTEGRITY */
		{"001c0004 00000000 00250000", true},  /* behind MESSAGE-INTEGRITY-SHA256 */
		{"80220005 6162636465", false},        /* padding is missing */
		{"80220008 61626364", false},          /* longer than the message */
		{"8022ffff 61626364", false},          /* much longer */
		{"8022", false},                       /* half a header */
		{"80280004 00000000", false},          /* FINGERPRINT, wrong */
		{"80280003 00000000", false},          /* of the wrong length */
		{"80280000", false},                   /* and with nothing in it */
		{"80280004 00000000 80220000", false}, /* not the last */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = with_attrs(0x0001, rows[i].attrs);
		assert_int_equal(reads_request(view(&m), NULL), rows[i].read);
	}
}

static void responses_by_their_attributes(void **state)
{
	static const struct {
		const char *attrs, *at;
	} rows[] = {
		/* MAPPED-ADDRESS is used if there is no other. */
		{"00010008 0001a2a9c000020a", "192.0.2.10:41641"},
		{"00010014 0002a2a920010db8000000000000000000000007", "[2001:db8::7]:41641"},
		{"00200008 000183bbe112a648 00010008 0001000101020304", "192.0.2.10:41641"},
		{"00010008 0001000101020304 80200008 000183bbe112a648", "192.0.2.10:41641"},
		/* The last one wins. */
		{"00200008 00010000e112a649 00200008 000183bbe112a648", "192.0.2.10:41641"},
		{"00010008 0001000101020304 00010008 0001a2a9c000020a", "192.0.2.10:41641"},
		/* Unknown attributes are skipped, required or not. */
		{"7fff0000 00200008 000183bbe112a648", "192.0.2.10:41641"},
		{"00200008 000183bbe112a648 00200008 00030000e112a649", "192.0.2.10:41641"},
		{"00200008 000183bbe112a648 00200008 00020000e112a649", "192.0.2.10:41641"},
		{"00200008 000183bbe112a648 00200014 0001000000000000000000000000000000000000",
		 "192.0.2.10:41641"},
		{"00200008 000183bbe112a648 00200000", "192.0.2.10:41641"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = with_attrs(0x0101, rows[i].attrs);
		struct stun_txid txid;
		struct endpoint e, want;
		assert_true(endpoint_parse(&want, rows[i].at));
		assert_true(stun_read_response(view(&m), &txid, &e));
		assert_true(endpoint_equal(&e, &want));
	}
	static const char *const bad[] = {
		"",                                            /* no address */
		"80220000",                                    /* SOFTWARE only */
		"00200008 000383bbe112a648",                   /* of no family we know */
		"00200008 000183bbe112a648 80220008",          /* longer than the message */
		"00200008 000183bbe112a648 80280004 00000000", /* FINGERPRINT, wrong */
		"00200008 000183bbe112a648 8022",              /* half a header */
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct message m = with_attrs(0x0101, bad[i]);
		assert_false(reads_response(view(&m), NULL));
	}
}

static void only_binding_messages_look_like_stun(void **state)
{
	static const struct {
		uint16_t type;
		bool is;
	} rows[] = {{0x0001, true},  {0x0101, true},  {0x0111, false}, {0x0011, false},
		    {0x0003, false}, {0x4001, false}, {0x8001, false}, {0xc001, false}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = with_attrs(rows[i].type, "");
		assert_int_equal(stun_is(view(&m)), rows[i].is);
		assert_int_equal(reads_request(view(&m), NULL), rows[i].type == 0x0001);
		assert_false(stun_is((struct bytes){m.b, STUN_HEADER_LEN - 1}));
		m.b[7] ^= 1;
		assert_false(stun_is(view(&m)));
		assert_false(reads_request(view(&m), NULL));
	}
}

static void bytes_behind_a_response_are_ignored_and_behind_a_request_not(void **state)
{
	struct message m = message(rfc_v4_hex), q = message(request_hex);
	m.b[m.n++] = 0;
	q.b[q.n++] = 0;
	assert_true(reads_response(view(&m), NULL));
	assert_false(reads_request(view(&q), NULL));
}

static void damaged_messages_are_refused(void **state)
{
	static const char *const responses[] = {v4_hex, v6_hex, rfc_v4_hex, rfc_v6_hex};
	struct spoil response = {.read = reads_response}, request = {.read = reads_request};
	for (size_t i = 0; i < ARRAY_LEN(responses); i++) {
		struct message m = message(responses[i]);
		assert_int_equal(spoil_cut(&response, view(&m)), 0);
		spoil_flip(&response, view(&m));
	}
	/* What FINGERPRINT covers cannot be changed by one bit. But a bit of its type makes it
	 * another attribute (16; one of them required, and so refused in a request); and three bits
	 * of lengths hide it: behind the end, all after the address behind the end, inside
	 * MESSAGE-INTEGRITY. */
	struct message m = message(rfc_v4_hex), q = message(request_hex);
	assert_int_equal(spoil_flip(&response, view(&m)), 16 + 3);
	assert_int_equal(spoil_cut(&request, view(&q)), 0);
	assert_int_equal(spoil_flip(&request, view(&q)), 15);
}

static void random_values_come_back(void **state)
{
	struct seeded seeded;
	seeded_init(&seeded, 4);
	struct rng rng = seeded_rng(&seeded);
	for (int i = 0; i < 1000; i++) {
		struct stun_txid txid, got;
		struct endpoint e = {.port = (uint16_t)rng_u32(&rng)}, back;
		uint8_t out[STUN_RESPONSE_MAX], b[16];
		rng_fill(&rng, txid.b, sizeof(txid.b));
		rng_fill(&rng, b, sizeof(b));
		e.ip = i % 2 ? ip_v4_from(b) : ip_v6_from(b);

		struct wr w = wr_of(out, sizeof(out));
		stun_write_response(&w, &txid, &e);
		assert_false(w.bad);
		assert_int_equal(w.n, i % 2 ? 32 : 44);
		assert_true(stun_read_response(wr_done(&w), &got, &back));
		assert_memory_equal(&got, &txid, sizeof(txid));
		assert_true(endpoint_equal(&e, &back));

		w = wr_of(out, sizeof(out));
		stun_write_request(&w, &txid);
		assert_true(stun_read_request(wr_done(&w), &got));
		assert_memory_equal(&got, &txid, sizeof(txid));
	}
}

static void what_cannot_be_written_makes_the_writer_bad(void **state)
{
	struct stun_txid txid = counting_txid();
	struct endpoint none = {.port = 1};
	uint8_t out[STUN_REQUEST_LEN - 1];
	struct wr w = wr_of(out, sizeof(out));
	stun_write_response(&w, &txid, &none);
	assert_true(w.bad);
	w = wr_of(out, sizeof(out));
	stun_write_request(&w, &txid);
	assert_true(w.bad);
	assert_int_equal(w.n, 0);
}

/* --- RFC 5780 --- */

static void a_change_request_says_what_is_wanted_and_is_padded(void **state)
{
	static const uint8_t wants[] = {0, STUN_CHANGE_PORT, STUN_CHANGE_ADDRESS,
					STUN_CHANGE_PORT | STUN_CHANGE_ADDRESS};
	struct stun_txid txid = counting_txid(), plain;
	for (size_t i = 0; i < ARRAY_LEN(wants); i++) {
		uint8_t out[STUN_CHANGE_LEN];
		struct stun_question q;
		struct wr w = wr_of(out, sizeof(out));
		stun_write_change_request(&w, &txid, wants[i]);
		assert_int_equal(w.n, STUN_CHANGE_LEN);
		assert_true(w.n >= STUN_ANSWER_MAX);
		assert_true(stun_read_question(wr_done(&w), &q));
		assert_true(q.wants_origin);
		assert_int_equal(q.change, wants[i]);
		assert_memory_equal(&q.txid, &txid, sizeof(txid));
		assert_false(stun_read_request(wr_done(&w), &plain));
		assert_true(stun_is(wr_done(&w)));
	}
}

static void questions_by_their_attributes(void **state)
{
	static const struct {
		const char *attrs;
		bool read, wants_origin;
		uint8_t change;
	} rows[] = {
		{"", true, false, 0},
		{"80220003 61626300", true, false, 0},
		{"00030004 00000006", true, true, 6},
		{"00030004 00000000", true, true, 0},
		{"00030004 fffffff9", true, true, 0}, /* bits that mean nothing to us */
		{"00260004 00000000 00030004 00000002", true, true, 2}, /* PADDING */
		{"00030003 00000000", false, false, 0},                 /* of the wrong length */
		{"00030008 0000000000000000", false, false, 0},         /* and again */
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = with_attrs(0x0001, rows[i].attrs);
		struct stun_question q;
		assert_int_equal(stun_read_question(view(&m), &q), rows[i].read);
		if (!rows[i].read)
			continue;
		assert_int_equal(q.wants_origin, rows[i].wants_origin);
		assert_int_equal(q.change, rows[i].change);
	}
}

static void an_answer_to_another_port_is_asked_for(void **state)
{
	static const struct {
		const char *attrs;
		bool read;
		uint16_t port;
	} rows[] = {
		{"00270004 12340000", true, 0x1234},
		{"00270002 12340000", true, 0x1234}, /* the padding is not counted */
		{"00270004 12340000 00030004 00000002", true, 0x1234},
		{"00270004 00000000", true, 0},
		{"00270001 12000000", false, 0},
		{"00270003 12345600", false, 0},
		{"00270008 1234000000000000", false, 0},
		{"00270000", false, 0},
	};
	struct stun_txid txid = counting_txid(), plain;
	struct stun_question q;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct message m = with_attrs(0x0001, rows[i].attrs);
		assert_int_equal(stun_read_question(view(&m), &q), rows[i].read);
		if (!rows[i].read)
			continue;
		assert_true(q.elsewhere);
		assert_int_equal(q.response_port, rows[i].port);
		assert_false(stun_read_request(view(&m), &plain));
	}
	uint8_t out[STUN_ELSEWHERE_LEN];
	struct wr w = wr_of(out, sizeof(out));
	stun_write_elsewhere_request(&w, &txid, 41641);
	assert_int_equal(w.n, STUN_ELSEWHERE_LEN);
	assert_true(w.n >= STUN_RESPONSE_MAX);
	assert_true(stun_is(wr_done(&w)) && stun_read_question(wr_done(&w), &q));
	assert_true(q.elsewhere && !q.wants_origin && q.response_port == 41641);
	assert_memory_equal(&q.txid, &txid, sizeof(txid));
}

static void an_answer_says_where_it_comes_from_and_what_else_there_is(void **state)
{
	static const struct {
		const char *reflexive, *origin, *other;
		size_t n;
	} rows[] = {
		{"192.0.2.10:41641", "203.0.113.1:3478", "203.0.113.2:3479", 56},
		{"[2001:db8::7]:41641", "[2001:db8:1::1]:3478", "[2001:db8:1::2]:3479",
		 STUN_ANSWER_MAX},
		{"192.0.2.10:41641", "203.0.113.1:3478", NULL, 44},
		{"192.0.2.10:41641", NULL, NULL, 32},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stun_answer a = {.txid = counting_txid()}, back;
		uint8_t out[STUN_ANSWER_MAX];
		struct wr w = wr_of(out, sizeof(out));
		assert_true(endpoint_parse(&a.reflexive, rows[i].reflexive));
		assert_true(!rows[i].origin || endpoint_parse(&a.origin, rows[i].origin));
		assert_true(!rows[i].other || endpoint_parse(&a.other, rows[i].other));
		stun_write_answer(&w, &a);
		assert_false(w.bad);
		assert_int_equal(w.n, rows[i].n);
		assert_true(stun_read_answer(wr_done(&w), &back));
		assert_memory_equal(&a.txid, &back.txid, sizeof(a.txid));
		assert_true(endpoint_equal(&a.reflexive, &back.reflexive));
		assert_true(endpoint_equal(&a.origin, &back.origin));
		assert_true(endpoint_equal(&a.other, &back.other));
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_change_request_says_what_is_wanted_and_is_padded),
	cmocka_unit_test(questions_by_their_attributes),
	cmocka_unit_test(an_answer_to_another_port_is_asked_for),
	cmocka_unit_test(an_answer_says_where_it_comes_from_and_what_else_there_is),
	cmocka_unit_test(crc_gives_the_published_check_value),
	cmocka_unit_test(the_request_is_the_one_stock_relays_want),
	cmocka_unit_test(responses_have_the_bytes_of_the_vectors),
	cmocka_unit_test(an_ipv4_address_in_an_ipv6_one_is_unmapped),
	cmocka_unit_test(the_responses_of_rfc_5769_are_read),
	cmocka_unit_test(credentials_are_known_and_ignored),
	cmocka_unit_test(a_request_of_ice_is_not_for_us),
	cmocka_unit_test(requests_by_their_attributes),
	cmocka_unit_test(responses_by_their_attributes),
	cmocka_unit_test(only_binding_messages_look_like_stun),
	cmocka_unit_test(bytes_behind_a_response_are_ignored_and_behind_a_request_not),
	cmocka_unit_test(damaged_messages_are_refused),
	cmocka_unit_test(random_values_come_back),
	cmocka_unit_test(what_cannot_be_written_makes_the_writer_bad),
};
RUN_TESTS(tests)

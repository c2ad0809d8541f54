#include "relay/stun_server.h"

#include "unit/unit.h"

static struct endpoint ep(const char *text)
{
	struct endpoint e = {0};
	if (text)
		assert_true(endpoint_parse(&e, text));
	return e;
}

static struct ip ip(const char *text)
{
	struct ip i = {0};
	if (text)
		assert_true(ip_parse(&i, text));
	return i;
}

struct asked {
	struct stun_way way;
	struct stun_answer answer;
	size_t n;
};

/* change < 0: a plain request. */
static bool ask(const struct stun_places *places, const char *at, int change, struct asked *out)
{
	static const struct stun_txid txid = {{1, 2, 3}};
	uint8_t question[STUN_CHANGE_LEN], answer[STUN_ANSWER_MAX];
	struct wr q = wr_of(question, sizeof(question)), a = wr_of(answer, sizeof(answer));
	struct endpoint where = ep(at),
			from = ep(where.ip.family == 4 ? "192.0.2.7:777" : "[2001:db8::7]:777");
	if (change < 0)
		stun_write_request(&q, &txid);
	else
		stun_write_change_request(&q, &txid, (uint8_t)change);
	if (!stun_server_answer(places, &where, &from, wr_done(&q), &out->way, &a))
		return false;
	out->n = a.n;
	assert_true(stun_read_answer(wr_done(&a), &out->answer));
	assert_true(endpoint_equal(&out->answer.reflexive, &from));
	assert_true(endpoint_equal(&out->way.to, &from));
	return true;
}

static void a_plain_request_is_answered_from_where_it_arrived_and_briefly(void **state)
{
	struct stun_places places = {.port = {3478, 3479}};
	struct asked a;
	assert_true(ask(&places, "203.0.113.1:3478", -1, &a));
	assert_int_equal(a.n, 32);
	assert_true(endpoint_equal(&a.way.leave, &(struct endpoint){ip("203.0.113.1"), 3478}));
	assert_false(endpoint_is_set(&a.answer.origin) || endpoint_is_set(&a.answer.other));
	assert_true(ask(&places, "203.0.113.1:3479", -1, &a));
	assert_int_equal(a.way.leave.port, 3479);
}

static void the_answer_leaves_from_where_the_asker_wants_it(void **state)
{
	enum { P = STUN_CHANGE_PORT, A = STUN_CHANGE_ADDRESS };
	static const struct {
		uint16_t second_port;
		const char *second, *at;
		int change;
		const char *leave, *other; /* NULL leave: silence */
	} rows[] = {
		{3479, NULL, "203.0.113.1:3478", 0, "203.0.113.1:3478", "203.0.113.1:3479"},
		{3479, NULL, "203.0.113.1:3478", P, "203.0.113.1:3479", "203.0.113.1:3479"},
		{3479, NULL, "203.0.113.1:3479", P, "203.0.113.1:3478", "203.0.113.1:3478"},
		{3479, NULL, "203.0.113.1:3478", A, NULL, NULL},
		{3479, NULL, "203.0.113.1:3478", A | P, NULL, NULL},
		{0, NULL, "203.0.113.1:3478", P, NULL, NULL},
		{0, NULL, "203.0.113.1:3478", 0, "203.0.113.1:3478", NULL},
		{3479, "203.0.113.2", "203.0.113.1:3478", 0, "203.0.113.1:3478",
		 "203.0.113.2:3479"},
		{3479, "203.0.113.2", "203.0.113.1:3478", P, "203.0.113.1:3479",
		 "203.0.113.2:3479"},
		{3479, "203.0.113.2", "203.0.113.1:3478", A, "203.0.113.2:3478",
		 "203.0.113.2:3479"},
		{3479, "203.0.113.2", "203.0.113.1:3478", A | P, "203.0.113.2:3479",
		 "203.0.113.2:3479"},
		{3479, "203.0.113.2", "203.0.113.2:3478", A, NULL,
		 NULL}, /* we know no other than that */
		{3479, "203.0.113.2", "[2001:db8:1::1]:3478", A, NULL, NULL},
		{3479, "2001:db8:1::2", "[2001:db8:1::1]:3478", A, "[2001:db8:1::2]:3478",
		 "[2001:db8:1::2]:3479"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct stun_places places = {.port = {3478, rows[i].second_port}};
		struct ip second = ip(rows[i].second);
		if (second.family)
			places.second[second.family == 6] = second;
		struct asked a;
		bool answered = ask(&places, rows[i].at, rows[i].change, &a);
		assert_int_equal(answered, rows[i].leave != NULL);
		if (!answered)
			continue;
		struct endpoint leave = ep(rows[i].leave), other = ep(rows[i].other);
		assert_true(endpoint_equal(&a.way.leave, &leave));
		assert_true(endpoint_equal(&a.answer.origin, &leave));
		assert_true(endpoint_equal(&a.answer.other, &other));
		assert_true(a.n <= STUN_CHANGE_LEN);
	}
}

static void where_the_kernel_does_not_tell_the_port_can_still_be_changed(void **state)
{
	struct stun_places places = {.port = {3478, 3479}, .second = {ip("203.0.113.2")}};
	struct endpoint at = {.port = 3478}, from = ep("192.0.2.7:777");
	struct stun_way way;
	uint8_t question[STUN_CHANGE_LEN], answer[STUN_ANSWER_MAX];
	struct stun_txid txid = {{9}};
	struct wr q = wr_of(question, sizeof(question)), a = wr_of(answer, sizeof(answer));
	stun_write_change_request(&q, &txid, STUN_CHANGE_PORT);
	assert_true(stun_server_answer(&places, &at, &from, wr_done(&q), &way, &a));
	assert_int_equal(way.leave.port, 3479);
	assert_int_equal(way.leave.ip.family, 0);
	q.n = a.n = 0;
	stun_write_change_request(&q, &txid, STUN_CHANGE_ADDRESS);
	assert_false(stun_server_answer(&places, &at, &from, wr_done(&q), &way, &a));
}

static void a_short_change_request_gets_nothing_so_that_nobody_is_flooded(void **state)
{
	static const uint8_t question[] = {0, 1, 0, 8,  0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6,
					   7, 8, 9, 10, 11,   12,   0,    3,    0, 4, 0, 0, 0, 0};
	struct stun_places places = {.port = {3478, 3479}};
	struct endpoint at = ep("203.0.113.1:3478"), from = ep("192.0.2.7:777");
	struct stun_way way;
	struct stun_question q;
	uint8_t answer[STUN_ANSWER_MAX];
	struct wr a = wr_of(answer, sizeof(answer));
	assert_true(stun_read_question(BYTES_OF(question), &q) && q.wants_origin);
	assert_false(stun_server_answer(&places, &at, &from, BYTES_OF(question), &way, &a));
	assert_int_equal(a.n, 0);
}

static void an_answer_goes_to_another_port_of_the_asker_and_to_nobody_else(void **state)
{
	static const struct {
		const char *from;
		uint16_t port;
		bool answered;
	} rows[] = {
		{"192.0.2.7:41641", 5000, true},       {"[2001:db8::7]:41641", 5000, true},
		{"192.0.2.7:41641", 1024, true},       {"192.0.2.7:41641", 1023, false},
		{"192.0.2.7:41641", 53, false},        {"192.0.2.7:41641", 0, false},
		{"192.0.2.7:41641", UINT16_MAX, true},
	};
	struct stun_places places = {.port = {3478, 3479}};
	struct stun_txid txid = {{1, 2, 3}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t question[STUN_ELSEWHERE_LEN], answer[STUN_ANSWER_MAX];
		struct wr q = wr_of(question, sizeof(question)), a = wr_of(answer, sizeof(answer));
		struct endpoint at = ep("203.0.113.1:3478"), from = ep(rows[i].from);
		struct stun_way way;
		struct stun_answer told;
		stun_write_elsewhere_request(&q, &txid, rows[i].port);
		assert_int_equal(stun_server_answer(&places, &at, &from, wr_done(&q), &way, &a),
				 rows[i].answered);
		assert_true(rows[i].answered || a.n == 0);
		if (!rows[i].answered)
			continue;
		assert_true(a.n <= q.n);
		assert_true(endpoint_equal(
			&way.leave, &at)); /* otherwise a filter would not let the answer in */
		assert_true(ip_equal(&way.to.ip, &from.ip) && way.to.port == rows[i].port);
		assert_true(stun_read_answer(wr_done(&a), &told) &&
			    endpoint_equal(&told.reflexive, &from));
	}
}

/* The shortest question whose answer would be longer. */
static void no_answer_to_another_port_is_longer_than_its_question(void **state)
{
	static const uint8_t question[] = {0, 1,    0, 8, 0x21, 0x12, 0xa4, 0x42, 1,  2,
					   3, 4,    5, 6, 7,    8,    9,    10,   11, 12,
					   0, 0x27, 0, 4, 0x13, 0x88, 0,    0};
	struct stun_places places = {.port = {3478, 3479}};
	struct endpoint at = ep("[2001:db8::1]:3478"), from = ep("[2001:db8::7]:777");
	struct stun_question q;
	struct stun_way way;
	uint8_t answer[STUN_ANSWER_MAX];
	struct wr a = wr_of(answer, sizeof(answer));
	assert_true(stun_read_question(BYTES_OF(question), &q) && q.response_port == 5000);
	assert_false(stun_server_answer(&places, &at, &from, BYTES_OF(question), &way, &a));
	assert_int_equal(a.n, 0);
}

static void what_is_no_question_is_met_with_silence(void **state)
{
	struct stun_places places = {.port = {3478, 3479}};
	struct endpoint at = ep("203.0.113.1:3478"), from = ep("192.0.2.7:777");
	struct stun_way way;
	uint8_t answer[STUN_ANSWER_MAX];
	struct wr a = wr_of(answer, sizeof(answer));
	static const uint8_t hello[] = "hello";
	assert_false(stun_server_answer(&places, &at, &from, BYTES_OF(hello), &way, &a));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_plain_request_is_answered_from_where_it_arrived_and_briefly),
	cmocka_unit_test(the_answer_leaves_from_where_the_asker_wants_it),
	cmocka_unit_test(where_the_kernel_does_not_tell_the_port_can_still_be_changed),
	cmocka_unit_test(a_short_change_request_gets_nothing_so_that_nobody_is_flooded),
	cmocka_unit_test(an_answer_goes_to_another_port_of_the_asker_and_to_nobody_else),
	cmocka_unit_test(no_answer_to_another_port_is_longer_than_its_question),
	cmocka_unit_test(what_is_no_question_is_met_with_silence),
};
RUN_TESTS(tests)

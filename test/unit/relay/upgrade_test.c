#include <stdio.h>

#include "relay/upgrade.h"
#include "unit/unit.h"

static const struct node_key server_key = {{0xab, 0xcd, 0x01}};
#define KEY_HEX "abcd010000000000000000000000000000000000000000000000000000000000"

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

#define SWITCH                                                              \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: " \
	"Upgrade\r\nDerp-Version: 2\r\n"                                    \
	"Derp-Public-Key: " KEY_HEX "\r\n\r\n"

static void asks_as_the_stock_client_does(void **state)
{
	uint8_t out[512];
	struct wr w = wr_of(out, sizeof(out));
	upgrade_request(&w, "relay.example:8443", false);
	wr_u8(&w, 0);
	assert_string_equal((char *)out, "GET /derp HTTP/1.1\r\nHost: "
					 "relay.example:8443\r\nUser-Agent: warren/" WARREN_VERSION
					 "\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n");
	w = wr_of(out, sizeof(out));
	upgrade_request(&w, "r", true);
	wr_u8(&w, 0);
	assert_non_null(strstr((char *)out, "\r\nDerp-Fast-Start: 1\r\nUpgrade: DERP\r\n"));
	w = wr_of(out, sizeof(out));
	upgrade_request(&w, "r\r\nEvil: 1", true);
	assert_true(w.bad);
	assert_int_equal(w.n, 0);
}

static enum upgrade_progress answered(const char *answer, size_t step, size_t *used, char *why)
{
	struct upgrade_answer *a = upgrade_answer_new();
	enum upgrade_progress r = UPGRADE_MORE;
	struct bytes b = text(answer);
	why[0] = '\0';
	*used = 0;
	while (r == UPGRADE_MORE && *used < b.n) {
		size_t one, n = step < b.n - *used ? step : b.n - *used;
		r = upgrade_answer_input(a, (struct bytes){b.p + *used, n}, &one, why);
		*used += one;
	}
	upgrade_answer_free(a);
	return r;
}

static void reads_answers(void **state)
{
	static const struct {
		const char *answer;
		enum upgrade_progress r;
		const char *why;
	} v[] = {
		{SWITCH, UPGRADE_DONE, ""},
		{"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n",
		 UPGRADE_DONE, ""},
		{"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n", UPGRADE_REFUSED,
		 "there is a web server, but no relay (404 for /derp)"},
		{"HTTP/1.1 503 Busy\r\n\r\n", UPGRADE_REFUSED,
		 "a proxy before the relay does not reach it, or the relay is full (503)"},
		{"HTTP/1.1 502 Bad Gateway\r\n\r\n", UPGRADE_REFUSED,
		 "a proxy before the relay does not reach it, or the relay is full (502)"},
		{"HTTP/1.1 426 Upgrade Required\r\n\r\n", UPGRADE_REFUSED,
		 "a proxy before the relay took away the header Upgrade (426): it must pass "
		 "Upgrade and Connection on"},
		{"HTTP/1.1 400 Bad Request\r\n\r\n", UPGRADE_REFUSED,
		 "the request came changed (400): a proxy before the relay must send HTTP alone, "
		 "without the PROXY protocol"},
		{"HTTP/1.1 200 OK\r\n\r\n", UPGRADE_REFUSED,
		 "the relay refused with HTTP status 200"},
		{"HTTP/1.1 101 Switching", UPGRADE_MORE, ""},
		{"", UPGRADE_MORE, ""},
	};
	char why[UPGRADE_WHY_MAX];
	size_t used;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t step = 1; step < 300; step += 37) {
			assert_int_equal(answered(v[i].answer, step, &used, why), v[i].r);
			assert_string_equal(why, v[i].why);
			assert_int_equal(used, strlen(v[i].answer));
		}
	assert_int_equal(answered(SWITCH "\x01 DERP", 1000, &used, why), UPGRADE_DONE);
	assert_int_equal(used, strlen(SWITCH));
	assert_int_equal(answered("SSH-2.0-OpenSSH\r\n", 1000, &used, why), UPGRADE_REFUSED);
	assert_string_equal(why, "the answer is not HTTP");
}

static void a_long_answer_is_refused(void **state)
{
	static char answer[2 * UPGRADE_HEADER_MAX];
	char why[UPGRADE_WHY_MAX];
	size_t used;
	int n = snprintf(answer, sizeof(answer), "HTTP/1.1 101 Switching Protocols\r\nX: ");
	memset(answer + n, 'x', sizeof(answer) - (size_t)n - 1);
	assert_int_equal(answered(answer, 999, &used, why), UPGRADE_REFUSED);
	assert_string_equal(why, "the answer's header is too long");
	assert_int_equal(used, UPGRADE_HEADER_MAX);
}

static void the_meta_name_goes_there_and_back(void **state)
{
	char cn[UPGRADE_META_CN_MAX];
	struct node_key k;
	upgrade_meta_cn(cn, &server_key);
	assert_string_equal(cn, "derpkey" KEY_HEX);
	assert_true(upgrade_meta_parse(&k, cn));
	assert_memory_equal(k.b, server_key.b, KEY_LEN);
	assert_false(upgrade_meta_parse(&k, "derpkey" KEY_HEX "00"));
	assert_false(upgrade_meta_parse(&k, "derpkey"));
	assert_false(upgrade_meta_parse(&k, KEY_HEX));
	assert_false(upgrade_meta_parse(&k, "relay.example"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(asks_as_the_stock_client_does),
	cmocka_unit_test(reads_answers),
	cmocka_unit_test(a_long_answer_is_refused),
	cmocka_unit_test(the_meta_name_goes_there_and_back),
};
RUN_TESTS(tests)

#include <stdio.h>

#include "relay/upgrade.h"
#include "unit/unit.h"

static const struct node_key server_key = {{0xab, 0xcd, 0x01}};
#define KEY_HEX "abcd010000000000000000000000000000000000000000000000000000000000"

struct asked {
	enum upgrade_want want;
	size_t used;
	bool close;
	char answer[UPGRADE_HEADER_MAX + 1];
};

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

/* Feeds in pieces of `step` bytes until something is wanted. */
static struct asked ask(struct upgrade_asked *a, struct bytes b, size_t step)
{
	static struct asked r;
	r = (struct asked){.want = WANT_MORE};
	struct wr w = wr_of((uint8_t *)r.answer, UPGRADE_HEADER_MAX);
	while (r.want == WANT_MORE && r.used < b.n) {
		size_t used, n = step < b.n - r.used ? step : b.n - r.used;
		r.want = upgrade_asked_input(a, (struct bytes){b.p + r.used, n}, &used, &server_key,
					     &w, &r.close);
		r.used += used;
		assert_true(used == n || r.want != WANT_MORE);
	}
	assert_false(w.bad);
	r.answer[w.n] = '\0';
	return r;
}

static struct asked ask_once(const char *request, size_t step)
{
	struct upgrade_asked *a = upgrade_asked_new();
	assert_non_null(a);
	struct asked r = ask(a, text(request), step);
	upgrade_asked_free(a);
	return r;
}

#define SWITCH                                                              \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: " \
	"Upgrade\r\nDerp-Version: 2\r\n"                                    \
	"Derp-Public-Key: " KEY_HEX "\r\n\r\n"

static void upgrades(void **state)
{
	static const struct {
		const char *request, *answer;
	} v[] = {
		{"GET /derp HTTP/1.1\r\nHost: r\r\nUser-Agent: Go-http-client/1.1\r\nConnection: "
		 "Upgrade\r\n"
		 "Upgrade: DERP\r\n\r\n",
		 SWITCH},
		{"GET /derp HTTP/1.1\r\nHost: r\r\nconnection: upgrade\r\nupgrade: dErP\r\n\r\n",
		 SWITCH},
		{"GET /derp?x=1 HTTP/1.1\r\nHost: r\r\nConnection: Upgrade\r\nUpgrade: "
		 "DERP\r\n\r\n",
		 SWITCH},
		{"GET /derp HTTP/1.1\r\nHost: r\r\nConnection: Upgrade\r\nUpgrade: "
		 "WebSocket\r\n\r\n",
		 SWITCH},
		{"GET /derp HTTP/1.1\r\nHost: r\r\nConnection: Upgrade\r\nDerp-Fast-Start: 1\r\n"
		 "Ideal-Node: 1f\r\nUpgrade: DERP\r\n\r\n",
		 ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t step = 1; step < 300; step += step < 8 ? 1 : 41) {
			char with_more[512];
			/* What is glued to the head belongs to DERP. */
			snprintf(with_more, sizeof(with_more), "%s\x02GET / HTTP/1.1\r\n\r\n",
				 v[i].request);
			struct asked r = ask_once(with_more, step);
			assert_int_equal(r.want, WANT_DERP);
			assert_int_equal(r.used, strlen(v[i].request));
			assert_false(r.close);
			assert_string_equal(r.answer, v[i].answer);
		}
}

static void answers_pages(void **state)
{
	static const struct {
		const char *request, *starts, *has;
		enum upgrade_want want;
		bool close;
	} v[] = {
		{"GET /derp HTTP/1.1\r\n\r\n", "HTTP/1.1 426 ", "DERP requires connection upgrade",
		 WANT_BAD, true},
		{"GET /derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		 "HTTP/1.1 426 ", NULL, WANT_BAD, true},
		{"GET /derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		 "Sec-WebSocket-Protocol: chat, derp\r\n\r\n",
		 "HTTP/1.1 426 ", NULL, WANT_BAD, true},
		{"POST /derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n",
		 "HTTP/1.1 405 ", NULL, WANT_BAD, true},
		{"GET /derp/probe HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ",
		 "Access-Control-Allow-Origin: *\r\n", WANT_PAGE, false},
		{"HEAD /derp/latency-check HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ",
		 "Content-Length: 0\r\n", WANT_PAGE, false},
		{"POST /derp/probe HTTP/1.1\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 405 ",
		 "bogus probe method", WANT_BAD, true},
		{"GET /generate_204 HTTP/1.1\r\n\r\n", "HTTP/1.1 204 ",
		 "Cache-Control: no-cache, no-store, must-revalidate, no-transform, max-age=0\r\n",
		 WANT_PAGE, false},
		{"GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: "
		 "ts_derp-1.example:3340\r\n\r\n",
		 "HTTP/1.1 204 ", "X-Tailscale-Response: response ts_derp-1.example:3340\r\n",
		 WANT_PAGE, false},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "This is a relay.", WANT_PAGE, false},
		{"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ", "Connection: close", WANT_PAGE, true},
		{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", NULL, WANT_PAGE,
		 true},
		{"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 200 ", NULL, WANT_PAGE,
		 true},
		{"GET /robots.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "Disallow: /\n", WANT_PAGE,
		 false},
		{"GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", NULL, WANT_PAGE, false},
		{"GET /DERP/probe HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", NULL, WANT_PAGE, false},
		{"GET /Derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n",
		 "HTTP/1.1 404 ", NULL, WANT_PAGE, false},
		{"CONNECT example:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ", NULL, WANT_BAD, true},
		{"\x16\x03\x01\x02\x00", "HTTP/1.1 400 ", NULL, WANT_BAD, true},
		{"GET / FTP/1.1\r\n\r\n", "HTTP/1.1 400 ", NULL, WANT_BAD, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t step = 1; step < 200; step += step < 4 ? 1 : 61) {
			struct asked r = ask_once(v[i].request, step);
			assert_int_equal(r.want, v[i].want);
			assert_int_equal(r.close, v[i].close);
			assert_memory_equal(r.answer, v[i].starts, strlen(v[i].starts));
			if (v[i].has)
				assert_non_null(strstr(r.answer, v[i].has));
			if (v[i].close)
				assert_non_null(strstr(r.answer, "Connection: close\r\n"));
		}
}

static void a_head_request_gets_no_text(void **state)
{
	struct asked r = ask_once("HEAD / HTTP/1.1\r\n\r\n", 100);
	assert_string_equal(r.answer + strlen(r.answer) - 4, "\r\n\r\n");
	assert_null(strstr(r.answer, "Content-Length: 0"));
}

static void bad_challenges_are_not_echoed(void **state)
{
	char request[300], challenge[66];
	memset(challenge, 'a', sizeof(challenge));
	for (size_t n = 63; n <= 65; n++) {
		snprintf(request, sizeof(request),
			 "GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: %.*s\r\n\r\n",
			 (int)n, challenge);
		assert_int_equal(strstr(ask_once(request, 400).answer, "response aaa") != NULL,
				 n <= 64);
	}
	static const char *const bad[] = {"a b", "a/b", "a<b>", "a%0d", "\xc3\xa4"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(request, sizeof(request),
			 "GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: %s\r\n\r\n", bad[i]);
		assert_null(strstr(ask_once(request, 400).answer, "X-Tailscale-Response"));
	}
}

static void several_requests_follow_each_other(void **state)
{
	static const char requests[] =
		"GET / HTTP/1.1\r\nX-Tailscale-Challenge: one\r\n\r\n"
		"GET /generate_204 HTTP/1.1\r\n\r\n"
		"GET /derp HTTP/1.1\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\nrest";
	struct upgrade_asked *a = upgrade_asked_new();
	struct bytes b = text(requests);
	struct asked r = ask(a, b, 7);
	assert_int_equal(r.want, WANT_PAGE);
	b = (struct bytes){b.p + r.used, b.n - r.used};
	r = ask(a, b, 7);
	assert_int_equal(r.want, WANT_PAGE);
	assert_memory_equal(r.answer, "HTTP/1.1 204", 12);
	assert_null(strstr(r.answer, "one")); /* nothing is left of the first */
	b = (struct bytes){b.p + r.used, b.n - r.used};
	r = ask(a, b, 7);
	assert_int_equal(r.want, WANT_DERP);
	assert_int_equal(b.n - r.used, 4);
	assert_int_equal(ask(a, (struct bytes){0}, 1).want, WANT_MORE);
	upgrade_asked_free(a);
}

static void a_long_head_is_refused(void **state)
{
	static char request[3 * UPGRADE_HEADER_MAX];
	int n = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nX: ");
	memset(request + n, 'x', sizeof(request) - (size_t)n - 1);
	static const size_t steps[] = {1, 1000, UPGRADE_HEADER_MAX, sizeof(request)};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct asked r = ask_once(request, steps[i]);
		assert_int_equal(r.want, WANT_BAD);
		assert_true(r.close);
		assert_int_equal(r.used, UPGRADE_HEADER_MAX);
		assert_memory_equal(r.answer, "HTTP/1.1 431 ", 13);
	}
}

static void long_fields_are_cut_off_from_what_we_know(void **state)
{
	char request[1000];
	char many[301];
	memset(many, '/', 300);
	many[300] = '\0';
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n%s: a\r\nUpgrade: derp%s\r\n\r\n",
		 many, "xxxxxx", many);
	assert_int_equal(ask_once(request, 5).want, WANT_PAGE);
	assert_memory_equal(ask_once(request, 500).answer, "HTTP/1.1 404", 12);
}

/* --- the client's half --- */

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
		 "the relay refused with HTTP status 503"},
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
	cmocka_unit_test(upgrades),
	cmocka_unit_test(answers_pages),
	cmocka_unit_test(a_head_request_gets_no_text),
	cmocka_unit_test(bad_challenges_are_not_echoed),
	cmocka_unit_test(several_requests_follow_each_other),
	cmocka_unit_test(a_long_head_is_refused),
	cmocka_unit_test(long_fields_are_cut_off_from_what_we_know),
	cmocka_unit_test(asks_as_the_stock_client_does),
	cmocka_unit_test(reads_answers),
	cmocka_unit_test(a_long_answer_is_refused),
	cmocka_unit_test(the_meta_name_goes_there_and_back),
};
RUN_TESTS(tests)

#include <stdio.h>

#include "serve/relay_pages.h"
#include "unit/serve/asked.h"

static const struct node_key server_key = {{0xab, 0xcd, 0x01}};
#define KEY_HEX "abcd010000000000000000000000000000000000000000000000000000000000"

static void answer_derp(void *self, const struct http_request *q, struct http_answer *a)
{
	relay_pages_derp(&server_key, q, a);
}

static struct http_routes relay_routes(void)
{
	static const struct http_route derp = {
		.methods = METHOD_GET | METHOD_HEAD, .path = "/derp", .answer = answer_derp};
	struct http_routes routes = {.n = 0};
	assert_true(http_routes_add(&routes, &derp));
	assert_true(relay_pages_add(&routes));
	return routes;
}

#define SWITCH                                                              \
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: " \
	"Upgrade\r\nDerp-Version: 2\r\n"                                    \
	"Derp-Public-Key: " KEY_HEX "\r\n\r\n"

static void upgrades(void **state)
{
	struct http_routes routes = relay_routes();
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
			/* Bytes right behind the head belong to DERP. */
			snprintf(with_more, sizeof(with_more), "%s\x02GET / HTTP/1.1\r\n\r\n",
				 v[i].request);
			struct asked r = ask_once(&routes, with_more, step);
			assert_int_equal(r.verdict, HTTP_TAKE);
			assert_int_equal(r.used, strlen(v[i].request));
			assert_string_equal(r.answer, v[i].answer);
		}
}

static void answers_pages(void **state)
{
	struct http_routes routes = relay_routes();
	static const struct {
		const char *request, *starts, *has;
		enum http_verdict verdict;
	} v[] = {
		{"GET /derp HTTP/1.1\r\n\r\n", "HTTP/1.1 426 ", "DERP requires connection upgrade",
		 HTTP_CLOSE},
		{"GET /derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		 "HTTP/1.1 426 ", NULL, HTTP_CLOSE},
		{"GET /derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
		 "Sec-WebSocket-Protocol: chat, derp\r\n\r\n",
		 "HTTP/1.1 426 ", NULL, HTTP_CLOSE},
		{"POST /derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n",
		 "HTTP/1.1 405 ", NULL, HTTP_CLOSE},
		{"GET /derp/probe HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ",
		 "Access-Control-Allow-Origin: *\r\n", HTTP_NEXT},
		{"HEAD /derp/latency-check HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ",
		 "Content-Length: 0\r\n", HTTP_NEXT},
		{"POST /derp/probe HTTP/1.1\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 405 ",
		 "bogus probe method", HTTP_CLOSE},
		{"GET /generate_204 HTTP/1.1\r\n\r\n", "HTTP/1.1 204 ",
		 "Cache-Control: no-cache, no-store, must-revalidate, no-transform, max-age=0\r\n",
		 HTTP_NEXT},
		{"GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: "
		 "ts_derp-1.example:3340\r\n\r\n",
		 "HTTP/1.1 204 ", "X-Tailscale-Response: response ts_derp-1.example:3340\r\n",
		 HTTP_NEXT},
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "This is a relay.", HTTP_NEXT},
		{"GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ", "Connection: close", HTTP_CLOSE},
		{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", NULL, HTTP_CLOSE},
		{"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 200 ", NULL, HTTP_CLOSE},
		{"GET /robots.txt HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ", "Disallow: /\n", HTTP_NEXT},
		{"GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", NULL, HTTP_NEXT},
		{"GET /DERP/probe HTTP/1.1\r\n\r\n", "HTTP/1.1 404 ", NULL, HTTP_NEXT},
		{"GET /Derp HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n",
		 "HTTP/1.1 404 ", NULL, HTTP_NEXT},
		{"CONNECT example:443 HTTP/1.1\r\n\r\n", "HTTP/1.1 405 ", NULL, HTTP_CLOSE},
		{"\x16\x03\x01\x02\x00", "HTTP/1.1 400 ", NULL, HTTP_CLOSE},
		{"GET / FTP/1.1\r\n\r\n", "HTTP/1.1 400 ", NULL, HTTP_CLOSE},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t step = 1; step < 200; step += step < 4 ? 1 : 61) {
			struct asked r = ask_once(&routes, v[i].request, step);
			assert_int_equal(r.verdict, v[i].verdict);
			assert_memory_equal(r.answer, v[i].starts, strlen(v[i].starts));
			if (v[i].has)
				assert_non_null(strstr(r.answer, v[i].has));
			if (v[i].verdict == HTTP_CLOSE)
				assert_non_null(strstr(r.answer, "Connection: close\r\n"));
		}
}

static void a_head_request_gets_no_text(void **state)
{
	struct http_routes routes = relay_routes();
	struct asked r = ask_once(&routes, "HEAD / HTTP/1.1\r\n\r\n", 100);
	assert_string_equal(r.answer + strlen(r.answer) - 4, "\r\n\r\n");
	assert_null(strstr(r.answer, "Content-Length: 0"));
}

static void bad_challenges_are_not_echoed(void **state)
{
	struct http_routes routes = relay_routes();
	char request[300], challenge[66];
	memset(challenge, 'a', sizeof(challenge));
	for (size_t n = 63; n <= 65; n++) {
		snprintf(request, sizeof(request),
			 "GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: %.*s\r\n\r\n",
			 (int)n, challenge);
		assert_int_equal(strstr(ask_once(&routes, request, 400).answer, "response aaa") !=
					 NULL,
				 n <= 64);
	}
	static const char *const bad[] = {"a b", "a/b", "a<b>", "a%0d", "\xc3\xa4"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(request, sizeof(request),
			 "GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: %s\r\n\r\n", bad[i]);
		assert_null(strstr(ask_once(&routes, request, 400).answer, "X-Tailscale-Response"));
	}
}

static void several_requests_follow_each_other(void **state)
{
	static const char requests[] =
		"GET / HTTP/1.1\r\nX-Tailscale-Challenge: one\r\n\r\n"
		"GET /generate_204 HTTP/1.1\r\n\r\n"
		"GET /derp HTTP/1.1\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\nrest";
	struct http_routes routes = relay_routes();
	struct http_head *h = http_head_new();
	struct bytes b = text(requests);
	struct asked r = ask(&routes, h, b, 7);
	assert_int_equal(r.verdict, HTTP_NEXT);
	b = (struct bytes){b.p + r.used, b.n - r.used};
	r = ask(&routes, h, b, 7);
	assert_int_equal(r.verdict, HTTP_NEXT);
	assert_memory_equal(r.answer, "HTTP/1.1 204", 12);
	assert_null(strstr(r.answer, "one")); /* nothing is left of the first */
	b = (struct bytes){b.p + r.used, b.n - r.used};
	r = ask(&routes, h, b, 7);
	assert_int_equal(r.verdict, HTTP_TAKE);
	assert_int_equal(b.n - r.used, 4);
	assert_int_equal(ask(&routes, h, (struct bytes){0}, 1).verdict, HTTP_MORE);
	http_head_free(h);
}

static void a_long_head_is_refused(void **state)
{
	struct http_routes routes = relay_routes();
	static char request[3 * HTTP_HEAD_MAX];
	int n = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nX: ");
	memset(request + n, 'x', sizeof(request) - (size_t)n - 1);
	static const size_t steps[] = {1, 1000, HTTP_HEAD_MAX, sizeof(request)};
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct asked r = ask_once(&routes, request, steps[i]);
		assert_int_equal(r.verdict, HTTP_CLOSE);
		assert_int_equal(r.used, HTTP_HEAD_MAX);
		assert_memory_equal(r.answer, "HTTP/1.1 431 ", 13);
	}
}

static void long_fields_equal_nothing_that_we_know(void **state)
{
	struct http_routes routes = relay_routes();
	char request[1000];
	char many[301];
	memset(many, '/', 300);
	many[300] = '\0';
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n%s: a\r\nUpgrade: derp%s\r\n\r\n",
		 many, "xxxxxx", many);
	assert_int_equal(ask_once(&routes, request, 5).verdict, HTTP_NEXT);
	assert_memory_equal(ask_once(&routes, request, 500).answer, "HTTP/1.1 404", 12);
}

static void a_challenge_that_comes_twice_or_holds_a_nul_is_not_echoed(void **state)
{
	static const char nul[] =
		"GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: a\0b\r\n\r\n";
	struct http_routes routes = relay_routes();
	struct http_head *h = http_head_new();
	struct asked r = ask(&routes, h, (struct bytes){(const uint8_t *)nul, sizeof(nul) - 1}, 9);
	assert_null(strstr(r.answer, "X-Tailscale-Response"));
	http_head_free(h);
	r = ask_once(&routes,
		     "GET /generate_204 HTTP/1.1\r\nX-Tailscale-Challenge: a\r\n"
		     "X-Tailscale-Challenge: b\r\n\r\n",
		     9);
	assert_memory_equal(r.answer, "HTTP/1.1 204 ", 13);
	assert_null(strstr(r.answer, "X-Tailscale-Response"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(upgrades),
	cmocka_unit_test(answers_pages),
	cmocka_unit_test(a_head_request_gets_no_text),
	cmocka_unit_test(bad_challenges_are_not_echoed),
	cmocka_unit_test(a_challenge_that_comes_twice_or_holds_a_nul_is_not_echoed),
	cmocka_unit_test(several_requests_follow_each_other),
	cmocka_unit_test(a_long_head_is_refused),
	cmocka_unit_test(long_fields_equal_nothing_that_we_know),
};
RUN_TESTS(tests)

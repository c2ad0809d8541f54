#include "serve/http.h"

#include <stdio.h>

#include "unit/serve/asked.h"

/* --- handlers --- */

static void say_name(void *self, const struct http_request *q, struct http_answer *a)
{
	http_add_text(a, self);
}

static void say_json(void *self, const struct http_request *q, struct http_answer *a)
{
	a->type = "application/json";
	http_add_text(a, "{}");
}

static void say_query(void *self, const struct http_request *q, struct http_answer *a)
{
	wr_bytes(&a->body, q->query);
}

static void say_busy(void *self, const struct http_request *q, struct http_answer *a)
{
	a->status = self;
}

static void say_too_much(void *self, const struct http_request *q, struct http_answer *a)
{
	for (size_t i = 0; i <= HTTP_BODY_MAX; i++)
		http_add_text(a, "x");
}

static void say_too_many_headers(void *self, const struct http_request *q, struct http_answer *a)
{
	for (size_t i = 0; i <= HTTP_HEADERS_MAX / 6; i++)
		http_add_header(a, "A", "b");
	a->upgrade = true;
}

static void say_evil(void *self, const struct http_request *q, struct http_answer *a)
{
	http_add_header(a, "A", "b\r\nEvil: 1");
}

static void fill_up(void *self, const struct http_request *q, struct http_answer *a)
{
	while (a->body.n < HTTP_BODY_MAX)
		wr_u8(&a->body, 'x');
	while (a->headers.n + 6 <= HTTP_HEADERS_MAX)
		http_add_header(a, "A", "b");
}

static void switch_to_echo(void *self, const struct http_request *q, struct http_answer *a)
{
	a->upgrade = true;
	a->status = http_is(q->query, "quiet") ? NULL : "101 Switching Protocols";
	http_add_header(a, "Upgrade", "echo");
}

static struct http_routes some_routes(void)
{
	static char one[] = "one", first[] = "first", second[] = "second", under[] = "under",
		    all[] = "all", busy[] = "503 Busy", gone[] = "410 Gone";
	const struct http_route v[] = {
		{.methods = METHOD_GET | METHOD_HEAD,
		 .path = "/one",
		 .answer = say_name,
		 .self = one},
		{.methods = METHOD_GET, .path = "/json", .answer = say_json},
		{.methods = METHOD_GET, .path = "/key", .answer = say_query},
		{.methods = METHOD_POST, .path = "/echo", .answer = switch_to_echo},
		{.methods = METHOD_GET, .path = "/two", .answer = say_name, .self = first},
		{.methods = METHOD_ANY, .path = "/two", .answer = say_name, .self = second},
		{.methods = METHOD_GET, .path = "/much", .answer = say_too_much},
		{.methods = METHOD_GET, .path = "/full", .answer = fill_up},
		{.methods = METHOD_GET, .path = "/headers", .answer = say_too_many_headers},
		{.methods = METHOD_GET, .path = "/evil", .answer = say_evil},
		{.methods = METHOD_GET, .path = "/busy", .answer = say_busy, .self = busy},
		{.methods = METHOD_GET, .path = "/gone", .answer = say_busy, .self = gone},
		{.methods = METHOD_GET,
		 .path = "/under/",
		 .prefix = true,
		 .answer = say_name,
		 .self = under},
		{.methods = METHOD_ANY,
		 .path = "/all",
		 .prefix = true,
		 .answer = say_name,
		 .self = all},
	};
	struct http_routes routes = {.n = 0};
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		assert_true(http_routes_add(&routes, &v[i]));
	return routes;
}

static void requests_are_answered_by_their_routes(void **state)
{
	static const struct {
		const char *request, *answer;
		enum http_verdict verdict;
	} v[] = {
		{"GET /one HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
		 "X-Content-Type-Options: nosniff\r\nContent-Length: 3\r\n\r\none",
		 HTTP_NEXT},
		{"HEAD /one?a HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
		 "X-Content-Type-Options: nosniff\r\nContent-Length: 3\r\n\r\n",
		 HTTP_NEXT},
		{"GET /one HTTP/1.0\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
		 "X-Content-Type-Options: nosniff\r\nContent-Length: 3\r\nConnection: close\r\n\r\n"
		 "one",
		 HTTP_CLOSE},
		{"GET /json HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		 "X-Content-Type-Options: nosniff\r\nContent-Length: 2\r\n\r\n{}",
		 HTTP_NEXT},
		{"GET /key?v=71 HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
		 "X-Content-Type-Options: nosniff\r\nContent-Length: 4\r\n\r\nv=71",
		 HTTP_NEXT},
		{"GET /key HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		 HTTP_NEXT},
		{"GET /busy HTTP/1.1\r\n\r\n", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
		 HTTP_NEXT},
		{"GET /gone HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", HTTP_CLOSE},
	};
	struct http_routes routes = some_routes();
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		for (size_t step = 1; step < 40; step += 13) {
			struct asked r = ask_once(&routes, v[i].request, step);
			assert_string_equal(r.answer, v[i].answer);
			assert_int_equal(r.verdict, v[i].verdict);
			assert_int_equal(r.used, strlen(v[i].request));
		}
}

static void the_first_route_of_a_path_serves(void **state)
{
	static const struct {
		const char *path, *says; /* NULL: 404 */
	} v[] = {
		{"/two", "first"},  {"/under/", "under"},   {"/under/a/b?c", "under"},
		{"/under", NULL},   {"/all", "all"},        {"/allowed", "all"},
		{"/ALLOWED", NULL}, {"/al", NULL},          {"/on", NULL},
		{"/one/", NULL},    {"/under/x*", "under"},
	};
	struct http_routes routes = some_routes();
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		char request[100];
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n\r\n", v[i].path);
		struct asked r = ask_once(&routes, request, 100);
		assert_int_equal(r.verdict, HTTP_NEXT);
		assert_memory_equal(r.answer, v[i].says ? "HTTP/1.1 200 " : "HTTP/1.1 404 ", 13);
		if (v[i].says)
			assert_string_equal(strstr(r.answer, "\r\n\r\n") + 4, v[i].says);
	}
}

static void other_methods_are_told_which_are_allowed(void **state)
{
	static const struct {
		const char *request, *allow;
	} v[] = {
		{"POST /one HTTP/1.1\r\n\r\n", "Allow: GET, HEAD\r\n"},
		{"GET /echo HTTP/1.1\r\n\r\n", "Allow: POST\r\n"},
		{"PUT /two HTTP/1.1\r\n\r\n", "Allow: GET\r\n"},
		{"POST /nothing HTTP/1.1\r\n\r\n", "Allow: GET, HEAD\r\n"},
	};
	struct http_routes routes = some_routes();
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct asked r = ask_once(&routes, v[i].request, 100);
		assert_int_equal(r.verdict, HTTP_CLOSE);
		assert_memory_equal(r.answer, "HTTP/1.1 405 ", 13);
		assert_non_null(strstr(r.answer, v[i].allow));
		assert_non_null(strstr(r.answer, "method not allowed\n"));
	}
}

static void an_upgrade_names_its_route_and_leaves_the_rest(void **state)
{
	struct http_routes routes = some_routes();
	struct http_head *h = http_head_new();
	struct asked r = ask(&routes, h,
			     text("POST /echo HTTP/1.1\r\nX-First: hello\r\n"
				  "Content-Length: 3\r\n\r\nrest"),
			     9);
	assert_int_equal(r.verdict, HTTP_TAKE);
	assert_int_equal(r.used, strlen("POST /echo HTTP/1.1\r\nX-First: hello\r\n"
					"Content-Length: 3\r\n\r\n"));
	assert_string_equal(r.answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n");
	assert_string_equal(r.upgrade.route->path, "/echo");
	struct bytes first = http_header(&r.upgrade.request, "x-first");
	assert_true(bytes_equal(first, text("hello")));
	r = ask(&routes, h, text("POST /echo?quiet HTTP/1.1\r\n\r\n"), 9);
	assert_int_equal(r.verdict, HTTP_TAKE);
	assert_string_equal(r.answer, "");
	http_head_free(h);
}

static void an_answer_that_cannot_be_written_becomes_500(void **state)
{
	static const char *const requests[] = {"GET /much HTTP/1.1\r\n\r\n",
					       "GET /headers HTTP/1.1\r\n\r\n",
					       "GET /evil HTTP/1.1\r\n\r\n"};
	struct http_routes routes = some_routes();
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct asked r = ask_once(&routes, requests[i], 100);
		assert_int_equal(r.verdict, HTTP_NEXT);
		assert_memory_equal(r.answer, "HTTP/1.1 500 ", 13);
		assert_null(strstr(r.answer, "xxx"));
		assert_null(strstr(r.answer, "A: b"));
		assert_null(strstr(r.answer, "Evil"));
	}
	struct asked r = ask_once(&routes, "GET /full HTTP/1.1\r\n\r\n", 100);
	assert_memory_equal(r.answer, "HTTP/1.1 200 ", 13); /* HTTP_ANSWER_MAX holds the most */
}

static void what_is_no_request_is_refused(void **state)
{
	static char request[3 * HTTP_HEAD_MAX];
	struct http_routes routes = some_routes();
	struct asked r = ask_once(&routes, "\x16\x03\x01\x02", 1);
	assert_int_equal(r.verdict, HTTP_CLOSE);
	assert_string_equal(r.answer, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n"
				      "Connection: close\r\n\r\n");
	int n = snprintf(request, sizeof(request), "GET /one HTTP/1.1\r\nX: ");
	memset(request + n, 'x', sizeof(request) - (size_t)n - 1);
	r = ask_once(&routes, request, 999);
	assert_int_equal(r.verdict, HTTP_CLOSE);
	assert_memory_equal(r.answer, "HTTP/1.1 431 ", 13);
}

static void the_table_has_an_end(void **state)
{
	struct http_routes routes = {.n = 0};
	struct http_route r = {.methods = METHOD_GET, .path = "/", .answer = say_json};
	for (int i = 0; i < HTTP_ROUTES_MAX; i++)
		assert_true(http_routes_add(&routes, &r));
	assert_false(http_routes_add(&routes, &r));
}

static void no_routes_are_404_and_405(void **state)
{
	struct http_routes none = {.n = 0};
	assert_memory_equal(ask_once(&none, "GET / HTTP/1.1\r\n\r\n", 9).answer, "HTTP/1.1 404 ",
			    13);
	assert_memory_equal(ask_once(&none, "PUT / HTTP/1.1\r\n\r\n", 9).answer, "HTTP/1.1 405 ",
			    13);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(requests_are_answered_by_their_routes),
	cmocka_unit_test(the_first_route_of_a_path_serves),
	cmocka_unit_test(other_methods_are_told_which_are_allowed),
	cmocka_unit_test(an_upgrade_names_its_route_and_leaves_the_rest),
	cmocka_unit_test(an_answer_that_cannot_be_written_becomes_500),
	cmocka_unit_test(what_is_no_request_is_refused),
	cmocka_unit_test(the_table_has_an_end),
	cmocka_unit_test(no_routes_are_404_and_405),
};
RUN_TESTS(tests)

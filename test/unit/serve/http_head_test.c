#include "serve/http_head.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/unit.h"

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void expect_text(struct bytes b, const char *want)
{
	assert_int_equal(b.n, strlen(want));
	assert_memory_equal(b.p, want, b.n);
}

/* Feeds in pieces of `step` bytes. */
static enum http_head_progress feed(struct http_head *h, struct bytes b, size_t step,
				    struct http_request *q, size_t *total)
{
	enum http_head_progress r = HTTP_HEAD_MORE;
	*total = 0;
	while (r == HTTP_HEAD_MORE && *total < b.n) {
		size_t used, n = step < b.n - *total ? step : b.n - *total;
		r = http_head_input(h, (struct bytes){b.p + *total, n}, &used, q);
		assert_true(used <= n);
		*total += used;
	}
	return r;
}

static void a_head_is_read_in_pieces_of_any_size(void **state)
{
	static const char request[] = "GET /a/B?x=1&y#z HTTP/1.1\r\nHost: relay.example\r\n"
				      "EMPTY:\r\nUpgrade:  One, two\r\n\r\nrest";
	struct http_head *h = http_head_new();
	struct http_request q;
	size_t used;
	for (size_t step = 1; step < sizeof(request); step++) {
		assert_int_equal(feed(h, text(request), step, &q, &used), HTTP_HEAD_DONE);
		assert_int_equal(used, strlen(request) - 4);
		assert_int_equal(q.method, METHOD_GET);
		expect_text(q.path, "/a/B");
		expect_text(q.query, "x=1&y");
		assert_true(q.keep_alive);
		assert_false(q.has_body);
		expect_text(http_header(&q, "host"), "relay.example");
		expect_text(http_header(&q, "empty"), "");
		expect_text(http_header(&q, "Upgrade"), "One, two");
		expect_text(http_header(&q, "Accept"), "");
	}
	http_head_free(h);
}

static void targets_are_cut_into_path_and_query(void **state)
{
	static const struct {
		const char *target, *path, *query;
	} v[] = {
		{"/", "/", ""},
		{"/a?", "/a", ""},
		{"/a?b?c", "/a", "b?c"},
		{"/a#b", "/a", ""},
		{"/a#b?c", "/a", ""},
		{"/a?b#c?d", "/a", "b"},
		{"http://r.example/a?b", "http://r.example/a", "b"},
		{"*", "*", ""},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		char request[100];
		struct http_head *h = http_head_new();
		struct http_request q;
		size_t used;
		snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\n\r\n", v[i].target);
		assert_int_equal(feed(h, text(request), 7, &q, &used), HTTP_HEAD_DONE);
		expect_text(q.path, v[i].path);
		expect_text(q.query, v[i].query);
		http_head_free(h);
	}
}

static void it_says_what_follows_the_head(void **state)
{
	static const struct {
		const char *request;
		unsigned method;
		bool has_body, keep_alive;
	} v[] = {
		{"GET / HTTP/1.1\r\n\r\n", METHOD_GET, false, true},
		{"HEAD / HTTP/1.1\r\n\r\n", METHOD_HEAD, false, true},
		{"DELETE / HTTP/1.1\r\n\r\n", METHOD_OTHER, false, true},
		{"GET / HTTP/1.0\r\n\r\n", METHOD_GET, false, false},
		{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", METHOD_GET, false, true},
		{"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", METHOD_GET, false, false},
		{"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", METHOD_POST, true, true},
		{"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", METHOD_POST, false, true},
		{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", METHOD_POST, true, true},
	};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct http_head *h = http_head_new();
		struct http_request q;
		size_t used;
		assert_int_equal(feed(h, text(v[i].request), 3, &q, &used), HTTP_HEAD_DONE);
		assert_int_equal(q.method, v[i].method);
		assert_int_equal(q.has_body, v[i].has_body);
		assert_int_equal(q.keep_alive, v[i].keep_alive);
		http_head_free(h);
	}
}

static void nothing_is_left_of_the_head_before(void **state)
{
	struct http_head *h = http_head_new();
	struct http_request q;
	size_t used;
	assert_int_equal(feed(h, text("GET /one?1 HTTP/1.1\r\nX: 1\r\n\r\n"), 5, &q, &used),
			 HTTP_HEAD_DONE);
	expect_text(http_header(&q, "X"), "1");
	assert_int_equal(feed(h, text("POST /2 HTTP/1.1\r\nY: 2\r\n\r\n"), 5, &q, &used),
			 HTTP_HEAD_DONE);
	assert_int_equal(q.method, METHOD_POST);
	expect_text(q.path, "/2");
	expect_text(q.query, "");
	expect_text(http_header(&q, "X"), "");
	expect_text(http_header(&q, "Y"), "2");
	assert_int_equal(http_head_input(h, (struct bytes){NULL, 0}, &used, &q), HTTP_HEAD_MORE);
	http_head_free(h);
}

static void a_name_that_comes_twice_has_no_value(void **state)
{
	struct http_head *h = http_head_new();
	struct http_request q;
	size_t used;
	assert_int_equal(
		feed(h, text("GET / HTTP/1.1\r\nX: a\r\nY: b\r\nx: a\r\n\r\n"), 100, &q, &used),
		HTTP_HEAD_DONE);
	expect_text(http_header(&q, "X"), "");
	expect_text(http_header(&q, "Y"), "b");
	http_head_free(h);
}

static void what_is_not_http_is_bad(void **state)
{
	static const char *const bad[] = {"\x16\x03\x01\x02", "GET / FTP/1.1\r\n\r\n",
					  "GET \r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		for (size_t step = 1; step < 30; step += 7) {
			struct http_head *h = http_head_new();
			struct http_request q;
			size_t used;
			assert_int_equal(feed(h, text(bad[i]), step, &q, &used), HTTP_HEAD_BAD);
			http_head_free(h);
		}
}

/* Exactly HTTP_HEAD_MAX bytes pass; one more does not. */
static void a_head_is_long_up_to_its_limit(void **state)
{
	static const size_t steps[] = {1, 1000, HTTP_HEAD_MAX, 2 * HTTP_HEAD_MAX};
	static char request[HTTP_HEAD_MAX + 2];
	for (int over = 0; over <= 1; over++)
		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			struct http_head *h = http_head_new();
			struct http_request q;
			size_t used, n = HTTP_HEAD_MAX + (size_t)over;
			memset(request, 'x', sizeof(request));
			memcpy(request, "GET / HTTP/1.1\r\nX: ", 19);
			memcpy(request + n - 4, "\r\n\r\n", 4);
			struct bytes b = {(uint8_t *)request, n};
			assert_int_equal(feed(h, b, steps[i], &q, &used),
					 over ? HTTP_HEAD_LONG : HTTP_HEAD_DONE);
			assert_int_equal(used, HTTP_HEAD_MAX);
			if (!over)
				assert_int_equal(http_header(&q, "X").n, HTTP_HEAD_MAX - 23);
			http_head_free(h);
		}
}

static void a_head_has_lines_up_to_their_limit(void **state)
{
	for (int over = 0; over <= 1; over++) {
		char request[2000], value[12];
		struct http_head *h = http_head_new();
		struct http_request q;
		size_t used;
		int n = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\n");
		for (int i = 0; i < HTTP_HEAD_LINES_MAX + over; i++)
			n += snprintf(request + n, sizeof(request) - (size_t)n, "X%d: %d\r\n", i,
				      i);
		snprintf(request + n, sizeof(request) - (size_t)n, "\r\n");
		assert_int_equal(feed(h, text(request), 11, &q, &used),
				 over ? HTTP_HEAD_LONG : HTTP_HEAD_DONE);
		for (int i = 0; i < HTTP_HEAD_LINES_MAX && !over; i++) {
			char name[12];
			snprintf(name, sizeof(name), "x%d", i);
			snprintf(value, sizeof(value), "%d", i);
			expect_text(http_header(&q, name), value);
		}
		http_head_free(h);
	}
}

static void words_are_compared_whole_and_in_any_case(void **state)
{
	static const uint8_t with_nul[] = {'d', 'e', 'r', 'p', 0};
	assert_true(http_is(text("DeRP"), "derp"));
	assert_false(http_is(text("derp "), "derp"));
	assert_false(http_is(text("der"), "derp"));
	assert_false(http_is(BYTES_OF(with_nul), "derp"));
	assert_true(http_lists(text("chat, DERP"), "derp"));
	assert_true(http_lists(text("derp"), "derp"));
	assert_true(http_lists(text("derp,chat"), "derp"));
	assert_true(http_lists(text("a\tderp\tb"), "derp"));
	assert_false(http_lists(text("derpy, aderp"), "derp"));
	assert_false(http_lists(text(""), "derp"));
	assert_false(http_lists(BYTES_OF(with_nul), "derp"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_head_is_read_in_pieces_of_any_size),
	cmocka_unit_test(targets_are_cut_into_path_and_query),
	cmocka_unit_test(it_says_what_follows_the_head),
	cmocka_unit_test(nothing_is_left_of_the_head_before),
	cmocka_unit_test(a_name_that_comes_twice_has_no_value),
	cmocka_unit_test(what_is_not_http_is_bad),
	cmocka_unit_test(a_head_is_long_up_to_its_limit),
	cmocka_unit_test(a_head_has_lines_up_to_their_limit),
	cmocka_unit_test(words_are_compared_whole_and_in_any_case),
};
RUN_TESTS(tests)

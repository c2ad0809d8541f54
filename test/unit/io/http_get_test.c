#include <netinet/tcp.h>

#include "io/clock.h"
#include "io/http_get.h"
#include "unit/io_server.h"
#include "unit/no_memory.h"

struct seen {
	struct loop *l;
	struct dialer *d;
	struct http_get *g;
	unsigned calls;
	bool stop_in_call;
	const char *host; /* NULL: 127.0.0.1 */
	int status;
	mono_ns took;
	char head[HTTP_GET_HEAD_MAX + 1], why[FAILURE_MAX];
};

static void on_done(void *self, const struct http_get_answer *a)
{
	struct seen *c = self;
	c->calls++;
	c->status = a->status;
	c->took = a->took;
	snprintf(c->head, sizeof(c->head), "%s", a->head);
	snprintf(c->why, sizeof(c->why), "%s", a->why ? a->why : "");
	if (c->stop_in_call) {
		http_get_stop(c->g);
		c->g = NULL;
	}
}

static void get(struct seen *c, uint16_t port, const char *path, mono_ns limit)
{
	struct http_get_config cfg = {.stream = {.host = c->host ? c->host : "127.0.0.1",
						 .port = port,
						 .trust = STREAM_PLAIN,
						 .proxy = "",
						 .limit = limit},
				      .path = path,
				      .headers = "X-Asked: yes\r\n",
				      .done = on_done,
				      .self = c};
	*c = (struct seen){.l = loop_new(), .stop_in_call = c->stop_in_call, .host = c->host};
	c->d = dialer_new(c->l);
	c->g = http_get_start(c->l, c->d, &cfg);
	assert_non_null(c->g);
	assert_int_equal(c->calls, 0);
	mono_ns until = clock_now() + 5 * SECOND;
	while (c->calls == 0 && clock_now() < until)
		loop_turn(c->l, 50 * MSEC);
	for (int i = 0; i < 5; i++) /* nothing comes twice */
		loop_turn(c->l, 5 * MSEC);
	assert_int_equal(c->calls, 1);
}

static void end(struct seen *c)
{
	http_get_stop(c->g);
	loop_turn(c->l, 0);
	dialer_free(c->d);
	loop_free(c->l);
}

static void serve_204(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	server_write(fd, NULL, "HTTP/1.1 204 No", 15);
	usleep(20000); /* the head comes in two pieces, and a body behind it */
	server_write(fd, NULL, " Content\r\nX-Answer: yes\r\n\r\nbody", 31);
}

static void an_answer_comes_with_its_head(void **state)
{
	for (int stop = 0; stop < 2; stop++) {
		struct server s;
		struct seen c = {.stop_in_call = stop};
		char request[256];
		server_start(&s, serve_204, NULL, NULL, 0);
		get(&c, s.port, "/there", SECOND);
		assert_int_equal(c.status, 204);
		assert_string_equal(c.head, "HTTP/1.1 204 No Content\r\nX-Answer: yes\r\n");
		assert_in_range(c.took, 20 * MSEC, SECOND);
		end(&c);
		server_stop(&s);
		snprintf(request, sizeof(request),
			 "GET /there HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nConnection: close\r\n"
			 "X-Asked: yes\r\n\r\n",
			 s.port);
		assert_string_equal(s.heard, request);
	}
}

static void serve_other_protocol(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	server_write(fd, NULL, "SSH-2.0-x\r\n\r\n", 13);
}

static void serve_endless_head(struct server *s, int fd, SSL *ssl)
{
	static char much[2 * HTTP_GET_HEAD_MAX];
	memset(much, 'x', sizeof(much));
	memcpy(much, "HTTP/1.1 200 OK\r\n", 17);
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	server_write(fd, NULL, much, sizeof(much));
}

static void serve_the_end(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
}

static void what_is_no_answer_is_a_sentence(void **state)
{
	static const struct {
		serve_fn *serve;
		const char *why;
	} table[] = {
		{serve_other_protocol, "the answer is not HTTP"},
		{serve_endless_head, "the answer is not HTTP"},
		{serve_the_end, "closed the connection"},
		{NULL,
		 "no whole answer within the time limit"}, /* the kernel accepts, nobody speaks */
	};
	for (size_t i = 0; i < 2 * ARRAY_LEN(table); i++) {
		struct server s;
		struct seen c = {.stop_in_call = i >= ARRAY_LEN(table)};
		server_start(&s, table[i % ARRAY_LEN(table)].serve, NULL, NULL, 0);
		get(&c, s.port, "/", 300 * MSEC);
		assert_int_equal(c.status, 0);
		assert_string_equal(c.head, "");
		assert_non_null(strstr(c.why, table[i % ARRAY_LEN(table)].why));
		end(&c);
		server_stop(&s);
	}
}

/* What serve_answer sends. */
static struct {
	const char *text;
	size_t n;
	bool in_letters; /* each in a packet of its own */
} answer;

static void serve_answer(struct server *s, int fd, SSL *ssl)
{
	int yes = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	for (size_t i = 0; answer.in_letters && i < answer.n; i++)
		server_write(fd, NULL, answer.text + i, 1);
	if (!answer.in_letters)
		server_write(fd, NULL, answer.text, answer.n);
}

static void get_answer(struct seen *c, const char *text, size_t n)
{
	struct server s;
	answer.text = text;
	answer.n = n;
	server_start(&s, serve_answer, NULL, NULL, 0);
	get(c, s.port, "/", SECOND);
	end(c);
	server_stop(&s);
}

/* RFC 9112 s.4: the version, one space, three digits, and a space or the end of the line. */
static void only_a_status_line_is_one(void **state)
{
	static const struct {
		const char *head;
		int status;
	} table[] = {
		{"HTTP/1.1 204 No Content\r\n\r\n", 204},
		{"HTTP/1.0 200 OK\r\n\r\n", 200},
		{"HTTP/1.1 404\r\n\r\n", 404},
		{"HTTP/1.1 302 \r\nLocation: http://portal/\r\n\r\n", 302},
		{"HTTP/1.1 100 Continue\r\n\r\n", 100},
		{"HTTP/1.1 099 x\r\n\r\n", 0},
		{"HTTP/1.1 2040 x\r\n\r\n", 0},
		{"HTTP/1.1 20 x\r\n\r\n", 0},
		{"HTTP/1.1 204x\r\n\r\n", 0},
		{"HTTP/1.1204 x\r\n\r\n", 0},
		{"HTTP/1.1\r\n204 x\r\n\r\n", 0},
		{"HTTP/1.1 +20 x\r\n\r\n", 0},
		{"HTTP/1.1 -20 x\r\n\r\n", 0},
		{"HTTP/2 204 x\r\n\r\n", 0},
		{"http/1.1 204 x\r\n\r\n", 0},
		{" HTTP/1.1 204 x\r\n\r\n", 0},
		{"\r\n\r\nHTTP/1.1 204 x\r\n\r\n", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct seen c = {0};
		get_answer(&c, table[i].head, strlen(table[i].head));
		if (c.status != table[i].status)
			fail_msg("%d for '%s'", c.status, table[i].head);
		assert_string_equal(c.why, c.status ? "" : "the answer is not HTTP");
	}
}

static void a_head_may_come_in_letters(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\nX-Answer: yes\r\n\r\n";
	struct seen c = {0};
	answer.in_letters = true;
	get_answer(&c, text, sizeof(text) - 1);
	answer.in_letters = false;
	assert_int_equal(c.status, 200);
	assert_true(http_get_header_is(c.head, "X-Answer", "yes"));
}

/* A head of the greatest length is an answer, and one letter more is none. */
static void the_longest_head_is_an_answer(void **state)
{
	static const char front[] = "HTTP/1.1 200 OK\r\nX-Much: ";
	static char much[HTTP_GET_HEAD_MAX + 1];
	for (size_t n = HTTP_GET_HEAD_MAX; n <= HTTP_GET_HEAD_MAX + 1; n++) {
		struct seen c = {0};
		memset(much, 'x', n);
		memcpy(much, front, sizeof(front) - 1);
		memcpy(much + n - 4, "\r\n\r\n", 4);
		get_answer(&c, much, n);
		assert_int_equal(c.status, n == HTTP_GET_HEAD_MAX ? 200 : 0);
		assert_int_equal(strlen(c.head), c.status ? n - 2 : 0);
	}
}

/* A body without end is not looked at, and neither is one that looks like a head. */
static void what_comes_behind_the_head_is_dropped(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nX-One: 1\r\n\r\n"
				   "HTTP/1.1 500 No\r\nX-Two: 2\r\n\r\n";
	static char much[256 << 10];
	struct seen c = {0};
	memset(much, 'x', sizeof(much));
	memcpy(much, head, sizeof(head) - 1);
	get_answer(&c, much, sizeof(much));
	assert_int_equal(c.status, 200);
	assert_string_equal(c.head, "HTTP/1.1 200 OK\r\nX-One: 1\r\n");
	assert_string_equal(c.why, "");
}

static void a_head_with_a_nul_or_bare_newlines_never_ends(void **state)
{
	static const char with_nul[] = "HTTP/1.1 200 OK\0\r\n\r\n";
	static const char bare[] = "HTTP/1.1 200 OK\n\n";
	struct seen c = {0};
	get_answer(&c, with_nul, sizeof(with_nul) - 1);
	assert_int_equal(c.status, 0);
	assert_non_null(strstr(c.why, "closed the connection"));
	get_answer(&c, bare, sizeof(bare) - 1);
	assert_int_equal(c.status, 0);
	assert_non_null(strstr(c.why, "closed the connection"));
}

/* ::ffff:127.0.0.1 is dialled as 127.0.0.1, also where there is no IPv6. */
static void an_ipv6_host_is_asked_for_in_brackets(void **state)
{
	static const char text[] = "HTTP/1.1 204 No Content\r\n\r\n";
	struct server s;
	struct seen c = {.host = "::ffff:127.0.0.1"};
	char line[64];
	answer.text = text;
	answer.n = sizeof(text) - 1;
	server_start(&s, serve_answer, NULL, NULL, 0);
	get(&c, s.port, "/", SECOND);
	end(&c);
	server_stop(&s);
	assert_int_equal(c.status, 204);
	snprintf(line, sizeof(line), "\r\nHost: [::ffff:127.0.0.1]:%u\r\n", s.port);
	assert_non_null(strstr(s.heard, line));
}

/* It needs itself, its timer, the stream, and the deferred call and the timer of that. */
static void without_memory_nothing_is_begun(void **state)
{
	struct loop *l = loop_new();
	struct dialer *d = dialer_new(l);
	struct seen c = {0};
	struct http_get_config cfg = {
		.stream = {.host = "127.0.0.1", .port = 1, .proxy = "", .limit = SECOND},
		.path = "/",
		.headers = "",
		.done = on_done,
		.self = &c};
	for (int left = 0; left < 5; left++) {
		memory_left = left;
		struct http_get *g = http_get_start(l, d, &cfg);
		memory_left = -1;
		assert_null(g);
	}
	for (int i = 0; i < 3; i++)
		loop_turn(l, MSEC);
	assert_int_equal(c.calls, 0);
	dialer_free(d);
	loop_free(l);
}

static void nobody_there_is_told(void **state)
{
	struct server s;
	struct seen c = {0};
	server_start(&s, NULL, NULL, NULL, 0);
	server_stop(&s); /* its port is free now */
	get(&c, s.port, "/", SECOND);
	assert_non_null(strstr(c.why, "Connection refused"));
	end(&c);
	http_get_stop(NULL);
}

static void a_request_that_is_too_long_is_not_begun(void **state)
{
	struct loop *l = loop_new();
	struct dialer *d = dialer_new(l);
	char path[2000];
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	assert_null(
		http_get_start(l, d,
			       &(struct http_get_config){.stream = {.host = "127.0.0.1", .port = 1},
							 .path = path,
							 .headers = "",
							 .done = on_done}));
	dialer_free(d);
	loop_free(l);
}

static void lines_of_a_head_are_found(void **state)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nX-One: first\r\nx-two:second \r\nX-Three: \r\n";
	static const struct {
		const char *name, *value;
		bool there;
	} table[] = {
		{"X-One", "first", true},  {"x-one", "first", true},
		{"X-Two", "second", true}, {"X-Three", "", true},
		{"X-One", "firs", false},  {"X-One", "first more", false},
		{"X-On", "first", false},  {"One", "first", false},
		{"X-Four", "", false},     {"HTTP/1.1", "200 OK", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		assert_int_equal(http_get_header_is(head, table[i].name, table[i].value),
				 table[i].there);
	assert_false(http_get_header_is("", "X-One", "first"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(an_answer_comes_with_its_head),
	cmocka_unit_test(what_is_no_answer_is_a_sentence),
	cmocka_unit_test(only_a_status_line_is_one),
	cmocka_unit_test(a_head_may_come_in_letters),
	cmocka_unit_test(the_longest_head_is_an_answer),
	cmocka_unit_test(what_comes_behind_the_head_is_dropped),
	cmocka_unit_test(a_head_with_a_nul_or_bare_newlines_never_ends),
	cmocka_unit_test(an_ipv6_host_is_asked_for_in_brackets),
	cmocka_unit_test(without_memory_nothing_is_begun),
	cmocka_unit_test(nobody_there_is_told),
	cmocka_unit_test(a_request_that_is_too_long_is_not_begun),
	cmocka_unit_test(lines_of_a_head_are_found),
};
RUN_TESTS(tests)

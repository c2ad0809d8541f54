#include "io/clock.h"
#include "io/http_get.h"
#include "unit/io_server.h"

struct seen {
	struct loop *l;
	struct dialer *d;
	struct http_get *g;
	unsigned calls;
	bool stop_in_call;
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
	struct http_get_config cfg = {.stream = {.host = "127.0.0.1",
						 .port = port,
						 .trust = STREAM_PLAIN,
						 .proxy = "",
						 .limit = limit},
				      .path = path,
				      .headers = "X-Asked: yes\r\n",
				      .done = on_done,
				      .self = c};
	*c = (struct seen){.l = loop_new(), .stop_in_call = c->stop_in_call};
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
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct server s;
		struct seen c = {0};
		server_start(&s, table[i].serve, NULL, NULL, 0);
		get(&c, s.port, "/", 300 * MSEC);
		assert_int_equal(c.status, 0);
		assert_string_equal(c.head, "");
		assert_non_null(strstr(c.why, table[i].why));
		end(&c);
		server_stop(&s);
	}
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
	cmocka_unit_test(nobody_there_is_told),
	cmocka_unit_test(a_request_that_is_too_long_is_not_begun),
	cmocka_unit_test(lines_of_a_head_are_found),
};
RUN_TESTS(tests)

/* One listener serves a relay, a page and another protocol, each as a route. */
#include <stdlib.h>

#include "unit/serve/relay_scene.h"

/* --- a toy beside the relay: a page, and a protocol that says every byte twice --- */

struct toy {
	struct toy_stream {
		struct toy *toy;
		struct listen_stream *stream;
	} one;
	bool full;
	int taken, gone;
	char greeting[16];
};

static enum listen_verdict twice(void *self, struct bytes b, size_t *used)
{
	struct toy_stream *t = self;
	uint8_t both[2] = {b.p[0], b.p[0]};
	*used = 1;
	listen_write(t->stream, BYTES_OF(both));
	return b.p[0] == '.' ? LISTEN_LINGER : LISTEN_ON;
}

static void toy_gone(void *self)
{
	struct toy_stream *t = self;
	t->toy->gone++;
}

static bool toy_take(void *self, const struct http_request *q, struct listen_stream *s)
{
	struct toy *t = self;
	struct bytes greeting = http_header(q, "X-Toy");
	if (t->full || greeting.n >= sizeof(t->greeting))
		return false;
	memcpy(t->greeting, greeting.p, greeting.n);
	t->one = (struct toy_stream){t, s};
	t->taken++;
	listen_give(s, &(struct listen_owner){.input = twice, .gone = toy_gone, .self = &t->one});
	return true;
}

static void toy_upgrade(void *self, const struct http_request *q, struct http_answer *a)
{
	a->upgrade = true;
	a->status = "101 Switching Protocols";
	http_add_header(a, "Upgrade", "toy");
}

static void toy_key(void *self, const struct http_request *q, struct http_answer *a)
{
	a->type = "application/json";
	http_add_text(a, "{\"key\":1}");
}

static void begin_with_toy(struct scene *s, struct toy *toy)
{
	const struct http_route routes[] = {
		{.methods = METHOD_GET, .path = "/key", .answer = toy_key},
		{.methods = METHOD_POST,
		 .path = "/toy",
		 .answer = toy_upgrade,
		 .take = toy_take,
		 .self = toy},
	};
	*toy = (struct toy){.taken = 0};
	begin_closed(s, 4, 4);
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		assert_true(http_routes_add(web_routes(s->web), &routes[i]));
	begin_open(s);
}

#define KEY_PAGE                                                                        \
	"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Content-Type-Options: " \
	"nosniff\r\nContent-Length: 9\r\n\r\n{\"key\":1}"
#define SWITCH  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: toy\r\n\r\n"
#define UPGRADE "POST /toy HTTP/1.1\r\nX-Toy: hello\r\n\r\n"

static void a_relay_a_page_and_another_protocol_share_a_listener(void **state)
{
	struct scene s;
	struct toy toy;
	struct peer a, b;
	begin_with_toy(&s, &toy);
	join_until_ready(&s.s, &a);
	int fd = dial(&s.s);
	say(fd, "GET /key HTTP/1.1\r\n\r\n");
	expect_heard(&s.s, fd, KEY_PAGE);
	say(fd, UPGRADE "ab"); /* on the same stream, its first bytes right behind it */
	expect_heard(&s.s, fd, SWITCH "aabb");
	assert_string_equal(toy.greeting, "hello");
	assert_int_equal(toy.taken, 1);
	join_until_ready(&s.s, &b);
	relay_client_send(a.c, &b.key, (struct bytes){(const uint8_t *)"x", 1}, clock_now());
	serve(&a);
	say(fd, "c");
	expect_heard(&s.s, fd, "cc");
	for (int i = 0; i < 500 && b.received == 0; i++) {
		turns(&s.s, 1);
		serve(&b);
	}
	assert_int_equal(b.received, 1);
	assert_int_equal(listen_stats(s.s.listen)->streams, 3);
	assert_int_equal(web_stats(s.web)->pages, 1); /* upgrades are none */
	close(fd);
	leave(&a);
	leave(&b);
	expect_no_streams(&s.s);
	assert_int_equal(toy.gone, 1);
	end(&s);
}

static void a_protocol_ends_its_stream_after_its_last_bytes(void **state)
{
	struct scene s;
	struct toy toy;
	char got[200];
	begin_with_toy(&s, &toy);
	int fd = dial(&s.s);
	say(fd, UPGRADE "a.bcd"); /* nothing is taken behind the dot */
	assert_true(hear(&s.s, fd, got, sizeof(got), sizeof(got)));
	assert_string_equal(got, SWITCH "aa..");
	assert_int_equal(toy.gone, 0);
	close(fd);
	expect_no_streams(&s.s);
	assert_int_equal(toy.gone, 1);
	end(&s);
}

static void a_route_that_does_not_take_the_stream_closes_it(void **state)
{
	struct scene s;
	struct toy toy;
	begin_with_toy(&s, &toy);
	toy.full = true;
	int fd = dial(&s.s);
	say(fd, UPGRADE);
	expect_no_streams(&s.s);
	assert_int_equal(toy.taken, 0);
	assert_int_equal(toy.gone, 0);
	close(fd);
	end(&s);
}

static void the_end_of_the_listener_is_told_to_every_owner(void **state)
{
	struct scene s;
	struct toy toy;
	struct peer a;
	begin_with_toy(&s, &toy);
	join_until_ready(&s.s, &a);
	int fd = dial(&s.s), silent = dial(&s.s), half = dial(&s.s);
	say(fd, UPGRADE);
	expect_heard(&s.s, fd, SWITCH);
	say(half, "GET /ke");
	turns(&s.s, 5);
	assert_int_equal(listen_stats(s.s.listen)->streams, 4);
	listen_free(s.s.listen);
	s.s.listen = NULL;
	assert_int_equal(toy.gone, 1);
	assert_int_equal(relay_server_stats(s.server)->clients, 0);
	close(fd);
	close(silent);
	close(half);
	leave(&a);
	end(&s);
}

static void a_stream_serves_requests_until_one_is_refused(void **state)
{
	struct scene s;
	struct toy toy;
	char got[2000];
	begin_with_toy(&s, &toy);
	int fd = dial(&s.s);
	for (int i = 0; i < 3; i++) {
		say(fd, "GET /key HTT");
		turns(&s.s, 3);
		say(fd, "P/1.1\r\n\r\n");
		expect_heard(&s.s, fd, KEY_PAGE);
	}
	say(fd, "GET /toy HTTP/1.1\r\n\r\nGET /key HTTP/1.1\r\n\r\n");
	assert_true(hear(&s.s, fd, got, sizeof(got), sizeof(got)));
	assert_memory_equal(got, "HTTP/1.1 405 ", 13);
	assert_null(strstr(got, "{\"key\""));
	assert_int_equal(web_stats(s.web)->pages, 4);
	close(fd);
	expect_no_streams(&s.s);
	end(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_relay_a_page_and_another_protocol_share_a_listener),
	cmocka_unit_test(a_protocol_ends_its_stream_after_its_last_bytes),
	cmocka_unit_test(a_route_that_does_not_take_the_stream_closes_it),
	cmocka_unit_test(the_end_of_the_listener_is_told_to_every_owner),
	cmocka_unit_test(a_stream_serves_requests_until_one_is_refused),
};
RUN_TESTS(tests)

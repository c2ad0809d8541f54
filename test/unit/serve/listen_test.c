#include <stdlib.h>

#include "io/socket_address.h"
#include "unit/io_server.h"
#include "unit/own_network.h"
#include "unit/serve/served.h"

/* An owner that does with its input what the test wants. */
struct owner {
	struct listen_stream *stream;
	enum listen_verdict verdict;
	size_t takes; /* bytes of each input; 0: waits for more */
	char heard[256], answer[64];
	size_t n_heard, n_last;
	int inputs, writables, gone;
	struct owner *next; /* gets the stream at the next input */
	bool refuses;
};

static void on_gone(void *self)
{
	struct owner *o = self;
	o->gone++;
	o->stream = NULL;
}

static void on_writable(void *self)
{
	struct owner *o = self;
	o->writables++;
}

static enum listen_verdict on_input(void *self, struct bytes b, size_t *used);

static struct listen_owner owner_of(struct owner *o)
{
	return (struct listen_owner){on_input, on_writable, on_gone, o};
}

static enum listen_verdict on_input(void *self, struct bytes b, size_t *used)
{
	struct owner *o = self;
	o->inputs++;
	o->n_last = b.n;
	*used = o->takes < b.n ? o->takes : b.n;
	assert_true(o->n_heard + *used < sizeof(o->heard));
	memcpy(o->heard + o->n_heard, b.p, *used);
	o->n_heard += *used;
	listen_write(o->stream, (struct bytes){(uint8_t *)o->answer, strlen(o->answer)});
	if (o->next) {
		struct owner *next = o->next;
		struct listen_owner owner = owner_of(next);
		next->stream = o->stream;
		listen_give(o->stream, &owner);
	}
	return o->verdict;
}

static bool on_stream(void *self, struct listen_stream *s, struct listen_owner *owner)
{
	struct owner *o = self;
	o->stream = s;
	*owner = owner_of(o);
	return !o->refuses;
}

static void begin(struct served *s, struct owner *o, uint32_t streams_max)
{
	*o = (struct owner){.takes = 1000};
	served_begin(s);
	served_listen(s, (struct listen_accept){on_stream, o}, streams_max);
}

static void begin_plain(struct served *s, struct owner *o)
{
	begin(s, o, 4);
	served_open(s, false);
}

static void end(struct served *s)
{
	listen_free(s->listen);
	loop_free(s->loop);
}

static void turns_until_heard(struct served *s, struct owner *o, size_t n)
{
	for (int i = 0; i < 500 && o->n_heard < n; i++)
		turns(s, 1);
	assert_int_equal(o->n_heard, n);
}

static void bytes_go_in_and_out(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	int fd = dial(&s);
	strcpy(o.answer, "answer");
	say(fd, "question");
	expect_heard(&s, fd, "answer");
	assert_string_equal(o.heard, "question");
	assert_int_equal(listen_unsent(o.stream), 0);
	assert_true(o.writables > 0);
	close(fd);
	expect_no_streams(&s);
	assert_int_equal(o.gone, 1);
	end(&s);
}

static void what_is_taken_in_part_comes_again_at_once(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	o.takes = 3;
	int fd = dial(&s);
	say(fd, "abcdefgh");
	turns_until_heard(&s, &o, 8);
	assert_int_equal(o.inputs, 3);
	assert_string_equal(o.heard, "abcdefgh");
	close(fd);
	expect_no_streams(&s);
	end(&s);
}

static void what_is_not_taken_comes_again_with_more(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	o.takes = 0;
	int fd = dial(&s);
	say(fd, "abc");
	for (int i = 0; i < 500 && o.inputs == 0; i++)
		turns(&s, 1);
	assert_int_equal(o.n_last, 3);
	o.takes = 1000;
	say(fd, "def");
	turns_until_heard(&s, &o, 6);
	assert_string_equal(o.heard, "abcdef");
	close(fd);
	expect_no_streams(&s);
	end(&s);
}

static void a_lingering_stream_sends_all_and_hears_nothing(void **state)
{
	struct served s;
	struct owner o;
	char got[64];
	begin_plain(&s, &o);
	o.verdict = LISTEN_LINGER;
	o.takes = 1;
	strcpy(o.answer, "last words");
	int fd = dial(&s);
	say(fd, "abc");
	assert_true(hear(&s, fd, got, sizeof(got), sizeof(got)));
	assert_string_equal(got, "last words");
	assert_int_equal(o.gone, 0); /* the other side has not closed yet */
	assert_int_equal(send(fd, "more", 4, MSG_NOSIGNAL), 4);
	turns(&s, 5);
	assert_int_equal(o.inputs, 1);
	close(fd);
	expect_no_streams(&s);
	assert_int_equal(o.gone, 1);
	end(&s);
}

static void a_verdict_closes_at_once(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	o.verdict = LISTEN_CLOSE;
	int fd = dial(&s);
	say(fd, "abc");
	expect_closed(&s, fd);
	assert_int_equal(o.gone, 1);
	assert_int_equal(o.inputs, 1);
	close(fd);
	end(&s);
}

static void its_owner_may_close_a_stream_at_any_time(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	int fd = dial(&s);
	say(fd, "abc");
	turns_until_heard(&s, &o, 3);
	listen_close(o.stream);
	assert_int_equal(o.gone, 1);
	assert_int_equal(listen_stats(s.listen)->streams, 0);
	expect_closed(&s, fd);
	close(fd);
	end(&s);
}

static void a_given_stream_is_the_new_owners_alone(void **state)
{
	struct served s;
	struct owner o, next = {.takes = 1000};
	begin_plain(&s, &o);
	o.takes = 4;
	o.next = &next;
	int fd = dial(&s);
	say(fd, "headbody");
	turns_until_heard(&s, &next, 4);
	assert_string_equal(o.heard, "head");
	assert_string_equal(next.heard, "body");
	close(fd);
	expect_no_streams(&s);
	assert_int_equal(o.gone, 0);
	assert_int_equal(next.gone, 1);
	end(&s);
}

static void a_given_stream_may_linger_too(void **state)
{
	struct served s;
	struct owner o, next = {.takes = 1000, .verdict = LISTEN_LINGER, .answer = "bye"};
	char got[64];
	begin_plain(&s, &o);
	o.takes = 4;
	o.next = &next;
	int fd = dial(&s);
	say(fd, "headbody");
	assert_true(hear(&s, fd, got, sizeof(got), sizeof(got)));
	assert_string_equal(got, "bye");
	int other = dial(&s);
	turns(&s, 5);
	listen_free(s.listen); /* with a lingering stream and a fresh one */
	assert_int_equal(next.gone, 1);
	assert_int_equal(o.gone, 1);
	close(fd);
	close(other);
	loop_free(s.loop);
}

static void streams_are_limited(void **state)
{
	struct served s;
	struct owner o;
	begin(&s, &o, 1);
	served_open(&s, false);
	int first = dial(&s);
	say(first, "a");
	turns_until_heard(&s, &o, 1);
	int second = dial(&s);
	expect_closed(&s, second);
	assert_int_equal(listen_stats(s.listen)->refused, 1);
	assert_int_equal(listen_stats(s.listen)->accepted, 1);
	close(second);
	close(first);
	expect_no_streams(&s);
	end(&s);
}

enum { LOOPBACK = 1 /* its interface index */, MANY = 100 };

static void wait_for_all(struct served *s)
{
	const struct listen_stats *st = listen_stats(s->listen);
	for (int i = 0; i < 500 && st->accepted + st->refused < MANY; i++)
		turns(s, 1);
	CHECK(st->accepted + st->refused == MANY && st->accepted == st->streams);
}

/* Dials MANY times from this address to itself. How many streams are open? */
static uint32_t streams_taken(const char *text, uint32_t host_streams_max)
{
	struct served s;
	struct owner o = {.takes = 1000};
	struct endpoint at = {0};
	struct sockaddr_storage sa;
	char why[FAILURE_MAX] = "";
	int fd[MANY];
	CHECK(ip_parse(&at.ip, text));
	served_begin(&s);
	s.listen = listen_new(&(struct listen_config){.loop = s.loop,
						      .log = &s.log,
						      .streams_max = 2 * MANY,
						      .host_streams_max = host_streams_max,
						      .accept = {on_stream, &o}});
	CHECK(s.listen);
	CHECK_WHY(listen_open(s.listen, &at, false, &at.port, why), why);
	socklen_t n = socket_address_write(&sa, &at);
	for (int i = 0; i < MANY; i++) {
		fd[i] = socket(sa.ss_family, SOCK_STREAM, 0);
		CHECK(connect(fd[i], (struct sockaddr *)&sa, n) == 0);
	}
	wait_for_all(&s);
	uint32_t taken = listen_stats(s.listen)->streams;
	for (int i = 0; i < MANY; i++)
		close(fd[i]);
	for (int i = 0; i < 500 && listen_stats(s.listen)->streams > 0; i++)
		turns(&s, 1);
	CHECK(listen_stats(s.listen)->streams == 0);
	end(&s);
	return taken;
}

static void one_host_has_no_more_than_its_share_of_streams(void)
{
	struct netlink *nl = own_network_netlink();
	struct ip ip;
	char why[FAILURE_MAX] = "";
	CHECK_WHY(netlink_link_up(nl, LOOPBACK, 65536, why), why);
	CHECK(ip_parse(&ip, "192.0.2.1"));
	CHECK_WHY(netlink_address_add(nl, LOOPBACK, &ip, 32, why), why);
	CHECK(streams_taken("192.0.2.1", 64) == 64);
	CHECK(streams_taken("192.0.2.1", 0) == MANY);
	CHECK(streams_taken("127.0.0.1", 64) == MANY);
	netlink_close(nl);
}
IN_OWN_NETWORK(one_host_has_no_more_than_its_share_of_streams)

static void a_stream_that_nobody_wants_is_closed(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	o.refuses = true;
	int fd = dial(&s);
	expect_closed(&s, fd);
	assert_int_equal(o.gone, 0);
	assert_int_equal(listen_stats(s.listen)->streams, 0);
	close(fd);
	end(&s);
}

static void ports_are_limited_and_named_when_taken(void **state)
{
	struct served s;
	struct owner o;
	struct endpoint at = {.ip = ip_v4(127, 0, 0, 1)};
	char why[FAILURE_MAX];
	uint16_t port;
	begin_plain(&s, &o);
	at.port = s.port;
	assert_false(listen_open(s.listen, &at, false, &port, why));
	assert_non_null(strstr(why, "is in use"));
	for (int i = 1; i < LISTEN_PORTS_MAX; i++)
		served_open(&s, false);
	at.port = 0;
	assert_false(listen_open(s.listen, &at, false, &port, why));
	assert_string_equal(why, "no more than 4 ports can be listened on");
	end(&s);
}

static void a_stopped_listener_keeps_its_streams(void **state)
{
	struct served s;
	struct owner o;
	begin_plain(&s, &o);
	int fd = dial(&s);
	say(fd, "a");
	turns_until_heard(&s, &o, 1);
	listen_stop(s.listen);
	expect_refused(&s);
	say(fd, "b");
	turns_until_heard(&s, &o, 2);
	close(fd);
	expect_no_streams(&s);
	end(&s);
}

/* A silent stream is closed, and so is one that does not end after its last words. A given stream
 * stays. */
static void the_time_limit_ends_a_greeting(void **state)
{
	struct served s;
	struct owner next = {.takes = 1000}, o = {.takes = 4, .next = &next};
	served_begin(&s);
	s.listen = listen_new(&(struct listen_config){.loop = s.loop,
						      .log = &s.log,
						      .streams_max = 4,
						      .greeting_max = 20 * MSEC,
						      .accept = {on_stream, &o}});
	served_open(&s, false);
	int given = dial(&s);
	say(given, "headbody");
	turns_until_heard(&s, &next, 4);
	o.next = NULL;
	int silent = dial(&s);
	expect_closed(&s, silent);
	assert_int_equal(listen_stats(s.listen)->slow, 1);
	o.verdict = LISTEN_LINGER;
	int lingers = dial(&s);
	say(lingers, "x");
	expect_closed(&s, lingers);
	for (int i = 0; i < 500 && listen_stats(s.listen)->streams > 1; i++)
		turns(&s, 1);
	assert_int_equal(listen_stats(s.listen)->streams, 1);
	assert_int_equal(listen_stats(s.listen)->slow, 1); /* that one was not too slow */
	assert_int_equal(o.gone, 2);
	say(given, "more");
	turns_until_heard(&s, &next, 8);
	assert_int_equal(next.gone, 0);
	close(given);
	close(silent);
	close(lingers);
	end(&s);
}

/* --- TLS --- */

static SSL_CTX *context_with(const struct identity *id)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(ctx, id->cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, id->key), 1);
	return ctx;
}

static SSL *dial_tls(struct served *s, SSL_CTX *client, int fd)
{
	SSL *ssl = SSL_new(client);
	struct timeval wait = {.tv_usec = 1000};
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
	SSL_set_fd(ssl, fd);
	for (int i = 0; i < 500; i++) {
		if (SSL_connect(ssl) == 1)
			return ssl;
		turns(s, 1);
	}
	fail_msg("no TLS");
	return NULL;
}

static void a_port_may_speak_tls(void **state)
{
	struct served s;
	struct owner o;
	struct identity id = identity_make("one", 1, NULL);
	SSL_CTX *ctx = context_with(&id), *client = SSL_CTX_new(TLS_client_method());
	char got[32] = "";
	begin(&s, &o, 4);
	listen_set_tls(s.listen, ctx);
	SSL_CTX_free(ctx); /* the listener has a reference of its own */
	served_open(&s, true);
	strcpy(o.answer, "answer");
	int fd = dial(&s);
	SSL *ssl = dial_tls(&s, client, fd);
	assert_int_equal(SSL_write(ssl, "question", 8), 8);
	turns_until_heard(&s, &o, 8);
	assert_string_equal(o.heard, "question");
	for (int i = 0; i < 500 && SSL_read(ssl, got, sizeof(got) - 1) <= 0; i++)
		turns(&s, 1);
	assert_string_equal(got, "answer");
	listen_close(o.stream);
	for (int i = 0; i < 500 && !(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN); i++)
		(void)SSL_read(ssl, got, sizeof(got));
	assert_true(SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN); /* an end, not a break */
	SSL_free(ssl);
	SSL_CTX_free(client);
	close(fd);
	identity_free(&id);
	end(&s);
}

static void what_is_not_tls_is_counted_and_closed(void **state)
{
	struct served s;
	struct owner o;
	char got[64];
	struct identity id = identity_make("one", 1, NULL);
	SSL_CTX *ctx = context_with(&id);
	begin(&s, &o, 4);
	listen_set_tls(s.listen, ctx);
	SSL_CTX_free(ctx);
	served_open(&s, true);
	int fd = dial(&s);
	say(fd, "GET / HTTP/1.1\r\n\r\n");
	assert_true(hear(&s, fd, got, sizeof(got), sizeof(got)));
	expect_no_streams(&s);
	assert_int_equal(listen_stats(s.listen)->accepted, 1);
	assert_int_equal(listen_stats(s.listen)->tls_failed, 1);
	assert_int_equal(o.inputs, 0);
	assert_int_equal(o.gone, 1);
	close(fd);
	identity_free(&id);
	end(&s);
}

static void a_tls_port_without_a_certificate_takes_nobody(void **state)
{
	struct served s;
	struct owner o;
	begin(&s, &o, 4);
	served_open(&s, true);
	int fd = dial(&s);
	expect_closed(&s, fd);
	assert_int_equal(listen_stats(s.listen)->accepted, 0);
	close(fd);
	end(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(bytes_go_in_and_out),
	cmocka_unit_test(what_is_taken_in_part_comes_again_at_once),
	cmocka_unit_test(what_is_not_taken_comes_again_with_more),
	cmocka_unit_test(a_lingering_stream_sends_all_and_hears_nothing),
	cmocka_unit_test(a_verdict_closes_at_once),
	cmocka_unit_test(its_owner_may_close_a_stream_at_any_time),
	cmocka_unit_test(a_given_stream_is_the_new_owners_alone),
	cmocka_unit_test(a_given_stream_may_linger_too),
	cmocka_unit_test(streams_are_limited),
	cmocka_unit_test(test_one_host_has_no_more_than_its_share_of_streams),
	cmocka_unit_test(a_stream_that_nobody_wants_is_closed),
	cmocka_unit_test(ports_are_limited_and_named_when_taken),
	cmocka_unit_test(a_stopped_listener_keeps_its_streams),
	cmocka_unit_test(the_time_limit_ends_a_greeting),
	cmocka_unit_test(a_port_may_speak_tls),
	cmocka_unit_test(what_is_not_tls_is_counted_and_closed),
	cmocka_unit_test(a_tls_port_without_a_certificate_takes_nobody),
};
RUN_TESTS(tests)

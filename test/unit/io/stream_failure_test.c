/* Why a stream could not go up, or is over: each cause has its sentence. */
#include <fcntl.h>

#include "io/proxy.h"
#include "unit/dns_server.h"
#include "unit/io/streamed.h"
#include "unit/io_server.h"
#include "unit/no_memory.h"

/* It comes once, and with no more than a few bytes of the server. */
static void expect_once(struct seen *c, const unsigned *what)
{
	turn_until(c, what);
	assert_int_equal(*what, 1);
	assert_true(c->n < 16);
}

/* Opens the stream, and wants it down with exactly this sentence, or one that begins so. */
static void expect(struct seen *c, struct stream_config cfg, const char *sentence)
{
	open_stream(c, cfg);
	expect_once(c, &c->downs);
	if (strncmp(c->why, sentence, strlen(sentence)) != 0)
		fail_msg("expected '%s', found '%s'", sentence, c->why);
}

/* A port on loopback that answers no one: its queue is full. */
struct deaf {
	int fd, full[4];
	uint16_t port;
};

static void deaf_start(struct deaf *d)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	d->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(d->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(d->fd, 0), 0);
	assert_int_equal(getsockname(d->fd, (struct sockaddr *)&sa, &len), 0);
	d->port = ntohs(sa.sin_port);
	for (size_t i = 0; i < ARRAY_LEN(d->full); i++) {
		d->full[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(d->full[i], (struct sockaddr *)&sa, len);
	}
}

static void deaf_stop(struct deaf *d)
{
	for (size_t i = 0; i < ARRAY_LEN(d->full); i++)
		close(d->full[i]);
	close(d->fd);
}

static const char *text(const char *fmt, unsigned port)
{
	static char out[FAILURE_MAX];
	snprintf(out, sizeof(out), fmt, port);
	return out;
}

static void silence_of_dns_is_told(void **state)
{
	struct dns_server dns = {.silent = true};
	struct seen c = begin();
	dns_start(&dns, c.d);
	expect(&c,
	       (struct stream_config){
		       .host = "relay.example.net", .port = 443, .limit = 100 * MSEC},
	       "relay.example.net:443 did not answer within 0.1 s (while its address was looked "
	       "up)");
	dns_stop(&dns);
	end(&c);
}

static void a_name_that_is_not_there_is_told(void **state)
{
	struct dns_server dns = {.code = DNS_NXDOMAIN};
	for (int by_proxy = 0; by_proxy < 2; by_proxy++) {
		struct seen c = begin();
		dns_start(&dns, c.d);
		expect(&c,
		       (struct stream_config){.host = "relay.example.net",
					      .port = 443,
					      .proxy = by_proxy ? "proxy.example.net" : ""},
		       by_proxy ? "cannot find the address of proxy.example.net: "
				: "cannot find the address of relay.example.net: ");
		assert_non_null(strstr(c.why, "is the name right, and does DNS work?"));
		dns_stop(&dns);
		end(&c);
	}
}

static void silence_of_tcp_is_told(void **state)
{
	struct deaf d;
	char proxy[32];
	deaf_start(&d);
	snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", d.port);
	struct seen c = begin();
	expect(&c, (struct stream_config){.host = "127.0.0.1", .port = d.port, .limit = 100 * MSEC},
	       text("127.0.0.1:%u did not answer within 0.1 s (while it was dialled)", d.port));
	end(&c);
	c = begin();
	expect(&c,
	       (struct stream_config){.host = "relay.example.net",
				      .port = 443,
				      .limit = 100 * MSEC,
				      .proxy = proxy},
	       "relay.example.net:443 did not answer within 0.1 s (while the proxy was dialled)");
	end(&c);
	deaf_stop(&d);
}

static void silence_of_a_proxy_is_told(void **state)
{
	struct server p;
	struct seen c = begin();
	char proxy[32];
	server_start(&p, NULL, NULL, NULL, 0); /* the kernel accepts, nobody speaks */
	snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", p.port);
	expect(&c,
	       (struct stream_config){.host = "relay.example.net",
				      .port = 443,
				      .limit = 100 * MSEC,
				      .proxy = proxy},
	       "relay.example.net:443 did not answer within 0.1 s (while the proxy connected to "
	       "it)");
	end(&c);
	server_stop(&p);
}

static void a_proxy_that_is_not_there_is_told(void **state)
{
	struct server p;
	struct seen c = begin();
	char proxy[32];
	server_start(&p, NULL, NULL, NULL, 0);
	server_stop(&p); /* its port is free now */
	snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", p.port);
	expect(&c, (struct stream_config){.host = "relay.example.net", .port = 443, .proxy = proxy},
	       text("cannot reach the proxy 127.0.0.1:%u for relay.example.net:443: ", p.port));
	assert_non_null(strstr(c.why, "Connection refused"));
	end(&c);
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, NULL, NULL, NULL, 0);
	server_stop(&s);
	expect(&c, (struct stream_config){.host = "::1", .port = s.port},
	       text("cannot reach [::1]:%u: [::1]:", s.port));
	end(&c);
}

static void serve_a_reset(struct server *s, int fd, SSL *ssl)
{
	struct linger at_once = {1, 0};
	char in[16];
	(void)!recv(fd, in, 1, MSG_DONTWAIT);
	usleep(50000); /* the stream is up by then */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void a_reset_is_told(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_a_reset, NULL, NULL, 0);
	expect(&c, (struct stream_config){.host = "127.0.0.1", .port = s.port},
	       text("the connection to 127.0.0.1:%u broke: Connection reset by peer", s.port));
	assert_int_equal(c.ups, 1);
	end(&c);
	server_stop(&s);
}

static void an_old_tls_is_told(void **state)
{
	struct server s;
	struct seen c = begin();
	struct identity id = identity_make("relay", 1, NULL);
	server_start(&s, serve_echo, &id, NULL, TLS1_1_VERSION);
	expect(&c,
	       (struct stream_config){
		       .host = "127.0.0.1", .port = s.port, .trust = STREAM_UNTESTED},
	       text("TLS with 127.0.0.1:%u failed: ", s.port));
	assert_non_null(strstr(c.why, "protocol"));
	end(&c);
	server_stop(&s);
	identity_free(&id);
}

static void a_ca_file_that_is_not_there_is_told(void **state)
{
	static const char *const files[] = {"/nowhere/ca.pem", NULL};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct server s;
		struct seen c = begin();
		server_start(&s, NULL, NULL, NULL, 0);
		expect(&c,
		       (struct stream_config){.host = "127.0.0.1",
					      .port = s.port,
					      .trust = STREAM_CA,
					      .ca_file = files[i]},
		       files[i] ? "cannot read certificates from the CA file /nowhere/ca.pem: "
				  "expected PEM"
				: "cannot read certificates from the CA file (none given): "
				  "expected PEM");
		end(&c);
		server_stop(&s);
	}
}

/* In each state that a stream can fail in, its owner may close it at once. */
static void a_stream_may_be_closed_when_it_goes_down(void **state)
{
	struct dns_server none = {.code = DNS_NXDOMAIN}, silent = {.silent = true};
	struct identity id = identity_make("relay", 1, NULL);
	struct server gone, mute, tls, resets;
	char proxy[32];
	server_start(&gone, NULL, NULL, NULL, 0);
	server_stop(&gone);
	server_start(&mute, NULL, NULL, NULL, 0);
	server_start(&tls, serve_echo, &id, NULL, TLS1_3_VERSION);
	server_start(&resets, serve_a_reset, NULL, NULL, 0);
	snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", mute.port);
	const struct {
		struct dns_server *dns;
		struct stream_config cfg;
		const char *why;
	} table[] = {
		{NULL, {.host = "x.example", .port = 1, .proxy = "ftp://x"}, ""},
		{&none, {.host = "x.example", .port = 1}, "cannot find the address"},
		{&silent, {.host = "x.example", .port = 1, .limit = 50 * MSEC}, "x.example:1 did"},
		{NULL, {.host = "127.0.0.1", .port = gone.port}, "cannot reach"},
		{NULL,
		 {.host = "x.example", .port = 1, .proxy = proxy, .limit = 50 * MSEC},
		 "x.example:1 did not answer"},
		{NULL, {.host = "127.0.0.1", .port = tls.port, .trust = STREAM_PIN}, "the cert"},
		{NULL, {.host = "127.0.0.1", .port = tls.port, .trust = STREAM_ROOTS}, "the cert"},
		{NULL, {.host = "127.0.0.1", .port = mute.port, .trust = STREAM_CA}, "cannot read"},
		{NULL, {.host = "127.0.0.1", .port = resets.port}, "the connection to"},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct seen c = begin();
		c.close_on_down = true;
		if (table[i].dns)
			dns_start(table[i].dns, c.d);
		expect(&c, table[i].cfg, table[i].why);
		assert_null(c.s);
		for (int k = 0; k < 3; k++) /* nothing comes afterwards */
			loop_turn(c.l, MSEC);
		assert_int_equal(c.downs, 1);
		if (table[i].dns)
			dns_stop(table[i].dns);
		end(&c);
	}
	server_stop(&mute);
	server_stop(&tls);
	server_stop(&resets);
	identity_free(&id);
}

/* DNS names ::1 too, where nobody listens. */
static void a_name_with_a_dead_address_is_reached_by_the_other(void **state)
{
	struct dns_server dns = {.a = "127.0.0.1", .aaaa = {"::1"}};
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_echo, NULL, NULL, 0); /* on IPv4 only */
	dns_start(&dns, c.d);
	open_stream(&c, (struct stream_config){.host = "relay.example.net", .port = s.port});
	expect_once(&c, &c.ups);
	assert_int_equal(c.up.remote.ip.family, 4);
	assert_int_equal(c.downs, 0);
	dns_stop(&dns);
	end(&c);
	server_stop(&s);
}

static void the_limit_ends_when_the_stream_is_up(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_echo, NULL, NULL, 0);
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .limit = 150 * MSEC});
	expect_once(&c, &c.ups);
	mono_ns until = clock_now() + 200 * MSEC;
	while (clock_now() < until)
		loop_turn(c.l, 20 * MSEC);
	assert_int_equal(c.downs, 0);
	assert_int_equal(stream_room(c.s), STREAM_WRITE_MAX);
	end(&c);
	server_stop(&s);
}

/* A name that no server can have is no crash, and its sentence is cut. */
static void a_name_without_end_is_told(void **state)
{
	static const size_t lengths[] = {64, 256, 4000};
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct dns_server dns = {.code = DNS_NXDOMAIN};
		struct seen c = begin();
		char *name = calloc(1, lengths[i] + 1);
		memset(name, 'x', lengths[i]);
		dns_start(&dns, c.d);
		expect(&c, (struct stream_config){.host = name, .port = 443},
		       "cannot find the address of xxxxxxxx");
		assert_true(strlen(c.why) < FAILURE_MAX);
		dns_stop(&dns);
		end(&c);
		free(name);
	}
}

/* --- what a proxy may answer --- */

static const char *proxy_text;
static size_t proxy_text_n;

static void serve_proxy_text(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	server_write(fd, NULL, proxy_text, proxy_text_n);
	shutdown(fd, SHUT_WR);
	while (recv(fd, s->heard, sizeof(s->heard), 0) > 0)
		;
}

/* `given`: what of the text is the server's. */
static void by_proxy(struct seen *c, const char *text, size_t n, const char *given,
		     const char *sentence)
{
	struct server p;
	char proxy[32];
	proxy_text = text;
	proxy_text_n = n;
	server_start(&p, serve_proxy_text, NULL, NULL, 0);
	snprintf(proxy, sizeof(proxy), "127.0.0.1:%u", p.port);
	expect(c, (struct stream_config){.host = "x.example", .port = 1, .proxy = proxy}, sentence);
	assert_int_equal(c->n, strlen(given));
	assert_memory_equal(c->bytes, given, c->n);
	end(c);
	server_stop(&p);
}

static void bytes_behind_the_answer_of_a_proxy_are_the_servers(void **state)
{
	static const char text[] = "HTTP/1.1 200 OK\r\n\r\nhello\r\n\r\n";
	struct seen c = begin();
	by_proxy(&c, text, sizeof(text) - 1, "hello\r\n\r\n",
		 "x.example:1 or the proxy 127.0.0.1:");
	assert_int_equal(c.ups, 1);
}

static void an_answer_of_a_proxy_may_be_so_long_and_has_no_nul(void **state)
{
	enum { LONGEST = PROXY_ANSWER_MAX - 1 }; /* and a NUL of ours */
	static const char with_nul[] = "HTTP/1.1 200 OK\0\r\n\r\n";
	static char much[LONGEST + 1];
	for (size_t n = LONGEST; n <= LONGEST + 1; n++) {
		struct seen c = begin();
		memset(much, 'x', n);
		memcpy(much, "HTTP/1.1 200 OK\r\nX: ", 20);
		memcpy(much + n - 4, "\r\n\r\n", 4);
		by_proxy(&c, much, n, "", n == LONGEST ? "x.example:1 or the proxy" : "the proxy ");
		assert_int_equal(c.ups, n == LONGEST);
	}
	struct seen c = begin();
	by_proxy(&c, with_nul, sizeof(with_nul) - 1, "", "the proxy 127.0.0.1:");
	assert_non_null(strstr(c.why, "it closed the connection, or is no HTTP proxy"));
	assert_int_equal(c.ups, 0);
}

/* It needs itself, a deferred call and a timer. */
static void without_memory_no_stream_is_opened(void **state)
{
	struct seen c = begin();
	struct stream_config cfg = {.host = "127.0.0.1", .port = 1, .proxy = ""};
	cfg.calls = (struct stream_calls){on_up, on_bytes, on_writable, on_down, &c};
	for (int left = 0; left < 3; left++) {
		memory_left = left;
		c.s = stream_open(c.d, &cfg);
		memory_left = -1;
		assert_null(c.s);
	}
	c.s = stream_open(c.d, &cfg);
	memory_left = 0; /* for the race */
	for (int i = 0; i < 3; i++)
		loop_turn(c.l, MSEC);
	memory_left = -1;
	assert_int_equal(c.downs, 1);
	assert_string_equal(c.why, "out of memory");
	end(&c);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(silence_of_dns_is_told),
	cmocka_unit_test(a_name_that_is_not_there_is_told),
	cmocka_unit_test(silence_of_tcp_is_told),
	cmocka_unit_test(silence_of_a_proxy_is_told),
	cmocka_unit_test(a_proxy_that_is_not_there_is_told),
	cmocka_unit_test(an_ipv6_address_stands_in_brackets),
	cmocka_unit_test(a_reset_is_told),
	cmocka_unit_test(an_old_tls_is_told),
	cmocka_unit_test(a_ca_file_that_is_not_there_is_told),
	cmocka_unit_test(a_stream_may_be_closed_when_it_goes_down),
	cmocka_unit_test(a_name_with_a_dead_address_is_reached_by_the_other),
	cmocka_unit_test(the_limit_ends_when_the_stream_is_up),
	cmocka_unit_test(a_name_without_end_is_told),
	cmocka_unit_test(bytes_behind_the_answer_of_a_proxy_are_the_servers),
	cmocka_unit_test(an_answer_of_a_proxy_may_be_so_long_and_has_no_nul),
	cmocka_unit_test(without_memory_no_stream_is_opened),
};
RUN_TESTS(tests)

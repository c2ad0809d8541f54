/* Why a stream could not go up, or is over: each cause has its sentence. */
#include <fcntl.h>

#include "io/clock.h"
#include "io/stream.h"
#include "unit/dns_server.h"
#include "unit/io_server.h"

struct seen {
	struct loop *l;
	struct dialer *d;
	struct stream *s;
	unsigned ups, downs;
	char why[FAILURE_MAX];
};

static void on_up(void *self, const struct stream_up *up)
{
	((struct seen *)self)->ups++;
}

static void on_bytes(void *self, struct bytes b)
{
}

static void on_writable(void *self)
{
}

static void on_down(void *self, const char *why)
{
	struct seen *c = self;
	c->downs++;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

static struct seen begin(void)
{
	struct seen c = {.l = loop_new()};
	c.d = dialer_new(c.l);
	return c;
}

static void end(struct seen *c)
{
	stream_close(c->s);
	for (int i = 0; i < 3; i++)
		loop_turn(c->l, 0);
	dialer_free(c->d);
	loop_free(c->l);
}

/* Opens the stream, and wants it down with exactly this sentence, or one that begins so. */
static void expect(struct seen *c, struct stream_config cfg, const char *sentence)
{
	cfg.calls = (struct stream_calls){on_up, on_bytes, on_writable, on_down, c};
	if (!cfg.proxy)
		cfg.proxy = "";
	c->s = stream_open(c->d, &cfg);
	assert_non_null(c->s);
	mono_ns until = clock_now() + 5 * SECOND;
	while (c->downs == 0 && clock_now() < until)
		loop_turn(c->l, 20 * MSEC);
	assert_int_equal(c->downs, 1);
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
	end(&c);
	dns_stop(&dns);
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
		end(&c);
		dns_stop(&dns);
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
};
RUN_TESTS(tests)

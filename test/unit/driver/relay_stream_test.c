#include "driver/relay_stream.h"
#include "io/clock.h"
#include "relay/upgrade.h"
#include "unit/io_server.h"

enum { REGION = 7 };

struct seen {
	struct loop *l;
	struct dialer *d;
	struct relay_stream *k;
	unsigned ups, downs;
	bool knows_key, close_on_up;
	struct node_key key;
	char why[FAILURE_MAX], bytes[256];
	size_t n;
};

static void on_up(void *self, uint16_t region, const struct node_key *server_key)
{
	struct seen *c = self;
	assert_int_equal(region, REGION);
	c->ups++;
	c->knows_key = server_key != NULL;
	if (server_key)
		c->key = *server_key;
	if (c->close_on_up) {
		relay_stream_close(c->k);
		c->k = NULL;
	}
}

static void on_bytes(void *self, uint16_t region, struct bytes b)
{
	struct seen *c = self;
	assert_int_equal(region, REGION);
	assert_true(c->n + b.n < sizeof(c->bytes));
	memcpy(c->bytes + c->n, b.p, b.n);
	c->n += b.n;
}

static void on_writable(void *self, uint16_t region)
{
}

static void on_down(void *self, uint16_t region, const char *why)
{
	struct seen *c = self;
	assert_int_equal(region, REGION);
	c->downs++;
	snprintf(c->why, sizeof(c->why), "%s", why);
}

static struct seen begin(void)
{
	struct seen c = {.l = loop_new()};
	c.d = dialer_new(c.l);
	return c;
}

static void open_link(struct seen *c, uint16_t port, enum stream_trust trust)
{
	struct stream_config cfg = {.host = "127.0.0.1",
				    .port = port,
				    .trust = trust,
				    .proxy = "",
				    .limit = 500 * MSEC};
	c->k = relay_stream_open(
		c->d, REGION, &cfg,
		&(struct relay_stream_calls){on_up, on_bytes, on_writable, on_down, c});
	assert_non_null(c->k);
	assert_int_equal(relay_stream_room(c->k), 0);
	assert_false(relay_stream_write(c->k, (struct bytes){(const uint8_t *)"x", 1}));
}

static void turn_until(struct seen *c, const unsigned *what)
{
	mono_ns limit = clock_now() + 5 * SECOND;
	while (*what == 0 && clock_now() < limit)
		loop_turn(c->l, 50 * MSEC);
}

static void turn_until_heard(struct seen *c, const char *text)
{
	mono_ns limit = clock_now() + 5 * SECOND;
	while (c->n < strlen(text) && clock_now() < limit)
		loop_turn(c->l, 50 * MSEC);
	assert_int_equal(c->n, strlen(text));
	assert_memory_equal(c->bytes, text, c->n);
}

static void end(struct seen *c)
{
	relay_stream_close(c->k);
	dialer_free(c->d);
	loop_free(c->l);
}

static const char ANSWER[] =
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n"
	"Derp-Version: 2\r\n\r\n";

/* Reads the request; answers, unless fast start is wanted; then a word, then echo. */
static void serve_relay(struct server *s, int fd, SSL *ssl)
{
	char all[512];
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
	int n = snprintf(all, sizeof(all), "%shello ",
			 strstr(s->heard, "Derp-Fast-Start: 1") ? "" : ANSWER);
	server_write(fd, ssl, all, (size_t)n);
	serve_echo(s, fd, ssl);
}

static void write_echoed(struct seen *c)
{
	assert_true(relay_stream_room(c->k) > 0);
	assert_true(relay_stream_write(c->k, (struct bytes){(const uint8_t *)"echo", 4}));
	turn_until_heard(c, "hello echo");
}

static void upgrades_over_plain_http(void **state)
{
	struct server s;
	struct seen c = begin();
	char host[64];
	server_start(&s, serve_relay, NULL, NULL, 0);
	open_link(&c, s.port, STREAM_PLAIN);
	turn_until(&c, &c.ups);
	if (!c.ups)
		fail_msg("%s", c.why);
	assert_false(c.knows_key);
	write_echoed(&c);
	end(&c);
	server_stop(&s);
	snprintf(host, sizeof(host), "Host: 127.0.0.1:%u\r\n", s.port);
	assert_non_null(strstr(s.heard, host));
	assert_null(strstr(s.heard, "Fast-Start"));
}

static void starts_fast_when_the_key_is_known(void **state)
{
	static const int versions[] = {TLS1_3_VERSION, TLS1_2_VERSION};
	struct node_key key;
	char cn[UPGRADE_META_CN_MAX];
	memset(&key, 0x5a, sizeof(key));
	upgrade_meta_cn(cn, &key);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct server s;
		struct seen c = begin();
		struct identity id = identity_make("relay", 1, NULL),
				meta = identity_make(cn, 2, NULL);
		bool fast = versions[i] == TLS1_3_VERSION;
		server_start(&s, serve_relay, &id, meta.cert, versions[i]);
		open_link(&c, s.port, STREAM_UNTESTED);
		turn_until(&c, &c.ups);
		if (!c.ups)
			fail_msg("%s", c.why);
		assert_int_equal(c.knows_key, fast);
		if (fast)
			assert_memory_equal(&c.key, &key, sizeof(key));
		write_echoed(&c);
		end(&c);
		server_stop(&s);
		assert_int_equal(strstr(s.heard, "Derp-Fast-Start: 1") != NULL, fast);
		identity_free(&id);
		identity_free(&meta);
	}
}

static void serve_404(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
	server_write(fd, ssl, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 45);
	char in[16];
	(void)!server_read(fd, ssl, in, sizeof(in));
}

static void serve_silence(struct server *s, int fd, SSL *ssl)
{
	char in[16];
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
	(void)!server_read(fd, ssl, in, sizeof(in));
}

static void serve_hang_up(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, ssl, s->heard, sizeof(s->heard));
}

static void what_is_no_relay_is_told_once(void **state)
{
	static const struct {
		serve_fn *serve;
		const char *part;
	} table[] = {{serve_404, "is no relay, or refuses"},
		     {serve_silence, "within 0.5 s: is it a relay?"},
		     {serve_hang_up, "closed the connection"}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct server s;
		struct seen c = begin();
		server_start(&s, table[i].serve, NULL, NULL, 0);
		open_link(&c, s.port, STREAM_PLAIN);
		turn_until(&c, &c.downs);
		if (!strstr(c.why, table[i].part))
			fail_msg("'%s'", c.why);
		for (int k = 0; k < 3; k++)
			loop_turn(c.l, 1 * MSEC);
		assert_int_equal(c.downs, 1);
		assert_int_equal(c.ups, 0);
		assert_int_equal(relay_stream_room(c.k), 0);
		end(&c);
		server_stop(&s);
	}
}

static void may_be_closed_in_its_calls(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_relay, NULL, NULL, 0);
	c.close_on_up = true;
	open_link(&c, s.port, STREAM_PLAIN);
	turn_until(&c, &c.ups);
	assert_int_equal(c.ups, 1);
	assert_null(c.k);
	for (int i = 0; i < 3; i++)
		loop_turn(c.l, 1 * MSEC);
	assert_int_equal(c.downs + (unsigned)c.n, 0);
	end(&c);
	server_stop(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(upgrades_over_plain_http),
	cmocka_unit_test(starts_fast_when_the_key_is_known),
	cmocka_unit_test(what_is_no_relay_is_told_once),
	cmocka_unit_test(may_be_closed_in_its_calls),
};
RUN_TESTS(tests)

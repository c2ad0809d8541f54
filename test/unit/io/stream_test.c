#include "unit/io/streamed.h"
#include "unit/io_server.h"

static void expect_up(struct seen *c)
{
	turn_until(c, &c->ups);
	if (!c->ups)
		fail_msg("%s", c->why);
}

static void expect_down(struct seen *c, const char *part)
{
	turn_until(c, &c->downs);
	assert_int_equal(c->downs, 1);
	if (!strstr(c->why, part))
		fail_msg("expected '%s' in '%s'", part, c->why);
}

/* Writes n bytes as there is room, and wants them all back. */
static void expect_echo(struct seen *c, size_t n)
{
	uint8_t *out = malloc(n);
	size_t sent = 0;
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i * 31 >> 3);
	mono_ns limit = clock_now() + 10 * SECOND;
	while (c->n < n && clock_now() < limit && !c->downs) {
		size_t room = stream_room(c->s), k = n - sent < room ? n - sent : room;
		assert_true(room <= STREAM_WRITE_MAX);
		if (k > 0)
			assert_true(stream_write(c->s, (struct bytes){out + sent, k}));
		sent += k;
		loop_turn(c->l, 50 * MSEC);
	}
	assert_int_equal(c->n, n);
	assert_memory_equal(c->bytes, out, n);
	free(out);
}

static void bytes_pass_without_tls(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_echo, NULL, NULL, 0);
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .trust = STREAM_PLAIN});
	expect_up(&c);
	assert_int_equal(c.up.tls, 0);
	assert_int_equal(c.up.remote.port, s.port);
	assert_false(c.up.by_proxy);
	assert_null(stream_proxy(c.s));
	expect_echo(&c, 1 << 20);
	assert_true(c.writables > 0);
	static uint8_t much[STREAM_WRITE_MAX + 1];
	assert_false(stream_write(c.s, BYTES_OF(much)));
	end(&c);
	server_stop(&s);
}

static void the_right_pin_is_taken(void **state)
{
	static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		struct server s;
		struct seen c = begin();
		struct identity id = identity_make("anything", 1, NULL);
		struct stream_config cfg = {.host = "127.0.0.1", .trust = STREAM_PIN};
		server_start(&s, serve_echo, &id, NULL, versions[i]);
		memcpy(cfg.pin, id.pin, sizeof(cfg.pin));
		cfg.port = s.port;
		open_stream(&c, cfg);
		expect_up(&c);
		assert_int_equal(c.up.tls, versions[i]);
		assert_string_equal(c.up.meta_cn, "");
		expect_echo(&c, 300000);
		end(&c);
		server_stop(&s);
		identity_free(&id);
	}
}

static void a_wrong_pin_is_told_with_both_pins(void **state)
{
	struct server s;
	struct seen c = begin();
	struct identity id = identity_make("anything", 1, NULL);
	char found[PIN_TEXT_MAX], expected[PIN_TEXT_MAX];
	struct stream_config cfg = {.host = "127.0.0.1", .trust = STREAM_PIN, .pin = {1, 2, 3}};
	server_start(&s, serve_echo, &id, NULL, TLS1_3_VERSION);
	cfg.port = s.port;
	open_stream(&c, cfg);
	expect_down(&c, "does not match the pin");
	assert_non_null(strstr(c.why, pin_format(found, id.pin)));
	assert_non_null(strstr(c.why, pin_format(expected, cfg.pin)));
	assert_int_equal(c.ups, 0);
	end(&c);
	server_stop(&s);
	identity_free(&id);
}

static void a_meta_certificate_is_seen_and_does_not_disturb_the_pin(void **state)
{
	struct server s;
	struct seen c = begin();
	struct identity id = identity_make("relay", 1, NULL),
			meta = identity_make("derpkey00ff", 2, NULL);
	struct stream_config cfg = {.host = "127.0.0.1", .trust = STREAM_PIN};
	server_start(&s, serve_echo, &id, meta.cert, TLS1_3_VERSION);
	memcpy(cfg.pin, id.pin, sizeof(cfg.pin));
	cfg.port = s.port;
	open_stream(&c, cfg);
	expect_up(&c);
	assert_string_equal(c.up.meta_cn, "derpkey00ff");
	end(&c);
	server_stop(&s);
	identity_free(&id);
	identity_free(&meta);
}

static void a_pin_wants_one_certificate(void **state)
{
	struct server s;
	struct seen c = begin();
	struct identity id = identity_make("relay", 1, NULL),
			other = identity_make("other", 2, NULL);
	struct stream_config cfg = {.host = "127.0.0.1", .trust = STREAM_PIN};
	server_start(&s, serve_echo, &id, other.cert, TLS1_3_VERSION);
	memcpy(cfg.pin, id.pin, sizeof(cfg.pin));
	cfg.port = s.port;
	open_stream(&c, cfg);
	expect_down(&c, "exactly one");
	end(&c);
	server_stop(&s);
	identity_free(&id);
	identity_free(&other);
}

/* A CA file with the server's own certificate in it: name and address are checked. */
static void a_ca_is_taken_for_the_right_name_only(void **state)
{
	static const struct {
		const char *names, *name;
		bool good;
	} table[] = {
		{"IP:127.0.0.1", NULL, true},
		{"IP:127.0.0.2", NULL, false},
		{"DNS:relay.example", "relay.example", true},
		{"DNS:relay.example", "other.example", false},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct server s;
		struct seen c = begin();
		struct identity id = identity_make("relay", 1, table[i].names);
		char path[] = "/tmp/warren-test-XXXXXX";
		FILE *f = fdopen(mkstemp(path), "w");
		PEM_write_X509(f, id.cert);
		fclose(f);
		server_start(&s, serve_echo, &id, NULL, TLS1_3_VERSION);
		open_stream(&c, (struct stream_config){.host = "127.0.0.1",
						       .name = table[i].name,
						       .port = s.port,
						       .trust = STREAM_CA,
						       .ca_file = path});
		if (table[i].good) {
			expect_up(&c);
			expect_echo(&c, 10);
		} else {
			expect_down(&c, "is not trusted");
			assert_non_null(strstr(c.why, "mismatch"));
		}
		end(&c);
		server_stop(&s);
		identity_free(&id);
		unlink(path);
	}
}

static void the_systems_roots_do_not_know_a_stranger(void **state)
{
	struct server s;
	struct seen c = begin();
	struct identity id = identity_make("relay", 1, "IP:127.0.0.1");
	server_start(&s, serve_echo, &id, NULL, TLS1_3_VERSION);
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .trust = STREAM_ROOTS});
	expect_down(&c, "is not trusted: self-signed certificate");
	end(&c);
	server_stop(&s);
	identity_free(&id);
}

static void a_ca_file_that_is_none_is_told(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, NULL, NULL, NULL, 0);
	open_stream(&c, (struct stream_config){.host = "127.0.0.1",
					       .port = s.port,
					       .trust = STREAM_CA,
					       .ca_file = "/dev/null"});
	expect_down(&c, "CA file /dev/null");
	end(&c);
	server_stop(&s);
}

static void serve_garbage(struct server *s, int fd, SSL *ssl)
{
	char in[512];
	(void)!recv(fd, in, sizeof(in), 0);
	server_write(fd, NULL, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
}

static void serve_nothing(struct server *s, int fd, SSL *ssl)
{
	char in[512];
	(void)!recv(fd, in, sizeof(in), 0);
}

static void garbage_instead_of_tls_is_told(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_garbage, NULL, NULL, 0);
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .trust = STREAM_UNTESTED});
	expect_down(&c, "does not speak TLS");
	end(&c);
	server_stop(&s);
}

static void hanging_up_in_the_handshake_is_told(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_nothing, NULL, NULL, 0);
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .trust = STREAM_UNTESTED});
	expect_down(&c, "127.0.0.1");
	end(&c);
	server_stop(&s);
}

static void silence_has_a_limit(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, NULL, NULL, NULL, 0); /* the kernel accepts, nobody speaks */
	mono_ns start = clock_now();
	open_stream(&c, (struct stream_config){.host = "127.0.0.1",
					       .port = s.port,
					       .trust = STREAM_UNTESTED,
					       .limit = 200 * MSEC});
	expect_down(&c, "did not answer within 0.2 s (in the TLS handshake)");
	assert_in_range(clock_now() - start, 200 * MSEC, 2 * SECOND);
	end(&c);
	server_stop(&s);
}

static void nobody_there_is_told(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, NULL, NULL, NULL, 0);
	server_stop(&s); /* its port is free now */
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .trust = STREAM_PLAIN});
	expect_down(&c, "Connection refused");
	end(&c);
}

static void ipv4_is_used_when_ipv6_does_not_answer(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_echo, NULL, NULL, 0); /* on IPv4 only */
	struct stream_config cfg = {.host = "relay.example", .port = s.port, .trust = STREAM_PLAIN};
	cfg.known4 = ip_v4(127, 0, 0, 1);
	assert_true(ip_parse(&cfg.known6, "::1"));
	open_stream(&c, cfg);
	expect_up(&c);
	assert_int_equal(c.up.remote.ip.family, 4);
	end(&c);
	server_stop(&s);
}

static void names_are_looked_up(void **state)
{
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_echo, NULL, NULL, 0);
	open_stream(&c, (struct stream_config){
				.host = "localhost", .port = s.port, .trust = STREAM_PLAIN});
	expect_up(&c);
	expect_echo(&c, 100);
	end(&c);
	server_stop(&s);
}

/* 192.0.2.0/24 is nowhere, and so is the prefix: the failure says where it tried. */
static void ipv4_addresses_are_dialled_through_the_nat64(void **state)
{
	struct prefix p;
	assert_true(prefix_parse(&p, "2001:db8:64::/96"));
	struct stream_config by_host = {.host = "192.0.2.33", .port = 443, .trust = STREAM_PLAIN};
	struct stream_config by_hint = {.host = "relay.example.net",
					.port = 443,
					.trust = STREAM_PLAIN,
					.known4 = ip_v4(192, 0, 2, 33)};
	struct stream_config *v[] = {&by_host, &by_hint};
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		struct seen c = begin();
		dialer_set_nat64(c.d, &p);
		v[i]->limit = 300 * MSEC;
		open_stream(&c, *v[i]);
		turn_until(&c, &c.downs);
		assert_int_equal(c.downs, 1);
		if (!strstr(c.why, "did not answer")) /* where there is a default route of IPv6 */
			assert_non_null(strstr(c.why, "[2001:db8:64::c000:221]:443"));
		end(&c);
	}
	struct server s;
	struct seen c = begin();
	server_start(&s, serve_echo, NULL, NULL, 0);
	dialer_set_nat64(c.d, &p);
	open_stream(&c, (struct stream_config){
				.host = "127.0.0.1", .port = s.port, .trust = STREAM_PLAIN});
	expect_up(&c); /* loopback is not beyond any NAT */
	assert_false(stream_is_stranded(c.s));
	end(&c);
	server_stop(&s);
}

static void a_look_up_can_be_given_up(void **state)
{
	struct seen c = begin();
	open_stream(&c, (struct stream_config){
				.host = "no.such.host.invalid", .port = 1, .trust = STREAM_PLAIN});
	loop_turn(c.l, 0);
	loop_turn(c.l, 0);
	stream_close(c.s);
	c.s = NULL;
	dialer_network_changed(c.d);
	loop_turn(c.l, 20 * MSEC);
	loop_turn(c.l, 20 * MSEC);
	end(&c);
}

static void a_stream_may_be_closed_in_its_calls(void **state)
{
	for (int tls = 0; tls < 2; tls++)
		for (int when = 0; when < 2; when++) {
			struct server s;
			struct seen c = begin();
			struct identity id = identity_make("relay", 1, NULL);
			server_start(&s, serve_echo, tls ? &id : NULL, NULL, TLS1_3_VERSION);
			c.close_on_up = when == 0;
			c.close_on_bytes = when == 1;
			open_stream(&c, (struct stream_config){.host = "127.0.0.1",
							       .port = s.port,
							       .trust = tls ? STREAM_UNTESTED
									    : STREAM_PLAIN});
			expect_up(&c);
			if (when == 1)
				assert_true(stream_write(
					c.s, (struct bytes){(const uint8_t *)"hello", 5}));
			for (int i = 0; i < 100 && c.s; i++)
				loop_turn(c.l, 20 * MSEC);
			assert_null(c.s);
			assert_int_equal(c.downs, 0);
			end(&c);
			server_stop(&s);
			identity_free(&id);
		}
}

static void serve_one_word(struct server *s, int fd, SSL *ssl)
{
	server_write(fd, ssl, "bye", 3);
}

static void the_end_of_a_stream_is_told_after_its_last_bytes(void **state)
{
	for (int tls = 0; tls < 2; tls++) {
		struct server s;
		struct seen c = begin();
		struct identity id = identity_make("relay", 1, NULL);
		server_start(&s, serve_one_word, tls ? &id : NULL, NULL, TLS1_3_VERSION);
		open_stream(&c,
			    (struct stream_config){.host = "127.0.0.1",
						   .port = s.port,
						   .trust = tls ? STREAM_UNTESTED : STREAM_PLAIN});
		expect_down(&c, tls ? "127.0.0.1" : "closed the connection");
		assert_int_equal(c.n, 3);
		assert_int_equal(stream_room(c.s), 0);
		assert_false(stream_write(c.s, (struct bytes){(const uint8_t *)"x", 1}));
		end(&c);
		server_stop(&s);
		identity_free(&id);
	}
}

/* --- proxies --- */

static void pump(int a, int b)
{
	struct pollfd p[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
	char buf[16384];
	while (poll(p, 2, 5000) > 0)
		for (int i = 0; i < 2; i++)
			if (p[i].revents) {
				ssize_t n = recv(p[i].fd, buf, sizeof(buf), 0);
				if (n <= 0)
					return;
				server_write(p[!i].fd, NULL, buf, (size_t)n);
			}
}

static void serve_proxy(struct server *s, int fd, SSL *ssl)
{
	unsigned port;
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	if (sscanf(s->heard, "CONNECT relay.example:%u HTTP/1.1\r\n", &port) != 1)
		return;
	int on = socket(AF_INET, SOCK_STREAM, 0);
	sa.sin_port = htons((uint16_t)port);
	if (!connect(on, (struct sockaddr *)&sa, sizeof(sa))) {
		server_write(fd, NULL, "HTTP/1.1 200 ", 13);
		usleep(20000); /* the head comes in two pieces */
		server_write(fd, NULL, "OK\r\nVia: test\r\n\r\n", 17);
		pump(fd, on);
	}
	close(on);
}

static void serve_407(struct server *s, int fd, SSL *ssl)
{
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	server_write(fd, NULL, "HTTP/1.1 407 Who are you?\r\nContent-Length: 0\r\n\r\n", 48);
}

static void serve_endless_head(struct server *s, int fd, SSL *ssl)
{
	static char much[8192];
	memset(much, 'x', sizeof(much));
	server_read_head(fd, NULL, s->heard, sizeof(s->heard));
	server_write(fd, NULL, much, sizeof(much));
}

static void tls_goes_through_a_proxy(void **state)
{
	struct server s, p;
	struct seen c = begin();
	struct identity id = identity_make("relay", 1, NULL);
	struct stream_config cfg = {.host = "relay.example", .trust = STREAM_PIN};
	char url[64];
	server_start(&s, serve_echo, &id, NULL, TLS1_3_VERSION);
	server_start(&p, serve_proxy, NULL, NULL, 0);
	snprintf(url, sizeof(url), "http://me:secret@127.0.0.1:%u", p.port);
	memcpy(cfg.pin, id.pin, sizeof(cfg.pin));
	cfg.port = s.port;
	cfg.proxy = url;
	open_stream(&c, cfg);
	expect_up(&c);
	assert_true(c.up.by_proxy);
	snprintf(url, sizeof(url), "127.0.0.1:%u", p.port);
	assert_string_equal(stream_proxy(c.s), url); /* without the secret */
	assert_int_equal(c.up.remote.port, p.port);
	expect_echo(&c, 100000);
	end(&c);
	server_stop(&s);
	server_stop(&p);
	assert_non_null(strstr(p.heard, "Proxy-Authorization: Basic bWU6c2VjcmV0\r\n"));
	identity_free(&id);
}

static void a_proxy_from_the_environment_is_used(void **state)
{
	struct server s, p;
	struct seen c = begin();
	char url[64];
	server_start(&s, serve_one_word, NULL, NULL, 0);
	server_start(&p, serve_proxy, NULL, NULL, 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", p.port);
	setenv("http_proxy", url, 1);
	struct stream_config cfg = {.host = "relay.example", .port = s.port, .trust = STREAM_PLAIN};
	cfg.calls = (struct stream_calls){on_up, on_bytes, on_writable, on_down, &c};
	c.s = stream_open(c.d, &cfg);
	expect_down(&c, "closed the connection");
	assert_memory_equal(c.bytes, "bye", 3); /* glued to the proxy's answer or not */
	assert_non_null(strstr(c.why, "or the proxy 127.0.0.1:"));
	unsetenv("http_proxy");
	end(&c);
	server_stop(&s);
	server_stop(&p);
}

static void a_proxy_that_says_no_is_told(void **state)
{
	static const struct {
		serve_fn *serve;
		const char *part;
	} table[] = {{serve_407, "user and password (407)"},
		     {serve_endless_head, "no HTTP proxy"},
		     {serve_nothing, "closed the connection"}};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct server p;
		struct seen c = begin();
		char url[64];
		server_start(&p, table[i].serve, NULL, NULL, 0);
		snprintf(url, sizeof(url), "127.0.0.1:%u", p.port);
		open_stream(&c, (struct stream_config){.host = "relay.example",
						       .port = 443,
						       .trust = STREAM_UNTESTED,
						       .proxy = url});
		expect_down(&c, table[i].part);
		assert_non_null(strstr(c.why, "relay.example:443"));
		end(&c);
		server_stop(&p);
	}
}

static void a_proxy_url_that_is_none_is_told(void **state)
{
	struct seen c = begin();
	open_stream(&c, (struct stream_config){.host = "relay.example",
					       .port = 443,
					       .trust = STREAM_UNTESTED,
					       .proxy = "ftp://x"});
	expect_down(&c, "only http:// proxies");
	end(&c);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(bytes_pass_without_tls),
	cmocka_unit_test(the_right_pin_is_taken),
	cmocka_unit_test(a_wrong_pin_is_told_with_both_pins),
	cmocka_unit_test(a_meta_certificate_is_seen_and_does_not_disturb_the_pin),
	cmocka_unit_test(a_pin_wants_one_certificate),
	cmocka_unit_test(a_ca_is_taken_for_the_right_name_only),
	cmocka_unit_test(the_systems_roots_do_not_know_a_stranger),
	cmocka_unit_test(a_ca_file_that_is_none_is_told),
	cmocka_unit_test(garbage_instead_of_tls_is_told),
	cmocka_unit_test(hanging_up_in_the_handshake_is_told),
	cmocka_unit_test(silence_has_a_limit),
	cmocka_unit_test(nobody_there_is_told),
	cmocka_unit_test(ipv4_is_used_when_ipv6_does_not_answer),
	cmocka_unit_test(names_are_looked_up),
	cmocka_unit_test(ipv4_addresses_are_dialled_through_the_nat64),
	cmocka_unit_test(a_look_up_can_be_given_up),
	cmocka_unit_test(a_stream_may_be_closed_in_its_calls),
	cmocka_unit_test(the_end_of_a_stream_is_told_after_its_last_bytes),
	cmocka_unit_test(tls_goes_through_a_proxy),
	cmocka_unit_test(a_proxy_from_the_environment_is_used),
	cmocka_unit_test(a_proxy_that_says_no_is_told),
	cmocka_unit_test(a_proxy_url_that_is_none_is_told),
};
RUN_TESTS(tests)

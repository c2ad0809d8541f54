#include <stdio.h>
#include <stdlib.h>

#include "io/proxy.h"
#include "unit/unit.h"

static void urls_are_read(void **state)
{
	static const struct {
		const char *url, *host, *user;
		uint16_t port;
	} table[] = {
		{"http://proxy.example:3128", "proxy.example", "", 3128},
		{"http://proxy.example:3128/", "proxy.example", "", 3128},
		{"HTTP://proxy.example", "proxy.example", "", 80},
		{"proxy.example:8080", "proxy.example", "", 8080},
		{"192.0.2.1:1", "192.0.2.1", "", 1},
		{"http://[2001:db8::1]:3128", "2001:db8::1", "", 3128},
		{"http://[2001:db8::1]", "2001:db8::1", "", 80},
		{"http://me:secret@proxy.example:3128", "proxy.example", "me:secret", 3128},
		{"http://me:s%40%3acret@proxy.example", "proxy.example", "me:s@:cret", 80},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct proxy p;
		char why[FAILURE_MAX];
		assert_true(proxy_parse(&p, table[i].url, why));
		assert_string_equal(p.host, table[i].host);
		assert_string_equal(p.user, table[i].user);
		assert_int_equal(p.port, table[i].port);
	}
}

static void bad_urls_are_refused_and_the_secret_is_not_told(void **state)
{
	static const char *const table[] = {
		"socks5://proxy.example:1080",
		"https://proxy.example",
		"http://",
		"http://:80",
		"http://proxy.example:",
		"http://proxy:0",
		"http://p:65536",
		"http://p:12x",
		"http://[2001:db8::1",
		"http://[::1]x",
		"http://a%4@host",
		"http://a%zz@host",
		"http://me:secret@host:bad",
		"http://me:secret/word@host:80",
		"http://me:secret/w@rd@host",
		"me:secret/word@host:80",
		"me:secret://word@host:80",
		"http://me:pass%0asecret@host",
		"http://me:secret%00@host",
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct proxy p = {.port = 7};
		char why[FAILURE_MAX] = "";
		assert_false(proxy_parse(&p, table[i], why));
		assert_int_equal(p.port, 7);
		assert_true(strlen(why) > 10);
		assert_null(strstr(why, "secret"));
	}
}

static void exceptions_are_honoured(void **state)
{
	static const struct {
		const char *no_proxy, *host;
		bool covered;
	} table[] = {
		{"", "relay.example", false},
		{"*", "relay.example", true},
		{"relay.example", "relay.example", true},
		{"RELAY.example", "relay.EXAMPLE", true},
		{"example", "relay.example", true},
		{".example", "relay.example", true},
		{"*.example", "relay.example", true},
		{"ample", "relay.example", false},
		{"relay.example.", "relay.example", true},
		{"example.:443", "relay.example", true},
		{".", "relay.example", false},
		{"other, relay.example", "relay.example", true},
		{"other,,x", "relay.example", false},
		{"relay.example:443", "relay.example", true},
		{"relay.example:80", "relay.example", false},
		{"192.0.2.0/24", "192.0.2.9", true},
		{"192.0.2.0/24", "192.0.3.9", false},
		{"192.0.2.9", "192.0.2.9", true},
		{"192.0.2.9:443", "192.0.2.9", true},
		{"192.0.2.9:80", "192.0.2.9", false},
		{"2001:db8::1", "2001:db8::1", true},
		{"2001:db8::1", "2001:db8::2", false},
		{"2001:db8::1", "2001:db8:0::1", true},
		{"[2001:db8::1]", "2001:db8::1", true},
		{"[2001:db8::1", "2001:db8::1", false},
		{"relay.example:", "relay.example", false},
		{"\tother\t relay.example\t", "relay.example", true},
		{"** relay.exampl relay.example.com", "relay.example", false},
		{"2001:db8::/32", "2001:db8::1", true},
		{"[2001:db8::1]:443", "2001:db8::1", true},
		{"192.0.2.0/24", "relay.example", false},
		{"", "127.0.0.1", true},
		{"", "::1", true},
		{"", "localhost", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (proxy_is_bypassed(table[i].no_proxy, table[i].host, 443) != table[i].covered)
			fail_msg("no_proxy '%s', host %s", table[i].no_proxy, table[i].host);
	assert_false(proxy_is_bypassed(NULL, "relay.example", 443));
}

/* An item longer than any name is passed over; what stands behind it counts. */
static void a_list_may_be_long_and_have_long_items(void **state)
{
	enum { ITEMS = 5000 };
	static char list[ITEMS * 16 + 600];
	size_t n = 0;
	for (int i = 0; i < ITEMS; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "h%d.example,", i);
	assert_true(proxy_is_bypassed(list, "h4999.example", 443));
	assert_false(proxy_is_bypassed(list, "h5000.example", 443));
	memset(list + n, 'x', PROXY_HOST_MAX);
	memcpy(list + n + PROXY_HOST_MAX, ",last", 6);
	assert_true(proxy_is_bypassed(list, "last", 443));
	assert_false(proxy_is_bypassed(list, "x", 443));
}

/* "http://", then so many letters of each. */
static bool parses(struct proxy *p, size_t user, size_t host)
{
	char url[1024] = "http://", why[FAILURE_MAX];
	size_t n = strlen(url);
	memset(url + n, 'u', user);
	n += user;
	url[n++] = '@';
	memset(url + n, 'h', host);
	n += host;
	memcpy(url + n, ":65535", 7);
	return proxy_parse(p, url, why);
}

static void names_have_a_limit_and_the_longest_request_fits(void **state)
{
	struct proxy p;
	uint8_t out[PROXY_REQUEST_MAX];
	char host[PROXY_HOST_MAX], text[PROXY_TEXT_MAX];
	struct wr w = wr_of(out, sizeof(out));
	assert_false(parses(&p, 1, PROXY_HOST_MAX));
	assert_false(parses(&p, PROXY_USER_MAX, 1));
	assert_true(parses(&p, PROXY_USER_MAX - 1, PROXY_HOST_MAX - 1));
	assert_int_equal(strlen(p.user), PROXY_USER_MAX - 1);
	assert_int_equal(strlen(p.host), PROXY_HOST_MAX - 1);
	assert_int_equal(strlen(proxy_format(text, &p)), PROXY_HOST_MAX - 1 + strlen(":65535"));
	memset(host, ':', sizeof(host) - 1); /* as an IPv6 address: in brackets */
	host[sizeof(host) - 1] = 0;
	proxy_request(&w, &p, host, UINT16_MAX);
	assert_false(w.bad);
	assert_memory_equal(out + w.n - 4, "\r\n\r\n", 4);
	assert_int_equal(out[w.n - 5], '='); /* so 383 bytes in base64 end */
}

static void only_a_whole_answer_of_success_is_one(void **state)
{
	static const struct {
		const char *head;
		bool good;
	} table[] = {
		{"HTTP/1.1 200", true},         {"HTTP/1.1 299 Odd\r\n\r\n", true},
		{"HTTP/1.1 199 No\r\n", false}, {"HTTP/1.1 300 No\r\n", false},
		{"HTTP/1.1 20", false},         {"HTTP/1.1 -200 No\r\n", false},
		{"HTTP/1.1 \r\n", false},       {"HTTP/1.1", false},
		{"http/1.1 200 OK", false},     {"HTTP/11 200 OK", false},
		{" HTTP/1.1 200 OK", false},    {"", false},
		{"\xff\xff\xff 200", false},
	};
	const struct proxy p = {.host = "p"};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		char why[FAILURE_MAX] = "";
		if (proxy_answer(&p, table[i].head, why) != table[i].good)
			fail_msg("'%s'", table[i].head);
		assert_int_equal(why[0] == 0, table[i].good);
	}
}

static void clear_environment(void)
{
	static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
					    "ALL_PROXY",  "no_proxy",    "NO_PROXY"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unsetenv(names[i]);
}

static void the_environment_decides(void **state)
{
	struct proxy p;
	char why[FAILURE_MAX];
	clear_environment();
	assert_true(proxy_from_environment(&p, "relay.example", 443, true, why));
	assert_string_equal(p.host, "");
	setenv("ALL_PROXY", "http://all:1", 1);
	setenv("http_proxy", "http://plain:2", 1);
	assert_true(proxy_from_environment(&p, "relay.example", 443, true, why));
	assert_string_equal(p.host, "all");
	assert_true(proxy_from_environment(&p, "relay.example", 80, false, why));
	assert_string_equal(p.host, "plain");
	setenv("HTTPS_PROXY", "http://tls:3", 1);
	assert_true(proxy_from_environment(&p, "relay.example", 443, true, why));
	assert_string_equal(p.host, "tls");
	setenv("NO_PROXY", "relay.example", 1);
	assert_true(proxy_from_environment(&p, "relay.example", 443, true, why));
	assert_string_equal(p.host, "");
	setenv("https_proxy", "socks5://x", 1);
	assert_false(proxy_from_environment(&p, "other.example", 443, true, why));
	assert_non_null(strstr(why, "socks5"));
	clear_environment();
}

static void asks_for_a_connection(void **state)
{
	struct proxy p;
	char why[FAILURE_MAX];
	uint8_t out[PROXY_REQUEST_MAX + 1] = {0};
	struct wr w = wr_of(out, PROXY_REQUEST_MAX);
	assert_true(proxy_parse(&p, "http://Aladdin:open%20sesame@p:1", why));
	proxy_request(&w, &p, "relay.example", 443);
	assert_string_equal((char *)out,
			    "CONNECT relay.example:443 HTTP/1.1\r\n"
			    "Host: relay.example:443\r\n"
			    "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
	memset(out, 0, sizeof(out));
	w = wr_of(out, PROXY_REQUEST_MAX);
	p.user[0] = 0;
	proxy_request(&w, &p, "2001:db8::1", 443);
	assert_string_equal(
		(char *)out,
		"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n");
}

static void answers_are_understood(void **state)
{
	char why[FAILURE_MAX];
	const struct proxy p = {.host = "p", .port = 3128},
			   with = {.host = "p", .user = "u:secret"};
	assert_true(proxy_answer(&p, "HTTP/1.1 200 Connection established\r\n\r\n", why));
	assert_true(proxy_answer(&p, "HTTP/1.0 204\r\n\r\n", why));
	assert_false(proxy_answer(&p, "HTTP/1.1 407 Who are you\r\n\r\n", why));
	assert_non_null(strstr(why, "user and password"));
	assert_false(proxy_answer(&p, "HTTP/1.1 403 Forbidden\r\nX: y\r\n\r\n", why));
	assert_string_equal(why, "it refused: HTTP/1.1 403 Forbidden");
	assert_false(proxy_answer(&p, "HTTP/1.1 403 \x1b]0;x\a\xff\xc3\xa9\r\n\r\n", why));
	assert_string_equal(why, "it refused: HTTP/1.1 403 ?]0;x??\xc3\xa9");
	assert_false(proxy_answer(&p, "SSH-2.0-x\r\n\r\n", why));
	assert_false(proxy_answer(&p, "HTTP/1.1 401 Who\r\n\r\n", why));
	assert_string_equal(why, "it refused: HTTP/1.1 401 Who");
	for (int status = 401; status <= 407; status += 6) {
		char head[64], expected[FAILURE_MAX];
		snprintf(head, sizeof(head), "HTTP/1.1 %d Unauthorized\r\n\r\n", status);
		snprintf(expected, sizeof(expected),
			 "it does not accept the user and password (%d): correct them in its URL",
			 status);
		assert_false(proxy_answer(&with, head, why));
		assert_string_equal(why, expected);
	}
}

static void is_named_without_its_secret(void **state)
{
	char text[PROXY_TEXT_MAX];
	assert_null(proxy_format(text, &(struct proxy){.port = 80}));
	assert_string_equal(
		proxy_format(text, &(struct proxy){.host = "p", .port = 3128, .user = "u:secret"}),
		"p:3128");
	assert_string_equal(proxy_format(text, &(struct proxy){.host = "fe80::1", .port = 1}),
			    "[fe80::1]:1");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(urls_are_read),
	cmocka_unit_test(bad_urls_are_refused_and_the_secret_is_not_told),
	cmocka_unit_test(exceptions_are_honoured),
	cmocka_unit_test(a_list_may_be_long_and_have_long_items),
	cmocka_unit_test(names_have_a_limit_and_the_longest_request_fits),
	cmocka_unit_test(only_a_whole_answer_of_success_is_one),
	cmocka_unit_test(the_environment_decides),
	cmocka_unit_test(asks_for_a_connection),
	cmocka_unit_test(answers_are_understood),
	cmocka_unit_test(is_named_without_its_secret),
};
RUN_TESTS(tests)

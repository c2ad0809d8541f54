#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/relay/options.h"
#include "unit/unit.h"

static enum relay_options_got read_words(struct relay_options *o, const char *line, char *why)
{
	char text[1000], program[] = "warren-relay", *v[32] = {program};
	int n = 1;
	snprintf(text, sizeof(text), "%s", line);
	for (char *save, *word = strtok_r(text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		v[n++] = word;
	return relay_options_read(o, n, v, NULL, why);
}

static void without_words_it_serves_the_usual_ports(void **state)
{
	struct relay_options o;
	char why[FAILURE_MAX];
	assert_int_equal(read_words(&o, "", why), RELAY_OPTIONS_RUN);
	assert_int_equal(o.listen.ip.family, 0);
	assert_int_equal(o.listen.port, 443);
	assert_false(o.http);
	assert_true(o.stun);
	assert_int_equal(o.stun_port, 3478);
	assert_string_equal(o.state, "/var/lib/warren-relay");
	assert_string_equal(o.certfile, "");
	assert_int_equal(o.level, LOG_AT_INFO);
	char program[] = "warren-relay", *v[] = {program, NULL};
	assert_int_equal(relay_options_read(&o, 1, v, "/var/lib/private/relay", why),
			 RELAY_OPTIONS_RUN);
	assert_string_equal(o.state, "/var/lib/private/relay");
}

static void takes_every_word_in_both_forms(void **state)
{
	struct relay_options o;
	char why[FAILURE_MAX], text[ENDPOINT_TEXT_MAX];
	assert_int_equal(
		read_words(&o,
			   "--listen=[2001:db8::1]:8443 --http-listen :8080 --stun-port=1 "
			   "--certfile c --keyfile=k "
			   "--self-signed d --hostname r.example. --state s --clients-max 77 "
			   "--log-level debug --json",
			   why),
		RELAY_OPTIONS_RUN);
	assert_string_equal(endpoint_format(&o.listen, text), "[2001:db8::1]:8443");
	assert_true(o.http && o.stun && o.json);
	assert_int_equal(o.http_listen.port, 8080);
	assert_int_equal(o.stun_port, 1);
	assert_string_equal(o.certfile, "c");
	assert_string_equal(o.keyfile, "k");
	assert_string_equal(o.self_signed, "d");
	assert_string_equal(o.host, "r.example");
	assert_string_equal(o.state, "s");
	assert_int_equal(o.clients_max, 77);
	assert_int_equal(o.streams_per_host, STREAMS_PER_HOST_UNSAID);
	assert_int_equal(o.level, LOG_AT_DEBUG);
	assert_int_equal(read_words(&o,
				    "--no-stun --listen none --http-listen 192.0.2.1:80 "
				    "--streams-per-host 0",
				    why),
			 RELAY_OPTIONS_RUN);
	assert_true(o.no_tls);
	assert_false(o.stun);
	assert_int_equal(o.streams_per_host, 0);
}

static void says_what_is_wrong(void **state)
{
	static const struct {
		const char *line, *why;
	} v[] = {
		{"here", "\"here\" is not an option: see warren-relay --help"},
		{"--lisen :1", "--lisen is not an option: see warren-relay --help"},
		{"--listen", "--listen wants a value: an address and a port such as 192.0.2.1:443, "
			     ":443, or none"},
		{"--listen 443", "--listen: found \"443\", expected an address and a port such as "
				 "192.0.2.1:443, :443, or none"},
		{"--listen :65536", "--listen: found \":65536\", expected an address and a port "
				    "such as 192.0.2.1:443, :443, or none"},
		{"--http-listen x:1", "--http-listen: found \"x:1\", expected an address and a "
				      "port such as 192.0.2.1:80 or :80"},
		{"--stun-port 0", "--stun-port: found \"0\", expected a port"},
		{"--stun-port -1", "--stun-port: found \"-1\", expected a port"},
		{"--stun-port=", "--stun-port: found \"\", expected a port"},
		{"--stun-port 3x", "--stun-port: found \"3x\", expected a port"},
		{"--clients-max 0",
		 "--clients-max: found \"0\", expected a number from 1 to 10000000"},
		{"--streams-per-host all",
		 "--streams-per-host: found \"all\", expected a number from 0 to 10000000"},
		{"--log-level loud",
		 "--log-level: found \"loud\", expected error, warning, notice, info or debug"},
		{"--state=", "--state: found \"\", expected a folder"},
		{"--keyfile k", "--keyfile without --certfile: name the certificate too"},
		{"--listen none",
		 "neither HTTPS nor HTTP is to be listened on: give --listen or --http-listen"},
	};
	struct relay_options o;
	char why[FAILURE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		assert_int_equal(read_words(&o, v[i].line, why), RELAY_OPTIONS_BAD);
		assert_string_equal(why, v[i].why);
	}
}

static void a_file_is_read_line_by_line(void **state)
{
	struct relay_options o = {.stun = true};
	char why[FAILURE_MAX];
	char good[] = "# a relay\n\n  listen = :8443 # here\r\nno-stun=yes\njson = no\nhost = r";
	assert_true(relay_options_text(&o, "f", good, why));
	assert_int_equal(o.listen.port, 8443);
	assert_false(o.stun);
	assert_false(o.json);
	assert_string_equal(o.host, "r");
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"\n\nlisten :1", "f:3: found \"listen :1\", expected a line like: listen = :443"},
		{"port = 1",
		 "f:1: \"port\" is not a word of this file (warren-relay --help lists them)"},
		{"no-stun = maybe", "f:1: no-stun: found \"maybe\", expected yes or no"},
		{"json =", "f:1: json: found \"\", expected yes or no"},
		{"config = other",
		 "f:1: \"config\" is not a word of this file (warren-relay --help lists them)"},
	};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char text[100];
		snprintf(text, sizeof(text), "%s", bad[i].text);
		assert_false(relay_options_text(&o, "f", text, why));
		assert_string_equal(why, bad[i].why);
	}
}

static void reads_file(const char *text, size_t n, struct relay_options *o, char *why)
{
	char name[] = "/tmp/relay-options-XXXXXX", line[200];
	int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), n);
	close(fd);
	snprintf(line, sizeof(line), "--config %s", name);
	enum relay_options_got got = read_words(o, line, why);
	assert_int_equal(got, why[0] ? RELAY_OPTIONS_BAD : RELAY_OPTIONS_RUN);
	unlink(name);
}

static void a_file_may_begin_with_a_byte_order_mark(void **state)
{
	struct relay_options o;
	char why[FAILURE_MAX] = "";
	reads_file("\xef\xbb\xbfhost = r\r\n", 13, &o, why);
	assert_string_equal(o.host, "r");
	reads_file("\xff\xfeh\0o\0", 6, &o, why);
	assert_non_null(strstr(why, ": found UTF-16, expected UTF-8: save the file in that form"));
	reads_file("host = r\n\0listen = :1\n", 22, &o, why);
	assert_non_null(strstr(why, ": found a zero byte, expected a text file"));
}

static void the_command_line_overrides_the_file(void **state)
{
	struct relay_options o;
	char why[FAILURE_MAX], name[] = "/tmp/relay-options-XXXXXX", line[200];
	int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "stun-port = 1\nhost = file\n", 26), 26);
	close(fd);
	snprintf(line, sizeof(line), "--stun-port 2 --config %s", name);
	assert_int_equal(read_words(&o, line, why), RELAY_OPTIONS_RUN);
	assert_int_equal(o.stun_port, 2);
	assert_string_equal(o.host, "file");
	unlink(name);
	assert_int_equal(read_words(&o, line, why), RELAY_OPTIONS_BAD);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_words_it_serves_the_usual_ports),
	cmocka_unit_test(takes_every_word_in_both_forms),
	cmocka_unit_test(says_what_is_wrong),
	cmocka_unit_test(a_file_is_read_line_by_line),
	cmocka_unit_test(a_file_may_begin_with_a_byte_order_mark),
	cmocka_unit_test(the_command_line_overrides_the_file),
};
RUN_TESTS(tests)

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

/* --- limits --- */

static void the_second_stun_port_follows_the_first(void **state)
{
	static const struct {
		const char *line;
		uint16_t first, second;
		bool given;
	} rows[] = {
		{"", 3478, 3479, false},
		{"--stun-port 65534", 65534, 65535, false},
		{"--stun-port 65535", 65535, 0, false}, /* there is no next one */
		{"--stun-port 5 --stun-port2 0", 5, 0, true},
		{"--stun-port2 7", 3478, 7, true},
		{"--stun-port2 3478 --stun-port 9", 9, 3478, true},
	};
	struct relay_options o;
	char why[FAILURE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(read_words(&o, rows[i].line, why), RELAY_OPTIONS_RUN);
		assert_int_equal(o.stun_port, rows[i].first);
		assert_int_equal(o.stun_second_port, rows[i].second);
		assert_int_equal(o.stun_second_given, rows[i].given);
	}
	assert_int_equal(read_words(&o, "--stun-port2 3478", why), RELAY_OPTIONS_BAD);
	assert_string_equal(why, "--stun-port and --stun-port2 are the same port: give two");
	/* Without STUN nobody cares. */
	assert_int_equal(read_words(&o, "--stun-port2 3478 --no-stun", why), RELAY_OPTIONS_RUN);
	/* A port that is said asks for STUN: the last word counts. */
	assert_int_equal(read_words(&o, "--no-stun --stun-port 9", why), RELAY_OPTIONS_RUN);
	assert_true(o.stun);
}

static void second_addresses_are_kept_by_family(void **state)
{
	struct relay_options o;
	char why[FAILURE_MAX], text[IP_TEXT_MAX];
	assert_int_equal(read_words(&o,
				    "--stun-address2 2001:db8::2 --stun-address2 192.0.2.1 "
				    "--stun-address2=192.0.2.2",
				    why),
			 RELAY_OPTIONS_RUN);
	assert_string_equal(ip_format(&o.stun_second[0], text), "192.0.2.2");
	assert_string_equal(ip_format(&o.stun_second[1], text), "2001:db8::2");
	assert_int_equal(read_words(&o, "", why), RELAY_OPTIONS_RUN);
	assert_int_equal(o.stun_second[0].family | o.stun_second[1].family, 0);
}

static void numbers_end_where_they_say(void **state)
{
	static const char *const good[] = {
		"--clients-max 1",   "--clients-max 10000000", "--streams-per-host 10000000",
		"--stun-port 65535", "--stun-port2 65535",     "--listen :65535",
		"--listen :0"};
	static const char *const bad[] = {"--clients-max 10000001",
					  "--clients-max 18446744073709551617", /* 2^64 + 1 */
					  "--clients-max +1",
					  "--clients-max=",
					  "--clients-max 0x10",
					  "--streams-per-host 10000001",
					  "--streams-per-host -1",
					  "--stun-port 65536",
					  "--stun-port2 65536",
					  "--stun-port2 -0",
					  "--stun-address2 192.0.2",
					  "--stun-address2 192.0.2.1:1",
					  "--listen :",
					  "--listen ::1",
					  "--listen None",
					  "--http-listen none",
					  "--http-listen :-1"};
	struct relay_options o;
	char why[FAILURE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		if (read_words(&o, good[i], why) != RELAY_OPTIONS_RUN)
			fail_msg("%s: %s", good[i], why);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		if (read_words(&o, bad[i], why) != RELAY_OPTIONS_BAD)
			fail_msg("%s", bad[i]);
		assert_non_null(strstr(why, ", expected "));
	}
}

/* A word and a value of n letters; what was read, or NULL. */
static const char *read_long(const char *word, size_t n)
{
	static struct relay_options o;
	char program[] = "warren-relay", option[32], value[RELAY_PATH_MAX + 8], why[FAILURE_MAX],
	     *v[] = {program, option, value};
	assert_true(n < sizeof(value));
	snprintf(option, sizeof(option), "--%s", word);
	memset(value, 'x', n);
	value[n] = '\0';
	if (relay_options_read(&o, 3, v, NULL, why) == RELAY_OPTIONS_RUN)
		return word[0] == 'h' ? o.host : word[0] == 'c' ? o.certfile : o.state;
	assert_non_null(strstr(why, "found \"xxxxx"));
	assert_true(strlen(why) < 200); /* it does not repeat all of it */
	return NULL;
}

static void a_text_that_is_too_long_is_refused_and_never_cut(void **state)
{
	static const struct {
		const char *word;
		size_t max;
	} rows[] = {
		{"host", RELAY_HOST_MAX}, {"state", RELAY_PATH_MAX}, {"certfile", RELAY_PATH_MAX}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *got = read_long(rows[i].word, rows[i].max - 1);
		assert_non_null(got);
		assert_int_equal(strlen(got), rows[i].max - 1);
		assert_null(read_long(rows[i].word, rows[i].max));
	}
}

static void a_name_loses_its_final_dot_only(void **state)
{
	static const struct {
		const char *line, *host;
	} rows[] = {{"--host r.example.", "r.example"},
		    {"--host r.example..", "r.example."},
		    {"--host .", "."}, /* nothing would be left */
		    {"--host a --hostname b.", "b"}};
	struct relay_options o;
	char why[FAILURE_MAX];
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(read_words(&o, rows[i].line, why), RELAY_OPTIONS_RUN);
		assert_string_equal(o.host, rows[i].host);
	}
}

static void a_folder_of_the_service_manager_that_is_no_use_is_left(void **state)
{
	struct relay_options o;
	char why[FAILURE_MAX], program[] = "warren-relay", *v[] = {program},
			       folder[RELAY_PATH_MAX + 1];
	memset(folder, 'x', sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = '\0';
	assert_int_equal(relay_options_read(&o, 1, v, folder, why), RELAY_OPTIONS_RUN);
	assert_string_equal(o.state, "/var/lib/warren-relay");
	assert_int_equal(relay_options_read(&o, 1, v, "", why), RELAY_OPTIONS_RUN);
	assert_string_equal(o.state, "/var/lib/warren-relay");
}

/* --- lines --- */

static void every_word_of_the_command_line_is_one_of_the_file(void **state)
{
	struct relay_options o = {0};
	char why[FAILURE_MAX],
		text[] = "listen = none\nhttp-listen = :80\nstun-port = 1\nstun-port2 = 2\n"
			 "stun-address2 = 192.0.2.1\ncertfile = c\nkeyfile=k\n"
			 "self-signed = d\nhostname = h\nstate =\ts\t\nclients-max = 3\n"
			 "streams-per-host = 4\nlog-level = notice\njson = yes\nno-stun = no\n";
	assert_true(relay_options_text(&o, "f", text, why));
	assert_true(o.no_tls && o.http && o.json && o.stun && o.stun_second_given);
	assert_int_equal(o.http_listen.port, 80);
	assert_int_equal(o.stun_port, 1);
	assert_int_equal(o.stun_second_port, 2);
	assert_int_equal(o.stun_second[0].family, 4);
	assert_string_equal(o.certfile, "c");
	assert_string_equal(o.keyfile, "k");
	assert_string_equal(o.self_signed, "d");
	assert_string_equal(o.host, "h");
	assert_string_equal(o.state, "s");
	assert_int_equal(o.clients_max, 3);
	assert_int_equal(o.streams_per_host, 4);
	assert_int_equal(o.level, LOG_AT_NOTICE);
}

static void odd_lines_are_said_or_skipped(void **state)
{
	static const struct {
		const char *text, *why; /* NULL: it is good */
	} rows[] = {
		{"", NULL},
		{"\n \t\r\n#\n   # only a note", NULL},
		{"host = a\nhost = b\n", NULL}, /* the last one counts */
		{"host = r#listen = x", NULL},
		{"= x", "f:1: \"\" is not a word of this file (warren-relay --help lists them)"},
		{"=", "f:1: \"\" is not a word of this file (warren-relay --help lists them)"},
		{"Listen = :1",
		 "f:1: \"Listen\" is not a word of this file (warren-relay --help lists them)"},
		{"liste = :1",
		 "f:1: \"liste\" is not a word of this file (warren-relay --help lists them)"},
		{"--listen = :1",
		 "f:1: \"--listen\" is not a word of this file (warren-relay --help lists them)"},
		{"\n#\n\nhost =", "f:4: host: found \"\", expected a name or an IP address"},
		{"stun-port = 1 2", "f:1: stun-port: found \"1 2\", expected a port"},
		{"stun-port == 1", "f:1: stun-port: found \"= 1\", expected a port"},
		{"json = Yes", "f:1: json: found \"Yes\", expected yes or no"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct relay_options o = {0};
		char text[100], why[FAILURE_MAX] = "";
		snprintf(text, sizeof(text), "%s", rows[i].text);
		assert_int_equal(relay_options_text(&o, "f", text, why), !rows[i].why);
		assert_string_equal(why, rows[i].why ? rows[i].why : "");
	}
}

static void a_file_that_is_too_long_is_refused(void **state)
{
	enum { MOST = 64 * 1024 };
	struct relay_options o;
	char why[FAILURE_MAX] = "", *text = malloc(MOST + 1);
	assert_non_null(text);
	memset(text, '\n', MOST + 1);
	memcpy(text + MOST - 8, "host = r", 8);
	reads_file(text, MOST, &o, why);
	assert_string_equal(o.host, "r"); /* to its last byte */
	why[0] = 'x';
	reads_file(text, MOST + 1, &o, why);
	assert_string_not_equal(why, "x");
	free(text);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_words_it_serves_the_usual_ports),
	cmocka_unit_test(takes_every_word_in_both_forms),
	cmocka_unit_test(says_what_is_wrong),
	cmocka_unit_test(a_file_is_read_line_by_line),
	cmocka_unit_test(a_file_may_begin_with_a_byte_order_mark),
	cmocka_unit_test(the_command_line_overrides_the_file),
	cmocka_unit_test(the_second_stun_port_follows_the_first),
	cmocka_unit_test(second_addresses_are_kept_by_family),
	cmocka_unit_test(numbers_end_where_they_say),
	cmocka_unit_test(a_text_that_is_too_long_is_refused_and_never_cut),
	cmocka_unit_test(a_name_loses_its_final_dot_only),
	cmocka_unit_test(a_folder_of_the_service_manager_that_is_no_use_is_left),
	cmocka_unit_test(every_word_of_the_command_line_is_one_of_the_file),
	cmocka_unit_test(odd_lines_are_said_or_skipped),
	cmocka_unit_test(a_file_that_is_too_long_is_refused),
};
RUN_TESTS(tests)

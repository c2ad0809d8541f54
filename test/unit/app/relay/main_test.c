/* warren-relay as a program, on the loopback only: how it begins, reports, and ends. */
#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "unit/app/program.h"

#define PROGRAM "warren-relay"

/* Words of a relay that needs no fixed port. */
static const char *words(const char *more)
{
	static char line[1024];
	snprintf(line, sizeof(line), "--state %s/state --host r.example %s", program_folder, more);
	return line;
}

#define PLAIN "--listen none --http-listen 127.0.0.1:0 --no-stun"
#define TLS   "--listen 127.0.0.1:0 --no-stun"

static void starts(struct program *p, const char *line)
{
	program_start(p, PROGRAM, line);
	program_read_until(p, p->said, "Port = "); /* it listens now */
}

static void stops(struct program *p)
{
	assert_int_equal(kill(p->pid, SIGTERM), 0);
	assert_int_equal(program_ends(p), 0);
}

static void complains_and_fails(const char *line, const char *want)
{
	struct program p;
	int status = program_run(&p, PROGRAM, line);
	if (!strstr(p.complained, want))
		fail_msg("no \"%s\" in %s", want, p.complained);
	assert_int_equal(status, 1);
	assert_memory_equal(p.complained, "error: ", 7);
	assert_string_equal(p.said, "");
}

/* The number behind these words. */
static unsigned number_behind(const char *text, const char *front)
{
	const char *at = strstr(text, front);
	if (!at)
		fail_msg("no \"%s\" in %s", front, text);
	return (unsigned)strtoul(at + strlen(front), NULL, 10);
}

static struct sockaddr_in loopback(unsigned port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons((uint16_t)port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A socket on a free port of the loopback. */
static int hold(int type, unsigned port, unsigned *got)
{
	struct sockaddr_in at = loopback(port);
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	if (bind(fd, (struct sockaddr *)&at, n) || (type == SOCK_STREAM && listen(fd, 1)) ||
	    getsockname(fd, (struct sockaddr *)&at, &n)) {
		close(fd);
		return -1;
	}
	*got = ntohs(at.sin_port);
	return fd;
}

/* --- words --- */

static void it_says_what_it_is(void **state)
{
	struct program p;
	assert_int_equal(program_run(&p, PROGRAM, "--listen nonsense --version"), 0);
	assert_string_equal(p.said, "warren-relay " WARREN_VERSION "\n");
	assert_int_equal(program_run(&p, PROGRAM, "--help"), 0);
	assert_memory_equal(p.said, "usage: warren-relay [OPTION]...\n", 32);
	assert_string_equal(p.complained, "");
}

static void what_cannot_be_printed_is_a_failure(void **state)
{
	struct program p;
	assert_int_equal(program_run_full(&p, PROGRAM, "--help"), 1);
	assert_int_equal(program_run_full(&p, PROGRAM, "--version"), 1);
}

static void wrong_words_end_with_status_two(void **state)
{
	program_refuses(PROGRAM, "--lisen :1", 2,
			"warren-relay: --lisen is not an option: see warren-relay --help\n");
	program_refuses(PROGRAM, "--config", 2,
			"warren-relay: --config wants a value: a file name\n");
	program_refuses(
		PROGRAM, "--config /nonexistent/relay.conf", 2,
		"warren-relay: cannot read /nonexistent/relay.conf: there is no such file or "
		"folder\n");
}

/* --- the state --- */

static void a_state_that_is_no_folder_is_said(void **state)
{
	char line[256];
	write_file("plain", "", 0600);
	snprintf(line, sizeof(line), "--state %s " PLAIN, in_folder("plain"));
	complains_and_fails(line, "plain is there, but it is no folder\n");
	snprintf(line, sizeof(line), "--state %s " PLAIN, in_folder("plain/state"));
	complains_and_fails(line, "cannot make the folder");
}

static void a_second_relay_on_the_same_state_is_refused(void **state)
{
	struct program first;
	starts(&first, words(PLAIN));
	complains_and_fails(words(PLAIN), "another program already uses ");
	stops(&first);
	starts(&first, words(PLAIN)); /* what ended holds no lock */
	stops(&first);
}

static void a_key_that_is_none_is_not_replaced(void **state)
{
	char line[256], text[16] = "";
	assert_int_equal(mkdir(in_folder("odd"), 0700), 0);
	write_file("odd/relay.key", "nonsense\n", 0600);
	snprintf(line, sizeof(line), "--state %s " PLAIN, in_folder("odd"));
	complains_and_fails(line, "does not hold a key: expected privkey: and 64 hex digits");
	FILE *f = fopen(in_folder("odd/relay.key"), "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	assert_string_equal(text, "nonsense\n");
	write_file("odd/relay.key", "nonsense\n", 0644);
	complains_and_fails(line, "can be read by others (mode 0644): chmod 600 it");
}

static void the_service_manager_may_name_the_state(void **state)
{
	struct program p;
	assert_int_equal(setenv("STATE_DIRECTORY", in_folder("managed"), 1), 0);
	starts(&p, "--host r.example " PLAIN);
	stops(&p);
	assert_int_equal(access(in_folder("managed/relay.key"), F_OK), 0);
	starts(&p, words(PLAIN)); /* a word says more than the environment */
	stops(&p);
	assert_int_equal(unsetenv("STATE_DIRECTORY"), 0);
	assert_int_equal(access(in_folder("state/relay.key"), F_OK), 0);
}

/* --- what a node needs --- */

static void a_relay_without_tls_says_so_to_its_nodes(void **state)
{
	struct program p;
	char want[512];
	starts(&p, words(PLAIN));
	stops(&p);
	snprintf(want, sizeof(want),
		 "# for the configuration of a node\n[Relay]\nName = lab\nRegion = 1\n"
		 "Host = r.example\nPort = %u\nPlain = yes\nSTUNPort = 0\n",
		 number_behind(p.complained, "relay on TCP port "));
	assert_string_equal(p.said, want);
	assert_null(strstr(p.complained, "STUN"));
	assert_null(strstr(p.complained, "HTTPS"));
}

static void what_a_node_needs_comes_as_json(void **state)
{
	struct program p;
	program_start(&p, PROGRAM, words(TLS " --json"));
	program_read_until(&p, p.said, "\n");
	stops(&p);
	json_t *j = json_loads(p.said, 0, NULL);
	assert_true(json_is_object(j));
	assert_string_equal(json_string_value(json_object_get(j, "host")), "r.example");
	assert_int_equal(json_integer_value(json_object_get(j, "port")),
			 number_behind(p.complained, "relay on TCP port "));
	assert_true(json_is_false(json_object_get(j, "plain")));
	assert_int_equal(json_integer_value(json_object_get(j, "stun_port")), -1);
	assert_memory_equal(json_string_value(json_object_get(j, "pin")), "sha256-raw:", 11);
	json_decref(j);
}

static void copy_pin(char out[static 128], const struct program *p)
{
	const char *pin = strstr(p->said, "Pin = ");
	assert_non_null(pin);
	snprintf(out, 128, "%.*s", (int)strcspn(pin, "\n"), pin);
}

/* Else all nodes would have to be told a new pin. */
static void a_certificate_of_its_own_outlives_a_restart(void **state)
{
	struct program p;
	char first[128], second[128];
	program_start(&p, PROGRAM, words(TLS));
	program_read_until(&p, p.said, "STUNPort");
	stops(&p);
	copy_pin(first, &p);
	program_start(&p, PROGRAM, words(TLS));
	program_read_until(&p, p.said, "STUNPort");
	stops(&p);
	copy_pin(second, &p);
	assert_string_equal(first, second);
	complains_and_fails(words(TLS " --host other.example"), "is not for other.example");
}

static void a_file_gives_the_same_words(void **state)
{
	struct program p;
	char line[256];
	write_file("relay.conf",
		   "listen = none\nhttp-listen = 127.0.0.1:0\nno-stun = yes\nhost = f.example\n",
		   0644);
	snprintf(line, sizeof(line), "--state %s --config %s", in_folder("state"),
		 in_folder("relay.conf"));
	starts(&p, line);
	stops(&p);
	assert_non_null(strstr(p.said, "Host = f.example\n"));
	write_file("relay.conf", "# mine\nlisten = none\nport = 1\n", 0644);
	assert_int_equal(program_run(&p, PROGRAM, line), 2);
	assert_non_null(strstr(p.complained, "relay.conf:3: \"port\" is not a word of this file"));
}

/* --- certificates of the operator --- */

static void a_certificate_that_is_missing_or_none_is_said(void **state)
{
	char more[512];
	complains_and_fails(words(TLS " --certfile /nonexistent/cert.pem"),
			    "/nonexistent/cert.pem");
	write_file("cert.pem", "nonsense\n", 0600);
	snprintf(more, sizeof(more), TLS " --certfile %s", in_folder("cert.pem"));
	complains_and_fails(words(more), "cert.pem");
	unlink(in_folder("cert.pem"));
}

/* relay.pem is a certificate and its key in one file. */
static void makes_a_certificate(const char *name)
{
	struct program p;
	program_start(&p, PROGRAM, words(TLS));
	program_read_until(&p, p.said, "STUNPort");
	stops(&p);
	assert_int_equal(rename(in_folder("state/relay.pem"), in_folder(name)), 0);
}

static void a_certificate_of_the_operator_is_not_pinned(void **state)
{
	struct program p;
	char more[512];
	makes_a_certificate("cert.pem");
	snprintf(more, sizeof(more), TLS " --certfile %s", in_folder("cert.pem"));
	starts(&p, words(more));
	stops(&p);
	assert_null(strstr(p.said, "Pin"));
	assert_null(strstr(p.complained, "private key"));
	assert_int_not_equal(access(in_folder("state/relay.pem"), F_OK), 0);
	/* Some distributions give it to a group of daemons. */
	assert_int_equal(chmod(in_folder("cert.pem"), 0640), 0);
	starts(&p, words(more));
	stops(&p);
	assert_null(strstr(p.complained, "private key"));
	assert_int_equal(chmod(in_folder("cert.pem"), 0644), 0);
	starts(&p, words(more));
	stops(&p);
	assert_non_null(strstr(p.complained, "warning: everybody on this machine may use /tmp/"));
	assert_non_null(strstr(p.complained, "(mode 0644): chmod o= it\n"));
}

static void a_key_of_another_certificate_is_refused(void **state)
{
	char more[512];
	makes_a_certificate("cert.pem");
	makes_a_certificate("other.pem");
	snprintf(more, sizeof(more), TLS " --certfile %s --keyfile %s", in_folder("cert.pem"),
		 in_folder("other.pem"));
	complains_and_fails(words(more), "other.pem");
}

static void a_hangup_reads_the_certificate_again(void **state)
{
	struct program p;
	char more[512];
	makes_a_certificate("cert.pem");
	snprintf(more, sizeof(more), TLS " --certfile %s", in_folder("cert.pem"));
	starts(&p, words(more));
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	program_complains(&p, "certificate read again\n");
	assert_int_equal(unlink(in_folder("cert.pem")), 0);
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	program_complains(&p, "; the certificate in use stays\n");
	stops(&p); /* it has gone on until now */
}

static void without_tls_a_hangup_changes_nothing(void **state)
{
	struct program p;
	starts(&p, words(PLAIN));
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	assert_int_equal(kill(p.pid, SIGUSR1), 0);
	program_complains(&p, "counters ");
	stops(&p);
	assert_null(strstr(p.complained, "certificate"));
}

/* --- ports --- */

static void a_port_in_use_is_said(void **state)
{
	unsigned port;
	char more[256], want[64];
	int fd = hold(SOCK_STREAM, 0, &port);
	snprintf(more, sizeof(more), "--listen none --no-stun --http-listen 127.0.0.1:%u", port);
	snprintf(want, sizeof(want), "error: TCP port %u is in use: ", port);
	complains_and_fails(words(more), want);
	close(fd);
}

/* The first of two neighbours is free, the second is held. */
static int hold_a_second_port(unsigned *first)
{
	for (int i = 0; i < 100; i++) {
		unsigned port, second;
		int one = hold(SOCK_DGRAM, 0, &port);
		assert_true(one >= 0);
		int two = port < UINT16_MAX ? hold(SOCK_DGRAM, port + 1, &second) : -1;
		close(one);
		*first = port;
		if (two >= 0)
			return two;
	}
	fail_msg("no two free ports");
	return -1;
}

static void a_second_stun_port_that_was_not_asked_for_may_be_missing(void **state)
{
	struct program p;
	unsigned first;
	char more[256], want[64];
	int fd = hold_a_second_port(&first);
	snprintf(more, sizeof(more), "--listen none --http-listen 127.0.0.1:0 --stun-port %u",
		 first);
	starts(&p, words(more));
	snprintf(want, sizeof(want), "STUN on UDP port %u\n", first);
	program_complains(&p, want);
	stops(&p);
	assert_non_null(strstr(p.complained, "warning: no second STUN port: "));
	snprintf(more, sizeof(more),
		 "--listen none --http-listen 127.0.0.1:0 --stun-port %u --stun-port2 %u", first,
		 first + 1);
	snprintf(want, sizeof(want), "error: UDP port %u is in use: ", first + 1);
	complains_and_fails(words(more), want);
	close(fd);
}

static void asks(unsigned port, const char *request, const char *want)
{
	struct sockaddr_in at = loopback(port);
	const struct timeval patience = {.tv_sec = PROGRAM_PATIENCE_MS / 1000};
	char text[1024] = "";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(write(fd, request, strlen(request)), strlen(request));
	for (size_t n = 0; n + 1 < sizeof(text) && !strstr(text, "\r\n");) {
		ssize_t got = read(fd, text + n, sizeof(text) - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(fd);
	if (strncmp(text, want, strlen(want)) != 0)
		fail_msg("found \"%s\", expected \"%s\"", text, want);
}

static void it_serves_and_counts(void **state)
{
	struct program p;
	starts(&p, words(PLAIN));
	unsigned port = number_behind(p.said, "Port = ");
	asks(port, "GET /generate_204 HTTP/1.1\r\nHost: r.example\r\n\r\n",
	     "HTTP/1.1 204 No Content\r\n");
	asks(port, "GET /derp HTTP/1.1\r\nHost: r.example\r\n\r\n",
	     "HTTP/1.1 426 Upgrade Required\r\n");
	assert_int_equal(kill(p.pid, SIGUSR1), 0);
	program_complains(&p, "}\n");
	char *line = strstr(p.complained, "counters ");
	assert_non_null(line);
	json_t *j = json_loads(line + 9, JSON_DISABLE_EOF_CHECK, NULL);
	assert_true(json_is_object(json_object_get(j, "relay")));
	assert_true(json_is_object(json_object_get(j, "streams")));
	assert_true(json_is_null(json_object_get(j, "stun"))); /* there is none */
	json_decref(j);
	stops(&p);
}

/* --- the end, and the service manager --- */

static void both_signals_end_it_at_once_without_clients(void **state)
{
	static const int signals[] = {SIGTERM, SIGINT};
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct program p;
		starts(&p, words(PLAIN));
		assert_int_equal(kill(p.pid, signals[i]), 0);
		assert_int_equal(program_ends(&p), 0);
		assert_non_null(strstr(p.complained, "ending: 0 clients are told to come back\n"));
	}
}

static void a_quiet_relay_says_only_what_a_node_needs(void **state)
{
	struct program p;
	starts(&p, words(PLAIN " --log-level error"));
	stops(&p);
	assert_string_equal(p.complained, "");
	assert_non_null(strstr(p.said, "[Relay]\n"));
}

static void hears(int fd, const char *want)
{
	char text[128] = "";
	assert_true(recv(fd, text, sizeof(text) - 1, 0) > 0);
	if (strncmp(text, want, strlen(want)) != 0)
		fail_msg("found \"%s\", expected \"%s\"", text, want);
}

static void the_service_manager_hears_of_each_step(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PROGRAM_PATIENCE_MS / 1000};
	struct program p;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", in_folder("notify"));
	assert_true(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", at.sun_path, 1), 0);
	program_start(&p, PROGRAM, words(PLAIN));
	hears(fd, "READY=1");
	assert_int_equal(kill(p.pid, SIGHUP), 0);
	hears(fd, "RELOADING=1\nMONOTONIC_USEC=");
	hears(fd, "READY=1");
	assert_int_equal(kill(p.pid, SIGTERM), 0);
	hears(fd, "STOPPING=1");
	assert_int_equal(program_ends(&p), 0);
	/* What does not begin is never ready. */
	complains_and_fails(words(TLS " --certfile /nonexistent/cert.pem"), "cert.pem");
	assert_true(recv(fd, &p, 1, MSG_DONTWAIT) < 0);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	close(fd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_it_is),
		cmocka_unit_test(what_cannot_be_printed_is_a_failure),
		cmocka_unit_test(wrong_words_end_with_status_two),
		cmocka_unit_test(a_state_that_is_no_folder_is_said),
		cmocka_unit_test(a_second_relay_on_the_same_state_is_refused),
		cmocka_unit_test(a_key_that_is_none_is_not_replaced),
		cmocka_unit_test(the_service_manager_may_name_the_state),
		cmocka_unit_test(a_relay_without_tls_says_so_to_its_nodes),
		cmocka_unit_test(what_a_node_needs_comes_as_json),
		cmocka_unit_test(a_certificate_of_its_own_outlives_a_restart),
		cmocka_unit_test(a_file_gives_the_same_words),
		cmocka_unit_test(a_certificate_that_is_missing_or_none_is_said),
		cmocka_unit_test(a_certificate_of_the_operator_is_not_pinned),
		cmocka_unit_test(a_key_of_another_certificate_is_refused),
		cmocka_unit_test(a_hangup_reads_the_certificate_again),
		cmocka_unit_test(without_tls_a_hangup_changes_nothing),
		cmocka_unit_test(a_port_in_use_is_said),
		cmocka_unit_test(a_second_stun_port_that_was_not_asked_for_may_be_missing),
		cmocka_unit_test(it_serves_and_counts),
		cmocka_unit_test(both_signals_end_it_at_once_without_clients),
		cmocka_unit_test(a_quiet_relay_says_only_what_a_node_needs),
		cmocka_unit_test(the_service_manager_hears_of_each_step),
	};
	return cmocka_run_group_tests(tests, program_make_folder, program_remove_folder);
}

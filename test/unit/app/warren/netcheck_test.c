/* warren netcheck: what it asks the daemon and when, and what it does without one. */
#include "unit/app/warren/command.h"
#include "unit/app/warren/stun_here.h"

#define REPORT "{\"udp\":true,\"full\":true,\"relays\":[]}"
#define LIFETIME(state)                 \
	"{\"ipv4\":{\"state\":\"" state \
	"\",\"at_least_s\":28.0,\"less_than_s\":31.0},\"ipv6\":null}"

static void a_netcheck_is_shown_and_what_was_measured_after_it(void **state)
{
	static const char *const answers[] = {REPORT,
					      REPORT,
					      LIFETIME("running"),
					      LIFETIME("measured"),
					      LIFETIME("measured"),
					      REPORT,
					      "{\"error\":\"no\"}",
					      NULL};
	canned(answers);
	assert_int_equal(run("", "netcheck"), CLI_OK);
	assert_memory_equal(out, "\nReport:\n\t* UDP: true\n", 22);
	assert_int_equal(run("", "netcheck --lifetime=30"), CLI_OK);
	assert_string_equal(strstr(out, "\t* BindingLifetime"),
			    "\t* BindingLifetime: IPv4, 28 to 31 s\n");
	assert_non_null(strstr(err, "28 to 31 s so far"));
	assert_int_equal(run("", "netcheck --lifetime --json"), CLI_OK);
	assert_string_equal(out, REPORT "\n"); /* one object */
	assert_int_equal(run("", "netcheck"), CLI_FAILED);
	assert_string_equal(err, "warren: no\n");
	daemon_ends();
}

static void without_a_daemon_netcheck_says_how_to_do_without(void **state)
{
	assert_int_equal(run("", "netcheck"), CLI_FAILED);
	assert_non_null(strstr(err, "\nwarren: without it: warren netcheck RELAY, or:"));
	assert_int_equal(run("", "netcheck --config /nonexistent/w.conf"), CLI_FAILED);
	assert_string_equal(
		err, "warren: /nonexistent/w.conf: cannot be read: No such file or directory\n");
	assert_int_equal(run("", "netcheck --json a..b"), CLI_FAILED);
	assert_memory_equal(out, "{\"error\":\"found \\\"a..b\\\", expected", 34);
}

#define ASKED_FULL    "{\"verb\":\"netcheck\",\"full\":true}\n"
#define ASKED_AGAIN   "{\"verb\":\"netcheck\",\"full\":false}\n"
#define ASKED_LIFE(s) "{\"verb\":\"lifetime\",\"longest_s\":" s "}\n"
#define FAILS_WITH_NO "{\"error\":\"no\"}"

/* --- options --- */

static void seconds_out_of_bounds_are_refused(void **state)
{
	static const struct {
		const char *word, *found, *bounds;
	} rows[] = {
		{"watch", "3601", "1 to 3600"},  {"watch", "-1", "1 to 3600"},
		{"watch", "", "1 to 3600"},      {"watch", "1.5", "1 to 3600"},
		{"lifetime", "601", "5 to 600"}, {"lifetime", "0", "5 to 600"},
		{"lifetime", "30s", "5 to 600"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char line[64], want[160];
		snprintf(line, sizeof(line), "netcheck --%s=%s", rows[i].word, rows[i].found);
		snprintf(want, sizeof(want),
			 "warren netcheck: --%s: found \"%s\", expected seconds from %s; warren "
			 "netcheck --help says more\n",
			 rows[i].word, rows[i].found, rows[i].bounds);
		assert_int_equal(run("", line), CLI_USAGE);
		assert_string_equal(err, want);
		assert_string_equal(out, "");
	}
}

/* The value of an optional one must touch it, so this 5 is a relay: and it is none. */
static void seconds_behind_a_space_are_a_relay(void **state)
{
	assert_int_equal(run("", "netcheck --watch a..b"), CLI_FAILED);
	assert_memory_equal(err, "warren: found \"a..b\", expected a relay", 38);
}

/* --- what the daemon is asked --- */

static void one_report_is_a_full_one(void **state)
{
	static const char *const answers[] = {REPORT, NULL};
	canned(answers);
	assert_int_equal(run("", "netcheck --json"), CLI_OK);
	assert_string_equal(out, REPORT "\n");
	daemon_was_asked(ASKED_FULL);
}

static void only_the_first_of_many_reports_is_a_full_one(void **state)
{
	static const char *const answers[] = {REPORT, REPORT, FAILS_WITH_NO, NULL};
	canned(answers);
	assert_int_equal(run("", "netcheck --json --watch=1"), CLI_FAILED);
	assert_string_equal(out, REPORT "\n" REPORT "\n" FAILS_WITH_NO "\n");
	assert_string_equal(err, "");
	daemon_was_asked(ASKED_FULL ASKED_AGAIN ASKED_AGAIN);
}

static void a_lifetime_is_begun_once_and_then_only_looked_at(void **state)
{
	static const char *const answers[] = {REPORT, LIFETIME("running"), LIFETIME("no-answer"),
					      NULL};
	canned(answers);
	assert_int_equal(run("", "netcheck --lifetime=600"), CLI_OK);
	assert_non_null(strstr(out, "\t* BindingLifetime: IPv4, unknown, no relay answered\n"));
	daemon_was_asked(ASKED_FULL ASKED_LIFE("600") ASKED_LIFE("0"));
}

static void for_programs_a_lifetime_comes_first_and_in_silence(void **state)
{
	static const char *const answers[] = {LIFETIME("running"), LIFETIME("measured"), REPORT,
					      NULL};
	canned(answers);
	assert_int_equal(run("", "netcheck --json --lifetime"), CLI_OK);
	assert_string_equal(out, REPORT "\n");
	assert_string_equal(err, "");
	daemon_was_asked(ASKED_LIFE("180") ASKED_LIFE("0") ASKED_FULL);
}

static void a_lifetime_that_fails_ends_it(void **state)
{
	static const char *const answers[] = {
		FAILS_WITH_NO,       REPORT,        FAILS_WITH_NO, REPORT,
		LIFETIME("running"), FAILS_WITH_NO, NULL};
	canned(answers);
	assert_int_equal(run("", "netcheck --json --lifetime"), CLI_FAILED);
	assert_string_equal(out, FAILS_WITH_NO "\n"); /* one object, and no report */
	assert_int_equal(run("", "netcheck --lifetime --watch"), CLI_FAILED); /* nor is watched */
	assert_string_equal(err, "warren: no\n");
	assert_memory_equal(out, "\nReport:\n", 9);
	assert_int_equal(run("", "netcheck --lifetime=5"), CLI_FAILED);
	assert_non_null(strstr(err, "so far; done in 0 s or sooner\nwarren: no\n"));
	daemon_was_asked(ASKED_LIFE("180") ASKED_FULL ASKED_LIFE("180") ASKED_FULL ASKED_LIFE("5")
				 ASKED_LIFE("0"));
}

static void a_report_that_cannot_be_shown_is_a_failure(void **state)
{
	static const char *const answers[] = {REPORT, NULL};
	canned(answers);
	assert_int_equal(run_full("netcheck"), CLI_FAILED);
	assert_non_null(strstr(err, "warren: the answer could not be written"));
	daemon_ends();
}

static void without_a_daemon_programs_get_one_object(void **state)
{
	assert_int_equal(run("", "netcheck --json --lifetime --watch"), CLI_FAILED);
	assert_memory_equal(out, "{\"error\":\"warrend is not running", 32);
	assert_ptr_equal(strchr(out, '\n') + 1, out + strlen(out));
	assert_string_equal(err, "");
}

/* --- without a daemon --- */

#define NODE "[Node]\nPrivateKey = privkey:" ALICE_PRIVATE "\nAddress = 100.64.0.1\n"

/* A file of relays; its path. */
static const char *file_of(const char *text)
{
	static char path[80];
	snprintf(path, sizeof(path), "%s/w.conf", folder);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return path;
}

static int run_with_file(const char *text, const char *words)
{
	char line[160];
	const char *path = file_of(text);
	snprintf(line, sizeof(line), "netcheck --config %s %s", path, words);
	int status = run("", line);
	unlink(path);
	return status;
}

static void a_file_without_relays_is_of_no_use(void **state)
{
	char want[160];
	assert_int_equal(run_with_file(NODE, ""), CLI_FAILED);
	snprintf(want, sizeof(want),
		 "warren: %s/w.conf: found no [Relay], expected one at least, to be seen by\n",
		 folder);
	assert_string_equal(err, want);
	assert_int_equal(run_with_file("", "--json"), CLI_FAILED);
	assert_memory_equal(out, "{\"error\":\"/tmp/", 15);
	assert_int_equal(run_with_file("[Relay]\nName = lab\nColour = red\n", ""), CLI_FAILED);
	assert_non_null(strstr(err, "/w.conf:3: "));
}

/* Gateways must not be asked by a test: a word cannot say so, a file can. */
static const char *relay_here(void)
{
	static char text[512];
	snprintf(text, sizeof(text),
		 NODE "PortMapping = no\n[Relay]\nName = here\nRegion = 7\nHost = here.example\n"
		      "IPv4 = 127.0.0.1\nSTUNPort = %u\n",
		 stun_port);
	return text;
}

static void with_a_file_it_looks_around_itself(void **state)
{
	assert_int_equal(run_with_file(relay_here(), ""), CLI_OK);
	assert_memory_equal(out, "\nReport:\n\t* UDP: true\n\t* IPv4: yes, 127.0.0.1:", 46);
	assert_non_null(strstr(out, "\t* Nearest relay: here\n\t* Relay latency:\n\t\t- here: "));
	assert_string_equal(err, "");
}

static void what_it_finds_itself_is_the_same_json(void **state)
{
	assert_int_equal(run_with_file(relay_here(), "--json"), CLI_OK);
	json_t *r = json_loads(out, 0, NULL);
	assert_true(json_is_true(json_object_get(r, "full")));
	assert_true(json_is_true(json_object_get(r, "udp")));
	assert_string_equal(json_string_value(json_object_get(r, "preferred_relay")), "here");
	assert_int_equal(json_array_size(json_object_get(r, "relays")), 1);
	json_decref(r);
	assert_string_equal(err, "");
}

static int begin(void **state)
{
	return stun_begin(state) ? -1 : command_start(state);
}

static int end(void **state)
{
	return stun_end(state) ? -1 : command_end(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_netcheck_is_shown_and_what_was_measured_after_it),
		cmocka_unit_test(without_a_daemon_netcheck_says_how_to_do_without),
		cmocka_unit_test(seconds_out_of_bounds_are_refused),
		cmocka_unit_test(seconds_behind_a_space_are_a_relay),
		cmocka_unit_test(one_report_is_a_full_one),
		cmocka_unit_test(only_the_first_of_many_reports_is_a_full_one),
		cmocka_unit_test(a_lifetime_is_begun_once_and_then_only_looked_at),
		cmocka_unit_test(for_programs_a_lifetime_comes_first_and_in_silence),
		cmocka_unit_test(a_lifetime_that_fails_ends_it),
		cmocka_unit_test(a_report_that_cannot_be_shown_is_a_failure),
		cmocka_unit_test(without_a_daemon_programs_get_one_object),
		cmocka_unit_test(a_file_without_relays_is_of_no_use),
		cmocka_unit_test(with_a_file_it_looks_around_itself),
		cmocka_unit_test(what_it_finds_itself_is_the_same_json),
	};
	return cmocka_run_group_tests(tests, begin, end);
}

/* warren ping: what it asks, how long it goes on, and how it ends. */
#include "unit/app/warren/command.h"

#define PONG(way, direct) \
	"{\"name\":\"bob\",\"ip\":\"1.1.1.2\"," way ",\"direct\":" direct ",\"rtt_ms\":8.5}"
#define RELAYED PONG("\"relay\":\"lab\"", "false")
#define DIRECT  PONG("\"endpoint\":\"192.0.2.1:1\"", "true")
#define SILENT  "{\"error\":\"no reply from bob in 5 s\",\"timeout\":true}"

static void a_ping_goes_on_until_direct(void **state)
{
	static const char *const answers[] = {RELAYED, DIRECT, NULL};
	canned(answers);
	assert_int_equal(run("", "ping --timeout 500ms bob"), CLI_OK);
	assert_string_equal(out, "pong from bob (1.1.1.2) via relay(lab) in 8ms\n"
				 "pong from bob (1.1.1.2) via 192.0.2.1:1 in 8ms\n");
	daemon_ends();
}

static void a_ping_that_stays_on_the_relay_fails(void **state)
{
	static const char *const answers[] = {
		RELAYED, RELAYED, DIRECT, SILENT, "{\"error\":\"who?\"}", NULL};
	canned(answers);
	assert_int_equal(run("", "ping -c 1 bob"), CLI_FAILED);
	assert_string_equal(err, "direct connection not established\n");
	assert_int_equal(run("", "ping -c 1 --until-direct=false bob"), CLI_OK);
	assert_int_equal(run("", "ping -c 1 --json bob"), CLI_OK);
	assert_string_equal(out, DIRECT "\n");
	assert_int_equal(run("", "ping -c 1 bob"), CLI_FAILED);
	assert_string_equal(err, "warren: no reply from bob in 5 s\n");
	assert_int_equal(run("", "ping bob"), CLI_FAILED); /* no use to go on */
	assert_string_equal(err, "warren: who?\n");
	daemon_ends();
}

/* --- options --- */

static void a_timeout_is_asked_in_milliseconds(void **state)
{
	static const struct {
		const char *word;
		unsigned ms;
	} rows[] = {
		{"", 5000},
		{"--timeout 5", 5000},
		{"--timeout=0.5", 500},
		{"--timeout 2s", 2000},
		{"--timeout 1ms", 1},
		{"--timeout 0.0014", 1},
		{"--timeout 0.0015", 2}, /* to the nearest */
		{"--timeout 60", 60000},
		{"--timeout 60000ms", 60000},
		{"--timeout 1 --timeout 3", 3000}, /* the last one counts */
	};
	static const char *const answers[] = {DIRECT, NULL};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char line[64], want[128];
		snprintf(line, sizeof(line), "ping %s bob", rows[i].word);
		snprintf(want, sizeof(want),
			 "{\"verb\":\"ping\",\"peer\":\"bob\",\"timeout_ms\":%u}\n", rows[i].ms);
		canned(answers);
		assert_int_equal(run("", line), CLI_OK);
		daemon_was_asked(want);
	}
}

static void a_timeout_out_of_bounds_or_in_other_units_is_refused(void **state)
{
	static const char *const bad[] = {"0",    "-1",   "0.0009", "60.001",   "60001ms", "inf",
					  "-inf", "5m",   "5S",     "5seconds", "s",       "ms",
					  "5,5",  "1e99", "5ss",    "1smore"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char line[64], want[160];
		snprintf(line, sizeof(line), "ping bob --timeout=%s", bad[i]);
		snprintf(want, sizeof(want),
			 "warren ping: --timeout: found \"%s\", expected seconds up to 60, such as "
			 "5 or 0.5; warren ping --help says more\n",
			 bad[i]);
		assert_int_equal(run("", line), CLI_USAGE);
		assert_string_equal(err, want);
		assert_string_equal(out, "");
	}
	assert_int_equal(run("", "ping bob --timeout="), CLI_USAGE);
}

static void a_count_is_a_whole_number(void **state)
{
	static const char *const bad[] = {"-1", "1x", "1.5", "4294967296", "+1", "0x1"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		char line[64], want[128];
		snprintf(line, sizeof(line), "ping bob --count %s", bad[i]);
		snprintf(want, sizeof(want),
			 "warren ping: -c: found \"%s\", expected a number; warren ping --help "
			 "says more\n",
			 bad[i]);
		assert_int_equal(run("", line), CLI_USAGE);
		assert_string_equal(err, want);
	}
	assert_int_equal(run("", "ping bob -c"), CLI_USAGE);
	assert_string_equal(
		err, "warren ping: found \"-c\" without a value; warren ping --help says more\n");
}

/* --- how long --- */

static void a_count_of_zero_has_no_limit(void **state)
{
	static const char *const answers[] = {SILENT, RELAYED, DIRECT, NULL};
	canned(answers);
	assert_int_equal(run("", "ping -c 0 bob"), CLI_OK);
	assert_string_equal(out, "pong from bob (1.1.1.2) via relay(lab) in 8ms\n"
				 "pong from bob (1.1.1.2) via 192.0.2.1:1 in 8ms\n");
	assert_string_equal(err, "warren: no reply from bob in 5 s\n"); /* and it went on */
	daemon_ends();
}

static void direct_or_not_the_count_is_kept_where_nobody_waits_for_it(void **state)
{
	static const char *const answers[] = {DIRECT, SILENT, NULL};
	canned(answers);
	assert_int_equal(run("", "ping -c 2 --until-direct=no bob"), CLI_OK); /* one came */
	assert_string_equal(out, "pong from bob (1.1.1.2) via 192.0.2.1:1 in 8ms\n");
	daemon_ends();
}

static void nothing_at_all_is_a_failure_even_where_a_relay_would_do(void **state)
{
	static const char *const answers[] = {SILENT, SILENT, NULL};
	canned(answers);
	assert_int_equal(run("", "ping -c 1 --until-direct=false bob"), CLI_FAILED);
	assert_int_equal(run("", "ping -c 1 bob"), CLI_FAILED);
	/* "not direct" would say that something came. */
	assert_string_equal(err, "warren: no reply from bob in 5 s\n");
	daemon_ends();
}

static void until_direct_may_be_said_alone(void **state)
{
	static const char *const answers[] = {DIRECT, NULL};
	canned(answers);
	assert_int_equal(run("", "ping --until-direct=false --until-direct bob"), CLI_OK);
	daemon_ends();
}

/* --- for programs --- */

static void each_answer_is_an_object_of_its_own_line(void **state)
{
	static const char *const answers[] = {SILENT, RELAYED, NULL};
	canned(answers);
	assert_int_equal(run("", "--json ping -c 2 bob"), CLI_FAILED);
	assert_string_equal(out, SILENT "\n" RELAYED "\n");
	assert_string_equal(err, ""); /* no sentence about what is not direct */
	daemon_ends();
}

static void what_cannot_be_shown_is_not_asked_again(void **state)
{
	static const char *const answers[] = {RELAYED, NULL};
	char program[] = "warren", verb[] = "ping", peer[] = "bob", *argv[] = {program, verb, peer};
	size_t n;
	canned(answers);
	forget();
	struct cli c = {.out = fopen("/dev/full", "w"),
			.err = open_memstream(&err, &n),
			.in = stdin,
			.socket = socket_path};
	assert_non_null(c.out);
	assert_int_equal(cli_run(&c, 3, argv), CLI_FAILED);
	fclose(c.out);
	fclose(c.err);
	assert_memory_equal(err, "warren: the answer could not be written", 39);
	daemon_ends();
}

/* The daemon ends between two pings. */
static void a_daemon_that_goes_away_ends_it(void **state)
{
	static const char *const answers[] = {"{\"error\":\"Warren went down\"}", NULL};
	canned(answers);
	assert_int_equal(run("", "ping -c 0 bob"), CLI_FAILED);
	assert_string_equal(err, "warren: Warren went down\n");
	daemon_ends();
	assert_int_equal(run("", "ping -c 0 bob"), CLI_FAILED);
	assert_memory_equal(err, "warren: warrend is not running", 30);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ping_goes_on_until_direct),
		cmocka_unit_test(a_ping_that_stays_on_the_relay_fails),
		cmocka_unit_test(a_timeout_is_asked_in_milliseconds),
		cmocka_unit_test(a_timeout_out_of_bounds_or_in_other_units_is_refused),
		cmocka_unit_test(a_count_is_a_whole_number),
		cmocka_unit_test(a_count_of_zero_has_no_limit),
		cmocka_unit_test(direct_or_not_the_count_is_kept_where_nobody_waits_for_it),
		cmocka_unit_test(nothing_at_all_is_a_failure_even_where_a_relay_would_do),
		cmocka_unit_test(until_direct_may_be_said_alone),
		cmocka_unit_test(each_answer_is_an_object_of_its_own_line),
		cmocka_unit_test(what_cannot_be_shown_is_not_asked_again),
		cmocka_unit_test(a_daemon_that_goes_away_ends_it),
	};
	return cmocka_run_group_tests(tests, command_start, command_end);
}

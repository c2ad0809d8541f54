/* warrend until it would carry packets, which needs a TUN device: lab/.  What would be made is
 * refused before, or its interface is called lo, which nobody may have. */
#include "config/config.h"
#include "crypto/keys.h"
#include "io/file.h"
#include "unit/app/program.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000"
#define KEY   "PrivateKey = privkey:0100" ZEROS "41\n"
#define PEER  "PublicKey = nodekey:0900" ZEROS
#define NODE \
	"[Node]\n" KEY "Address = 100.64.0.1\nListenPort = 0\nPortMapping = no\nInterface = lo\n"
#define RELAY(name, region) \
	"[Relay]\nName = " name "\nRegion = " region "\nHost = " name ".example\nPort = 8443\n"

/* A line of words that name our files. */
static const char *with(const char *file, const char *words)
{
	static char line[2048];
	int n = snprintf(line, sizeof(line),
			 "--config %s/%s --state %s/state --socket %s/run/sock %s", program_folder,
			 file, program_folder, program_folder, words);
	assert_true(n > 0 && (size_t)n < sizeof(line));
	return line;
}

static bool is_there(const char *name)
{
	return access(in_folder(name), F_OK) == 0;
}

static const char *own_key(void)
{
	static char text[KEY_TEXT_MAX];
	struct node_private k = {{[0] = 1, [31] = 0x41}};
	struct node_key public;
	key_public(public.b, k.b);
	return key_format(text, KEY_NODE, public.b);
}

/* --- options --- */

static void it_says_what_it_is(void **state)
{
	static const char *const lines[] = {"--version", "-V", "--check --version",
					    "--config /nonexistent --version here"};
	struct program p;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(program_run(&p, "warrend", lines[i]), 0);
		assert_string_equal(p.said, "warrend " WARREN_VERSION "\n");
		assert_string_equal(p.complained, "");
	}
}

static void its_help_names_every_option(void **state)
{
	static const char *const options[] = {"--config FILE", "--socket PATH", "--state DIR",
					      "--check",       "--verbose",     "--version",
					      "--help"};
	struct program p;
	assert_int_equal(program_run(&p, "warrend", "-h"), 0);
	assert_memory_equal(p.said, "Usage: warrend --config FILE [options]\n", 39);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		assert_non_null(strstr(p.said, options[i]));
	assert_string_equal(p.complained, "");
}

static void words_that_are_no_options_are_refused(void **state)
{
	program_refuses("warrend", "start", 2,
			"warrend: found \"start\", expected options only; warrend --help lists "
			"them\n");
	program_refuses("warrend", "--check -- --verbose", 2,
			"warrend: found \"--verbose\", expected options only; warrend --help lists "
			"them\n");
}

static void an_option_that_it_does_not_know_is_refused(void **state)
{
	static const char *const lines[] = {"--frob", "-x", "--config", "--check=yes", "--s here"};
	struct program p;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(program_run(&p, "warrend", lines[i]), 2);
		assert_non_null(strstr(p.complained, "warrend --help lists the options.\n"));
		assert_string_equal(p.said, "");
	}
}

static void what_cannot_be_printed_is_a_failure(void **state)
{
	struct program p;
	write_file("w.conf", NODE, 0600);
	const char *const lines[] = {"--help", "--version", with("w.conf", "--check")};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(program_run_full(&p, "warrend", lines[i]), 1);
		assert_string_equal(p.complained, "warrend: standard output cannot be written\n");
	}
}

/* --- --check --- */

static void a_check_prints(const char *file, const char *want)
{
	struct program p;
	char whole[1024];
	write_file("w.conf", file, 0600);
	snprintf(whole, sizeof(whole), "node   100.64.0.1  %s\n%s", own_key(), want);
	int status = program_run(&p, "warrend", with("w.conf", "--check"));
	assert_string_equal(p.complained, "");
	assert_int_equal(status, 0);
	assert_string_equal(p.said, whole);
}

static void a_check_says_who_this_node_is(void **state)
{
	a_check_prints(NODE, "");
}

static void a_check_shows_the_home_relay_first(void **state)
{
	a_check_prints(NODE RELAY("lab", "1") RELAY("far", "2"),
		       "relay  lab  lab.example:8443  (home)\nrelay  far  far.example:8443\n");
	a_check_prints(NODE "Home = far\n" RELAY("lab", "1") RELAY("far", "2"),
		       "relay  far  far.example:8443  (home)\nrelay  lab  lab.example:8443\n");
}

static void a_check_says_how_each_peer_can_be_reached(void **state)
{
	a_check_prints(NODE RELAY("lab", "1") "[Peer]\nName = bob\n" PEER
					      "01\nAllowedIPs = 100.64.0.2/32\nRelay = lab\n"
					      "[Peer]\nName = office\n" PEER
					      "02\nAllowedIPs = 100.64.0.3/32\n"
					      "Endpoint = 192.0.2.200:51820\n"
					      "[Peer]\nName = phone\n" PEER
					      "03\nAllowedIPs = 100.64.0.4/32\n",
		       "relay  lab  lab.example:8443  (home)\n"
		       "peer   bob  by relay lab and directly\n"
		       "peer   office  plain WireGuard\n"
		       "peer   phone  plain WireGuard, has to call us first\n");
}

static void a_check_starts_nothing(void **state)
{
	a_check_prints(NODE, "");
	assert_false(is_there("state"));
	assert_false(is_there("run"));
}

/* A running daemon holds the lock; its new file can be tried all the same. */
static void a_check_needs_no_lock(void **state)
{
	char why[FAILURE_MAX];
	assert_int_equal(mkdir(in_folder("state"), 0700), 0);
	int lock = file_lock(in_folder("state/lock"), "this test", why);
	assert_true(lock >= 0);
	a_check_prints(NODE, "");
	close(lock);
	unlink(in_folder("state/lock"));
	assert_int_equal(rmdir(in_folder("state")), 0);
}

/* --- the configuration --- */

static void a_wrong_file_is_said_with_its_line(void **state)
{
	static const struct {
		const char *file, *where, *what;
	} rows[] = {
		{NODE "[Peer]\nPublicKey = nodekey:short\n",
		 "w.conf:8: ", "PublicKey: found \"nodekey:short\", expected nodekey: and 64"},
		{"[Node]\n" KEY "Address = here\n", "w.conf:3: ", "Address: found \"here\""},
		{NODE "Colour = red\n", "w.conf:7: ", "Colour"},
		{NODE "Home = lab\n", "w.conf:", "Home"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct program p;
		write_file("w.conf", rows[i].file, 0600);
		/* With --check and without: the same sentence, and nothing is made. */
		for (int check = 0; check < 2; check++) {
			assert_int_equal(
				program_run(&p, "warrend", with("w.conf", check ? "--check" : "")),
				1);
			assert_memory_equal(p.complained, "warrend: /tmp/", 14);
			if (!strstr(p.complained, rows[i].where) ||
			    !strstr(p.complained, rows[i].what))
				fail_msg("%s", p.complained);
			assert_ptr_equal(strchr(p.complained, '\n') + 1,
					 p.complained + strlen(p.complained));
			assert_string_equal(p.said, "");
			assert_false(is_there("state") || is_there("run"));
		}
	}
}

static void a_file_that_is_not_there_is_named(void **state)
{
	program_refuses("warrend", "--config /nonexistent/w.conf", 1,
			"warrend: /nonexistent/w.conf: cannot be read: No such file or "
			"directory\n");
}

static void a_file_with_a_key_that_others_can_read_is_refused(void **state)
{
	struct program p;
	write_file("w.conf", NODE, 0644);
	assert_int_equal(program_run(&p, "warrend", with("w.conf", "--check")), 1);
	assert_non_null(strstr(p.complained, "holds a secret and has mode 644"));
	assert_string_equal(p.said, "");
}

/* --- what it needs to run --- */

static void a_second_daemon_on_the_same_state_is_refused(void **state)
{
	struct program p;
	char why[FAILURE_MAX];
	write_file("w.conf", NODE, 0600);
	assert_int_equal(mkdir(in_folder("state"), 0700), 0);
	int lock = file_lock(in_folder("state/lock"), "this test", why);
	assert_true(lock >= 0);
	assert_int_equal(program_run(&p, "warrend", with("w.conf", "")), 1);
	assert_memory_equal(p.complained,
			    "error: another program already uses the state of "
			    "warrend (it holds the lock /tmp/",
			    80);
	assert_false(is_there("run")); /* it has not touched the other's socket */
	close(lock);
	unlink(in_folder("state/lock"));
	assert_int_equal(rmdir(in_folder("state")), 0);
}

static void refuses_place(const char *option, const char *place, const char *want)
{
	struct program p;
	char words[1600];
	snprintf(words, sizeof(words), "%s %s", option, place);
	assert_int_equal(program_run(&p, "warrend", with("w.conf", words)), 1);
	if (!strstr(p.complained, want))
		fail_msg("no \"%s\" in %s", want, p.complained);
	assert_memory_equal(p.complained, "error: ", 7);
}

static void a_state_that_is_no_folder_is_said(void **state)
{
	write_file("w.conf", NODE, 0600);
	write_file("plain", "", 0600);
	refuses_place("--state", in_folder("plain"), "is there, but it is no folder");
	refuses_place("--state", in_folder("plain/state"), "cannot make the folder");
	unlink(in_folder("plain"));
}

static void a_path_that_is_too_long_is_said(void **state)
{
	char place[1200] = "/tmp/";
	write_file("w.conf", NODE, 0600);
	memset(place + 5, 'x', sizeof(place) - 6);
	refuses_place("--state", place, "--state: the path is too long");
	place[sizeof(place) - 3] = '/';
	refuses_place("--socket", place, "--socket: the path is too long");
}

static void the_folder_of_the_socket_is_made_or_its_failure_said(void **state)
{
	write_file("w.conf", NODE, 0600);
	write_file("plain", "", 0600);
	refuses_place("--socket", in_folder("plain/sock"), "is there, but it is no folder");
	unlink(in_folder("plain"));
}

/* All is open when the interface is refused: then all must be closed again. */
static void a_start_that_fails_late_leaves_no_socket_and_no_lock(void **state)
{
	struct program p;
	char why[FAILURE_MAX];
	struct stat st;
	write_file("w.conf", NODE, 0600);
	assert_int_equal(program_run(&p, "warrend", with("w.conf", "--verbose")), 1);
	assert_non_null(strstr(p.complained, "error: "));
	assert_null(strstr(p.complained, "up on"));
	assert_true(is_there("run"));
	assert_false(is_there("run/sock"));
	assert_int_equal(stat(in_folder("state"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	int lock = file_lock(in_folder("state/lock"), "this test", why);
	assert_true(lock >= 0);
	close(lock);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_it_is),
		cmocka_unit_test(its_help_names_every_option),
		cmocka_unit_test(words_that_are_no_options_are_refused),
		cmocka_unit_test(an_option_that_it_does_not_know_is_refused),
		cmocka_unit_test(what_cannot_be_printed_is_a_failure),
		cmocka_unit_test(a_check_says_who_this_node_is),
		cmocka_unit_test(a_check_shows_the_home_relay_first),
		cmocka_unit_test(a_check_says_how_each_peer_can_be_reached),
		cmocka_unit_test(a_check_starts_nothing),
		cmocka_unit_test(a_check_needs_no_lock),
		cmocka_unit_test(a_wrong_file_is_said_with_its_line),
		cmocka_unit_test(a_file_that_is_not_there_is_named),
		cmocka_unit_test(a_file_with_a_key_that_others_can_read_is_refused),
		cmocka_unit_test(a_second_daemon_on_the_same_state_is_refused),
		cmocka_unit_test(a_state_that_is_no_folder_is_said),
		cmocka_unit_test(a_path_that_is_too_long_is_said),
		cmocka_unit_test(the_folder_of_the_socket_is_made_or_its_failure_said),
		cmocka_unit_test(a_start_that_fails_late_leaves_no_socket_and_no_lock),
	};
	return crypto_init()
		       ? cmocka_run_group_tests(tests, program_make_folder, program_remove_folder)
		       : 1;
}

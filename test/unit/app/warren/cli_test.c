/* The command line, against a canned daemon and against the real control socket of a node that is
 * down (a node that is up needs a TUN device: lab/). */
#include "app/warren/cli.h"
#include "config/config.h"
#include "crypto/keys.h"
#include "driver/tun_inside.h"
#include "localapi/localapi.h"
#include "report/status.h"
#include "unit/app/warren/command.h"

#include <sys/stat.h>

/* --- words --- */

static void help_and_version(void **state)
{
	assert_int_equal(run("", "--version"), CLI_OK);
	assert_string_equal(out, "warren " WARREN_VERSION "\n");
	assert_int_equal(run("", "--help"), CLI_OK);
	assert_non_null(strstr(out, "\n  ping     ask a peer"));
	assert_int_equal(run("", "ping --help"), CLI_OK);
	assert_memory_equal(out, "Usage: warren ping [options] PEER\nAsk a peer", 44);
	assert_non_null(strstr(out, "--until-direct=false"));
}

static void wrong_words_are_said(void **state)
{
	static const struct {
		const char *line, *err;
	} rows[] = {
		{"", "Usage: warren VERB [options]"},
		{"frob", "warren: found the verb \"frob\", expected one of: up down status ping "
			 "why netcheck "
			 "genkey pubkey\n"},
		{"--frob", "warren: found the option \"--frob\"; warren --help lists them\n"},
		{"up now",
		 "warren up: found \"now\", expected no more words; warren up --help says more\n"},
		{"why", "warren why: expected one peer, by its name or address; warren why --help "
			"says more\n"},
		{"up --frob", "warren up: found the option \"--frob\", expected one that the help "
			      "lists; warren up "
			      "--help says more\n"},
		{"down --socket",
		 "warren down: found \"--socket\" without a value; warren down --help says more\n"},
		{"status x", "warren status: found \"x\", expected no more words; warren status "
			     "--help says more\n"},
		{"status --peers=x",
		 "warren status: --peers: found \"x\", expected true or false; warren "
		 "status --help says more\n"},
		{"ping", "warren ping: expected one peer, by its name or address; warren ping "
			 "--help says more\n"},
		{"ping a b", "warren ping: expected one peer, by its name or address; warren ping "
			     "--help says more\n"},
		{"ping -c x a",
		 "warren ping: -c: found \"x\", expected a number; warren ping --help says more\n"},
		{"ping --timeout 61 a", "warren ping: --timeout: found \"61\", expected seconds up "
					"to 60, such as 5 or 0.5; "
					"warren ping --help says more\n"},
		{"ping --timeout 1h a", "warren ping: --timeout: found \"1h\""},
		{"ping --timeout nan a", "warren ping: --timeout: found \"nan\""},
		{"ping --until-direct=x a",
		 "warren ping: --until-direct: found \"x\", expected true or false; "
		 "warren ping --help says more\n"},
		{"netcheck --watch=0",
		 "warren netcheck: --watch: found \"0\", expected seconds from 1 to 3600"},
		{"netcheck --lifetime=4",
		 "warren netcheck: --lifetime: found \"4\", expected seconds from 5 to 600"},
		{"netcheck --config a b",
		 "warren netcheck: found \"b\" beside --config, expected one of them"},
		{"genkey x", "warren genkey: found \"x\", expected no more words; warren genkey "
			     "--help says more\n"},
		{"pubkey x", "warren pubkey: found \"x...\", expected the private key on standard "
			     "input; warren pubkey "
			     "--help says more\n"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(run("", rows[i].line), CLI_USAGE);
		if (strncmp(err, rows[i].err, strlen(rows[i].err)) != 0)
			fail_msg("%s: %s", rows[i].line, err);
	}
}

/* --- keys --- */

static void a_new_key_has_its_public_half(void **state)
{
	struct node_private key;
	struct node_key public;
	char text[KEY_TEXT_MAX + 1], want[KEY_TEXT_MAX + 1];
	assert_int_equal(run("", "genkey"), CLI_OK);
	assert_int_equal(strlen(out), 8 + 64 + 1);
	assert_string_equal(err, "");
	out[8 + 64] = '\0';
	assert_true(key_parse(key.b, KEY_PRIVATE, out));
	key_public(public.b, key.b);
	snprintf(text, sizeof(text), "%s\n", out);
	assert_int_equal(run(text, "pubkey"), CLI_OK);
	snprintf(want, sizeof(want), "%s\n", key_format(text, KEY_NODE, public.b));
	assert_string_equal(out, want);
}

static void keys_in_the_form_of_wireguard(void **state)
{
	uint8_t k[KEY_LEN];
	assert_int_equal(run("", "genkey --base64"), CLI_OK);
	assert_int_equal(strlen(out), 44 + 1);
	out[44] = '\0';
	assert_true(key_parse_any(k, KEY_PRIVATE, out));
	assert_int_equal(run("\xef\xbb\xbf"
			     "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEE=\r\n",
			     "pubkey"),
			 CLI_OK);
	/* from wg pubkey */
	assert_int_equal(run("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEE=\n", "pubkey"), CLI_OK);
	char hex[KEY_TEXT_MAX];
	snprintf(hex, sizeof(hex), "%s", out);
	assert_int_equal(run("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEE=\n", "pubkey --base64"),
			 CLI_OK);
	uint8_t a[KEY_LEN], b[KEY_LEN];
	hex[strcspn(hex, "\n")] = out[strcspn(out, "\n")] = '\0';
	assert_true(key_parse(a, KEY_NODE, hex) && key_parse_any(b, KEY_NODE, out));
	assert_memory_equal(a, b, KEY_LEN);
}

static void keys_as_json(void **state)
{
	assert_int_equal(run("", "genkey --json"), CLI_OK);
	assert_memory_equal(out, "{\"private_key\":\"privkey:", 24);
	assert_int_equal(run("privkey:" ALICE_PRIVATE, "--json pubkey"), CLI_OK);
	assert_memory_equal(out, "{\"public_key\":\"nodekey:", 23);
}

static void what_is_no_private_key_is_not_shown(void **state)
{
	assert_int_equal(run("hello", "pubkey"), CLI_FAILED);
	assert_string_equal(err, "warren: standard input: found something else, expected a private "
				 "key: privkey: and 64 "
				 "hexadecimal digits, or 44 characters of base64\n");
	assert_int_equal(run("", "pubkey"), CLI_FAILED);
}

static void a_key_file_that_others_can_read_is_warned_of(void **state)
{
	size_t n;
	char path[64];
	snprintf(path, sizeof(path), "%s/key", folder);
	FILE *f = fopen(path, "w");
	char program[] = "warren", verb[] = "genkey", *argv[] = {program, verb};
	assert_non_null(f);
	assert_int_equal(chmod(path, 0644), 0);
	forget();
	struct cli c = {
		.out = f, .err = open_memstream(&err, &n), .in = stdin, .socket = socket_path};
	assert_int_equal(cli_run(&c, 2, argv), CLI_OK);
	fclose(f);
	fclose(c.err);
	unlink(path);
	assert_string_equal(err, "warren: warning: others can read the file that gets this key "
				 "(mode 644); run chmod 600 "
				 "on it, or umask 077 before\n");
}

/* --- with a daemon --- */

static void without_a_daemon_it_says_how_to_start_it(void **state)
{
	static const char *const lines[] = {"up", "down", "status", "ping bob"};
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(run("", lines[i]), CLI_FAILED);
		assert_memory_equal(err, "warren: warrend is not running (there is no /tmp/", 49);
		assert_non_null(
			strstr(err, "Start it: systemctl start warrend, or: warrend --config "));
	}
	assert_int_equal(run("", "status --json"), CLI_FAILED);
	assert_memory_equal(out, "{\"error\":\"warrend is not running", 32);
	assert_string_equal(err, "");
	assert_int_equal(run("", "status --socket /nonexistent/s"), CLI_FAILED);
	assert_non_null(strstr(err, "(there is no /nonexistent/s)"));
}

static void up_and_down(void **state)
{
	static const char *const answers[] = {"{\"up\":true,\"changed\":true}",
					      "{\"up\":true,\"changed\":false}",
					      "{\"up\":false,\"changed\":true}",
					      "{\"error\":\"no TUN\"}",
					      "{\"error\":\"no TUN\"}",
					      "nonsense",
					      NULL};
	canned(answers);
	assert_int_equal(run("", "up"), CLI_OK);
	assert_string_equal(out, "");
	assert_int_equal(run("", "up"), CLI_OK);
	assert_string_equal(out, "Warren is up already.\n");
	assert_int_equal(run("", "down --json"), CLI_OK);
	assert_string_equal(out, "{\"up\":false,\"changed\":true}\n");
	assert_int_equal(run("", "up"), CLI_FAILED);
	assert_string_equal(err, "warren: no TUN\n");
	assert_int_equal(run("", "--json up"), CLI_FAILED);
	assert_string_equal(out, "{\"error\":\"no TUN\"}\n");
	assert_int_equal(run("", "up"), CLI_FAILED);
	assert_non_null(strstr(err, "found something else than warrend's answer"));
	daemon_ends();
}

static void status_of_a_network(void **state)
{
#define UP                                                                                         \
	"{\"up\":true,\"self\":{\"name\":\"a\",\"addresses\":[\"1.1.1.1\"]},\"peers\":[{\"name\":" \
	"\"b\"}]}"
	static const char *const answers[] = {UP,  UP, UP, "{\"up\":false}", "{\"error\":\"no\"}",
					      NULL};
	canned(answers);
	assert_int_equal(run("", "status"), CLI_OK);
	assert_string_equal(out, "1.1.1.1  a  this node\n-        b  -\n");
	assert_int_equal(run("", "status --peers=no"), CLI_OK);
	assert_string_equal(out, "1.1.1.1  a  this node\n");
	assert_int_equal(run("", "status --json"), CLI_OK);
	assert_string_equal(out, UP "\n");
	assert_int_equal(run("", "status"), CLI_FAILED);
	assert_string_equal(out, "Warren is down. Bring it up with: warren up\n");
	assert_int_equal(run("", "status"), CLI_FAILED);
	assert_string_equal(err, "warren: no\n");
	daemon_ends();
}

static void an_answer_that_cannot_be_written_is_a_failure(void **state)
{
	static const char *const quiet[] = {"--help", "--version", "genkey", "pubkey"};
	static const char *const answers[] = {UP, "{\"up\":true,\"changed\":true}",
					      "{\"up\":true,\"changed\":false}", NULL};
	for (size_t i = 0; i < ARRAY_LEN(quiet); i++) {
		assert_int_equal(run_full(quiet[i]), CLI_FAILED);
		assert_non_null(strstr(err, "warren: the answer could not be written"));
	}
	canned(answers);
	assert_int_equal(run_full("status"), CLI_FAILED);
	assert_string_equal(err,
			    "warren: the answer could not be written: No space left on device\n");
	assert_int_equal(run_full("up"), CLI_OK); /* there was nothing to write */
	assert_string_equal(err, "");
	assert_int_equal(run_full("up"), CLI_FAILED);
	daemon_ends();
}

#define WHY "{\"now\":\"bob is far.\",\"failed\":[\"This.\"]}"

static void why_says_what_the_daemon_knows_and_fails_where_it_does_not(void **state)
{
	static const char *const answers[] = {
		WHY, WHY, "{\"error\":\"no peer bob\"}", "{\"error\":\"no peer bob\"}", "[]", NULL};
	canned(answers);
	assert_int_equal(run("", "why bob"), CLI_OK);
	assert_string_equal(out, "bob is far.\n\nWhat failed\n  - This.\n");
	assert_string_equal(err, "");
	assert_int_equal(run("", "why --json bob"), CLI_OK);
	assert_string_equal(out, WHY "\n");
	assert_int_equal(run("", "why bob"), CLI_FAILED);
	assert_string_equal(out, "");
	assert_string_equal(err, "warren: no peer bob\n");
	assert_int_equal(run("", "why bob --json"), CLI_FAILED); /* options may follow words */
	assert_string_equal(out, "{\"error\":\"no peer bob\"}\n");
	assert_string_equal(err, "");
	assert_int_equal(run("", "why bob"), CLI_FAILED);
	assert_non_null(strstr(err, "found something else than warrend's answer"));
	daemon_ends();
}

/* --- every verb --- */

static const char *const verbs[] = {"up",  "down",     "status", "ping",
				    "why", "netcheck", "genkey", "pubkey"};

static void every_verb_has_help_that_ends_well(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		char line[64], want[64];
		snprintf(want, sizeof(want), "Usage: warren %s [options]", verbs[i]);
		/* Whatever else is said: help is what was asked for. */
		for (int before = 0; before < 2; before++) {
			snprintf(line, sizeof(line), before ? "--json %s -h x y" : "%s x --help",
				 verbs[i]);
			assert_int_equal(run("", line), CLI_OK);
			assert_memory_equal(out, want, strlen(want));
			assert_non_null(strstr(out, "\n  --json "));
			assert_non_null(strstr(out, "default " CLI_SOCKET "\n"));
			assert_string_equal(err, "");
		}
	}
}

static void every_verb_refuses_an_option_that_it_does_not_know(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		char line[64], want[128];
		snprintf(line, sizeof(line), "%s --json --colour", verbs[i]);
		snprintf(want, sizeof(want),
			 "warren %s: found the option \"--colour\", expected one that the help "
			 "lists; warren %s --help says more\n",
			 verbs[i], verbs[i]);
		assert_int_equal(run("", line), CLI_USAGE);
		assert_string_equal(err, want);
		assert_string_equal(out, ""); /* no answer: nothing was asked */
	}
}

static void a_verb_must_be_whole_and_in_its_case(void **state)
{
	static const char *const bad[] = {"stat", "Status", "statuss", "-- frob"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(run("", bad[i]), CLI_USAGE);
		assert_memory_equal(err, "warren: found the verb \"", 24);
	}
	assert_int_equal(run("", "0123456789012345678901234567890123456789xyz"), CLI_USAGE);
	assert_null(strstr(err, "xyz")); /* a long one is cut */
}

static void what_each_verb_asks(void **state)
{
	static const struct {
		const char *line, *asked;
	} rows[] = {
		{"up", "{\"verb\":\"up\"}\n"},
		{"down --json", "{\"verb\":\"down\"}\n"},
		{"status", "{\"verb\":\"status\",\"peers\":true}\n"},
		{"status --peers", "{\"verb\":\"status\",\"peers\":true}\n"},
		{"status --peers=off", "{\"verb\":\"status\",\"peers\":false}\n"},
		{"status --peers=no --peers=yes", "{\"verb\":\"status\",\"peers\":true}\n"},
		{"why bob", "{\"verb\":\"why\",\"peer\":\"bob\"}\n"},
		/* What a person writes must not become a part of the question. */
		{"why b\"b\\", "{\"verb\":\"why\",\"peer\":\"b\\\"b\\\\\"}\n"},
		{"why -- --json", "{\"verb\":\"why\",\"peer\":\"--json\"}\n"},
	};
	static const char *const answers[] = {"{\"up\":true}", NULL};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		canned(answers);
		assert_int_equal(run("", rows[i].line), CLI_OK);
		daemon_was_asked(rows[i].asked);
	}
}

/* JSON has no such text, so there is no question. */
static void a_name_that_is_no_utf8_is_not_asked_for(void **state)
{
	static const char *const lines[] = {"why b\xff", "ping -c 1 b\xc3"};
	static const char *const answers[] = {"{\"up\":true}", NULL};
	canned(answers);
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(run("", lines[i]), CLI_FAILED);
		assert_string_equal(err, "warren: found a word that is no UTF-8, expected a peer's "
					 "name or address\n");
		assert_string_equal(out, "");
	}
	assert_int_equal(run("", "up"), CLI_OK);
	daemon_was_asked("{\"verb\":\"up\"}\n");
}

/* Bytes of a file name or of a file, or half a letter where a long text was cut. */
static void an_error_is_json_whatever_bytes_it_tells_of(void **state)
{
	static const struct {
		const char *line, *error;
	} rows[] = {
		{"--json -s /none/b\xff up", "(there is no /none/b?)"},
		{"--json -s /none/\xc3\xa4 up", "(there is no /none/\xc3\xa4)"}, /* a letter */
		{"--json netcheck a..\xc3", "found \"a..?\", expected a relay"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(run("", rows[i].line), CLI_FAILED);
		json_t *j = json_loads(out, 0, NULL);
		const char *error = json_string_value(json_object_get(j, "error"));
		if (!error || !strstr(error, rows[i].error))
			fail_msg("%s: %s", rows[i].line, out);
		json_decref(j);
	}
}

static void what_is_no_answer_is_not_believed(void **state)
{
	static const char *const odd[] = {
		"[]",        "7",         "{\"up\":true",     "{\"up\":true}}", "null",
		"\"error\"", "{up:true}", "{\"a\":\"\xff\"}", "\xef\xbb\xbf{}"};
	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		const char *const answers[] = {odd[i], odd[i], NULL};
		char want[160];
		canned(answers);
		assert_int_equal(run("", "status"), CLI_FAILED);
		snprintf(want, sizeof(want),
			 "warren: %s: found something else than warrend's answer\n", socket_path);
		assert_string_equal(err, want);
		assert_string_equal(out, "");
		assert_int_equal(run("", "status --json"), CLI_FAILED);
		json_t *j = json_loads(out, 0, NULL);
		assert_non_null(json_string_value(json_object_get(j, "error")));
		json_decref(j);
		assert_string_equal(err, "");
		daemon_ends();
	}
}

static void a_daemon_that_hangs_up_is_said(void **state)
{
	static const char *const answers[] = {"", NULL};
	char want[160];
	canned(answers);
	assert_int_equal(run("", "up"), CLI_FAILED);
	snprintf(want, sizeof(want),
		 "warren: %s hung up without an answer: perhaps too many ask it at once\n",
		 socket_path);
	assert_string_equal(err, want);
	daemon_ends();
}

/* A socket that a daemon left behind, and a path at which none can be. */
static void a_socket_at_which_nobody_listens_is_said(void **state)
{
	char line[200];
	close(listen_here());
	assert_int_equal(run("", "up"), CLI_FAILED);
	assert_memory_equal(err, "warren: /tmp/warren-cli-", 8);
	assert_null(strstr(err, "there is no"));
	unlink(socket_path);
	snprintf(line, sizeof(line), "-s /tmp/%0150d up", 7);
	assert_int_equal(run("", line), CLI_FAILED);
	assert_true(strlen(err) > 10);
}

static void the_last_socket_that_is_named_is_asked(void **state)
{
	static const char *const answers[] = {"{\"up\":true}", "{\"up\":true}", NULL};
	char line[200];
	canned(answers);
	snprintf(line, sizeof(line), "-s /nonexistent/a up --socket=%s", socket_path);
	assert_int_equal(run("", line), CLI_OK);
	snprintf(line, sizeof(line), "--socket %s up", socket_path);
	assert_int_equal(run("", line), CLI_OK);
	daemon_ends();
}

static void a_status_without_peers_has_none_whatever_the_daemon_says(void **state)
{
	static const char *const answers[] = {UP, "{\"up\":false,\"peers\":[]}", "{}", NULL};
	canned(answers);
	assert_int_equal(run("", "status --json --peers=false"), CLI_OK);
	assert_string_equal(
		out, "{\"up\":true,\"self\":{\"name\":\"a\",\"addresses\":[\"1.1.1.1\"]}}\n");
	assert_int_equal(run("", "status --json --peers=0"), CLI_USAGE);
	assert_int_equal(run("", "status --json"), CLI_FAILED); /* for scripts: it is down */
	assert_string_equal(out, "{\"up\":false,\"peers\":[]}\n");
	assert_int_equal(run("", "status"), CLI_FAILED);
	daemon_ends();
}

/* --- keys from elsewhere --- */

static void a_key_may_stand_among_white_space_and_before_other_lines(void **state)
{
	static const char key[] = "privkey:" ALICE_PRIVATE;
	char text[512], want[KEY_TEXT_MAX + 1];
	static const char *const good[] = {"%s", "%s\r\n", "  \t%s  \n", "\xef\xbb\xbf%s\n",
					   "%s\nand more\n"};
	static const char *const bad[] = {"\n%s\n", "%s x\n", "x%s\n", "%s0\n", "\"%s\"\n"};
	assert_int_equal(run(key, "pubkey"), CLI_OK);
	snprintf(want, sizeof(want), "%s", out);
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		size_t n = strcspn(good[i], "%");
		snprintf(text, sizeof(text), "%.*s%s%s", (int)n, good[i], key, good[i] + n + 2);
		assert_int_equal(run(text, "pubkey"), CLI_OK);
		assert_string_equal(out, want);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		size_t n = strcspn(bad[i], "%");
		snprintf(text, sizeof(text), "%.*s%s%s", (int)n, bad[i], key, bad[i] + n + 2);
		assert_int_equal(run(text, "pubkey"), CLI_FAILED);
		assert_null(strstr(err, ALICE_PRIVATE));
		assert_string_equal(out, "");
	}
}

static void another_kind_of_key_is_no_private_one(void **state)
{
	static const char *const bad[] = {"nodekey:" ALICE_PRIVATE,
					  "discokey:" ALICE_PRIVATE,
					  "PRIVKEY:" ALICE_PRIVATE,
					  "privkey:",
					  "privkey:77",
					  "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEE"};
	char text[400];
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(run(bad[i], "pubkey"), CLI_FAILED);
		assert_int_equal(run(bad[i], "pubkey --json"), CLI_FAILED);
		assert_memory_equal(out, "{\"error\":\"standard input: ", 26);
	}
	/* A line that is longer than any key. */
	memset(text, ' ', sizeof(text));
	snprintf(text + 300, sizeof(text) - 300, "privkey:" ALICE_PRIVATE);
	assert_int_equal(run(text, "pubkey"), CLI_FAILED);
}

static void two_new_keys_differ(void **state)
{
	char first[128];
	assert_int_equal(run("", "genkey --json --base64"), CLI_OK);
	assert_int_equal(strlen(out), strlen("{\"private_key\":\"\"}\n") + 44);
	snprintf(first, sizeof(first), "%s", out);
	assert_int_equal(run("", "genkey --base64 --json"), CLI_OK);
	assert_int_equal(strlen(out), strlen(first));
	assert_string_not_equal(out, first);
}

/* --- the control socket itself --- */

static const char file[] = "[Node]\nPrivateKey = "
			   "privkey:01000000000000000000000000000000000000000000000000000000000000"
			   "41\nAddress = 100.64.0.1\nName = alice\nInterface = lo\n";

struct served {
	struct loop *loop;
	struct log log;
	struct config *cfg;
	struct driver *driver;
	struct localapi *control;
};

static void on_stop(void *self)
{
	loop_stop(((struct served *)self)->loop);
}

static void serve(int ready)
{
	static struct served s;
	char why[CONFIG_WHY_MAX];
	s.cfg = config_parse("w.conf", (struct bytes){(const uint8_t *)file, strlen(file)}, why);
	s.loop = loop_new();
	log_init(&s.log, STDERR_FILENO, LOG_AT_ERROR);
	const struct driver_config driver = {.loop = s.loop, .log = &s.log, .inside = &tun_inside};
	s.driver = s.loop && s.cfg ? driver_new(&driver, &s.cfg->settings, &s.cfg->map) : NULL;
	const struct localapi_config cfg = {
		.loop = s.loop, .log = &s.log, .driver = s.driver, .path = socket_path};
	s.control = s.driver ? localapi_open(&cfg, why) : NULL;
	struct loop_signal *term =
		s.control ? loop_signal_new(s.loop, SIGTERM, (struct loop_call){on_stop, &s})
			  : NULL;
	if (!term || write(ready, "", 1) != 1)
		_exit(1);
	loop_run(s.loop);
	localapi_reloaded(s.control);
	localapi_close(s.control);
	driver_free(s.driver);
	loop_signal_free(term);
	loop_free(s.loop);
	config_free(s.cfg);
	exit(access(socket_path, F_OK) == 0); /* the socket must be gone */
}

static void the_control_socket_of_a_node_that_is_down(void **state)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	daemon_pid = fork();
	assert_true(daemon_pid >= 0);
	if (daemon_pid == 0)
		serve(ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_int_equal(run("", "status"), CLI_FAILED);
	assert_string_equal(out, "Warren is down. Bring it up with: warren up\n");
	assert_int_equal(run("", "down"), CLI_OK);
	assert_string_equal(out, "Warren is down already.\n");
	assert_int_equal(run("", "ping bob"), CLI_FAILED);
	assert_string_equal(err, "warren: Warren is down. Bring it up with: warren up\n");
	assert_int_equal(run("", "why bob"), CLI_FAILED);
	assert_string_equal(err, "warren: Warren is down. Bring it up with: warren up\n");
	assert_int_equal(run("", "up"), CLI_FAILED); /* nobody may have a tunnel called lo */
	assert_true(strlen(err) > 10);
	assert_int_equal(kill(daemon_pid, SIGTERM), 0);
	daemon_ends();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(help_and_version),
		cmocka_unit_test(wrong_words_are_said),
		cmocka_unit_test(a_new_key_has_its_public_half),
		cmocka_unit_test(keys_in_the_form_of_wireguard),
		cmocka_unit_test(keys_as_json),
		cmocka_unit_test(what_is_no_private_key_is_not_shown),
		cmocka_unit_test(a_key_file_that_others_can_read_is_warned_of),
		cmocka_unit_test(without_a_daemon_it_says_how_to_start_it),
		cmocka_unit_test(up_and_down),
		cmocka_unit_test(status_of_a_network),
		cmocka_unit_test(an_answer_that_cannot_be_written_is_a_failure),
		cmocka_unit_test(why_says_what_the_daemon_knows_and_fails_where_it_does_not),
		cmocka_unit_test(every_verb_has_help_that_ends_well),
		cmocka_unit_test(every_verb_refuses_an_option_that_it_does_not_know),
		cmocka_unit_test(a_verb_must_be_whole_and_in_its_case),
		cmocka_unit_test(what_each_verb_asks),
		cmocka_unit_test(a_name_that_is_no_utf8_is_not_asked_for),
		cmocka_unit_test(an_error_is_json_whatever_bytes_it_tells_of),
		cmocka_unit_test(what_is_no_answer_is_not_believed),
		cmocka_unit_test(a_daemon_that_hangs_up_is_said),
		cmocka_unit_test(a_socket_at_which_nobody_listens_is_said),
		cmocka_unit_test(the_last_socket_that_is_named_is_asked),
		cmocka_unit_test(a_status_without_peers_has_none_whatever_the_daemon_says),
		cmocka_unit_test(a_key_may_stand_among_white_space_and_before_other_lines),
		cmocka_unit_test(another_kind_of_key_is_no_private_one),
		cmocka_unit_test(two_new_keys_differ),
		cmocka_unit_test(the_control_socket_of_a_node_that_is_down),
	};
	return cmocka_run_group_tests(tests, command_start, command_end);
}

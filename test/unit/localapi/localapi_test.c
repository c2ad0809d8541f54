/* Each verb through a real Unix socket, over two whole nodes. */
#include "localapi/localapi.h"

#include <errno.h>
#include <sys/un.h>

#include <jansson.h>

#include "io/unix_socket.h"
#include "unit/driver/two_nodes.h"
#include "unit/serve/folder.h"

enum { ANSWER_MAX = 1 << 16 };

struct scene {
	struct world *w;
	struct folder folder;
	struct localapi *api; /* of alice */
};

/* --- a client --- */

static int call_begin(const struct scene *s, const char *request)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/sock", s->folder.path);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
	return fd;
}

/* Until the server closes. */
static json_t *call_end(const struct scene *s, int fd)
{
	static char text[ANSWER_MAX];
	size_t n = 0;
	ssize_t got = -1;
	mono_ns limit = clock_now() + TURN_LIMIT;
	while (got != 0 && clock_now() < limit) {
		loop_turn(s->w->loop, 5 * MSEC);
		got = recv(fd, text + n, sizeof(text) - 1 - n, MSG_DONTWAIT);
		n += got > 0 ? (size_t)got : 0;
	}
	close(fd);
	text[n] = '\0';
	assert_int_equal(got, 0);
	return json_loads(text, 0, NULL);
}

static json_t *call(const struct scene *s, const char *request)
{
	json_t *answer = call_end(s, call_begin(s, request));
	if (!answer)
		fail_msg("no JSON for %s", request);
	return answer;
}

static json_t *in(json_t *answer, const char *name)
{
	json_t *v = json_object_get(answer, name);
	if (!v)
		fail_msg("no \"%s\" in %s", name, json_dumps(answer, JSON_COMPACT));
	return v;
}

static void expect(const struct scene *s, const char *request, const char *want)
{
	json_t *answer = call(s, request), *expected = json_loads(want, 0, NULL);
	assert_non_null(expected);
	if (!json_equal(answer, expected))
		fail_msg("%s: found %s", request, json_dumps(answer, JSON_COMPACT));
	json_decref(answer);
	json_decref(expected);
}

static void expect_error(const struct scene *s, const char *request, const char *want)
{
	json_t *answer = call(s, request);
	const char *error = json_string_value(in(answer, "error"));
	if (strcmp(error, want) != 0)
		fail_msg("%s: found \"%s\"", request, error);
	json_decref(answer);
}

/* --- the scene --- */

static struct scene begin(void)
{
	struct scene s = {.w = world_up()};
	char why[FAILURE_MAX];
	folder_make(&s.folder);
	struct path_text path = in_folder(&s.folder, "sock");
	const struct localapi_config cfg = {
		.loop = s.w->loop, .log = &s.w->log, .driver = s.w->side[0].driver, .path = path.s};
	s.api = localapi_open(&cfg, why);
	if (!s.api)
		fail_msg("%s", why);
	return s;
}

static void end(struct scene *s)
{
	localapi_close(s->api);
	assert_int_equal(access(in_folder(&s->folder, "sock").s, F_OK), -1);
	world_end(s->w);
	folder_remove(&s->folder);
}

/* --- verbs --- */

static void status_tells_of_ourselves_relays_and_peers(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	json_t *a = call(&s, "{\"verb\": \"status\"}"), *self = in(a, "self");
	assert_true(json_is_true(in(a, "up")));
	assert_string_equal(json_string_value(in(self, "name")), "alice");
	assert_string_equal(json_string_value(in(self, "interface")), "fake0");
	assert_int_equal(json_integer_value(in(self, "port")),
			 udp_port(driver_udp(s.w->side[0].driver)));
	json_t *relay = json_array_get(in(a, "relays"), 0);
	assert_true(json_is_true(in(relay, "connected")));
	json_t *peer = json_array_get(in(a, "peers"), 0);
	assert_string_equal(json_string_value(in(peer, "name")), "bob");
	assert_true(json_is_true(in(peer, "session")));
	assert_true(json_integer_value(in(in(a, "udp"), "tx")) > 0);
	assert_null(json_object_get(a, "tun"));
	json_decref(a);
	a = call(&s, "{\"verb\": \"status\", \"peers\": false}");
	assert_int_equal(json_array_size(json_object_get(a, "peers")), 0);
	json_decref(a);
	end(&s);
}

static void down_and_up_say_whether_that_changed_something(void **state)
{
	struct scene s = begin();
	expect(&s, "{\"verb\": \"up\"}", "{\"up\": true, \"changed\": false}");
	expect(&s, "{\"verb\": \"down\"}", "{\"up\": false, \"changed\": true}");
	assert_false(driver_is_up(s.w->side[0].driver));
	expect(&s, "{\"verb\": \"down\"}", "{\"up\": false, \"changed\": false}");
	json_t *a = call(&s, "{\"verb\": \"status\"}");
	assert_true(json_is_false(in(a, "up")));
	json_decref(a);
	fakes[0].does_not_open = true;
	expect_error(&s, "{\"verb\": \"up\"}", "fake0: the test does not want it");
	fakes[0].does_not_open = false;
	expect(&s, "{\"verb\": \"up\"}", "{\"up\": true, \"changed\": true}");
	assert_true(driver_is_up(s.w->side[0].driver));
	EXPECT_LOGGED(s.w, "down, as `warren` asked\n");
	EXPECT_LOGGED(s.w, "up, as `warren` asked\n");
	end(&s);
}

static void a_ping_is_answered_by_the_pong(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	json_t *a = call(&s, "{\"verb\": \"ping\", \"peer\": \"bob\"}");
	assert_string_equal(json_string_value(in(a, "name")), "bob");
	assert_string_equal(json_string_value(in(a, "ip")), "100.64.0.2");
	assert_true(json_real_value(in(a, "rtt_ms")) > 0);
	json_decref(a);
	end(&s);
}

static void a_ping_without_answer_ends_in_time(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	side_down(&s.w->side[1]);
	json_t *a = call(&s, "{\"verb\": \"ping\", \"peer\": \"bob\", \"timeout_ms\": 50}");
	assert_true(json_is_true(in(a, "timeout")));
	assert_memory_equal(json_string_value(in(a, "error")), "no reply from bob in ", 21);
	json_decref(a);
	end(&s);
}

static void why_tells_of_one_peer(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	json_t *a = call(&s, "{\"verb\": \"why\", \"peer\": \"bob\"}");
	assert_string_equal(json_string_value(in(a, "name")), "bob");
	json_decref(a);
	expect_error(&s, "{\"verb\": \"why\", \"peer\": \"carol\"}",
		     "no peer is called so or has that address; `warren status` lists them");
	end(&s);
}

static void a_netcheck_is_a_report(void **state)
{
	struct scene s = begin();
	json_t *a = call(&s, "{\"verb\": \"netcheck\", \"full\": true}");
	assert_true(json_is_true(in(a, "udp")) && json_is_true(in(a, "full")));
	assert_string_equal(json_string_value(in(a, "preferred_relay")), "lab");
	assert_string_equal(json_string_value(in(a, "home_relay")), "lab");
	json_decref(a);
	end(&s);
}

static void a_lifetime_is_told_and_measured(void **state)
{
	struct scene s = begin();
	json_t *a = call(&s, "{\"verb\": \"lifetime\"}");
	assert_true(json_is_null(in(a, "ipv4")));
	json_decref(a);
	a = call(&s, "{\"verb\": \"lifetime\", \"longest_s\": 60}");
	assert_string_equal(json_string_value(in(in(a, "ipv4"), "state")), "running");
	json_decref(a);
	end(&s);
}

/* --- what is refused --- */

static void bad_requests_are_answered_with_a_sentence(void **state)
{
	static const char no_verb[] = "expected a JSON object with a \"verb\"";
	static const char bad_ping[] = "a ping needs a peer, and a timeout_ms from 1 to 60000";
	static const char bad_lifetime[] = "a lifetime needs a longest_s from 0 to 600";
	static const struct {
		const char *request, *error;
	} rows[] = {
		{"", no_verb},
		{"hello", no_verb},
		{"{", no_verb},
		{"[]", no_verb},
		{"{\"verb\": 7}", no_verb},
		{"{\"verb\": \"status\", \"verb\": \"down\"}", no_verb},
		{"{\"verb\": \"dance\"}",
		 "this warrend does not know that verb: is it older than this warren?"},
		{"{\"verb\": \"ping\"}", bad_ping},
		{"{\"verb\": \"ping\", \"peer\": 7}", bad_ping},
		{"{\"verb\": \"ping\", \"peer\": \"bob\", \"timeout_ms\": 0}", bad_ping},
		{"{\"verb\": \"ping\", \"peer\": \"bob\", \"timeout_ms\": 60001}", bad_ping},
		{"{\"verb\": \"ping\", \"peer\": \"bob\", \"timeout_ms\": \"5\"}", bad_ping},
		{"{\"verb\": \"lifetime\", \"longest_s\": -1}", bad_lifetime},
		{"{\"verb\": \"lifetime\", \"longest_s\": 601}", bad_lifetime},
		{"{\"verb\": \"lifetime\", \"longest_s\": \"60\"}", bad_lifetime},
		{"{\"verb\": \"lifetime\", \"longest_s\": 1.5}", bad_lifetime},
	};
	struct scene s = begin();
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		expect_error(&s, rows[i].request, rows[i].error);
	assert_true(driver_is_up(s.w->side[0].driver));
	end(&s);
}

static void what_needs_the_network_is_refused_while_it_is_down(void **state)
{
	static const char down[] = "Warren is down. Bring it up with: warren up";
	struct scene s = begin();
	side_down(&s.w->side[0]);
	expect_error(&s, "{\"verb\": \"ping\", \"peer\": \"bob\"}", down);
	expect_error(&s, "{\"verb\": \"why\", \"peer\": \"bob\"}", down);
	expect_error(&s, "{\"verb\": \"netcheck\"}",
		     "the network is down, so there is nothing to check from; try: warren up");
	expect_error(&s, "{\"verb\": \"lifetime\", \"longest_s\": 60}",
		     "the network is down, so there is nothing to measure from; try: warren up");
	end(&s);
}

static void a_request_that_is_too_long_is_hung_up_on(void **state)
{
	struct scene s = begin();
	char *request = malloc(UNIX_REQUEST_MAX + 2);
	memset(request, ' ', UNIX_REQUEST_MAX + 1);
	request[UNIX_REQUEST_MAX + 1] = '\0';
	int fd = call_begin(&s, request);
	char b;
	ssize_t n = -1;
	for (int i = 0; i < 500 && n < 0 && errno != ECONNRESET; i++) {
		loop_turn(s.w->loop, MSEC);
		errno = 0;
		n = recv(fd, &b, 1, MSG_DONTWAIT);
	}
	assert_true(n == 0 || errno == ECONNRESET);
	close(fd);
	free(request);
	end(&s);
}

/* --- what waits --- */

/* Bob is down, so nothing answers before the time. */
static int begin_to_wait(struct scene *s)
{
	side_down(&s->w->side[1]);
	int fd = call_begin(s, "{\"verb\": \"ping\", \"peer\": \"bob\", \"timeout_ms\": 60000}");
	turn_for(s->w, 20 * MSEC);
	return fd;
}

static void expect_ended(struct scene *s, int fd, const char *want)
{
	json_t *a = call_end(s, fd);
	assert_string_equal(json_string_value(in(a, "error")), want);
	json_decref(a);
}

static void what_waits_is_answered_when_the_configuration_is_loaded_again(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	int fd = begin_to_wait(&s);
	localapi_reloaded(s.api);
	expect_ended(&s, fd, "the configuration was loaded again; ask once more");
	end(&s);
}

static void what_waits_is_answered_when_it_goes_down(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	int fd = begin_to_wait(&s);
	expect(&s, "{\"verb\": \"down\"}", "{\"up\": false, \"changed\": true}");
	expect_ended(&s, fd, "Warren went down");
	end(&s);
}

static void what_waits_is_hung_up_on_at_the_end(void **state)
{
	struct scene s = begin();
	expect_passage(s.w, 0, "first");
	int fd = begin_to_wait(&s);
	char b;
	end(&s);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	close(fd);
}

static void more_clients_than_there_are_places_all_get_their_turn(void **state)
{
	enum { MANY = 3 * UNIX_CLIENTS_MAX };
	struct scene s = begin();
	int fd[MANY];
	for (size_t i = 0; i < MANY; i++) {
		fd[i] = call_begin(&s, "{\"verb\": \"status\", \"peers\": false}");
		loop_turn(s.w->loop, MSEC);
	}
	for (size_t i = 0; i < MANY; i++) {
		json_t *a = call_end(&s, fd[i]);
		assert_true(json_is_true(in(a, "up")));
		json_decref(a);
	}
	end(&s);
}

static void a_socket_that_cannot_be_made_says_why(void **state)
{
	struct world *w = world_up();
	char why[FAILURE_MAX] = "";
	const struct localapi_config cfg = {.loop = w->loop,
					    .log = &w->log,
					    .driver = w->side[0].driver,
					    .path = "/nonexistent/folder/sock"};
	assert_null(localapi_open(&cfg, why));
	assert_non_null(strstr(why, "/nonexistent/folder/sock"));
	localapi_close(NULL);
	world_end(w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(status_tells_of_ourselves_relays_and_peers),
	cmocka_unit_test(down_and_up_say_whether_that_changed_something),
	cmocka_unit_test(a_ping_is_answered_by_the_pong),
	cmocka_unit_test(a_ping_without_answer_ends_in_time),
	cmocka_unit_test(why_tells_of_one_peer),
	cmocka_unit_test(a_netcheck_is_a_report),
	cmocka_unit_test(a_lifetime_is_told_and_measured),
	cmocka_unit_test(bad_requests_are_answered_with_a_sentence),
	cmocka_unit_test(what_needs_the_network_is_refused_while_it_is_down),
	cmocka_unit_test(a_request_that_is_too_long_is_hung_up_on),
	cmocka_unit_test(what_waits_is_answered_when_the_configuration_is_loaded_again),
	cmocka_unit_test(what_waits_is_answered_when_it_goes_down),
	cmocka_unit_test(what_waits_is_hung_up_on_at_the_end),
	cmocka_unit_test(more_clients_than_there_are_places_all_get_their_turn),
	cmocka_unit_test(a_socket_that_cannot_be_made_says_why),
};
RUN_TESTS(tests)

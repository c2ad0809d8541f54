#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/unix_socket.h"
#include "unit/unit.h"

struct office {
	struct loop *l;
	struct unix_server *s;
	char path[64];
	unsigned asked;
	struct unix_peer peer;
	struct unix_ask *kept[UNIX_CLIENTS_MAX];
	unsigned n_kept;
};

static void asked(void *self, struct unix_ask *a, const char *request, const struct unix_peer *peer)
{
	struct office *o = self;
	char answer[128];
	o->asked++;
	o->peer = *peer;
	if (!strcmp(request, "later")) {
		o->kept[o->n_kept++] = a;
	} else if (!strcmp(request, "much")) {
		static uint8_t much[3 << 20];
		memset(much, 'm', sizeof(much));
		unix_answer(a, BYTES_OF(much));
	} else {
		snprintf(answer, sizeof(answer), "you said %.64s (%zu)", request, strlen(request));
		unix_answer(a, (struct bytes){(const uint8_t *)answer, strlen(answer)});
	}
}

static void open_office(struct office *o)
{
	static int number;
	char why[FAILURE_MAX];
	*o = (struct office){.l = loop_new()};
	snprintf(o->path, sizeof(o->path), "/tmp/warren-test-%d-%d", getpid(), number++);
	struct unix_server_config cfg = {.path = o->path, .mode = 0600, .asked = asked, .self = o};
	o->s = unix_server_open(o->l, &cfg, why);
	if (!o->s)
		fail_msg("%s", why);
}

/* The socket that it listens on, as nobody else has one by this name. */
static int listens_by(const struct office *o)
{
	for (int fd = 3; fd < 64; fd++) {
		struct sockaddr_un sa = {0};
		socklen_t len = sizeof(sa);
		if (!getsockname(fd, (struct sockaddr *)&sa, &len) && !strcmp(sa.sun_path, o->path))
			return fd;
	}
	return -1;
}

static void close_office(struct office *o)
{
	unix_server_close(o->s);
	assert_int_not_equal(access(o->path, F_OK), 0);
	loop_free(o->l);
}

/* A client in a thread, since it waits. */
struct client {
	pthread_t thread;
	const char *path, *request;
	mono_ns limit;
	char *answer, why[FAILURE_MAX];
	size_t n;
	volatile bool done;
};

static void *client_main(void *self)
{
	struct client *c = self;
	c->answer = unix_call(c->path, c->request, c->limit, &c->n, c->why);
	c->done = true;
	return NULL;
}

static void client_start(struct client *c, const char *path, const char *request, mono_ns limit)
{
	*c = (struct client){.path = path, .request = request, .limit = limit};
	assert_int_equal(pthread_create(&c->thread, NULL, client_main, c), 0);
}

static void client_end(struct client *c, struct office *o)
{
	while (!c->done)
		loop_turn(o->l, 10 * MSEC);
	pthread_join(c->thread, NULL);
}

static void a_request_gets_its_answer(void **state)
{
	static const struct {
		const char *request, *answer;
	} table[] = {
		{"status\n", "you said status (6)"},
		{"status", "you said status (6)"},
		{"status\r\n", "you said status (6)"},
		{"{\"ask\":1}\nmore\n", "you said {\"ask\":1} (9)"},
		{"\n", "you said  (0)"},
	};
	struct office o;
	open_office(&o);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct client c;
		client_start(&c, o.path, table[i].request, 5 * SECOND);
		client_end(&c, &o);
		assert_non_null(c.answer);
		assert_string_equal(c.answer, table[i].answer);
		free(c.answer);
	}
	assert_int_equal(o.peer.uid, getuid());
	assert_int_equal(o.peer.pid, getpid());
	close_office(&o);
}

/* Without file descriptors a client waits in the queue: that must not keep us awake. */
static void without_file_descriptors_it_rests_and_goes_on_afterwards(void **state)
{
	struct office o;
	struct client c;
	struct rlimit was, none;
	open_office(&o);
	client_start(&c, o.path, "status", 5 * SECOND);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	struct pollfd there = {.fd = listens_by(&o), .events = POLLIN};
	assert_int_equal(poll(&there, 1, 5000), 1);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	unsigned turns = 0;
	mono_ns until = clock_now() + 300 * MSEC;
	for (; clock_now() < until; turns++)
		loop_turn(o.l, 20 * MSEC);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_true(turns < 100);
	client_end(&c, &o);
	assert_string_equal(c.answer, "you said status (6)");
	free(c.answer);
	close_office(&o);
}

static void the_file_has_the_mode_that_was_asked_for(void **state)
{
	struct office o;
	struct stat st;
	open_office(&o);
	assert_int_equal(stat(o.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close_office(&o);
}

static void long_answers_arrive_whole(void **state)
{
	struct office o;
	struct client c;
	open_office(&o);
	client_start(&c, o.path, "much\n", 10 * SECOND);
	client_end(&c, &o);
	assert_non_null(c.answer);
	assert_int_equal(c.n, 3 << 20);
	for (size_t i = 0; i < c.n; i++)
		if (c.answer[i] != 'm')
			fail();
	free(c.answer);
	close_office(&o);
}

static void an_answer_may_come_later_or_too_late(void **state)
{
	struct office o;
	struct client c;
	open_office(&o);
	client_start(&c, o.path, "later", 5 * SECOND);
	while (!o.n_kept)
		loop_turn(o.l, 10 * MSEC);
	unix_answer(o.kept[0], (struct bytes){(const uint8_t *)"now", 3});
	client_end(&c, &o);
	assert_string_equal(c.answer, "now");
	free(c.answer);

	client_start(&c, o.path, "later", 100 * MSEC);
	client_end(&c, &o);
	assert_null(c.answer);
	assert_non_null(strstr(c.why, "takes too long"));
	unix_answer(o.kept[1], (struct bytes){(const uint8_t *)"now", 3}); /* nobody hears it */
	loop_turn(o.l, 10 * MSEC);

	client_start(&c, o.path, "later", 300 * MSEC);
	client_end(&c, &o);
	close_office(&o); /* with an ask that has no answer */
}

static int connect_raw(const char *path)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	memcpy(sa.sun_path, path, strlen(path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static void too_long_requests_are_hung_up(void **state)
{
	struct office o;
	open_office(&o);
	int fd = connect_raw(o.path);
	static char much[UNIX_REQUEST_MAX + 1];
	memset(much, 'x', sizeof(much));
	size_t sent = 0;
	ssize_t n = 0;
	for (int i = 0; i < 100 && n >= 0; i++) {
		if (sent < sizeof(much))
			n = send(fd, much + sent, sizeof(much) - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		sent += n > 0 ? (size_t)n : 0;
		n = 0;
		loop_turn(o.l, 1 * MSEC);
	}
	char in[8];
	assert_true(recv(fd, in, sizeof(in), MSG_DONTWAIT) <= 0);
	assert_int_equal(o.asked, 0);
	close(fd);
	fd = connect_raw(o.path); /* says nothing, and goes */
	close(fd);
	for (int i = 0; i < 3; i++)
		loop_turn(o.l, 1 * MSEC);
	assert_int_equal(o.asked, 0);
	close_office(&o);
}

static void silent_clients_make_room_for_others(void **state)
{
	struct office o;
	struct client c;
	int fds[UNIX_CLIENTS_MAX];
	open_office(&o);
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++) {
		fds[i] = connect_raw(o.path);
		loop_turn(o.l, 10 * MSEC);
	}
	client_start(&c, o.path, "hello", 5 * SECOND);
	client_end(&c, &o);
	assert_string_equal(c.answer, "you said hello (5)");
	free(c.answer);
	char in[8];
	assert_int_equal(recv(fds[0], in, sizeof(in), MSG_DONTWAIT),
			 0); /* the one that waited longest */
	assert_true(recv(fds[1], in, sizeof(in), MSG_DONTWAIT) < 0);
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++)
		close(fds[i]);
	close_office(&o);
}

static void a_second_server_is_refused_and_a_left_over_file_replaced(void **state)
{
	struct office o;
	char why[FAILURE_MAX];
	open_office(&o);
	struct unix_server_config cfg = {.path = o.path, .mode = 0600, .asked = asked, .self = &o};
	assert_null(unix_server_open(o.l, &cfg, why));
	assert_non_null(strstr(why, "another program answers"));
	loop_turn(o.l, 10 * MSEC);
	close_office(&o);

	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	memcpy(sa.sun_path, cfg.path, strlen(cfg.path));
	o = (struct office){.l = loop_new()};
	memcpy(o.path, sa.sun_path, strlen(sa.sun_path));
	cfg.path = sa.sun_path;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(sa.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	o.s = unix_server_open(o.l, &cfg, why);
	assert_non_null(o.s);
	close_office(&o);
	unix_server_close(NULL);
}

static void failures_are_sentences(void **state)
{
	struct loop *l = loop_new();
	char why[FAILURE_MAX], name[200];
	size_t n;
	assert_null(unix_call("/tmp/warren-none/socket", "x", SECOND, &n, why));
	assert_non_null(strstr(why, "is the daemon running?"));
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	assert_null(unix_call(name, "x", SECOND, &n, why));
	assert_non_null(strstr(why, "too long"));
	struct unix_server_config cfg = {
		.path = "/tmp/warren-none/socket", .mode = 0600, .asked = asked};
	assert_null(unix_server_open(l, &cfg, why));
	assert_non_null(strstr(why, "/tmp/warren-none/socket"));
	loop_free(l);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_request_gets_its_answer),
	cmocka_unit_test(without_file_descriptors_it_rests_and_goes_on_afterwards),
	cmocka_unit_test(the_file_has_the_mode_that_was_asked_for),
	cmocka_unit_test(long_answers_arrive_whole),
	cmocka_unit_test(an_answer_may_come_later_or_too_late),
	cmocka_unit_test(too_long_requests_are_hung_up),
	cmocka_unit_test(silent_clients_make_room_for_others),
	cmocka_unit_test(a_second_server_is_refused_and_a_left_over_file_replaced),
	cmocka_unit_test(failures_are_sentences),
};
RUN_TESTS(tests)

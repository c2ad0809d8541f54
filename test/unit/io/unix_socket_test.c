#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/unix_socket.h"
#include "unit/no_memory.h"
#include "unit/unit.h"

/* The clock of the code under test (tests_wrap in test/meson.build): so much later than it is. */
static mono_ns later;
mono_ns __real_clock_now(void);
mono_ns __wrap_clock_now(void);

mono_ns __wrap_clock_now(void)
{
	return __real_clock_now() + later;
}

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

static void nothing(void *self)
{
}

/* One turn that does not wait for the timers, which are set by the clock that the test has moved.
 */
static void turn_at_once(struct loop *l)
{
	struct loop_deferred *d = loop_deferred_new(l, (struct loop_call){nothing, NULL});
	loop_deferred_ask(d);
	loop_turn(l, 0);
	loop_deferred_free(d);
}

/* Has the server hung up, without a word? */
static bool is_hung_up(int fd)
{
	char in[8];
	return recv(fd, in, sizeof(in), MSG_DONTWAIT) == 0;
}

static void half_a_request_is_waited_for_so_long_and_no_longer(void **state)
{
	struct office o;
	open_office(&o);
	int fd = connect_raw(o.path);
	turn_at_once(o.l);
	assert_int_equal(send(fd, "stat", 4, 0), 4);
	turn_at_once(o.l);
	later = UNIX_ASK_LIMIT - SECOND;
	assert_int_equal(send(fd, "us", 2, 0), 2); /* more of it does not buy time */
	turn_at_once(o.l);
	assert_false(is_hung_up(fd));
	later = UNIX_ASK_LIMIT + SECOND;
	turn_at_once(o.l);
	assert_true(is_hung_up(fd));
	assert_int_equal(o.asked, 0);
	later = 0;
	close(fd);
	close_office(&o);
}

static void an_answer_that_nobody_reads_is_given_up(void **state)
{
	struct office o;
	char in[65536];
	open_office(&o);
	int fd = connect_raw(o.path);
	assert_int_equal(send(fd, "much\n", 5, 0), 5);
	for (int i = 0; i < 4; i++)
		turn_at_once(o.l);
	assert_int_equal(o.asked, 1);
	later = UNIX_ANSWER_LIMIT - SECOND;
	turn_at_once(o.l);
	later = UNIX_ANSWER_LIMIT + SECOND;
	turn_at_once(o.l);
	later = 0;
	size_t got = 0;
	ssize_t n;
	while ((n = recv(fd, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		got += (size_t)n;
		turn_at_once(o.l);
	}
	assert_int_equal(n, 0); /* hung up, after what had fitted */
	assert_in_range(got, 1, (3 << 20) - 1);
	close(fd);
	close_office(&o);
}

/* The owner has its own time: an ask that waits is not hung up by the limit of a request. */
static void a_whole_request_has_no_limit_until_it_is_answered(void **state)
{
	struct office o;
	char in[8];
	open_office(&o);
	int fd = connect_raw(o.path);
	assert_int_equal(send(fd, "later\n", 6, 0), 6);
	for (int i = 0; i < 3; i++)
		turn_at_once(o.l);
	assert_int_equal(o.n_kept, 1);
	later = 10 * (UNIX_ASK_LIMIT + UNIX_ANSWER_LIMIT);
	turn_at_once(o.l);
	unix_answer(o.kept[0], (struct bytes){(const uint8_t *)"now", 3});
	turn_at_once(o.l);
	assert_int_equal(recv(fd, in, sizeof(in), MSG_DONTWAIT), 3);
	later = 0;
	close(fd);
	close_office(&o);
}

static void a_request_may_come_letter_by_letter_and_ends_at_a_nul(void **state)
{
	struct office o;
	char in[64] = "";
	open_office(&o);
	int fd = connect_raw(o.path);
	for (const char *p = "stat\n"; *p; p++) {
		assert_int_equal(o.asked, 0);
		assert_int_equal(send(fd, p, 1, 0), 1);
		turn_at_once(o.l);
		turn_at_once(o.l);
	}
	turn_at_once(o.l);
	assert_true(recv(fd, in, sizeof(in) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(in, "you said stat (4)");
	close(fd);
	fd = connect_raw(o.path);
	assert_int_equal(send(fd, "st\0at\n", 6, 0), 6);
	for (int i = 0; i < 3; i++)
		turn_at_once(o.l);
	memset(in, 0, sizeof(in));
	assert_true(recv(fd, in, sizeof(in) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(in, "you said st (2)");
	close(fd);
	close_office(&o);
}

static void a_client_that_goes_before_its_answer_disturbs_nobody(void **state)
{
	struct office o;
	struct client c;
	open_office(&o);
	int fd = connect_raw(o.path);
	assert_int_equal(send(fd, "much\n", 5, 0), 5);
	close(fd);
	for (int i = 0; i < 4; i++)
		turn_at_once(o.l);
	assert_int_equal(o.asked, 1);
	client_start(&c, o.path, "status", 5 * SECOND);
	client_end(&c, &o);
	assert_string_equal(c.answer, "you said status (6)");
	free(c.answer);
	close_office(&o);
}

static void an_empty_answer_is_none(void **state)
{
	struct office o;
	struct client c;
	open_office(&o);
	client_start(&c, o.path, "later", 5 * SECOND);
	while (!o.n_kept)
		loop_turn(o.l, 10 * MSEC);
	unix_answer(o.kept[0], (struct bytes){NULL, 0});
	client_end(&c, &o);
	assert_null(c.answer);
	assert_non_null(strstr(c.why, "hung up without an answer"));
	close_office(&o);
}

/* --- without memory --- */

static void a_server_without_memory_is_not_opened_and_leaves_no_file(void **state)
{
	struct loop *l = loop_new();
	char path[64];
	snprintf(path, sizeof(path), "/tmp/warren-test-%d-none", getpid());
	struct unix_server_config cfg = {.path = path, .mode = 0600, .asked = asked};
	for (int left = 0; left < 3; left++) {
		char why[FAILURE_MAX] = "";
		memory_left = left;
		struct unix_server *s = unix_server_open(l, &cfg, why);
		memory_left = -1;
		assert_null(s);
		assert_memory_equal(why, "no memory for the socket /tmp/", 30);
		assert_int_not_equal(access(path, F_OK), 0);
	}
	loop_free(l);
}

/* The places where a client needs memory: its watch, its timer, the request, the answer. */
static void a_client_that_there_is_no_memory_for_is_hung_up(void **state)
{
	struct office o;
	struct client c;
	open_office(&o);
	for (int left = 0; left < 4; left++) {
		int fd = connect_raw(o.path);
		assert_int_equal(send(fd, "status\n", 7, 0), 7);
		memory_left = left;
		for (int i = 0; i < 3; i++)
			loop_turn(o.l, MSEC);
		memory_left = -1;
		assert_int_equal(o.asked, left == 3);
		char in[8];
		assert_true(recv(fd, in, sizeof(in), MSG_DONTWAIT) <= 0 && errno != EAGAIN);
		close(fd);
	}
	client_start(&c, o.path, "status", 5 * SECOND);
	client_end(&c, &o);
	assert_string_equal(c.answer, "you said status (6)");
	free(c.answer);
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

/* All have asked, and nobody is slower than the others: a new one is not taken, and hears it. */
static void when_all_wait_for_an_answer_a_new_client_is_hung_up(void **state)
{
	struct office o;
	struct client waiting[UNIX_CLIENTS_MAX], c;
	open_office(&o);
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++)
		client_start(&waiting[i], o.path, "later", 5 * SECOND);
	while (o.n_kept < UNIX_CLIENTS_MAX)
		loop_turn(o.l, 10 * MSEC);
	client_start(&c, o.path, "hello", 5 * SECOND);
	client_end(&c, &o);
	assert_null(c.answer);
	assert_non_null(strstr(c.why, "hung up without an answer"));
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++)
		unix_answer(o.kept[i], (struct bytes){(const uint8_t *)"now", 3});
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++) {
		client_end(&waiting[i], &o);
		assert_string_equal(waiting[i].answer, "now");
		free(waiting[i].answer);
	}
	close_office(&o);
}

/* The longest request is taken, with its end of line or without. */
static void the_longest_request_is_taken(void **state)
{
	struct office o;
	struct client c;
	char *much = malloc(UNIX_REQUEST_MAX + 1), want[32];
	open_office(&o);
	memset(much, 'x', UNIX_REQUEST_MAX);
	much[UNIX_REQUEST_MAX] = 0;
	for (size_t line = 0; line < 2; line++) {
		if (line)
			much[UNIX_REQUEST_MAX - 1] = '\n';
		client_start(&c, o.path, much, 5 * SECOND);
		client_end(&c, &o);
		snprintf(want, sizeof(want), "(%zu)", UNIX_REQUEST_MAX - line);
		assert_non_null(c.answer);
		assert_non_null(strstr(c.answer, want));
		free(c.answer);
	}
	free(much);
	close_office(&o);
}

/* A server of the test's own, that keeps to nothing. */
struct liar {
	char path[64];
	int fd;
	size_t answer; /* bytes that it sends before it closes */
	pthread_t thread;
};

static void *liar_main(void *self)
{
	struct liar *s = self;
	static uint8_t much[1 << 20];
	int fd = accept(s->fd, NULL, NULL);
	for (size_t left = s->answer; left > 0;) {
		ssize_t n = send(fd, much, left < sizeof(much) ? left : sizeof(much), MSG_NOSIGNAL);
		if (n <= 0)
			break;
		left -= (size_t)n;
	}
	close(fd);
	return NULL;
}

static void liar_open(struct liar *s, int backlog)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	snprintf(s->path, sizeof(s->path), "/tmp/warren-test-%d-liar", getpid());
	memcpy(sa.sun_path, s->path, strlen(s->path));
	unlink(s->path);
	s->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(s->fd, backlog), 0);
}

static void liar_close(struct liar *s)
{
	close(s->fd);
	unlink(s->path);
}

static void an_answer_without_end_is_given_up(void **state)
{
	struct liar s = {.answer = UNIX_ANSWER_MAX + 1};
	char why[FAILURE_MAX];
	size_t n;
	liar_open(&s, 4);
	assert_int_equal(pthread_create(&s.thread, NULL, liar_main, &s), 0);
	assert_null(unix_call(s.path, "status", 30 * SECOND, &n, why));
	assert_non_null(strstr(why, "longer than 64 MiB"));
	pthread_join(s.thread, NULL);
	liar_close(&s);
}

static void a_server_that_hangs_up_is_told(void **state)
{
	struct liar s = {.answer = 0};
	char why[FAILURE_MAX];
	size_t n;
	liar_open(&s, 4);
	assert_int_equal(pthread_create(&s.thread, NULL, liar_main, &s), 0);
	assert_null(unix_call(s.path, "status", 5 * SECOND, &n, why));
	assert_non_null(strstr(why, "hung up without an answer"));
	pthread_join(s.thread, NULL);
	liar_close(&s);
}

/* It accepts nobody, and its queue is full. */
static void a_server_that_takes_nobody_is_given_up_in_time(void **state)
{
	struct liar s = {0};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	char why[FAILURE_MAX];
	int full[8];
	size_t n;
	liar_open(&s, 0);
	memcpy(sa.sun_path, s.path, strlen(s.path));
	for (size_t i = 0; i < ARRAY_LEN(full); i++) {
		full[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(full[i], (struct sockaddr *)&sa, sizeof(sa));
	}
	mono_ns start = clock_now();
	assert_null(unix_call(s.path, "status", 100 * MSEC, &n, why));
	assert_non_null(strstr(why, "it takes too long"));
	assert_in_range(clock_now() - start, 50 * MSEC, 2 * SECOND);
	assert_null(unix_call(s.path, "status", 0, &n, why));
	assert_non_null(strstr(why, "it takes too long"));
	for (size_t i = 0; i < ARRAY_LEN(full); i++)
		close(full[i]);
	liar_close(&s);
}

static void a_socket_of_somebody_else_says_what_to_do(void **state)
{
	struct office o;
	int status;
	if (geteuid() != 0)
		skip();
	open_office(&o);
	pid_t child = fork();
	if (child == 0) {
		char why[FAILURE_MAX];
		size_t n;
		if (setresuid(65534, 65534, 65534))
			_exit(77);
		char *answer = unix_call(o.path, "status", SECOND, &n, why);
		_exit(answer || !strstr(why, "run as root, or as a member of its group"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	close_office(&o);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
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
	char file[] = "/tmp/warren-test-XXXXXX"; /* somebody's file, and no socket: it stays */
	close(mkstemp(file));
	cfg.path = file;
	assert_null(unix_server_open(l, &cfg, why));
	assert_non_null(strstr(why, "there is another file of that name"));
	assert_int_equal(unlink(file), 0);
	cfg.path = "";
	assert_null(unix_server_open(l, &cfg, why));
	assert_non_null(strstr(why, "too long or empty"));
	loop_free(l);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_request_gets_its_answer),
	cmocka_unit_test(without_file_descriptors_it_rests_and_goes_on_afterwards),
	cmocka_unit_test(the_file_has_the_mode_that_was_asked_for),
	cmocka_unit_test(long_answers_arrive_whole),
	cmocka_unit_test(an_answer_may_come_later_or_too_late),
	cmocka_unit_test(too_long_requests_are_hung_up),
	cmocka_unit_test(half_a_request_is_waited_for_so_long_and_no_longer),
	cmocka_unit_test(an_answer_that_nobody_reads_is_given_up),
	cmocka_unit_test(a_whole_request_has_no_limit_until_it_is_answered),
	cmocka_unit_test(a_request_may_come_letter_by_letter_and_ends_at_a_nul),
	cmocka_unit_test(a_client_that_goes_before_its_answer_disturbs_nobody),
	cmocka_unit_test(an_empty_answer_is_none),
	cmocka_unit_test(a_server_without_memory_is_not_opened_and_leaves_no_file),
	cmocka_unit_test(a_client_that_there_is_no_memory_for_is_hung_up),
	cmocka_unit_test(silent_clients_make_room_for_others),
	cmocka_unit_test(a_second_server_is_refused_and_a_left_over_file_replaced),
	cmocka_unit_test(when_all_wait_for_an_answer_a_new_client_is_hung_up),
	cmocka_unit_test(the_longest_request_is_taken),
	cmocka_unit_test(an_answer_without_end_is_given_up),
	cmocka_unit_test(a_server_that_hangs_up_is_told),
	cmocka_unit_test(a_server_that_takes_nobody_is_given_up_in_time),
	cmocka_unit_test(a_socket_of_somebody_else_says_what_to_do),
	cmocka_unit_test(failures_are_sentences),
};
RUN_TESTS(tests)

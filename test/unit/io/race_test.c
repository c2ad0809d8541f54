#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/race.h"
#include "unit/unit.h"

struct finish {
	struct loop *l;
	struct race *r;
	unsigned times;
	bool stop_in_call;
	int fd;
	struct endpoint to;
	char why[FAILURE_MAX];
};

static void on_over(void *self, int fd, const struct endpoint *to, const char *why)
{
	struct finish *f = self;
	f->times++;
	f->fd = fd;
	f->to = *to;
	snprintf(f->why, sizeof(f->why), "%s", why);
	if (f->stop_in_call) {
		race_stop(f->r);
		f->r = NULL;
	}
}

/* A listening socket on loopback; -1 if there is none in this family. */
static int listen_on(int family, uint16_t *port)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *sa = family == AF_INET6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t len = family == AF_INET6 ? sizeof(v6) : sizeof(v4);
	int fd = socket(family, SOCK_STREAM, 0);
	if (fd < 0 || bind(fd, sa, len) || listen(fd, 4) || getsockname(fd, sa, &len)) {
		close(fd);
		return -1;
	}
	*port = ntohs(family == AF_INET6 ? v6.sin6_port : v4.sin_port);
	return fd;
}

static struct endpoint at(const char *ip, uint16_t port)
{
	struct endpoint e = {.port = port};
	assert_true(ip_parse(&e.ip, ip));
	return e;
}

static mono_ns run(struct finish *f, const struct endpoint *v, size_t n)
{
	mono_ns start = clock_now();
	f->r = race_start(f->l, v, n, (struct race_call){on_over, f});
	assert_non_null(f->r);
	assert_int_equal(f->times, 0);
	while (f->times == 0 && clock_now() - start < 5 * SECOND)
		loop_turn(f->l, 100 * MSEC);
	for (int i = 0; i < 3; i++)
		loop_turn(f->l, 1 * MSEC);
	assert_int_equal(f->times, 1);
	return clock_now() - start;
}

static void end(struct finish *f)
{
	race_stop(f->r);
	if (f->fd >= 0)
		close(f->fd);
	loop_free(f->l);
}

static void the_address_that_answers_wins(void **state)
{
	uint16_t port;
	int server = listen_on(AF_INET, &port);
	for (int stop = 0; stop < 2; stop++) {
		struct finish f = {.l = loop_new(), .stop_in_call = stop};
		/* two that refuse come first */
		struct endpoint v[] = {at("127.0.0.2", port), at("127.0.0.3", port),
				       at("127.0.0.1", port)};
		run(&f, v, ARRAY_LEN(v));
		assert_true(f.fd >= 0);
		assert_true(endpoint_equal(&f.to, &v[2]));
		end(&f);
	}
	close(server);
}

static void ipv6_has_a_head_start(void **state)
{
	uint16_t port;
	int server = listen_on(AF_INET6, &port);
	if (server < 0)
		skip();
	struct finish f = {.l = loop_new()};
	struct endpoint v[] = {at("127.0.0.1", port), at("::1", port)};
	run(&f, v, ARRAY_LEN(v));
	assert_int_equal(f.to.ip.family, 6);
	end(&f);
	close(server);
}

static void ipv4_does_not_wait_when_ipv6_has_failed(void **state)
{
	uint16_t port;
	int server = listen_on(AF_INET, &port);
	struct finish f = {.l = loop_new()};
	struct endpoint v[] = {at("::1", port), at("127.0.0.1", port)};
	assert_true(run(&f, v, ARRAY_LEN(v)) < RACE_V6_HEAD_START);
	assert_int_equal(f.to.ip.family, 4);
	end(&f);
	close(server);
}

static void all_that_failed_is_told(void **state)
{
	uint16_t port;
	close(listen_on(AF_INET, &port)); /* free now */
	struct finish f = {.l = loop_new(), .stop_in_call = true};
	struct endpoint v[] = {at("127.0.0.1", port), at("::1", port)};
	run(&f, v, 1);
	assert_int_equal(f.fd, -1);
	assert_non_null(strstr(f.why, "127.0.0.1:"));
	assert_non_null(strstr(f.why, "refused"));
	f.times = 0;
	run(&f, v, 2);
	assert_non_null(strstr(f.why, "127.0.0.1:"));
	assert_non_null(strstr(f.why, "[::1]:"));
	end(&f);
}

static void an_address_that_cannot_be_used_is_passed_over(void **state)
{
	uint16_t port;
	int server = listen_on(AF_INET, &port);
	struct finish f = {.l = loop_new()};
	struct endpoint v[] = {at("255.255.255.255", port), at("127.0.0.1", port)};
	run(&f, v, ARRAY_LEN(v));
	assert_true(endpoint_equal(&f.to, &v[1]));
	end(&f);
	close(server);
}

static void may_be_stopped_before_the_start(void **state)
{
	struct finish f = {.l = loop_new(), .fd = -1};
	struct endpoint v[] = {at("127.0.0.1", 9)};
	f.r = race_start(f.l, v, 1, (struct race_call){on_over, &f});
	race_stop(f.r);
	f.r = NULL;
	loop_turn(f.l, 10 * MSEC);
	assert_int_equal(f.times, 0);
	assert_null(race_start(f.l, v, 0, (struct race_call){on_over, &f}));
	end(&f);
}

/* A lane tries four addresses, and then it has failed, whatever else there may be. */
static void not_more_than_four_addresses_of_a_family_are_tried(void **state)
{
	uint16_t port;
	int server = listen_on(AF_INET, &port);
	struct finish f = {.l = loop_new()};
	struct endpoint v[] = {at("127.0.0.2", port), at("127.0.0.3", port), at("127.0.0.4", port),
			       at("127.0.0.5", port), at("127.0.0.1", port)};
	run(&f, v, ARRAY_LEN(v));
	assert_int_equal(f.fd, -1);
	assert_non_null(strstr(f.why, "127.0.0.5:")); /* the last that was tried */
	f.times = 0;
	race_stop(f.r);
	run(&f, v + 1, ARRAY_LEN(v) - 1);
	assert_true(f.fd >= 0);
	assert_true(endpoint_equal(&f.to, &v[4]));
	end(&f);
	close(server);
}

/* A listening socket whose queue is full answers nothing. */
static int fill_queue(int server, uint16_t port, int fds[static 8])
{
	struct sockaddr_in sa = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(port)};
	int n = 0;
	assert_int_equal(listen(server, 0), 0);
	for (bool taken = true; taken && n < 8; n++) {
		fds[n] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)!connect(fds[n], (struct sockaddr *)&sa, sizeof(sa));
		struct pollfd p = {.fd = fds[n], .events = POLLOUT};
		taken = poll(&p, 1, 100) == 1;
	}
	return n;
}

static void an_address_that_is_silent_gives_way_to_the_next(void **state)
{
	uint16_t port;
	int silent = listen_on(AF_INET, &port), fds[8], n = fill_queue(silent, port, fds);
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons(port)};
	int server = socket(AF_INET, SOCK_STREAM, 0);
	inet_pton(AF_INET, "127.0.0.2", &sa.sin_addr);
	assert_int_equal(bind(server, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(server, 1), 0);
	struct finish f = {.l = loop_new()};
	struct endpoint v[] = {at("127.0.0.1", port), at("127.0.0.2", port)};
	assert_true(run(&f, v, 2) >= RACE_NEXT_AFTER);
	assert_true(f.fd >= 0);
	assert_true(endpoint_equal(&f.to, &v[1]));
	end(&f);
	while (n > 0)
		close(fds[--n]);
	close(server);
	close(silent);
}

static void without_sockets_the_race_is_lost_in_a_sentence(void **state)
{
	struct rlimit was, none;
	struct finish f = {.l = loop_new()};
	struct endpoint v[] = {at("::1", 9), at("127.0.0.1", 9)};
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = was.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	run(&f, v, 2);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_int_equal(f.fd, -1);
	assert_string_equal(f.why,
			    "127.0.0.1:9: Too many open files; [::1]:9: Too many open files");
	end(&f);
}

/* Stopped under way, it leaves no socket behind. */
static void what_is_stopped_under_way_is_closed(void **state)
{
	uint16_t port;
	int silent = listen_on(AF_INET, &port), fds[8], n = fill_queue(silent, port, fds);
	struct finish f = {.l = loop_new(), .fd = -1};
	struct endpoint v[] = {at("127.0.0.1", port)};
	int next = dup(silent); /* the number that the race's socket will have */
	close(next);
	f.r = race_start(f.l, v, 1, (struct race_call){on_over, &f});
	assert_non_null(f.r);
	assert_false(race_is_stranded(f.r)); /* nothing is under way */
	for (int i = 0; i < 10 && fcntl(next, F_GETFD) < 0; i++)
		loop_turn(f.l, 10 * MSEC);
	assert_true(fcntl(next, F_GETFD) >= 0);
	assert_false(race_is_stranded(f.r)); /* 127.0.0.1 is still ours */
	race_stop(f.r);
	f.r = NULL;
	assert_int_equal(fcntl(next, F_GETFD), -1);
	loop_turn(f.l, 1 * MSEC);
	assert_int_equal(f.times, 0);
	end(&f);
	while (n > 0)
		close(fds[--n]);
	close(silent);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(not_more_than_four_addresses_of_a_family_are_tried),
	cmocka_unit_test(an_address_that_is_silent_gives_way_to_the_next),
	cmocka_unit_test(without_sockets_the_race_is_lost_in_a_sentence),
	cmocka_unit_test(what_is_stopped_under_way_is_closed),
	cmocka_unit_test(the_address_that_answers_wins),
	cmocka_unit_test(ipv6_has_a_head_start),
	cmocka_unit_test(ipv4_does_not_wait_when_ipv6_has_failed),
	cmocka_unit_test(all_that_failed_is_told),
	cmocka_unit_test(an_address_that_cannot_be_used_is_passed_over),
	cmocka_unit_test(may_be_stopped_before_the_start),
};
RUN_TESTS(tests)

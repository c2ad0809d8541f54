#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/bind.h"
#include "io/sandbox.h"
#include "unit/addresses.h"
#include "unit/io/few_files.h"
#include "unit/unit.h"

static char why[FAILURE_MAX];

static void expect_failure(const struct endpoint *e, enum bind_kind kind, const char *part)
{
	int fd[BIND_FAMILIES];
	assert_false(bind_port(fd, e, kind, why));
	if (!strstr(why, part))
		fail_msg("expected '%s' in '%s'", part, why);
	assert_int_equal(fd[0], -1);
	assert_int_equal(fd[1], -1);
}

static void both_families_have_the_same_free_port(void **state)
{
	for (enum bind_kind kind = BIND_TCP; kind <= BIND_UDP; kind++) {
		int fd[BIND_FAMILIES];
		struct endpoint any = {0};
		assert_true(bind_port(fd, &any, kind, why));
		uint16_t port = bind_port_of(fd);
		assert_int_not_equal(port, 0);
		if (fd[1] >= 0) { /* where there is IPv6 */
			struct sockaddr_in6 sa;
			socklen_t len = sizeof(sa);
			assert_int_equal(getsockname(fd[1], (struct sockaddr *)&sa, &len), 0);
			assert_int_equal(ntohs(sa.sin6_port), port);
		}
		bind_close(fd);
		assert_int_equal(fd[0], -1);
		assert_int_equal(bind_port_of(fd), 0);
		bind_close(fd);
	}
}

static void one_address_is_one_socket(void **state)
{
	int fd[BIND_FAMILIES], v6[BIND_FAMILIES];
	struct endpoint here = ep_of("127.0.0.1:0"), here6 = ep_of("[::1]:0");
	assert_true(bind_port(fd, &here, BIND_TCP, why));
	assert_true(fd[0] >= 0 && fd[1] == -1);
	if (bind_port(v6, &here6, BIND_TCP, why))
		assert_true(v6[0] == -1 && v6[1] >= 0);
	bind_close(v6);
	bind_close(fd);
}

static void failures_say_what_to_do(void **state)
{
	int fd[BIND_FAMILIES];
	struct endpoint any = {0}, elsewhere = ep_of("192.0.2.1:0");
	for (enum bind_kind kind = BIND_TCP; kind <= BIND_UDP; kind++) {
		assert_true(bind_port(fd, &any, kind, why));
		struct endpoint taken = {.port = bind_port_of(fd)};
		expect_failure(&taken, kind, "is in use: stop the program that has it");
		assert_non_null(strstr(why, kind == BIND_TCP ? "TCP port" : "UDP port"));
		bind_close(fd);
		expect_failure(&elsewhere, kind, "192.0.2.1:0 is not an address of this machine");
	}
}

/* IPv4's half is free, IPv6's is not. */
static void a_port_taken_for_one_family_is_taken(void **state)
{
	struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
	socklen_t len = sizeof(sa);
	int one = 1, fd = socket(AF_INET6, SOCK_DGRAM, 0);
	if (fd < 0)
		skip();
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &len), 0);
	expect_failure(&(struct endpoint){.port = ntohs(sa.sin6_port)}, BIND_UDP, "is in use");
	close(fd);
}

/* In a network namespace of a user namespace, without capabilities: no port below 1024 is free. */
static void low_ports_want_a_capability(void **state)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		int fd[BIND_FAMILIES];
		struct endpoint low = {.port = 443};
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
			_exit(77);
		bool dropped = sandbox_drop_capabilities(0, why);
		(void)dropped;
		_exit(bind_port(fd, &low, BIND_TCP, why) || !strstr(why, "CAP_NET_BIND_SERVICE"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void without_files_no_socket_is_left_open(void **state)
{
	for (rlim_t n = 0; n < 2; n++) {
		struct endpoint any = {0};
		struct rlimit was = leave_files(n);
		int fd[BIND_FAMILIES];
		bool bound = bind_port(fd, &any, BIND_TCP, why);
		int free_again = n ? dup(0) : 0;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
		assert_false(bound);
		assert_non_null(strstr(why, "cannot open TCP"));
		assert_non_null(strstr(why, "Too many open files"));
		assert_true(fd[0] == -1 && fd[1] == -1);
		assert_true(free_again >= 0);
		if (n)
			close(free_again);
	}
}

/* The other half of a port is given back when one half is taken. */
static void a_half_taken_port_is_given_back(void **state)
{
	int fd[BIND_FAMILIES], half[BIND_FAMILIES];
	struct endpoint six = ep_of("[::]:0");
	if (!bind_port(half, &six, BIND_TCP, why))
		skip();
	struct endpoint both = {.port = bind_port_of(half)}, four = ep_of("0.0.0.0:0");
	four.port = both.port;
	expect_failure(&both, BIND_TCP, "is in use");
	assert_true(bind_port(fd, &four, BIND_TCP, why));
	assert_int_equal(bind_port_of(fd), both.port);
	bind_close(fd);
	bind_close(half);
	assert_true(bind_port(fd, &both, BIND_TCP, why));
	bind_close(fd);
}

static bool is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 2000) == 1;
}

/* Each socket has its own family only, takes callers, and never waits. */
static void the_sockets_of_a_server_work(void **state)
{
	for (enum bind_kind kind = BIND_TCP; kind <= BIND_UDP; kind++) {
		int fd[BIND_FAMILIES], caller;
		struct endpoint any = {0};
		assert_true(bind_port(fd, &any, kind, why));
		struct sockaddr_in to = {.sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
					 .sin_port = htons(bind_port_of(fd))};
		caller = socket(AF_INET, kind == BIND_TCP ? SOCK_STREAM : SOCK_DGRAM, 0);
		for (int i = 0; i < BIND_FAMILIES; i++) {
			char c;
			if (fd[i] < 0)
				continue;
			assert_true(fcntl(fd[i], F_GETFL) & O_NONBLOCK);
			assert_true(fcntl(fd[i], F_GETFD) & FD_CLOEXEC);
			if (kind == BIND_TCP)
				assert_int_equal(accept(fd[i], NULL, NULL), -1);
			else
				assert_int_equal(recv(fd[i], &c, 1, 0), -1);
			assert_int_equal(errno, EAGAIN);
		}
		assert_int_equal(connect(caller, (struct sockaddr *)&to, sizeof(to)), 0);
		if (kind == BIND_UDP)
			assert_int_equal(send(caller, "x", 1, 0), 1);
		assert_true(is_ready(fd[0]));
		struct pollfd other = {.fd = fd[1], .events = POLLIN};
		assert_int_equal(poll(&other, 1, 0), 0);
		close(caller);
		bind_close(fd);
	}
}

/* A server that was stopped starts again at once, although callers of before linger. */
static void a_port_with_old_connections_can_be_opened_again(void **state)
{
	int fd[BIND_FAMILIES], caller = socket(AF_INET, SOCK_STREAM, 0);
	struct endpoint here = ep_of("127.0.0.1:0");
	assert_true(bind_port(fd, &here, BIND_TCP, why));
	here.port = bind_port_of(fd);
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(here.port)};
	assert_int_equal(connect(caller, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_true(is_ready(fd[0]));
	int taken = accept(fd[0], NULL, NULL);
	assert_true(taken >= 0);
	close(taken); /* the server closes first: its side waits */
	bind_close(fd);
	if (!bind_port(fd, &here, BIND_TCP, why))
		fail_msg("%s", why);
	bind_close(fd);
	close(caller);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_files_no_socket_is_left_open),
	cmocka_unit_test(a_half_taken_port_is_given_back),
	cmocka_unit_test(the_sockets_of_a_server_work),
	cmocka_unit_test(a_port_with_old_connections_can_be_opened_again),
	cmocka_unit_test(both_families_have_the_same_free_port),
	cmocka_unit_test(one_address_is_one_socket),
	cmocka_unit_test(failures_say_what_to_do),
	cmocka_unit_test(a_port_taken_for_one_family_is_taken),
	cmocka_unit_test(low_ports_want_a_capability),
};
RUN_TESTS(tests)

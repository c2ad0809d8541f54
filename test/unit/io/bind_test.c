#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/bind.h"
#include "io/sandbox.h"
#include "unit/unit.h"

static char why[FAILURE_MAX];

static struct endpoint at(const char *text)
{
	struct endpoint e;
	assert_true(endpoint_parse(&e, text));
	return e;
}

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
	struct endpoint here = at("127.0.0.1:0"), here6 = at("[::1]:0");
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
	struct endpoint any = {0}, elsewhere = at("192.0.2.1:0");
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

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(both_families_have_the_same_free_port),
	cmocka_unit_test(one_address_is_one_socket),
	cmocka_unit_test(failures_say_what_to_do),
	cmocka_unit_test(a_port_taken_for_one_family_is_taken),
	cmocka_unit_test(low_ports_want_a_capability),
};
RUN_TESTS(tests)

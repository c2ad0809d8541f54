/* Names, in a network and with a resolv.conf of the test's own; skipped where that is not allowed.
 */
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/dialer_inside.h"
#include "io/netlink.h"
#include "unit/unit.h"

enum { SKIP = 77 };

/* cmocka's own checks must not be used in the child: they would go on with the parent's tests. */
#define CHECK(x)                                                                        \
	do {                                                                            \
		if (!(x)) {                                                             \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #x); \
			_exit(1);                                                       \
		}                                                                       \
	} while (0)

static char why[FAILURE_MAX];

/* A name server on the loopback that says nothing; its socket. */
static int be_silent_server(void)
{
	char conf[] = "/tmp/resolv.XXXXXX";
	static const char text[] = "nameserver 127.0.0.1\n";
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int file = mkstemp(conf), fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(file >= 0 && write(file, text, sizeof(text) - 1) == sizeof(text) - 1 &&
	      close(file) == 0);
	bool bound = mount(conf, "/etc/resolv.conf", "none", MS_BIND, NULL) == 0;
	unlink(conf);
	if (!bound)
		_exit(SKIP);
	struct netlink *nl = netlink_open(why);
	CHECK(nl && netlink_link_up(nl, 1, 1280, why));
	netlink_close(nl);
	CHECK(bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0);
	return fd;
}

static void in_own_network(void (*fn)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) ||
		    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL))
			_exit(SKIP);
		fn();
		fflush(NULL);
		exit(0); /* not _exit: coverage and leaks are counted at exit */
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIP) {
		print_message("no namespaces here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void on_found(void *self, const struct ip *v, size_t n, const char *what)
{
	++*(int *)self;
}

/* evdns answers for what it gave up later, and looked at what was freed: meson.build has it spoilt.
 */
static void a_dialer_goes_while_a_name_is_asked(void)
{
	int fd = be_silent_server(), called = 0;
	struct loop *l = loop_new();
	for (int turns = 0; turns < 5; turns++) {
		struct dialer *d = dialer_new(l);
		CHECK(d);
		struct lookup *k = lookup_start(d, "relay.example.org",
						(struct lookup_call){on_found, &called});
		CHECK(k);
		loop_turn(l, 10 * MSEC);
		lookup_stop(k);
		dialer_free(d);
		for (int i = 0; i < turns; i++)
			loop_turn(l, MSEC);
	}
	loop_free(l);
	CHECK(called == 0);
	close(fd);
}

static void test_a_dialer_goes_while_a_name_is_asked(void **state)
{
	in_own_network(a_dialer_goes_while_a_name_is_asked);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_a_dialer_goes_while_a_name_is_asked),
};
RUN_TESTS(tests)

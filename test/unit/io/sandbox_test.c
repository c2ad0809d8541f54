/* Each test gives things away for good, so each runs in a child. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop.h"
#include "io/sandbox.h"
#include "unit/unit.h"

enum { SKIP = 77 };

extern void __gcov_dump(void) __attribute__((weak)); /* in a build that measures coverage */

static char why[FAILURE_MAX];

#define CHECK(x)                                                                                  \
	do {                                                                                      \
		if (!(x)) {                                                                       \
			fprintf(stderr, "%s:%d: not so: %s (%s)\n", __FILE__, __LINE__, #x, why); \
			_exit(1);                                                                 \
		}                                                                                 \
	} while (0)

static int status_of(void (*fn)(void))
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		fn();
		if (__gcov_dump)
			__gcov_dump();
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void expect_good(void (*fn)(void))
{
	int status = status_of(fn);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIP)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static unsigned long long set_named(const char *name)
{
	char line[256];
	unsigned long long v = ~0ull;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			v = strtoull(line + strlen(name) + 1, NULL, 16);
	if (f)
		fclose(f);
	return v;
}

static void dumps_off(void)
{
	struct rlimit r;
	CHECK(sandbox_no_dumps(why));
	CHECK(getrlimit(RLIMIT_CORE, &r) == 0 && r.rlim_max == 0);
}

static void no_dumps_are_written(void **state)
{
	expect_good(dumps_off);
}

static void privileges_off(void)
{
	CHECK(sandbox_no_new_privileges(why));
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
}

static void new_privileges_are_ruled_out(void **state)
{
	expect_good(privileges_off);
}

static void keep_net_admin(void)
{
	uint64_t keep = SANDBOX_CAPABILITY(CAP_NET_ADMIN);
	uint64_t had = set_named("CapPrm:");
	bool may_cut = had & SANDBOX_CAPABILITY(CAP_SETPCAP);
	CHECK(sandbox_drop_capabilities(keep, why) ==
	      (may_cut || set_named("CapBnd:") == (had & keep)));
	CHECK(set_named("CapPrm:") == (had & keep));
	CHECK(set_named("CapEff:") == (had & keep));
	CHECK(set_named("CapInh:") == 0 && set_named("CapAmb:") == 0);
	if (may_cut)
		CHECK((set_named("CapBnd:") & ~keep) == 0);
	/* again, and now without CAP_SETPCAP: what is there already is no failure */
	if (may_cut)
		CHECK(sandbox_drop_capabilities(0, why) || strstr(why, "CAP_SETPCAP"));
	CHECK(may_cut == false || set_named("CapPrm:") == 0);
}

static void capabilities_are_given_up(void **state)
{
	expect_good(keep_net_admin);
}

static void in_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER))
		_exit(SKIP);
	keep_net_admin();
}

static void capabilities_are_given_up_in_a_user_namespace(void **state)
{
	expect_good(in_user_namespace);
}

static void without_any(void)
{
	CHECK(sandbox_drop_capabilities(0, why) || strstr(why, "bounding set"));
	CHECK(set_named("CapPrm:") == 0);
	CHECK(sandbox_drop_capabilities(0, why) || strstr(why, "bounding set"));
}

static void capabilities_may_be_none_already(void **state)
{
	expect_good(without_any);
}

static void confine(enum sandbox_program p)
{
	CHECK(sandbox_no_new_privileges(why));
	if (!sandbox_filter_calls(p, why))
		_exit(SKIP); /* a kernel without seccomp, or a sanitizer */
}

static void ordinary_work(void)
{
	struct loop *l = loop_new();
	CHECK(l);
	confine(SANDBOX_NODE);
	loop_turn(l, 5 * MSEC);
	void *p = malloc(1 << 20);
	CHECK(p && clock_now() > 0);
	free(p);
	FILE *f = fopen("/etc/hosts", "r");
	if (f)
		fclose(f);
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		int fd = socket(families[i], SOCK_DGRAM, 0);
		CHECK(fd >= 0 || errno != EPERM);
		close(fd);
	}
	loop_free(l);
}

static void ordinary_work_goes_on(void **state)
{
	expect_good(ordinary_work);
}

static void forbidden_work(void)
{
	confine(SANDBOX_RELAY);
	CHECK(socket(AF_NETLINK, SOCK_DGRAM, 0) < 0 && errno == EPERM);
	CHECK(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == EPERM);
	CHECK(unshare(CLONE_NEWNS) < 0 && errno == EPERM);
	CHECK(fork() < 0 && errno == EPERM);
}

static void what_is_not_needed_is_refused(void **state)
{
	expect_good(forbidden_work);
}

static void upnp_work(void)
{
	confine(SANDBOX_UPNP);
	CHECK(open("/dev/null", O_RDONLY) < 0 && errno == EPERM);
	CHECK(socket(AF_UNIX, SOCK_DGRAM, 0) < 0 && errno == EPERM);
	CHECK(fork() < 0 && errno == EPERM);
	CHECK(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
	free(malloc(1 << 20));
}

static void who_talks_upnp_has_no_files(void **state)
{
	expect_good(upnp_work);
}

static void is_nobody(void)
{
	if (geteuid() != 0)
		_exit(SKIP);
	if (!sandbox_become_nobody(why))
		_exit(SKIP); /* this user namespace has no other user */
	CHECK(geteuid() == 65534 && getegid() == 65534);
	CHECK(setuid(0) < 0);
	CHECK(sandbox_become_nobody(why));
}

static void root_becomes_nobody(void **state)
{
	expect_good(is_nobody);
}

static void starts_a_shell(void)
{
	confine(SANDBOX_NODE);
	execl("/bin/true", "true", NULL);
}

static void to_start_a_program_is_the_end(void **state)
{
	int status = status_of(starts_a_shell);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
		skip();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(no_dumps_are_written),
	cmocka_unit_test(new_privileges_are_ruled_out),
	cmocka_unit_test(capabilities_are_given_up),
	cmocka_unit_test(capabilities_are_given_up_in_a_user_namespace),
	cmocka_unit_test(capabilities_may_be_none_already),
	cmocka_unit_test(ordinary_work_goes_on),
	cmocka_unit_test(what_is_not_needed_is_refused),
	cmocka_unit_test(who_talks_upnp_has_no_files),
	cmocka_unit_test(root_becomes_nobody),
	cmocka_unit_test(to_start_a_program_is_the_end),
};
RUN_TESTS(tests)

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
#include <sys/syscall.h>
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

static void not_readable_by_others(void)
{
	if (geteuid() != 0 || setresuid(65534, 65534, 65534))
		_exit(SKIP);
	CHECK(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0); /* as a program that this user started */
	int before = open("/proc/self/mem", O_RDONLY);
	CHECK(before >= 0);
	CHECK(sandbox_no_dumps(why));
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0)
		_exit(SKIP); /* a sanitizer */
	CHECK(open("/proc/self/mem", O_RDONLY) < 0 && errno == EACCES);
}

static void our_memory_is_not_read_by_programs_of_the_same_user(void **state)
{
	expect_good(not_readable_by_others);
}

/* The filter wants one of two things, and says when it has neither. */
static void filter_without_leave(void)
{
	if (geteuid() != 0 || setresuid(65534, 65534, 65534))
		_exit(SKIP);
	bool done = sandbox_filter_calls(SANDBOX_NODE, why);
	if (!done && strstr(why, "sanitizer"))
		_exit(SKIP);
	CHECK(!done && strstr(why, "cannot filter system calls: "));
	CHECK(sandbox_no_new_privileges(why) && sandbox_filter_calls(SANDBOX_NODE, why));
}

static void a_filter_without_leave_is_a_sentence(void **state)
{
	expect_good(filter_without_leave);
}

/* As a program does it, in the order of the header. */
static void all_stages(void)
{
	CHECK(sandbox_no_dumps(why));
	CHECK(sandbox_no_new_privileges(why));
	if (!sandbox_become_nobody(why))
		_exit(SKIP);
	CHECK(sandbox_drop_capabilities(0, why) || strstr(why, "bounding set"));
	if (!sandbox_filter_calls(SANDBOX_RELAY, why))
		_exit(SKIP);
	CHECK(socket(AF_INET, SOCK_STREAM, 0) >= 0);
	CHECK(socket(AF_NETLINK, SOCK_DGRAM, 0) < 0 && errno == EPERM);
	CHECK(setuid(0) < 0);
}

static void all_stages_go_one_after_another(void **state)
{
	expect_good(all_stages);
}

static const struct {
	enum sandbox_program program;
	int family;
	bool allowed;
} sockets[] = {
	{SANDBOX_NODE, AF_UNIX, true},     {SANDBOX_NODE, AF_INET, true},
	{SANDBOX_NODE, AF_INET6, true},    {SANDBOX_NODE, AF_NETLINK, true},
	{SANDBOX_NODE, AF_PACKET, false},  {SANDBOX_NODE, AF_ALG, false},
	{SANDBOX_RELAY, AF_UNIX, true},    {SANDBOX_RELAY, AF_INET, true},
	{SANDBOX_RELAY, AF_INET6, true},   {SANDBOX_RELAY, AF_NETLINK, false},
	{SANDBOX_RELAY, AF_PACKET, false}, {SANDBOX_UPNP, AF_INET, true},
	{SANDBOX_UPNP, AF_INET6, false},   {SANDBOX_UPNP, AF_UNIX, false},
	{SANDBOX_UPNP, AF_NETLINK, false}, {SANDBOX_UPNP, AF_PACKET, false},
};

static void sockets_of(enum sandbox_program p)
{
	confine(p);
	for (size_t i = 0; i < ARRAY_LEN(sockets); i++) {
		if (sockets[i].program != p)
			continue;
		int fd = socket(sockets[i].family, SOCK_DGRAM, 0);
		CHECK((fd >= 0 || errno != EPERM) == sockets[i].allowed);
	}
}

static void sockets_of_the_node(void)
{
	sockets_of(SANDBOX_NODE);
}

static void sockets_of_the_relay(void)
{
	sockets_of(SANDBOX_RELAY);
}

static void sockets_of_upnp(void)
{
	sockets_of(SANDBOX_UPNP);
}

static void each_program_has_its_families_of_sockets(void **state)
{
	expect_good(sockets_of_the_node);
	expect_good(sockets_of_the_relay);
	expect_good(sockets_of_upnp);
}

/* What a program that was taken over tries first. */
static const long deadly[] = {SYS_execve, SYS_execveat,         SYS_ptrace,  SYS_mount,
			      SYS_chroot, SYS_process_vm_readv, SYS_bpf,     SYS_reboot,
			      SYS_keyctl, SYS_finit_module,     SYS_add_key, SYS_userfaultfd};

static void deadly_calls_end_every_program(void **state)
{
	for (enum sandbox_program p = SANDBOX_NODE; p <= SANDBOX_UPNP; p++)
		for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
			int status;
			pid_t child = fork();
			if (child == 0) {
				confine(p);
				syscall(deadly[i], 0, 0, 0, 0, 0, 0);
				_exit(1);
			}
			assert_int_equal(waitpid(child, &status, 0), child);
			if (WIFEXITED(status) && WEXITSTATUS(status) == SKIP)
				skip();
			assert_true(WIFSIGNALED(status));
			assert_int_equal(WTERMSIG(status), SIGSYS);
		}
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
	cmocka_unit_test(our_memory_is_not_read_by_programs_of_the_same_user),
	cmocka_unit_test(a_filter_without_leave_is_a_sentence),
	cmocka_unit_test(all_stages_go_one_after_another),
	cmocka_unit_test(each_program_has_its_families_of_sockets),
	cmocka_unit_test(deadly_calls_end_every_program),
};
RUN_TESTS(tests)

#include "io/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

enum { CAPABILITIES_MAX = 64, NOBODY = 65534 };

/* A sanitizer's leak check traces our own threads at exit, and needs what is given up here. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

bool sandbox_no_dumps(char why[static FAILURE_MAX])
{
	struct rlimit none = {0, 0};
	bool ok = setrlimit(RLIMIT_CORE, &none) == 0;
	if (!SANITIZED)
		ok = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && ok;
	return ok || failure_say(why, "cannot switch off core dumps: %s", strerror(errno));
}

bool sandbox_no_new_privileges(char why[static FAILURE_MAX])
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return true;
	return failure_say(why, "cannot rule out new privileges: %s", strerror(errno));
}

bool sandbox_become_nobody(char why[static FAILURE_MAX])
{
	if (geteuid() != 0)
		return true;
	if (setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return true;
	return failure_say(why, "cannot become the user nobody: %s", strerror(errno));
}

/* That takes CAP_SETPCAP. False: the set still holds more than `keep`. */
static bool cut_bounding_set(uint64_t keep)
{
	bool whole = true;
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++) {
		if (keep & SANDBOX_CAPABILITY(i))
			continue;
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			whole = false;
	}
	return whole;
}

bool sandbox_drop_capabilities(uint64_t keep, char why[static FAILURE_MAX])
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct v[2];
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* older kernels have none */
	bool whole = cut_bounding_set(keep);
	if (syscall(SYS_capget, &head, v))
		return failure_say(why, "cannot read our capabilities: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		v[i].permitted &= (uint32_t)(keep >> (32 * i));
		v[i].effective = v[i].permitted;
		v[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &head, v))
		return failure_say(why, "cannot give up capabilities: %s", strerror(errno));
	return whole || failure_say(why, "the bounding set of capabilities could not be cut: that "
					 "takes CAP_SETPCAP; they are given up all the same");
}

/* --- system calls --- */

/* For the node and the relay: memory, files, clocks, sockets, and what libevent, OpenSSL and libc
 * call. */
static const char *const for_both[] = {
	"accept4",
	"access",
	"arch_prctl",
	"bind",
	"brk",
	"chmod",
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"close",
	"connect",
	"dup",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"exit",
	"exit_group",
	"faccessat",
	"faccessat2",
	"fchmod",
	"fchmodat",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstatfs",
	"fsync",
	"ftruncate",
	"futex",
	"getcwd",
	"getdents64",
	"getegid",
	"geteuid",
	"getgid",
	"getpeername",
	"getpid",
	"getppid",
	"getrandom",
	"getrlimit",
	"getsockname",
	"getsockopt",
	"gettid",
	"gettimeofday",
	"getuid",
	"ioctl",
	"listen",
	"lseek",
	"lstat",
	"madvise",
	"membarrier",
	"mkdir",
	"mkdirat",
	"mmap",
	"mprotect",
	"mremap",
	"munmap",
	"nanosleep",
	"newfstatat",
	"open",
	"openat",
	"pipe2",
	"poll",
	"ppoll",
	"prctl",
	"pread64",
	"prlimit64",
	"pwrite64",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"recvfrom",
	"recvmmsg",
	"recvmsg",
	"rename",
	"renameat",
	"renameat2",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"sched_getaffinity",
	"sched_yield",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"set_robust_list",
	"setsockopt",
	"shutdown",
	"sigaltstack",
	"socketpair",
	"stat",
	"statx",
	"sysinfo",
	"tgkill",
	"time",
	"timerfd_create",
	"timerfd_gettime",
	"timerfd_settime",
	"umask",
	"uname",
	"unlink",
	"unlinkat",
	"write",
	"writev",
};

/* What the libc of a 32-bit machine (an ARM router) calls instead. Other machines do not have these
 * calls, and libseccomp leaves them out. */
static const char *const for_32_bits[] = {
	"_llseek",
	"cacheflush",
	"clock_getres_time64",
	"clock_gettime64",
	"clock_nanosleep_time64",
	"fcntl64",
	"fstat64",
	"fstatat64",
	"fstatfs64",
	"ftruncate64",
	"futex_time64",
	"getegid32",
	"geteuid32",
	"getgid32",
	"getuid32",
	"lstat64",
	"mmap2",
	"ppoll_time64",
	"recv",
	"recvmmsg_time64",
	"rt_sigtimedwait_time64",
	"send",
	"set_tls",
	"sigreturn",
	"stat64",
	"timerfd_gettime64",
	"timerfd_settime64",
	"ugetrlimit",
};

/* The worker that talks UPnP: sockets and memory, no file. */
static const char *const for_upnp[] = {
	"alarm",
	"bind",
	"brk",
	"clock_gettime",
	"clock_nanosleep",
	"close",
	"connect",
	"exit",
	"exit_group",
	"fcntl",
	"futex",
	"getpeername",
	"getpid",
	"getrandom",
	"getsockname",
	"getsockopt",
	"gettimeofday",
	"madvise",
	"mmap",
	"mprotect",
	"mremap",
	"munmap",
	"nanosleep",
	"poll",
	"ppoll",
	"pselect6",
	"read",
	"recvfrom",
	"recvmsg",
	"restart_syscall",
	"rseq",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"select",
	"sendmsg",
	"sendto",
	"setitimer",
	"setsockopt",
	"shutdown",
	"time",
	"uname",
	"write",
};

static const int families_of_upnp[] = {AF_INET};
static const int families_of_node[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
static const int families_of_relay[] = {AF_UNIX, AF_INET, AF_INET6};

/* Our programs never call these. A call means that somebody else runs in them. */
static const char *const deadly[] = {
	"execve",
	"execveat",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"swapon",
	"swapoff",
	"mount",
	"umount2",
	"pivot_root",
	"chroot",
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"open_by_handle_at",
	"add_key",
	"keyctl",
	"request_key",
};

static bool add_rules(scmp_filter_ctx f, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int call = seccomp_syscall_resolve_name(names[i]);
		if (call == __NR_SCMP_ERROR) /* not known to this libseccomp */
			continue;
		/* A negative number: this kind of machine does not have the call, or has it as a
		 * part of another one (socketcall). libseccomp handles both. */
		if (seccomp_rule_add(f, action, call, 0))
			return false;
	}
	return true;
}

static bool add_families(scmp_filter_ctx f, const int *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct scmp_arg_cmp family = {
			.arg = 0, .op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)v[i]};
		if (seccomp_rule_add_array(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, &family))
			return false;
	}
	return true;
}

static bool add_program(scmp_filter_ctx f, enum sandbox_program p)
{
	switch (p) {
	case SANDBOX_UPNP:
		return add_rules(f, SCMP_ACT_ALLOW, for_upnp, ARRAY_LEN(for_upnp)) &&
		       add_families(f, families_of_upnp, ARRAY_LEN(families_of_upnp));
	case SANDBOX_NODE:
		return add_rules(f, SCMP_ACT_ALLOW, for_both, ARRAY_LEN(for_both)) &&
		       add_families(f, families_of_node, ARRAY_LEN(families_of_node));
	case SANDBOX_RELAY:
		return add_rules(f, SCMP_ACT_ALLOW, for_both, ARRAY_LEN(for_both)) &&
		       add_families(f, families_of_relay, ARRAY_LEN(families_of_relay));
	}
	return false;
}

bool sandbox_filter_calls(enum sandbox_program p, char why[static FAILURE_MAX])
{
	if (SANITIZED)
		return failure_say(why, "system calls are not filtered in a build with a "
					"sanitizer, which needs more");
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!f)
		return failure_say(why, "no memory for the filter of system calls");
	bool ok = seccomp_attr_set(f, SCMP_FLTATR_CTL_LOG, 1) == 0 || seccomp_api_get() < 3;
	ok = ok && add_rules(f, SCMP_ACT_ALLOW, for_32_bits, ARRAY_LEN(for_32_bits));
	ok = ok && add_program(f, p);
	ok = ok && add_rules(f, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LEN(deadly));
	seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0); /* that is a stage of its own */
	int error = ok ? seccomp_load(f) : -ENOMEM;
	seccomp_release(f);
	if (!error)
		return true;
	return failure_say(why, "cannot filter system calls: %s", strerror(-error));
}

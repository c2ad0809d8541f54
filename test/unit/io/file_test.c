#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.h"
#include "unit/unit.h"

/* --- calls of the system that fail when the test says so (tests_wrap in test/meson.build) --- */

enum call { NO_CALL, WRITE, FCHMOD, FSYNC, CLOSE, RENAME };
static struct {
	enum call call; /* fails with this error; after `good` good ones */
	int error, good;
	bool short_writes; /* one byte at a time, and a signal before each */
} trouble;

int __real_fchmod(int fd, mode_t mode);
int __real_fsync(int fd);
int __real_close(int fd);
int __real_rename(const char *from, const char *to);
ssize_t __real_write(int fd, const void *p, size_t n);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fsync(int fd);
int __wrap_close(int fd);
int __wrap_rename(const char *from, const char *to);
ssize_t __wrap_write(int fd, const void *p, size_t n);

static bool fails(enum call call)
{
	if (trouble.call != call || trouble.good-- > 0)
		return false;
	trouble.call = NO_CALL;
	errno = trouble.error;
	return true;
}

int __wrap_fchmod(int fd, mode_t mode)
{
	return fails(FCHMOD) ? -1 : __real_fchmod(fd, mode);
}

int __wrap_fsync(int fd)
{
	return fails(FSYNC) ? -1 : __real_fsync(fd);
}

/* Linux closes it in any case. */
int __wrap_close(int fd)
{
	int r = __real_close(fd);
	return fails(CLOSE) ? -1 : r;
}

int __wrap_rename(const char *from, const char *to)
{
	return fails(RENAME) ? -1 : __real_rename(from, to);
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	static bool interrupted;
	if (fails(WRITE))
		return -1;
	interrupted = trouble.short_writes && !interrupted;
	if (interrupted) {
		errno = EINTR;
		return -1;
	}
	return __real_write(fd, p, trouble.short_writes && n > 1 ? 1 : n);
}

static char folder[] = "/tmp/warren-test-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int set_up(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char line[128];
	snprintf(line, sizeof(line), "rm -rf '%s'", folder);
	return system(line);
}

static void what_is_written_is_read(void **state)
{
	char why[FAILURE_MAX];
	uint8_t out[64];
	size_t n;
	struct stat st;
	const char *path = in_folder("a");
	assert_false(file_exists(path));
	assert_true(file_write(path, (struct bytes){(const uint8_t *)"first", 5}, 0600, why));
	assert_true(file_write(path, (struct bytes){(const uint8_t *)"second!", 7}, 0640, why));
	assert_true(file_exists(path));
	assert_true(file_read(path, out, sizeof(out), &n, why));
	assert_int_equal(n, 7);
	assert_memory_equal(out, "second!", 7);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	unsigned mode = 0;
	assert_true(file_is_open_to_others(path, &mode));
	assert_int_equal(mode, 0640);
	chmod(path, 0600);
	assert_false(file_is_open_to_others(path, &mode));
	assert_false(file_is_open_to_others(in_folder("none"), &mode));
}

static void a_file_may_be_as_long_as_the_room_and_no_longer(void **state)
{
	char why[FAILURE_MAX];
	uint8_t out[5];
	size_t n = 99;
	const char *path = in_folder("b");
	assert_true(file_write(path, (struct bytes){(const uint8_t *)"12345", 5}, 0600, why));
	assert_true(file_read(path, out, 5, &n, why));
	assert_int_equal(n, 5);
	n = 99;
	assert_false(file_read(path, out, 4, &n, why));
	assert_non_null(strstr(why, "expected at most 4 bytes"));
	assert_int_equal(n, 99);
}

static void failures_are_sentences(void **state)
{
	char why[FAILURE_MAX];
	uint8_t out[5];
	size_t n;
	assert_false(file_read(in_folder("none"), out, 5, &n, why));
	assert_non_null(strstr(why, "there is no such file"));
	assert_false(file_read(folder, out, 5, &n, why));
	assert_non_null(strstr(why, folder));
	assert_false(file_write(in_folder("no/where"), (struct bytes){out, 0}, 0600, why));
	assert_non_null(strstr(why, "there is no such file or folder"));
	assert_false(file_write(folder, (struct bytes){out, 0}, 0600, why));
	static char much[5000];
	memset(much, 'x', sizeof(much) - 1);
	assert_false(file_write(much, (struct bytes){out, 0}, 0600, why));
	assert_false(file_make_folder(much, 0700, why));
	if (file_exists("/dev/full")) {
		assert_false(file_write("/dev/full/x", (struct bytes){out, 1}, 0600, why));
		assert_non_null(strstr(why, "/dev/full/x"));
	}
}

static void a_failed_write_leaves_nothing(void **state)
{
	char why[FAILURE_MAX];
	char line[160];
	assert_int_equal(mkdir(in_folder("taken"), 0700), 0);
	assert_false(
		file_write(in_folder("taken"), (struct bytes){(const uint8_t *)"x", 1}, 0600, why));
	snprintf(line, sizeof(line), "! ls %s | grep -q 'taken\\.'", folder);
	assert_int_equal(system(line), 0);
}

static struct bytes text(const char *s)
{
	return (struct bytes){(const uint8_t *)s, strlen(s)};
}

static void expect_text(const char *path, const char *want)
{
	char why[FAILURE_MAX];
	uint8_t out[64];
	size_t n;
	if (!file_read(path, out, sizeof(out), &n, why))
		fail_msg("%s", why);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void expect_no_temporary_file(const char *name)
{
	char line[200];
	snprintf(line, sizeof(line), "! ls %s | grep -q '^%s\\.'", folder, name);
	assert_int_equal(system(line), 0);
}

/* The old file stays whole, nothing is left beside it, and the sentence says what to do. */
static void whatever_step_of_a_write_fails_the_old_file_stays(void **state)
{
	static const struct {
		enum call call;
		int error;
		const char *advice;
	} table[] = {
		{WRITE, ENOSPC, "the disk is full; make room"},
		{WRITE, EDQUOT, "the disk is full; make room"},
		{WRITE, EIO, ": Input/output error"},
		{FCHMOD, EPERM, "not allowed; look at the owner and mode"},
		{FSYNC, EIO, ": Input/output error"},
		{FSYNC, ENOSPC, "the disk is full; make room"},
		{CLOSE, EDQUOT, "the disk is full; make room"},
		{RENAME, EROFS, "the file system is read-only"},
		{RENAME, EACCES, "not allowed; look at the owner and mode"},
	};
	char why[FAILURE_MAX], path[300], begin[330];
	snprintf(path, sizeof(path), "%s", in_folder("steps"));
	snprintf(begin, sizeof(begin), "cannot write %s: ", path);
	assert_true(file_write(path, text("old"), 0600, why));
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		trouble.call = table[i].call;
		trouble.error = table[i].error;
		assert_false(file_write(path, text("the new one"), 0644, why));
		assert_int_equal(trouble.call, NO_CALL);
		assert_memory_equal(why, begin, strlen(begin));
		assert_non_null(strstr(why, table[i].advice));
		expect_text(path, "old");
		expect_no_temporary_file("steps");
	}
	assert_true(file_write(path, text("the new one"), 0600, why));
	expect_text(path, "the new one");
}

/* The first sync is the file's, the second the folder's: the file is replaced by then. */
static void a_folder_that_is_not_synced_is_told_unless_it_never_can_be(void **state)
{
	char why[FAILURE_MAX], path[300];
	snprintf(path, sizeof(path), "%s", in_folder("synced"));
	trouble.call = FSYNC;
	trouble.good = 1;
	trouble.error = EIO;
	assert_false(file_write(path, text("first"), 0600, why));
	assert_non_null(strstr(why, "cannot write the folder of /"));
	assert_non_null(strstr(why, "Input/output error"));
	expect_text(path, "first");
	trouble.call = FSYNC;
	trouble.good = 1;
	trouble.error = EINVAL; /* the file system cannot sync folders */
	assert_true(file_write(path, text("second"), 0600, why));
	assert_int_equal(trouble.call, NO_CALL);
	expect_text(path, "second");
	expect_no_temporary_file("synced");
}

static void a_write_in_pieces_is_whole(void **state)
{
	char why[FAILURE_MAX], path[300];
	snprintf(path, sizeof(path), "%s", in_folder("pieces"));
	trouble.short_writes = true;
	bool ok = file_write(path, text("one letter after the other"), 0600, why);
	trouble.short_writes = false;
	assert_true(ok);
	expect_text(path, "one letter after the other");
}

/* The system takes a part of it, and then no more. */
static void a_file_that_grows_too_large_is_told(void **state)
{
	static uint8_t much[8192];
	char why[FAILURE_MAX], path[300];
	struct rlimit was, little;
	snprintf(path, sizeof(path), "%s", in_folder("large"));
	assert_true(file_write(path, text("old"), 0600, why));
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	little = (struct rlimit){.rlim_cur = sizeof(much) / 2, .rlim_max = was.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	bool ok = file_write(path, BYTES_OF(much), 0600, why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_false(ok);
	assert_non_null(strstr(why, "File too large"));
	expect_text(path, "old");
	expect_no_temporary_file("large");
}

static void the_mode_does_not_depend_on_the_umask(void **state)
{
	static const unsigned modes[] = {0600, 0644, 0666};
	char why[FAILURE_MAX], path[300];
	struct stat st;
	snprintf(path, sizeof(path), "%s", in_folder("mode"));
	mode_t was = umask(077);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		assert_true(file_write(path, text("x"), modes[i], why));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
	}
	umask(was);
}

static void a_name_without_a_folder_is_in_this_one(void **state)
{
	char why[FAILURE_MAX];
	int here = open(".", O_RDONLY | O_DIRECTORY);
	assert_true(here >= 0);
	assert_int_equal(chdir(folder), 0);
	bool ok = file_write("bare", text("here"), 0600, why);
	assert_int_equal(fchdir(here), 0);
	close(here);
	assert_true(ok);
	expect_text(in_folder("bare"), "here");
}

/* A name may be as long as the system allows, but the temporary one beside it is longer. */
static void the_longest_names_are_refused_with_a_sentence(void **state)
{
	char why[FAILURE_MAX], name[250], path[300];
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_false(file_write(path, text("x"), 0600, why));
	assert_non_null(strstr(why, "File name too long"));
	assert_false(file_exists(path));
	name[sizeof(name) - 8] = 0; /* room for a dot and six letters */
	snprintf(path, sizeof(path), "%s/%.248s", folder, name);
	assert_true(file_write(path, text("x"), 0600, why));
}

/* A pipe that nobody writes to must not hold up the program. */
static void a_pipe_is_not_waited_for(void **state)
{
	char why[FAILURE_MAX], path[300];
	uint8_t out[8];
	size_t n = 99;
	snprintf(path, sizeof(path), "%s", in_folder("pipe"));
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(file_read(path, out, sizeof(out), &n, why));
	assert_int_equal(n, 0);
	int fd = open(path, O_RDWR | O_NONBLOCK); /* now there is a writer, who says nothing */
	assert_true(fd >= 0);
	assert_false(file_read(path, out, sizeof(out), &n, why));
	assert_non_null(strstr(why, "cannot read "));
	close(fd);
}

static void an_empty_file_fits_into_no_room(void **state)
{
	char why[FAILURE_MAX], path[300];
	size_t n = 99;
	snprintf(path, sizeof(path), "%s", in_folder("empty"));
	assert_true(file_write(path, text(""), 0600, why));
	assert_true(file_read(path, NULL, 0, &n, why));
	assert_int_equal(n, 0);
	assert_true(file_write(path, text("x"), 0600, why));
	assert_false(file_read(path, NULL, 0, &n, why));
	assert_non_null(strstr(why, "expected at most 0 bytes"));
}

/* In a child, since root may do everything; 77: it cannot become another. */
static int as_nobody(void)
{
	char why[FAILURE_MAX];
	uint8_t out[8];
	size_t n;
	if (geteuid() == 0 && setresuid(65534, 65534, 65534))
		return 77;
	if (file_read(in_folder("closed/file"), out, sizeof(out), &n, why) ||
	    !strstr(why, "not allowed; look at the owner and mode of the file and its folder"))
		return 1;
	if (file_write(in_folder("closed/new"), text("x"), 0600, why) ||
	    !strstr(why, "not allowed; look at the owner"))
		return 2;
	if (file_make_folder(in_folder("closed/a/b"), 0700, why) ||
	    !strstr(why, "cannot make the folder") || !strstr(why, "/closed/a: not allowed"))
		return 3;
	if (file_lock(in_folder("closed/lock"), "it", why) >= 0 ||
	    !strstr(why, "cannot open the lock") || !strstr(why, "not allowed"))
		return 4;
	return 0;
}

static void what_is_not_allowed_says_where_to_look(void **state)
{
	char why[FAILURE_MAX];
	int status;
	assert_int_equal(chmod(folder, 0755), 0);
	assert_true(file_make_folder(in_folder("closed"), 0700, why));
	assert_true(file_write(in_folder("closed/file"), text("x"), 0600, why));
	assert_int_equal(chmod(in_folder("closed"), 0), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(as_nobody());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(chmod(in_folder("closed"), 0700), 0);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void folders_are_made(void **state)
{
	char why[FAILURE_MAX], path[300];
	snprintf(path, sizeof(path), "%s", in_folder("x/y/z"));
	assert_true(file_make_folder(path, 0700, why));
	assert_true(file_make_folder(path, 0700, why));
	assert_true(file_write(in_folder("x/file"), (struct bytes){NULL, 0}, 0600, why));
	assert_false(file_make_folder(in_folder("x/file"), 0700, why));
	assert_non_null(strstr(why, "no folder"));
	assert_false(file_make_folder(in_folder("x/file/more"), 0700, why));
	assert_non_null(strstr(why, "cannot make the folder"));
	assert_false(file_make_folder("", 0700, why));
	assert_non_null(strstr(why, "empty or too long"));
	snprintf(path, sizeof(path), "%s", in_folder("u//v/"));
	assert_true(file_make_folder(path, 0700, why));
	assert_true(file_exists(in_folder("u/v")));
	assert_true(file_make_folder("/", 0700, why));
}

static void a_lock_is_held_once(void **state)
{
	char why[FAILURE_MAX];
	char path[300];
	snprintf(path, sizeof(path), "%s", in_folder("lock"));
	int fd = file_lock(path, "the state in /x", why);
	assert_true(fd >= 0);
	assert_int_equal(file_lock(path, "the state in /x", why), -1);
	assert_non_null(strstr(why, "another program already uses the state in /x"));
	close(fd);
	fd = file_lock(path, "the state", why);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(file_lock(in_folder("no/lock"), "it", why), -1);
	assert_non_null(strstr(why, "no/lock"));
	assert_int_equal(file_lock(folder, "it", why), -1);
	assert_non_null(strstr(why, "cannot open the lock"));
}

/* The lock is the open file's, not the name's: what it holds stays, and a child has no share. */
static void a_lock_spoils_nothing_and_is_not_inherited(void **state)
{
	char why[FAILURE_MAX], path[300];
	struct stat st;
	snprintf(path, sizeof(path), "%s", in_folder("held"));
	assert_true(file_write(path, text("1234"), 0600, why));
	int fd = file_lock(path, "the state", why);
	assert_true(fd >= 0);
	expect_text(path, "1234");
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
	snprintf(path, sizeof(path), "%s", in_folder("fresh"));
	fd = file_lock(path, "the state", why);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	close(fd);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_written_is_read),
	cmocka_unit_test(a_file_may_be_as_long_as_the_room_and_no_longer),
	cmocka_unit_test(failures_are_sentences),
	cmocka_unit_test(a_failed_write_leaves_nothing),
	cmocka_unit_test(whatever_step_of_a_write_fails_the_old_file_stays),
	cmocka_unit_test(a_folder_that_is_not_synced_is_told_unless_it_never_can_be),
	cmocka_unit_test(a_write_in_pieces_is_whole),
	cmocka_unit_test(a_file_that_grows_too_large_is_told),
	cmocka_unit_test(the_mode_does_not_depend_on_the_umask),
	cmocka_unit_test(a_name_without_a_folder_is_in_this_one),
	cmocka_unit_test(the_longest_names_are_refused_with_a_sentence),
	cmocka_unit_test(a_pipe_is_not_waited_for),
	cmocka_unit_test(an_empty_file_fits_into_no_room),
	cmocka_unit_test(what_is_not_allowed_says_where_to_look),
	cmocka_unit_test(folders_are_made),
	cmocka_unit_test(a_lock_is_held_once),
	cmocka_unit_test(a_lock_spoils_nothing_and_is_not_inherited),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

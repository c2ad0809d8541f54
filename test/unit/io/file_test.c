#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "unit/unit.h"

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
	assert_false(file_make_folder("", 0700, why));
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
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(what_is_written_is_read),
	cmocka_unit_test(a_file_may_be_as_long_as_the_room_and_no_longer),
	cmocka_unit_test(failures_are_sentences),
	cmocka_unit_test(a_failed_write_leaves_nothing),
	cmocka_unit_test(folders_are_made),
	cmocka_unit_test(a_lock_is_held_once),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

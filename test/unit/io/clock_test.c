#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/failure.h"
#include "io/random.h"
#include "unit/unit.h"

static void never_goes_back(void **state)
{
	mono_ns a = clock_now();
	for (int i = 0; i < 1000; i++) {
		mono_ns b = clock_now();
		assert_true(b >= a);
		a = b;
	}
}

static void with_the_offset_it_is_the_wall_clock(void **state)
{
	uint64_t wall = (clock_now() + clock_wall_offset_ns()) / SECOND;
	uint64_t now = (uint64_t)time(NULL);
	assert_true(wall + 1 >= now && wall <= now + 1);
}

static void the_kernel_gives_other_bytes_each_time(void **state)
{
	struct rng r = random_source();
	uint8_t a[64], b[64];
	rng_fill(&r, a, sizeof(a));
	rng_fill(&r, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(rng_below(&r, 10) < 10);
}

static void sleep_only_adds_up(void **state)
{
	mono_ns first = clock_slept(), again = clock_slept();
	assert_true(first <= clock_now());
	assert_true(again + MSEC >= first &&
		    again < first + SECOND); /* two clocks, read one after the other */
}

static void a_sentence_is_cut_to_fit(void **state)
{
	char why[FAILURE_MAX], much[2 * FAILURE_MAX];
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	assert_false(failure_say(why, "%s", much));
	assert_int_equal(strlen(why), FAILURE_MAX - 1);
	assert_false(failure_say(why, "port %d", 7));
	assert_string_equal(why, "port 7");
}

enum { SKIP = 77, DAY_S = 86400 };

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* In a time namespace of its own the machine has slept a day longer. */
static int after_a_day_of_sleep(mono_ns slept, mono_ns now)
{
	static const char offset[] = "boottime 86400 0\n";
	int status;
	if (unshare(CLONE_NEWUSER | CLONE_NEWTIME))
		return SKIP;
	int fd = open("/proc/self/timens_offsets", O_WRONLY);
	if (fd < 0 || write(fd, offset, sizeof(offset) - 1) != sizeof(offset) - 1)
		return SKIP;
	close(fd);
	pid_t child = fork(); /* the first that is in it */
	if (child == 0)
		_exit(!(clock_slept() >= slept + (DAY_S - 1) * SECOND &&
			clock_slept() <= slept + (DAY_S + 60) * SECOND &&
			clock_now() >= now + DAY_S * SECOND &&
			clock_now() + clock_wall_offset_ns() <
				(uint64_t)(time(NULL) + 2) * SECOND));
	if (child < 0 || waitpid(child, &status, 0) != child)
		return SKIP;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void sleep_counts_as_time(void **state)
{
	int status;
	mono_ns slept = clock_slept(), now = clock_now();
	pid_t child = fork();
	if (child == 0)
		_exit(after_a_day_of_sleep(slept, now));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIP) {
		print_message("no time namespaces here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(never_goes_back),
	cmocka_unit_test(with_the_offset_it_is_the_wall_clock),
	cmocka_unit_test(the_kernel_gives_other_bytes_each_time),
	cmocka_unit_test(sleep_only_adds_up),
	cmocka_unit_test(sleep_counts_as_time),
	cmocka_unit_test(a_sentence_is_cut_to_fit),
};
RUN_TESTS(tests)

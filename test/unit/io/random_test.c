#include "io/random.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

#include "unit/unit.h"

/* The kernel gives more than 256 bytes in pieces when a signal comes. */
enum { MUCH = 1 << 20 };

static bool is_all(const uint8_t *b, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (b[i] != value)
			return false;
	return true;
}

static void exactly_what_is_asked_for_is_filled(void **state)
{
	struct rng rng = random_source();
	for (size_t n = 0; n <= 64; n++) {
		bool filled = n == 0;
		/* one byte is what it was in one of 256 tries */
		for (int tries = 0; tries < 64; tries++) {
			uint8_t b[1 + 64 + 1];
			memset(b, 0xa5, sizeof(b));
			rng.fill(rng.self, b + 1, n);
			assert_int_equal(b[0], 0xa5);
			assert_true(is_all(b + 1 + n, sizeof(b) - 1 - n, 0xa5));
			filled |= n > 0 && b[1] != 0xa5 && b[n] != 0xa5;
		}
		assert_true(filled);
	}
}

static void two_sources_do_not_agree(void **state)
{
	struct rng one = random_source(), two = random_source();
	uint8_t a[32], b[32], c[32];
	one.fill(one.self, a, sizeof(a));
	two.fill(two.self, b, sizeof(b));
	one.fill(one.self, c, sizeof(c));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
}

/* A copy of a process must not have the same keys as the process. */
static void a_child_has_randomness_of_its_own(void **state)
{
	struct rng rng = random_source();
	uint8_t ours[32], theirs[32];
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	rng.fill(rng.self, ours, sizeof(ours));
	pid_t child = fork();
	if (child == 0) {
		rng.fill(rng.self, theirs, sizeof(theirs));
		_exit(write(ends[1], theirs, sizeof(theirs)) != (ssize_t)sizeof(theirs));
	}
	rng.fill(rng.self, ours, sizeof(ours));
	assert_int_equal(read(ends[0], theirs, sizeof(theirs)), sizeof(theirs));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_memory_not_equal(ours, theirs, sizeof(ours));
	close(ends[0]);
	close(ends[1]);
}

static void on_alarm(int number)
{
}

static void signals_do_not_shorten_it(void **state)
{
	static uint8_t b[MUCH];
	struct sigaction call = {.sa_handler = on_alarm}, was; /* without SA_RESTART */
	struct rng rng = random_source();
	struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
	assert_int_equal(sigaction(SIGALRM, &call, &was), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	bool whole = true;
	for (int i = 0; i < 8; i++) {
		memset(b, 0, sizeof(b));
		rng.fill(rng.self, b, sizeof(b));
		for (size_t at = 0; at < sizeof(b); at += 64)
			whole &= !is_all(b + at, 64, 0);
	}
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &was, NULL), 0);
	assert_true(whole);
}

/* Without randomness there is no safe key: the program ends rather than go on. */
static void without_randomness_the_program_ends(void **state)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		uint8_t b[16];
		struct rng rng = random_source();
		struct rlimit none = {0, 0};
		scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
		setrlimit(RLIMIT_CORE, &none);
		if (!f || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(getrandom), 0) ||
		    seccomp_load(f))
			_exit(77);
		signal(SIGABRT, SIG_DFL);
		rng.fill(rng.self, b, 0); /* nothing is asked for */
		rng.fill(rng.self, b, sizeof(b));
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(exactly_what_is_asked_for_is_filled),
	cmocka_unit_test(two_sources_do_not_agree),
	cmocka_unit_test(a_child_has_randomness_of_its_own),
	cmocka_unit_test(signals_do_not_shorten_it),
	cmocka_unit_test(without_randomness_the_program_ends),
};
RUN_TESTS(tests)

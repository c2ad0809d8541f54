/* What can be seen without a gateway; the lab has the others (test/lab/portmap_test.py,
 * portmap_liars_test.py). */
#include "io/upnp.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/upnp_worker.h"
#include "unit/unit.h"

static struct upnp *start(void)
{
	char why[FAILURE_MAX];
	struct upnp *u = upnp_start(why);
	if (!u)
		fail_msg("%s", why);
	return u;
}

static const struct upnp_ask ask_here = {.kind = UPNP_FIND,
					 .self = {.family = 4, .b = {127, 0, 0, 1}},
					 .gateway = {.family = 4, .b = {127, 0, 0, 1}},
					 .port = 41641,
					 .outside = 41641,
					 .lifetime_s = 7200};

static bool wait_for_report(struct upnp *u, struct upnp_report *r)
{
	struct pollfd p = {.fd = upnp_fd(u), .events = POLLIN};
	return poll(&p, 1, 20000) == 1 && upnp_read(u, r);
}

static void without_a_gateway_nothing_is_found_and_nothing_is_mapped(void **state)
{
	struct upnp *u = start();
	struct upnp_report r;
	assert_false(upnp_read(u, &r));
	struct upnp_ask map = ask_here;
	map.kind = UPNP_MAP; /* looks for one first, if it has none */
	assert_true(upnp_ask(u, &map));
	assert_true(wait_for_report(u, &r));
	assert_int_equal(r.kind, UPNP_NONE);
	map.kind = UPNP_UNMAP; /* says nothing */
	assert_true(upnp_ask(u, &map));
	assert_false(upnp_read(u, &r));
	upnp_stop(u);
}

static void too_many_requests_at_once_are_not_taken(void **state)
{
	struct upnp *u = start();
	unsigned taken = 0;
	while (taken < 100000 && upnp_ask(u, &ask_here))
		taken++;
	assert_in_range(taken, 1, 99999);
	upnp_stop(u);
}

/* How many processes this one has made, and the last of them; -1: this kernel does not tell. */
static int children_of(pid_t pid, pid_t *last)
{
	char path[64];
	int n = 0;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return -1;
	for (int child; fscanf(f, "%d", &child) == 1; n++)
		*last = child;
	fclose(f);
	return n;
}

static void nobody_works_as_long_as_nothing_is_asked(void **state)
{
	pid_t parent = 0, worker;
	struct upnp *u = start();
	struct upnp_report r;
	if (children_of(getpid(), &parent) < 1)
		skip();
	assert_int_equal(children_of(parent, &worker), 0);
	assert_true(upnp_ask(u, &ask_here));
	assert_true(wait_for_report(u, &r));
	assert_int_equal(children_of(parent, &worker), 1);
	upnp_stop(u);
}

/* Waits until the parent has made a worker. */
static pid_t worker_of(pid_t parent, const struct upnp *u)
{
	pid_t worker = 0;
	struct pollfd p = {.fd = upnp_fd(u), .events = POLLIN};
	for (int i = 0; i < 200 && children_of(parent, &worker) < 1; i++)
		assert_int_equal(poll(&p, 1, 10), 0); /* it takes longer than that */
	assert_true(worker > 0);
	return worker;
}

static void the_death_of_a_worker_costs_one_answer(void **state)
{
	pid_t parent = 0;
	struct upnp *u = start();
	struct upnp_report r = {.kind = UPNP_FOUND};
	if (children_of(getpid(), &parent) < 1)
		skip();
	assert_true(upnp_ask(u, &ask_here));
	assert_int_equal(kill(worker_of(parent, u), SIGKILL), 0);
	assert_true(wait_for_report(u, &r));
	assert_int_equal(r.kind, UPNP_NONE);
	assert_false(upnp_read(u, &r));
	assert_true(upnp_ask(u, &ask_here)); /* the next worker will read it */
	upnp_stop(u);
}

static void the_death_of_the_parent_switches_upnp_off(void **state)
{
	pid_t parent = 0;
	struct upnp *u = start();
	struct upnp_report r = {.kind = UPNP_FOUND};
	if (children_of(getpid(), &parent) < 1)
		skip();
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(wait_for_report(u, &r));
	assert_int_equal(r.kind, UPNP_OFF);
	assert_false(upnp_ask(u, &ask_here));
	upnp_stop(u);
}

/* What a worker ends with that has this socket. */
static int worker_ends_with(int fd, int other, int idle_ms)
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		close(other);
		_exit(upnp_worker_run(fd, idle_ms));
	}
	close(fd);
	if (idle_ms < 0)
		close(other);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void a_worker_that_has_nothing_to_do_ends(void **state)
{
	int pair[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(worker_ends_with(pair[1], pair[0], 10), UPNP_WORKER_IDLE);
	close(pair[0]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(worker_ends_with(pair[1], pair[0], -1), UPNP_WORKER_ENDED);
}

static void stopping_nothing_is_nothing(void **state)
{
	upnp_stop(NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(without_a_gateway_nothing_is_found_and_nothing_is_mapped),
	cmocka_unit_test(too_many_requests_at_once_are_not_taken),
	cmocka_unit_test(nobody_works_as_long_as_nothing_is_asked),
	cmocka_unit_test(the_death_of_a_worker_costs_one_answer),
	cmocka_unit_test(the_death_of_the_parent_switches_upnp_off),
	cmocka_unit_test(a_worker_that_has_nothing_to_do_ends),
	cmocka_unit_test(stopping_nothing_is_nothing),
};
RUN_TESTS(tests)

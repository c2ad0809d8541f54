/* io/upnp.c - theory of operation
 *
 * Three processes:
 *
 *   the program --socket-- the worker
 *                              ^ forks it, waits for it, forks it again
 *                          the parent
 *
 * The parent makes a worker when there is a request.  The worker ends when the program has closed
 * its end of the socket, and then the parent ends, too.  It also ends after IDLE_MS without a
 * request, if nothing is mapped.  Any other end is an accident: the parent reports that nothing was
 * found, and waits before it makes a new worker, twice as long after each accident in a row.
 *
 * Source: portmap.md 8.4.
 */
#include "io/upnp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/sandbox.h"
#include "io/upnp_worker.h"

enum {
	WORKER_FD = 3,
	STOP_WAIT_MS = 2000,
	IDLE_MS = 60000,
	ACCIDENT_S = 2, /* the wait after the first accident */
	ACCIDENT_MAX_S = 128,
	LIVED_LONG_S = 300 /* after such a life, the next accident is a first one */
};

struct upnp {
	int fd;
	bool mapped;
};

/* --- the parent --- */

static void report_accident(void)
{
	struct upnp_report none = {.kind = UPNP_NONE};
	(void)!send(WORKER_FD, &none, sizeof(none), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Runs one worker to its end. Its exit status; -1: an accident. */
static int one_worker(void)
{
	int status;
	pid_t pid = fork();
	if (pid < 0)
		return -1;
	if (pid == 0)
		_exit(upnp_worker_run(WORKER_FD, IDLE_MS));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* False: the program has ended. */
static bool wait_for_work(void)
{
	struct pollfd p = {.fd = WORKER_FD, .events = POLLIN | POLLRDHUP};
	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			return false;
	return !(p.revents & (POLLHUP | POLLRDHUP | POLLERR));
}

static void keep_workers(void)
{
	unsigned pause = ACCIDENT_S;
	struct pollfd gone = {.fd = WORKER_FD};
	while (wait_for_work()) {
		time_t born = time(NULL);
		int status = one_worker();
		if (status == UPNP_WORKER_ENDED)
			return;
		if (status == UPNP_WORKER_IDLE || time(NULL) - born >= LIVED_LONG_S)
			pause = ACCIDENT_S;
		if (status == UPNP_WORKER_IDLE)
			continue;
		report_accident();
		if (poll(&gone, 1, (int)pause * 1000) > 0)
			return; /* POLLHUP: the program has ended meanwhile */
		pause = 2 * pause > ACCIDENT_MAX_S ? ACCIDENT_MAX_S : 2 * pause;
	}
}

/* The parent keeps nothing of the program but its memory: no file, no signal that is meant for it,
 * no right. */
static void leave_the_program(int fd)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};
	char why[FAILURE_MAX];
	int null = open("/dev/null", O_RDWR);
	for (int i = 0; i < WORKER_FD && null >= 0; i++)
		dup2(null, i);
	if (fd != WORKER_FD)
		dup2(fd, WORKER_FD);
	close_range(WORKER_FD + 1, ~0U, 0);
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN); /* we end when the program does */
	(void)!sandbox_no_dumps(why);
	(void)!sandbox_no_new_privileges(why);
	(void)!sandbox_become_nobody(why);
	(void)!sandbox_drop_capabilities(0, why);
}

/* --- the program --- */

struct upnp *upnp_start(char why[static FAILURE_MAX])
{
	int pair[2];
	struct upnp *u = calloc(1, sizeof(*u));
	if (!u || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		failure_say(why, "UPnP is off: %s", strerror(errno));
		free(u);
		return NULL;
	}
	pid_t pid = fork();
	if (pid == 0) {
		leave_the_program(pair[1]);
		keep_workers();
		_exit(0);
	}
	close(pair[1]);
	u->fd = pair[0];
	if (pid > 0)
		return u;
	failure_say(why, "UPnP is off: cannot start a process for it: %s", strerror(errno));
	close(u->fd);
	free(u);
	return NULL;
}

/* Both processes close their end when the last request is done. */
static void wait_for_the_end(struct upnp *u)
{
	struct pollfd p = {.fd = u->fd, .events = POLLIN};
	struct upnp_report r;
	shutdown(u->fd, SHUT_WR);
	while (poll(&p, 1, STOP_WAIT_MS) > 0)
		if (recv(u->fd, &r, sizeof(r), MSG_DONTWAIT) <= 0)
			return;
}

void upnp_stop(struct upnp *u)
{
	if (!u)
		return;
	if (u->mapped)
		wait_for_the_end(u);
	close(u->fd);
	free(u);
}

int upnp_fd(const struct upnp *u)
{
	return u->fd;
}

bool upnp_ask(struct upnp *u, const struct upnp_ask *ask)
{
	return send(u->fd, ask, sizeof(*ask), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(*ask);
}

/* The worker reads text of strangers, so it may not be ours any more. */
static bool is_believable(const struct upnp_report *r)
{
	switch (r->kind) {
	case UPNP_MAPPED:
		return r->outside.ip.family == 4 && r->outside.scope == 0;
	case UPNP_FOUND:
	case UPNP_NONE:
	case UPNP_REFUSED:
		return true;
	case UPNP_OFF:
		break;
	}
	return false;
}

bool upnp_read(struct upnp *u, struct upnp_report *out)
{
	struct upnp_report r;
	ssize_t n = recv(u->fd, &r, sizeof(r), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n == (ssize_t)sizeof(r) && is_believable(&r)) {
		u->mapped |= r.kind == UPNP_MAPPED;
		*out = r;
		return true;
	}
	*out = (struct upnp_report){.kind = n > 0 ? UPNP_NONE : UPNP_OFF};
	return true;
}

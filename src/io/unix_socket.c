/* io/unix_socket.c - theory of operation
 *
 * Each connection is one struct unix_ask:
 *
 *   READING  the request comes in; UNIX_ASK_LIMIT
 *   ASKED    the owner has the request, and answers now or later; its own limit holds
 *   WRITING  the answer goes out; UNIX_ANSWER_LIMIT
 *
 * We do not notice that a client hangs up while ASKED; then the answer cannot be sent, and nothing
 * else happens.  Without file descriptors or memory we accept nobody for ACCEPT_PAUSE.
 *
 * Bounded: connections, a request (UNIX_REQUEST_MAX), an answer (UNIX_ANSWER_MAX), times.  Memory
 * grows as a request or an answer needs.
 */
#include "io/unix_socket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/clock.h"

enum { READ_STEP = 4096, BACKLOG = 8 };

#define ACCEPT_PAUSE (100 * MSEC)

struct unix_ask {
	struct unix_server *s; /* NULL: free */
	enum { READING, ASKED, WRITING } state;
	struct unix_peer peer;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *limit;
	mono_ns since;
	uint8_t *bytes; /* the request, then the answer */
	size_t n, at;
};

struct unix_server {
	struct loop *l;
	struct unix_server_config cfg;
	struct sockaddr_un address;
	int fd;
	struct loop_fd *watch;
	struct loop_timer *accept_again;
	struct unix_ask asks[UNIX_CLIENTS_MAX];
};

static void ask_end(struct unix_ask *a)
{
	loop_fd_free(a->watch);
	loop_timer_free(a->limit);
	close(a->fd);
	free(a->bytes);
	*a = (struct unix_ask){.fd = -1};
}

static void on_limit(void *self)
{
	ask_end(self);
}

static void ask_write(struct unix_ask *a)
{
	while (a->at < a->n) {
		ssize_t n =
			send(a->fd, a->bytes + a->at, a->n - a->at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break;
		a->at += (size_t)n;
	}
	ask_end(a);
}

void unix_answer(struct unix_ask *a, struct bytes answer)
{
	free(a->bytes);
	assert(answer.n <= UNIX_ANSWER_MAX);
	a->n = answer.n;
	a->at = 0;
	a->bytes = malloc(a->n ? a->n : 1);
	if (!a->bytes) {
		ask_end(a);
		return;
	}
	if (a->n > 0) /* an empty answer may be at NULL */
		memcpy(a->bytes, answer.p, a->n);
	a->state = WRITING;
	/* The first bytes go in the next turn: the caller may still look at `a`. */
	loop_fd_want(a->watch, LOOP_WRITE);
	loop_timer_set(a->limit, loop_now(a->s->l) + UNIX_ANSWER_LIMIT);
}

/* The whole request is there. */
static void hand_over(struct unix_ask *a, size_t len)
{
	char *request = malloc(len + 1);
	struct unix_server *s = a->s;
	if (!request) {
		ask_end(a);
		return;
	}
	memcpy(request, a->bytes, len);
	while (len > 0 && (request[len - 1] == '\r' || request[len - 1] == '\n'))
		len--;
	request[len] = 0;
	a->state = ASKED;
	loop_fd_want(a->watch, 0);
	loop_timer_set(a->limit, MONO_NEVER);
	s->cfg.asked(s->cfg.self, a, request, &a->peer);
	free(request);
}

static void ask_read(struct unix_ask *a)
{
	uint8_t step[READ_STEP];
	ssize_t n = recv(a->fd, step, sizeof(step), MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || a->n + (size_t)n > UNIX_REQUEST_MAX || (n == 0 && a->n == 0)) {
		ask_end(a);
		return;
	}
	if (n == 0) {
		hand_over(a, a->n);
		return;
	}
	uint8_t *more = realloc(a->bytes, a->n + (size_t)n);
	if (!more) {
		ask_end(a);
		return;
	}
	a->bytes = more;
	memcpy(more + a->n, step, (size_t)n);
	const uint8_t *end = memchr(more + a->n, '\n', (size_t)n);
	a->n += (size_t)n;
	if (end)
		hand_over(a, (size_t)(end - more));
}

static void on_client(void *self, unsigned ready)
{
	struct unix_ask *a = self;
	switch (a->state) {
	case READING:
		ask_read(a);
		break;
	case WRITING:
		ask_write(a);
		break;
	case ASKED:
		break;
	}
}

/* A free one; or the one that has taken longest without a whole request, which is closed. NULL: all
 * have asked. */
static struct unix_ask *ask_place(struct unix_server *s)
{
	struct unix_ask *slowest = NULL;
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++) {
		struct unix_ask *a = &s->asks[i];
		if (!a->s)
			return a;
		if (a->state == READING && (!slowest || a->since < slowest->since))
			slowest = a;
	}
	if (slowest)
		ask_end(slowest);
	return slowest;
}

/* Accepts nobody for a while: a client that stays in the queue would wake us again at once. */
static void rest(struct unix_server *s)
{
	loop_fd_want(s->watch, 0);
	loop_timer_set(s->accept_again, loop_now(s->l) + ACCEPT_PAUSE);
}

static void on_accept_again(void *self)
{
	struct unix_server *s = self;
	loop_fd_want(s->watch, LOOP_READ);
}

static void on_connect(void *self, unsigned ready)
{
	struct unix_server *s = self;
	struct ucred who = {0};
	socklen_t len = sizeof(who);
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(s);
		return;
	}
	struct unix_ask *a = ask_place(s);
	if (!a || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len)) {
		close(fd);
		return;
	}
	*a = (struct unix_ask){
		.s = s, .fd = fd, .since = loop_now(s->l), .peer = {who.pid, who.uid, who.gid}};
	a->watch = loop_fd_new(s->l, fd, (struct loop_fd_call){on_client, a});
	a->limit = loop_timer_new(s->l, (struct loop_call){on_limit, a});
	if (!a->watch || !a->limit) {
		ask_end(a);
		return;
	}
	loop_fd_want(a->watch, LOOP_READ);
	loop_timer_set(a->limit, a->since + UNIX_ASK_LIMIT);
}

static bool address_of(struct sockaddr_un *sa, const char *path, char *why)
{
	*sa = (struct sockaddr_un){.sun_family = AF_UNIX};
	size_t len = strlen(path);
	if (len == 0 || len >= sizeof(sa->sun_path))
		return failure_say(why,
				   "the socket's name %.40s… is too long or empty: expected at "
				   "most %zu letters",
				   path, sizeof(sa->sun_path) - 1);
	memcpy(sa->sun_path, path, len);
	return true;
}

/* Is this the file of a socket that nobody listens on any more? A file of another kind refuses too,
 * and is somebody's. */
static bool is_left_over(const struct sockaddr_un *sa)
{
	struct stat st;
	if (stat(sa->sun_path, &st) || !S_ISSOCK(st.st_mode))
		return false;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool refused =
		connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) && errno == ECONNREFUSED;
	close(fd);
	return refused;
}

static bool bind_socket(struct unix_server *s, char *why)
{
	const char *path = s->address.sun_path;
	struct sockaddr *sa = (struct sockaddr *)&s->address;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return failure_say(why, "cannot open a socket: %s", strerror(errno));
	if (is_left_over(&s->address))
		unlink(path);
	mode_t was = umask(0777 & ~s->cfg.mode);
	int r = bind(s->fd, sa, sizeof(s->address)), error = errno;
	umask(was);
	if (r && error == EADDRINUSE)
		return failure_say(why,
				   "another program answers at %s, or there is another file of "
				   "that name: stop it, or choose another socket",
				   path);
	if (r)
		return failure_say(why, "cannot open the socket %s: %s", path, strerror(error));
	if (listen(s->fd, BACKLOG))
		return failure_say(why, "cannot listen at %s: %s", path, strerror(errno));
	return true;
}

struct unix_server *unix_server_open(struct loop *l, const struct unix_server_config *cfg,
				     char why[static FAILURE_MAX])
{
	struct unix_server *s = calloc(1, sizeof(*s));
	if (!s) {
		failure_say(why, "no memory for the socket %s", cfg->path);
		return NULL;
	}
	*s = (struct unix_server){.l = l, .cfg = *cfg, .fd = -1};
	if (address_of(&s->address, cfg->path, why) && bind_socket(s, why)) {
		s->watch = loop_fd_new(l, s->fd, (struct loop_fd_call){on_connect, s});
		s->accept_again = loop_timer_new(l, (struct loop_call){on_accept_again, s});
		if (s->watch && s->accept_again) {
			loop_fd_want(s->watch, LOOP_READ);
			return s;
		}
		loop_fd_free(s->watch);
		loop_timer_free(s->accept_again);
		failure_say(why, "no memory for the socket %s", cfg->path);
		unlink(cfg->path);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	return NULL;
}

void unix_server_close(struct unix_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < UNIX_CLIENTS_MAX; i++)
		if (s->asks[i].s)
			ask_end(&s->asks[i]);
	loop_fd_free(s->watch);
	loop_timer_free(s->accept_again);
	close(s->fd);
	unlink(s->address.sun_path);
	free(s);
}

/* --- the client --- */

/* The next call on fd waits until then. False and EAGAIN, as from such a call: the time is over. */
static bool set_limit(int fd, mono_ns until)
{
	mono_ns now = clock_now(), left = until > now ? until - now : 1;
	struct timeval t = {.tv_sec = (time_t)(left / SECOND),
			    .tv_usec = (suseconds_t)(left % SECOND / USEC)};
	if (t.tv_sec == 0 && t.tv_usec == 0)
		t.tv_usec = 1; /* zero would mean no limit */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t)))
		return false;
	errno = EAGAIN;
	return until > now;
}

static void no_answer(const char *path, int error, char *why)
{
	if (error == EAGAIN)
		failure_say(why, "no answer from %s: it takes too long", path);
	else if (error == ECONNRESET || error == EPIPE)
		failure_say(why, "%s hung up without an answer: perhaps too many ask it at once",
			    path);
	else if (error == EMSGSIZE)
		failure_say(why, "the answer from %s is longer than %d MiB", path,
			    UNIX_ANSWER_MAX >> 20);
	else
		failure_say(why, "no answer from %s: %s", path, strerror(error));
}

static int client_connect(const char *path, mono_ns until, char *why)
{
	struct sockaddr_un sa;
	if (!address_of(&sa, path, why))
		return -1;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && set_limit(fd, until) && !connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		return fd;
	int error = errno;
	if (error == ENOENT || error == ECONNREFUSED)
		failure_say(why, "nobody answers at %s: is the daemon running?", path);
	else if (error == EAGAIN)
		no_answer(path, error, why);
	else if (error == EACCES || error == EPERM)
		failure_say(why, "not allowed to use %s: run as root, or as a member of its group",
			    path);
	else
		failure_say(why, "cannot reach %s: %s", path, strerror(error));
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool send_request(int fd, const char *request)
{
	size_t left = strlen(request);
	while (left > 0) {
		ssize_t n = send(fd, request, left, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		request += n;
		left -= (size_t)n;
	}
	return shutdown(fd, SHUT_WR) == 0;
}

/* Reads to the end. NULL and errno; ECONNRESET: there is no answer. */
static char *read_answer(int fd, mono_ns until, size_t *n)
{
	size_t have = 0, cap = READ_STEP;
	char *out = malloc(cap + 1);
	while (out) {
		ssize_t got = set_limit(fd, until) ? recv(fd, out + have, cap - have, 0) : -1;
		if (got == 0 && have > 0) {
			out[have] = 0;
			*n = have;
			return out;
		}
		if (got <= 0) {
			errno = got < 0 ? errno : ECONNRESET;
			break;
		}
		have += (size_t)got;
		if (have > UNIX_ANSWER_MAX) {
			errno = EMSGSIZE;
			break;
		}
		char *more = have < cap ? out : realloc(out, cap * 2 + 1);
		if (!more)
			break;
		cap = have < cap ? cap : cap * 2;
		out = more;
	}
	int error = errno;
	free(out);
	errno = error;
	return NULL;
}

char *unix_call(const char *path, const char *request, mono_ns limit, size_t *n,
		char why[static FAILURE_MAX])
{
	mono_ns until = clock_now() + limit;
	int fd = client_connect(path, until, why);
	if (fd < 0)
		return NULL;
	char *answer = send_request(fd, request) ? read_answer(fd, until, n) : NULL;
	if (!answer)
		no_answer(path, errno, why);
	close(fd);
	return answer;
}

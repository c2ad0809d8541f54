#include "io/race.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/socket_address.h"

enum {
	MARK = 0x80000 /* as io/udp.h: keeps it off the tunnel */,
	USER_TIMEOUT_MS = 15000,
	KEEPALIVE_IDLE_S = 30,
	KEEPALIVE_EVERY_S = 5
};

struct lane {
	struct race *r;
	struct endpoint v[RACE_LANE_MAX];
	size_t n, at; /* at: the next one to try */
	struct loop_timer *timer;
	struct loop_fd *watch;
	int fd; /* -1: none */
	int error;
	bool running; /* tries, or waits for its start */
};

struct race {
	struct loop *l;
	struct race_call call;
	struct lane v6, v4;
};

static void lane_drop(struct lane *a)
{
	loop_fd_free(a->watch);
	a->watch = NULL;
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

static void set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		return; /* a wish, not a need */
}

static int socket_make(uint8_t family)
{
	int fd = socket(family == 6 ? AF_INET6 : AF_INET,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	set_int(fd, SOL_SOCKET, SO_MARK, MARK);
	set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S);
	set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
	return fd;
}

static const struct endpoint *last_tried(const struct lane *a)
{
	return &a->v[a->at ? a->at - 1 : 0];
}

/* Both lanes have failed. */
static void race_lost(struct race *r)
{
	char why[FAILURE_MAX], t4[ENDPOINT_TEXT_MAX], t6[ENDPOINT_TEXT_MAX];
	const struct lane *a = r->v4.n ? &r->v4 : &r->v6;
	if (r->v4.n && r->v6.n)
		failure_say(why, "%s: %s; %s: %s", endpoint_format(last_tried(&r->v4), t4),
			    strerror(r->v4.error), endpoint_format(last_tried(&r->v6), t6),
			    strerror(r->v6.error));
	else
		failure_say(why, "%s: %s", endpoint_format(last_tried(a), t4), strerror(a->error));
	r->call.fn(r->call.self, -1, last_tried(a), why);
}

static void race_won(struct lane *a)
{
	struct race *r = a->r;
	struct endpoint to = *last_tried(a);
	int fd = a->fd;
	loop_fd_free(a->watch);
	a->watch = NULL;
	a->fd = -1;
	lane_drop(&r->v6);
	lane_drop(&r->v4);
	loop_timer_set(r->v6.timer, MONO_NEVER);
	loop_timer_set(r->v4.timer, MONO_NEVER);
	r->call.fn(r->call.self, fd, &to, "");
}

static void on_ready(void *self, unsigned ready);

/* Begins with the next address. False, and error: it failed at once. */
static bool lane_try(struct lane *a)
{
	struct sockaddr_storage sa;
	const struct endpoint *to = &a->v[a->at++];
	socklen_t len = socket_address_write(&sa, to);
	a->fd = socket_make(to->ip.family);
	if (a->fd >= 0)
		a->watch = loop_fd_new(a->r->l, a->fd, (struct loop_fd_call){on_ready, a});
	if (a->fd >= 0 && a->watch &&
	    (!connect(a->fd, (struct sockaddr *)&sa, len) || errno == EINPROGRESS)) {
		loop_fd_want(a->watch, LOOP_WRITE);
		loop_timer_set(a->timer,
			       a->at < a->n ? loop_now(a->r->l) + RACE_NEXT_AFTER : MONO_NEVER);
		return true;
	}
	a->error = errno;
	lane_drop(a);
	return false;
}

static void lane_next(struct lane *a)
{
	struct race *r = a->r;
	lane_drop(a);
	while (a->at < a->n)
		if (lane_try(a))
			return;
	a->running = false;
	if (!r->v4.running && !r->v6.running)
		race_lost(r);
	else if (a == &r->v6 && r->v4.at == 0)
		loop_timer_set(r->v4.timer, loop_now(r->l)); /* the head start is over */
}

static void on_ready(void *self, unsigned ready)
{
	struct lane *a = self;
	socklen_t len = sizeof(a->error);
	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &a->error, &len))
		a->error = errno;
	if (a->error)
		lane_next(a);
	else
		race_won(a);
}

static void on_time(void *self)
{
	struct lane *a = self;
	if (a->fd >= 0)
		a->error = ETIMEDOUT;
	lane_next(a);
}

static bool lane_init(struct lane *a, struct race *r, uint8_t family, const struct endpoint *v,
		      size_t n)
{
	*a = (struct lane){.r = r, .fd = -1};
	for (size_t i = 0; i < n && a->n < RACE_LANE_MAX; i++)
		if (v[i].ip.family == family)
			a->v[a->n++] = v[i];
	a->running = a->n > 0;
	a->timer = loop_timer_new(r->l, (struct loop_call){on_time, a});
	return a->timer != NULL;
}

struct race *race_start(struct loop *l, const struct endpoint *v, size_t n, struct race_call call)
{
	struct race *r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	*r = (struct race){.l = l, .call = call};
	bool ok = lane_init(&r->v6, r, 6, v, n);
	ok = lane_init(&r->v4, r, 4, v, n) && ok;
	if (!ok || (!r->v6.n && !r->v4.n)) {
		race_stop(r);
		return NULL;
	}
	mono_ns now = loop_now(l);
	if (r->v6.n)
		loop_timer_set(r->v6.timer, now);
	if (r->v4.n)
		loop_timer_set(r->v4.timer, r->v6.n ? now + RACE_V6_HEAD_START : now);
	return r;
}

bool race_is_stranded(const struct race *r)
{
	int fds[] = {r->v6.fd, r->v4.fd};
	bool any = false;
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (fds[i] >= 0 && !socket_is_stranded(fds[i]))
			return false;
		any |= fds[i] >= 0;
	}
	return any;
}

void race_stop(struct race *r)
{
	if (!r)
		return;
	lane_drop(&r->v6);
	lane_drop(&r->v4);
	loop_timer_free(r->v6.timer);
	loop_timer_free(r->v4.timer);
	free(r);
}

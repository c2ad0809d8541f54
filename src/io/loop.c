/* io/loop.c - theory of operation
 *
 * A turn of ours is one event_base_loop(EVLOOP_ONCE): libevent waits for files and signals and
 * calls back for them.  Timers are a heap of our own with one timerfd for the earliest, because
 * libevent's own timers stand still while the machine sleeps.  After libevent's calls come the
 * timers that are due, then the deferred calls.
 *
 * The first loop_now() of a turn, which is after the wait, reads the clock.  The others of that
 * turn give the same time.
 *
 * Bounded: a timer that sets itself to a time in the past fires in the next turn, and so does a
 * deferred call that asks for itself.  Files are looked at in between.
 */
#include "io/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/heap.h"
#include "io/clock.h"

enum { LAST_TURNS = 4 };

struct loop {
	struct event_base *base;
	struct event *timer_event;
	int timer_fd;
	mono_ns armed; /* what timer_fd is set to */
	struct heap heap;
	struct loop_timer *timers[LOOP_TIMERS_MAX]; /* by id in the heap */
	uint32_t due[LOOP_TIMERS_MAX];              /* ids of this turn, in their order */
	struct loop_deferred *asked,
		*calling; /* deferred calls of this turn, and those being made */
	mono_ns now;
	bool in_turn, now_read, stop;
};

struct loop_fd {
	struct loop *l;
	struct loop_fd_call call;
	struct event *read, *write;
	unsigned wanted;
};

struct loop_timer {
	struct loop *l;
	struct loop_call call;
	uint32_t id;
	bool due; /* to be called in this turn, unless it is set or freed before */
};

struct loop_signal {
	struct loop_call call;
	struct event *event;
};

struct loop_deferred {
	struct loop *l;
	struct loop_call call;
	struct loop_deferred *next;
	bool asked;
};

static void on_timer_fd(evutil_socket_t fd, short what, void *self)
{
	struct loop *l = self;
	uint64_t times;
	if (read(fd, &times, sizeof(times)) == sizeof(times))
		l->armed = MONO_NEVER;
}

static bool loop_open(struct loop *l)
{
	if (!heap_init(&l->heap, LOOP_TIMERS_MAX))
		return false;
	l->base = event_base_new();
	l->timer_fd = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (!l->base || l->timer_fd < 0)
		return false;
	l->timer_event = event_new(l->base, l->timer_fd, EV_READ | EV_PERSIST, on_timer_fd, l);
	return l->timer_event && event_add(l->timer_event, NULL) == 0;
}

static void say_nothing(int severity, const char *text)
{
}

void loop_hush_library(void)
{
	event_set_log_callback(say_nothing);
}

struct loop *loop_new(void)
{
	struct loop *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->timer_fd = -1;
	l->armed = MONO_NEVER;
	if (!loop_open(l)) {
		loop_free(l);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	/* What libevent has put off until its next turn is freed in it. */
	for (int i = 0; l->base && i < LAST_TURNS; i++)
		event_base_loop(l->base, EVLOOP_NONBLOCK);
	if (l->timer_event)
		event_free(l->timer_event);
	if (l->timer_fd >= 0)
		close(l->timer_fd);
	if (l->base)
		event_base_free(l->base);
	heap_fini(&l->heap);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

mono_ns loop_now(struct loop *l)
{
	if (!l->in_turn)
		return clock_now();
	if (!l->now_read)
		l->now = clock_now();
	l->now_read = true;
	return l->now;
}

static void arm(struct loop *l, mono_ns at)
{
	if (at == l->armed)
		return;
	struct itimerspec t = {0};
	if (at != MONO_NEVER) {
		t.it_value.tv_sec = (time_t)(at / SECOND);
		t.it_value.tv_nsec = (long)(at % SECOND);
		if (at == 0)
			t.it_value.tv_nsec = 1; /* zero would disarm it */
	}
	if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &t, NULL) == 0)
		l->armed = at;
}

static void call_timers(struct loop *l)
{
	uint32_t n = 0;
	for (; heap_due(&l->heap, loop_now(l), &l->due[n]); n++)
		l->timers[l->due[n]]->due = true;
	for (uint32_t i = 0; i < n; i++) {
		struct loop_timer *t = l->timers[l->due[i]];
		if (!t || !t->due)
			continue;
		t->due = false;
		t->call.fn(t->call.self);
	}
}

static void call_deferred(struct loop *l)
{
	l->calling = l->asked;
	l->asked = NULL;
	while (l->calling) {
		struct loop_deferred *d = l->calling;
		l->calling = d->next;
		d->asked = false;
		d->call.fn(d->call.self);
	}
}

void loop_turn(struct loop *l, mono_ns wait)
{
	mono_ns now = clock_now();
	mono_ns until = wait > MONO_NEVER - now ? MONO_NEVER : now + wait;
	bool at_once = l->asked != NULL;
	if (!at_once)
		arm(l, mono_min(heap_first(&l->heap), until));
	l->in_turn = true;
	l->now_read = false;
	event_base_loop(l->base, at_once ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE);
	call_timers(l);
	call_deferred(l);
	l->in_turn = false;
}

void loop_run(struct loop *l)
{
	l->stop = false;
	while (!l->stop)
		loop_turn(l, MONO_NEVER);
}

void loop_stop(struct loop *l)
{
	l->stop = true;
}

/* --- files --- */

static void on_fd(evutil_socket_t fd, short what, void *self)
{
	struct loop_fd *w = self;
	w->call.fn(w->call.self, what & EV_READ ? LOOP_READ : LOOP_WRITE);
}

struct loop_fd *loop_fd_new(struct loop *l, int fd, struct loop_fd_call call)
{
	struct loop_fd *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	*w = (struct loop_fd){.l = l, .call = call};
	w->read = event_new(l->base, fd, EV_READ | EV_PERSIST, on_fd, w);
	w->write = event_new(l->base, fd, EV_WRITE | EV_PERSIST, on_fd, w);
	if (w->read && w->write)
		return w;
	loop_fd_free(w);
	return NULL;
}

static void want_one(struct event *e, bool was, bool want)
{
	if (want && !was)
		event_add(e, NULL);
	if (!want && was)
		event_del(e);
}

void loop_fd_want(struct loop_fd *w, unsigned what)
{
	want_one(w->read, w->wanted & LOOP_READ, what & LOOP_READ);
	want_one(w->write, w->wanted & LOOP_WRITE, what & LOOP_WRITE);
	w->wanted = what;
}

void loop_fd_free(struct loop_fd *w)
{
	if (!w)
		return;
	if (w->read)
		event_free(w->read);
	if (w->write)
		event_free(w->write);
	free(w);
}

/* --- timers --- */

struct loop_timer *loop_timer_new(struct loop *l, struct loop_call call)
{
	uint32_t id = 0;
	while (id < LOOP_TIMERS_MAX && l->timers[id])
		id++;
	if (id == LOOP_TIMERS_MAX)
		return NULL;
	struct loop_timer *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	*t = (struct loop_timer){.l = l, .call = call, .id = id};
	l->timers[id] = t;
	return t;
}

void loop_timer_set(struct loop_timer *t, mono_ns at)
{
	t->due = false;
	heap_set(&t->l->heap, t->id, at);
}

void loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	heap_set(&t->l->heap, t->id, MONO_NEVER);
	t->l->timers[t->id] = NULL;
	free(t);
}

/* --- signals --- */

static void on_signal(evutil_socket_t signo, short what, void *self)
{
	struct loop_signal *s = self;
	s->call.fn(s->call.self);
}

struct loop_signal *loop_signal_new(struct loop *l, int signo, struct loop_call call)
{
	struct loop_signal *s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->call = call;
	s->event = evsignal_new(l->base, signo, on_signal, s);
	if (s->event && event_add(s->event, NULL) == 0)
		return s;
	loop_signal_free(s);
	return NULL;
}

void loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	if (s->event)
		event_free(s->event);
	free(s);
}

/* --- deferred calls --- */

struct loop_deferred *loop_deferred_new(struct loop *l, struct loop_call call)
{
	struct loop_deferred *d = calloc(1, sizeof(*d));
	if (d)
		*d = (struct loop_deferred){.l = l, .call = call};
	return d;
}

void loop_deferred_ask(struct loop_deferred *d)
{
	if (d->asked)
		return;
	struct loop_deferred **end = &d->l->asked;
	while (*end)
		end = &(*end)->next;
	d->asked = true;
	d->next = NULL;
	*end = d;
}

static void unlink_from(struct loop_deferred **list, struct loop_deferred *d)
{
	for (; *list; list = &(*list)->next)
		if (*list == d) {
			*list = d->next;
			return;
		}
}

void loop_deferred_free(struct loop_deferred *d)
{
	if (!d)
		return;
	unlink_from(&d->l->asked, d);
	unlink_from(&d->l->calling, d);
	free(d);
}

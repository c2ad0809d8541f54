/* io/loop.h - the event loop: files, timers, signals, and calls at the end of a turn
 *
 * One thread.  A turn is: wait until something is ready or a timer is due, read the clock once,
 * make the calls, then make the deferred calls.  A call may add, change and remove anything, also
 * what it belongs to.
 *
 * Over libevent's event_base, and a timerfd on CLOCK_BOOTTIME: a timer that came due while the
 * machine slept fires when it wakes.
 */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include "base/time.h"

enum { LOOP_TIMERS_MAX = 4096 };

struct loop;
struct event_base;

struct loop_call {
	void (*fn)(void *self);
	void *self;
};

/* NULL: out of memory or of file descriptors. Sets SIGPIPE to be ignored in this process. */
struct loop *loop_new(void) MUST_USE;
/* From now on libevent prints nothing by itself (name servers that fail, and so on), in the whole
 * process. For programs whose standard error is a person's terminal. */
void loop_hush_library(void);
/* Everything that was added must have been removed before. */
void loop_free(struct loop *l);
/* Turns until loop_stop. */
void loop_run(struct loop *l);
/* One turn that waits at most `wait`. For tests, and for programs with a loop of their own. */
void loop_turn(struct loop *l, mono_ns wait);
void loop_stop(struct loop *l);
/* CLOCK_BOOTTIME, read once in a turn; outside of a turn it is read at each call. */
mono_ns loop_now(struct loop *l);
/* For the files of io/ that use libevent themselves. */
struct event_base *loop_base(struct loop *l);

/* --- files --- */

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop_fd_call {
	void (*fn)(void *self, unsigned ready); /* LOOP_READ, LOOP_WRITE or both */
	void *self;
};
struct loop_fd;
/* Waits for nothing at first. The fd is kept, and stays the caller's. NULL: out of memory. */
struct loop_fd *loop_fd_new(struct loop *l, int fd, struct loop_fd_call call) MUST_USE;
/* What to wait for from now on (level-triggered). */
void loop_fd_want(struct loop_fd *w, unsigned what);
void loop_fd_free(struct loop_fd *w); /* before the fd is closed; NULL is allowed */

/* --- timers --- */

struct loop_timer;
/* Off at first. NULL: out of memory, or LOOP_TIMERS_MAX reached. */
struct loop_timer *loop_timer_new(struct loop *l, struct loop_call call) MUST_USE;
/* Fires once at or soon after `at`; a second call moves it; MONO_NEVER: off. */
void loop_timer_set(struct loop_timer *t, mono_ns at);
void loop_timer_free(struct loop_timer *t); /* NULL is allowed */

/* --- signals --- */

struct loop_signal;
struct loop_signal *loop_signal_new(struct loop *l, int signo, struct loop_call call) MUST_USE;
void loop_signal_free(struct loop_signal *s); /* NULL is allowed */

/* --- deferred calls --- */

struct loop_deferred;
struct loop_deferred *loop_deferred_new(struct loop *l, struct loop_call call) MUST_USE;
/* Asks for one call at the end of this turn, however often it is asked. If a deferred call asks,
 * its call comes at the end of the next turn, and that turn does not wait. */
void loop_deferred_ask(struct loop_deferred *d);
void loop_deferred_free(struct loop_deferred *d); /* NULL is allowed */

#endif

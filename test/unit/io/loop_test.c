#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/loop.h"
#include "unit/no_memory.h"
#include "unit/unit.h"

struct counted {
	struct loop *l;
	struct loop_timer *timer;
	struct loop_deferred *deferred;
	struct loop_fd *watch;
	struct loop_signal *signal;
	unsigned times, ready;
	mono_ns at;
	char *order;
	char letter;
};

static void count(void *self)
{
	struct counted *c = self;
	c->times++;
	c->at = loop_now(c->l);
	if (c->order)
		c->order[strlen(c->order)] = c->letter;
}

static void count_and_stop(void *self)
{
	struct counted *c = self;
	count(self);
	loop_stop(c->l);
}

static void timers_fire_once_in_order_and_not_early(void **state)
{
	struct loop *l = loop_new();
	char order[8] = "";
	struct counted a = {.l = l, .order = order, .letter = 'a'},
		       b = {.l = l, .order = order, .letter = 'b'};
	struct counted end = {.l = l};
	a.timer = loop_timer_new(l, (struct loop_call){count, &a});
	b.timer = loop_timer_new(l, (struct loop_call){count, &b});
	end.timer = loop_timer_new(l, (struct loop_call){count_and_stop, &end});
	mono_ns now = loop_now(l);
	loop_timer_set(a.timer, now + 20 * MSEC);
	loop_timer_set(b.timer, now + 10 * MSEC);
	loop_timer_set(end.timer, now + 30 * MSEC);
	loop_run(l);
	assert_string_equal(order, "ba");
	assert_true(a.at >= now + 20 * MSEC && b.at >= now + 10 * MSEC);
	assert_int_equal(end.times, 1);
	loop_timer_free(a.timer);
	loop_timer_free(b.timer);
	loop_timer_free(end.timer);
	loop_free(l);
}

static void a_timer_can_be_moved_and_taken_off(void **state)
{
	struct loop *l = loop_new();
	struct counted a = {.l = l}, b = {.l = l};
	a.timer = loop_timer_new(l, (struct loop_call){count, &a});
	b.timer = loop_timer_new(l, (struct loop_call){count, &b});
	loop_timer_set(a.timer, 0);
	loop_timer_set(a.timer, MONO_NEVER);
	loop_timer_set(b.timer, loop_now(l) + 3600 * SECOND);
	loop_timer_set(b.timer, 1); /* long past */
	loop_turn(l, 10 * MSEC);
	assert_int_equal(a.times, 0);
	assert_int_equal(b.times, 1);
	loop_turn(l, 1 * MSEC);
	assert_int_equal(b.times, 1);
	loop_timer_free(a.timer);
	loop_timer_free(b.timer);
	loop_free(l);
}

static void free_own_timer(void *self)
{
	struct counted *c = self;
	c->times++;
	loop_timer_free(c->timer);
	c->timer = NULL;
}

static void set_self_to_the_past(void *self)
{
	struct counted *c = self;
	c->times++;
	loop_timer_set(c->timer, 0);
}

static void a_timer_may_free_itself_or_set_itself_to_the_past(void **state)
{
	struct loop *l = loop_new();
	struct counted a = {.l = l}, b = {.l = l};
	a.timer = loop_timer_new(l, (struct loop_call){free_own_timer, &a});
	b.timer = loop_timer_new(l, (struct loop_call){set_self_to_the_past, &b});
	loop_timer_set(a.timer, 0);
	loop_timer_set(b.timer, 0);
	loop_turn(l, SECOND);
	assert_int_equal(a.times, 1);
	assert_int_equal(b.times, 1);
	loop_timer_free(b.timer);
	loop_free(l);
}

/* It is always the earliest, and must not take the turn of the others. */
static void a_timer_that_is_always_due_leaves_the_others_their_turn(void **state)
{
	struct loop *l = loop_new();
	struct counted greedy = {.l = l}, other = {.l = l};
	greedy.timer = loop_timer_new(l, (struct loop_call){set_self_to_the_past, &greedy});
	other.timer = loop_timer_new(l, (struct loop_call){count, &other});
	loop_timer_set(greedy.timer, 0);
	loop_timer_set(other.timer, 1);
	loop_turn(l, SECOND);
	assert_int_equal(greedy.times, 1);
	assert_int_equal(other.times, 1);
	loop_turn(l, SECOND);
	assert_int_equal(greedy.times, 2);
	assert_int_equal(other.times, 1);
	loop_timer_free(greedy.timer);
	loop_timer_free(other.timer);
	loop_free(l);
}

/* What the first of two timers, both due, does to the second. */
struct meddler {
	struct counted victim;
	struct loop_timer *timer, *successor;
	enum { FREES_IT, TAKES_IT_OFF, MOVES_IT, PUTS_ANOTHER_IN_ITS_PLACE } what;
};

static void meddle(void *self)
{
	struct meddler *m = self;
	struct loop *l = m->victim.l;
	if (m->what == TAKES_IT_OFF)
		loop_timer_set(m->victim.timer, MONO_NEVER);
	if (m->what == MOVES_IT)
		loop_timer_set(m->victim.timer, loop_now(l) + 3600 * SECOND);
	if (m->what != FREES_IT && m->what != PUTS_ANOTHER_IN_ITS_PLACE)
		return;
	loop_timer_free(m->victim.timer);
	m->victim.timer = NULL;
	if (m->what == PUTS_ANOTHER_IN_ITS_PLACE)
		m->successor = loop_timer_new(l, (struct loop_call){count, &m->victim});
}

static void a_timer_that_is_due_can_still_be_stopped_by_another(void **state)
{
	for (int what = FREES_IT; what <= PUTS_ANOTHER_IN_ITS_PLACE; what++) {
		struct loop *l = loop_new();
		struct meddler m = {.victim = {.l = l}, .what = what};
		m.timer = loop_timer_new(l, (struct loop_call){meddle, &m});
		m.victim.timer = loop_timer_new(l, (struct loop_call){count, &m.victim});
		loop_timer_set(m.timer, 1);
		loop_timer_set(m.victim.timer, 2);
		loop_turn(l, SECOND);
		loop_turn(l, MSEC);
		assert_int_equal(m.victim.times, 0);
		loop_timer_free(m.timer);
		loop_timer_free(m.victim.timer);
		loop_timer_free(m.successor);
		loop_free(l);
	}
}

static void timers_have_a_limit(void **state)
{
	struct loop *l = loop_new();
	struct loop_timer **v = calloc(LOOP_TIMERS_MAX, sizeof(*v));
	for (size_t i = 0; i < LOOP_TIMERS_MAX; i++)
		assert_non_null(v[i] = loop_timer_new(l, (struct loop_call){count, NULL}));
	assert_null(loop_timer_new(l, (struct loop_call){count, NULL}));
	for (size_t i = 0; i < LOOP_TIMERS_MAX; i++)
		loop_timer_free(v[i]);
	free(v);
	loop_free(l);
}

static void on_ready(void *self, unsigned ready)
{
	struct counted *c = self;
	c->times++;
	c->ready |= ready;
	c->at = loop_now(c->l);
}

static void files_are_watched_for_what_is_wanted(void **state)
{
	struct loop *l = loop_new();
	int p[2];
	assert_int_equal(pipe(p), 0);
	struct counted r = {.l = l}, w = {.l = l};
	r.watch = loop_fd_new(l, p[0], (struct loop_fd_call){on_ready, &r});
	w.watch = loop_fd_new(l, p[1], (struct loop_fd_call){on_ready, &w});
	loop_fd_want(r.watch, LOOP_READ);
	loop_turn(l, 1 * MSEC);
	assert_int_equal(r.times + w.times, 0);
	loop_fd_want(w.watch, LOOP_WRITE);
	loop_turn(l, SECOND);
	assert_int_equal(w.ready, LOOP_WRITE);
	loop_fd_want(w.watch, 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	loop_turn(l, SECOND);
	assert_int_equal(r.ready, LOOP_READ);
	assert_int_equal(w.times, 1);
	loop_fd_free(r.watch);
	loop_fd_free(w.watch);
	loop_fd_free(NULL);
	close(p[0]);
	close(p[1]);
	loop_free(l);
}

static void free_both(void *self, unsigned ready)
{
	struct counted *c = self;
	c->times++;
	loop_fd_free(c->watch);
	c->watch = NULL;
}

static void want_nothing(void *self, unsigned ready)
{
	struct counted *c = self;
	c->times++;
	loop_fd_want(c->watch, 0);
}

static void a_watch_may_free_itself(void **state)
{
	struct loop *l = loop_new();
	int p[2];
	assert_int_equal(pipe(p), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	struct counted r = {.l = l};
	r.watch = loop_fd_new(l, p[0], (struct loop_fd_call){free_both, &r});
	loop_fd_want(r.watch, LOOP_READ);
	loop_turn(l, SECOND);
	loop_turn(l, 1 * MSEC);
	assert_int_equal(r.times, 1);
	close(p[0]);
	close(p[1]);
	loop_free(l);
}

/* Both are ready in the same turn: whoever is called first takes the other away. */
struct rivals {
	struct loop_fd *watch[2];
	unsigned calls;
};

struct rival {
	struct rivals *both;
	size_t other;
};

static void free_the_other(void *self, unsigned ready)
{
	struct rival *r = self;
	r->both->calls++;
	loop_fd_free(r->both->watch[r->other]);
	r->both->watch[r->other] = NULL;
}

static void a_watch_may_free_another_that_is_ready_too(void **state)
{
	struct loop *l = loop_new();
	struct rivals both = {0};
	struct rival r[2] = {{&both, 1}, {&both, 0}};
	int p[2][2];
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pipe(p[i]), 0);
		assert_int_equal(write(p[i][1], "x", 1), 1);
		both.watch[i] =
			loop_fd_new(l, p[i][0], (struct loop_fd_call){free_the_other, &r[i]});
		loop_fd_want(both.watch[i], LOOP_READ);
	}
	loop_turn(l, SECOND);
	assert_int_equal(both.calls, 1);
	for (size_t i = 0; i < 2; i++) {
		loop_fd_free(both.watch[i]);
		close(p[i][0]);
		close(p[i][1]);
	}
	loop_free(l);
}

/* A socket that can be read and written at once makes two calls; the first may be the last. */
static void what_a_watch_no_longer_wants_is_not_told(void **state)
{
	for (int freed = 0; freed < 2; freed++) {
		struct loop *l = loop_new();
		struct counted c = {.l = l};
		int p[2];
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
		assert_int_equal(write(p[1], "x", 1), 1);
		c.watch = loop_fd_new(l, p[0],
				      (struct loop_fd_call){freed ? free_both : want_nothing, &c});
		loop_fd_want(c.watch, LOOP_READ | LOOP_WRITE);
		loop_turn(l, SECOND);
		loop_turn(l, MSEC);
		assert_int_equal(c.times, 1);
		loop_fd_free(c.watch);
		close(p[0]);
		close(p[1]);
		loop_free(l);
	}
}

static void the_clock_stands_still_in_a_turn(void **state)
{
	struct loop *l = loop_new();
	struct counted t = {.l = l}, d = {.l = l};
	t.timer = loop_timer_new(l, (struct loop_call){count, &t});
	d.deferred = loop_deferred_new(l, (struct loop_call){count, &d});
	loop_deferred_ask(d.deferred);
	loop_timer_set(t.timer, 0);
	mono_ns before = clock_now();
	loop_turn(l, SECOND);
	assert_true(t.at == d.at && t.at >= before);
	loop_timer_free(t.timer);
	loop_deferred_free(d.deferred);
	loop_free(l);
}

static void signals_are_called_back(void **state)
{
	struct loop *l = loop_new();
	struct counted s = {.l = l};
	s.signal = loop_signal_new(l, SIGHUP, (struct loop_call){count_and_stop, &s});
	kill(getpid(), SIGHUP);
	loop_run(l);
	assert_int_equal(s.times, 1);
	loop_signal_free(s.signal);
	loop_signal_free(NULL);
	loop_free(l);
}

static void free_own_signal(void *self)
{
	struct counted *c = self;
	c->times++;
	loop_signal_free(c->signal);
	c->signal = NULL;
	loop_stop(c->l);
}

static void a_signal_may_free_itself_and_a_reader_that_goes_is_none(void **state)
{
	struct loop *l = loop_new();
	struct counted s = {.l = l};
	int p[2];
	s.signal = loop_signal_new(l, SIGHUP, (struct loop_call){free_own_signal, &s});
	kill(getpid(), SIGHUP);
	loop_run(l);
	assert_int_equal(s.times, 1);
	assert_int_equal(pipe(p), 0);
	close(p[0]);
	assert_int_equal(write(p[1], "x", 1), -1); /* SIGPIPE would end the program */
	close(p[1]);
	loop_free(l);
}

static void free_another_deferred(void *self)
{
	struct counted *c = self;
	c->times++;
	loop_deferred_free(c->deferred);
	c->deferred = NULL;
}

static void a_deferred_call_may_free_one_that_waits_behind_it(void **state)
{
	struct loop *l = loop_new();
	char order[8] = "";
	struct counted a = {.l = l}, gone = {.l = l, .order = order, .letter = 'x'},
		       last = {.l = l, .order = order, .letter = 'l'};
	struct loop_deferred *first =
		loop_deferred_new(l, (struct loop_call){free_another_deferred, &a});
	a.deferred = loop_deferred_new(l, (struct loop_call){count, &gone});
	last.deferred = loop_deferred_new(l, (struct loop_call){count, &last});
	loop_deferred_ask(first);
	loop_deferred_ask(a.deferred);
	loop_deferred_ask(last.deferred);
	loop_turn(l, SECOND);
	loop_turn(l, MSEC);
	assert_int_equal(a.times, 1);
	assert_string_equal(order, "l");
	loop_deferred_free(first);
	loop_deferred_free(last.deferred);
	loop_free(l);
}

static void ask_another(void *self)
{
	loop_deferred_ask(((struct counted *)self)->deferred);
}

static void what_a_timer_asks_for_comes_in_the_same_turn(void **state)
{
	struct loop *l = loop_new();
	struct counted d = {.l = l};
	d.timer = loop_timer_new(l, (struct loop_call){ask_another, &d});
	d.deferred = loop_deferred_new(l, (struct loop_call){count, &d});
	loop_timer_set(d.timer, 0);
	loop_turn(l, SECOND);
	assert_int_equal(d.times, 1);
	loop_timer_free(d.timer);
	loop_deferred_free(d.deferred);
	loop_free(l);
}

/* Each allocation fails once. Whatever was made before is gone again: the leak checker looks. */
static void without_memory_there_is_no_loop_and_nothing_in_it(void **state)
{
	for (int left = 0; left < 3; left++) {
		memory_left = left;
		struct loop *none = loop_new();
		memory_left = -1;
		assert_null(none);
	}
	struct loop *l = loop_new();
	struct counted c = {.l = l};
	memory_left = 0;
	struct loop_timer *t = loop_timer_new(l, (struct loop_call){count, &c});
	struct loop_fd *f = loop_fd_new(l, 0, (struct loop_fd_call){on_ready, &c});
	struct loop_signal *s = loop_signal_new(l, SIGHUP, (struct loop_call){count, &c});
	struct loop_deferred *d = loop_deferred_new(l, (struct loop_call){count, &c});
	memory_left = -1;
	assert_true(!t && !f && !s && !d);
	t = loop_timer_new(l, (struct loop_call){count, &c}); /* the place was not used up */
	assert_non_null(t);
	loop_timer_set(t, 0);
	loop_turn(l, SECOND);
	assert_int_equal(c.times, 1);
	loop_timer_free(t);
	loop_free(l);
}

static void ask_self(void *self)
{
	struct counted *c = self;
	c->times++;
	loop_deferred_ask(c->deferred);
}

static void a_deferred_call_is_made_once_a_turn(void **state)
{
	struct loop *l = loop_new();
	struct counted a = {.l = l}, b = {.l = l}, never = {.l = l};
	a.deferred = loop_deferred_new(l, (struct loop_call){count, &a});
	b.deferred = loop_deferred_new(l, (struct loop_call){ask_self, &b});
	never.deferred = loop_deferred_new(l, (struct loop_call){count, &never});
	loop_deferred_ask(a.deferred);
	loop_deferred_ask(never.deferred);
	loop_deferred_ask(b.deferred);
	loop_deferred_ask(a.deferred);
	loop_deferred_free(never.deferred);
	mono_ns start = clock_now();
	for (int i = 0; i < 3; i++)
		loop_turn(l, 10 * SECOND);
	assert_true(clock_now() - start < 5 * SECOND);
	assert_int_equal(a.times, 1);
	assert_int_equal(b.times, 3);
	loop_deferred_free(a.deferred);
	loop_deferred_free(b.deferred);
	loop_deferred_free(NULL);
	loop_free(l);
	loop_free(NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(timers_fire_once_in_order_and_not_early),
	cmocka_unit_test(a_timer_can_be_moved_and_taken_off),
	cmocka_unit_test(a_timer_may_free_itself_or_set_itself_to_the_past),
	cmocka_unit_test(a_timer_that_is_always_due_leaves_the_others_their_turn),
	cmocka_unit_test(a_timer_that_is_due_can_still_be_stopped_by_another),
	cmocka_unit_test(timers_have_a_limit),
	cmocka_unit_test(files_are_watched_for_what_is_wanted),
	cmocka_unit_test(a_watch_may_free_itself),
	cmocka_unit_test(a_watch_may_free_another_that_is_ready_too),
	cmocka_unit_test(what_a_watch_no_longer_wants_is_not_told),
	cmocka_unit_test(the_clock_stands_still_in_a_turn),
	cmocka_unit_test(signals_are_called_back),
	cmocka_unit_test(a_signal_may_free_itself_and_a_reader_that_goes_is_none),
	cmocka_unit_test(a_deferred_call_may_free_one_that_waits_behind_it),
	cmocka_unit_test(what_a_timer_asks_for_comes_in_the_same_turn),
	cmocka_unit_test(without_memory_there_is_no_loop_and_nothing_in_it),
	cmocka_unit_test(a_deferred_call_is_made_once_a_turn),
};
RUN_TESTS(tests)

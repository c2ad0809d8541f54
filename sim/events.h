/* sim/events.h - what will happen, in the order of virtual time
 *
 * Events of the same moment happen in the order in which they were planned, so that one seed always
 * gives one run.  The simulation ends the program when memory runs out.
 */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

#include "base/time.h"

struct event {
	mono_ns at;
	uint64_t order;
	void (*run)(void *self, void *arg, mono_ns now);
	void *self;
	void *arg;
};

struct events {
	struct event *v; /* heap by (at, order) */
	size_t n, cap;
	uint64_t planned;
	mono_ns now;
};

void events_init(struct events *e, mono_ns now);
void events_fini(struct events *e); /* drops planned events */
/* arg is consumed: freed with free() after the event; NULL for none. A time in the past means
 * now. */
void events_at(struct events *e, mono_ns at, void (*run)(void *self, void *arg, mono_ns now),
	       void *self, void *arg);
/* Runs the next event and sets the clock to its time.  False: the next event is later than `until`,
 * and the clock is at `until`. */
bool events_step(struct events *e, mono_ns until);

/* One deadline that moves.  It rings at the earliest time that was set since it last rang: perhaps
 * too early, never too late.  It must live as long as the events. */
struct alarm {
	struct events *events;
	void (*ring)(void *self, mono_ns now);
	void *self;
	mono_ns at;
};
struct alarm alarm_of(struct events *e, void (*ring)(void *self, mono_ns now), void *self);
void alarm_set(struct alarm *a, mono_ns at); /* MONO_NEVER: sets nothing */

/* Zeroed memory.  Ends the program when there is none. */
void *sim_alloc(size_t n) __attribute__((returns_nonnull));

#endif

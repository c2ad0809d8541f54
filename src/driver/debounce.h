/* driver/debounce.h - when to look at a network that keeps changing
 *
 * Changes come in groups: an interface that goes up loses and gains addresses and routes within a
 * few milliseconds.  So the look waits for a pause after the last change.  A network that never
 * rests is looked at all the same, DEBOUNCE_MOST after the first change.
 */
#ifndef DRIVER_DEBOUNCE_H
#define DRIVER_DEBOUNCE_H

#include "base/time.h"

#define DEBOUNCE_PAUSE (200 * MSEC) /* without a change, after the last one */
#define DEBOUNCE_MOST  (500 * MSEC) /* after the first change */

/* Zero: nothing has changed. */
struct debounce {
	bool waiting; /* there was a change since the last look */
	mono_ns first;
};

/* A change was seen. Gives when to look. */
mono_ns debounce_event(struct debounce *s, mono_ns now);
/* The look is done: the next change is the first again. */
void debounce_done(struct debounce *s);

#endif

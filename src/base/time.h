/* base/time.h - times and lengths of time
 *
 * All times are nanoseconds of one monotonic clock.  The caller of a machine chooses the clock;
 * where it starts means nothing.  No function below io/ reads a clock: the time comes in as `now`.
 */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include "base/def.h"

typedef uint64_t mono_ns;

#define USEC   ((mono_ns)1000)
#define MSEC   ((mono_ns)1000000)
#define SECOND ((mono_ns)1000000000)

/* As a deadline: it never comes. As a moment in the past: it never happened. */
#define MONO_NEVER UINT64_MAX

static inline mono_ns mono_min(mono_ns a, mono_ns b)
{
	return a < b ? a : b;
}

static inline mono_ns mono_max(mono_ns a, mono_ns b)
{
	return a > b ? a : b;
}

/* Time from `then` until `now`, 0 if `then` is later; MONO_NEVER if it never happened. */
static inline mono_ns mono_since(mono_ns then, mono_ns now)
{
	if (then == MONO_NEVER)
		return MONO_NEVER;
	return now > then ? now - then : 0;
}

#endif

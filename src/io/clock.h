/* io/clock.h - the clock of a program
 *
 * CLOCK_BOOTTIME never jumps, and it counts the time that the machine slept.  So a node that wakes
 * sees at once that its deadlines are past.
 */
#ifndef IO_CLOCK_H
#define IO_CLOCK_H

#include "base/time.h"

mono_ns clock_now(void);
/* How long the machine has slept since it was started. */
mono_ns clock_slept(void);
/* clock_now() plus this is nanoseconds since 1970. It changes when the wall clock is set. */
uint64_t clock_wall_offset_ns(void);

#endif

/* relay/back_off.h - how long to wait before a relay is dialled again
 *
 * The pause grows with the square of the failures in a row, up to BACK_OFF_MAX.  A relay is in use
 * until BACK_OFF_USED after the last packet through it or for it.  While it is in use, packets
 * wait, so the pause grows to BACK_OFF_IN_USE only, and a relay is found about a second after it is
 * back. All pauses have jitter, half to one and a half times as long, so that the clients of a
 * relay do not all come back at once.
 *
 * Source: derp.md 6.3.
 */
#ifndef RELAY_BACK_OFF_H
#define RELAY_BACK_OFF_H

#include "base/rng.h"
#include "base/time.h"

#define BACK_OFF_UNIT   (100 * MSEC)
#define BACK_OFF_IN_USE (800 * MSEC)
#define BACK_OFF_MAX    (30 * SECOND)
#define BACK_OFF_USED   (60 * SECOND)

struct back_off {
	uint32_t failures; /* in a row */
	mono_ns used_at;   /* MONO_NEVER: the relay was never used */
	mono_ns failed_at; /* the last failure, if there is any */
};

void back_off_init(struct back_off *b);
void back_off_failed(struct back_off *b, mono_ns now);
void back_off_forget(struct back_off *b); /* the failures */
/* A packet came through the relay, or must go. True: the relay was not in use before. */
bool back_off_use(struct back_off *b, mono_ns now);
/* After a failure: when to dial again. */
mono_ns back_off_next(const struct back_off *b, const struct rng *rng);
/* The same, where the relay asked for this pause. */
mono_ns back_off_asked(const struct back_off *b, const struct rng *rng, mono_ns pause);

#endif

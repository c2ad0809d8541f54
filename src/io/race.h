/* io/race.h - a TCP connection to the first of several addresses that answers
 *
 * Two lanes, IPv6 and IPv4; IPv6 has a head start.  Each lane tries its addresses one after
 * another.
 *
 * Source: derp.md 6.1; RFC 8305, simplified.
 */
#ifndef IO_RACE_H
#define IO_RACE_H

#include "base/addr.h"
#include "io/failure.h"
#include "io/loop.h"

enum { RACE_LANE_MAX = 4 }; /* addresses tried of one family */
#define RACE_V6_HEAD_START (200 * MSEC)
#define RACE_NEXT_AFTER    (2500 * MSEC) /* of silence: then the lane tries its next address */

struct race;

struct race_call {
	/* The race is over: a connected fd, consumed; or -1 and why. Called once, never from inside
	 * race_start. May call race_stop. */
	void (*fn)(void *self, int fd, const struct endpoint *to, const char *why);
	void *self;
};

/* v is copied. NULL: out of memory, or no address at all. There is no time limit. */
struct race *race_start(struct loop *l, const struct endpoint *v, size_t n,
			struct race_call call) MUST_USE;
/* True: each attempt under way goes from an address that this machine has lost. */
bool race_is_stranded(const struct race *r);
void race_stop(struct race *r); /* also after it is over; NULL is allowed */

#endif

/* io/race.h - a TCP connection to the first of several addresses that answers
 *
 * Two lanes, IPv6 and IPv4; IPv6 has a head start.  Each lane tries its addresses one after
 * another. Source: RFC 8305, simplified.
 */
#ifndef IO_RACE_H
#define IO_RACE_H

#include "base/addr.h"
#include "io/failure.h"
#include "io/loop.h"

enum { RACE_LANE_MAX = 4 }; /* addresses tried of one family */
#define RACE_V6_HEAD_START (200 * MSEC)
#define RACE_NEXT_AFTER \
	(2500 * MSEC) /* silence after which the next address of the lane is tried */

struct race;

struct race_call {
	/* Over: a connected fd, which is the callee's now; or -1 and why. May call race_stop. Never
	 * called from inside race_start. */
	void (*fn)(void *self, int fd, const struct endpoint *to, const char *why);
	void *self;
};

/* NULL: out of memory, or no address at all. There is no limit of time. */
struct race *race_start(struct loop *l, const struct endpoint *v, size_t n,
			struct race_call call) MUST_USE;
/* All that is being tried goes from addresses that this machine does not have any more. */
bool race_is_stranded(const struct race *r);
void race_stop(struct race *r); /* also after it is over; NULL is allowed */

#endif

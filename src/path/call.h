/* path/call.h - when to send a call-me-maybe to one peer
 *
 * A call-me-maybe tells the peer our candidates, and the peer pings them.  So a call waits until
 * the candidates are young enough to be true, but at most CALL_WAIT: an old candidate is better
 * than none.
 *
 * Bounded: one call waits at a time, two calls are CALL_APART apart, and the calls that answer a
 * call of the peer CALL_ANSWER_APART.
 *
 * Source: disco.md 5.4, stun.md 5.7 (how old a candidate may be).
 */
#ifndef PATH_CALL_H
#define PATH_CALL_H

#include "base/time.h"

#define CALL_APART        (250 * MSEC)
#define CALL_WAIT         (300 * MSEC) /* for STUN */
#define CALL_ANSWER_APART (5 * SECOND)
#define CALL_YOUNG        (27 * SECOND) /* a candidate that was seen so recently is still true */

struct call {
	mono_ns from;        /* a planned call goes out then, if the candidates are young enough */
	mono_ns by;          /* and then in any case; MONO_NEVER: no call is planned */
	mono_ns needs;       /* candidates that were seen then or later are young enough */
	mono_ns sent_at;     /* the last call; MONO_NEVER: none */
	mono_ns answered_at; /* the last call that answered one of the peer; MONO_NEVER: none */
};

void call_init(struct call *c);
/* Plans a call, in place of one that is planned already.  not_before: what was seen of us earlier
 * is in doubt, however young it is; 0: nothing is in doubt. */
void call_plan(struct call *c, mono_ns not_before, mono_ns now);
void call_cancel(struct call *c);
static inline bool call_is_planned(const struct call *c)
{
	return c->by != MONO_NEVER;
}
/* The peer has called.  True: answer with a call of ours; this is noted as the answer.  False: we
 * answered lately, or a call is planned anyway. */
bool call_on_call(struct call *c, mono_ns now) MUST_USE;
/* fresh: our candidates are as young as `needs`. */
mono_ns call_deadline(const struct call *c, bool fresh);
/* True: send the planned call now. */
bool call_tick(struct call *c, bool fresh, mono_ns now) MUST_USE;

#endif

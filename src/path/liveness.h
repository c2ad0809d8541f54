/* path/liveness.h - is the way in use alive? A direct path, or a relay beside which there is
 * another way
 *
 *   state      begins when                   ends when
 *   CALM       a sign of life                we send -> AWAITING
 *   AWAITING   we sent, nothing came yet     a sign of life -> CALM
 *                                            time is up -> ASKED, with a ping
 *   ASKED      a ping is to tell             a sign of life -> CALM
 *              (sent twice)                  no pong in time -> it is silent
 *
 * A sign of life is a pong, or anything authentic by that way; but when the peer has called, so
 * when it does not hear us, only a pong is, for data proves the other direction only.
 *
 * AWAITING lasts 150 to 400 ms, and together with ASKED at most 700 ms while the round trip is
 * below 325 ms: with the way by which the traffic goes on, silence costs less than a second.  Where
 * the peer's own messages come in a slower rhythm, as its signs of life do (receipts.h), AWAITING
 * lasts as long as that, and both together at most 650 ms below 270 ms.  A stream that flows one
 * way to a peer that gives no signs costs a ping and a pong for each AWAITING and ASKED in turn:
 * less than three of each per second, 124 and 110 bytes.  By a relay such a peer is asked each 3 s
 * only: there all of our signs come from peers that give them, or answer.
 */
#ifndef PATH_LIVENESS_H
#define PATH_LIVENESS_H

#include "path/receipts.h"

#define WATCH_TRUST (6500 * MSEC) /* in a direct path without a sign of life */

enum watch_verdict { WATCH_FINE, WATCH_ASK, WATCH_SILENT };

struct watch {
	enum watch_state { WATCH_CALM, WATCH_AWAITING, WATCH_ASKED } state;
	mono_ns since; /* when the state began */
	bool asked_twice;
	bool pong_only;      /* ASKED: data does not count as an answer */
	bool is_relay;       /* what is watched */
	mono_ns rtt;         /* of it; 0: unknown */
	mono_ns trust_until; /* of a direct path */
	struct rhythm rhythm;
};

void watch_init(struct watch *w);
/* The way was proven just now. Of another one of its kind the rhythm is the same. */
void watch_begin(struct watch *w, bool is_relay, mono_ns rtt, mono_ns now);
/* Data goes out by it. WATCH_SILENT: it has not been heard for too long already. */
enum watch_verdict watch_sent(struct watch *w, mono_ns now) MUST_USE;
/* Something authentic of WireGuard's came by it. */
void watch_heard(struct watch *w, mono_ns now);
void watch_ponged(struct watch *w, mono_ns rtt, mono_ns now);
/* A ping goes out now: because the peer called, or for another reason to doubt that it is heard. */
void watch_ask(struct watch *w, bool pong_only, mono_ns now);
/* The network is another one: nothing is proven any more. */
void watch_distrust(struct watch *w);
/* What is due now. WATCH_ASK: a ping must go out. WATCH_SILENT: another way is needed. */
enum watch_verdict watch_tick(struct watch *w, mono_ns now) MUST_USE;
mono_ns watch_deadline(const struct watch *w);
/* The peer has lost us, as it says, and no pong has come since. */
static inline bool watch_is_called(const struct watch *w)
{
	return w->state == WATCH_ASKED && w->pong_only;
}

#endif

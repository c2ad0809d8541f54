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

#define LIVENESS_TRUST (6500 * MSEC) /* in a direct path without a sign of life */

enum liveness_verdict { LIVENESS_FINE, LIVENESS_ASK, LIVENESS_SILENT };

struct liveness {
	enum liveness_state { LIVENESS_IDLE, LIVENESS_WAITING, LIVENESS_PROBING } state;
	mono_ns since; /* when the state began */
	bool probed_twice;
	bool pong_only;      /* ASKED: data does not count as an answer */
	bool is_relay;       /* what is watched */
	mono_ns rtt;         /* of it; 0: unknown */
	mono_ns trust_until; /* of a direct path */
	struct expected_receipts expected;
};

void liveness_init(struct liveness *w);
/* The way was proven just now. Of another one of its kind the rhythm is the same. */
void liveness_begin(struct liveness *w, bool is_relay, mono_ns rtt, mono_ns now);
/* Data goes out by it. LIVENESS_SILENT: it has not been heard for too long already. */
enum liveness_verdict liveness_on_send(struct liveness *w, mono_ns now) MUST_USE;
/* Something authentic of WireGuard's came by it. */
void liveness_on_heard(struct liveness *w, mono_ns now);
void liveness_on_pong(struct liveness *w, mono_ns rtt, mono_ns now);
/* A ping goes out now: because the peer called, or for another reason to doubt that it is heard. */
void liveness_probe(struct liveness *w, bool pong_only, mono_ns now);
/* The network is another one: nothing is proven any more. */
void liveness_distrust(struct liveness *w);
/* What is due now. LIVENESS_ASK: a ping must go out. LIVENESS_SILENT: another way is needed. */
enum liveness_verdict liveness_tick(struct liveness *w, mono_ns now) MUST_USE;
mono_ns liveness_deadline(const struct liveness *w);
/* The peer has lost us, as it says, and no pong has come since. */
static inline bool liveness_is_called(const struct liveness *w)
{
	return w->state == LIVENESS_PROBING && w->pong_only;
}

#endif

/* path/liveness.h - is the way in use alive?  A direct path, or a relay beside which there is a
 * direct path
 *
 *   state      begins when                   ends when
 *   IDLE       the way was heard             we send -> WAITING
 *   WAITING    we sent, nothing came yet     the way is heard -> IDLE
 *                                            time is up -> PROBING, with a ping
 *   PROBING    a ping went out               the way is heard -> IDLE
 *              (a second one follows)        no pong in time -> the way is silent
 *
 * A way is heard when a pong or any other authentic message comes by it.  After a call-me-maybe of
 * the peer only a pong counts: the peer calls because it does not hear us, and its data proves the
 * other direction only.
 *
 * The time to detect silence.  WAITING lasts 150 to 400 ms, and together with PROBING at most 700
 * ms while the round trip is below 325 ms.  So silence costs less than a second, the time to the
 * other way included.  Where receipts of the peer (receipts.h) or its own messages take longer to
 * come, WAITING lasts until the next one is overdue, and together with PROBING at most 650 ms while
 * the round trip is below 270 ms.
 *
 * The cost.  A stream that flows one way to a peer that sends no receipts costs a ping and a pong
 * for each turn of WAITING and PROBING: less than three of each per second, 124 and 110 bytes.
 * Over a relay, a peer that sends no receipts is probed only every 3 s.
 *
 * Source: disco.md 7.2.
 */
#ifndef PATH_LIVENESS_H
#define PATH_LIVENESS_H

#include "path/receipts.h"

/* A direct path that was not heard for so long needs a new proof. */
#define LIVENESS_TRUST (6500 * MSEC)

enum liveness_verdict { LIVENESS_FINE, LIVENESS_ASK, LIVENESS_SILENT };

struct liveness {
	enum liveness_state { LIVENESS_IDLE, LIVENESS_WAITING, LIVENESS_PROBING } state;
	mono_ns since;       /* when the state began */
	bool probed_twice;   /* PROBING: the second ping went out */
	bool pong_only;      /* PROBING: data does not count as an answer */
	bool is_relay;       /* the way is a relay */
	mono_ns rtt;         /* of the way; 0: unknown */
	mono_ns trust_until; /* a direct path needs no new proof before */
	struct expected_receipts expected;
};

void liveness_init(struct liveness *l);
/* This way is in use from now on, and was proven just now.  The receipt interval is kept if the way
 * before was of the same kind. */
void liveness_begin(struct liveness *l, bool is_relay, mono_ns rtt, mono_ns now);
/* Data goes out by the way.  LIVENESS_SILENT: the way was not heard for LIVENESS_TRUST. */
enum liveness_verdict liveness_on_send(struct liveness *l, mono_ns now) MUST_USE;
/* An authentic WireGuard message came by the way. */
void liveness_on_heard(struct liveness *l, mono_ns now);
void liveness_on_pong(struct liveness *l, mono_ns rtt, mono_ns now);
/* A ping goes out now, because the peer called or for another reason to doubt the way. */
void liveness_probe(struct liveness *l, bool pong_only, mono_ns now);
/* Our network changed: nothing is proven any more. */
void liveness_distrust(struct liveness *l);
/* Does what is due.  LIVENESS_ASK: a ping must go out.  LIVENESS_SILENT: another way is needed. */
enum liveness_verdict liveness_tick(struct liveness *l, mono_ns now) MUST_USE;
mono_ns liveness_deadline(const struct liveness *l);
/* The peer called, so it may not hear us, and no pong has come since. */
static inline bool liveness_is_called(const struct liveness *l)
{
	return l->state == LIVENESS_PROBING && l->pong_only;
}

#endif

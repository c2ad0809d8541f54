/* wire/stun_ask.h - one question to a STUN server: its transaction, its tries, its answer
 *
 * All tries of a question carry one transaction id, so a slow answer to the first try still counts
 * (stun.md 8, trap 12).  The owner plans the times.  A question is over when it was answered or
 * ended.
 *
 * Source: RFC 8489 sections 6.2.1 and 6.3.4; stun.md 5.3.
 */
#ifndef WIRE_STUN_ASK_H
#define WIRE_STUN_ASK_H

#include "base/rng.h"
#include "base/time.h"
#include "wire/stun.h"

/* All zero: a question that was never asked. */
struct stun_ask {
	struct endpoint to;
	struct stun_txid txid;
	mono_ns due; /* of the next try, or the end of the last wait; MONO_NEVER: no time is set */
	uint8_t tries_left;
	bool waits; /* asked, and not over */
	bool owed;  /* a request is to be written */
};

/* Begins a question of so many tries (at least one): draws its transaction id, and owes the first
 * request.  due: when the next try is to come, or the last wait ends. */
void stun_ask_begin(struct stun_ask *a, const struct endpoint *to, uint8_t tries,
		    const struct rng *rng, mono_ns due);
/* Owes the next request.  False: there was no try left.  Then no time is set any more; a late
 * answer still counts until the question is ended. */
bool stun_ask_again(struct stun_ask *a, mono_ns due) MUST_USE;
/* The question is over; what is owed is not sent. */
void stun_ask_end(struct stun_ask *a);

/* The time of the next try has come, or the last wait is over: call stun_ask_again. */
static inline bool stun_ask_is_due(const struct stun_ask *a, mono_ns now)
{
	return a->waits && a->due <= now;
}
/* MONO_NEVER: the question is over, or has no time set. */
static inline mono_ns stun_ask_deadline(const struct stun_ask *a)
{
	return a->waits ? a->due : MONO_NEVER;
}

/* Where to send the request that is owed; the caller writes it now.  False: none is owed. */
bool stun_ask_send(struct stun_ask *a, struct endpoint *to) MUST_USE;
/* The same, and writes a plain request. */
bool stun_ask_output(struct stun_ask *a, struct endpoint *to, struct wr *out) MUST_USE;

/* Is this the transaction of the question, over or not? */
bool stun_ask_is(const struct stun_ask *a, const struct stun_txid *txid);

enum stun_ask_verdict {
	STUN_ASK_OTHER,   /* an answer to another question */
	STUN_ASK_DROPPED, /* ours, but the question is over, or the server saw another family */
	STUN_ASK_ANSWERED /* the first good answer; the question is over */
};
/* The source of an answer is not compared: NAT64 and anycast change it.  The family of the address
 * that the server saw must be that of the server: an address behind a translator is no address of
 * ours on this side of it. */
enum stun_ask_verdict stun_ask_input(struct stun_ask *a, const struct stun_answer *answer) MUST_USE;

#endif

/* path/hard/samples.h - a look at our own NAT: which ports it gives to fresh sockets, and whether
 * it gives another one for another port of the same address
 *
 * HARD_PLAN_SAMPLES fresh sockets ask a STUN server, at once and in a row.  Where nobody knows yet
 * whether the mapping varies (there is one server only), the first of them also asks that server
 * where else it listens (RFC 5780 OTHER-ADDRESS), and then asks there.  A server that does not tell
 * leaves that open.
 */
#ifndef PATH_HARD_SAMPLES_H
#define PATH_HARD_SAMPLES_H

#include "path/hard/plan.h"
#include "wire/stun_ask.h"

enum { SAMPLES_ASKS_MAX = HARD_PLAN_SAMPLES + 2 };

struct hard_samples {
	struct hard_ask {
		struct stun_ask ask;
		uint32_t socket; /* the nth of the attempt, from 0 */
		mono_ns sent_at;
		struct endpoint seen; /* port 0: no answer yet */
	} v[SAMPLES_ASKS_MAX];
	uint32_t n_wanted, n_sent;
	bool asks_elsewhere;
};

/* mapping_is_known: by other means; then there is nothing more to ask. */
void samples_begin(struct hard_samples *s, const struct endpoint *server, bool mapping_is_known);
/* Is there something to be sent? */
static inline bool samples_want(const struct hard_samples *s)
{
	return s->n_sent < s->n_wanted;
}
/* The next goes now. False: its socket is not a fresh flow. */
bool samples_send(struct hard_samples *s, const struct rng *rng, mono_ns now);
bool samples_output(struct hard_samples *s, uint32_t *socket, struct endpoint *to,
		    struct wr *out) MUST_USE;
/* An answer to this socket. */
bool samples_input(struct hard_samples *s, uint32_t socket, struct bytes datagram) MUST_USE;
/* What is not written yet is not sent any more, and no answer is taken. */
void samples_stop(struct hard_samples *s);
bool samples_complete(const struct hard_samples *s);
/* What was seen, for the peer: samples, addresses, mapping where it is not known by other means. */
void samples_tell(const struct hard_samples *s, struct disco_extension *out);
/* Certainly no other port for another port of the same address: many may be probed at the price of
 * one. */
bool samples_thrifty(const struct hard_samples *s);

#endif

/* path/hard/samples.h - a look at our own NAT: which ports it gives to fresh sockets, and whether
 * it gives another one for another port of the same address
 *
 * HARD_PLAN_SAMPLES fresh sockets ask a STUN server in a row.  If it is not known yet whether the
 * mapping varies (there is one server only), the first socket also asks that server where else it
 * listens (RFC 5780 OTHER-ADDRESS), and then asks there.  If the server does not tell, the mapping
 * stays unknown.
 *
 * Source: disco.md 8.3.
 */
#ifndef PATH_HARD_SAMPLES_H
#define PATH_HARD_SAMPLES_H

#include "path/hard/plan.h"
#include "wire/stun_ask.h"

enum { SAMPLES_ASKS_MAX = HARD_PLAN_SAMPLES + 2 };

struct hard_samples {
	struct hard_ask {
		struct stun_ask ask;
		uint32_t socket; /* of the attempt, from 0 */
		mono_ns sent_at;
		struct endpoint seen; /* port 0: no answer yet */
	} v[SAMPLES_ASKS_MAX];
	uint32_t n_wanted, n_sent;
	bool asks_elsewhere;
};

/* server: copied.  mapping_is_known: from elsewhere; then the samples are all that is asked. */
void samples_begin(struct hard_samples *s, const struct endpoint *server, bool mapping_is_known);
/* Is there something to be sent? */
static inline bool samples_want(const struct hard_samples *s)
{
	return s->n_sent < s->n_wanted;
}
/* The next question goes now.  False: it makes no new flow. */
bool samples_send(struct hard_samples *s, const struct rng *rng, mono_ns now);
bool samples_output(struct hard_samples *s, uint32_t *socket, struct endpoint *to,
		    struct wr *out) MUST_USE;
/* A datagram that came to this socket; false: no answer of ours. */
bool samples_input(struct hard_samples *s, uint32_t socket, struct bytes datagram) MUST_USE;
/* What is not written yet is not sent any more, and no answer is taken. */
void samples_stop(struct hard_samples *s);
bool samples_complete(const struct hard_samples *s);
/* Fills in what the peer is to know: samples, addresses, and the mapping if it is unknown there. */
void samples_tell(const struct hard_samples *s, struct disco_extension *out);
/* Our NAT certainly gives one mapping for all ports of an address: probes of many ports cost one
 * mapping. */
bool samples_thrifty(const struct hard_samples *s);

#endif

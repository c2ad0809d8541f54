/* plain_stun.h - plain STUN for tests: a binding request as a server reads it, its response as a
 * client does
 */
#ifndef WIRE_PLAIN_STUN_H
#define WIRE_PLAIN_STUN_H

#include "wire/stun.h"

/* Any well-formed binding request without the attributes of RFC 5780. */
static inline bool stun_read_request(struct bytes datagram, struct stun_txid *txid)
{
	struct stun_question q;
	bool plain = stun_read_question(datagram, &q) && !q.wants_origin && !q.elsewhere;
	*txid = q.txid;
	return plain;
}

/* The writer goes bad when there is no address to tell. */
static inline void stun_write_response(struct wr *out, const struct stun_txid *txid,
				       const struct endpoint *reflexive)
{
	stun_write_answer(out, &(struct stun_answer){.txid = *txid, .reflexive = *reflexive});
}

static inline bool stun_read_response(struct bytes datagram, struct stun_txid *txid,
				      struct endpoint *reflexive)
{
	struct stun_answer a;
	bool read = stun_read_answer(datagram, &a);
	*txid = a.txid;
	*reflexive = a.reflexive;
	return read;
}

#endif

/* path/outbox.h - the disco messages that wait to be sent, and the pings that wait for a pong
 *
 * A message is queued as an intent.  It is sealed when it leaves (paths_output), so a queue of a
 * thousand is small, and a call-me-maybe carries the candidates of that moment.
 *
 * Bounded: OUTBOX_MAX messages.  A full outbox drops the new message: all of them are repeated or
 * not needed.
 */
#ifndef PATH_OUTBOX_H
#define PATH_OUTBOX_H

#include "path/probe.h"
#include "wire/disco.h"

enum { OUTBOX_MAX = 1024 };

struct outgoing {
	enum disco_type type; /* ping, pong, call-me-maybe, extension or receipt */
	peer_id peer;
	struct way via;
	struct disco_txid txid;
	uint16_t padded;      /* ping: to so many bytes; 0: not padded */
	struct endpoint seen; /* pong: where the ping came from */
	uint64_t nonce;       /* extension; receipt: its number */
	uint8_t step;         /* extension */
};

struct outbox {
	struct rng rng;
	struct outgoing *v; /* ring */
	uint32_t first, n;
	struct probes probes;
	uint64_t receipts; /* sent so far, to all peers */
};

bool outbox_init(struct outbox *o, const struct rng *rng, uint32_t peers_max) MUST_USE;
void outbox_fini(struct outbox *o);

/* for_person: the owner is told of the pong (PATH_PONG). */
void outbox_ping(struct outbox *o, peer_id peer, const struct way *via, bool for_person,
		 mono_ns now);
/* A ping of `size` bytes that must not be fragmented. */
void outbox_ping_padded(struct outbox *o, peer_id peer, const struct way *via, uint16_t size,
			mono_ns now);
void outbox_pong(struct outbox *o, peer_id peer, const struct way *via,
		 const struct disco_txid *txid);
void outbox_call(struct outbox *o, peer_id peer, const struct way *via);
void outbox_extend(struct outbox *o, peer_id peer, const struct way *via, uint64_t nonce,
		   uint8_t step);
void outbox_receipt(struct outbox *o, peer_id peer, const struct way *via);
/* Takes out the oldest message; call until false. */
bool outbox_next(struct outbox *o, struct outgoing *out) MUST_USE;

/* The peer is gone: its messages are dropped, and no pong of it is expected. */
void outbox_forget(struct outbox *o, peer_id peer);

#endif

/* tunnel/session.h - the keys that one handshake gave, their counters and their end
 *
 * Source: WireGuard paper 5.4.5, 5.4.6 and 6.1.
 */
#ifndef TUNNEL_SESSION_H
#define TUNNEL_SESSION_H

#include "base/packet.h"
#include "base/time.h"
#include "crypto/noise.h"
#include "tunnel/replay.h"

#define REJECT_AFTER_TIME (180 * SECOND)
#define REKEY_AFTER_TIME  (120 * SECOND)
/* When a responder with data to send begins a handshake all the same, because the initiator should
 * have, whether it sends (120 s) or only receives (130 s), but did not.  So it is when both were
 * initiators at the same moment and each now sends on the other's session.  The times are far
 * apart, and which is whose is by the order of the keys, so that this does not happen to them
 * again. */
#define REKEY_RESPONDER_FIRST (135 * SECOND)
#define REKEY_RESPONDER_LAST  (175 * SECOND)
#define REKEY_AFTER_MESSAGES  (UINT64_C(1) << 60)
#define REJECT_AFTER_MESSAGES (UINT64_MAX - (UINT64_C(1) << 13))

/* All zero is no session. Moved with session_move, never copied. */
struct session {
	bool live;
	bool initiator;         /* ours was the initiation */
	uint32_t local, remote; /* receiver indices: ours, and the one the other side chose */
	mono_ns born;
	uint64_t counter; /* of the next message we send */
	struct aead_key sealing, opening;
	struct replay replay;
};

/* s must be no session; its indices are then for the caller to set. False: out of memory. */
bool session_begin(struct session *s, const struct noise_keys *keys, bool initiator,
		   mono_ns now) MUST_USE;
void session_end(struct session *s); /* wipes; again is fine */
/* Ends what was in `to`; leaves `from` empty. */
void session_move(struct session *to, struct session *from);

bool session_may_send(const struct session *s, mono_ns now);
bool session_may_receive(const struct session *s, mono_ns now);
/* Old or used enough that we should begin a new handshake after sending on it. A responder's does
 * not grow old before `responder_after`. */
bool session_wants_rekey(const struct session *s, mono_ns responder_after, mono_ns now);

/* Seals in place: padding and tag behind the content, header before it. False: no room, or no more
 * counters; p is then as it was. */
bool session_seal(struct session *s, struct packet *p) MUST_USE;

enum session_opened { SESSION_OPENED, SESSION_STALE, SESSION_REPLAYED, SESSION_UNAUTHENTIC };
/* Opens a whole transport message with this counter in place; its padding stays. */
enum session_opened session_open(struct session *s, uint64_t counter, struct packet *p,
				 mono_ns now) MUST_USE;

#endif

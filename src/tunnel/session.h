/* tunnel/session.h - the keys of one handshake, their counters, and when they end
 *
 * Source: tunnel.md 4.3 and 5; WireGuard paper 5.4.5, 5.4.6 and 6.1.
 */
#ifndef TUNNEL_SESSION_H
#define TUNNEL_SESSION_H

#include "base/packet.h"
#include "base/time.h"
#include "crypto/noise.h"
#include "tunnel/replay.h"

#define REJECT_AFTER_TIME (180 * SECOND)
#define REKEY_AFTER_TIME  (120 * SECOND)
/* When a responder that sends data begins a handshake after all.  The initiator should have begun
 * one before.  It did not if both sides initiated at the same moment, for then each sends on the
 * session in which it is the responder.  The order of the public keys decides which side takes
 * which time; the times are far apart, so that the two do not initiate at the same moment again. */
#define REKEY_RESPONDER_FIRST (135 * SECOND)
#define REKEY_RESPONDER_LAST  (175 * SECOND)
#define REKEY_AFTER_MESSAGES  (UINT64_C(1) << 60)
#define REJECT_AFTER_MESSAGES (UINT64_MAX - (UINT64_C(1) << 13))

/* All zero is no session. session_move moves it; it must not be copied. */
struct session {
	bool live;
	bool initiator;         /* we sent the initiation */
	uint32_t local, remote; /* receiver indices: ours, and the peer's */
	mono_ns born;
	uint64_t counter; /* of the next message that we send */
	struct aead_key sealing, opening;
	struct replay replay;
};

/* s must be no session. The caller sets its indices. False: out of memory. */
bool session_begin(struct session *s, const struct noise_keys *keys, bool initiator,
		   mono_ns now) MUST_USE;
void session_end(struct session *s); /* wipes; a second call is fine */
/* Ends the session in `to`, and leaves `from` empty. */
void session_move(struct session *to, struct session *from);

bool session_may_send(const struct session *s, mono_ns now);
bool session_may_receive(const struct session *s, mono_ns now);
/* After sending: is the session so old or so used that we should begin a handshake? A responder
 * waits until `responder_after`. */
bool session_wants_rekey(const struct session *s, mono_ns responder_after, mono_ns now);

/* Seals in place: the header goes before the content, padding and tag behind it. False, and p is as
 * before: no room, or no counters left. */
bool session_seal(struct session *s, struct packet *p) MUST_USE;

enum session_opened { SESSION_OPENED, SESSION_STALE, SESSION_REPLAYED, SESSION_UNAUTHENTIC };
/* Opens a whole transport message, whose counter this is, in place. Padding stays. */
enum session_opened session_open(struct session *s, uint64_t counter, struct packet *p,
				 mono_ns now) MUST_USE;

#endif

/* tunnel/inside.h - the parts of one tunnel, for the files of this room only */
#ifndef TUNNEL_INSIDE_H
#define TUNNEL_INSIDE_H

#include "base/heap.h"
#include "base/index.h"
#include "base/ready.h"
#include "crypto/hash.h"
#include "tunnel/allowed_ips.h"
#include "tunnel/cookie.h"
#include "tunnel/load.h"
#include "tunnel/session.h"
#include "tunnel/staged.h"
#include "tunnel/timers.h"
#include "tunnel/tunnel.h"

#define INITIATION_SPACING (20 * MSEC) /* at least, between two of one peer that we take */

/* What tunnel_output has to make for a peer besides its staged packets. */
enum due { DUE_RESPONSE = 1, DUE_INITIATION = 2, DUE_KEEPALIVE = 4 };

struct peer {
	bool used;
	struct noise_remote remote;
	struct cookie_maker cookie;
	struct bucket admitted[LOAD_STRANGERS]; /* its handshakes under load, by group */
	uint64_t source;                        /* hash of where its last one came from by UDP */
	bool has_source;
	struct timers timers;
	struct staged_queue staged;
	unsigned due;

	/* Our own initiation, while it waits for its response. */
	bool waiting;
	struct noise noise;
	uint32_t index;
	mono_ns initiated_at; /* MONO_NEVER: not yet */
	uint8_t stamp_sent[NOISE_STAMP_LEN];

	/* The peer's last initiation, and our response to it. */
	mono_ns initiation_at; /* MONO_NEVER: none yet */
	uint8_t stamp_seen[NOISE_STAMP_LEN];
	uint8_t response[WG_RESPONSE_LEN];

	/* We send on `current`, and receive on all four. */
	struct session older, previous, current, next;
	mono_ns responder_after; /* REKEY_RESPONDER_FIRST or _LAST */
	bool rekey_asked;        /* REKEY_WHEN_RECEIVING has asked for a handshake already */
	mono_ns scheduled_at;    /* its deadline in the heap; MONO_NEVER: none */

	struct {
		bool session, initiator, given_up;
	} news; /* what tunnel_event has to tell */
	struct tunnel_peer_status status;
};

struct tunnel {
	struct rng rng;
	uint64_t wall_offset_ns;
	uint32_t peers_max;
	struct noise_self self;
	struct cookie_checker checker;
	struct load load;
	struct hash_secret secret;
	struct index by_key;    /* peers by public key, under `secret` */
	struct index by_source; /* peers by where their last handshake came from by UDP */
	struct index by_index;  /* peers by receiver index, of sessions and waiting initiations */
	struct allowed_ips allowed;
	struct staged staged;
	struct heap deadlines; /* one for each peer */
	struct ready output;   /* peers for which something is due */
	struct ready news;
	struct tunnel_stats stats;
	struct peer *peers;
};

/* peer.c */
struct peer *peer_at(const struct tunnel *t, peer_id id); /* NULL: there is none of this id */
peer_id peer_of(const struct tunnel *t, const struct peer *p);
/* Draws a receiver index that is not in use, and enters it in by_index. False: out of memory. */
bool peer_take_index(struct tunnel *t, const struct peer *p, uint32_t *index) MUST_USE;
/* By index: a session and its peer, or the peer whose initiation waits. NULL: there is none. */
struct session *peer_session_find(const struct tunnel *t, uint32_t index, struct peer **p);
struct peer *peer_waiting_find(const struct tunnel *t, uint32_t index);
/* By where its last authentic handshake message came from by UDP. NULL: there is none. */
struct peer *peer_source_find(const struct tunnel *t, struct bytes source);
void peer_source_set(struct tunnel *t, struct peer *p, struct bytes source);
void peer_session_end(struct tunnel *t, struct peer *p, struct session *s);
void peer_sessions_end(struct tunnel *t, struct peer *p);
void peer_stop_waiting(struct tunnel *t, struct peer *p); /* forgets our initiation */
void peer_owe(struct tunnel *t, struct peer *p, unsigned due);
void peer_schedule(struct tunnel *t, struct peer *p); /* after any change of its timers */
void peer_tell_session(struct tunnel *t, struct peer *p, bool initiator, mono_ns now);
void peer_tell_given_up(struct tunnel *t, struct peer *p);
void peer_count_sent(struct peer *p, size_t bytes);
void peer_count_received(struct peer *p, size_t bytes);

/* handshake.c */
/* A session is wanted. At most one initiation in REKEY_TIMEOUT goes out. */
void handshake_want(struct tunnel *t, struct peer *p, mono_ns now);
void handshake_initiate(struct tunnel *t, struct peer *p, struct wr *out, mono_ns now);
enum tunnel_opened handshake_open_initiation(struct tunnel *t, struct bytes d, mono_ns now,
					     peer_id *peer);
enum tunnel_opened handshake_open_response(struct tunnel *t, struct bytes d, mono_ns now,
					   peer_id *peer);
/* An authentic message came on s. The first one on `next` makes that the current session. */
void handshake_confirm(struct tunnel *t, struct peer *p, struct session *s, mono_ns now);

#endif

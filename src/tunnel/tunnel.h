/* tunnel/tunnel.h - all of WireGuard without I/O: what is sent to a peer, not how it is reached
 *
 * A pure machine: datagrams, packets and the time go in; datagrams, packets, a deadline and events
 * come out.  Each datagram that it sends names a peer, and the owner asks path/ for the way.  The
 * address from which a datagram came matters for the limits of handshakes only.  The owner chooses
 * the ids of the peers, 0..peers_max-1.
 *
 * Source: tunnel.md 2 to 7; the WireGuard paper.
 */
#ifndef TUNNEL_TUNNEL_H
#define TUNNEL_TUNNEL_H

#include "base/addr.h"
#include "base/packet.h"
#include "base/peer.h"
#include "base/rng.h"
#include "base/time.h"
#include "crypto/keys.h"

enum {
	TUNNEL_OVERHEAD = 32,    /* header 16 + tag 16, bytes */
	TUNNEL_PADDING_MAX = 15, /* plaintext is padded to a multiple of 16 */
	TUNNEL_PSK_LEN = 32,
	TUNNEL_STAGED_PER_PEER = 128 /* packets waiting for a handshake; the oldest is dropped */
};

struct tunnel;

struct tunnel_config {
	struct node_private key; /* copied */
	struct rng rng;          /* kept */
	uint32_t peers_max;
	uint32_t staged_max;     /* packets that wait for a handshake, of all peers together */
	uint64_t wall_offset_ns; /* Unix time = mono_ns + this; for the stamps of initiations */
};

/* NULL: out of memory. Later only allowed IPs and the key schedules of sessions take memory. */
struct tunnel *tunnel_new(const struct tunnel_config *cfg, mono_ns now) MUST_USE;
void tunnel_free(struct tunnel *t); /* wipes all secrets; NULL is fine */
void tunnel_set_wall(struct tunnel *t, uint64_t wall_offset_ns);

enum tunnel_add {
	TUNNEL_ADDED,
	TUNNEL_BAD_KEY,   /* zero, of low order, or our own */
	TUNNEL_DUPLICATE, /* another peer has this key, or this id */
	TUNNEL_FULL,      /* the id is not below peers_max */
	TUNNEL_NO_MEMORY  /* nothing changed */
};

struct tunnel_peer_config {
	struct node_key key;
	uint8_t psk[TUNNEL_PSK_LEN]; /* all zero: none. Copied: the caller wipes its own. */
	uint16_t keepalive_s;        /* persistent keepalive; 0: none */
};

enum tunnel_add tunnel_peer_add(struct tunnel *t, peer_id id, const struct tunnel_peer_config *cfg,
				mono_ns now) MUST_USE;
/* A new preshared key or keepalive. A changed preshared key ends all sessions of the peer. */
void tunnel_peer_change(struct tunnel *t, peer_id id, const struct tunnel_peer_config *cfg,
			mono_ns now);
void tunnel_peer_remove(struct tunnel *t, peer_id id); /* with its allowed IPs */
peer_id tunnel_peer_find(const struct tunnel *t, const struct node_key *key);
/* Ends all sessions of a peer, as if it had restarted. The next packet to it begins a handshake. */
void tunnel_peer_reset(struct tunnel *t, peer_id id);

/* Allowed IPs: a longest-prefix table for both families. A prefix given to a second peer moves.
 * Each of these costs one look-up for each prefix that it adds or removes.
 *
 * False: out of memory, and every prefix is where it was; or there is no such peer. */
bool tunnel_allow(struct tunnel *t, peer_id id, const struct prefix *p) MUST_USE;
/* Does this peer have just this prefix? */
bool tunnel_allows(struct tunnel *t, peer_id id, const struct prefix *p);
/* One prefix of this peer. False: the peer does not have it (any more). */
bool tunnel_disallow_prefix(struct tunnel *t, peer_id id, const struct prefix *p);
void tunnel_disallow(struct tunnel *t, peer_id id);                    /* all of its prefixes */
peer_id tunnel_peer_for(const struct tunnel *t, const struct ip *dst); /* PEER_NONE: nobody's */

enum tunnel_sealed {
	TUNNEL_SEALED, /* the packet is now a transport message: send it to the peer */
	TUNNEL_STAGED, /* no session yet: copied; a handshake begins, so call tunnel_output */
	TUNNEL_REFUSED /* no room around or before it: dropped and counted */
};

/* Seals one IP packet in place. It needs 16 bytes of headroom and 31 of tailroom. An empty packet
 * is a keepalive. After TUNNEL_SEALED, too, call tunnel_output: a new handshake may be due. */
enum tunnel_sealed tunnel_seal(struct tunnel *t, peer_id id, struct packet *p,
			       mono_ns now) MUST_USE;

enum tunnel_opened {
	TUNNEL_PACKET,    /* an IP packet of *peer in place; *peer may use its source address */
	TUNNEL_KEEPALIVE, /* authentic and empty */
	TUNNEL_HANDSHAKE, /* an authentic initiation or response; tunnel_output has the answer */
	TUNNEL_COOKIE,    /* reply holds a cookie reply: send it to the datagram's source */
	/* Malformed, not authentic, replayed or not allowed: counted. Also a right cookie: the next
	 * try uses it, but it does not prove that the peer lives. */
	TUNNEL_DROPPED
};

/* Where a datagram came from: cookies are bound to it, and handshakes are limited by it. */
struct tunnel_source {
	const struct node_key *relayed; /* the node key that a relay named, borrowed; NULL: UDP */
	struct endpoint udp;            /* if it was not relayed */
};

/* Opens one datagram in place. `source` is borrowed. `reply` is written only on TUNNEL_COOKIE and
 * needs 64 bytes. *peer is set except on TUNNEL_COOKIE and TUNNEL_DROPPED. Where it is set, the
 * message is authentic, so the way on which it came works. */
enum tunnel_opened tunnel_open(struct tunnel *t, struct packet *p,
			       const struct tunnel_source *source, mono_ns now, peer_id *peer,
			       struct wr *reply) MUST_USE;

/* Writes the next datagram to send to *peer into the empty packet `out`: handshake messages,
 * keepalives, and staged packets whose session has come. Call until false. */
bool tunnel_output(struct tunnel *t, peer_id *peer, struct packet *out, mono_ns now) MUST_USE;

/* Begins a handshake, unless there is a good session or a handshake is under way. */
void tunnel_handshake(struct tunnel *t, peer_id id, mono_ns now);
/* A relay says that the last datagram did not reach this peer. An initiation is then repeated after
 * one second instead of five; a relay that lies gains no more than that. */
void tunnel_unreached(struct tunnel *t, peer_id id, mono_ns now);

mono_ns tunnel_deadline(const struct tunnel *t);
void tunnel_tick(struct tunnel *t, mono_ns now);

struct tunnel_event {
	enum {
		TUNNEL_SESSION, /* a new session can be used */
		TUNNEL_GIVEN_UP /* no answer for 90 s */
	} kind;
	peer_id peer;
	bool initiator; /* TUNNEL_SESSION: ours was the initiation */
};
bool tunnel_event(struct tunnel *t, struct tunnel_event *ev) MUST_USE; /* until false */

struct tunnel_peer_status {
	bool session;                /* there is one that may still be used */
	mono_ns handshake_at;        /* the last one completed; MONO_NEVER: none yet */
	uint64_t rx_bytes, tx_bytes; /* of whole WireGuard messages */
	uint64_t rx_packets, tx_packets;
};
void tunnel_peer_status(const struct tunnel *t, peer_id id, struct tunnel_peer_status *out);

/* How many datagrams and packets were dropped since the start, by reason. */
struct tunnel_stats {
	uint64_t malformed, bad_mac, under_load, unknown_peer, unauthentic, replayed, stale,
		not_allowed;
	uint64_t relayed_stranger; /* handshakes by a relay, of a key that no peer has */
	uint64_t flood;            /* initiations of one peer less than 20 ms apart */
	uint64_t no_session;       /* transport messages for an index that is not ours */
	uint64_t stage_drops;      /* staged packets dropped: too many, or too old */
	uint64_t no_room;
	uint64_t cookies_sent, cookies_taken;
};
const struct tunnel_stats *tunnel_stats(const struct tunnel *t);

#endif

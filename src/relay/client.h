/* relay/client.h - the client's side of DERP on one stream, without I/O
 *
 * The owner makes the stream: TCP, TLS, the HTTP upgrade (relay/upgrade.h).  This machine asks for
 * one (RELAY_DIAL), takes and gives its bytes, and says when to close it (RELAY_HANGUP).  After a
 * failure it tries again, with back-off and jitter.  It reports a failure once, not at every try.
 *
 * Source: derp.md 4 and 6.
 */
#ifndef RELAY_CLIENT_H
#define RELAY_CLIENT_H

#include "base/rng.h"
#include "base/time.h"
#include "crypto/keys.h"

enum {
	RELAY_PACKET_MAX = 65536,
	RELAY_FRAME_MAX = 1 << 20, /* a longer frame breaks the protocol: hang up */
	RELAY_WHY_MAX = 160
};

struct relay_client;

struct relay_client_config {
	struct node_private key; /* copied */
	struct rng rng;          /* kept */
	bool home;               /* stay connected, and tell the server so (NotePreferred) */
	mono_ns idle_close;      /* not home: hang up after this long without sending; 0: 60 s */
};

struct relay_client *relay_client_new(const struct relay_client_config *cfg, mono_ns now) MUST_USE;
void relay_client_free(struct relay_client *c);
void relay_client_set_home(struct relay_client *c, bool home, mono_ns now);

/* The stream that RELAY_DIAL asked for is up, and the HTTP upgrade is done. server_key: the key
 * that a fast start knows already. NULL: the ServerKey frame will bring it. */
void relay_client_up(struct relay_client *c, const struct node_key *server_key, mono_ns now);
/* The stream could not be made, or it broke. `why` is a sentence for people; copied. */
void relay_client_down(struct relay_client *c, const char *why, mono_ns now);
/* The network changed. A connected client pings and hangs up without a pong within 3 s; a waiting
 * one dials at once. */
void relay_client_link_changed(struct relay_client *c, mono_ns now);

/* Takes all of these bytes of the stream. Then call relay_client_event until false. */
void relay_client_input(struct relay_client *c, struct bytes b, mono_ns now);
/* Up to cap bytes to write to the stream; 0: nothing. */
size_t relay_client_output(struct relay_client *c, uint8_t *out, size_t cap, mono_ns now);
/* Queues a packet (copied), and connects if necessary. A full queue drops its oldest packet, and
 * counts it. */
void relay_client_send(struct relay_client *c, const struct node_key *to, struct bytes packet,
		       mono_ns now);

mono_ns relay_client_deadline(const struct relay_client *c);
void relay_client_tick(struct relay_client *c, mono_ns now);

struct relay_client_event {
	enum {
		RELAY_DIAL,   /* make a stream, then call relay_client_up or _down */
		RELAY_HANGUP, /* close the stream, and do not call _down for it */
		RELAY_READY,  /* the handshake is done: packets flow */
		/* `packet` of `peer`, borrowed until the next call on this client */
		RELAY_PACKET,
		RELAY_PEER_GONE, /* `peer` is not at this relay, or not any more */
		RELAY_HEALTH,    /* `why`: what the server says is wrong with it; empty: nothing */
		RELAY_LOST /* the connection ended, or did not come about: `why`, a sentence */
	} kind;
	struct node_key peer;
	struct bytes packet;
	char why[RELAY_WHY_MAX];
};
bool relay_client_event(struct relay_client *c,
			struct relay_client_event *ev) MUST_USE; /* until false */

struct relay_client_status {
	bool ready;
	mono_ns ready_at;  /* MONO_NEVER: not ready */
	mono_ns next_dial; /* MONO_NEVER: none planned */
	struct node_key server;
	uint64_t rx_packets, tx_packets, dropped_oldest;
	char why[RELAY_WHY_MAX];    /* last failure; empty: none */
	char health[RELAY_WHY_MAX]; /* what the server last said is wrong with it; empty: nothing */
};
void relay_client_status(const struct relay_client *c, struct relay_client_status *out);

#endif

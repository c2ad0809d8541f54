/* relay/server.h - the server's side of DERP over all its clients' streams, without I/O
 *
 * Made for a hundred thousand idle clients: one for which nothing waits holds a few hundred bytes.
 * A slow receiver never stops a sender: each client has bounded queues, for disco, for all other
 * packets and for notices.  A full queue drops the oldest entry of the sender that has most in it.
 *
 * Source: derp.md 4 and 5.
 */
#ifndef RELAY_SERVER_H
#define RELAY_SERVER_H

#include "base/rng.h"
#include "base/time.h"
#include "crypto/keys.h"

enum { RELAY_QUEUE_MAX = 32 /* packets of one client and kind */ };

struct relay_server;

struct relay_server_config {
	struct node_private key; /* copied */
	struct rng rng;          /* kept */
	uint32_t clients_max;
	size_t queued_bytes_max; /* of all queues together; 0: 256 MiB */
};

struct relay_server *relay_server_new(const struct relay_server_config *cfg, mono_ns now) MUST_USE;
void relay_server_free(struct relay_server *s);
const struct node_key *relay_server_key(const struct relay_server *s);

/* A stream was upgraded. *client names it from now on. Streams with the same `host` share what a
 * host may have in a receiver's queue. False: clients_max is reached, close it. */
bool relay_server_open(struct relay_server *s, uint64_t host, mono_ns now,
		       uint32_t *client) MUST_USE;
/* Takes all of these bytes of its stream. False: it broke the protocol, and the client is gone:
 * close the stream. */
bool relay_server_input(struct relay_server *s, uint32_t client, struct bytes b,
			mono_ns now) MUST_USE;
/* Up to cap bytes to write to this stream; 0: nothing is left. */
size_t relay_server_output(struct relay_server *s, uint32_t client, uint8_t *out, size_t cap,
			   mono_ns now);
/* The stream broke, or the owner closed it. */
void relay_server_gone(struct relay_server *s, uint32_t client, mono_ns now);

/* A client that had no output and has some now. Call until false, after any other call. */
bool relay_server_ready(struct relay_server *s, uint32_t *client) MUST_USE;

/* Time limits of the handshake and of half frames, and keepalives. */
mono_ns relay_server_deadline(const struct relay_server *s);
void relay_server_tick(struct relay_server *s, mono_ns now);
/* A client that is gone already, and whose stream the owner must close. Call until false, after a
 * tick. */
bool relay_server_expired(struct relay_server *s, uint32_t *client) MUST_USE;

/* Tells every client to come back: reconnect within `reconnect`, keep trying for `keep_trying`. */
void relay_server_drain(struct relay_server *s, mono_ns reconnect, mono_ns keep_trying,
			mono_ns now);

struct relay_server_stats {
	uint64_t accepted, refused, broke_protocol;
	uint32_t clients;    /* streams now */
	uint32_t registered; /* those of them that are through the handshake */
	uint64_t packets_in, packets_out, bytes_in, bytes_out;
	uint64_t dropped_unknown, dropped_oldest, dropped_full, dropped_gone;
	uint64_t peer_gone_sent, keepalives_sent;
};
const struct relay_server_stats *relay_server_stats(const struct relay_server *s);

#endif

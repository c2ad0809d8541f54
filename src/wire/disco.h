/* wire/disco.h - disco, the messages by which two nodes find a path (disco.md 2)
 *
 *   frame = magic[6] | sender's disco key[32] | box(type u8 | version u8 | payload)
 */
#ifndef WIRE_DISCO_H
#define WIRE_DISCO_H

#include "base/addr.h"
#include "crypto/box.h"
#include "wire/disco_extension.h"

enum {
	DISCO_MAGIC_LEN = 6,
	DISCO_HEADER_LEN = DISCO_MAGIC_LEN + KEY_LEN,         /* 38 */
	DISCO_OVERHEAD = DISCO_HEADER_LEN + BOX_OVERHEAD + 2, /* 80: a frame less its payload */
	DISCO_TXID_LEN = 12,
	DISCO_PING_LEN = 124,
	DISCO_PONG_LEN = 110,
	DISCO_ENDPOINT_LEN = 18,
	DISCO_ENDPOINTS_MAX = 64, /* read from one message; the rest is ignored */
	DISCO_CHALLENGE_LEN = 32,
	DISCO_INNER_MAX = 2 + 132 + DISCO_ENDPOINT_LEN * DISCO_ENDPOINTS_MAX,
	DISCO_SEALED_MAX = 2048 /* the longest inner message: a padded ping */
};

enum disco_type {
	DISCO_PING = 0x01,
	DISCO_PONG = 0x02,
	DISCO_CALL_ME_MAYBE = 0x03,
	DISCO_BIND = 0x04,
	DISCO_BIND_CHALLENGE = 0x05,
	DISCO_BIND_ANSWER = 0x06,
	DISCO_CALL_ME_MAYBE_VIA = 0x07,
	DISCO_ALLOCATE_REQUEST = 0x08,
	DISCO_ALLOCATE_RESPONSE = 0x09,
	DISCO_EXTENSION = DISCO_EXTENSION_TYPE, /* Warren's own: disco_extension.h */
	DISCO_RECEIPT = 0x58                    /* Warren's own: disco.md 2.7 */
};

struct disco_txid {
	uint8_t b[DISCO_TXID_LEN];
};

struct disco_endpoints {
	struct endpoint v[DISCO_ENDPOINTS_MAX];
	size_t n;
};

struct disco_ping {
	struct disco_txid txid;
	bool has_node; /* Warren always sets it; clients up to 1.16 do not */
	struct node_key node;
	size_t padding; /* zeros behind the key; only with has_node */
};

struct disco_pong {
	struct disco_txid txid;
	/* The source of the ping. For a ping over a relay: 127.3.3.40, and the region as port. */
	struct endpoint seen;
};

struct disco_bind { /* BIND, BIND_CHALLENGE, BIND_ANSWER */
	uint32_t vni, generation;
	struct disco_key remote;
	uint8_t challenge[DISCO_CHALLENGE_LEN];
};

struct disco_relay {         /* CALL_ME_MAYBE_VIA, ALLOCATE_RESPONSE */
	uint32_t generation; /* ALLOCATE_RESPONSE only */
	struct disco_key server, client[2];
	uint64_t lamport_id;
	uint32_t vni;
	uint64_t bind_lifetime_ns, steady_lifetime_ns;
	struct disco_endpoints addrs; /* at least one */
};

struct disco_allocate {
	struct disco_key client[2];
	uint32_t generation;
};

struct disco_msg {
	enum disco_type type;
	union {
		struct disco_ping ping;
		struct disco_pong pong;
		/* CALL_ME_MAYBE: empty if the message is malformed or of another version */
		struct disco_endpoints call;
		struct disco_bind bind;
		struct disco_relay relay;
		struct disco_allocate allocate;
		struct disco_extension extension;
		uint64_t receipt; /* RECEIPT: grows with each that its sender sends */
	};
};

/* True: it looks like disco. It has the magic, and room for a sender's key (disco.md 3.1). */
bool disco_is(struct bytes datagram);
/* Splits a frame. False: not disco, or too short. sealed is borrowed from the datagram. */
bool disco_open_frame(struct bytes datagram, struct disco_key *sender,
		      struct bytes *sealed) MUST_USE;

/* Reads the message inside the box. False: too short, of unknown type, or malformed: drop it. */
bool disco_read(struct bytes inner, struct disco_msg *out) MUST_USE;
void disco_write(struct wr *out, const struct disco_msg *msg);

/* A whole frame, sealed; the writer goes bad when the message is longer than DISCO_SEALED_MAX. */
void disco_seal(struct wr *out, const struct disco_key *self, const struct box_shared *shared,
		const struct disco_msg *msg, const struct rng *rng);
/* Opens the box that disco_open_frame found, and reads the message. False: not authentic, longer
 * than DISCO_SEALED_MAX, or disco_read is false. */
bool disco_open(struct bytes sealed, const struct box_shared *shared,
		struct disco_msg *out) MUST_USE;

/* The endpoint that stands for "over the relay of this region" (disco.md 2.4). */
struct endpoint disco_relay_endpoint(uint16_t region);

#endif

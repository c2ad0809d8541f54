/* wire/stun.h - STUN binding, RFC 8489 (the subset of section 4 of the reference's data plane), and
 * what RFC 5780 adds to find out how a NAT behaves */
#ifndef WIRE_STUN_H
#define WIRE_STUN_H

#include "base/addr.h"

enum {
	STUN_TXID_LEN = 12,
	STUN_HEADER_LEN = 20,
	STUN_REQUEST_LEN =
		40, /* with SOFTWARE "tailnode" and FINGERPRINT: stock relays want both */
	STUN_RESPONSE_MAX = 44,
	STUN_PORT = 3478
};

struct stun_txid {
	uint8_t b[STUN_TXID_LEN];
};

/* Looks like a STUN binding message, by its first bytes (data plane 2.4). */
bool stun_is(struct bytes datagram);

void stun_write_request(struct wr *out, const struct stun_txid *txid);
/* A binding success with an address: XOR-MAPPED-ADDRESS (0x0020 or 0x8020), else MAPPED-ADDRESS.
 * Unknown attributes, and bytes behind the declared length, are ignored. */
bool stun_read_response(struct bytes datagram, struct stun_txid *txid,
			struct endpoint *reflexive) MUST_USE;

/* --- NAT behaviour discovery, RFC 5780 ---
 *
 * A request with CHANGE-REQUEST asks a server to answer from its other port or address, and to say
 * where it answers from (RESPONSE-ORIGIN) and where else it listens (OTHER-ADDRESS).  It is padded,
 * so that no answer is longer than what was asked. */
enum {
	STUN_CHANGE_PORT = 2,
	STUN_CHANGE_ADDRESS = 4,
	STUN_CHANGE_LEN = 96, /* of such a request */
	STUN_ELSEWHERE_LEN = 48,
	STUN_ANSWER_MAX = 92
};

struct stun_question {
	struct stun_txid txid;
	bool wants_origin;      /* it has a CHANGE-REQUEST */
	uint8_t change;         /* STUN_CHANGE_ bits */
	bool elsewhere;         /* it has a RESPONSE-PORT: */
	uint16_t response_port; /* the answer is to go to this port of the asker's address */
};
void stun_write_change_request(struct wr *out, const struct stun_txid *txid, uint8_t change);
/* One with RESPONSE-PORT, STUN_ELSEWHERE_LEN bytes: by this a socket asks for an answer to another
 * one behind the same NAT, without touching the mapping of that. */
void stun_write_elsewhere_request(struct wr *out, const struct stun_txid *txid, uint16_t port);
/* Any well-formed binding request, as RFC 8489 has it, also with CHANGE-REQUEST, PADDING or
 * RESPONSE-PORT. Comprehension-required attributes that are unknown make it false (ICE's PRIORITY
 * is: this is no ICE agent), credentials are ignored, FINGERPRINT is checked where present. */
bool stun_read_question(struct bytes datagram, struct stun_question *out) MUST_USE;

struct stun_answer {
	struct stun_txid txid;
	struct endpoint reflexive;
	struct endpoint origin, other; /* unset: not told */
};
/* The writer goes bad without a reflexive address. */
void stun_write_answer(struct wr *out, const struct stun_answer *a);
/* What stun_read_response reads, with more of it. */
bool stun_read_answer(struct bytes datagram, struct stun_answer *out) MUST_USE;

/* CRC-32 as FINGERPRINT takes it (ISO HDLC); shown for its test. */
uint32_t stun_crc32(struct bytes b);

#endif

/* wire/stun.h - STUN binding messages (RFC 8489), and the discovery of NAT behaviour (RFC 5780)
 *
 * Source: stun.md 2 and 3.
 */
#ifndef WIRE_STUN_H
#define WIRE_STUN_H

#include "base/addr.h"

enum {
	STUN_TXID_LEN = 12,
	STUN_HEADER_LEN = 20,
	/* With SOFTWARE "tailnode" and FINGERPRINT: stock relays want both. */
	STUN_REQUEST_LEN = 40,
	STUN_RESPONSE_MAX = 44,
	STUN_PORT = 3478
};

struct stun_txid {
	uint8_t b[STUN_TXID_LEN];
};

/* True: it looks like a STUN binding message, by its first bytes (stun.md 2.8). */
bool stun_is(struct bytes datagram);

void stun_write_request(struct wr *out, const struct stun_txid *txid);

/* --- NAT behaviour discovery, RFC 5780 ---
 *
 * A request with CHANGE-REQUEST asks the server to answer from its other port or address.  The
 * answer names its own source (RESPONSE-ORIGIN) and the other place where the server listens
 * (OTHER-ADDRESS).  The request is padded, so that no answer is longer than its question. */
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
	bool elsewhere;         /* it has a RESPONSE-PORT */
	uint16_t response_port; /* the port of the asker's address to which the answer goes */
};
void stun_write_change_request(struct wr *out, const struct stun_txid *txid, uint8_t change);
/* A request with RESPONSE-PORT, STUN_ELSEWHERE_LEN bytes. One socket asks for an answer to another
 * socket behind the same NAT, and so does not touch that one's mapping. */
void stun_write_elsewhere_request(struct wr *out, const struct stun_txid *txid, uint16_t port);
/* Reads any well-formed binding request, also with CHANGE-REQUEST, PADDING or RESPONSE-PORT.
 * Credentials are ignored. False: something else, a wrong FINGERPRINT, or an unknown attribute that
 * must be understood. ICE's PRIORITY is one: this is no ICE agent. */
bool stun_read_question(struct bytes datagram, struct stun_question *out) MUST_USE;

struct stun_answer {
	struct stun_txid txid;
	struct endpoint reflexive;
	struct endpoint origin, other; /* unset: the answer does not have it */
};
/* The writer goes bad if there is no reflexive address. */
void stun_write_answer(struct wr *out, const struct stun_answer *a);
/* Reads a binding success. Its address is XOR-MAPPED-ADDRESS (0x0020 or 0x8020), else
 * MAPPED-ADDRESS. Unknown attributes and bytes behind the declared length are ignored. False:
 * something else, or without an address. */
bool stun_read_answer(struct bytes datagram, struct stun_answer *out) MUST_USE;

/* The CRC-32 of FINGERPRINT (ISO HDLC); public for its test. */
uint32_t stun_crc32(struct bytes b);

#endif

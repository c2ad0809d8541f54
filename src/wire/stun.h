/* wire/stun.h - STUN binding, RFC 8489 (the subset of section 4 of the reference's data plane) */
#ifndef WIRE_STUN_H
#define WIRE_STUN_H

#include "base/addr.h"

enum {
	STUN_TXID_LEN = 12,
	STUN_HEADER_LEN = 20,
	STUN_REQUEST_LEN = 40, /* with SOFTWARE "tailnode" and FINGERPRINT: stock relays want both */
	STUN_RESPONSE_MAX = 44,
	STUN_PORT = 3478
};

struct stun_txid {
	uint8_t b[STUN_TXID_LEN];
};

/* Looks like a STUN binding message, by its first bytes (data plane 2.4). */
bool stun_is(struct bytes datagram);

void stun_write_request(struct wr *out, const struct stun_txid *txid);
/* Any well-formed binding request, as RFC 8489 has it: comprehension-required attributes that are
 * unknown make it false (ICE's PRIORITY is: this is no ICE agent), credentials are ignored,
 * FINGERPRINT is checked where present. */
bool stun_read_request(struct bytes datagram, struct stun_txid *txid) MUST_USE;

/* The writer goes bad when there is no address to tell. */
void stun_write_response(struct wr *out, const struct stun_txid *txid, const struct endpoint *reflexive);
/* A binding success with an address: XOR-MAPPED-ADDRESS (0x0020 or 0x8020), else MAPPED-ADDRESS.
 * Unknown attributes, and bytes behind the declared length, are ignored. */
bool stun_read_response(struct bytes datagram, struct stun_txid *txid, struct endpoint *reflexive) MUST_USE;

/* CRC-32 as FINGERPRINT takes it (ISO HDLC); shown for its test. */
uint32_t stun_crc32(struct bytes b);

#endif

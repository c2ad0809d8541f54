/* wire/pcp.h - PCP: asks the gateway for a port, or for a hole in its firewall (RFC 6887)
 *
 * Over UDP, to port 5351 of the default gateway, for IPv4 and IPv6.  The opcodes MAP and ANNOUNCE;
 * options are skipped.
 *
 * Source: portmap.md 2.3 to 2.5.
 */
#ifndef WIRE_PCP_H
#define WIRE_PCP_H

#include "base/addr.h"

enum {
	PCP_PORT = 5351,
	PCP_ANNOUNCE_PORT = 5350, /* servers, also of NAT-PMP, announce to 224.0.0.1 and ff02::1 */
	PCP_NONCE_LEN = 12,
	PCP_UDP = 17,
	PCP_HEADER_LEN = 24,
	PCP_MAP_LEN = 60,
	PCP_MESSAGE_MAX = 1100 /* s. 7 */
};

enum pcp_op { PCP_ANNOUNCE = 0, PCP_MAP = 1 };

/* 2001:1::1, the nearest PCP server where the router itself is none (RFC 7723). */
struct ip pcp_anycast6(void);

/* s. 7.4 */
enum pcp_result {
	PCP_OK = 0,
	PCP_UNSUPPORTED_VERSION = 1,
	PCP_NOT_AUTHORISED = 2,
	PCP_MALFORMED_REQUEST = 3,
	PCP_UNSUPPORTED_OPCODE = 4,
	PCP_UNSUPPORTED_OPTION = 5,
	PCP_MALFORMED_OPTION = 6,
	PCP_NETWORK_FAILURE = 7,
	PCP_NO_RESOURCES = 8,
	PCP_UNSUPPORTED_PROTOCOL = 9,
	PCP_QUOTA = 10,
	PCP_CANNOT_PROVIDE_EXTERNAL = 11,
	PCP_ADDRESS_MISMATCH = 12, /* there is a NAT between us and the server */
	PCP_EXCESSIVE_PEERS = 13
};

struct pcp_map {
	uint8_t nonce[PCP_NONCE_LEN];
	uint8_t protocol; /* PCP_UDP */
	uint16_t internal;
	/* In a request a suggestion. Family 0 is written as the zero address of the client's
	 * family. */
	struct endpoint external;
};

struct pcp_request {
	enum pcp_op op;
	uint32_t lifetime_s; /* MAP; 0: delete the mapping */
	struct ip client;    /* must be the source address of the datagram */
	struct pcp_map map;  /* MAP */
};
void pcp_write_request(struct wr *out, const struct pcp_request *q);
bool pcp_read_request(struct bytes b, struct pcp_request *out) MUST_USE;

struct pcp_response {
	enum pcp_op op;
	uint8_t result;      /* enum pcp_result, or a number that is unknown here */
	uint32_t lifetime_s; /* of the mapping, or of the error */
	uint32_t epoch_s;
	bool has_map; /* always true if a MAP succeeded */
	struct pcp_map map;
};
bool pcp_read_response(struct bytes b, struct pcp_response *out) MUST_USE;
void pcp_write_response(struct wr *out, const struct pcp_response *a);

#endif

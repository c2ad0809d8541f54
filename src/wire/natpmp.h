/* wire/natpmp.h - NAT-PMP: asks the gateway for its outside address and for a port (RFC 6886)
 *
 * Over UDP, to port 5351 of the default gateway.  Only mappings of UDP over IPv4.
 *
 * Source: portmap.md 2.1 and 2.2.
 */
#ifndef WIRE_NATPMP_H
#define WIRE_NATPMP_H

#include "base/addr.h"

enum {
	NATPMP_PORT = 5351, /* of the gateway; PCP uses the same */
	NATPMP_REQUEST_MAX = 12,
	NATPMP_RESPONSE_MAX = 16
};

enum natpmp_op { NATPMP_ADDRESS = 0, NATPMP_MAP_UDP = 1 };

/* s. 3.5 */
enum natpmp_result {
	NATPMP_OK = 0,
	NATPMP_UNSUPPORTED_VERSION = 1,
	NATPMP_NOT_AUTHORISED = 2,
	NATPMP_NETWORK_FAILURE = 3, /* the gateway itself has no address */
	NATPMP_NO_RESOURCES = 4,
	NATPMP_UNSUPPORTED_OPCODE = 5
};

struct natpmp_request {
	enum natpmp_op op;
	uint16_t internal, external; /* MAP_UDP; external is a suggestion */
	uint32_t lifetime_s;         /* 0: delete the mapping */
};
void natpmp_write_request(struct wr *out, const struct natpmp_request *r);
bool natpmp_read_request(struct bytes b, struct natpmp_request *out) MUST_USE;

struct natpmp_response {
	enum natpmp_op op;
	uint16_t result; /* enum natpmp_result, or a number that is unknown here */
	uint32_t epoch_s;
	struct ip address;           /* ADDRESS, result 0 */
	uint16_t internal, external; /* MAP_UDP, result 0 */
	uint32_t lifetime_s;
};
/* If the result is not 0, the first 8 bytes are enough. */
bool natpmp_read_response(struct bytes b, struct natpmp_response *out) MUST_USE;
void natpmp_write_response(struct wr *out, const struct natpmp_response *r);

#endif

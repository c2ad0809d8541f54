/* icmp.h - reads ICMP and ICMPv6 messages, for tests of what writes them */
#ifndef WIRE_ICMP_H
#define WIRE_ICMP_H

#include "wire/ip.h"

struct icmp_header {
	uint8_t type, code;
	uint16_t checksum;
	uint32_t rest;
};

static inline bool icmp_read(struct bytes b, struct icmp_header *out, struct bytes *payload)
{
	struct rd r = rd_of(b);
	out->type = rd_u8(&r);
	out->code = rd_u8(&r);
	out->checksum = rd_be16(&r);
	out->rest = rd_be32(&r);
	*payload = rd_rest(&r);
	return !r.bad;
}

#endif

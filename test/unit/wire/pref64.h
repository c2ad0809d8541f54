/* pref64.h - writes the PREF64 option of a router (RFC 8781 s. 4), for tests of what reads it */
#ifndef WIRE_PREF64_H
#define WIRE_PREF64_H

#include "wire/nat64.h"

/* False: the prefix is not good, or there is no room. The lifetime is rounded up to a multiple of
 * 8 s, and is at most 65528 s. */
static inline bool pref64_write(struct wr *out, const struct prefix *p, uint32_t lifetime_s)
{
	static const uint8_t lengths[] = {96, 64, 56, 48, 40, 32};
	uint32_t units = lifetime_s / 8 + (lifetime_s % 8 != 0);
	uint32_t code = 0;
	if (!nat64_prefix_is_good(p))
		return false;
	while (lengths[code] != p->bits)
		code++;
	wr_u8(out, PREF64_OPTION);
	wr_u8(out, 2); /* in units of 8 bytes */
	wr_be16(out, (uint16_t)((units < 0x1fff ? units : 0x1fff) << 3 | code));
	wr_put(out, p->ip.b, 12);
	return !out->bad;
}

#endif

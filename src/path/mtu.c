#include "path/mtu.h"

enum {
	WIREGUARD_OVERHEAD = 32,
	PADDED_TO = 16 /* a packet is padded to a multiple of this before it is sealed */
};

/* From large to small: 1500, 1420, 1400, 1360 and 1280 bytes of an IP packet, less the headers of
 * IPv4 and IPv6, and a last one below which nothing is tried. */
static const uint16_t sizes[] = {1472, 1452, 1392, 1372, 1352, 1332, 1312, 1252, 1232, 1180};

void mtu_begin(struct mtu *m, uint16_t inner)
{
	size_t needed =
		(size_t)(inner + PADDED_TO - 1) / PADDED_TO * PADDED_TO + WIREGUARD_OVERHEAD;
	*m = (struct mtu){.needed =
				  (uint16_t)(needed < MTU_PAYLOAD_MAX ? needed : MTU_PAYLOAD_MAX)};
	m->trying = m->needed;
}

static uint16_t next_smaller(uint16_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		if (sizes[i] < size)
			return sizes[i];
	return 0;
}

static void rest(struct mtu *m, uint16_t proven, mono_ns now)
{
	m->proven = proven;
	m->trying = 0;
	m->again = now + MTU_AGAIN;
}

uint16_t mtu_wants(struct mtu *m, mono_ns now)
{
	if (m->needed == 0)
		return 0;
	if (m->trying == 0 && now < m->again)
		return 0;
	if (m->trying == 0) {
		m->trying = m->needed;
		m->tries = 0;
	}
	if (m->tries == MTU_TRIES) {
		m->trying = next_smaller(m->trying);
		m->tries = 0;
	}
	if (m->trying == 0) {
		rest(m, 0, now); /* small ones are lost, too, so the size is not the reason */
		return 0;
	}
	m->tries++;
	return m->trying;
}

void mtu_answered(struct mtu *m, uint16_t size, mono_ns now)
{
	if (m->trying != 0 && size >= m->trying)
		rest(m, size, now);
	else if (size > m->proven)
		m->proven = size;
}

uint16_t mtu_inner(const struct mtu *m)
{
	if (m->proven == 0 || m->proven >= m->needed)
		return 0;
	return (uint16_t)((m->proven - WIREGUARD_OVERHEAD) / PADDED_TO * PADDED_TO);
}

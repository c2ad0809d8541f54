#include "wire/nat64.h"

#include <string.h>

enum { U_OCTET = 8, OPTION_UNITS = 2, LIFETIME_UNIT_S = 8, PREFIX_OCTETS = 12 };

/* By the prefix length code of RFC 8781 s. 4. */
static const uint8_t lengths[] = {96, 64, 56, 48, 40, 32};

static bool is_length(uint8_t bits)
{
	return memchr(lengths, bits, sizeof(lengths)) != NULL;
}

static bool is_well_known(const struct prefix *p)
{
	static const uint8_t b[12] = {0x00, 0x64, 0xff, 0x9b};
	return p->ip.family == 6 && p->bits == 96 && memcmp(p->ip.b, b, sizeof(b)) == 0;
}

/* RFC 8215. */
static bool is_local_use(const struct prefix *p)
{
	static const uint8_t b[6] = {0x00, 0x64, 0xff, 0x9b, 0x00, 0x01};
	return p->bits >= 48 && memcmp(p->ip.b, b, sizeof(b)) == 0;
}

bool nat64_prefix_is_good(const struct prefix *p)
{
	if (p->ip.family != 6 || !is_length(p->bits) || p->ip.b[U_OCTET] != 0)
		return false;
	bool global = (p->ip.b[0] & 0xe0) == 0x20;
	return global || ip_is_private(&p->ip) || is_well_known(p) || is_local_use(p);
}

/* The place of octet i of the IPv4 address. Octet 8 is left out. */
static size_t place(uint8_t bits, size_t i)
{
	size_t at = bits / 8 + i;
	return bits < 96 && at >= U_OCTET ? at + 1 : at;
}

/* The special-purpose networks of RFC 5735 section 3 and RFC 6598, without those that no prefix
 * translates. */
static bool is_global(const struct ip *v4)
{
	static const struct prefix special[] = {
		{{4, {192, 0, 0}}, 24},    /* IETF protocol assignments */
		{{4, {192, 0, 2}}, 24},    /* documentation */
		{{4, {198, 51, 100}}, 24}, /* documentation */
		{{4, {203, 0, 113}}, 24},  /* documentation */
		{{4, {192, 88, 99}}, 24},  /* 6to4 relays */
		{{4, {198, 18}}, 15},      /* benchmarks */
	};
	for (size_t i = 0; i < ARRAY_LEN(special); i++)
		if (prefix_contains(&special[i], v4))
			return false;
	return !ip_is_private(v4) && !ip_is_shared(v4);
}

bool nat64_translates(const struct prefix *p, const struct ip *v4)
{
	if (v4->family != 4 || ip_is_loopback(v4) || ip_is_link_local(v4) || ip_is_multicast(v4) ||
	    v4->b[0] == 0 || v4->b[0] >= 240)
		return false;
	return !is_well_known(p) || is_global(v4);
}

struct ip nat64_embed(const struct prefix *p, const struct ip *v4)
{
	struct ip ip = p->ip;
	for (size_t i = 0; i < 4; i++)
		ip.b[place(p->bits, i)] = v4->b[i];
	return ip;
}

bool nat64_extract(const struct prefix *p, const struct ip *v6, struct ip *v4)
{
	if (v6->family != 6 || !prefix_contains(p, v6))
		return false;
	struct ip inside = {.family = 4};
	for (size_t i = 0; i < 4; i++)
		inside.b[i] = v6->b[place(p->bits, i)];
	struct ip again = nat64_embed(p, &inside);
	if (!ip_equal(&again, v6))
		return false;
	*v4 = inside;
	return true;
}

static bool is_well_known_address(const struct ip *v4)
{
	return v4->b[0] == 192 && v4->b[1] == 0 && v4->b[2] == 0 &&
	       (v4->b[3] == 170 || v4->b[3] == 171);
}

static bool prefix_of_answer(const struct ip *v6, struct prefix *out)
{
	struct ip v4;
	for (size_t i = 0; v6->family == 6 && i < ARRAY_LEN(lengths); i++) {
		struct prefix p = prefix_of(v6, lengths[i]);
		if (!nat64_prefix_is_good(&p) || !nat64_extract(&p, v6, &v4) ||
		    !is_well_known_address(&v4))
			continue;
		*out = p;
		return true;
	}
	return false;
}

size_t nat64_discover(const struct ip *v, size_t n, struct prefix out[static NAT64_PREFIXES_MAX])
{
	size_t found = 0;
	for (size_t i = 0; i < n && found < NAT64_PREFIXES_MAX; i++) {
		struct prefix p;
		bool known = !prefix_of_answer(&v[i], &p);
		for (size_t k = 0; k < found && !known; k++)
			known = prefix_equal(&out[k], &p);
		if (!known)
			out[found++] = p;
	}
	return found;
}

bool pref64_read(struct bytes option, struct prefix *p, uint32_t *lifetime_s)
{
	struct rd r = rd_of(option);
	struct ip ip = {.family = 6};
	if (option.n != PREF64_OPTION_LEN || rd_u8(&r) != PREF64_OPTION ||
	    rd_u8(&r) != OPTION_UNITS)
		return false;
	uint16_t scaled = rd_be16(&r);
	rd_copy(&r, ip.b, PREFIX_OCTETS);
	if (!rd_done(&r) || (scaled & 7) >= ARRAY_LEN(lengths))
		return false;
	struct prefix got = prefix_of(&ip, lengths[scaled & 7]);
	if (!nat64_prefix_is_good(&got))
		return false;
	*p = got;
	*lifetime_s = (uint32_t)(scaled >> 3) * LIFETIME_UNIT_S;
	return true;
}

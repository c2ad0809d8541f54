/* base/addr.h - IP addresses, endpoints (ip:port) and prefixes, without any socket type
 *
 * A struct ip never holds an IPv4-mapped IPv6 address (::ffff:a.b.c.d): every function that makes
 * one turns it into the IPv4 address.
 */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include "base/bytes.h"

enum { IP_TEXT_MAX = 46, ENDPOINT_TEXT_MAX = 56, PREFIX_TEXT_MAX = 50 };

struct ip {
	uint8_t family; /* 4, 6, or 0: no address */
	uint8_t b[16];  /* network order; IPv4 in the first four, the others zero */
};

struct endpoint {
	struct ip ip;
	uint16_t port;  /* host order */
	uint32_t scope; /* fe80:: only: index of the interface on whose link it is; else 0 */
};

struct prefix {
	struct ip ip; /* bits past `bits` are zero */
	uint8_t bits;
};

struct ip ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
struct ip ip_v4_from(const uint8_t b[static 4]);
struct ip ip_v6_from(const uint8_t b[static 16]); /* unmaps IPv4-mapped */
/* The 16-byte form that disco and PCP use: IPv4 as ::ffff:a.b.c.d. */
void ip_to_16(const struct ip *ip, uint8_t out[static 16]);
bool ip_equal(const struct ip *a, const struct ip *b);
size_t ip_len(const struct ip *ip); /* 4, 16 or 0 */
bool ip_parse(struct ip *ip, const char *text) MUST_USE;
const char *ip_format(const struct ip *ip, char out[static IP_TEXT_MAX]);

bool ip_is_loopback(const struct ip *ip);
bool ip_is_link_local(const struct ip *ip); /* 169.254/16, fe80::/10 */
bool ip_is_private(const struct ip *ip);    /* RFC 1918, fc00::/7 */
bool ip_is_shared(const struct ip *ip);     /* 100.64/10, carrier-grade NAT: RFC 6598 */
bool ip_is_multicast(const struct ip *ip);

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
bool endpoint_is_set(const struct endpoint *e); /* has an address and a port */
/* "192.0.2.1:41641", "[2001:db8::1]:41641" */
bool endpoint_parse(struct endpoint *e, const char *text) MUST_USE;
const char *endpoint_format(const struct endpoint *e, char out[static ENDPOINT_TEXT_MAX]);

/* A prefix with its host bits cleared. bits must be at most ip_len * 8. */
struct prefix prefix_of(const struct ip *ip, uint8_t bits);
/* "10.0.0.0/8"; a bare address is a host prefix. Host bits are cleared. */
bool prefix_parse(struct prefix *p, const char *text) MUST_USE;
const char *prefix_format(const struct prefix *p, char out[static PREFIX_TEXT_MAX]);
bool prefix_contains(const struct prefix *p, const struct ip *ip);
bool prefix_equal(const struct prefix *a, const struct prefix *b);

#endif

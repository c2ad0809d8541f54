/* wire/nat64.h - IPv4 addresses inside IPv6 addresses, and how a host learns their prefix
 *
 * A NAT64 forwards datagrams for prefix::IPv4 to that IPv4 address.
 *
 * Source: RFC 6052 (addresses), RFC 7050 (discovery by DNS), RFC 8781 (PREF64 in router
 * advertisements).
 */
#ifndef WIRE_NAT64_H
#define WIRE_NAT64_H

#include "base/addr.h"

enum {
	NAT64_PREFIXES_MAX = 8, /* taken from one DNS answer */
	PREF64_OPTION = 38,
	PREF64_OPTION_LEN = 16
};

/* This name has IPv4 addresses only, 192.0.0.170 and 192.0.0.171. So if DNS gives it an IPv6
 * address, a DNS64 made that. */
#define NAT64_NAME "ipv4only.arpa"

/* A good prefix has one of the six lengths of RFC 6052 s. 2.2, has a zero in octet 8 if that lies
 * inside it, and is global unicast, inside fc00::/7, 64:ff9b::/96 or inside 64:ff9b:1::/48. */
bool nat64_prefix_is_good(const struct prefix *p);

/* p must be good. */
struct ip nat64_embed(const struct prefix *p, const struct ip *v4);
/* The reverse. False: nat64_embed does not make such an address. Octet 8 and all bytes behind the
 * IPv4 address must be zero. */
bool nat64_extract(const struct prefix *p, const struct ip *v6, struct ip *v4) MUST_USE;

/* May this prefix stand before this address at all? 64:ff9b::/96 must not stand before one that is
 * not global (RFC 6052 s. 3.1). */
bool nat64_translates(const struct prefix *p, const struct ip *v4) MUST_USE;

/* The good prefixes in the IPv6 addresses of NAT64_NAME, each once, in the order of the answer.
 * Octet 8 and the suffix must be zero, so an address has the well-known IPv4 address in one place
 * at most.
 */
size_t nat64_discover(const struct ip *v, size_t n, struct prefix out[static NAT64_PREFIXES_MAX]);

/* Reads the whole option, from its type on. False: no PREF64, malformed, of a reserved length, or
 * without a good prefix. A lifetime of 0: the prefix must not be used any more. */
bool pref64_read(struct bytes option, struct prefix *p, uint32_t *lifetime_s) MUST_USE;
#endif

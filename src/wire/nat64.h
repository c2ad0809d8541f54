/* wire/nat64.h - IPv4 addresses inside IPv6 ones, and how a host learns the prefix for that
 *
 * A NAT64 carries datagrams to prefix::IPv4 on to that IPv4 address.
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

/* The name that has IPv4 addresses only, 192.0.0.170 and 192.0.0.171: whatever IPv6 address DNS
 * gives it was made by a DNS64. */
#define NAT64_NAME "ipv4only.arpa"

/* Of one of the six lengths of RFC 6052 s. 2.2, its octet 8 zero where that lies inside it, and a
 * place where such a prefix can be: global unicast, fc00::/7, 64:ff9b::/96 or inside
 * 64:ff9b:1::/48. */
bool nat64_prefix_is_good(const struct prefix *p);

/* p must be good. */
struct ip nat64_embed(const struct prefix *p, const struct ip *v4);
/* Only what nat64_embed makes: octet 8 and all that follows the address must be zero. */
bool nat64_extract(const struct prefix *p, const struct ip *v6, struct ip *v4) MUST_USE;

/* Whether this prefix can stand before the address at all.  64:ff9b::/96 must not stand before an
 * IPv4 address that is not global (RFC 6052 section 3.1). */
bool nat64_translates(const struct prefix *p, const struct ip *v4) MUST_USE;

/* The good prefixes in the IPv6 addresses of NAT64_NAME, each once, in the order of the answer.
 * Octet 8 and the suffix must be zero, so an address holds the well-known one at one place or at
 * none. */
size_t nat64_discover(const struct ip *v, size_t n, struct prefix out[static NAT64_PREFIXES_MAX]);

/* The whole option, from its type on. False: no PREF64, malformed, a reserved length or no good
 * prefix. A lifetime of 0: do not use the prefix any more. */
bool pref64_read(struct bytes option, struct prefix *p, uint32_t *lifetime_s) MUST_USE;
#endif

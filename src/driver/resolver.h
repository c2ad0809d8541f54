/* driver/resolver.h - DNS for a node, besides its streams
 *
 * Looks up the addresses of relays that the netmap knows by name only, so that their STUN servers
 * can be asked over both families; and the IPv6 addresses of ipv4only.arpa, which tell the NAT64
 * prefix (reach/nat64.h).  A look-up that failed is repeated with growing pauses, one that
 * succeeded after an hour, and all of them when the network changes.
 *
 * Source: netcheck.md 10.5 (the prefix by DNS) and 10.9 (names of relays).
 */
#ifndef DRIVER_RESOLVER_H
#define DRIVER_RESOLVER_H

#include "io/dialer.h"
#include "netmap/netmap.h"
#include "node/node.h"

struct resolver_calls {
	void (*relays)(void *self); /* a relay has other addresses: resolver_relays */
	void (*nat64)(void *self, const struct lookup64_answer *a);
	void *self;
};

struct resolver;

/* The dialer is kept, the calls are copied. NULL: out of memory. */
struct resolver *resolver_new(struct dialer *d, const struct resolver_calls *calls) MUST_USE;
void resolver_free(struct resolver *l); /* NULL is allowed */

/* From now on the relays of this netmap are looked up that have a name and a STUN server, but no
 * address. Borrowed. */
void resolver_set(struct resolver *l, const struct netmap *map);
void resolver_network_changed(struct resolver *l);
void resolver_ask_nat64(struct resolver *l);

/* Has each look-up been answered, or failed, once? */
bool resolver_settled(const struct resolver *l);
/* Why this relay has no address; "": it has one, or needs none. Borrowed. */
const char *resolver_failure(const struct resolver *l, uint16_t region);

/* The relays with the addresses that are known by now, at most max. nat64: the prefix in use, or
 * NULL; an IPv6 address that a DNS64 made of an IPv4 address is left out. Returns how many. */
size_t resolver_relays(const struct resolver *l, const struct netmap *map,
		       const struct prefix *nat64, struct relay_place *v, size_t max);

#endif

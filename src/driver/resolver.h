/* driver/resolver.h - what a node needs of DNS besides its streams
 *
 * The addresses of relays that the configuration knows by name only, so that their STUN servers can
 * be asked over both families; and the IPv6 addresses of ipv4only.arpa, which tell the NAT64 prefix
 * (reach/nat64.h). A look-up that failed is repeated with growing pauses; one that succeeded after
 * an hour, and whenever the network changed.
 */
#ifndef DRIVER_RESOLVER_H
#define DRIVER_RESOLVER_H

#include "io/dialer.h"
#include "netmap/netmap.h"
#include "node/node.h"

struct resolver_calls {
	void (*relays)(void *self); /* some relay's addresses are others now: resolver_relays */
	void (*nat64)(void *self, const struct lookup64_answer *a);
	void *self;
};

struct resolver;

/* The dialer is borrowed until resolver_free. NULL: out of memory. */
struct resolver *resolver_new(struct dialer *d, const struct resolver_calls *calls) MUST_USE;
void resolver_free(struct resolver *l); /* NULL is allowed */

/* The relays of this configuration, borrowed for the call: those with a name and a STUN server, but
 * without an address, are looked up from now on. */
void resolver_set(struct resolver *l, const struct netmap *map);
void resolver_network_changed(struct resolver *l);
void resolver_ask_nat64(struct resolver *l);

/* Has everything that was asked been answered, or failed, once? */
bool resolver_settled(const struct resolver *l);
/* Why this relay has no address; "": it has one, or needs none. */
const char *resolver_failure(const struct resolver *l, uint16_t region);

/* The relays as the node wants them, at most max: with the addresses that are known by now. nat64
 * is the prefix in use or NULL: what a DNS64 made of an IPv4 address is not a second server. */
size_t resolver_relays(const struct resolver *l, const struct netmap *map,
		       const struct prefix *nat64, struct relay_place *v, size_t max);

#endif

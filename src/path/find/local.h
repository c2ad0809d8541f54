/* path/find/local.h - candidates from the addresses of our own interfaces
 *
 *   fe80::/10, multicast     never
 *   fd7a:115c:a1e0::/48      never: overlay networks use it
 *   100.64.0.0/10            only if there is no usual IPv4 address: overlay networks use it, but
 *                            carriers give it out, too
 *   169.254/16, fc00::/7     only if there is nothing better
 *   loopback                 only if there is nothing else at all
 *   all others               always; of one IPv6 subnet at most two
 *
 * Our own addresses inside the tunnel never come here (io/netlink.h).
 *
 * Source: stun.md 5.6.
 */
#ifndef PATH_FIND_LOCAL_H
#define PATH_FIND_LOCAL_H

#include "base/place.h"
#include "path/find/finder.h"

enum { LOCAL_PER_SUBNET6 = 2 };

struct local_finder {
	struct own_address v[OWN_ADDRESSES_MAX];
	size_t n;
	uint16_t port;
};

extern const struct finder local_finder;

/* Copies the addresses that can ever be candidates.  True: the set is another one than before. */
bool local_set(struct local_finder *f, const struct own_address *v, size_t n);

#endif

/* path/find/local.h - candidates from the addresses of our own interfaces (reference, data
 * plane 7.3)
 *
 * Left out: fe80::/10, multicast, and fd7a:115c:a1e0::/48, which overlay networks use.
 * 100.64.0.0/10 is theirs, too, but also what carriers give out: it counts only where there is no
 * better address of IPv4.  169.254/16 and fc00::/7 count only when there is nothing better,
 * loopback only when there is nothing else at all, and of one IPv6 subnet at most two addresses.
 * Our own addresses inside the tunnel never come here (io/netlink.h).
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

/* Copies those that can ever be candidates; true: it is another set than before. */
bool local_set(struct local_finder *f, const struct own_address *v, size_t n);

#endif

/* netmap/diff.h - what is different in a new netmap: peer by peer, and prefix by prefix of a peer
 *
 * A walk over two sorted lists, which takes no memory.  A part that applies a new netmap walks the
 * diff, so that it touches only what has changed.
 */
#ifndef NETMAP_DIFF_H
#define NETMAP_DIFF_H

#include "netmap/netmap.h"

/* One peer that has changed. */
struct netmap_change {
	const struct netmap_peer *was; /* NULL: it is new */
	const struct netmap_peer *now; /* NULL: it is gone */
};

struct netmap_diff {
	const struct netmap *was, *now;
	size_t at_was, at_now;
};

/* Both are borrowed until the walk is over.  was NULL: all peers are new. */
struct netmap_diff netmap_diff(const struct netmap *was, const struct netmap *now);
/* In the order of keys; false: no more. */
bool netmap_diff_next(struct netmap_diff *d, struct netmap_change *change) MUST_USE;

bool netmap_relay_equal(const struct netmap_relay *a, const struct netmap_relay *b);
bool netmap_self_equal(const struct netmap_self *a, const struct netmap_self *b);

/* The prefixes of one peer that are in `in` and not in `less`. */
struct netmap_prefixes {
	const struct netmap_peer *in, *less;
	size_t at;
};
/* Either may be NULL: it has none. */
struct netmap_prefixes netmap_prefixes(const struct netmap_peer *in,
				       const struct netmap_peer *less);
const struct prefix *netmap_prefixes_next(struct netmap_prefixes *p); /* NULL: no more */

#endif

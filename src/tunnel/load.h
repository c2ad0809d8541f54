/* tunnel/load.h - are there more handshakes than we can afford, and whose is computed then?
 *
 * Under load a handshake message is computed only if a cookie proved its source address, and for
 * each source only so often.
 *
 * Source: WireGuard paper 5.4.7; tunnel.md 6.1.
 */
#ifndef TUNNEL_LOAD_H
#define TUNNEL_LOAD_H

#include "base/bucket.h"
#include "crypto/hash.h"

enum {
	LOAD_HANDSHAKES_PER_S = 200, /* 1/20 of a fast core's time, 1/2 of a small router's */
	LOAD_SOURCE_PER_S = 20,
	LOAD_SOURCE_BURST = 5,
	/* Sources share the buckets by a secret hash: the table does not grow, and no source can
	 * push another one out. */
	LOAD_BUCKETS = 1024
};
#define LOAD_STAYS SECOND /* after the last message that was one too many */

struct load {
	struct bucket all;
	mono_ns high_until;
	struct bucket sources[LOAD_BUCKETS];
	struct hash_secret secret;
};

void load_init(struct load *l, const struct rng *rng);
/* Counts one handshake message whose mac1 was right. True: the tunnel is under load. */
bool load_count(struct load *l, mono_ns now) MUST_USE;
/* Under load, for a source whose cookie was right. True: this message may be computed. */
bool load_admit(struct load *l, struct bytes source, mono_ns now) MUST_USE;

#endif

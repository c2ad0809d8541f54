/* tunnel/load.h - are there more handshakes than we care to compute, and whose turn is it then?
 *
 * Under load a handshake message is only looked into if a cookie proved that its source address is
 * true, and then only so often for each source (WireGuard paper 5.4.7).
 */
#ifndef TUNNEL_LOAD_H
#define TUNNEL_LOAD_H

#include "base/time.h"
#include "crypto/hash.h"

enum {
	LOAD_HANDSHAKES_PER_S =
		200, /* about 1/20 of one fast core's time, 1/2 of a small router's */
	LOAD_SOURCE_PER_S = 20,
	LOAD_SOURCE_BURST = 5,
	LOAD_BUCKETS =
		1024 /* sources share them by a secret hash: nothing grows, nobody is pushed out */
};
#define LOAD_STAYS SECOND /* after the last moment with too many */

/* A rate limit in one number: until when the messages admitted so far use up the rate. */
struct load {
	mono_ns all_until;
	mono_ns high_until;
	mono_ns source_until[LOAD_BUCKETS];
	struct hash_secret secret;
};

void load_init(struct load *l, const struct rng *rng);
/* Counts one handshake message whose MAC was right, and says whether we are under load. */
bool load_count(struct load *l, mono_ns now) MUST_USE;
/* Under load, for a source whose cookie was right: may this one be looked into? */
bool load_admit(struct load *l, struct bytes source, mono_ns now) MUST_USE;

#endif

/* path/probe.h - the pings that wait for a pong, by transaction id
 *
 * Bounded: a full table forgets its oldest ping.  A ping waits for 5 s; no timer ends it, but a
 * pong that comes later is not expected any more.
 */
#ifndef PATH_PROBE_H
#define PATH_PROBE_H

#include "base/index.h"
#include "base/peer.h"
#include "base/rng.h"
#include "base/time.h"
#include "path/way.h"
#include "wire/disco.h"

#define PROBE_LIFETIME (5 * SECOND)
enum { PROBES_MIN = 1024, PROBES_PER_PEER = 16, PROBES_MAX = 1 << 16 };

struct probe {
	struct disco_txid txid;
	peer_id peer; /* PEER_NONE: free */
	struct way via;
	mono_ns sent_at;
	uint16_t padded; /* to so many bytes, to find the MTU; 0: not padded */
	bool for_person; /* paths_ping asked for it: the owner is told of the pong */
};

struct probes {
	struct probe *v; /* a ring, in the order of sending */
	uint32_t cap, next;
	struct index by_txid;
};

/* Room for PROBES_PER_PEER pings of each peer, within PROBES_MIN and PROBES_MAX.  False: out of
 * memory. */
bool probes_init(struct probes *t, uint32_t peers_max) MUST_USE;
void probes_fini(struct probes *t);
/* Notes a ping with a fresh random id, which is in the result; borrowed until the next call. */
struct probe *probes_begin(struct probes *t, peer_id peer, const struct way *via, bool for_person,
			   const struct rng *rng, mono_ns now);
/* Takes out the ping with this id: it can be answered once.  False: none waits. */
bool probes_end(struct probes *t, const struct disco_txid *txid, mono_ns now,
		struct probe *out) MUST_USE;
void probes_forget(struct probes *t, peer_id peer);

#endif

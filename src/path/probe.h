/* path/probe.h - the pings that we wait for an answer to, by transaction id
 *
 * Bounded: when the table is full the oldest ping is forgotten.  A ping is good for 5 s; nothing
 * runs when it ends, an answer that comes later is just not expected any more.
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
	uint16_t padded; /* to so many bytes, to see whether they pass whole; 0: not */
	bool for_person; /* paths_ping asked for it: tell the owner of the answer */
};

struct probes {
	struct probe *v; /* a ring, in the order of sending */
	uint32_t cap, next;
	struct index by_txid;
};

/* Room for PROBES_PER_PEER of each, within the two limits; false: out of memory. */
bool probes_init(struct probes *t, uint32_t peers_max) MUST_USE;
void probes_fini(struct probes *t);
/* Notes a ping of fresh random id; the id is in the answer, borrowed until the next call. */
struct probe *probes_begin(struct probes *t, peer_id peer, const struct way *via, bool for_person,
			   const struct rng *rng, mono_ns now);
/* The ping with this id, if it still waits: copied out. It can be answered once. */
bool probes_end(struct probes *t, const struct disco_txid *txid, mono_ns now,
		struct probe *out) MUST_USE;
void probes_forget(struct probes *t, peer_id peer);

#endif

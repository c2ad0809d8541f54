/* path/past_pings.h - the pings of one peer that came lately
 *
 * Anybody who sees a ping can send it again, from any address: its box stays authentic.  So a ping
 * is taken once.  A copy may overtake its original.  The original is then taken, too, if it comes
 * from an endpoint that has answered us and the copy did not.
 *
 * Bounded: the last PAST_PINGS_MAX pings.  At one ping each 3 s that is more than 6 minutes.
 *
 * Source: disco.md 3.2.
 */
#ifndef PATH_PAST_PINGS_H
#define PATH_PAST_PINGS_H

#include "wire/disco.h"

enum { PAST_PINGS_MAX = 128 };

/* All zero: none came yet. */
struct past_pings {
	uint64_t ids[PAST_PINGS_MAX];   /* ring; of each transaction id the first 8 bytes */
	bool is_proven[PAST_PINGS_MAX]; /* one came from an endpoint that has answered us */
	uint8_t next, n;
};

/* is_proven: the ping came from an endpoint that has answered us.  False: it is a copy. */
bool past_pings_take(struct past_pings *p, const struct disco_txid *txid, bool is_proven) MUST_USE;

#endif

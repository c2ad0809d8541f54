/* explain/tried.h - what was tried to reach a peer, and what was seen of this network, in sentences
 */
#ifndef EXPLAIN_TRIED_H
#define EXPLAIN_TRIED_H

#include "explain/gather.h"
#include "explain/words.h"

/* Each of these fills `out` anew. */

/* Call-me-maybes, pings by endpoint, hard NATs, port mapping: in this order. */
void explain_tried(const struct explain_facts *f, struct sentences *out);
/* Where this node may be reached, its NAT64, its proxy, its STUN servers, its NAT. */
void explain_seen(const struct explain_facts *f, struct sentences *out);

/* Who named this endpoint of the peer: "configured", "told by it", "seen in its pings". */
const char *explain_named_by(const struct remote_facts *r);

#endif

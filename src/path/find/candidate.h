/* path/find/candidate.h - an endpoint at which a node may be reached, and who found it
 *
 * Every way of finding our own candidates is one file of this folder, a `finder`: local.c
 * (interface addresses), reflexive.c (what relays see), fixed.c (configured by hand).  A new way is
 * a new file and a line in gather.c.
 */
#ifndef PATH_FIND_CANDIDATE_H
#define PATH_FIND_CANDIDATE_H

#include "base/addr.h"
#include "base/time.h"

enum {
	CANDIDATES_MAX = 32 /* of one node; a disco call-me-maybe with all of them is 656 bytes */
};

/* The numbers are those that control carries (reference, data plane 7.3). */
enum candidate_kind {
	CANDIDATE_UNKNOWN = 0,
	CANDIDATE_LOCAL = 1,
	CANDIDATE_STUN = 2,
	CANDIDATE_PORTMAP = 3,
	CANDIDATE_STUN_LOCAL_PORT = 4,
	CANDIDATE_FIXED = 5
};

struct candidate {
	struct endpoint ep;
	enum candidate_kind kind;
	bool near; /* of use only to peers behind the same outer NAT: others are not told of it */
};

struct candidates {
	struct candidate v[CANDIDATES_MAX];
	size_t n;
};

/* Appends unless the endpoint is there already or the list is full. */
void candidates_add(struct candidates *c, const struct endpoint *ep, enum candidate_kind kind);
/* The same, for peers behind the same outer NAT only. */
void candidates_add_near(struct candidates *c, const struct endpoint *ep, enum candidate_kind kind);
/* The same set of endpoints for the same peers, in any order. */
bool candidates_same_set(const struct candidates *a, const struct candidates *b);
const char *candidate_kind_name(
	enum candidate_kind kind); /* "local", "stun", "portmap", "stun+localport", "fixed" */

/* Can a peer be there at all? Loopback: only if that is where we are ourselves. */
bool candidate_is_plausible(const struct endpoint *ep, bool loopback_too);

#endif

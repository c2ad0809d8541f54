/* path/find/candidate.h - an endpoint at which a node may be reached, and what found it
 *
 * What finds our own candidates is a `finder` (finder.h), each a file of its own:
 *
 *   local.c      the addresses of our interfaces
 *   reflexive.c  what STUN servers see
 *   fixed.c      the configuration
 *   ../portmap/portmap.c  what gateways map
 *
 * Source: stun.md 5.5.
 */
#ifndef PATH_FIND_CANDIDATE_H
#define PATH_FIND_CANDIDATE_H

#include "base/addr.h"
#include "base/time.h"

enum {
	CANDIDATES_MAX = 32 /* of a node; a disco call-me-maybe with all of them has 656 bytes */
};

/* The numbers are those of stock control servers (disco.md 5.1). */
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
	bool near; /* of use only to peers behind the same outer NAT; no others are told */
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

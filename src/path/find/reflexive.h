/* path/find/reflexive.h - candidates that STUN servers see: our address outside of the NAT
 *
 * The relays' STUN servers are asked in rounds: at once when there is a reason (start, changed
 * network, before a call-me-maybe), and every 20 to 26 s, under the usual 30 s of a NAT mapping,
 * while any peer is in use.  A request that is not answered is sent again twice.
 *
 * Source: reference, data plane 4, 5.5 and 7.3.
 */
#ifndef PATH_FIND_REFLEXIVE_H
#define PATH_FIND_REFLEXIVE_H

#include "base/place.h"
#include "base/rng.h"
#include "path/find/finder.h"
#include "wire/mapping.h"
#include "wire/stun_ask.h"

enum {
	STUN_SERVERS_PER_FAMILY = 4, /* the first of the list: more would tell nothing new */
	STUN_SERVERS_MAX = 2 * STUN_SERVERS_PER_FAMILY,
	STUN_TRIES = 3
};

struct reflexive_finder {
	struct stun_server {
		struct endpoint at;
		struct endpoint seen; /* its last answer; unset: none */
		struct stun_ask ask;  /* of this round */
	} v[STUN_SERVERS_MAX];
	size_t n;
	struct rng rng;
	uint16_t port;
	bool wanted;
	mono_ns round_at;    /* when the last round began; MONO_NEVER: there was none */
	mono_ns next_round;  /* MONO_NEVER: not by itself */
	mono_ns answered_at; /* MONO_NEVER: no answer since the network changed */
};

extern const struct finder reflexive_finder;

void reflexive_init(struct reflexive_finder *f, const struct rng *rng, uint16_t port);
/* Takes the servers of these relays, the nearest first. The same as before: nothing happens. */
void reflexive_set(struct reflexive_finder *f, const struct relay_place *v, size_t n, mono_ns now);

/* Does our NAT give each destination another mapping? Known after two answers over IPv4. */
enum dest_mapping reflexive_mapping(const struct reflexive_finder *f);
/* A server that answered over IPv4, and where it saw our main port; false: none. */
bool reflexive_here(const struct reflexive_finder *f, struct endpoint *server,
		    struct endpoint *seen) MUST_USE;

#endif

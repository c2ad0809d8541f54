/* path/find/reflexive.h - candidates that STUN servers see: our address outside of the NAT
 *
 * The relays' STUN servers are asked in rounds.  A round begins at once when there is a reason
 * (start, changed network, before a call-me-maybe).  While any peer is in use, a round begins every
 * 20 to 26 s: a NAT mapping usually lives for 30 s.  A request without an answer is repeated twice.
 *
 * Source: stun.md 5.2 to 5.5.
 */
#ifndef PATH_FIND_REFLEXIVE_H
#define PATH_FIND_REFLEXIVE_H

#include "base/place.h"
#include "base/rng.h"
#include "path/find/finder.h"
#include "wire/mapping.h"
#include "wire/stun_ask.h"

enum {
	STUN_SERVERS_PER_FAMILY = 4, /* the first ones; more would tell nothing new */
	STUN_SERVERS_MAX = 2 * STUN_SERVERS_PER_FAMILY,
	STUN_TRIES = 3
};

struct reflexive_finder {
	struct reflexive_server {
		struct endpoint at;
		struct endpoint seen; /* its last answer; unset: none */
		struct stun_ask ask;  /* of this round */
	} v[STUN_SERVERS_MAX];
	size_t n;
	struct rng rng;
	uint16_t port;
	bool wanted;
	mono_ns round_at;    /* when the last round began; MONO_NEVER: there was none */
	mono_ns next_round;  /* MONO_NEVER: none is planned */
	mono_ns answered_at; /* MONO_NEVER: no answer since the network changed */
};

extern const struct finder reflexive_finder;

void reflexive_init(struct reflexive_finder *f, const struct rng *rng, uint16_t port);
/* Copies the servers of these relays, which stand in the order of the configuration.  The same as
 * before: nothing happens. */
void reflexive_set(struct reflexive_finder *f, const struct relay_place *v, size_t n, mono_ns now);

/* Does our NAT give each destination another mapping?  Known after two answers over IPv4. */
enum dest_mapping reflexive_mapping(const struct reflexive_finder *f);
/* A server that answered over IPv4, and where it saw our main port; false: none. */
bool reflexive_here(const struct reflexive_finder *f, struct endpoint *server,
		    struct endpoint *seen) MUST_USE;

#endif

/* path/sockets.h - the extra sockets that the peers of one node need, and their numbers
 *
 * A socket is wished for while an attempt to cross hard NATs uses it (hard_nats.h), and after that
 * for as long as a remote of some peer is reached from it: the path in use, and remotes that were
 * seen in the last 45 s.
 *
 * Bounded: SOCKETS_MAX sockets.
 */
#ifndef PATH_SOCKETS_H
#define PATH_SOCKETS_H

#include "base/socket_wish.h"
#include "path/peer_path.h"

struct sockets {
	struct socket_wish wish;
	uint16_t first;   /* the attempt's sockets have the numbers from it on */
	uint32_t n;       /* of the attempt; 0: there is none */
	mono_ns sweep_at; /* when to look which are not used any more; MONO_NEVER: none is */
};

void sockets_init(struct sockets *s);

/* peers: the whole table, used or not; borrowed. */

/* Opens n sockets for a new attempt, with numbers that no socket has now and none had lately. */
void sockets_take(struct sockets *s, uint32_t n, const struct peer_path *peers, uint32_t n_peers,
		  mono_ns now);
/* The attempt has n sockets from now on; those it had keep their numbers.  0: the attempt is over,
 * and its sockets are closed but for those that remotes are reached from. */
void sockets_resize(struct sockets *s, uint32_t n, const struct peer_path *peers, uint32_t n_peers,
		    mono_ns now);
/* sweep_at is over: drops the remotes of extra sockets that were not seen lately, and closes the
 * sockets that no remote needs any more. */
void sockets_sweep(struct sockets *s, struct peer_path *peers, uint32_t n_peers, mono_ns now);

/* The number of the attempt's i-th socket. */
static inline uint16_t sockets_number(const struct sockets *s, uint32_t i)
{
	return (uint16_t)(s->first + i);
}

#endif

/* path/remotes.h - the remotes of one peer: where it may be reached, and how each answered
 *
 * An endpoint is a remote for as long as one of its sources names it:
 *
 *   hint    until the owner's list leaves it out
 *   called  until a later call-me-maybe leaves it out
 *   seen    45 s after the last ping that came from there
 *
 * An endpoint that is reached from an extra socket of ours (a way that crossed a hard NAT) is a
 * remote of its own.  The path in use is kept whatever its sources do.
 *
 * A ping does not prove that the peer is where it came from: anybody may send a copy.  So an
 * endpoint that was only seen and never answered has a budget of its own (pace.h).
 *
 * Bounded: REMOTES_MAX.  A full table gives up the endpoint that was seen longest ago and never
 * answered.  If there is none, it takes no endpoint that was only seen, and for one of a list it
 * gives up the one that was seen longest ago; if all are hints or called, it takes no new one.
 *
 * Source: disco.md 5.3.
 */
#ifndef PATH_REMOTES_H
#define PATH_REMOTES_H

#include "base/addr.h"
#include "base/bucket.h"
#include "path/quality.h"

#define REMOTE_SEEN_FOR (45 * SECOND)
#define REMOTE_APART    (80 * MSEC) /* between two pings of one remote */

enum { REMOTES_MAX = 64 };
enum remote_source { REMOTE_HINT = 1, REMOTE_CALLED = 2, REMOTE_SEEN = 4 };

struct remote {
	struct endpoint ep;
	uint16_t socket;   /* of ours, from which it is reached; 0: the main port */
	uint8_t sources;   /* of enum remote_source */
	mono_ns seen_at;   /* the last ping from there; MONO_NEVER: none */
	mono_ns pinged_at; /* our last ping; MONO_NEVER: none */
	mono_ns ponged_at; /* its last pong; MONO_NEVER: none */
	mono_ns rtt;       /* a shorter one counts at once, a longer one by half; 0: unknown */
	mono_ns rested;    /* the rest before the first ping after the last pong; 0: unknown, or
			      lifetime.h has learned from it */
	struct quality quality;
	struct bucket pongs_sent; /* to there, for pings that came from there */
	uint32_t pings, pongs;
	uint32_t padded_pings, padded_pongs; /* not counted above: a good path may lose them */
};

struct remotes {
	struct remote v[REMOTES_MAX];
	size_t n;
};

/* NULL: it is not in the table. */
struct remote *remotes_find(struct remotes *t, const struct endpoint *ep, uint16_t socket);
/* A ping of the peer came from there.  True: the endpoint is a new remote.  in_use is never given
 * up for it.  An endpoint without a port is not taken: nothing can be sent there. */
bool remotes_on_seen(struct remotes *t, const struct endpoint *ep, uint16_t socket,
		     const struct endpoint *in_use, mono_ns now);
/* Drops the remotes of extra sockets that were not seen for REMOTE_SEEN_FOR, except those of the
 * socket `but`. */
void remotes_drop_sockets(struct remotes *t, uint16_t but, mono_ns now);
/* Drops the remotes that were only seen and never answered, except the one in use. */
void remotes_drop_unproven(struct remotes *t, const struct endpoint *in_use);
/* The whole list of one source, REMOTE_HINT or REMOTE_CALLED; copied.  True: a remote is new. */
bool remotes_set(struct remotes *t, enum remote_source source, const struct endpoint *v, size_t n,
		 const struct endpoint *in_use);
/* Drops what was not seen for REMOTE_SEEN_FOR and has no other source.  Pointers to remotes are
 * void after that. */
void remotes_expire(struct remotes *t, const struct endpoint *in_use, mono_ns now);
/* The peer restarted: only the hints stay, and nothing is proven. */
void remotes_restart(struct remotes *t);
/* A ping went to this endpoint by another hand than remote_on_ping_sent.  It is counted if the
 * endpoint is a remote. */
void remotes_count_ping(struct remotes *t, const struct endpoint *ep, uint16_t socket, bool padded);
void remote_on_ping_sent(struct remote *t, mono_ns now);
void remote_on_pong(struct remote *t, bool padded, mono_ns rtt, mono_ns now);
/* Nothing but pings that came from there speaks for it: no list names it, and it never answered. */
bool remote_is_only_seen(const struct remote *t);
/* How many remotes are more than that. */
size_t remotes_known(const struct remotes *t);
/* A ping from there may be answered now.  False: so many came that the answers would be a flood for
 * a host that has not sent them. */
bool remote_may_pong(struct remote *t, mono_ns now) MUST_USE;
/* Its last pong is not long ago. */
bool remote_is_proven(const struct remote *t, mono_ns now);
/* Our network changed: what was measured is void. */
void remotes_judge_anew(struct remotes *t);
/* The best proven remote besides the one in use, by round trip and loss.  NULL: there is none. */
struct remote *remotes_second(struct remotes *t, const struct endpoint *in_use, mono_ns now);

#endif

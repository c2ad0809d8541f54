/* path/remotes.h - the endpoints at which one peer may be reached, and how each has answered
 *
 * An endpoint is a target for as long as one of its sources stands for it (reference, data plane
 * 7.4):
 *   hint    until the owner's list leaves it out
 *   called  until a later call-me-maybe leaves it out
 *   seen    45 s after the last ping that came from there
 * An extra socket of ours (a way that a hard NAT was crossed) makes another target of the same
 * endpoint. The path in use is kept whatever its sources do.  At most REMOTES_MAX: a full table
 * gives up the endpoint that was seen longest ago, and takes no new one when all are told of.
 */
#ifndef PATH_REMOTES_H
#define PATH_REMOTES_H

#include "base/addr.h"
#include "base/time.h"
#include "path/quality.h"

#define REMOTE_SEEN_FOR (45 * SECOND)
#define REMOTE_APART    (80 * MSEC) /* between two pings of one target */

enum { REMOTES_MAX = 64 };
enum remote_source { REMOTE_HINT = 1, REMOTE_CALLED = 2, REMOTE_SEEN = 4 };

struct remote {
	struct endpoint ep;
	uint16_t socket; /* of ours, from which it is reached: 0 is the main port */
	uint8_t sources;
	mono_ns seen_at;   /* last ping from there; MONO_NEVER */
	mono_ns pinged_at; /* MONO_NEVER */
	mono_ns ponged_at; /* MONO_NEVER: not proven */
	mono_ns rtt;       /* of late, the shortest weighs most; 0: unknown */
	mono_ns rested;    /* before the first ping after the last answer; 0: unknown, or has taught
			      something */
	struct quality quality;
	uint32_t pings, pongs;
	uint32_t padded_pings,
		padded_pongs; /* counted apart: they may well be lost on a good path */
};

struct remotes {
	struct remote v[REMOTES_MAX];
	size_t n;
};

/* NULL: it is not in the table. */
struct remote *remotes_find(struct remotes *t, const struct endpoint *ep, uint16_t socket);
/* True: it was not there before. in_use is never given up for it.  An endpoint without a port is
 * not taken: nothing can be sent there. */
bool remotes_on_seen(struct remotes *t, const struct endpoint *ep, uint16_t socket,
		     const struct endpoint *in_use, mono_ns now);
/* Those of extra sockets that were not seen for REMOTE_SEEN_FOR go, but for this one. */
void remotes_drop_sockets(struct remotes *t, uint16_t but, mono_ns now);
/* Those that were only seen, and never answered, go, but for the one in use. */
void remotes_drop_unproven(struct remotes *t, const struct endpoint *in_use);
/* The whole list of one source, hint or called; true: there is a new target in it. */
bool remotes_set(struct remotes *t, enum remote_source source, const struct endpoint *v, size_t n,
		 const struct endpoint *in_use);
void remotes_expire(struct remotes *t, const struct endpoint *in_use, mono_ns now);
/* The peer is not who it was: only the hints stay, and nothing is proven. */
void remotes_restart(struct remotes *t);
/* A ping went to this endpoint that was not the pace's; counted if it is a target. */
void remotes_count_ping(struct remotes *t, const struct endpoint *ep, uint16_t socket, bool padded);
void remote_on_ping_sent(struct remote *t, mono_ns now);
void remote_on_pong(struct remote *t, bool padded, mono_ns rtt, mono_ns now);
/* Not long ago. */
bool remote_is_proven(const struct remote *t, mono_ns now);
/* The network is another one: what was measured is void. */
void remotes_judge_anew(struct remotes *t);
/* The best proven target beside the one in use, by round trip and loss, or NULL. */
struct remote *remotes_second(struct remotes *t, const struct endpoint *in_use, mono_ns now);

#endif

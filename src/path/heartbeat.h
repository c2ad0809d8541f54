/* path/heartbeat.h - the heartbeat of a direct path in use: a ping each HEARTBEAT, and to whom
 *
 *   DIRECT   every other beat, and each beat before which the best was not heard: the best
 *            else the first that applies:
 *              the relay             every fourth beat, if the best is bad (quality.h)
 *              the best, padded      while its MTU is looked for (mtu.h)
 *              the second best       if it has rested so long that NATs forget it (lifetime.h),
 *                                    or more often if the best loses pings
 *              the next of the rest  if the best is not good enough: one may be better by now
 *              the best
 *   DOUBTED  the best
 *   ASIDE    the best and the relay in turn
 */
#ifndef PATH_HEARTBEAT_H
#define PATH_HEARTBEAT_H

#include "path/lifetime.h"
#include "path/mtu.h"
#include "path/remotes.h"

#define HEARTBEAT (3 * SECOND)

struct heartbeat {
	mono_ns at;    /* of the next beat; MONO_NEVER: none */
	uint8_t skips; /* beats that other pings have made needless */
	bool left_out; /* the last beat was */
	uint32_t n;
	size_t looked_at; /* the remote after which the next look for a better one goes on */
	struct lifetime lifetime;
};

/* What there is to ask.  Borrowed. */
struct heartbeat_view {
	struct remotes *remotes;
	struct remote *best; /* the remote of the path in use; one of `remotes` */
	struct mtu *mtu;     /* of the best */
	bool is_aside, is_doubted;
	bool has_relay;
	bool is_heard;           /* the best was, since the last beat, about */
	mono_ns binding_life[2]; /* of our NAT, over IPv4 and IPv6, as in lifetime.h; 0: unknown */
};

struct heartbeat_ask {
	enum { HEARTBEAT_REMOTE, HEARTBEAT_PADDED, HEARTBEAT_RELAY } whom;
	struct remote *remote; /* HEARTBEAT_REMOTE */
	uint16_t size;         /* HEARTBEAT_PADDED: of the ping to the best */
};

/* The next beat is a HEARTBEAT away; not active: there is none, because there is no traffic. */
void heartbeat_begin(struct heartbeat *b, bool active, mono_ns now);
/* The way in use was pinged for another reason: one beat can be left out for that, but never two in
 * a row, and none where all are needed to judge the way. */
void heartbeat_skip_one(struct heartbeat *b);
/* A beat is due: the next one is planned.  False: this one is left out. */
bool heartbeat_is_due(struct heartbeat *b, bool needed, mono_ns now) MUST_USE;
/* Where the ping of this beat goes. */
struct heartbeat_ask heartbeat_ask(struct heartbeat *b, const struct heartbeat_view *v,
				   mono_ns now);

#endif

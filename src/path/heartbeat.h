/* path/heartbeat.h - the heartbeat of a direct path in use: a ping each HEARTBEAT, and whom it asks
 *
 *   DIRECT   every other beat, and whenever it was not heard since the last: the best
 *            else, the first that applies:
 *              the relay, every fourth beat, if the best is bad (quality.h)
 *              the best with padding, while its MTU is looked for (mtu.h)
 *              the second best, if it has rested so long that NATs forget it (lifetime.h), or more
 *              often if the best loses pings the next of all targets, if the best is not good
 *              enough: one may be better by now the best
 *   ASIDE    the best and the relay in turn
 */
#ifndef PATH_HEARTBEAT_H
#define PATH_HEARTBEAT_H

#include "path/lifetime.h"
#include "path/remotes.h"

#define HEARTBEAT (3 * SECOND)

struct heartbeat {
	mono_ns at;    /* MONO_NEVER: none */
	uint8_t skips; /* beats that were paid for otherwise */
	bool left_out;
	uint32_t n;
	size_t looked_at; /* the target after which the next look for a better one goes on */
	struct lifetime lifetime;
};

struct heartbeat_ask {
	enum { HEARTBEAT_NOBODY, HEARTBEAT_REMOTE, HEARTBEAT_PADDED, HEARTBEAT_RELAY } whom;
	struct remote *remote; /* HEARTBEAT_REMOTE */
	uint16_t size;         /* HEARTBEAT_PADDED */
};

struct peer_path;
struct env;

/* The next one is a HEARTBEAT away; or there is none, for nobody speaks. */
void heartbeat_begin(struct heartbeat *b, bool active, mono_ns now);
/* The way in use was asked for another reason: a beat can be left out for it, but never two in a
 * row, and none where all are needed to judge it. */
void heartbeat_skip_one(struct heartbeat *b);
/* A beat is due: the next one is planned. False: this one is left out. */
bool heartbeat_is_due(struct heartbeat *b, bool needed, mono_ns now) MUST_USE;
/* Whom this beat asks. */
struct heartbeat_ask heartbeat_ask(struct peer_path *p, const struct env *m, mono_ns now);

#endif

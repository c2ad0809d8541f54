/* path/heartbeat.h - the heartbeat of a direct path in use: one ping each BEAT, and whom it asks
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

#define BEAT (3 * SECOND)

struct beat {
	mono_ns at;   /* MONO_NEVER: none */
	uint8_t owed; /* beats that were paid for otherwise */
	bool left_out;
	uint32_t n;
	size_t looked_at; /* the target after which the next look for a better one goes on */
	struct lifetime lifetime;
};

struct beat_ask {
	enum { BEAT_NOBODY, BEAT_TARGET, BEAT_PADDED, BEAT_RELAY } whom;
	struct target *target; /* BEAT_TARGET */
	uint16_t size;         /* BEAT_PADDED */
};

struct peer_path;
struct means;

/* The next one is a BEAT away; or there is none, for nobody speaks. */
void beat_begin(struct beat *b, bool active, mono_ns now);
/* The way in use was asked for another reason: a beat can be left out for it, but never two in a
 * row, and none where all are needed to judge it. */
void beat_paid(struct beat *b);
/* A beat is due: the next one is planned. False: this one is left out. */
bool beat_is_played(struct beat *b, bool needed, mono_ns now) MUST_USE;
/* Whom this beat asks. */
struct beat_ask beat_ask(struct peer_path *p, const struct means *m, mono_ns now);

#endif

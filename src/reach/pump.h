/* reach/pump.h - the loop around a machine: does what the machine wants until it wants nothing
 *
 * Every owner of a node or of a reach uses this loop: the daemon, netcheck without a daemon, the
 * simulator and tests.  The owners differ in the effects, a table of functions, and in when they
 * take events.  A program takes events once at the end of a turn, because a callback of a stream
 * must not free that stream.
 *
 *   pump_turn     after anything was fed to the machine: drain, sockets, datagrams, inside, streams
 *   pump_settle   at the end of a turn: the events, what comes of them, the deadline
 *
 * `send` must not call the machine: the pump tells it the refusals afterwards.  `event` and `fill`
 * may call it.
 */
#ifndef REACH_PUMP_H
#define REACH_PUMP_H

#include "reach/reach.h"

enum { PUMP_REFUSED_MAX = 8 };

/* Endpoints to which the system refused to send, because no route leads there.  Those that do not
 * fit are not told. */
struct pump_refused {
	struct endpoint v[PUMP_REFUSED_MAX];
	size_t n;
};

struct pump_effects {
	/* The extra sockets that are to be open; called when the list has changed.  Borrowed. */
	void (*follow)(void *self, const struct socket_wish *w);
	void (*send)(void *self, const struct datagram *v, size_t n, struct pump_refused *refused,
		     mono_ns now);
	/* Moves bytes from reach_to_stream to all streams that take some. True: to any. */
	bool (*fill)(void *self, mono_ns now);
	void (*event)(void *self, const struct reach_event *ev, mono_ns now);
	void (*arm)(void *self, mono_ns deadline);
};

/* The machine: a reach, or what stands on top of one. */
struct pump_machine {
	bool (*drain)(void *self, const struct reach_out **out, mono_ns now);
	/* Hands to the inside what the last drain gave for it.  NULL: there is no inside. */
	void (*deliver)(void *self, mono_ns now);
	mono_ns (*deadline)(const void *self);
};

struct pump {
	struct reach *reach;
	const struct pump_machine *machine;
	void *machine_self;
	const struct pump_effects *effects;
	void *effects_self;
	uint32_t sockets_version;
};

/* Drains until nothing is left.  True: streams got something to write. */
bool pump_turn(struct pump *p, mono_ns now);
/* At most rounds_max rounds.  False: the machine wants more, and the rest is for the next turn. */
bool pump_settle(struct pump *p, unsigned rounds_max, mono_ns now) MUST_USE;

#endif

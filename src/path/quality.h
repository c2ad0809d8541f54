/* path/quality.h - how good a way to a peer is: round trip and loss, as our pings measured them
 *
 *   cost = smoothed round trip + 4 times its mean deviation
 *        + 10 ms for each per cent of the last 32 pings that was not answered
 *
 * The cost is the time until a packet has arrived and its sender knows it, as a stream sees it.
 * Round trip and deviation are as in RFC 6298 s. 2, where their sum is how long a sender waits.  A
 * lost packet is sent again after a second (its s. 2.4), so a loss of one in a hundred delays the
 * mean packet by 10 ms.  A stream to a relay turns loss into delay, which the deviation shows.
 *
 * When the traffic moves, each condition three times in a row (QUALITY_STREAK):
 *
 *   from          to               condition
 *   direct path   relay            the path costs over QUALITY_BAD, the relay at most three
 *                                  fifths of it, measured by QUALITY_JUDGED pings or more
 *   direct path   another direct   the path costs over QUALITY_POOR, the other one at most three
 *                                  quarters of it
 *   relay         direct path      the path costs at most a tenth more than the relay
 *
 * A direct path that was left because it was bad is remembered as such.  Its loss is that of the
 * last 64 pings, and only when all of these were answered can it win again by a shorter round trip
 * (choose.h), or when the other path costs over QUALITY_BAD by now.  Why 64: at 10 % loss and one
 * ping per 18 s, luck answers 32 in a row every 1.3 h, 64 in a row only every 36 h.
 *
 * After each move away from a bad path the next such move must wait, twice as long each time, and
 * QUALITY_HOLD_MIN again after a good hour.  So two ways that are equally good do not keep the
 * traffic moving.
 *
 * Source: disco.md 6.5.
 */
#ifndef PATH_QUALITY_H
#define PATH_QUALITY_H

#include "base/time.h"

#define QUALITY_BAD  (100 * MSEC)
#define QUALITY_POOR (50 * MSEC)
/* Until then a ping without an answer is undecided, after that it is lost, for now. */
#define QUALITY_WAIT     (1 * SECOND)
#define QUALITY_HOLD_MIN (60 * SECOND)
#define QUALITY_HOLD_MAX (3600 * SECOND)
enum {
	QUALITY_WINDOW = 32, /* the last pings that are judged */
	QUALITY_MEMORY = 64, /* the same of a path that was left */
	QUALITY_JUDGED = 6,  /* fewer pings than these say nothing about loss */
	QUALITY_STREAK = 3
};

struct quality {
	uint64_t answered;      /* a bit for each ping, the last ping lowest */
	uint8_t n;              /* pings that are remembered */
	bool left;              /* because it was bad, and not all remembered pings were answered */
	uint8_t streak;         /* how often in a row it was the better way */
	mono_ns asked_at;       /* when the last ping went */
	mono_ns rtt, deviation; /* smoothed; 0: unknown */
};

/* A ping goes out.  It is not counted while the ping before it is undecided. */
void quality_asked(struct quality *q, mono_ns now);
/* The ping that went out at asked_at was answered. */
void quality_answered(struct quality *q, mono_ns asked_at, mono_ns now);
unsigned quality_loss_percent(const struct quality *q, mono_ns now);
mono_ns quality_cost(const struct quality *q, mono_ns now); /* MONO_NEVER: unknown */
/* The cost of this round trip together with the loss, without a deviation. */
mono_ns quality_cost_of(const struct quality *q, mono_ns rtt, mono_ns now);
/* Does it cost over QUALITY_BAD, so that others should be measured, too? */
bool quality_is_bad(const struct quality *q, mono_ns now);
/* The last k pings were not answered in time. */
bool quality_mute(const struct quality *q, unsigned k, mono_ns now);

/* Of one peer: the quality of its relay, and when the traffic may leave a bad direct path. */
struct rivalry {
	struct quality relay;
	mono_ns hold;       /* how long the last move keeps the next one waiting; 0: no move yet */
	mono_ns not_before; /* no way may win before that */
};

/* After each pong of the relay, or of another direct path, while the traffic goes by the direct
 * path `best`: should the traffic move there? */
bool rivalry_relay_wins(struct rivalry *c, const struct quality *best, mono_ns now) MUST_USE;
bool rivalry_other_wins(const struct rivalry *c, const struct quality *best, struct quality *other,
			mono_ns now) MUST_USE;
/* After each pong of the best direct path while the relay has the traffic: should it move back? */
bool rivalry_direct_wins(const struct rivalry *c, struct quality *direct, mono_ns now) MUST_USE;
/* Is the other path clearly better than the bad one now?  One of three that rivalry_other_wins asks
 * for. */
bool quality_beats(const struct quality *other, const struct quality *best, mono_ns now);
/* The traffic leaves this bad path for another direct one. */
void rivalry_left(struct rivalry *c, struct quality *bad, mono_ns now);
/* The traffic moved: the next move away from a bad path waits. */
void rivalry_turned(struct rivalry *c, mono_ns now);

#endif

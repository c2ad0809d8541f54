/* path/quality.h - how good two ways to one peer are, its best direct path and its relay, by what our pings
 * measured: round trip and loss, not by label
 *
 *   cost = smoothed round trip + 4 times its mean deviation
 *        + 10 ms for each per cent of the last 32 pings that was not answered
 *
 * The deviation stands for what a stream to a relay makes of loss: it delivers late.
 *
 * The relay takes the traffic over from a direct path that works only if that costs over QUALITY_BAD, the
 * relay costs at most three fifths of it over QUALITY_JUDGED pings at least, and this held QUALITY_STREAK
 * times in a row; and gives it back when the direct path costs at most a tenth more than the relay, as often
 * in a row.  After each turn back the next one to the relay must wait, twice as long each time (and as short
 * as at first after a good hour), so that two ways that are as good as each other do not keep the traffic
 * moving.
 */
#ifndef PATH_QUALITY_H
#define PATH_QUALITY_H

#include "base/time.h"

#define QUALITY_BAD      (100 * MSEC)
#define QUALITY_WAIT     (1 * SECOND) /* a ping of which nothing was heard for so long is lost, for now */
#define QUALITY_HOLD_MIN (60 * SECOND)
#define QUALITY_HOLD_MAX (3600 * SECOND)
enum {
	QUALITY_WINDOW = 32,
	QUALITY_JUDGED = 6, /* fewer pings than these say nothing about loss */
	QUALITY_STREAK = 3
};

struct quality {
	mono_ns asked_at[QUALITY_WINDOW]; /* ring */
	uint32_t answered;                /* a bit for each */
	uint8_t next, n;
	mono_ns rtt, deviation; /* smoothed; 0: unknown */
};

void quality_asked(struct quality *q, mono_ns now);
void quality_answered(struct quality *q, mono_ns asked_at, mono_ns now);
unsigned quality_loss_percent(const struct quality *q, mono_ns now);
mono_ns quality_cost(const struct quality *q, mono_ns now); /* MONO_NEVER: unknown */
/* The last k were not answered in time. */
bool quality_mute(const struct quality *q, unsigned k, mono_ns now);

struct contest {
	struct quality direct, relay;
	uint8_t streak;
	mono_ns hold;       /* how long the next turn to the relay must wait; 0: not at all */
	mono_ns not_before; /* the relay may not win before */
};

/* Another direct path: nothing is known of it. */
void contest_new_path(struct contest *c);
/* The network or the peer is another one now. */
void contest_reset(struct contest *c);
/* Is the direct path bad enough that it is worth knowing how the relay does? */
bool contest_is_bad(const struct contest *c, mono_ns now);
/* After each answer of the relay while the traffic goes directly: should the relay have it? */
bool contest_relay_wins(struct contest *c, mono_ns now) MUST_USE;
/* After each answer of the direct path while the relay has the traffic: should it go back? */
bool contest_direct_wins(struct contest *c, mono_ns now) MUST_USE;

#endif

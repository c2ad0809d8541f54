/* path/quality.h - how good a way to a peer is, by what our pings measured: round trip and loss,
 * not by label
 *
 *   cost = smoothed round trip + 4 times its mean deviation
 *        + 10 ms for each per cent of the last 32 pings that was not answered
 *
 * That is the time in which a packet is there and known to be there, as a stream sees it: round
 * trip and deviation as in RFC 6298 s. 2, where their sum is how long a sender waits; and what is
 * lost is sent again after a second (its s. 2.4), so a loss of one in a hundred delays the mean
 * packet by 10 ms.  The deviation also stands for what a stream to a relay makes of loss: it
 * delivers late.
 *
 * A relay takes the traffic over from a direct path that works only if that costs over QUALITY_BAD,
 * the relay costs at most three fifths of it over QUALITY_JUDGED pings at least, and this held
 * QUALITY_STREAK times in a row; another direct path if it is over QUALITY_POOR, and at most three
 * quarters.  The traffic goes back from a relay when the direct path costs at most a tenth more, as
 * often in a row.
 *
 * A direct path that was left is remembered as such: its loss is that of the last 64 pings, and
 * only when all of these were answered it wins again by a shorter round trip (choose.h); or if the
 * other one is over QUALITY_BAD by now.  At one ping in 18 s 32 in a row are answered once in 1.3
 * hours where a tenth is lost, 64 once in 36 hours. After each turn the next one away from a bad
 * path must wait, twice as long each time (and as short as at first after a good hour), so that two
 * ways that are as good as each other do not keep the traffic moving.
 */
#ifndef PATH_QUALITY_H
#define PATH_QUALITY_H

#include "base/time.h"

#define QUALITY_BAD  (100 * MSEC)
#define QUALITY_POOR (50 * MSEC)
#define QUALITY_WAIT \
	(1 * SECOND) /* a ping of which nothing was heard for so long is lost, for now */
#define QUALITY_HOLD_MIN (60 * SECOND)
#define QUALITY_HOLD_MAX (3600 * SECOND)
enum {
	QUALITY_WINDOW = 32,
	QUALITY_MEMORY = 64,
	QUALITY_JUDGED = 6, /* fewer pings than these say nothing about loss */
	QUALITY_STREAK = 3
};

struct quality {
	uint64_t answered; /* a bit for each ping, the last one lowest */
	uint8_t n;
	bool left; /* for it was bad, and not all pings since then that we remember were answered */
	uint8_t streak;         /* how often in a row it was the better one */
	mono_ns asked_at;       /* the last ping */
	mono_ns rtt, deviation; /* smoothed; 0: unknown */
};

/* A ping goes out. One that follows another within QUALITY_WAIT is not counted. */
void quality_asked(struct quality *q, mono_ns now);
void quality_answered(struct quality *q, mono_ns asked_at, mono_ns now);
unsigned quality_loss_percent(const struct quality *q, mono_ns now);
mono_ns quality_cost(const struct quality *q, mono_ns now); /* MONO_NEVER: unknown */
/* Of a round trip: what it is together with the loss. */
mono_ns quality_cost_of(const struct quality *q, mono_ns rtt, mono_ns now);
/* Is it worth knowing how others do? */
bool quality_is_bad(const struct quality *q, mono_ns now);
/* The last k were not answered in time. */
bool quality_mute(const struct quality *q, unsigned k, mono_ns now);

/* Of one peer: the relay, and when the traffic may leave a bad direct path. */
struct rivalry {
	struct quality relay;
	mono_ns hold;       /* how long the next turn must wait; 0: not at all */
	mono_ns not_before; /* no rival may win before */
};

/* After each answer of a rival while the traffic goes by `best`, a direct path: should the rival
 * have it? */
bool rivalry_relay_wins(struct rivalry *c, const struct quality *best, mono_ns now) MUST_USE;
bool rivalry_other_wins(const struct rivalry *c, const struct quality *best, struct quality *other,
			mono_ns now) MUST_USE;
/* After each answer of the best direct path while the relay has the traffic: should it go back? */
bool rivalry_direct_wins(const struct rivalry *c, struct quality *direct, mono_ns now) MUST_USE;
/* Is it clearly better than a bad one? What rivalry_other_wins asks for, once. */
bool quality_beats(const struct quality *other, const struct quality *best, mono_ns now);
/* The traffic leaves this bad path for another direct one. */
void rivalry_left(struct rivalry *c, struct quality *bad, mono_ns now);
/* A turn was made: the next one away from a bad path waits. */
void rivalry_turned(struct rivalry *c, mono_ns now);

#endif

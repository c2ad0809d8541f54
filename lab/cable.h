/* lab/cable.h - a cable with delay: a frame goes in at one end and comes out at the other later
 *
 * A pure machine.  It holds the frames under way and knows when each one is due.  Its owner reads
 * and writes the two ends.  A cut loses the frames under way, as on a real cable.
 */
#ifndef LAB_CABLE_H
#define LAB_CABLE_H

#include "base/bytes.h"
#include "base/rng.h"
#include "base/time.h"

enum {
	CABLE_FRAME_MAX =
		1522, /* bytes: an Ethernet frame with one VLAN tag, without its checksum */
	CABLE_UNDER_WAY_MAX = 4096, /* frames of both directions; more are dropped */
	CABLE_PPM = 1000000
};

enum cable_way { CABLE_AB, CABLE_BA };

/* Names and meanings as for the simulator's lines (sim/link.h). */
struct cable_quality {
	mono_ns delay;          /* one way */
	mono_ns jitter;         /* added, uniform in [0, jitter]; keeps the order */
	uint32_t loss_ppm;      /* of a million frames, so many are lost */
	uint32_t duplicate_ppm; /* arrive twice */
	uint32_t reorder_ppm;   /* held back by reorder_by: others overtake them */
	mono_ns reorder_by;     /* 0: 10 ms */
};

struct cable_stats {
	uint64_t carried, lost, cut, full, too_long, duplicated, reordered;
};

struct cable;

struct cable *cable_new(const struct rng *r) MUST_USE; /* r: copied. NULL: out of memory */
void cable_free(struct cable *c);

void cable_set(struct cable *c, enum cable_way way, const struct cable_quality *q);
const struct cable_quality *cable_get(const struct cable *c, enum cable_way way);
void cable_cut(struct cable *c);
void cable_mend(struct cable *c);

/* Copies the frame, unless it is to be lost. */
void cable_input(struct cable *c, enum cable_way way, struct bytes frame, mono_ns now);
/* The next frame that has arrived; call until false. Borrowed until the next call. */
bool cable_output(struct cable *c, enum cable_way *way, struct bytes *frame, mono_ns now) MUST_USE;
mono_ns cable_deadline(const struct cable *c);
const struct cable_stats *cable_stats(const struct cable *c, enum cable_way way);

#endif

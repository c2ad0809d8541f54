/* sim/link.h - one direction of a line between two boxes: delay, jitter, loss, duplicates, rate
 *
 * It says when a datagram arrives, and carries nothing itself.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "base/rng.h"
#include "base/time.h"

enum {
	LINK_COPIES_MAX = 2,
	PPM = 1000000 /* parts per million: the unit of all probabilities */
};

struct link_config {
	mono_ns delay;     /* one way */
	mono_ns jitter;    /* added, uniform in [0, jitter]; does not change the order by itself */
	uint32_t loss_ppm; /* lost */
	uint32_t duplicate_ppm; /* arrives twice */
	uint32_t reorder_ppm;   /* held back by reorder_by: others overtake it */
	mono_ns reorder_by;
	/* Of datagrams, not of streams: for a carrier that treats UDP worse. */
	mono_ns datagram_delay;
	uint32_t datagram_loss_ppm;
	uint32_t mtu;         /* bytes of a whole IP packet; 0: no limit. Longer ones are cut */
	uint64_t rate_bps;    /* bits a second; 0: no limit */
	mono_ns queue_max;    /* longest wait for a line with a rate. 0: 100 ms */
	uint32_t headers_len; /* bytes that the rate counts for each datagram besides its own */
};

struct link {
	struct link_config cfg;
	struct rng rng; /* kept */
	mono_ns busy_until, last_arrival;
	bool down; /* everything is lost */
	uint64_t passed, lost;
};

void link_init(struct link *l, const struct link_config *cfg, const struct rng *rng);
/* When a datagram of len bytes arrives that is sent now.  Sets 0 (lost), 1 or 2 times, and returns
 * how many. */
size_t link_pass(struct link *l, size_t len, mono_ns now, mono_ns at[static LINK_COPIES_MAX]);
/* The same for a segment that is sent at a later time.  The caller keeps the order; the segment
 * does not hold up what is sent meanwhile.  False: lost. */
bool link_pass_later(struct link *l, size_t len, mono_ns sent, mono_ns *at) MUST_USE;

#endif

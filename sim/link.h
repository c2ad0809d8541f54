/* sim/link.h - one direction of a line between two boxes: delay, jitter, loss, duplicates, rate
 *
 * Says when a datagram arrives; carries nothing itself.
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
	uint32_t reorder_ppm;   /* held back by reorder_by, others overtake it */
	mono_ns reorder_by;
	/* For datagrams alone, not for streams: a carrier that treats UDP worse. */
	mono_ns datagram_delay;
	uint32_t datagram_loss_ppm;
	uint32_t mtu; /* of a whole IP packet, bytes; 0: no limit. Longer ones go in pieces, if they
			 may */
	uint64_t rate_bps; /* bits a second; 0: no limit */
	mono_ns queue_max; /* longest wait before a line with a rate; later ones are dropped. 0: 100
			      ms */
	uint32_t headers_len; /* bytes counted to each datagram for the rate */
};

struct link {
	struct link_config cfg;
	struct rng rng; /* kept */
	mono_ns busy_until, last_arrival;
	bool down; /* everything is lost */
	uint64_t passed, lost;
};

void link_init(struct link *l, const struct link_config *cfg, const struct rng *rng);
/* When a datagram of len bytes that is sent now arrives: 0 (lost), 1 or 2 times are set. */
size_t link_pass(struct link *l, size_t len, mono_ns now, mono_ns at[static LINK_COPIES_MAX]);
/* The same for one that is sent at some later time, by somebody who keeps the order himself: it
 * does not hold up what is sent meanwhile. False: lost. */
bool link_pass_later(struct link *l, size_t len, mono_ns sent, mono_ns *at) MUST_USE;

#endif

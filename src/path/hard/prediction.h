/* path/hard/prediction.h - the next ports of a NAT that counts
 *
 * Fresh sockets are sent to a STUN server one after another; what it sees of them is a row of
 * ports.  A NAT that counts gives each the last port plus a step.  Others behind the same NAT take
 * ports in between, so the distances are multiples of the step.
 */
#ifndef PATH_HARD_PREDICTION_H
#define PATH_HARD_PREDICTION_H

#include "base/def.h"

enum {
	PREDICTION_SAMPLES_MIN = 4,
	PREDICTION_WINDOW = 128 /* ports worth trying: ours, and what others take meanwhile */
};

struct prediction {
	uint16_t next; /* the first port after the last sample */
	int32_t step;  /* never 0; negative: it counts down */
};

/* ports: in the order of sending. False: it does not count, or there are too few. One distance in
 * four may be strange: the count came round, or two datagrams overtook each other. */
bool prediction_of(const uint16_t *ports, size_t n, struct prediction *out) MUST_USE;
/* The port i steps after the next; never under 1024, where no NAT counts. */
uint16_t prediction_port(const struct prediction *p, uint32_t i);
/* The order in which to try the window when a run of several ports is open somewhere in it: each
 * further try halves the largest gap that is left. i < PREDICTION_WINDOW; every number once. */
uint32_t prediction_order(uint32_t i);

#endif

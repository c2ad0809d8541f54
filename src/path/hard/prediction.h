/* path/hard/prediction.h - the next ports of a NAT that counts
 *
 * Fresh sockets ask a STUN server one after another, and the server sees a row of ports.  A NAT
 * that counts gives each new mapping the last port plus a step.  Others behind the same NAT take
 * ports in between, so the distances are multiples of the step.
 *
 * Source: disco.md 8.4 and 8.5.
 */
#ifndef PATH_HARD_PREDICTION_H
#define PATH_HARD_PREDICTION_H

#include "base/def.h"

enum {
	PREDICTION_SAMPLES_MIN = 4,
	PREDICTION_WINDOW = 128 /* ports to try: ours, and those that others take meanwhile */
};

struct prediction {
	uint16_t next; /* the first port after the last sample */
	int32_t step;  /* never 0; negative: the NAT counts down */
};

/* ports: in the order of sending.  False: the NAT does not count, or there are too few samples.
 * One distance in four may be odd: the count wrapped, or two datagrams overtook each other. */
bool prediction_of(const uint16_t *ports, size_t n, struct prediction *out) MUST_USE;
/* The port i steps after the next.  Never below 1024: no NAT counts there. */
uint16_t prediction_port(const struct prediction *p, uint32_t i);
/* The order in which to try the window, where a run of several ports is open somewhere in it: each
 * further try halves the largest gap.  i < PREDICTION_WINDOW; gives each number once. */
uint32_t prediction_order(uint32_t i);

#endif

/* netcheck/behaviour.h - what a NAT does, judged by what servers saw of us, in RFC 4787's terms
 *
 * Pure functions over samples.  A sample is an endpoint to which one socket sent, and the outside
 * endpoint that was seen there.
 *
 * Source: RFC 4787 s. 4 and 5; netcheck.md 5.4 to 5.6.
 */
#ifndef NETCHECK_BEHAVIOUR_H
#define NETCHECK_BEHAVIOUR_H

#include "base/addr.h"

/* How much of the other end a mapping or a filter depends on. */
enum behaviour {
	BEHAVIOUR_UNKNOWN,
	BEHAVIOUR_ENDPOINT_INDEPENDENT,
	BEHAVIOUR_ADDRESS_DEPENDENT,
	BEHAVIOUR_ADDRESS_AND_PORT_DEPENDENT,
	BEHAVIOUR_NOT_ON_PORT, /* one of the first two: only one address could be compared */
	BEHAVIOUR_DEPENDENT    /* one of the last two: only one port of each address could */
};
/* "endpoint-independent", ... or "unknown". */
const char *behaviour_name(enum behaviour b);

struct sample {
	struct endpoint to, seen;
};

enum behaviour behaviour_of_mapping(const struct sample *v, size_t n);

/* The step of a NAT that counts: the outside port grows by it from one mapping to the next.  0: the
 * NAT does not count, or that is unknown.  v: in the order in which the samples were first sent.
 * Others behind the NAT take ports, too, so now and then the distance is a multiple of the step. */
int behaviour_step(const struct sample *v, size_t n);

/* Did an answer arrive from the server's other port; from its other address and port? */
enum arrival { ARRIVAL_UNTRIED, ARRIVAL_NO, ARRIVAL_YES };
enum behaviour behaviour_of_filtering(enum arrival other_port, enum arrival other_address);

#endif

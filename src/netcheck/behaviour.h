/* netcheck/behaviour.h - what a NAT does, told from what servers saw of us, in the terms of RFC
 * 4787
 *
 * Pure functions over samples: to which endpoint something was sent by one socket, and from where
 * it seemed to come.
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
	BEHAVIOUR_NOT_ON_PORT, /* one of the first two: there was one address only to compare */
	BEHAVIOUR_DEPENDENT    /* one of the last two: there was one port only at each address */
};
/* "endpoint-independent", ...; "unknown" */
const char *behaviour_name(enum behaviour b);

struct sample {
	struct endpoint to, seen;
};

enum behaviour behaviour_of_mapping(const struct sample *v, size_t n);

/* Of a NAT that counts: from one mapping to the next the outside port grows by this; 0: it does not
 * count, or that cannot be told. Samples in the order in which they were first sent. Others behind
 * the NAT take ports too, so a multiple is seen now and then. */
int behaviour_step(const struct sample *v, size_t n);

/* By which of the server's places an answer came in: from another port, from another address as
 * well. */
enum arrival { ARRIVAL_UNTRIED, ARRIVAL_NO, ARRIVAL_YES };
enum behaviour behaviour_of_filtering(enum arrival other_port, enum arrival other_address);

#endif

/* path/portmap/facts.h - what was asked of each gateway, and what came of it, for a person who asks
 * why */
#ifndef PATH_PORTMAP_FACTS_H
#define PATH_PORTMAP_FACTS_H

#include "path/portmap/portmap.h"

/* Port mappings, by gateway. */
struct why_portmap {
	uint16_t port; /* of ours, that is to be mapped */
	struct why_gateway {
		struct ip at;
		struct why_asked {
			enum why_asked_state {
				WHY_NOT_ASKED,
				WHY_ASKING,   /* no answer yet */
				WHY_UNSPOKEN, /* it did not answer, or said that it does not speak
						 it */
				WHY_STANDBY, /* it speaks it; not needed, or not tried for a mapping
						yet */
				WHY_REFUSED,
				WHY_MAPPED
			} state;
			enum mapper_refusal refusal; /* REFUSED */
		} asked[PORTMAP_PROTOCOLS];
		struct endpoint outside; /* unset: nothing is mapped */
		enum portmap_protocol protocol;
		enum portmap_reach reach;
		mono_ns left; /* of its lifetime */
	} v[UPLINKS_MAX];
	size_t n; /* 0: no gateway is known, or it is switched off */
};

void portmap_why(const struct portmap *p, mono_ns now, struct why_portmap *out);

#endif

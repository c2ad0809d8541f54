/* path/portmap/facts.h - what each gateway was asked and answered, for a person who asks why */
#ifndef PATH_PORTMAP_FACTS_H
#define PATH_PORTMAP_FACTS_H

#include "path/portmap/portmap.h"

/* Port mappings, by gateway. */
struct portmap_facts {
	uint16_t port; /* our port, to be mapped */
	struct gateway_facts {
		struct ip at;
		struct portmap_asked {
			enum portmap_asked_state {
				ASKED_NOT,
				ASKED_NOW,      /* no answer yet */
				ASKED_UNSPOKEN, /* no answer, or "version not supported" */
				ASKED_STANDBY,  /* spoken; not needed, or no mapping tried yet */
				ASKED_REFUSED,
				ASKED_MAPPED
			} state;
			enum mapper_refusal refusal; /* REFUSED */
		} asked[PORTMAP_PROTOCOLS];
		struct endpoint outside; /* unset: nothing is mapped */
		enum portmap_protocol protocol;
		enum portmap_reach reach;
		mono_ns left; /* of its lifetime */
	} v[UPLINKS_MAX];
	size_t n; /* 0: no gateway is known, or port mapping is switched off */
};

void portmap_facts(const struct portmap *p, mono_ns now, struct portmap_facts *out);

#endif

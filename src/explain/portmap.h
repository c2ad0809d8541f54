/* explain/portmap.h - what came of asking the gateways to map our port, in sentences */
#ifndef EXPLAIN_PORTMAP_H
#define EXPLAIN_PORTMAP_H

#include "explain/words.h"
#include "path/portmap/facts.h"

/* Appends the sentences about each gateway. enabled: by the configuration. */
void explain_portmap_tried(struct sentences *list, const struct portmap_facts *portmap,
			   bool enabled);

/* The first gateway of IPv4, which maps ports; one of IPv6 only opens its firewall. Borrowed;
 * NULL: there is none. */
const struct gateway_facts *explain_portmap_gateway(const struct portmap_facts *portmap);

/* What came of asking that gateway. */
enum explain_map {
	EXPLAIN_MAP_UNKNOWN,
	EXPLAIN_MAP_OFF, /* by the configuration */
	EXPLAIN_MAP_NO_GATEWAY,
	EXPLAIN_MAP_ASKING,
	EXPLAIN_MAP_UNSPOKEN, /* it speaks none of the protocols */
	EXPLAIN_MAP_REFUSED,
	EXPLAIN_MAP_NO_OUTSIDE, /* refused, since it has no address on the internet itself */
	EXPLAIN_MAP_NEAR,       /* mapped, but only as far as the next NAT */
	EXPLAIN_MAP_CARRIER,    /* the same, and that NAT is the provider's */
	EXPLAIN_MAP_FAR         /* mapped */
};
enum explain_map explain_portmap_map(const struct gateway_facts *gateway, bool enabled);

/* The words of an answer, short: "not asked", "refused: it does not say why". Returns `out`. */
enum { PORTMAP_STATE_MAX = 96 };
const char *explain_portmap_state(const struct portmap_asked *asked,
				  char out[static PORTMAP_STATE_MAX]);
/* The first refusal of a gateway; NULL: it has refused nothing. Borrowed. */
const struct portmap_asked *explain_portmap_refused(const struct gateway_facts *gateway);
const char *explain_portmap_refusal(enum mapper_refusal refusal);
/* How far a mapping leads: "to everybody", or why no farther than the next NAT. */
const char *explain_portmap_reach(enum portmap_reach reach);

#endif

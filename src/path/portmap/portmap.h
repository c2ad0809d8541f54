/* path/portmap/portmap.h - candidates that our default gateways map to our port: PCP, NAT-PMP, UPnP
 *
 * All gateways are asked at the same time, in all protocols at the same time.  At each gateway one
 * mapping is made and kept, by the best protocol that works: PCP, then NAT-PMP, then UPnP.  An IPv6
 * gateway is asked by PCP only: it opens the firewall for our own address.
 *
 * A mapping leads only as far as the next NAT if its outside address is private, or is not the one
 * that STUN servers see.  Only peers behind that NAT can use it: the candidate is `near`.
 *
 * Source: RFC 6886, RFC 6887, UPnP IGD; portmap.md 3 to 5 and 9 to 11.
 */
#ifndef PATH_PORTMAP_PORTMAP_H
#define PATH_PORTMAP_PORTMAP_H

#include "base/place.h"
#include "path/find/finder.h"
#include "path/portmap/natpmp_mapper.h"
#include "path/portmap/pcp_mapper.h"
#include "path/portmap/upnp_mapper.h"

enum portmap_protocol { PORTMAP_PCP, PORTMAP_NATPMP, PORTMAP_UPNP };
enum { PORTMAP_PROTOCOLS = 3 };
/* How far a mapping leads. */
enum portmap_reach {
	PORTMAP_FAR,           /* to everybody, as far as is known */
	PORTMAP_NEAR_PRIVATE,  /* the outside address is private: there is one more router */
	PORTMAP_NEAR_SHARED,   /* the outside address is the carrier's (100.64.0.0/10) */
	PORTMAP_NEAR_DIFFERENT /* STUN servers see another address than the gateway has */
};
struct portmap_status {
	bool pcp, natpmp, upnp; /* a gateway speaks it */
	struct {
		enum portmap_protocol protocol;
		struct ip gateway;
		struct endpoint outside;
		bool double_nat; /* the mapping leads no farther than the next NAT */
		mono_ns left;    /* of its lifetime */
	} v[UPLINKS_MAX];        /* mappings */
	size_t n;
};

struct portmap {
	struct rng rng;
	uint16_t port;
	struct portmap_gateway {
		struct uplink at;
		struct endpoint to; /* where requests go: the gateway, or the anycast address */
		mono_ns begun;      /* when it was first asked */
		mono_ns told;       /* its last announcement that counted; MONO_NEVER: none */
		struct pcp_mapper pcp;
		struct natpmp_mapper natpmp; /* IPv4 */
	} v[UPLINKS_MAX];
	size_t n;
	struct upnp_mapper upnp; /* at the first IPv4 gateway */
	struct candidates seen;  /* what STUN servers see of us */
};

extern const struct finder portmap_finder;

void portmap_init(struct portmap *p, const struct rng *rng, uint16_t port);
/* Our UDP port.  Another one makes all mappings void; the next refresh asks anew.  0: none. */
void portmap_set_port(struct portmap *p, uint16_t port);
/* The gateways, copied.  The same as before: nothing happens. */
void portmap_set_gateways(struct portmap *p, const struct uplink *v, size_t n, mono_ns now);
/* Takes all mappings back: output and portmap_upnp_ask have the requests. */
void portmap_release(struct portmap *p, mono_ns now);
/* What STUN servers see of us now, copied. */
void portmap_set_seen(struct portmap *p, const struct candidates *seen);

/* Looks like a gateway's answer.  Then it is no WireGuard, disco or STUN. */
bool portmap_is(const struct endpoint *from, struct bytes datagram);
/* An announcement to everybody on the link (port PCP_ANNOUNCE_PORT).  Its source is easily forged,
 * so it is only a reason to ask the gateway itself.  False: it is of no gateway of ours, or tells
 * nothing new. */
bool portmap_announced(struct portmap *p, const struct endpoint *from, struct bytes datagram,
		       mono_ns now);
/* Our address that a request to this gateway must leave from; family 0: `to` is no gateway. */
struct ip portmap_source(const struct portmap *p, const struct endpoint *to);

/* What UPnP is to be asked; false: nothing now.  The owner has it done, and reports. */
bool portmap_upnp_ask(struct portmap *p, struct upnp_ask *out) MUST_USE;
void portmap_upnp_report(struct portmap *p, const struct upnp_report *r, mono_ns now);
void portmap_status(const struct portmap *p, mono_ns now, struct portmap_status *out);
/* The mapping at this gateway by the best protocol that holds one; NULL: none.  Borrowed. */
const struct mapper *portmap_held(const struct portmap *p, const struct portmap_gateway *g,
				  enum portmap_protocol *protocol);
/* How far a mapping of this gateway with this outside address leads. */
enum portmap_reach portmap_reach(const struct portmap *p, const struct portmap_gateway *g,
				 const struct ip *outside);

#endif

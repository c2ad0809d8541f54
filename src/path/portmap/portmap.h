/* path/portmap/portmap.h - candidates that our default gateways map to our port: PCP, NAT-PMP, UPnP
 *
 * All gateways are asked at the same time, each in all protocols at the same time; one mapping each
 * is made and kept, by the best protocol that works: PCP, then NAT-PMP, then UPnP.  On an IPv6
 * gateway only PCP: it opens the firewall for our own address.
 *
 * A mapping of the gateway's own private address, or of another address than STUN servers see,
 * leads only as far as the next NAT.  Whoever is behind that NAT too can use it, nobody else: the
 * candidate is `near`.
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
	PORTMAP_FAR,           /* to everybody, as far as can be seen */
	PORTMAP_NEAR_PRIVATE,  /* its address is private: another router is before the gateway */
	PORTMAP_NEAR_SHARED,   /* its address is the carrier's (100.64.0.0/10) */
	PORTMAP_NEAR_DIFFERENT /* STUN servers see another address than the gateway has */
};
struct portmap_status {
	bool pcp, natpmp, upnp; /* a gateway speaks it */
	struct {
		enum portmap_protocol protocol;
		struct ip gateway;
		struct endpoint outside;
		bool double_nat; /* it leads no farther than the next NAT */
		mono_ns left;    /* of its lifetime */
	} v[UPLINKS_MAX];        /* what is mapped */
	size_t n;
};

struct portmap {
	struct rng rng;
	uint16_t port;
	struct portmap_way {
		struct uplink at;
		struct endpoint to; /* where it is asked: there, or at an anycast address */
		mono_ns begun;
		mono_ns told; /* it announced something new; MONO_NEVER: never */
		struct pcp_mapper pcp;
		struct natpmp_mapper natpmp; /* IPv4 */
	} v[UPLINKS_MAX];
	size_t n;
	struct upnp_mapper upnp; /* at the first IPv4 gateway */
	struct candidates seen;  /* by STUN servers */
};

extern const struct finder portmap_finder;

void portmap_init(struct portmap *p, const struct rng *rng, uint16_t port);
void portmap_set_port(struct portmap *p, uint16_t port); /* asks when it is told to look again */
/* The same as before: nothing happens. */
void portmap_set_gateways(struct portmap *p, const struct uplink *v, size_t n, mono_ns now);
/* Takes all mappings back: output has the requests. */
void portmap_release(struct portmap *p, mono_ns now);
/* What STUN servers see of us now. */
void portmap_set_seen(struct portmap *p, const struct candidates *seen);

/* Looks like a gateway's answer; it is no WireGuard, disco or STUN then. */
bool portmap_is(const struct endpoint *from, struct bytes datagram);
/* What came to everybody on the link (port PCP_ANNOUNCE_PORT). Whoever can write a gateway's
 * address on a datagram can say it, so it is no more than a reason to ask the gateway itself.
 * False: it is of no gateway of ours, or tells nothing new. */
bool portmap_announced(struct portmap *p, const struct endpoint *from, struct bytes datagram,
		       mono_ns now);
/* Our address that a request to this gateway must leave from; family 0: it is none. */
struct ip portmap_source(const struct portmap *p, const struct endpoint *to);

bool portmap_upnp_ask(struct portmap *p, struct upnp_ask *out) MUST_USE;
void portmap_upnp_report(struct portmap *p, const struct upnp_report *r, mono_ns now);
void portmap_status(const struct portmap *p, mono_ns now, struct portmap_status *out);
/* What it holds at this gateway by the best protocol; NULL: nothing. */
const struct mapper *portmap_held(const struct portmap *p, const struct portmap_way *w,
				  enum portmap_protocol *protocol);
/* Of a mapping that this gateway made. */
enum portmap_reach portmap_reach(const struct portmap *p, const struct portmap_way *w,
				 const struct ip *outside);

#endif

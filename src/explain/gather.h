/* explain/gather.h - what is known of one peer, as the rules ask for it
 *
 * explain_facts points at the facts of the path, and copies none of them.  Beside them stands what
 * only a loop over those facts can tell.
 */
#ifndef EXPLAIN_GATHER_H
#define EXPLAIN_GATHER_H

#include "explain/portmap.h"
#include "path/facts.h"
#include "tunnel/tunnel.h"

/* Every pointer is borrowed. */
struct explain_facts {
	/* from the caller of explain_gather */
	const char *peer;           /* its name; NULL: none */
	const char *relay;          /* the peer's home relay; NULL: none is known */
	const char *relay_lost;     /* why this node is not connected to it; NULL: it is */
	const char *home;           /* the home relay of this node; NULL: none */
	const char *home_says;      /* what that relay says is wrong; NULL: nothing */
	const char *proxy;          /* the HTTP proxy before that relay; NULL: none */
	const struct prefix *nat64; /* through which this node reaches IPv4; NULL: directly */
	uint16_t port;              /* UDP port of this node */
	bool port_mapping;          /* this node may ask its gateways to map that port */
	mono_ns now;

	/* from explain_gather */
	const struct path_facts *path; /* never NULL where sentences are made */
	bool session;                  /* of WireGuard, with the peer */

	/* this node */
	bool stun_answered;  /* at least one STUN server answered */
	bool mapping_varies; /* its NAT gives each destination another port */
	bool own_public; /* it has an IPv4 address that no NAT shuts: its own, mapped or given */
	bool own_ipv6;   /* it has a global IPv6 address */

	/* the peer */
	bool peer_told;        /* the peer, or a person, has named one of its endpoints */
	bool peer_public;      /* one of its endpoints is a public IPv4 address */
	bool peer_ipv6;        /* one of its endpoints is a global IPv6 address */
	unsigned pings, pongs; /* over UDP: sent to all its endpoints, and answered */
	const char *doubt;     /* why the direct path was last doubted; NULL: not known */
	unsigned falls;        /* how often a direct path fell silent, of what is remembered */

	/* crossing hard NATs; NULL: there is none */
	const struct attempt *last_attempt;
	const struct attempt *last_planned; /* the last one in which both told what they saw */
	unsigned next_attempt_s;            /* seconds until the next one; 0: not known */

	/* port mapping */
	const struct gateway_facts *gateway; /* of IPv4; NULL: none */
	enum explain_map map;                /* what came of asking it */
};

/* The caller has set its part of `f`; the rest is overwritten. path is kept in `f`. */
void explain_gather(struct explain_facts *f, const struct path_facts *path,
		    const struct tunnel_peer_status *tunnel);

#endif

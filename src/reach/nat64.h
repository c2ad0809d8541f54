/* reach/nat64.h - reaching IPv4 from a network that has only IPv6, through its NAT64
 *
 * A machine that holds the prefixes that DNS (RFC 7050) and routers (RFC 8781) told, each for its
 * lifetime, and says which one to use.  None is used while this host has an IPv4 address of its own
 * that leads to the internet.  An IPv4 endpoint is translated as its datagrams leave and arrive
 * (nat64_out, nat64_in).  So all other parts of the node, and its status, see IPv4.
 *
 * The owner makes the look-up when nat64_wants_lookup says so.
 *
 * Bounded: NAT64_KNOWN_MAX prefixes.  A new one beyond takes the place of the one that ends first.
 *
 * Source: RFC 6052, RFC 7050, RFC 8781; netcheck.md 10.
 */
#ifndef REACH_NAT64_H
#define REACH_NAT64_H

#include "base/place.h"
#include "base/time.h"
#include "wire/nat64.h"

enum {
	NAT64_KNOWN_MAX = 8,
	/* More IPv4 networks of ours are reached through the NAT64, as the internet is. */
	NAT64_LINKS_MAX = 8
};

/* In the order of preference, the best last: a router knows its own network (RFC 8781 s. 5). */
enum nat64_source { NAT64_BY_DNS, NAT64_BY_ROUTER };

struct nat64 {
	struct nat64_known {
		struct prefix prefix;
		enum nat64_source source;
		mono_ns told_at, until;
	} v[NAT64_KNOWN_MAX];
	size_t n;
	bool needed;     /* there is IPv6 here, and no IPv4 that leads anywhere */
	bool has4, has6; /* addresses */
	bool strands4;   /* IPv4 has no default route */
	/* IPv4 networks of ours: reached without any router. */
	struct prefix links[NAT64_LINKS_MAX];
	size_t n_links;
	struct prefix in_use; /* family 0: none */
	mono_ns changed_at;   /* when the link last changed; 0: never */
	mono_ns ask_at;       /* MONO_NEVER: no look-up is planned */
	mono_ns pause;        /* after a look-up that failed */
};

void nat64_init(struct nat64 *n);
/* The addresses of this host, without the tunnel's own.  A loopback or link-local address does not
 * count as IPv4.  An address of a CLAT (192.0.0.0/29, RFC 6877) does. */
void nat64_set_interfaces(struct nat64 *n, const struct own_address *v, size_t count, mono_ns now);
/* Whether IPv4 has a default route; at first it has.  Without one, an IPv4 address (that of a
 * network of containers, say) leads to its own network only, and NAT64 is needed beyond. */
void nat64_set_route4(struct nat64 *n, bool has, mono_ns now);
/* This may be another network.  The prefixes hold until their end, unless others are told from now
 * on; DNS is asked anew. */
void nat64_link_changed(struct nat64 *n, mono_ns now);

/* True once for each time that the addresses of NAT64_NAME are to be looked up: then answer with
 * nat64_answer. */
bool nat64_wants_lookup(struct nat64 *n, mono_ns now) MUST_USE;
/* What DNS said; copied.  failed: it did not answer, and its answer before still holds. */
void nat64_answer(struct nat64 *n, const struct ip *v, size_t count, uint32_t ttl_s, bool failed,
		  mono_ns now);
/* What a router said; lifetime 0: the prefix ends.  A prefix that RFC 6052 forbids is ignored. */
void nat64_advertised(struct nat64 *n, const struct prefix *p, uint32_t lifetime_s, mono_ns now);

mono_ns nat64_deadline(const struct nat64 *n);
/* Drops the prefixes that have ended, and chooses.  True: nat64_prefix is another one now.  To be
 * called at the deadline, and after each of the calls above. */
bool nat64_settle(struct nat64 *n, mono_ns now) MUST_USE;

const struct prefix *nat64_prefix(const struct nat64 *n); /* borrowed; NULL: none is used */
/* Where a datagram to this endpoint goes, and from which endpoint a datagram from there comes.
 * nat64_in undoes nat64_out.  An endpoint that is not translated stays as it is; so do all where no
 * prefix is used. */
struct endpoint nat64_out(const struct nat64 *n, const struct endpoint *to);
struct endpoint nat64_in(const struct nat64 *n, const struct endpoint *from);

#endif

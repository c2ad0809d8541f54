/* reach/nat64.h - reaching IPv4 from a network that has only IPv6, through its NAT64
 *
 * A small machine that holds the prefixes which DNS (RFC 7050) and routers (RFC 8781) told, each
 * for its lifetime, and says which one to use: none while the machine has an IPv4 address of its
 * own.  An IPv4 endpoint is translated as its datagrams leave and arrive (nat64_out, nat64_in), so
 * everything else in the node, and everybody who looks at it, sees IPv4.
 *
 * The look-up is the owner's: nat64_wants_lookup says when.  At most NAT64_KNOWN_MAX prefixes; a
 * new one beyond takes the place of the one that ends first.
 */
#ifndef REACH_NAT64_H
#define REACH_NAT64_H

#include "base/place.h"
#include "base/time.h"
#include "wire/nat64.h"

enum {
	NAT64_KNOWN_MAX = 8,
	NAT64_LINKS_MAX =
		8 /* the rest of our IPv4 networks is not told from the world beyond the NAT64 */
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
	bool strands4;   /* there is no way to the internet by IPv4 */
	struct prefix
		links[NAT64_LINKS_MAX]; /* IPv4 networks of ours: reached without any router */
	size_t n_links;
	struct prefix in_use; /* family 0: none */
	mono_ns changed_at;   /* when the link last changed; 0: never */
	mono_ns ask_at;       /* MONO_NEVER: no look-up is planned */
	mono_ns pause;        /* after a look-up that failed */
};

void nat64_init(struct nat64 *n);
/* The addresses of the machine, the tunnel's own left out. Loopback and link-local do not count as
 * IPv4, an address of a CLAT (192.0.0.0/29) does: it is as good. */
void nat64_set_interfaces(struct nat64 *n, const struct own_address *v, size_t count, mono_ns now);
/* Whether there is a default route of IPv4. Without one (containers and virtual machines have a
 * network of their own on many hosts) IPv4 is needed beyond those networks. At first there is. */
void nat64_set_route4(struct nat64 *n, bool has, mono_ns now);
/* Another network perhaps: what was told holds until its end, unless something else is told from
 * now on, and is asked anew. */
void nat64_link_changed(struct nat64 *n, mono_ns now);

/* True once for each time that the addresses of NAT64_NAME are to be looked up: then answer with
 * nat64_answer. */
bool nat64_wants_lookup(struct nat64 *n, mono_ns now) MUST_USE;
/* What DNS said. count 0 and failed: it did not answer, and what it said before still holds. */
void nat64_answer(struct nat64 *n, const struct ip *v, size_t count, uint32_t ttl_s, bool failed,
		  mono_ns now);
/* What a router said; lifetime 0: not any more. A prefix that is not good is ignored. */
void nat64_advertised(struct nat64 *n, const struct prefix *p, uint32_t lifetime_s, mono_ns now);

mono_ns nat64_deadline(const struct nat64 *n);
/* Ends what has lived long enough and chooses; true: nat64_prefix is another one now. To be called
 * after each of the calls above, too. */
bool nat64_settle(struct nat64 *n, mono_ns now) MUST_USE;

const struct prefix *nat64_prefix(const struct nat64 *n); /* borrowed; NULL: none is used */
/* Where a datagram to this endpoint really goes, and whom one from there really comes from. Nothing
 * changes where no prefix is used, nor for endpoints that are not translated; nat64_in undoes
 * nat64_out. */
struct endpoint nat64_out(const struct nat64 *n, const struct endpoint *to);
struct endpoint nat64_in(const struct nat64 *n, const struct endpoint *from);

#endif

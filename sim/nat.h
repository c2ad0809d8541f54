/* sim/nat.h - a NAT box or stateful firewall, in the words of RFC 4787
 *
 * It translates the endpoints of datagrams of one family that cross from inside to outside and
 * back.  It sees no bytes.  The simulator (sim/net.h) and the box of the lab (lab/natbox.c) use the
 * same machine.  sim/nat_words.h has the names of all parameters.
 */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "base/addr.h"
#include "base/rng.h"
#include "base/time.h"

enum { NAT_POOL_MAX = 7 /* addresses besides the first */ };

/* How much of the outside endpoint a mapping, or a filter, depends on: RFC 4787 s. 4.1 and 5. */
enum nat_scope { NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT };

/* Which external port a new mapping gets, s. 4.2.1 */
enum nat_ports {
	NAT_PORT_PRESERVE,   /* the inside port where it is free, else a random one */
	NAT_PORT_SEQUENTIAL, /* the last one plus a step */
	NAT_PORT_RANDOM,     /* any */
	NAT_PORT_BLOCK,      /* any of a block that belongs to this inside host alone: RFC 7422 */
	/* Always the inside port, which several mappings may share: an answer goes to the mapping
	 * that sent last. */
	NAT_PORT_OVERLOAD
};

/* A datagram from inside to one of our external endpoints, s. 6: the box drops it, or sends it back
 * in with its internal or its external source. */
enum nat_hairpin { NAT_HAIRPIN_NONE, NAT_HAIRPIN_INTERNAL_SOURCE, NAT_HAIRPIN_EXTERNAL_SOURCE };

/* A mapping has permissions: the outside endpoints to which it has sent, or as much of each as the
 * filter looks at.  All permissions together are the sessions of the box. */
struct nat_config {
	bool firewall;                /* translates nothing: filters only */
	bool blocks_udp;              /* lets nothing through */
	struct ip external;           /* our address outside, unless a firewall */
	struct ip pool[NAT_POOL_MAX]; /* more of them */
	size_t n_pool;
	bool paired; /* s. 4.1: an inside host always gets the same one of our addresses */
	enum nat_scope mapping, filtering;
	enum nat_ports ports;
	uint16_t port_first, port_step; /* sequential; 0: 1024 and 1 */
	uint16_t port_block;            /* ports in a block; 0: 512 */
	/* Where mappings depend on the outside endpoint, one port serves several of them towards
	 * different endpoints, as in Linux: so there may be more mappings than ports. */
	bool shares_ports;
	mono_ns timeout;        /* of a mapping and of a permission; 0: 120 s */
	bool inbound_refreshes; /* s. 4.3: outbound always does */
	enum nat_hairpin hairpin;
	/* Limits.  Beyond them the box refuses what is new, and keeps what it has. */
	uint32_t mappings_max;      /* 0: 1024 */
	uint32_t host_mappings_max; /* of one inside address; 0: no limit of its own */
	uint32_t sessions_max;      /* 0: no limit of its own */
	uint32_t permissions_max;   /* of one mapping; beyond it the oldest goes; 0: 64 */
};

struct nat;

struct nat *nat_new(const struct nat_config *cfg, const struct rng *rng);
void nat_free(struct nat *n);
const struct nat_config *nat_config(const struct nat *n);
bool nat_owns(const struct nat *n, const struct ip *ip); /* one of our addresses outside */

/* From inside to outside: rewrites src. False: dropped, the table is full. */
bool nat_out(struct nat *n, struct endpoint *src, const struct endpoint *dst, mono_ns now) MUST_USE;
/* From outside to inside: rewrites dst. False: dropped, no mapping or filtered. */
bool nat_in(struct nat *n, const struct endpoint *src, struct endpoint *dst, mono_ns now) MUST_USE;
/* From inside to our own external address: rewrites both. False: dropped. */
bool nat_hairpin(struct nat *n, struct endpoint *src, struct endpoint *dst, mono_ns now) MUST_USE;

/* The inside endpoint that has this external endpoint towards `outside`.  Nothing passes: this is
 * for ICMP errors.  False: there is none. */
bool nat_inside(const struct nat *n, const struct endpoint *external,
		const struct endpoint *outside, mono_ns now, struct endpoint *inside) MUST_USE;

/* The mapping that PCP, NAT-PMP and UPnP ask for.  It lives until that time, or until it is
 * refreshed; it lets in everybody; and all that the inside endpoint sends uses it.  It gets the
 * wanted port if that is free.  At a firewall it is a hole for the inside endpoint.  A time in the
 * past removes it.  False: no room. */
bool nat_map(struct nat *n, const struct endpoint *inside, uint16_t wanted, mono_ns until,
	     mono_ns now, struct endpoint *external) MUST_USE;

void nat_flush(struct nat *n); /* forgets all mappings; streams through the box go on */
/* Forgets all, and breaks the streams through it, which see the number of boots. */
void nat_reboot(struct nat *n);
uint32_t nat_boots(const struct nat *n);

struct nat_stats {
	uint64_t made, refused_full, no_mapping, filtered, hairpinned;
	uint64_t blocked;
	uint32_t mappings, sessions; /* alive, or dead and not yet removed */
};
const struct nat_stats *nat_stats(const struct nat *n);

#endif

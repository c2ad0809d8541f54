/* sim/nat.h - a NAT box or stateful firewall, in the words of RFC 4787
 *
 * It translates the endpoints of one family of datagrams that cross from inside to outside and
 * back. It knows no bytes: the simulator (sim/net.h) and the box of the lab (lab/natbox.c) drive
 * the same machine.  sim/nat_words.h has the names of all parameters.
 */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "base/addr.h"
#include "base/rng.h"
#include "base/time.h"

enum { NAT_POOL_MAX = 7 /* addresses besides the first */ };

/* How much of the outside endpoint a mapping, or a filter, depends on: RFC 4787 s. 4.1 and 5. */
enum nat_scope { NAT_ENDPOINT_INDEPENDENT, NAT_ADDRESS_DEPENDENT, NAT_ADDRESS_AND_PORT_DEPENDENT };

/* Which external port a new mapping gets, s. 4.2.1: the inside one where it is free, else random;
 * the last one plus a step; any; any of a block that belongs to this inside host alone (RFC 7422);
 * always the inside one, shared with other mappings: answers go to whoever asked last. */
enum nat_ports {
	NAT_PORT_PRESERVE,
	NAT_PORT_SEQUENTIAL,
	NAT_PORT_RANDOM,
	NAT_PORT_BLOCK,
	NAT_PORT_OVERLOAD
};

/* A datagram from inside to one of our external endpoints, s. 6: dropped; or sent back in with the
 * source that the inside (or that the outside) knows. */
enum nat_hairpin { NAT_HAIRPIN_NONE, NAT_HAIRPIN_INTERNAL_SOURCE, NAT_HAIRPIN_EXTERNAL_SOURCE };

/* A mapping has permissions: the outside endpoints, or as much of them as the filter looks at, to
 * which it has sent.  All permissions together are the sessions of the box. */
struct nat_config {
	bool firewall;                /* translates nothing: filters only */
	bool blocks_udp;              /* lets nothing through */
	struct ip external;           /* our address outside, unless a firewall */
	struct ip pool[NAT_POOL_MAX]; /* more of them */
	size_t n_pool;
	bool paired; /* s. 4.1: an inside host always gets the same of our addresses; else any */
	enum nat_scope mapping, filtering;
	enum nat_ports ports;
	uint16_t port_first, port_step; /* sequential; 0: 1024 and 1 */
	uint16_t port_block;            /* ports in a block; 0: 512 */
	/* A port is given again to a mapping that depends on the outside, towards another one, as
	 * Linux does: so there may be more mappings than ports. */
	bool shares_ports;
	mono_ns timeout;        /* of a mapping and of a permission; 0: 120 s */
	bool inbound_refreshes; /* s. 4.3: outbound always does */
	enum nat_hairpin hairpin;
	/* Limits, beyond which something new is refused and what there is goes on. */
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

/* Whose the external endpoint is towards `outside`, without letting anything through: for ICMP
 * errors. */
bool nat_inside(const struct nat *n, const struct endpoint *external,
		const struct endpoint *outside, mono_ns now, struct endpoint *inside) MUST_USE;

/* What PCP and its like ask for: a mapping that lives until then (or is refreshed), lets in
 * everybody, and is used by all that inside sends. The wanted port if it is free; at a firewall it
 * is a hole before the inside endpoint. False: no room. A time that is past takes it away. */
bool nat_map(struct nat *n, const struct endpoint *inside, uint16_t wanted, mono_ns until,
	     mono_ns now, struct endpoint *external) MUST_USE;

void nat_flush(struct nat *n); /* forgets all mappings; streams of others through it go on */
/* Forgets all, and streams through it are broken: the number of boots tells. */
void nat_reboot(struct nat *n);
uint32_t nat_boots(const struct nat *n);

struct nat_stats {
	uint64_t made, refused_full, no_mapping, filtered, hairpinned;
	uint64_t blocked;
	uint32_t mappings, sessions; /* alive or not yet cleaned up */
};
const struct nat_stats *nat_stats(const struct nat *n);

#endif

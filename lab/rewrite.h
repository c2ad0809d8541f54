/* lab/rewrite.h - what a NAT box does to real IP packets, by the engine of sim/nat.h
 *
 * A pure machine.  UDP behaves as configured.  TCP and ICMP echo are only carried: with symmetric
 * tracking and long time-outs.  ICMP errors about what went out are translated back (RFC 5508
 * s. 4.2).  IPv6 is filtered and never translated.  Fragments and other protocols are dropped.
 */
#ifndef LAB_REWRITE_H
#define LAB_REWRITE_H

#include "sim/nat.h"

struct rewrite;

/* wall6: the parameters of the IPv6 firewall; NULL: all IPv6 passes. */
struct rewrite *rewrite_new(const struct nat_config *nat4, const struct nat_config *wall6,
			    const struct rng *rng) MUST_USE;
void rewrite_free(struct rewrite *r);
void rewrite_flush(struct rewrite *r);  /* forgets every UDP mapping */
void rewrite_reboot(struct rewrite *r); /* forgets everything */

enum rewrite_verdict {
	REWRITE_DROP,
	REWRITE_PASS,
	REWRITE_TURN /* hairpinned: back to the inside */
};

/* An IP packet from inside, or from outside; changed in place. */
enum rewrite_verdict rewrite_out(struct rewrite *r, uint8_t *packet, size_t n,
				 mono_ns now) MUST_USE;
enum rewrite_verdict rewrite_in(struct rewrite *r, uint8_t *packet, size_t n, mono_ns now) MUST_USE;

struct rewrite_stats {
	uint64_t out, in, turned, errors, dropped;
};
const struct rewrite_stats *rewrite_stats(const struct rewrite *r);
const struct nat_stats *rewrite_udp_stats(const struct rewrite *r);

#endif

/* tunnel/allowed_ips.h - which peer an address belongs to: longest prefix wins, both families
 *
 * Adding, finding and removing a prefix each cost one walk of at most as many steps as an address
 * has bits, however many prefixes there are.
 *
 * Source: tunnel.md 5.4.
 */
#ifndef TUNNEL_ALLOWED_IPS_H
#define TUNNEL_ALLOWED_IPS_H

#include "base/addr.h"
#include "base/peer.h"

/* All zero is an empty table. */
struct allowed_ips {
	struct allowed_node *nodes;
	struct allowed_links *links; /* of the node at the same place */
	uint32_t n, cap;
	uint32_t unused;  /* first of the nodes given back, plus one */
	uint32_t root[2]; /* IPv4, IPv6: node plus one; 0: empty */
	uint32_t *first;  /* by peer: the first node of its list plus one; 0: none */
	size_t lists;     /* places in `first` */
};

void allowed_ips_fini(struct allowed_ips *a);
/* A prefix that is there already moves to `id`. False: out of memory, nothing changed. Memory grows
 * with the greatest id. */
bool allowed_ips_add(struct allowed_ips *a, const struct prefix *p, peer_id id) MUST_USE;
/* One prefix of a peer. False: this peer does not have it, nothing changed. */
bool allowed_ips_remove_prefix(struct allowed_ips *a, const struct prefix *p, peer_id id);
/* Does the peer have just this prefix? */
bool allowed_ips_has(struct allowed_ips *a, const struct prefix *p, peer_id id);
/* All prefixes of a peer. Costs only these. */
void allowed_ips_remove(struct allowed_ips *a, peer_id id);
/* PEER_NONE: the address is nobody's. */
peer_id allowed_ips_find(const struct allowed_ips *a, const struct ip *ip);

#endif

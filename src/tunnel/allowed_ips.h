/* tunnel/allowed_ips.h - which peer an address belongs to: longest prefix wins, both families */
#ifndef TUNNEL_ALLOWED_IPS_H
#define TUNNEL_ALLOWED_IPS_H

#include "base/addr.h"
#include "base/peer.h"

/* All zero is an empty table. */
struct allowed_ips {
	struct allowed_node *nodes;
	uint32_t n, cap;
	uint32_t unused;  /* first of the nodes given back, plus one */
	uint32_t root[2]; /* IPv4, IPv6: node plus one; 0: empty */
};

void allowed_ips_fini(struct allowed_ips *a);
/* A prefix that is there already moves to `id`. False: out of memory, nothing changed. */
bool allowed_ips_add(struct allowed_ips *a, const struct prefix *p, peer_id id) MUST_USE;
/* All prefixes of a peer. */
void allowed_ips_remove(struct allowed_ips *a, peer_id id);
peer_id allowed_ips_find(const struct allowed_ips *a,
			 const struct ip *ip); /* PEER_NONE: nobody's */

#endif

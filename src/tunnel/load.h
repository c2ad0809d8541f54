/* tunnel/load.h - are there more handshakes than we can afford, and whose is computed then?
 *
 * Under load a handshake message is computed only if a cookie proved its source, and only within
 * three limits: of the source itself, of the site around it, and of its group.  The groups share
 * nothing.  So strangers, however many addresses they have, take nothing from our peers, and a
 * relay that lies takes nothing from peers that come directly.
 *
 * Source: WireGuard paper 5.4.7; tunnel.md 6.1.
 */
#ifndef TUNNEL_LOAD_H
#define TUNNEL_LOAD_H

#include "base/addr.h"
#include "base/bucket.h"
#include "crypto/hash.h"

enum {
	LOAD_HANDSHAKES_PER_S = 200, /* 1/100 of a fast core's time, 1/10 of a small router's */
	/* Of all messages of one group. */
	LOAD_GROUP_PER_S = 100,
	LOAD_GROUP_BURST = 20,
	/* Of one peer. It needs one in five seconds. */
	LOAD_PEER_PER_S = 2,
	LOAD_PEER_BURST = 4,
	/* Of an IPv4 address or an IPv6 /64: what one host has to itself. Other hosts may be behind
	 * the same NAT. */
	LOAD_HOST_PER_S = 20,
	LOAD_HOST_BURST = 5,
	/* Of an IPv4 /24 or an IPv6 /48: what one customer of a provider may have. */
	LOAD_SITE_PER_S = 40,
	LOAD_SITE_BURST = 10,
	/* Hosts share the buckets by a secret hash, and so do sites: the tables do not grow, and
	 * nobody can push another one out. */
	LOAD_BUCKETS = 1024
};
#define LOAD_STAYS SECOND /* after the last message that was one too many */

enum load_group {
	LOAD_PEERS,     /* from where a peer's last handshake came */
	LOAD_RELAYED,   /* through a relay that named a peer's key */
	LOAD_STRANGERS, /* from any other address */
	LOAD_GROUPS
};

struct load {
	struct bucket all;
	mono_ns high_until;
	struct bucket groups[LOAD_GROUPS];
	struct bucket hosts[LOAD_BUCKETS], sites[LOAD_BUCKETS];
	struct hash_secret secret;
};

void load_init(struct load *l, const struct rng *rng);
/* Counts one handshake message whose mac1 was right. True: the tunnel is under load. */
bool load_count(struct load *l, mono_ns now) MUST_USE;
/* Under load, for a source whose cookie was right. True: this message may be computed. `own`: the
 * peer's bucket for this group, LOAD_PEERS or LOAD_RELAYED. */
bool load_admit_peer(struct load *l, enum load_group group, struct bucket *own,
		     mono_ns now) MUST_USE;
bool load_admit_stranger(struct load *l, const struct ip *ip, mono_ns now) MUST_USE;

#endif

/* node/node.h - a whole node: WireGuard (tunnel/) over datagrams to peers (reach/)
 *
 * A pure machine.  The owner feeds it what happened, calls node_drain and sends what that gives
 * until nothing is left, takes the events of its reach, and sleeps until node_deadline.
 * reach/pump.h is that loop.  A packet is sealed or opened in place on its way:
 *
 *   out: node_from_tun -> allowed IPs -> tunnel_seal -> reach_send -> udp | relay
 *   in:  node_from_udp, reach_relayed -> tunnel_open -> allowed source -> tun
 *
 * Everything about the network, and not about the tunnel, is told to node_reach() and asked there.
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "netmap/diff.h"
#include "reach/reach.h"
#include "tunnel/tunnel.h"

enum { NODE_ADDRESSES_MAX = 8 };

struct node;

struct node_config {
	struct node_private key; /* copied */
	struct rng rng;          /* kept */
	uint64_t wall_offset_ns;
	uint32_t peers_max;
	uint16_t port;
};

struct node *node_new(const struct node_config *cfg, mono_ns now) MUST_USE; /* NULL: no memory */
void node_free(struct node *n);
struct reach *node_reach(struct node *n); /* borrowed */
const struct reach *node_reach_of(const struct node *n);

/* --- what it is set to; each may be called again at any time --- */

void node_set_addresses(struct node *n, const struct ip *v, size_t count); /* our own, inside */
/* As in node_config.  A wall clock may be set at any time; on a small router, after the start. */
void node_set_wall(struct node *n, uint64_t wall_offset_ns);

/* Takes a peer that is new or changed: c->now is set.  What did not change is not touched.  c->was
 * must be as this node has the peer, or NULL: then everything is set anew. */
enum tunnel_add node_peer_set(struct node *n, const struct netmap_change *c, mono_ns now,
			      peer_id *id) MUST_USE;
const char *node_peer_failure(enum tunnel_add a); /* a clause for people; NULL: there is none */
void node_peer_remove(struct node *n, peer_id id, mono_ns now);

/* --- what happened --- */

/* At most BATCH_MAX at a time.  The memory of the packets must stay until the next node_drain has
 * been acted on. */
void node_from_tun(struct node *n, struct packet *v, size_t count, mono_ns now);
void node_from_udp(struct node *n, struct datagram *v, size_t count, mono_ns now);

bool node_ping(struct node *n, peer_id id, mono_ns now) MUST_USE; /* false: WireGuard only */

mono_ns node_deadline(const struct node *n);
void node_tick(struct node *n, mono_ns now);

/* --- what is to be done --- */

struct node_out {
	const struct reach_out *net; /* datagrams */
	struct packet tun[BATCH_MAX];
	size_t n_tun;
};

/* What is to be sent now; borrowed until the next call on this node.  Call until it returns false.
 * */
bool node_drain(struct node *n, const struct node_out **out, mono_ns now) MUST_USE;

/* --- what may be asked --- */

struct node_peer_status {
	struct node_key key;
	struct tunnel_peer_status tunnel;
	struct paths_peer_status path;
	uint64_t lost_no_way; /* packets for which there was no way at the time */
};
bool node_peer_status(const struct node *n, peer_id id, mono_ns now,
		      struct node_peer_status *out) MUST_USE;
const struct tunnel_stats *node_tunnel_stats(const struct node *n);

struct node_stats {
	uint64_t no_peer; /* packets from the TUN for an address of no peer */
	uint64_t not_ip;
	uint64_t own_datagram; /* our own, which the system routed into the tunnel */
	uint64_t tsmp;         /* TSMP from the system, which would speak in our name */
	uint64_t link_local;   /* of fe80::/10, from the system or a peer: the tunnel is no link */
	uint64_t no_room;      /* packets for the TUN beyond one batch of a drain */
	uint64_t too_big;      /* packets whose sender was told to make them smaller */
};
const struct node_stats *node_stats(const struct node *n);

#endif

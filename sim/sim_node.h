/* sim/sim_node.h - a real node (node/node.h) on a simulated host */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "node/node.h"
#include "sim/sim_reach.h"

enum { SIM_NODE_PEERS_MAX = 8 };

struct sim_node;

/* Is told what comes out of the node.  Each function may be NULL. */
struct sim_node_observer {
	void (*packet)(void *self, struct sim_node *n, struct bytes packet, const struct way *how,
		       mono_ns now);
	void (*event)(void *self, struct sim_node *n, const struct reach_event *ev, mono_ns now);
	void *self;
};

struct sim_peer {
	struct sim_node *node;
	uint16_t home; /* region */
	peer_id id;
};

struct sim_node {
	struct sim_reach net;
	const char *name;
	struct node *node; /* NULL: not running */
	struct node_private key;
	struct node_key public;
	struct ip address;          /* in the tunnel */
	const struct node_out *out; /* of the last drain */
	struct sim_peer peers[SIM_NODE_PEERS_MAX];
	size_t n_peers;
	struct sim_node_observer observer;
};

void sim_node_init(struct sim_node *n, struct box *box, const char *name, const struct ip *address,
		   uint16_t port, const struct rng *rng);
void sim_node_fini(struct sim_node *n);
void sim_node_add_peer(struct sim_node *n, struct sim_node *peer, uint16_t home);
/* With the key that it always had, a new disco key, and the relays and peers that were added. */
void sim_node_start(struct sim_node *n, mono_ns now);
void sim_node_stop(struct sim_node *n,
		   mono_ns now); /* as a crash: streams close, nothing is said */
/* Makes it begin a netcheck (reach_netcheck), or measure lifetimes (reach_lifetime_begin). */
void sim_node_netcheck(struct sim_node *n, bool full, mono_ns now);
void sim_node_lifetime(struct sim_node *n, mono_ns longest, mono_ns now);
/* An IP packet from the system; copied. */
void sim_node_tun(struct sim_node *n, struct bytes packet, mono_ns now);
bool sim_node_peer_status(struct sim_node *n, const struct sim_node *peer, mono_ns now,
			  struct node_peer_status *out) MUST_USE;

#endif

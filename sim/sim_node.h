/* sim/sim_node.h - a real node (node/node.h) on a simulated host, and the loop that drives it
 *
 * The same loop as in the program: feed it what happened, do what node_drain and node_event say,
 * sleep until its deadline.
 */
#ifndef SIM_NODE_H
#define SIM_NODE_H

#include "node/node.h"
#include "sim/flows.h"
#include "sim/gateway.h"
#include "sim/sim_relay.h"

enum {
	SIM_NODE_RELAYS_MAX = 4,
	SIM_NODE_PEERS_MAX = 8,
	SIM_NODE_TURNS_MAX = 10000 /* turns in one moment: more is a machine that spins */
};

struct sim_node;

/* Who wants to know. Each may be NULL. */
struct sim_node_observer {
	void (*packet)(void *self, struct sim_node *n, struct bytes packet, const struct way *how,
		       mono_ns now);
	void (*event)(void *self, struct sim_node *n, const struct node_event *ev, mono_ns now);
	void *self;
};

struct sim_peer {
	struct sim_node *node;
	uint16_t home; /* region */
	peer_id id;
};

struct sim_node {
	const char *name;
	struct box *box;
	struct rng rng;
	struct node *node; /* NULL: not running */
	struct node_private key;
	struct node_key public;
	struct ip address; /* in the tunnel */
	uint16_t port;
	struct hard_config hard;                       /* as it starts with */
	struct sim_relay *relays[SIM_NODE_RELAYS_MAX]; /* the first is home */
	struct pipe *pipes[SIM_NODE_RELAYS_MAX];
	bool up[SIM_NODE_RELAYS_MAX]; /* the pipe is */
	size_t n_relays;
	/* What its network tells it; set before it starts. */
	struct gateway *gateway; /* NULL: none is known */
	struct ip inside;        /* its address towards the gateway */
	struct ip inside6;       /* the same in IPv6; family 0: that one opens no firewall */
	struct prefix nat64;     /* family 0: none */
	struct sim_peer peers[SIM_NODE_PEERS_MAX];
	size_t n_peers;
	struct sim_node_observer observer;
	struct sim_socket {
		uint16_t number, port;
	} sockets[SOCKETS_MAX]; /* the extra ones that are open */
	size_t n_sockets;
	uint32_t sockets_version;
	struct flows flows;
	struct alarm alarm;
	struct way arriving; /* how what is handled now came */
	uint8_t memory[PACKET_SIZE];
	mono_ns moment; /* of the turns counted */
	unsigned turns;
	bool asleep;
	bool spins; /* SIM_NODE_TURNS_MAX was reached: it is not driven any further */
};

void sim_node_init(struct sim_node *n, struct box *box, const char *name, const struct ip *address,
		   uint16_t port, const struct rng *rng);
void sim_node_fini(struct sim_node *n);
void sim_node_add_relay(struct sim_node *n, struct sim_relay *r);
void sim_node_add_peer(struct sim_node *n, struct sim_node *peer, uint16_t home);
/* With its own key, a new disco key, and what was added before. */
void sim_node_start(struct sim_node *n, mono_ns now);
void sim_node_stop(struct sim_node *n,
		   mono_ns now); /* as a crash: streams close, nothing is said */
/* Tells the node the addresses its host has now, and that the link changed. */
void sim_node_address_changed(struct sim_node *n, mono_ns now);
/* Has it make a report of where it is (node_netcheck). */
void sim_node_netcheck(struct sim_node *n, bool full, mono_ns now);
void sim_node_lifetime(struct sim_node *n, mono_ns longest, mono_ns now);
void sim_node_link_changed(struct sim_node *n, mono_ns now);
/* The machine sleeps: it hears and does nothing until it wakes. At least NODE_SLEEP_LONG. */
void sim_node_sleep(struct sim_node *n);
void sim_node_wake(struct sim_node *n, mono_ns slept, mono_ns now);
/* An IP packet from the system; copied. */
void sim_node_tun(struct sim_node *n, struct bytes packet, mono_ns now);
bool sim_node_peer_status(struct sim_node *n, const struct sim_node *peer, mono_ns now,
			  struct node_peer_status *out) MUST_USE;

#endif

/* sim/sim_reach.h - a reach on a simulated host
 *
 * It gives the reach what a program would: sockets, streams to relays, UPnP and DNS.  The pump
 * (reach/pump.h) drives it, as in the program.  What stands on top of it (a node: sim_node.h) says
 * how datagrams and time reach the machine.
 */
#ifndef SIM_REACH_H
#define SIM_REACH_H

#include "reach/pump.h"
#include "sim/flows.h"
#include "sim/gateway.h"
#include "sim/sim_relay.h"

enum {
	SIM_RELAYS_MAX = 4,
	SIM_TURNS_MAX = 10000 /* rounds in one moment: more is a machine that spins */
};

/* What stands on top. */
struct sim_reach_owner {
	const struct pump_machine *machine;
	void (*datagram)(void *self, struct datagram *d, mono_ns now);
	void (*tick)(void *self, mono_ns now);
	void (*event)(void *self, const struct reach_event *ev, mono_ns now);
	void *self;
};

struct sim_reach {
	struct box *box;
	struct rng rng;
	struct reach *reach; /* NULL: not running */
	struct sim_reach_owner owner;
	struct pump pump;
	uint16_t port;
	struct hard_config hard;                  /* as it starts with */
	struct sim_relay *relays[SIM_RELAYS_MAX]; /* the first is home */
	struct pipe *pipes[SIM_RELAYS_MAX];
	bool up[SIM_RELAYS_MAX]; /* the pipe is */
	size_t n_relays;
	/* What its network tells it; to be set before it starts. */
	struct gateway *gateway; /* NULL: none is known */
	struct ip inside;        /* its address towards the gateway */
	struct ip inside6;       /* the same in IPv6; family 0: that one opens no firewall */
	struct prefix nat64;     /* family 0: none */
	struct sim_socket {
		uint16_t number, port;
	} sockets[SOCKETS_MAX]; /* the extra ones that are open */
	size_t n_sockets;
	struct flows flows;
	struct alarm alarm;
	struct way arriving; /* the way by which what is handled now came */
	uint8_t memory[PACKET_SIZE];
	mono_ns moment; /* of the rounds counted */
	unsigned turns;
	bool asleep;
	bool spins; /* SIM_TURNS_MAX was reached: the pump does not drive it any more */
};

void sim_reach_init(struct sim_reach *s, struct box *box, uint16_t port, const struct rng *rng,
		    const struct sim_reach_owner *owner);
void sim_reach_add_relay(struct sim_reach *s, struct sim_relay *r);
/* A new machine: it is told what is around it.  Kept until sim_reach_stop. */
void sim_reach_start(struct sim_reach *s, struct reach *reach, mono_ns now);
void sim_reach_stop(struct sim_reach *s, mono_ns now); /* streams close, nothing is said */
void sim_reach_fini(struct sim_reach *s);              /* the reach is gone already */
/* To be called after each call into the machine. */
void sim_reach_pump(struct sim_reach *s, mono_ns now);
/* A packet for the owner to fill, in the memory of this host. NULL: too long, or it does not run.
 */
uint8_t *sim_reach_packet(struct sim_reach *s, struct packet *p, struct bytes b) MUST_USE;

/* Tells the machine the addresses that its host has now, and that the link changed. */
void sim_reach_address_changed(struct sim_reach *s, mono_ns now);
void sim_reach_link_changed(struct sim_reach *s, mono_ns now);
/* The host sleeps: it takes nothing and does nothing until it wakes.  For at least
 * REACH_SLEEP_LONG. */
void sim_reach_sleep(struct sim_reach *s);
void sim_reach_wake(struct sim_reach *s, mono_ns slept, mono_ns now);

#endif

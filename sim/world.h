/* sim/world.h - one seed, one clock, one internet with relays, households and nodes in a few lines
 *
 *   struct world *w = world_new(seed);
 *   struct sim_relay *relay = world_relay(w, 0);
 *   struct household *alice = world_household(w, "alice", &cfg);
 *   struct household *bob = world_household(w, "bob", &cfg);
 *   world_know(w, alice, bob);
 *   world_run(w, 10 * SECOND);
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "crypto/seeded.h"
#include "sim/budget.h"
#include "sim/traffic.h"

enum {
	WORLD_HOUSEHOLDS_MAX = 8,
	WORLD_RELAYS_MAX = SIM_RELAYS_MAX,
	WORLD_TRAFFIC_MAX = 8,
	WORLD_MEASURES_MAX = 16,
	WORLD_FAULT_MAX = 240
};

struct household_config {
	struct link_config line; /* each way between home and internet */
	bool no_nat;             /* the host stands in the internet itself */
	struct nat_config nat;   /* without its external address */
	bool blocks_udp;
	struct ip external, inside; /* family 0: the world chooses */
	uint16_t port;              /* of the node; 0: the world chooses */
	bool no_hard;               /* crossing hard NATs is switched off */
	bool slow_punch;
	bool ipv6; /* also has an IPv6 prefix, behind a firewall with the NAT's filtering */
};

struct household {
	struct box *router, *host; /* without a NAT the same box */
	struct ip external;        /* IPv4, as the internet sees it */
	struct sim_node node;
	struct gateway gateway;
	struct budget budget;
	uint32_t moves; /* PATH_MOVED events of the node */
	uint32_t doubts;
	mono_ns direct_at; /* its node first moved to a direct path; MONO_NEVER */
};

/* A number that a run measured, for the table over all seeds. */
struct measure {
	const char *name; /* with its unit */
	uint64_t value;
};

struct world {
	uint64_t seed;
	struct seeded seeded;
	struct rng rng;
	struct events events;
	struct net net;
	struct sim_relay relays[WORLD_RELAYS_MAX];
	size_t n_relays;
	struct household households[WORLD_HOUSEHOLDS_MAX];
	size_t n_households;
	struct traffic traffic[WORLD_TRAFFIC_MAX];
	size_t n_traffic;
	struct measure measures[WORLD_MEASURES_MAX];
	size_t n_measures;
	uint64_t steps;
	char fault[WORLD_FAULT_MAX]; /* what went wrong first; empty: nothing */
	/* Called with each event of a node, after the world has counted it; may be NULL. */
	void (*event)(void *self, struct household *h, const struct reach_event *ev, mono_ns now);
	void *self;
};

struct world *world_new(uint64_t seed);
void world_free(struct world *w);
mono_ns world_now(const struct world *w);

/* Regions count from 1. `delay` is one way between the relay and the internet's middle; NULL: an
 * address is chosen. */
struct sim_relay *world_relay(struct world *w, mono_ns delay, const struct ip *address);
/* A home with a host and a running node.  The node uses the relays that exist by then. */
struct household *world_household(struct world *w, const char *name,
				  const struct household_config *cfg);
/* The same where the boxes exist: a host, the router before it (or the host again), and the address
 * that the IPv4 internet sees (family 0: none). */
struct household *world_node(struct world *w, const char *name, struct box *router,
			     struct box *host, const struct ip *external);
/* Makes each the other's peer.  Nodes that run start anew. */
void world_know(struct world *w, struct household *a, struct household *b);
struct traffic *world_traffic(struct world *w, struct household *from, struct household *to,
			      mono_ns interval);

/* Runs until so much time has passed, or something went wrong. */
void world_run(struct world *w, mono_ns time);
/* Runs until `is` holds, at most so long.  False: it does not hold. */
bool world_wait(struct world *w, bool (*is)(struct world *w), mono_ns at_most) MUST_USE;

/* Both nodes talk directly, and nothing is in doubt. */
bool world_is_direct(struct world *w, struct household *a, struct household *b);
/* The middle of the internet swallows what a sends to b directly.  The relay still carries all. */
void world_cut(struct world *w, const struct household *a, const struct household *b);
void world_heal(struct world *w);
void household_flush(struct household *h);

/* Notes a fault if it does not hold; only the first one is kept. */
void world_expect(struct world *w, bool holds, const char *fmt, ...) PRINTF(3, 4);
void world_measure(struct world *w, const char *name, uint64_t value);

#endif

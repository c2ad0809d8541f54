/* sim/traffic.h - numbered packets from one node to another at a steady pace, and what became of
 * them */
#ifndef SIM_TRAFFIC_H
#define SIM_TRAFFIC_H

#include "sim/sim_node.h"

enum { TRAFFIC_PACKET_LEN = 100, TRAFFIC_PACKET_MAX = 1500, TRAFFIC_PORT = 7000 };

struct traffic_packet {
	mono_ns sent;
	mono_ns arrived; /* MONO_NEVER: not yet, or never */
	struct way how;  /* the way by which it came */
};

struct traffic {
	struct events *events;
	struct sim_node *from, *to;
	uint16_t id; /* its UDP port is STREAM_PORT plus this */
	mono_ns interval;
	size_t len; /* of each IP packet, bytes; STREAM_PACKET_LEN unless set otherwise before the
		       first */
	bool running;
	struct traffic_packet *v; /* by sequence number */
	size_t n, cap;
	mono_ns last_arrival;
	uint64_t doubled, damaged; /* packets that arrived twice, or changed */
	/* Called before each packet is sent, and when one arrives; may be NULL. */
	void (*sent)(void *self, struct traffic *s, size_t seq, mono_ns now);
	void (*arrived)(void *self, struct traffic *s, size_t seq, mono_ns now);
	void *self;
};

void traffic_init(struct traffic *s, struct events *events, struct sim_node *from,
		  struct sim_node *to, uint16_t id, mono_ns interval);
void traffic_fini(struct traffic *s);
void traffic_start(struct traffic *s, mono_ns now); /* the first packet goes now */
void traffic_stop(struct traffic *s);
void traffic_send(struct traffic *s, mono_ns now); /* one packet */
/* A packet that came out of the receiver's node.  False: it is no packet of this traffic. */
bool traffic_take(struct traffic *s, const struct sim_node *at, struct bytes packet,
		  const struct way *how, mono_ns now) MUST_USE;

/* Packets sent in [from, until) that have not arrived. */
size_t traffic_lost(const struct traffic *s, mono_ns from, mono_ns until);
/* The longest time without an arrival, among the packets sent in [from, until).  The time from the
 * last arrival to `until` counts too. */
mono_ns traffic_longest_gap(const struct traffic *s, mono_ns from, mono_ns until);
/* When the first packet arrived of those that were sent at `since` or later.  direct: of those that
 * came by UDP.  MONO_NEVER: none did. */
mono_ns traffic_first_arrival(const struct traffic *s, mono_ns since, bool direct);

#endif

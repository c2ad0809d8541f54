/* reach/inside.h - what the files of reach/ share: the machine and its parts
 *
 *   reach.c     its life, its peers, what may be asked
 *   network.c   what is around it, also a network that has only IPv6
 *   send.c      from the owner to the peers
 *   receive.c   from outside: what ends here, and what is the owner's
 *   relays.c    the relay clients, one a region
 *   checks.c    netcheck, and the measuring of binding lifetimes
 *   effects.c   what is to be sent and told, until the owner takes it
 *   drain.c     takes from all parts what is to be sent and told
 */
#ifndef REACH_INSIDE_H
#define REACH_INSIDE_H

#include "reach/reach.h"

enum {
	REACH_SLOTS = 64, /* packets of our own in one drain: control datagrams, relayed packets */
	REACH_EVENTS_MAX = 64,  /* waiting for the owner; the oldest is dropped */
	REACH_RECEIPTS_MAX = 64 /* for the owner in one drain; more are dropped: they repeat */
};

struct relay_slot {
	bool used;
	uint16_t region;
	struct relay_client *client;
	bool open;            /* the owner has a stream for it, or makes one */
	bool dial;            /* the owner is to be told to make one */
	uint16_t hangup_from; /* the owner is to be told to hang up on this region, which may be
			       * that of an earlier relay in this slot; 0: not */
};

struct reach_peer {
	bool used;
	struct node_key key;
	uint64_t lost_no_way;
};

struct receipt_owed {
	peer_id peer;
	struct way by;
};

struct reach {
	struct rng rng;
	struct node_private key;
	struct node_key self;
	bool own_receipts;
	struct paths *paths;
	struct netcheck *netcheck;
	struct socket_wish sockets;      /* of paths and of the checks */
	uint32_t paths_wish;             /* the version of paths' wish that is in it */
	uint16_t check_socket;           /* netcheck's socket that is in it */
	struct binding_life lifetime[2]; /* over IPv4 and IPv6 */
	uint32_t lifetime_wish[2];       /* the versions of their sockets that are in it */
	struct nat64 nat64;
	struct relay_slot relays[RELAYS_MAX];
	size_t relays_end; /* from here on no place was ever used */
	bool streams_owed; /* a dial or a hang-up may wait to be told */
	struct reach_peer *peers;
	peer_id *free_ids; /* a stack; the lowest on top at first */
	uint32_t n_free, peers_max;
	struct reach_stats stats;

	/* What the owner is to send.  handed: it has been, so the next call begins anew. */
	struct reach_out out;
	bool handed;
	uint8_t (*slots)[PACKET_SIZE];
	size_t slots_used;
	struct receipt_owed receipts[REACH_RECEIPTS_MAX];
	size_t n_receipts;

	struct reach_event events[REACH_EVENTS_MAX];
	size_t event_first, n_events;
};

static inline bool reach_has_peer(const struct reach *r, peer_id id)
{
	return id < r->peers_max && r->peers[id].used;
}

/* effects.c */
void reach_emit(struct reach *r, const struct reach_event *ev);
void reach_send_udp(struct reach *r, const struct packet *p, const struct way *to); /* WAY_UDP */
void reach_send_probe(struct reach *r, const struct packet *p, const struct paths_send *to);

/* network.c */
void network_tick(struct reach *r, mono_ns now);

/* relays.c */
void relays_send(struct reach *r, uint16_t region, const struct node_key *to, struct bytes b,
		 mono_ns now);
/* The next event of a relay client that is about a peer: a packet, or that the peer is not there.
 * All other events end here.  `ev` is borrowed until the next call. */
bool relays_next(struct reach *r, uint16_t *region, struct relay_client_event *ev,
		 mono_ns now) MUST_USE;
bool relays_event(struct reach *r, struct reach_event *ev) MUST_USE;
mono_ns relays_deadline(const struct reach *r);
void relays_tick(struct reach *r, mono_ns now);
void relays_free(struct reach *r);
void relays_hangup_all(struct reach *r, const char *why, mono_ns now);

/* checks.c */
bool checks_input(struct reach *r, const struct way *from, struct bytes datagram,
		  mono_ns now) MUST_USE;
void checks_link_changed(struct reach *r, mono_ns now);
mono_ns checks_deadline(const struct reach *r);
void checks_tick(struct reach *r, mono_ns now);

#endif

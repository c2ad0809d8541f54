/* node/inside.h - what the files of node/ share: the node and its parts
 *
 *   node.c     its life, what it is set to, what may be asked
 *   too_big.c  what does not fit a peer's path
 *   send.c  from the TUN to the peers
 *   receive.c   from the peers to the TUN
 *   relays.c   its relay clients
 *   reach/network.c  the network around it, also one that has only IPv6
 *   advert.c   telling peers our disco key inside the tunnel
 *   reach/effects.c      what is to be sent and told, until the owner takes it
 *   drain.c    all parts asked for it
 */
#ifndef NODE_INSIDE_H
#define NODE_INSIDE_H

#include "base/heap.h"
#include "node/node.h"

enum {
	NODE_SLOTS = 64, /* packets of our own in one drain: control datagrams, relayed packets */
	NODE_EVENTS_MAX = 64, /* waiting for the owner; the oldest is dropped */
	NODE_ADVERT_REPEATS = 2
};

struct relay_slot {
	bool used;
	uint16_t region;
	struct relay_client *client;
	bool open;            /* the owner has a stream for it, or is getting one */
	bool dial;            /* to be told to the owner */
	uint16_t hangup_from; /* the owner is to be told to hang up on this region, which may be
			       * that of an earlier relay in this slot; 0: not */
};

struct node_peer_slot {
	bool used, plain;
	struct node_key key;
	struct ip address
		[2]; /* IPv4, IPv6: where it is reached inside the tunnel; family 0: none known */
	bool ping_wanted;     /* node_ping came before its disco key */
	struct way asked_by;  /* the way by which its last handshake message came */
	uint8_t adverts_left; /* repeats of our disco key to send while it is relayed */
	uint64_t lost_no_way;
};

struct node {
	struct rng rng;
	struct node_private key;
	struct node_key self;
	struct tunnel *tunnel;
	struct paths *paths;
	struct netcheck *netcheck;
	struct socket_wish sockets;      /* of paths and of netcheck */
	uint32_t paths_wish;             /* the version of paths' wish that is in it */
	uint16_t check_socket;           /* netcheck's socket that is in it */
	struct binding_life lifetime[2]; /* over IPv4 and IPv6 */
	uint32_t lifetime_wish[2];       /* the versions of their sockets that are in it */
	struct nat64 nat64;
	struct ip addresses[NODE_ADDRESSES_MAX];
	size_t n_addresses;
	uint16_t port; /* of our own socket */
	struct relay_slot relays[RELAYS_MAX];
	struct node_peer_slot *peers;
	uint32_t peers_max;
	struct heap adverts; /* when a peer is to be told our disco key again */
	struct node_stats stats;

	/* What the owner is to send; when it has been handed out, the next call begins anew. */
	struct node_out out;
	bool handed;
	uint8_t (*slots)[PACKET_SIZE];
	size_t slots_used;

	struct node_event events[NODE_EVENTS_MAX];
	size_t event_first, n_events;
};

/* send.c: a sealed packet goes to its peer, by every way of its route. The memory must stay. */
void node_emit(struct node *n, peer_id id, const struct packet *p, mono_ns now);
/* Seals and emits a packet of our own; a peer without a session gets it after the handshake. */
void node_say(struct node *n, peer_id id, struct packet *p, mono_ns now);

/* reach/network.c */
void node_nat64_tick(struct node *n, mono_ns now);

/* too_big.c: does not fit whole; true: its sender was told, it is done with. */
bool too_big(struct node *n, peer_id id, const struct packet *p) MUST_USE;

/* reach/effects.c */
void node_begin(struct node *n); /* forget what was handed out */
bool node_slot(struct node *n,
	       struct packet *out) MUST_USE; /* an empty packet until the next drain */
void node_tell(struct node *n, const struct node_event *ev);
bool node_send_udp(struct node *n, const struct packet *p, const struct way *to); /* WAY_UDP */
bool node_send_probe(struct node *n, const struct packet *p, const struct paths_send *to);
bool node_send_udp_from(struct node *n, const struct packet *p, const struct way *to,
			const struct ip *from);

/* receive.c: one WireGuard datagram that came this way; relay_source as in paths_input. */
void node_take_wireguard(struct node *n, struct packet *p, const struct way *from,
			 const struct node_key *relay_source, mono_ns now);
/* One datagram of any kind, relayed. */
void node_take_relayed(struct node *n, uint16_t region, const struct node_key *from, struct bytes b,
		       mono_ns now);

/* relays.c */
void relays_send(struct node *n, uint16_t region, const struct node_key *to, struct bytes b,
		 mono_ns now);
/* The next packet that came through a relay; it is borrowed until the next call. */
bool relays_packet(struct node *n, uint16_t *region, struct relay_client_event *ev,
		   mono_ns now) MUST_USE;
bool relays_event(struct node *n, struct node_event *ev) MUST_USE;
mono_ns relays_deadline(const struct node *n);
void relays_tick(struct node *n, mono_ns now);
void relays_free(struct node *n);
void relays_hangup_all(struct node *n, const char *why, mono_ns now);

/* checks.c */
void checks_pump(struct node *n, mono_ns now);
bool checks_input(struct node *n, const struct way *from, struct bytes datagram,
		  mono_ns now) MUST_USE;
void checks_link_changed(struct node *n, mono_ns now);
mono_ns checks_deadline(const struct node *n);
void checks_tick(struct node *n, mono_ns now);

/* advert.c */
void advert_begin(struct node *n, peer_id id, mono_ns now); /* a session began */
void advert_tick(struct node *n, mono_ns now);

#endif

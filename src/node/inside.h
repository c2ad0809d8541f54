/* node/inside.h - what the files of node/ share: the node and its parts
 *
 *   node.c     its life, its peers, what may be asked
 *   send.c     from the TUN to the peers
 *   receive.c  from the peers to the TUN
 *   too_big.c  what does not fit a peer's path
 *   advert.c   telling peers our disco key inside the tunnel
 *   drain.c    takes from all parts what is to be sent
 */
#ifndef NODE_INSIDE_H
#define NODE_INSIDE_H

#include "base/heap.h"
#include "node/node.h"
#include "wire/ip.h"

enum { NODE_ADVERT_REPEATS = 2 };

struct node_peer_slot {
	bool used, plain;
	struct ip address[2]; /* inside the tunnel, IPv4 and IPv6; family 0: none is known */
	bool ping_wanted;     /* node_ping was called before its disco key was known */
	struct way asked_by;  /* the way by which its last handshake message came */
	bool has_host[2];     /* among its prefixes of that family there are whole addresses */
	uint8_t adverts_left; /* repeats of our disco key to send while it is relayed */
};

struct node {
	struct reach *reach;
	struct tunnel *tunnel;
	struct ip addresses[NODE_ADDRESSES_MAX];
	size_t n_addresses;
	uint16_t port;                /* of our own socket */
	struct node_peer_slot *peers; /* by the ids of reach */
	uint32_t peers_max;
	struct heap adverts; /* when a peer is to be told our disco key again */
	struct node_stats stats;
	struct node_out out;
	bool handed;
};

/* A turn begins: what the last drain handed out is forgotten. */
void node_begin(struct node *n);

/* send.c: seals and sends a packet of our own; a peer without a session gets it after the
 * handshake. */
void node_send_own(struct node *n, peer_id id, struct packet *p, mono_ns now);

/* receive.c: one WireGuard datagram that came this way; relay_source as in paths_input. */
void node_take_wireguard(struct node *n, struct packet *p, const struct way *from,
			 const struct node_key *relay_source, mono_ns now);

/* receive.c: a packet of fe80::/10, which does not pass in either direction; counted. */
bool node_is_of_link(struct node *n, const struct packet *p) MUST_USE;

/* too_big.c: does not fit whole; true: its sender was told, it is done with. ip is
 * what the packet's header says. */
bool too_big(struct node *n, peer_id id, const struct packet *p,
	     const struct ip_packet *ip) MUST_USE;

/* advert.c */
void advert_begin(struct node *n, peer_id id, mono_ns now); /* a session began */
void advert_tick(struct node *n, mono_ns now);

#endif

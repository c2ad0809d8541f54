/* path/paths.h - how each peer of one node is reached
 *
 * A pure machine over all peers: it talks through the relay at once, gathers our own candidates,
 * tells them to the peer over the side channel, probes the peer's, chooses by round trip, notices
 * silence, and moves.  It sends nothing itself and sees no user data: the packet path asks it for a
 * peer's route (paths_route) and reports signs of life (paths_on_heard).
 *
 * Peers are named by the ids the owner chose (the same as in tunnel/).
 *
 * Source: reference, data plane 2 and 7; design, "How a peer is reached".
 */
#ifndef PATH_PATHS_H
#define PATH_PATHS_H

#include "base/peer.h"
#include "base/place.h"
#include "base/rng.h"
#include "base/socket_wish.h"
#include "crypto/keys.h"
#include "path/find/candidate.h"
#include "path/portmap/portmap.h"
#include "path/types.h"

enum {
	PATHS_CALL_MAX = 80 + 18 * CANDIDATES_MAX,
	PATHS_DATAGRAM_MAX = 1472, /* largest datagram that paths_output writes */
	PATHS_HINTS_MAX = 8
};

struct paths;

struct paths_config {
	struct node_key self;       /* copied: goes into pings as a hint */
	struct disco_private disco; /* copied; made anew at each start of the program */
	struct rng rng;             /* kept */
	uint32_t peers_max;
	uint16_t port; /* the UDP port, the same for IPv4 and IPv6 */
};

struct paths *paths_new(const struct paths_config *cfg,
			mono_ns now) MUST_USE; /* NULL: out of memory */
void paths_free(struct paths *p);
const struct disco_key *paths_disco_key(const struct paths *p);

/* --- what there is around us; may change at any time --- */

/* The relays there are. */
void paths_set_relays(struct paths *p, const struct relay_place *v, size_t n, mono_ns now);

/* Addresses of interfaces that are up, the tunnel's own left out. A changed set is a link change:
 * every path is doubted and probed anew. */
void paths_set_interfaces(struct paths *p, const struct own_address *v, size_t n, mono_ns now);
/* The network changed in another way (wake from sleep, another default route): doubt every path. */
void paths_on_link_change(struct paths *p, mono_ns now);
/* The ways out to the internet: a default gateway, and our own address towards it; the first of a
 * family is the one that our datagrams leave by. They are asked to map our port. What one had
 * mapped that is gone is forgotten. None: nothing is asked. */
void paths_set_gateways(struct paths *p, const struct uplink *v, size_t n, mono_ns now);
/* portmap_announced. */
bool paths_gateway_announced(struct paths *p, const struct endpoint *from, struct bytes datagram,
			     mono_ns now);
/* What UPnP needs done, which takes too long and too much for this machine
 * (path/portmap/upnp_mapper.h). */
bool paths_upnp_ask(struct paths *p, struct upnp_ask *out) MUST_USE; /* until false */
void paths_upnp_report(struct paths *p, const struct upnp_report *r, mono_ns now);
/* We are about to leave: what to send so that nothing of ours stays mapped comes from paths_output.
 * Nothing is asked again until gateways are set. */
void paths_release(struct paths *p, mono_ns now);

void paths_portmap(const struct paths *p, mono_ns now, struct portmap_status *out);
void paths_set_fixed(struct paths *p, const struct endpoint *v, size_t n,
		     mono_ns now); /* by hand */
void paths_set_port(struct paths *p, uint16_t port, mono_ns now);

/* Our own NAT keeps a binding of this family (4 or 6) so long, and not much longer: paths are kept
 * warm by that. 0: not known. Forgotten when the network changes. */
void paths_set_lifetime(struct paths *p, uint8_t family, mono_ns lifetime);

void paths_set_hard(struct paths *p, const struct hard_config *cfg, mono_ns now);

/* --- peers --- */

struct paths_peer {
	struct node_key key;
	uint16_t home;                          /* region of its home relay; 0: none */
	struct endpoint hints[PATHS_HINTS_MAX]; /* endpoints given by hand or by control */
	size_t n_hints;
	struct disco_key
		disco; /* as somebody told us; zero: it tells it itself, inside the tunnel */
	bool plain; /* speaks WireGuard only: no disco, no relay; roams to where it is heard from */
};
void paths_peer_set(struct paths *p, peer_id id, const struct paths_peer *cfg,
		    mono_ns now);                                           /* new or changed */
peer_id paths_peer_find(const struct paths *p, const struct node_key *key); /* PEER_NONE */
/* Borrowed; zero: not known, or there is no such peer. */
const struct disco_key *paths_peer_disco_key(const struct paths *p, peer_id id);
void paths_peer_remove(struct paths *p, peer_id id, mono_ns now);
/* The peer's disco key, learned inside the tunnel or from control. A new one means it restarted. */
void paths_peer_disco(struct paths *p, peer_id id, const struct disco_key *key, mono_ns now);

/* --- datagrams --- */

enum paths_input {
	PATHS_TAKEN,    /* disco or STUN for us: done with */
	PATHS_NOT_MINE, /* neither: give it to the tunnel */
	PATHS_DROPPED   /* malformed, not authentic, from a stranger: counted */
};
/* relay_source: WAY_RELAY only, the node key the relay named; else NULL. */
enum paths_input paths_input(struct paths *p, const struct way *from,
			     const struct node_key *relay_source, struct bytes datagram,
			     mono_ns now) MUST_USE;

struct paths_send {
	struct way via;
	struct node_key to; /* WAY_RELAY: for whom */
	bool dont_fragment; /* it must not be cut on its way */
	struct ip from; /* WAY_UDP: the address of ours that it must leave from; family 0: any */
};
/* Writes the next datagram to send. Call until false. `out` must have room for PATHS_DATAGRAM_MAX.
 */
bool paths_output(struct paths *p, struct paths_send *to, struct wr *out, mono_ns now) MUST_USE;

/* --- the packet path --- */

/* Data goes to this peer now, by its route. On a direct path a stream costs a ping each 3 s; if
 * nothing comes back, not even receipts (PATH_RECEIPT), at most three pings a second, of 124 bytes.
 */
void paths_on_send(struct paths *p, peer_id id, mono_ns now);
void paths_route(const struct paths *p, peer_id id, struct route *out);
/* An authentic WireGuard message of this peer came this way. */
void paths_on_heard(struct paths *p, peer_id id, const struct way *from, mono_ns now);
/* The same, and it was data: the peer may need a sign that it is heard (PATH_RECEIPT). */
void paths_on_data(struct paths *p, peer_id id, const struct way *from, mono_ns now);
/* The answer to PATH_RECEIPT where the owner has none of its own: a disco message by this way. */
void paths_send_receipt(struct paths *p, peer_id id, const struct way *via);
/* The largest IP packet that fits whole into what this peer's path carries; 0: nothing is known
 * against any. */
uint16_t paths_mtu(const struct paths *p, peer_id id);
/* The largest IP packet of the tunnel, bytes; 1280 if it is not set. */
void paths_set_mtu(struct paths *p, uint16_t bytes);
/* The system refused to send to this endpoint (unreachable): doubt it at once. */
void paths_on_unreachable(struct paths *p, const struct endpoint *ep, mono_ns now);

/* The connection to this relay was lost. */
void paths_on_relay_lost(struct paths *p, uint16_t region, mono_ns now);

/* `warren ping`: one disco ping over each way there is; the answers come as PATH_PONG events.
 * False: the peer's disco key is not known yet. */
bool paths_ping(struct paths *p, peer_id id, mono_ns now) MUST_USE;

/* The extra sockets that are to be open; look before each paths_output's datagram is sent.
 * Borrowed. */
const struct socket_wish *paths_sockets(const struct paths *p);

mono_ns paths_deadline(const struct paths *p);
void paths_tick(struct paths *p, mono_ns now);

bool paths_event(struct paths *p,
		 struct path_event *ev) MUST_USE; /* until false; oldest lost when nobody asks */

/* Our own candidates, most useful first. */
const struct candidates *paths_candidates(const struct paths *p);

struct paths_peer_status {
	struct route route;
	bool direct; /* the main way is UDP */
	bool doubted;
	bool active;            /* traffic within the last 45 s */
	bool aside;             /* there is a direct path, but the relay is clearly faster */
	mono_ns rtt;            /* of the main way; 0: unknown */
	struct endpoint second; /* the direct path that is kept warm beside the one in use; unset:
				   there is none */
	struct disco_key disco;
	uint32_t n_candidates;
	uint16_t mtu;           /* as paths_mtu */
	mono_ns rest;           /* between pings of a path that is kept warm (lifetime.h) */
	mono_ns lifetime_below; /* a path of this peer that rested so long was found dead; 0: none
				   was */
};
void paths_peer_status(const struct paths *p, peer_id id, mono_ns now,
		       struct paths_peer_status *out);

const struct paths_stats *paths_stats(const struct paths *p);

#endif

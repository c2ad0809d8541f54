/* path/paths.h - how each peer of one node is reached
 *
 * A pure machine over all peers.  It talks through the relay at once, gathers our own candidates,
 * tells them to the peer over the relay, probes the candidates of the peer, chooses by round trip,
 * notices silence, and moves.  It sends nothing itself and sees no user data: the packet path asks
 * for a peer's route (paths_route) and reports what the tunnel heard (paths_on_heard).
 *
 * Peers have the ids that the owner chose, the same as in tunnel/.
 *
 * Source: disco.md 3 to 8; docs/architecture.md, "How a peer is reached".
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
	PATHS_DATAGRAM_MAX = 1472, /* the largest datagram that paths_output writes */
	PATHS_HINTS_MAX = 8
};

struct paths;

struct paths_config {
	struct node_key self;       /* copied; pings carry it as a hint */
	struct disco_private disco; /* copied; a new one at each start of the program */
	struct rng rng;             /* kept */
	uint32_t peers_max;
	uint16_t port; /* the UDP port, the same for IPv4 and IPv6 */
};

struct paths *paths_new(const struct paths_config *cfg,
			mono_ns now) MUST_USE; /* NULL: out of memory */
void paths_free(struct paths *p);
const struct disco_key *paths_disco_key(const struct paths *p);

/* --- what there is around us; may change at any time --- */

/* All relays of the network; copied. */
void paths_set_relays(struct paths *p, const struct relay_place *v, size_t n, mono_ns now);

/* The addresses of interfaces that are up, without the tunnel's own; copied.  A changed set is a
 * link change. */
void paths_set_interfaces(struct paths *p, const struct own_address *v, size_t n, mono_ns now);
/* Our network changed in another way (wake from sleep, another default route): every path is
 * doubted and probed anew. */
void paths_on_link_change(struct paths *p, mono_ns now);
/* The ways out to the internet, each with a default gateway and our own address towards it; copied.
 * Our datagrams leave by the first of a family.  The gateways are asked to map our port; the
 * mappings of a gateway that is gone are forgotten. */
void paths_set_gateways(struct paths *p, const struct uplink *v, size_t n, mono_ns now);
/* As portmap_announced (path/portmap/portmap.h). */
bool paths_gateway_announced(struct paths *p, const struct endpoint *from, struct bytes datagram,
			     mono_ns now);
/* What UPnP needs done.  That means waiting and reading XML, so the owner does it
 * (path/portmap/upnp_mapper.h). */
bool paths_upnp_ask(struct paths *p, struct upnp_ask *out) MUST_USE; /* until false */
void paths_upnp_report(struct paths *p, const struct upnp_report *r, mono_ns now);
/* We are about to leave: paths_output writes what undoes our mappings.  No gateway is asked again
 * until gateways are set. */
void paths_release(struct paths *p, mono_ns now);

void paths_portmap(const struct paths *p, mono_ns now, struct portmap_status *out);
/* Candidates of ours that a person configured; copied. */
void paths_set_fixed(struct paths *p, const struct endpoint *v, size_t n, mono_ns now);
/* A changed port is a link change. */
void paths_set_port(struct paths *p, uint16_t port, mono_ns now);

/* Our own NAT keeps a binding of this family (4 or 6) for so long, and not much longer; 0: unknown.
 * Paths are kept warm accordingly.  Forgotten when our network changes. */
void paths_set_lifetime(struct paths *p, uint8_t family, mono_ns lifetime);

void paths_set_hard(struct paths *p, const struct hard_config *cfg, mono_ns now);

/* --- peers --- */

struct paths_peer {
	struct node_key key;
	uint16_t home;                          /* the region of its home relay; 0: none */
	struct endpoint hints[PATHS_HINTS_MAX]; /* endpoints from the configuration or control */
	size_t n_hints;
	struct disco_key disco; /* zero: the peer itself will tell it, inside the tunnel */
	bool plain; /* WireGuard only: no disco, no relay; its traffic goes where it was heard */
};
/* A new or a changed peer; copied. */
void paths_peer_set(struct paths *p, peer_id id, const struct paths_peer *cfg, mono_ns now);
peer_id paths_peer_find(const struct paths *p, const struct node_key *key); /* PEER_NONE */
/* Borrowed; zero: not known, or there is no such peer. */
const struct disco_key *paths_peer_disco_key(const struct paths *p, peer_id id);
void paths_peer_remove(struct paths *p, peer_id id, mono_ns now);
/* The peer told its disco key inside the tunnel.  A new key means that the peer restarted.  Four
 * are taken at once, and then one in 2 s: the last that was told.  Our own key is not taken. */
void paths_peer_disco(struct paths *p, peer_id id, const struct disco_key *key, mono_ns now);

/* --- datagrams --- */

enum paths_input {
	PATHS_TAKEN,    /* disco, STUN or port mapping, and done */
	PATHS_NOT_MINE, /* none of these: give it to the tunnel */
	PATHS_DROPPED   /* malformed, not authentic, not expected or from a stranger: counted */
};
/* datagram: borrowed.  relay_source: the node key that the relay named (WAY_RELAY); else NULL. */
enum paths_input paths_input(struct paths *p, const struct way *from,
			     const struct node_key *relay_source, struct bytes datagram,
			     mono_ns now) MUST_USE;

struct paths_send {
	struct way via;
	struct node_key to; /* WAY_RELAY: the receiver */
	bool dont_fragment;
	struct ip from; /* WAY_UDP: our address that it must leave from; family 0: any */
};
/* Writes the next datagram to send.  Call until false.  `out` must be empty and have room for
 * PATHS_DATAGRAM_MAX. */
bool paths_output(struct paths *p, struct paths_send *to, struct wr *out, mono_ns now) MUST_USE;

/* --- the packet path --- */

/* Data goes to this peer now, by its route. On a direct path a stream costs a ping each 3 s; if
 * nothing comes back, not even receipts (PATH_RECEIPT), at most three pings a second, of 124 bytes.
 */
void paths_on_send(struct paths *p, peer_id id, mono_ns now);
void paths_route(const struct paths *p, peer_id id, struct route *out);
/* An authentic packet of this peer came by this way. */
void paths_on_heard(struct paths *p, peer_id id, const struct way *from, mono_ns now);
/* The same, and it was data: the peer may need a receipt (PATH_RECEIPT). */
void paths_on_data(struct paths *p, peer_id id, const struct way *from, mono_ns now);
/* The answer to PATH_RECEIPT where the owner has none of its own: a disco message by this way. */
void paths_send_receipt(struct paths *p, peer_id id, const struct way *via);
/* The largest IP packet that fits whole into what this peer's path carries; 0: nothing is known
 * against any. */
uint16_t paths_mtu(const struct paths *p, peer_id id);
/* The largest IP packet of the tunnel, bytes; 1280 until it is set. */
void paths_set_mtu(struct paths *p, uint16_t bytes);
/* The system refused to send to this endpoint (unreachable): its path is doubted at once. */
void paths_on_unreachable(struct paths *p, const struct endpoint *ep, mono_ns now);

/* The connection to this relay was lost. */
void paths_on_relay_lost(struct paths *p, uint16_t region, mono_ns now);

/* For `warren ping`: one disco ping by each way there is; the answers come as PATH_PONG events.
 * False: the peer's disco key is not known yet. */
bool paths_ping(struct paths *p, peer_id id, mono_ns now) MUST_USE;

/* The extra sockets that must be open now; borrowed.  Look after each paths_output, before its
 * datagram is sent. */
const struct socket_wish *paths_sockets(const struct paths *p);

mono_ns paths_deadline(const struct paths *p);
void paths_tick(struct paths *p, mono_ns now);

/* Call until false.  If nobody calls, the oldest events are lost. */
bool paths_event(struct paths *p, struct path_event *ev) MUST_USE;

/* Our own candidates, most useful first; borrowed. */
const struct candidates *paths_candidates(const struct paths *p);

struct paths_peer_status {
	struct route route;
	bool direct; /* the main way is UDP */
	bool doubted;
	bool active;            /* traffic within the last 45 s */
	bool aside;             /* there is a direct path, but the relay is clearly better */
	mono_ns rtt;            /* of the main way; 0: unknown */
	struct endpoint second; /* the direct path that is kept warm besides the one in use; unset:
				   there is none */
	struct disco_key disco; /* zero: unknown */
	uint32_t n_candidates;  /* remotes that are known */
	uint16_t mtu;           /* as paths_mtu */
	mono_ns rest;           /* between two pings of a path that is kept warm (lifetime.h) */
	mono_ns lifetime_below; /* the shortest rest that a path of this peer did not survive; 0:
				   none */
};
/* All zero if there is no such peer. */
void paths_peer_status(const struct paths *p, peer_id id, mono_ns now,
		       struct paths_peer_status *out);

const struct paths_stats *paths_stats(const struct paths *p);

#endif

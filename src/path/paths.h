/* path/paths.h - how each peer of one node is reached
 *
 * A pure machine over all peers: it talks through the relay at once, gathers our own candidates,
 * tells them to the peer over the side channel, probes the peer's, chooses by round trip, notices
 * silence, and moves.  It sends nothing itself and sees no user data: the packet path asks it for a
 * peer's route (paths_route) and reports signs of life (paths_heard).
 *
 * Peers are named by the ids the owner chose (the same as in tunnel/).
 *
 * Source: reference, data plane 2 and 7; design, "How a peer is reached".
 */
#ifndef PATH_PATHS_H
#define PATH_PATHS_H

#include "base/peer.h"
#include "base/rng.h"
#include "crypto/keys.h"
#include "path/candidate.h"
#include "path/socket_wish.h"
#include "path/upnp_mapper.h"
#include "path/via.h"

enum {
	PATHS_CALL_MAX = 80 + 18 * CANDIDATES_MAX,
	PATHS_DATAGRAM_MAX = 1472, /* largest datagram that paths_output writes */
	PATHS_RELAYS_MAX = 64,
	PATHS_HINTS_MAX = 8,
	PATHS_INTERFACES_MAX = 64,
	PATHS_GATEWAYS_MAX = 4,
	PATHS_HISTORY_MAX = 32 /* changes of one peer's way that are remembered */
};

struct paths;

struct paths_config {
	struct node_key self;       /* copied: goes into pings as a hint */
	struct disco_private disco; /* copied; made anew at each start of the program */
	struct rng rng;             /* kept */
	uint32_t peers_max;
	uint16_t port; /* the UDP port, the same for IPv4 and IPv6 */
};

struct paths *paths_new(const struct paths_config *cfg, mono_ns now) MUST_USE; /* NULL: out of memory */
void paths_free(struct paths *p);
const struct disco_key *paths_disco_key(const struct paths *p);

/* --- what there is around us; may change at any time --- */

/* A relay: its region, and where its STUN server answers (unset endpoints: unknown, or no STUN). */
struct paths_relay {
	uint16_t region;
	struct endpoint stun4, stun6;
};
void paths_set_relays(struct paths *p, const struct paths_relay *v, size_t n, mono_ns now);

/* Addresses of interfaces that are up, the tunnel's own left out. A changed set is a link change:
 * every path is doubted and probed anew. */
struct paths_interface {
	struct ip ip;
	uint8_t bits; /* of its subnet */
	bool loopback;
};
void paths_set_interfaces(struct paths *p, const struct paths_interface *v, size_t n, mono_ns now);
/* The network changed in another way (wake from sleep, another default route): doubt every path. */
void paths_link_changed(struct paths *p, mono_ns now);
/* The ways out to the internet: a default gateway, and our own address towards it; the first of a family is the
 * one that our datagrams leave by. They are asked to map our port. What one had mapped that is gone is forgotten.
 * None: nothing is asked. */
struct paths_gateway {
	struct ip gateway, self;
	uint32_t ifindex;
};
void paths_set_gateways(struct paths *p, const struct paths_gateway *v, size_t n, mono_ns now);
/* portmap_announced. */
bool paths_gateway_announced(struct paths *p, const struct endpoint *from, struct bytes datagram,
			     mono_ns now);
/* What UPnP needs done, which takes too long and too much for this machine (path/upnp_mapper.h). */
bool paths_upnp_ask(struct paths *p, struct upnp_ask *out) MUST_USE; /* until false */
void paths_upnp_report(struct paths *p, const struct upnp_report *r, mono_ns now);
/* We are about to leave: what to send so that nothing of ours stays mapped comes from paths_output.
 * Nothing is asked again until gateways are set. */
void paths_release(struct paths *p, mono_ns now);

enum portmap_protocol { PORTMAP_PCP, PORTMAP_NATPMP, PORTMAP_UPNP };
enum { PORTMAP_PROTOCOLS = 3 };
/* How far a mapping leads. */
enum portmap_reach {
	PORTMAP_FAR,           /* to everybody, as far as can be seen */
	PORTMAP_NEAR_PRIVATE,  /* its address is private: another router is before the gateway */
	PORTMAP_NEAR_SHARED,   /* its address is the carrier's (100.64.0.0/10) */
	PORTMAP_NEAR_DIFFERENT /* STUN servers see another address than the gateway has */
};
struct paths_portmap {
	bool pcp, natpmp, upnp; /* a gateway speaks it */
	struct {
		enum portmap_protocol protocol;
		struct ip gateway;
		struct endpoint outside;
		bool double_nat; /* it leads no farther than the next NAT */
		mono_ns left;    /* of its lifetime */
	} v[PATHS_GATEWAYS_MAX]; /* what is mapped */
	size_t n;
};
void paths_portmap(const struct paths *p, mono_ns now, struct paths_portmap *out);
void paths_set_fixed(struct paths *p, const struct endpoint *v, size_t n, mono_ns now); /* by hand */
void paths_set_port(struct paths *p, uint16_t port, mono_ns now);

/* Our own NAT keeps a binding of this family (4 or 6) so long, and not much longer: paths are kept warm by
 * that. 0: not known. Forgotten when the network changes. */
void paths_set_lifetime(struct paths *p, uint8_t family, mono_ns lifetime);

/* Crossing hard NATs (hard.h), with peers that agree to it. */
struct paths_hard {
	bool enabled; /* false, as at first: nothing of it is ever sent */
	bool slow;    /* also random against random: up to 170,000 probes in half an hour */
};
void paths_set_hard(struct paths *p, const struct paths_hard *cfg, mono_ns now);

/* --- peers --- */

struct paths_peer {
	struct node_key key;
	uint16_t home;                          /* region of its home relay; 0: none */
	struct endpoint hints[PATHS_HINTS_MAX]; /* endpoints given by hand or by control */
	size_t n_hints;
	struct disco_key disco; /* as somebody told us; zero: it tells it itself, inside the tunnel */
	bool plain; /* speaks WireGuard only: no disco, no relay; roams to where it is heard from */
};
void paths_peer_set(struct paths *p, peer_id id, const struct paths_peer *cfg,
		    mono_ns now); /* new or changed */
void paths_peer_remove(struct paths *p, peer_id id);
/* The peer's disco key, learned inside the tunnel or from control. A new one means it restarted. */
void paths_peer_disco(struct paths *p, peer_id id, const struct disco_key *key, mono_ns now);

/* --- datagrams --- */

enum paths_input {
	PATHS_TAKEN,    /* disco or STUN for us: done with */
	PATHS_NOT_MINE, /* neither: give it to the tunnel */
	PATHS_DROPPED   /* malformed, not authentic, from a stranger: counted */
};
/* relay_source: VIA_RELAY only, the node key the relay named; else NULL. */
enum paths_input paths_input(struct paths *p, const struct via *from, const struct node_key *relay_source,
			     struct bytes datagram, mono_ns now) MUST_USE;

struct paths_send {
	struct via via;
	struct node_key to; /* VIA_RELAY: for whom */
	bool whole;         /* it must not be cut on its way */
	struct ip from;     /* VIA_UDP: the address of ours that it must leave from; family 0: any */
};
/* Writes the next datagram to send. Call until false. `out` must have room for PATHS_DATAGRAM_MAX. */
bool paths_output(struct paths *p, struct paths_send *to, struct wr *out, mono_ns now) MUST_USE;

/* --- the packet path --- */

/* Where this peer's traffic goes now: one way, or two while a path is doubted (send to both). */
struct route {
	struct via via[2];
	uint8_t n; /* 0: there is no way at present */
};
/* Called for each batch that is sent to a peer. On a direct path a stream costs a ping each 3 s; if nothing
 * comes back, not even signs of life (PATHS_SIGN), at most three pings a second, of 124 bytes. */
void paths_route(struct paths *p, peer_id id, mono_ns now, struct route *out);
/* An authentic WireGuard message of this peer came this way. */
void paths_heard(struct paths *p, peer_id id, const struct via *from, mono_ns now);
/* The same, and it was data: the peer may need a sign that it is heard (PATHS_SIGN). */
void paths_heard_data(struct paths *p, peer_id id, const struct via *from, mono_ns now);
/* The largest IP packet that fits whole into what this peer's path carries; 0: nothing is known against any. */
uint16_t paths_mtu(const struct paths *p, peer_id id);
/* The largest IP packet of the tunnel, bytes; 1280 if it is not set. */
void paths_set_mtu(struct paths *p, uint16_t bytes);
/* The system refused to send to this endpoint (unreachable): doubt it at once. */
void paths_unreachable(struct paths *p, const struct endpoint *ep, mono_ns now);

/* The connection to this relay was lost. */
void paths_relay_lost(struct paths *p, uint16_t region, mono_ns now);

/* `warren ping`: one disco ping over each way there is; the answers come as PATHS_PONG events.
 * False: the peer's disco key is not known yet. */
bool paths_ping(struct paths *p, peer_id id, mono_ns now) MUST_USE;

/* The extra sockets that are to be open; look before each paths_output's datagram is sent. Borrowed. */
const struct socket_wish *paths_sockets(const struct paths *p);

mono_ns paths_deadline(const struct paths *p);
void paths_tick(struct paths *p, mono_ns now);

/* Why a peer's route changed. */
enum path_reason {
	PATH_FIRST,        /* a direct path was proven, where there was none */
	PATH_BETTER,       /* clearly shorter round trip */
	PATH_SILENT,       /* nothing came back over the direct path while we were sending */
	PATH_STALE,        /* the direct path was not in use for so long that it must be proven anew */
	PATH_UNREACHABLE,  /* the system refused to send there */
	PATH_LINK_CHANGE,  /* our own addresses changed, or the machine slept */
	PATH_RESTARTED,    /* the peer has a new disco key */
	PATH_WAS_BAD,      /* the direct path before it was slow, or lost packets */
	PATH_RELAY_FASTER, /* the direct path works, but is clearly worse than the relay */
	PATH_RELAY_SILENT, /* the relay that was better does not answer any more */
	PATH_RELAY_LOST,   /* the connection to the relay that was better is lost */
	PATH_AS_GOOD,      /* a direct path is as good as the relay that was better */
	PATH_INSTEAD,      /* it answered, and the doubted path has not */
	PATH_PROVEN        /* a doubted path answered again */
};
const char *path_reason_text(enum path_reason r); /* a short clause for people */

struct paths_event {
	enum {
		PATHS_MOVED, /* the main way of this peer's traffic is now `via` (was `was`) */
		PATHS_DOUBT, /* silence: traffic goes to the old way `was` and `via` (the relay) together */
		PATHS_PONG,  /* answer to paths_ping, `via` and rtt */
		PATHS_SIGN, /* an empty WireGuard message is to go to this peer by `via`, which is no route */
		PATHS_SELF  /* our own candidates changed: paths_candidates */
	} kind;
	peer_id peer;
	struct via via, was;
	enum path_reason reason;
	mono_ns rtt;
};
bool paths_event(struct paths *p,
		 struct paths_event *ev) MUST_USE; /* until false; oldest lost when nobody asks */

/* What became of a peer's way. */
struct paths_past {
	mono_ns at;
	struct via was, via; /* where the traffic went before, and from then on */
	mono_ns rtt;         /* 0: unknown */
	enum path_reason reason;
	bool doubt; /* it goes to both */
};

/* Our own candidates, most useful first. */
const struct candidates *paths_candidates(const struct paths *p);

struct paths_peer_status {
	struct route route;
	bool direct; /* the main way is UDP */
	bool doubted;
	bool active; /* traffic within the last 45 s */
	bool aside;  /* there is a direct path, but the relay is clearly faster */
	mono_ns rtt; /* of the main way; 0: unknown */
	struct endpoint
		second; /* the direct path that is kept warm beside the one in use; unset: there is none */
	struct disco_key disco;
	uint32_t n_candidates;
	uint16_t mtu;           /* as paths_mtu */
	mono_ns rest;           /* between pings of a path that is kept warm (lifetime.h) */
	mono_ns lifetime_below; /* a path of this peer that rested so long was found dead; 0: none was */
};
void paths_peer_status(const struct paths *p, peer_id id, mono_ns now, struct paths_peer_status *out);

struct paths_stats {
	uint64_t malformed, unauthentic, stranger, unexpected; /* dropped datagrams, by reason */
	uint64_t pings_sent, pongs_sent, pongs_taken, calls_sent, calls_taken, stun_sent, stun_taken;
	uint64_t extensions_sent, extensions_taken; /* Warren's own disco messages */
	uint64_t hard_attempts, hard_won, hard_failed;
	uint64_t hard_sent; /* samples and probes of these attempts: their pings are in pings_sent, too */
};
const struct paths_stats *paths_stats(const struct paths *p);

#endif

/* reach/reach.h - datagrams to peers by their key, wherever the peers are
 *
 * A pure machine, put together from paths (path/), relay clients (relay/), netcheck (netcheck/),
 * NAT64 and extra sockets.  It does not look into the data that it carries.  A node puts WireGuard
 * on top (node/); another program may put anything there.
 *
 *   out: reach_send          -> route -> UDP | relay stream
 *   in:  reach_input         -> STUN and disco end here | REACH_DATA: the owner's
 *        reach_from_stream   -> reach_relayed gives the owner's, one by one
 *
 * The owner feeds the machine what happened.  Then it calls reach_drain (or the drain of what
 * stands on top) and sends what that gives, until nothing is left; it takes the events, and sleeps
 * until reach_deadline.  reach/pump.h is that loop.
 *
 * Liveness.  Only the owner can say that data is authentic, by reach_on_data and reach_on_heard.
 * If it never does, disco alone proves paths.  Where data flows one way, the receiver sends
 * receipts, so that the sender need not ping (path/receipts.h).  The owner sends them
 * (reach_receipt), or, with own_receipts, the machine does, by a disco message (disco.md 2.7).
 *
 * Peers are small numbers below peers_max, given by reach_peer_set.
 */
#ifndef REACH_REACH_H
#define REACH_REACH_H

#include "base/datagram.h"
#include "base/packet.h"
#include "base/peer.h"
#include "netcheck/binding_life.h"
#include "netcheck/netcheck.h"
#include "path/facts.h"
#include "path/paths.h"
#include "reach/nat64.h"
#include "relay/client.h"

enum {
	/* Datagrams of one drain: each of a batch twice, and ours. */
	REACH_OUT_MAX = 2 * BATCH_MAX + 64
};

struct reach;

struct reach_config {
	struct node_private key;    /* copied */
	struct disco_private disco; /* copied; made anew at each start of the program */
	struct rng rng;             /* kept */
	uint32_t peers_max;
	uint16_t port;     /* of the main socket, the same for IPv4 and IPv6 */
	bool own_receipts; /* receipts are disco messages; false: the owner sends them */
};

struct reach *reach_new(const struct reach_config *cfg, mono_ns now) MUST_USE; /* NULL: no memory */
void reach_free(struct reach *r);
const struct disco_key *reach_disco_key(const struct reach *r);

/* --- what is around it; each may be called again at any time --- */

void reach_set_interfaces(struct reach *r, const struct own_address *v, size_t count, mono_ns now);
void reach_set_uplinks(struct reach *r, const struct uplink *v, size_t count, mono_ns now);
void reach_set_fixed(struct reach *r, const struct endpoint *v, size_t count, mono_ns now);
/* Crossing hard NATs with peers that agree; off until this is called. */
void reach_set_hard(struct reach *r, const struct hard_config *cfg, mono_ns now);
void reach_set_mtu(struct reach *r, uint16_t bytes); /* of the owner's packets */
void reach_set_port(struct reach *r, uint16_t port, mono_ns now);
/* All relays of the network; copied.  `home` is the region of the relay where peers look for us,
 * whichever relay a netcheck prefers; it is always connected.  0: nobody looks for us.  The stream
 * to a relay that is left out is closed. */
void reach_set_relays(struct reach *r, const struct relay_place *v, size_t count, uint16_t home,
		      mono_ns now);
/* Whether this host has a default route of IPv4; at first it has. */
void reach_set_route4(struct reach *r, bool has, mono_ns now);

/* The network changed in another way: another default route, say. */
void reach_link_changed(struct reach *r, mono_ns now);
/* This host slept for so long: a link change.  After REACH_SLEEP_LONG all streams to relays are
 * made anew, because asking each relay whether it is still there would take longer. */
#define REACH_SLEEP_LONG (5 * SECOND)
void reach_slept(struct reach *r, mono_ns how_long, mono_ns now);

/* --- peers --- */

enum reach_peer_set {
	REACH_PEER_KEPT,      /* new, or changed without losing anything */
	REACH_PEER_RESTARTED, /* cfg has another disco key: the peer has lost its sessions */
	REACH_PEER_FULL       /* peers_max are there: not taken */
};
/* A new or changed peer, by its key; copied.  A new peer gets the id that was freed last, or the
 * lowest that was never used. */
enum reach_peer_set reach_peer_set(struct reach *r, const struct paths_peer *cfg, mono_ns now,
				   peer_id *id) MUST_USE;
void reach_peer_remove(struct reach *r, peer_id id, mono_ns now);
peer_id reach_peer_find(const struct reach *r, const struct node_key *key); /* PEER_NONE */
const struct node_key *reach_peer_key(const struct reach *r, peer_id id);
/* The peer's disco key, as the peer itself told it over an authentic channel. */
void reach_peer_disco(struct reach *r, peer_id id, const struct disco_key *key, mono_ns now);

/* --- what happened outside --- */

enum reach_input { REACH_TAKEN, REACH_DATA };
/* A datagram that came by UDP.  REACH_DATA: it is the owner's, and came by `from`.  Its sender is
 * not known. */
enum reach_input reach_input(struct reach *r, const struct datagram *d, mono_ns now,
			     struct way *from) MUST_USE;
void reach_udp_unreachable(struct reach *r, const struct endpoint *ep, mono_ns now);

/* The stream to a relay that REACH_DIAL asked for is up.  server_key: as the certificate told it
 * (derp.md 2.3), or NULL. */
void reach_stream_up(struct reach *r, uint16_t region, const struct node_key *server_key,
		     mono_ns now);
void reach_stream_down(struct reach *r, uint16_t region, const char *why, mono_ns now);
void reach_from_stream(struct reach *r, uint16_t region, struct bytes b, mono_ns now);
/* Bytes to write to the stream; 0: none.  Ask after each drain, and when it can take more. */
size_t reach_to_stream(struct reach *r, uint16_t region, uint8_t *out, size_t cap, mono_ns now);

/* The answer to REACH_LOOKUP64 (nat64_answer says how), and what a router advertised. */
void reach_nat64_answer(struct reach *r, const struct ip *v, size_t count, uint32_t ttl_s,
			bool failed, mono_ns now);
void reach_nat64_advertised(struct reach *r, const struct prefix *p, uint32_t lifetime_s,
			    mono_ns now);

/* What came of a REACH_UPNP event. */
void reach_upnp_report(struct reach *r, const struct upnp_report *report, mono_ns now);
/* A multicast datagram on a link of ours (path/portmap/portmap.h).  True: our gateway told
 * something new, and is asked about it. */
bool reach_gateway_announced(struct reach *r, const struct endpoint *from, struct bytes datagram,
			     mono_ns now);

/* --- what the owner says and asks for --- */

/* An authentic packet of this peer came this way: data, or anything else, which needs no receipt.
 * */
void reach_on_data(struct reach *r, peer_id id, const struct way *from, mono_ns now);
void reach_on_heard(struct reach *r, peer_id id, const struct way *from, mono_ns now);

/* `warren ping`: one disco ping over each way there is. False: its disco key is not known yet. */
bool reach_ping(struct reach *r, peer_id id, mono_ns now) MUST_USE;

/* Begins a report (netcheck/netcheck.h), unless one is being made.  REACH_NETCHECK says when it is
 * done. */
void reach_netcheck(struct reach *r, bool full, mono_ns now);
void reach_netcheck_https(struct reach *r, uint16_t region, mono_ns latency);
void reach_netcheck_https_done(struct reach *r, mono_ns now);
void reach_netcheck_captive(struct reach *r, bool captive);

/* Begins to measure how long the NAT keeps an unused binding (netcheck/binding_life.h), over both
 * families, unless that is under way.  It takes up to twice `longest`. */
void reach_lifetime_begin(struct reach *r, mono_ns longest, mono_ns now);

/* Before the end: the next drain gives what deletes our port mappings at the gateways. */
void reach_release(struct reach *r, mono_ns now);

/* --- sending --- */

/* A new turn: what the last drain handed out is forgotten.  Each call above that may have something
 * to send does this. */
void reach_begin(struct reach *r);
/* A slot: an empty packet in memory of the machine, valid until the next drain has been acted on.
 * False: there is no room in this turn; counted. */
bool reach_slot(struct reach *r, struct packet *out) MUST_USE;
void reach_slot_back(struct reach *r);      /* the last one was not needed */
bool reach_has_room(const struct reach *r); /* for one packet more, by two ways */

/* Data for this peer goes out by its route.  The memory of p must stay until the drain has been
 * acted on. */
void reach_send(struct reach *r, peer_id id, const struct packet *p, mono_ns now);
/* One packet by one way, whatever the route.  It does not count as traffic. */
void reach_send_by(struct reach *r, peer_id id, const struct packet *p, const struct way *by,
		   mono_ns now);
/* An answer by the way that something came.  relay_source: the node behind that way, if it is a
 * relay; else NULL. */
void reach_reply(struct reach *r, const struct packet *p, const struct way *to,
		 const struct node_key *relay_source, mono_ns now);

/* --- draining --- */

struct reach_out {
	struct datagram udp[REACH_OUT_MAX];
	size_t n_udp;
	/* What came through relays and is the owner's; reach_drain alone fills this in. */
	struct reach_arrival {
		struct packet packet;
		struct way from;
		struct node_key source; /* as the relay says */
	} relayed[BATCH_MAX];
	size_t n_relayed;
};

enum reach_relayed {
	REACH_RELAYED_NOTHING,
	REACH_RELAYED_DATA,     /* `p` came by `from`; the relay says that `source` sent it */
	REACH_RELAYED_UNREACHED /* a relay says that `source` is not connected to it */
};
/* The next thing that came through relays and is the owner's.  Call until it says nothing, or the
 * owner has no room. */
enum reach_relayed reach_relayed(struct reach *r, struct packet *p, struct way *from,
				 struct node_key *source, mono_ns now) MUST_USE;
/* To which peer the owner must send a receipt now, and by which way.  Call after reach_output,
 * until false; with own_receipts there are none. */
bool reach_receipt(struct reach *r, peer_id *id, struct way *by) MUST_USE;
/* Collects what paths and checks want sent. */
void reach_output(struct reach *r, mono_ns now);
void reach_output_checks(struct reach *r, mono_ns now);
size_t reach_used(const struct reach *r); /* slots in this turn: grows while there is work */

/* The drain of an owner that puts nothing in between: all of the above.  `out` is borrowed until
 * the next call.  Call until it returns false. */
bool reach_drain(struct reach *r, const struct reach_out **out, mono_ns now) MUST_USE;
/* Ends a drain that the owner made of the calls above.  Borrowed until the next call. */
const struct reach_out *reach_hand_out(struct reach *r);

/* The extra sockets that are to be open; borrowed.  After each drain, open and close sockets to fit
 * before the datagrams are sent. */
const struct socket_wish *reach_sockets(const struct reach *r);

mono_ns reach_deadline(const struct reach *r);
void reach_tick(struct reach *r, mono_ns now);

struct reach_event {
	enum {
		REACH_DIAL,     /* make a stream to the relay of `region` */
		REACH_HANGUP,   /* close it */
		REACH_RELAY,    /* for the log: ready, or lost and why (text) */
		REACH_PATH,     /* a peer's route moved or is in doubt; a pong came: `path` */
		REACH_UPNP,     /* something is to be done by UPnP: `upnp` */
		REACH_SELF,     /* our own candidates changed */
		REACH_LOOKUP64, /* look up the IPv6 addresses of NAT64_NAME, then reach_nat64_answer
				 */
		REACH_NAT64, /* IPv4 is reached through another prefix now, or none: reach_nat64 */
		REACH_NETCHECK /* a report is done, or the owner must do something: `netcheck` */
	} kind;
	enum netcheck_event netcheck;
	uint16_t region;
	bool ready; /* REACH_RELAY */
	peer_id peer;
	struct path_event path;
	struct upnp_ask upnp;
	char why[RELAY_WHY_MAX];
};
bool reach_event(struct reach *r, struct reach_event *ev) MUST_USE; /* until false */

/* --- what may be asked --- */

void reach_peer_status(const struct reach *r, peer_id id, mono_ns now,
		       struct paths_peer_status *out);
uint64_t reach_peer_lost(const struct reach *r,
			 peer_id id);                       /* packets for which there was no way */
uint16_t reach_peer_mtu(const struct reach *r, peer_id id); /* as paths_mtu */
/* All that is known of how this peer is reached, and why.  False: there is no such peer. */
bool reach_peer_facts(const struct reach *r, peer_id id, mono_ns now,
		      struct path_facts *out) MUST_USE;
bool reach_relay_status(const struct reach *r, uint16_t region,
			struct relay_client_status *out) MUST_USE;
void reach_portmap(const struct reach *r, mono_ns now, struct portmap_status *out);
/* The last report; NULL: there was none. */
const struct netcheck_report *reach_netcheck_report(const struct reach *r);
/* What is known of the lifetime of bindings over this family, 4 or 6; borrowed. */
const struct lifetime_report *reach_lifetime(const struct reach *r, uint8_t family);
const struct candidates *reach_candidates(const struct reach *r);
/* The NAT64 prefix through which IPv4 is reached; NULL: none is used.  Borrowed. */
const struct prefix *reach_nat64(const struct reach *r);
const struct paths_stats *reach_paths_stats(const struct reach *r);

struct reach_stats {
	uint64_t no_way;   /* packets for a peer to which there was no way */
	uint64_t too_long; /* packets from a relay that no slot can hold: dropped */
	uint64_t no_room;  /* packets of our own that found no slot in a drain: sent in the next */
};
const struct reach_stats *reach_stats(const struct reach *r);

#endif

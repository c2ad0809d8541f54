/* node/node.h - a whole node put together: tunnel, paths and relays.  Events in, effects out.
 *
 * A pure machine.  Its owner (io/ in a program, sim/ in a simulation) feeds it what happened, then
 * calls node_drain and does what that says until it has nothing left, then sleeps until
 * node_deadline.  A packet passes in one direction only and is sealed or opened in place:
 *
 *   out: node_from_tun   -> allowed IPs -> tunnel_seal -> paths_route -> udp | relay
 *   in:  node_from_udp   -> STUN, disco -> paths | WireGuard -> tunnel_open -> allowed source ->
 *                        tun
 *        node_from_stream-> relay_client -> the same
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include "base/datagram.h"
#include "base/peer.h"
#include "netcheck/binding_life.h"
#include "netcheck/netcheck.h"
#include "path/facts.h"
#include "path/paths.h"
#include "reach/nat64.h"
#include "relay/client.h"
#include "tunnel/tunnel.h"

enum {
	NODE_ADDRESSES_MAX = 8,
	NODE_OUT_MAX =
		2 * BATCH_MAX + 64 /* datagrams of one drain: each of a batch twice, and our own */
};

struct node;

struct node_config {
	struct node_private key; /* copied */
	struct rng rng;          /* kept */
	uint64_t wall_offset_ns;
	uint32_t peers_max;
	uint16_t port;
};

struct node *node_new(const struct node_config *cfg,
		      mono_ns now) MUST_USE; /* NULL: out of memory */
void node_free(struct node *n);
const struct node_key *node_key(const struct node *n);

/* --- what it is set to; each may be called again at any time --- */

void node_set_addresses(struct node *n, const struct ip *v,
			size_t count); /* our own, in the tunnel */
void node_set_interfaces(struct node *n, const struct own_address *v, size_t count, mono_ns now);
void node_set_gateways(struct node *n, const struct uplink *v, size_t count, mono_ns now);
void node_set_fixed(struct node *n, const struct endpoint *v, size_t count, mono_ns now);
/* Crossing hard NATs with peers that agree; off until this is called. */
void node_set_hard(struct node *n, const struct hard_config *cfg, mono_ns now);
void node_set_mtu(struct node *n, uint16_t bytes); /* of the TUN */
void node_set_port(struct node *n, uint16_t port, mono_ns now);
/* As in node_config: a wall clock is set anew at any time, on a small router after the start. */
void node_set_wall(struct node *n, uint64_t wall_offset_ns);

/* The relays there are; the first is our home: peers look for us there, because somebody told them
 * so, whichever relay a netcheck prefers. One that is left out is hung up. */
void node_set_relays(struct node *n, const struct relay_place *v, size_t count, mono_ns now);

struct node_peer {
	struct tunnel_peer_config tunnel;
	struct paths_peer path; /* its key is set from tunnel.key */
	const struct prefix *allowed;
	size_t n_allowed;
};
enum tunnel_add node_peer_set(struct node *n, const struct node_peer *cfg, mono_ns now,
			      peer_id *id) MUST_USE;
void node_peer_remove(struct node *n, peer_id id);
peer_id node_peer_find(const struct node *n, const struct node_key *key);

/* --- what happened --- */

/* At most BATCH_MAX at a time; their memory must stay until the next node_drain has been acted on.
 */
void node_from_tun(struct node *n, struct packet *v, size_t count, mono_ns now);
void node_from_udp(struct node *n, struct datagram *v, size_t count, mono_ns now);
void node_udp_unreachable(struct node *n, const struct endpoint *ep, mono_ns now);

/* The stream to a relay that NODE_DIAL asked for. server_key: by fast start, or NULL. */
void node_stream_up(struct node *n, uint16_t region, const struct node_key *server_key,
		    mono_ns now);
void node_stream_down(struct node *n, uint16_t region, const char *why, mono_ns now);
void node_from_stream(struct node *n, uint16_t region, struct bytes b, mono_ns now);
/* Bytes to write to it; 0: none. Call for each open stream after draining, and when it can take
 * more. */
size_t node_to_stream(struct node *n, uint16_t region, uint8_t *out, size_t cap, mono_ns now);

/* The answer to NODE_LOOKUP64 (nat64_answer says how), and what a router advertised. */
void node_nat64_answer(struct node *n, const struct ip *v, size_t count, uint32_t ttl_s,
		       bool failed, mono_ns now);
/* Whether this machine has a default route of IPv4; at first it has. */
void node_set_route4(struct node *n, bool has, mono_ns now);
void node_nat64_advertised(struct node *n, const struct prefix *p, uint32_t lifetime_s,
			   mono_ns now);

bool node_ping(struct node *n, peer_id id,
	       mono_ns now) MUST_USE;                /* false: it speaks WireGuard only */
void node_link_changed(struct node *n, mono_ns now); /* another default route, a short sleep */
/* The machine slept so long: a link change, and after NODE_SLEEP_LONG the streams to relays begin
 * anew, because asking each whether it is still there would take longer. */
#define NODE_SLEEP_LONG (5 * SECOND)
void node_slept(struct node *n, mono_ns how_long, mono_ns now);

/* What came of a NODE_UPNP. */
void node_upnp_report(struct node *n, const struct upnp_report *r, mono_ns now);
/* A datagram that came to everybody on a link of ours (path/portmap/portmap.h). True: our gateway
 * told something new, and is asked about it. */
bool node_gateway_announced(struct node *n, const struct endpoint *from, struct bytes datagram,
			    mono_ns now);

/* Makes a report of where we are (netcheck/netcheck.h), unless one is being made; NODE_NETCHECK
 * tells of it. */
void node_netcheck(struct node *n, bool full, mono_ns now);
void node_netcheck_https(struct node *n, uint16_t region, mono_ns latency);
void node_netcheck_https_done(struct node *n, mono_ns now);
void node_netcheck_captive(struct node *n, bool captive);

/* Measures how long the NAT keeps an unused binding (netcheck/binding_life.h), over both families,
 * unless that is being done; it takes up to twice the longest rest that is tried. */
void node_lifetime_begin(struct node *n, mono_ns longest, mono_ns now);

/* Before the end: what the next node_drain gives takes our port mappings back from the gateway. */
void node_release(struct node *n, mono_ns now);

mono_ns node_deadline(const struct node *n);
void node_tick(struct node *n, mono_ns now);

/* --- what is to be done --- */

struct node_out {
	struct datagram udp[NODE_OUT_MAX];
	size_t n_udp;
	struct packet tun[BATCH_MAX];
	size_t n_tun;
};

/* What is to be sent now; borrowed until the next call on this node. Call until it returns false.
 */
bool node_drain(struct node *n, const struct node_out **out, mono_ns now) MUST_USE;

/* The extra sockets that are to be open: compare with what is, after each node_drain and before its
 * datagrams are sent. Borrowed. */
const struct socket_wish *node_sockets(const struct node *n);

struct node_event {
	enum {
		NODE_DIAL,     /* get a stream to the relay of `region` */
		NODE_HANGUP,   /* throw it away */
		NODE_RELAY,    /* for the log: ready, or lost and why (text) */
		NODE_PATH,     /* a peer's route moved or is in doubt; a pong came: `path` */
		NODE_SESSION,  /* a session with `peer` began */
		NODE_UPNP,     /* something is to be done by UPnP: `upnp` */
		NODE_SELF,     /* our own candidates changed */
		NODE_LOOKUP64, /* look up the IPv6 addresses of NAT64_NAME, then node_nat64_answer
				*/
		NODE_NAT64,    /* IPv4 is reached through another prefix now, or through none:
				  node_nat64 */
		NODE_NETCHECK  /* a report is done, or wants something of the owner: `netcheck` */
	} kind;
	enum netcheck_event netcheck;
	uint16_t region;
	bool ready; /* NODE_RELAY */
	peer_id peer;
	struct path_event path;
	struct upnp_ask upnp;
	char why[RELAY_WHY_MAX];
};
bool node_event(struct node *n, struct node_event *ev) MUST_USE; /* until false */

/* --- what may be asked --- */

struct node_peer_status {
	struct node_key key;
	struct tunnel_peer_status tunnel;
	struct paths_peer_status path;
	uint64_t lost_no_way; /* packets for which there was no way at the time */
};
bool node_peer_status(const struct node *n, peer_id id, mono_ns now,
		      struct node_peer_status *out) MUST_USE;
/* All that is known of how this peer is reached, and why so; false: there is no such peer. */
bool node_peer_facts(const struct node *n, peer_id id, mono_ns now,
		     struct path_facts *out) MUST_USE;
bool node_relay_status(const struct node *n, uint16_t region,
		       struct relay_client_status *out) MUST_USE;
void node_portmap(const struct node *n, mono_ns now, struct portmap_status *out);

/* The last report; NULL: there was none. */
const struct netcheck_report *node_netcheck_report(const struct node *n);
/* What is known of the lifetime of bindings over this family (4 or 6). Borrowed. */
const struct lifetime_report *node_lifetime(const struct node *n, uint8_t family);
const struct candidates *node_candidates(const struct node *n);
/* The NAT64 prefix through which IPv4 is reached; NULL: none, IPv4 goes as IPv4. Borrowed. */
const struct prefix *node_nat64(const struct node *n);
const struct disco_key *node_disco_key(const struct node *n);
const struct tunnel_stats *node_tunnel_stats(const struct node *n);
const struct paths_stats *node_paths_stats(const struct node *n);

struct node_stats {
	uint64_t no_peer; /* packets from the TUN for nobody's address */
	uint64_t not_ip;
	uint64_t no_way;
	uint64_t own_datagram; /* our own, which the system routed into the tunnel */
	uint64_t too_big;      /* packets whose sender was told to make them smaller */
	uint64_t no_room; /* control datagrams that found no room in a drain: sent in the next */
};
const struct node_stats *node_stats(const struct node *n);

#endif

/* sim/net.h - a tree of boxes (hosts, routers, NATs) that carries UDP datagrams hop by hop
 *
 * The root is "the internet".  Each box hangs on its parent by a line with two directions.  A
 * datagram climbs until some box knows a way down to its destination: the child that owns the
 * address, or the longest prefix routed to a child.  A box with a NAT translates what crosses its
 * uplink; what stays below it is not touched.  NATs may stand below NATs.
 *
 * A host with two uplinks is two boxes: the host, and its leg elsewhere in the tree (box_add_leg).
 * The host works as a kernel with one default route a family.  The leg carries what goes to its own
 * link.  It also carries everything of a family of which the host has no address, and everything
 * while the host's own box is off.
 */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "base/addr.h"
#include "sim/events.h"
#include "sim/link.h"
#include "sim/nat.h"

enum {
	BOX_ADDRESSES_MAX = 8,
	BOX_PREFIXES_MAX = 4,
	BOX_CUTS_MAX = 8,
	BOX_NAME_MAX = 24,
	NET_TTL = 32,
	NET_DATAGRAM_MAX = 2048
};

struct net;
struct pipe;

struct net_datagram {
	struct endpoint src, dst;
	uint8_t ttl;
	bool dont_fragment; /* must not be cut */
	size_t n;
	uint8_t b[];
};

/* What is attached to a host. */
struct box_owner {
	void (*receive)(void *self, const struct net_datagram *d, mono_ns now);
	/* A client opens a stream (pipe.h).  False: refused.  NULL: nobody listens. */
	bool (*accept)(void *self, struct pipe *pipe, mono_ns now);
	void *self;
};

struct box {
	struct net *net;
	char name[BOX_NAME_MAX];
	struct box *parent, *children, *sibling;
	struct link up, down; /* to the parent, and from it */
	struct ip addresses[BOX_ADDRESSES_MAX];
	size_t n_addresses;
	/* That the parent routes here, besides the addresses. */
	struct prefix prefixes[BOX_PREFIXES_MAX];
	size_t n_prefixes;
	struct nat *nat4, *nat6; /* owned */
	struct nat *nat64;       /* owned; translates from nat64_prefix, a /96, to IPv4 */
	struct prefix nat64_prefix;
	bool blocks_udp; /* only streams cross the uplink */
	bool off;
	struct {
		struct prefix src, dst;
	} cuts[BOX_CUTS_MAX]; /* datagrams that are swallowed here */
	size_t n_cuts;
	struct box_owner owner;
	struct box *leg;  /* another uplink of this host; NULL: none */
	struct box *body; /* of a leg: the host */
};

/* Why a datagram went no further. */
enum net_fate {
	NET_DELIVERED,
	NET_LOST, /* on a line */
	NET_NO_ROUTE,
	NET_NAT, /* no mapping, filtered, or no room */
	NET_BLOCKED,
	NET_CUT,
	NET_OFF,
	NET_TTL_OUT,
	NET_FATES /* how many there are */
};
const char *net_fate_name(enum net_fate f);

struct net {
	struct events *events;
	struct rng rng;
	struct box *root;
	struct pipe *pipes;
	uint64_t fates[NET_FATES];
	uint64_t carried; /* hops */
	/* Called where a datagram ends, for each one; may be NULL. */
	void (*watch)(void *self, const struct box *at, const struct net_datagram *d,
		      enum net_fate fate, mono_ns now);
	void *watch_self;
};

void net_init(struct net *n, struct events *events, const struct rng *rng);
void net_fini(struct net *n);

/* A new box below parent.  Up and down the line may have different qualities. */
struct box *net_box(struct net *n, struct box *parent, const char *name,
		    const struct link_config *up, const struct link_config *down);
void box_add_address(struct box *b, const struct ip *ip);
void box_remove_address(struct box *b, const struct ip *ip);
void box_route(struct box *b, const struct prefix *p); /* the parent sends this prefix here */
void box_set_nat(struct box *b, const struct nat_config *cfg, uint8_t family);
/* A datagram from below to an address in prefix (a /96) goes on as IPv4, from the NAT's address. */
void box_set_nat64(struct box *b, const struct nat_config *cfg, const struct prefix *prefix);
void box_attach(struct box *b, const struct box_owner *owner);
void box_move(struct box *b, struct box *parent); /* to another place in the tree; no loops */
/* This box swallows what goes from src to dst.  Both are addresses as the outside sees them. */
void box_cut(struct box *b, const struct prefix *src, const struct prefix *dst);
void box_heal(struct box *b); /* all its cuts */
/* leg becomes a second uplink of the host: the host's owner gets what arrives there. */
void box_add_leg(struct box *host, struct box *leg);
/* The box by which the host sends to dst: the host itself, or its leg. */
struct box *box_way_out(struct box *host, const struct ip *dst);
/* All addresses of a host, those of its leg too. */
size_t box_addresses(const struct box *host, struct ip out[static 2 * BOX_ADDRESSES_MAX]);
bool box_owns(const struct box *b, const struct ip *ip);
/* The host's address for talking to dst: its first of that family. NULL: none. */
const struct ip *box_source(const struct box *b, const struct ip *dst);

/* Sends from this host; false: it has no address of that family, or it is off. */
bool net_send(struct box *from, uint16_t sport, const struct endpoint *dst, struct bytes payload,
	      mono_ns now) MUST_USE;
/* The same for a datagram that no router may cut. */
bool net_send_whole(struct box *from, uint16_t sport, const struct endpoint *dst,
		    struct bytes payload, mono_ns now) MUST_USE;
/* The same from one of its addresses; false: it is off, or that is none of them. */
bool net_send_from(struct box *from, const struct endpoint *src, const struct endpoint *dst,
		   struct bytes payload, mono_ns now) MUST_USE;

#endif

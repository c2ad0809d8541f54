/* driver/parts.h - what the files of the driver share
 *
 *   driver.c     a turn: packets, streams to relays, events, time
 *   network.c    the machine's addresses and ways out, and their changes
 *   lifecycle.c  up and down, and what the node is told of settings and netmap
 */
#ifndef DRIVER_PARTS_H
#define DRIVER_PARTS_H

#include "driver/debounce.h"
#include "driver/driver.h"
#include "driver/gateways.h"
#include "driver/relay_streams.h"
#include "driver/resolver.h"
#include "io/netlink.h"
#include "io/netlink_monitor.h"
#include "reach/pump.h"

struct driver {
	struct loop *loop;
	struct log *log;
	const struct inside_ops *inside_ops; /* NULL: there is no inside */
	struct upnp *upnp;                   /* NULL: nobody talks UPnP */
	const struct settings *settings;
	const struct netmap *map;

	/* All of these only while it is up. */
	struct node *node;
	struct pump pump;
	const struct node_out *out; /* of the last drain */
	void *inside;
	struct netlink *nl;
	struct udp *udp;
	struct relay_streams *relay_streams;
	struct resolver *resolver;
	struct gateways *gateways;
	struct netlink_monitor *monitor;
	struct loop_fd *on_inside, *on_udp4, *on_udp6, *on_udp_extra, *on_monitor;
	struct loop_timer *deadline, *changed, *check;
	struct loop_deferred *settle;
	size_t peers_max;        /* that the node was made for */
	mono_ns slept;           /* how long the machine had, when we last looked */
	mono_ns planned;         /* when the deadline timer should fire */
	struct debounce network; /* its changes; `changed` is the timer of the look */
	struct own_address interfaces[OWN_ADDRESSES_MAX];
	size_t n_interfaces;
	struct uplink uplinks[UPLINKS_MAX];
	size_t n_uplinks;

	void (*path_fn)(void *self, const struct path_event *ev);
	void *path_self;
	void (*netcheck_fn)(void *self, enum netcheck_event ev);
	void *netcheck_self;
};

/* Joins the node to the pump. */
void driver_join(struct driver *d);
/* Sends what the node has to send. True: streams to relays got something to write. */
bool driver_move(struct driver *d, mono_ns now);
/* What DNS has said so far. */
void driver_set_relays(struct driver *d);
/* The parts that talk for it, and the watches on everything that it hears of. False: out of memory.
 */
bool driver_make_parts(struct driver *d) MUST_USE;
bool driver_make_watches(struct driver *d) MUST_USE;
/* What gateways hold for us is given back, as far as that can be said in one datagram each. */
void driver_release(struct driver *d);

/* For loop_call and loop_fd_call. */
void driver_on_monitor(void *self, unsigned ready);
void driver_on_changed(void *self);
void driver_on_check(void *self);
/* When it has come up. */
void driver_network_begin(struct driver *d);
/* True: they are others than before. */
bool driver_look_at_uplinks(struct driver *d);
/* Our own interface, which is no part of the network around us; 0: there is none. */
int driver_own_ifindex(const struct driver *d);

void driver_inside_gone(struct driver *d);

#endif

/* driver/parts.h - what the files of the driver share
 *
 *   driver.c     a turn of the loop: packets, streams to relays, events, time
 *   network.c    the machine's addresses and default gateways, and their changes
 *   lifecycle.c  up and down; settings and netmap go to the node
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
	struct upnp *upnp;                   /* NULL: there is no UPnP */
	const struct settings *settings;
	const struct netmap *map;

	/* All of these only while the driver is up. */
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
	size_t peers_max;        /* of the node */
	mono_ns slept;           /* clock_slept() at the last look */
	mono_ns planned;         /* when the deadline timer should fire */
	struct debounce changes; /* of the machine's network; `changed` is the timer of the look */
	struct own_address interfaces[OWN_ADDRESSES_MAX];
	size_t n_interfaces;
	struct uplink uplinks[UPLINKS_MAX];
	size_t n_uplinks;

	void (*path_fn)(void *self, const struct path_event *ev);
	void *path_self;
	void (*netcheck_fn)(void *self, enum netcheck_event ev);
	void *netcheck_self;
};

/* Makes the pump of the node. */
void driver_join(struct driver *d);
/* Does what the node wants done, and asks for settle at the end of the turn. True: streams to
 * relays got something to write. */
bool driver_move(struct driver *d, mono_ns now);
/* Gives the node its relays, with the addresses that are known by now. */
void driver_set_relays(struct driver *d);
/* The parts (relay streams, resolver, gateways), then files and timers. False: out of memory. */
bool driver_make_parts(struct driver *d) MUST_USE;
bool driver_make_watches(struct driver *d) MUST_USE;
/* Gives port mappings back to their gateways, with one datagram each. */
void driver_release(struct driver *d);

/* For loop_call and loop_fd_call. */
void driver_on_monitor(void *self, unsigned ready);
void driver_on_changed(void *self);
void driver_on_check(void *self);
/* After the driver has come up. */
void driver_network_begin(struct driver *d);
/* Gives the node the uplinks that are known, if their gateways may be asked. */
void driver_set_uplinks(struct driver *d);
/* Our own interface, which is left out of the machine's network; 0: there is none. */
int driver_own_ifindex(const struct driver *d);

void driver_inside_gone(struct driver *d);

#endif

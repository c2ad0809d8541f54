/* driver/driver.h - the driver: one node joined to this machine's loop, TUN, sockets and relays
 *
 * The only place where the node meets the operating system.  Whatever happens is fed to the node,
 * and then the node is drained: node.h says how.
 */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H

#include "config/config.h"
#include "io/failure.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/tun.h"
#include "io/udp.h"
#include "io/upnp.h"

struct driver;
struct resolver;

/* Not up yet. cfg is kept until driver_reload or driver_free. NULL: out of memory. */
struct driver *driver_new(struct loop *l, struct log *log, const struct config *cfg) MUST_USE;
void driver_free(struct driver *d);

/* Up: the interface, its addresses and routes are there and the node runs. Down: nothing of it is
 * left. False: why, and it is as it was. */
bool driver_set_up(struct driver *d, bool up, char why[static FAILURE_MAX]) MUST_USE;
bool driver_is_up(const struct driver *d);

/* It only looks around, for a netcheck: without a TUN, without streams to relays. Before it is up.
 */
void driver_only_look(struct driver *d);
bool driver_only_looks(const struct driver *d);
/* Of what DNS was asked. NULL while it is down. */
const struct resolver *driver_resolver(const struct driver *d);

/* Who talks UPnP for it; kept. Before it is up; NULL: nobody. */
void driver_set_upnp(struct driver *d, struct upnp *upnp);

/* Takes a new configuration: peers and relays that did not change keep their sessions and streams.
 * What cannot be changed under way ([Node]'s key, addresses, port, MTU, interface) begins anew.
 * cfg is kept in place of the old one, which may be freed then. False: why; the old one is kept. */
bool driver_reload(struct driver *d, const struct config *cfg,
		   char why[static FAILURE_MAX]) MUST_USE;

/* For those who ask. Node, TUN and UDP are NULL while it is down. */
struct node *driver_node(struct driver *d);
const struct config *driver_config(const struct driver *d);
const struct tun *driver_tun(const struct driver *d);
const struct udp *driver_udp(const struct driver *d);
/* After a call on the node from outside: do what it wants done. */
void driver_settle(struct driver *d);

/* Every event of a peer's path (moved, in doubt, pong); one listener, fn NULL: none. */
void driver_on_path(struct driver *d, void (*fn)(void *self, const struct path_event *ev),
		    void *self);

/* Every event of netcheck; one listener, fn NULL: none. */
void driver_on_netcheck(struct driver *d, void (*fn)(void *self, enum netcheck_event ev),
			void *self);

/* The HTTP proxy through which a relay is reached, "host:port"; NULL: none, or not reached.
 * Borrowed. */
const char *driver_relay_proxy(const struct driver *d, uint16_t region);

#endif

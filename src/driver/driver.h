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

struct drive;
struct lookups;

/* Not up yet. cfg is kept until drive_reload or drive_free. NULL: out of memory. */
struct drive *drive_new(struct loop *l, struct log *log, const struct config *cfg) MUST_USE;
void drive_free(struct drive *d);

/* Up: the interface, its addresses and routes are there and the node runs. Down: nothing of it is
 * left. False: why, and it is as it was. */
bool drive_set_up(struct drive *d, bool up, char why[static FAILURE_MAX]) MUST_USE;
bool drive_is_up(const struct drive *d);

/* It only looks around, for a netcheck: without a TUN, without streams to relays. Before it is up.
 */
void drive_only_look(struct drive *d);
bool drive_only_looks(const struct drive *d);
/* Of what DNS was asked. NULL while it is down. */
const struct lookups *drive_lookups(const struct drive *d);

/* Who talks UPnP for it; kept. Before it is up; NULL: nobody. */
void drive_set_upnp(struct drive *d, struct upnp *upnp);

/* Takes a new configuration: peers and relays that did not change keep their sessions and streams.
 * What cannot be changed under way ([Node]'s key, addresses, port, MTU, interface) begins anew.
 * cfg is kept in place of the old one, which may be freed then. False: why; the old one is kept. */
bool drive_reload(struct drive *d, const struct config *cfg, char why[static FAILURE_MAX]) MUST_USE;

/* For those who ask. Node, TUN and UDP are NULL while it is down. */
struct node *drive_node(struct drive *d);
const struct config *drive_config(const struct drive *d);
const struct tun *drive_tun(const struct drive *d);
const struct udp *drive_udp(const struct drive *d);
/* After a call on the node from outside: do what it wants done. */
void drive_settle(struct drive *d);

/* Every event of a peer's path (moved, in doubt, pong); one listener, fn NULL: none. */
void drive_on_path(struct drive *d, void (*fn)(void *self, const struct path_event *ev),
		   void *self);

/* Every event of netcheck; one listener, fn NULL: none. */
void drive_on_netcheck(struct drive *d, void (*fn)(void *self, enum netcheck_event ev), void *self);

/* The HTTP proxy through which a relay is reached, "host:port"; NULL: none, or not reached.
 * Borrowed. */
const char *drive_relay_proxy(const struct drive *d, uint16_t region);
/* A way in words: "relay(lab)" or "192.0.2.1:41641". Borrowed from `out`. */
enum { VIA_TEXT_MAX = CONFIG_NAME_MAX + ENDPOINT_TEXT_MAX };
const char *drive_via_text(const struct config *cfg, const struct via *via,
			   char out[static VIA_TEXT_MAX]);

#endif

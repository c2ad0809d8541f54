/* driver/driver.h - the driver: one node joined to this machine's loop, TUN, sockets and relays
 *
 * The only place where the node meets the operating system.  Whatever happens is fed to the node,
 * and then the node is drained: node.h says how.
 */
#ifndef DRIVER_DRIVER_H
#define DRIVER_DRIVER_H

#include "driver/inside.h"
#include "io/log.h"
#include "io/loop.h"
#include "io/udp.h"
#include "io/upnp.h"
#include "node/node.h"

struct driver;
struct resolver;

struct driver_config {
	struct loop *loop;               /* kept */
	struct log *log;                 /* kept */
	struct upnp *upnp;               /* kept: it talks UPnP for us; NULL: nobody does */
	const struct inside_ops *inside; /* NULL: none, so it looks around and carries nothing */
};

/* Not up yet. Settings and netmap are kept until driver_change or driver_free. NULL: out of memory.
 */
struct driver *driver_new(const struct driver_config *cfg, const struct settings *s,
			  const struct netmap *m) MUST_USE;
void driver_free(struct driver *d);

/* Up: the inside is there and the node runs. Down: nothing of it is left. False: why, and it is as
 * it was. */
bool driver_set_up(struct driver *d, bool up, char why[static FAILURE_MAX]) MUST_USE;
bool driver_is_up(const struct driver *d);

/* Takes new settings and a new netmap: peers and relays that did not change keep their sessions and
 * streams.  What cannot be changed under way (our key, addresses, port, MTU, interface) begins
 * anew.  Both are kept in place of the old ones, which may be freed then. False: why; the old ones
 * are kept. */
bool driver_change(struct driver *d, const struct settings *s, const struct netmap *m,
		   char why[static FAILURE_MAX]) MUST_USE;

/* For those who ask. Node, inside, UDP and resolver are NULL while it is down; so is the inside
 * where there is none. */
struct node *driver_node(struct driver *d);
const struct settings *driver_settings(const struct driver *d);
const struct netmap *driver_netmap(const struct driver *d);
const char *driver_inside_name(const struct driver *d);
const struct tun_stats *driver_tun_stats(const struct driver *d);
const struct udp *driver_udp(const struct driver *d);
const struct resolver *driver_resolver(const struct driver *d);
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

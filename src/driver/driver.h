/* driver/driver.h - one node joined to this machine's loop, inside, sockets and relays
 *
 * The only place where the node meets the operating system.  The driver feeds the node what
 * happened and then does what the node wants done (node.h, reach/pump.h).
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
	struct upnp *upnp;               /* kept; NULL: there is no UPnP */
	const struct inside_ops *inside; /* kept; NULL: the node examines the network, and carries
					    no packets */
};

/* Down at first. Settings and netmap are kept until driver_change or driver_free. NULL: out of
 * memory. */
struct driver *driver_new(const struct driver_config *cfg, const struct settings *s,
			  const struct netmap *m) MUST_USE;
void driver_free(struct driver *d); /* NULL is allowed */

/* Up: the inside is open and the node runs. Down: nothing is open. False: why, and the driver is
 * down. */
bool driver_set_up(struct driver *d, bool up, char why[static FAILURE_MAX]) MUST_USE;
bool driver_is_up(const struct driver *d);

/**
 * driver_change() - takes new settings and a new netmap
 *
 * Peers and relays that did not change keep their sessions and streams.  A change of our key,
 * addresses, port, MTU or interface, or many more peers, cannot be taken under way: then the node
 * and its inside are closed and opened again.
 *
 * Return: true: both are kept in place of the old ones, which may be freed now. False: why; the old
 * ones are still kept, and the driver is up with them, or down if that failed, too.
 */
bool driver_change(struct driver *d, const struct settings *s, const struct netmap *m,
		   char why[static FAILURE_MAX]) MUST_USE;

/* All borrowed. Node, inside, UDP and resolver are NULL while the driver is down; so is what
 * concerns the inside if there is none. */
struct node *driver_node(struct driver *d);
const struct settings *driver_settings(const struct driver *d);
const struct netmap *driver_netmap(const struct driver *d);
const char *driver_inside_name(const struct driver *d);
const struct tun_stats *driver_tun_stats(const struct driver *d);
const struct udp *driver_udp(const struct driver *d);
const struct resolver *driver_resolver(const struct driver *d);
/* To be called after a call on the node: does what the node wants done. */
void driver_settle(struct driver *d);

/* Every event of a peer's path goes to one listener. fn NULL: none. */
void driver_on_path(struct driver *d, void (*fn)(void *self, const struct path_event *ev),
		    void *self);

/* Every event of netcheck goes to one listener. fn NULL: none. */
void driver_on_netcheck(struct driver *d, void (*fn)(void *self, enum netcheck_event ev),
			void *self);

/* The HTTP proxy through which a relay is reached, "host:port"; NULL: none, or the relay is not
 * reached. Borrowed. */
const char *driver_relay_proxy(const struct driver *d, uint16_t region);

#endif

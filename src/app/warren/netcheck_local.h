/* app/warren/netcheck_local.h - netcheck without a daemon: a node in this process that only looks
 * around
 *
 * The same driver and the same node as in warrend, with a key that nobody knows, on any free port,
 * without a TUN, peers and streams to relays: so it says the same, and an ordinary user may run it
 * on a machine on which nothing is installed.  Gateways are asked to map its port, if the
 * configuration allows it, and get the mapping back at the end.
 */
#ifndef APP_WARREN_NETCHECK_LOCAL_H
#define APP_WARREN_NETCHECK_LOCAL_H

#include <jansson.h>

#include "base/time.h"
#include "config/config.h"
#include "io/failure.h"

/* A configuration with these relays: HOST or HOST:STUNPORT, a name or an address (of IPv6 in
 * brackets, if a port follows). Any STUN server will do. NULL: why. */
struct config *netcheck_local_config(char *const *words, size_t n,
				     char why[static CONFIG_WHY_MAX]) MUST_USE;

struct netcheck_local;

/* cfg is consumed. Forks (io/upnp.h), so call it early. Waits until the relays' names are looked
 * up, a few seconds at most. SIGINT and SIGTERM end what waits from now on. NULL: why. */
struct netcheck_local *netcheck_local_open(struct config *cfg,
					   char why[static FAILURE_MAX]) MUST_USE;
void netcheck_local_close(
	struct netcheck_local *o); /* gives back what gateways mapped; NULL is allowed */

/* As {"verb": "netcheck", "full": full} to the daemon. NULL: SIGINT or SIGTERM came. */
json_t *netcheck_local_netcheck(struct netcheck_local *o, bool full) MUST_USE;
/* As {"verb": "lifetime", "longest_s": ...}; 0: only tell. */
json_t *netcheck_local_lifetime(struct netcheck_local *o, uint32_t longest_s) MUST_USE;
/* Lets time pass. False: SIGINT or SIGTERM came. */
bool netcheck_local_wait(struct netcheck_local *o, mono_ns time) MUST_USE;
/* The next relay from *i on that has no address, and why; NULL: none. */
const char *netcheck_local_unresolved(const struct netcheck_local *o, size_t *i, const char **why);

#endif

/* serve/relay_route.h - a relay as a route of a web server: the upgrade of /derp, then DERP
 *
 * Feeds a relay_server with what its clients write, and writes what it has for them.
 *
 * Source: docs/protocol/derp.md 2 and 5.
 */
#ifndef SERVE_RELAY_ROUTE_H
#define SERVE_RELAY_ROUTE_H

#include "io/log.h"
#include "io/loop.h"
#include "relay/server.h"
#include "serve/http.h"

struct relay_route;

struct relay_route_config {
	struct loop *loop;           /* kept */
	struct log *log;             /* kept */
	struct relay_server *server; /* kept; nobody else may drive it */
	uint32_t clients_max;        /* that of the server */
};

struct relay_route *
relay_route_new(const struct relay_route_config *cfg) MUST_USE; /* NULL: out of memory */
/* After the listener, before the server, which the owner frees. NULL is allowed. */
void relay_route_free(struct relay_route *r);
/* Adds /derp and the pages of relay_pages.h. False: no room in the routes. */
bool relay_route_add(struct relay_route *r, struct http_routes *routes) MUST_USE;

/* Tells every client to come back. Stop the listener before; free it a little later. */
void relay_route_drain(struct relay_route *r, mono_ns reconnect, mono_ns keep_trying);

struct relay_route_stats {
	uint64_t slow; /* streams closed because ClientInfo, or the rest of a frame, did not come */
};
const struct relay_route_stats *relay_route_stats(const struct relay_route *r);

#endif

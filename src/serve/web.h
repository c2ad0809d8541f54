/* serve/web.h - HTTP on the streams of a listener
 *
 * The first owner of each stream: it reads requests, answers them by the routes, and gives a stream
 * that is upgraded to its route.  So one listener serves a relay, a coordination server and pages,
 * each as a route.
 *
 *   struct web *web = web_new();
 *   relay_route_add(relay, web_routes(web));
 *   listen_new(&(struct listen_config){ ..., .accept = web_accept(web)});
 */
#ifndef SERVE_WEB_H
#define SERVE_WEB_H

#include "serve/http.h"
#include "serve/listen.h"

struct web;

struct web *web_new(void) MUST_USE; /* NULL: out of memory */
void web_free(struct web *w);       /* after the listener; NULL is allowed */
/* Routes are to be added before the listener opens a port. Borrowed. */
struct http_routes *web_routes(struct web *w);
struct listen_accept web_accept(struct web *w);

struct web_stats {
	uint64_t pages; /* requests that were answered, without the upgrades */
};
const struct web_stats *web_stats(const struct web *w);

#endif

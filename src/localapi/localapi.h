/* localapi/localapi.h - the daemon's side of `warren`: one JSON request, one JSON answer, over a
 * Unix socket
 *
 *   {"verb": "status", "peers": true}                   what report/status.h says
 *   {"verb": "up"}, {"verb": "down"}                    {"up": true, "changed": true}
 *   {"verb": "why", "peer": "bob"}                      what report/why.h says
 *   {"verb": "ping", "peer": "bob", "timeout_ms": 5000} what localapi/pings.h says
 *   {"verb": "netcheck", "full": true}                  what report/netcheck.h says
 *   {"verb": "lifetime", "longest_s": 180}              the value of its "binding_lifetime"; begins
 *                                                       to measure, unless longest_s is 0
 *
 * The answer to what cannot be done is {"error": "a sentence"}.  Only root and the daemon's own
 * user are served.
 */
#ifndef LOCALAPI_LOCALAPI_H
#define LOCALAPI_LOCALAPI_H

#include "driver/driver.h"

struct localapi;

struct localapi_config {
	struct loop *loop;
	struct log *log;
	struct driver *driver;
	const char *path; /* of the socket; copied */
};

/* Loop, log and driver are kept. NULL: why. */
struct localapi *localapi_open(const struct localapi_config *cfg,
			       char why[static FAILURE_MAX]) MUST_USE;
void localapi_close(struct localapi *c); /* removes the socket; NULL is allowed */
/* The driver has other settings and another netmap: what waits is refused. */
void localapi_reloaded(struct localapi *c);

#endif

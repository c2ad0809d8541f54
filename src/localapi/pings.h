/* localapi/pings.h - `warren ping`: asks that wait for a disco pong
 *
 * Each asks the node for one ping over each way there is, and is answered once: by the pong of the
 * way that the peer's traffic takes now; or by another way's, when that one stays silent a little
 * longer; or, at the time limit, by an error that says why.
 *
 *   {"name", "ip", "endpoint": "192.0.2.1:41641" or null, "relay": "lab" or null, "direct",
 *   "rtt_ms"} {"error": "...", "timeout": true}
 */
#ifndef LOCALAPI_PINGS_H
#define LOCALAPI_PINGS_H

#include <jansson.h>

#include "driver/driver.h"

enum { PINGS_MAX = 16 };

struct pings;

/* Called once for each ask. `answer` is borrowed. */
typedef void pings_answer(void *ask, const json_t *answer);

/* Listens to the driver's path events. NULL: out of memory. */
struct pings *pings_new(struct loop *l, struct driver *d, pings_answer *answer) MUST_USE;
/* Asks that wait are not answered any more. NULL is allowed. */
void pings_free(struct pings *p);
/* peer: a name or an address. The answer may come before this returns. */
void pings_ask(struct pings *p, void *ask, const char *peer, mono_ns limit);
/* The configuration or the node was replaced: what waits is answered with an error. */
void pings_forget(struct pings *p, const char *why);

#endif

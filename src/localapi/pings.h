/* localapi/pings.h - `warren ping`: asks that wait for a disco pong
 *
 * For each ask the node sends one ping over each way there is.  The ask is answered once:
 *   - by the pong of the way that the peer's traffic takes now
 *   - by a pong of another way, if that one stays silent for 200 ms more
 *   - at the time limit, by an error that says why
 *
 *   {"name", "ip", "endpoint": "192.0.2.1:41641" or null, "relay": "lab" or null, "direct",
 *    "rtt_ms"}
 *   {"error": "...", "timeout": true}
 *
 * Bounded: PINGS_MAX asks at a time.
 *
 * Source: disco.md 2.3 (ping) and 2.4 (pong).
 */
#ifndef LOCALAPI_PINGS_H
#define LOCALAPI_PINGS_H

#include <jansson.h>

#include "driver/driver.h"

enum { PINGS_MAX = 16 };

struct pings;

/* Called once for each ask. `answer` is borrowed. */
typedef void pings_answer(void *ask, const json_t *answer);

/* Listens to the driver's path events. l and d are kept. NULL: out of memory. */
struct pings *pings_new(struct loop *l, struct driver *d, pings_answer *answer) MUST_USE;
/* Asks that wait are not answered any more. NULL is allowed. */
void pings_free(struct pings *p);
/* peer: a name or an address. A refusal comes from inside. */
void pings_ask(struct pings *p, void *ask, const char *peer, mono_ns limit);
/* The netmap or the node was replaced: all asks that wait are answered with an error. */
void pings_forget(struct pings *p, const char *why);

#endif

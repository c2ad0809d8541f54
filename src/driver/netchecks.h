/* driver/netchecks.h - `warren netcheck`: asks that wait for a report, and what a report needs of
 * the outside
 *
 * The node makes the report (netcheck/netcheck.h).  Here relays are timed over HTTPS when no UDP
 * comes back, and asked over plain HTTP for /generate_204, by which a captive portal gives itself
 * away.  A report is also made when the node comes up and when the network changes, and, while
 * there is traffic with any peer, every five minutes.
 */
#ifndef DRIVER_NETCHECKS_H
#define DRIVER_NETCHECKS_H

#include <jansson.h>

#include "driver/driver.h"

enum { NETCHECKS_MAX = 16, NETCHECKS_PORTALS_MAX = 5 };

struct netchecks;

/* Called once for each ask. `answer` is borrowed. */
typedef void netchecks_answer(void *ask, const json_t *answer);

/* Listens to the driver's netcheck events. NULL: out of memory. */
struct netchecks *netchecks_new(struct loop *l, struct driver *d,
				netchecks_answer *answer) MUST_USE;
void netchecks_free(
	struct netchecks *c); /* asks that wait are not answered any more; NULL is allowed */
/* full: all relays and the NAT; else the nearest relays. */
void netchecks_ask(struct netchecks *c, void *ask, bool full);
/* The configuration or the node was replaced: what waits is answered with an error. */
void netchecks_forget(struct netchecks *c, const char *why);

#endif

/* driver/netchecks.h - asks that wait for a report of netcheck, and what a report needs besides UDP
 *
 * The node makes the report (netcheck/netcheck.h).  If no UDP comes back, relays are timed over
 * HTTPS here, and asked over plain HTTP whether a captive portal answers in their place.  A report
 * is also made when the node comes up, when the network changes, and every five minutes while there
 * is traffic with any peer.
 *
 * Bounded: NETCHECKS_MAX asks; one request to each relay, and one more to each of
 * NETCHECKS_PORTALS_MAX.
 *
 * Source: netcheck.md 3.1 (when), 6.1 (HTTPS) and 6.3 (captive portals).
 */
#ifndef DRIVER_NETCHECKS_H
#define DRIVER_NETCHECKS_H

#include "driver/driver.h"

enum { NETCHECKS_MAX = 16, NETCHECKS_PORTALS_MAX = 5 };

struct netchecks;
struct netcheck_source; /* report/netcheck.h */

/* Called once for each ask: with a report, or with NULL and why. Both are borrowed. */
typedef void netchecks_answer(void *ask, const struct netcheck_source *report, const char *why);

/* Listens to the driver's netcheck events. l and d are kept. NULL: out of memory. */
struct netchecks *netchecks_new(struct loop *l, struct driver *d,
				netchecks_answer *answer) MUST_USE;
/* Asks that wait are not answered any more. NULL is allowed. */
void netchecks_free(struct netchecks *c);
/* full: all relays and the NAT; else the nearest relays. A refusal comes from inside. */
void netchecks_ask(struct netchecks *c, void *ask, bool full);
/* The netmap or the node was replaced: all asks that wait are refused. */
void netchecks_forget(struct netchecks *c, const char *why);

#endif

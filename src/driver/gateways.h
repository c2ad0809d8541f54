/* driver/gateways.h - gateways beside the node's UDP port: UPnP, and what gateways announce
 *
 * PCP and NAT-PMP go through the node's own port and are no matter of this file.
 *
 * Source: portmap.md 8 (UPnP) and 9 (announcements).
 */
#ifndef DRIVER_GATEWAYS_H
#define DRIVER_GATEWAYS_H

#include "io/announcements.h"
#include "io/upnp.h"

struct gateways;

struct gateways_calls {
	void (*report)(void *self, const struct upnp_report *r); /* borrowed */
	/* A datagram that went to all hosts of a link; both borrowed. */
	void (*announced)(void *self, const struct endpoint *from, struct bytes datagram);
	void *self;
};

/* l and upnp are kept, calls are copied. upnp NULL: there is no UPnP. NULL: out of memory. */
struct gateways *gateways_new(struct loop *l, struct upnp *upnp,
			      const struct gateways_calls *calls) MUST_USE;
void gateways_free(struct gateways *g); /* NULL is allowed */

/* Whether to listen for announcements; off at first. False: the socket cannot be had; why. */
bool gateways_listen(struct gateways *g, bool on, char why[static FAILURE_MAX]) MUST_USE;
/* The answer comes as a report. If there is no UPnP, UPNP_OFF comes from inside. */
void gateways_ask_upnp(struct gateways *g, const struct upnp_ask *ask);

#endif

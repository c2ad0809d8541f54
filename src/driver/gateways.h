/* driver/gateways.h - how the node talks with gateways besides its UDP port: UPnP, and what they
 * announce */
#ifndef DRIVER_GATEWAYS_H
#define DRIVER_GATEWAYS_H

#include "io/announcements.h"
#include "io/upnp.h"

struct gateways;

struct gateways_calls {
	void (*report)(void *self, const struct upnp_report *r);
	void (*announced)(void *self, const struct endpoint *from, struct bytes datagram);
	void *self;
};

/* upnp is kept; NULL: nobody talks it. NULL: out of memory. */
struct gateways *gateways_new(struct loop *l, struct upnp *upnp,
			      const struct gateways_calls *calls) MUST_USE;
void gateways_free(struct gateways *g); /* NULL is allowed */

/* Announcements are heard, or not; not at first. False: they cannot be; why. */
bool gateways_listen(struct gateways *g, bool on, char why[static FAILURE_MAX]) MUST_USE;
/* What comes of it is reported; at once where nobody talks UPnP any more. */
void gateways_ask_upnp(struct gateways *g, const struct upnp_ask *ask);

#endif

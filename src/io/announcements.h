/* io/announcements.h - receives what gateways announce on the link, by NAT-PMP and PCP
 *
 * A gateway that was restarted, or has another outside address, sends that to 224.0.0.1 and
 * ff02::1, port 5350.  Other programs may listen on that port, too.  Every datagram that comes to
 * it is passed on, and path/portmap/portmap.h judges it.
 *
 * Source: portmap.md 9.1; RFC 6886 s. 3.2.1, RFC 6887 s. 14.1.
 */
#ifndef IO_ANNOUNCEMENTS_H
#define IO_ANNOUNCEMENTS_H

#include "base/addr.h"
#include "base/bytes.h"
#include "io/failure.h"
#include "io/loop.h"

struct announcements;

struct announcements_call {
	/* Both borrowed. */
	void (*fn)(void *self, const struct endpoint *from, struct bytes datagram);
	void *self;
};

/* For both families, or for the one that this machine has. call is copied. NULL: neither; why. */
struct announcements *announcements_open(struct loop *l, const struct announcements_call *call,
					 char why[static FAILURE_MAX]) MUST_USE;
void announcements_close(struct announcements *a); /* NULL is allowed */

#endif

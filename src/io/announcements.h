/* io/announcements.h - what gateways tell everybody on the link: NAT-PMP and PCP
 *
 * A gateway that was restarted, or has another address outside, says so to 224.0.0.1 and ff02::1,
 * port 5350. The port is shared with other programs that listen there.  Whatever else comes to it
 * is told, too: the listener judges (path/portmap/portmap.h).
 *
 * Source: RFC 6886 s. 3.2.1, RFC 6887 s. 14.1.
 */
#ifndef IO_ANNOUNCEMENTS_H
#define IO_ANNOUNCEMENTS_H

#include "base/addr.h"
#include "base/bytes.h"
#include "io/failure.h"
#include "io/loop.h"

struct announcements;

struct announcements_call {
	void (*fn)(void *self, const struct endpoint *from, struct bytes datagram); /* borrowed */
	void *self;
};

/* Of both families, as far as they are there. NULL: neither can be had; why. */
struct announcements *announcements_open(struct loop *l, const struct announcements_call *call,
					 char why[static FAILURE_MAX]) MUST_USE;
void announcements_close(struct announcements *a); /* NULL is allowed */

#endif

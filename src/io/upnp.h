/* io/upnp.h - UPnP IGD 1 and 2, talked by a process of its own
 *
 * The library (libminiupnpc) waits for answers and reads XML from anybody in the LAN, so it runs in
 * a worker that has no privileges, few system calls, little memory and little time.  Its parent, a
 * process that does nothing else, makes one when there is something to ask, and a new one when it
 * dies: an answer that is a bomb costs one attempt. The parent is forked before the program
 * isolates itself, which takes away fork.
 *
 * Requests and reports are those of path/portmap/upnp_mapper.h, one record each over a socket. When
 * the program is gone, however it ended, the worker takes the mapping back and both end.
 */
#ifndef IO_UPNP_H
#define IO_UPNP_H

#include "io/failure.h"
#include "path/portmap/upnp_mapper.h"

struct upnp;

/* Call it early: the process begins as a copy of this one. NULL: why. */
struct upnp *upnp_start(char why[static FAILURE_MAX]) MUST_USE;
/* Lets them end. Waits for the mapping to be taken back if there is one, at most 2 s. NULL is fine.
 */
void upnp_stop(struct upnp *u);

int upnp_fd(const struct upnp *u); /* readable: upnp_read */
/* False: it cannot be asked now; it is as if it had not answered. */
bool upnp_ask(struct upnp *u, const struct upnp_ask *ask) MUST_USE;
/* The next report; false: none. After UPNP_OFF the fd must not be watched any more. */
bool upnp_read(struct upnp *u, struct upnp_report *out) MUST_USE;

#endif

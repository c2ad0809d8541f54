/* io/upnp.h - UPnP IGD 1 and 2, spoken by a process of its own
 *
 * The library (libminiupnpc) waits for answers and reads XML from anybody in the LAN.  So it runs
 * in a worker that has no privileges, few system calls, little memory and little time.  The
 * worker's parent does nothing else: it makes a worker when there is something to ask, and a new
 * one when the worker dies.  An answer that is a bomb costs one attempt.  The parent is forked
 * before the program isolates itself, for that takes away fork.
 *
 * Requests and reports are those of path/portmap/upnp_mapper.h, one record each over a socket.
 * When the program is gone, however it ended, the worker deletes the mapping, and both processes
 * end.
 *
 * Source: portmap.md 8.4.
 */
#ifndef IO_UPNP_H
#define IO_UPNP_H

#include "io/failure.h"
#include "path/portmap/upnp_mapper.h"

struct upnp;

/* Call it early: the parent begins as a copy of this process. NULL: why. */
struct upnp *upnp_start(char why[static FAILURE_MAX]) MUST_USE;
/* Lets both processes end. If something is mapped, waits for its end at most 2 s. NULL is allowed.
 */
void upnp_stop(struct upnp *u);

int upnp_fd(const struct upnp *u); /* readable: upnp_read */
/* False: nothing can be asked now; for the caller that is no answer. */
bool upnp_ask(struct upnp *u, const struct upnp_ask *ask) MUST_USE;
/* The next report; false: none is waiting. After UPNP_OFF the fd must not be watched any more. */
bool upnp_read(struct upnp *u, struct upnp_report *out) MUST_USE;

#endif

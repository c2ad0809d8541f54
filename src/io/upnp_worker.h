/* io/upnp_worker.h - the process in which libminiupnpc runs */
#ifndef IO_UPNP_WORKER_H
#define IO_UPNP_WORKER_H

/* Serves the requests that come by this socket until it is closed at the other end; then takes back what is
 * mapped. Gives up the rights of the process that calls it for good. Returns its exit status. */
int upnp_worker_run(int fd);

#endif

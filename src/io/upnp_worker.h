/* io/upnp_worker.h - the process in which libminiupnpc runs */
#ifndef IO_UPNP_WORKER_H
#define IO_UPNP_WORKER_H

/* The exit status. Any other is an accident. */
enum {
	UPNP_WORKER_ENDED = 0, /* the program is gone; the mapping is deleted */
	UPNP_WORKER_IDLE = 10  /* nothing was asked for so long, and nothing is mapped */
};

/* Serves the requests that come by this socket, until the program is gone, or for idle_ms nothing
 * was asked while nothing is mapped. Gives up the rights of the calling process for good. Returns
 * its exit status. */
int upnp_worker_run(int fd, int idle_ms);

#endif

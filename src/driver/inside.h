/* driver/inside.h - the inside of a node: the source of packets for its peers, and the sink of
 * packets from them
 *
 * A table of functions, so that a node may have a TUN device (driver/tun_inside.h), something else,
 * or no inside at all, as in a netcheck without a daemon.  The driver owns what `open` returns
 * until `close`.
 */
#ifndef DRIVER_INSIDE_H
#define DRIVER_INSIDE_H

#include "base/packet.h"
#include "io/failure.h"
#include "io/tun.h"
#include "netmap/netmap.h"
#include "netmap/settings.h"

struct inside_ops {
	/* Opens it, with addresses and routes as the netmap says; both arguments are borrowed.
	 * warning: what does not work; "": everything does. NULL: why, and nothing is open. */
	void *(*open)(const struct settings *s, const struct netmap *m,
		      char warning[static FAILURE_MAX], char why[static FAILURE_MAX]);
	void (*close)(void *self);
	/* Another netmap takes the place of the old one. What did not change is not touched, and
	 * one failure does not stop the rest. False: why, of the last failure. */
	bool (*change)(void *self, const struct netmap *was, const struct netmap *now,
		       char why[static FAILURE_MAX]);
	/* Readable when there are packets. */
	int (*fd)(const void *self);
	/* As tun_read and tun_write. */
	size_t (*read)(void *self, struct packet *v, size_t max);
	void (*write)(void *self, struct packet *v, size_t n);
	/* Another program removed it: no packet will come any more. Found out by `read`. */
	bool (*is_gone)(const void *self);
	const char *(*name)(const void *self); /* for people: the interface's; borrowed */
	int (*ifindex)(const void *self);      /* 0: it is no interface of the system */
	const struct tun_stats *(*stats)(const void *self); /* NULL: it is no TUN */
};

#endif

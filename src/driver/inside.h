/* driver/inside.h - the inside of a node: where packets for its peers come from, and those of its
 * peers go
 *
 * A table of functions, so that a node may have a TUN device (driver/tun_inside.h), something else,
 * or no inside at all, as a netcheck without a daemon.  The driver owns it from open to close.
 */
#ifndef DRIVER_INSIDE_H
#define DRIVER_INSIDE_H

#include "base/packet.h"
#include "io/failure.h"
#include "io/tun.h"
#include "netmap/netmap.h"
#include "netmap/settings.h"

struct inside_ops {
	/* Makes it, with addresses and routes as the netmap says. warning: what does not work
	 * although it goes on; "": everything does. NULL: why, and nothing is left. */
	void *(*open)(const struct settings *s, const struct netmap *m,
		      char warning[static FAILURE_MAX], char why[static FAILURE_MAX]);
	void (*close)(void *self);
	/* The netmap is another one now; what did not change is not touched. False: why, of the
	 * last failure. */
	bool (*change)(void *self, const struct netmap *was, const struct netmap *now,
		       char why[static FAILURE_MAX]);
	/* Readable when there are packets. */
	int (*fd)(const void *self);
	/* As tun_read and tun_write. */
	size_t (*read)(void *self, struct packet *v, size_t max);
	void (*write)(void *self, struct packet *v, size_t n);
	/* Somebody took it away: nothing will come any more. */
	bool (*is_gone)(const void *self);
	const char *(*name)(const void *self); /* as the system calls it */
	int (*ifindex)(const void *self);      /* 0: it is no interface of the system */
	const struct tun_stats *(*stats)(const void *self); /* NULL: it is no TUN */
};

#endif

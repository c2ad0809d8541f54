/* io/notify.h - telling systemd how we are
 *
 * Datagrams to the socket that NOTIFY_SOCKET names; without it all of this does nothing.
 * Source: sd_notify(3), systemd.service(5) (Type=notify-reload).
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include "base/def.h"

struct notify {
	int fd; /* connected; -1: nobody wants to know */
};

void notify_init(struct notify *n); /* reads the environment: before the sandbox */
void notify_fini(struct notify *n);
void notify_ready(struct notify *n);
void notify_reloading(struct notify *n); /* then notify_ready when done */
void notify_stopping(struct notify *n);

#endif

/* io/notify.h - tells systemd what the program is doing
 *
 * Datagrams go to the socket that NOTIFY_SOCKET names. Without that variable nothing happens.
 * Source: sd_notify(3), systemd.service(5) (Type=notify-reload).
 */
#ifndef IO_NOTIFY_H
#define IO_NOTIFY_H

#include "base/def.h"

struct notify {
	int fd; /* connected; -1: systemd does not ask */
};

void notify_init(struct notify *n); /* opens the socket: call it before the sandbox */
void notify_fini(struct notify *n);
void notify_ready(struct notify *n);
void notify_reloading(struct notify *n); /* then notify_ready when done */
void notify_stopping(struct notify *n);

#endif

/* io/netlink_monitor.h - notices when addresses, links or default routes change
 *
 * One change comes as several messages.  The owner waits a little after the first one, say 200 ms,
 * before it looks at what there is now (io/netlink.h).
 *
 * Source: rtnetlink(7); over libmnl.
 */
#ifndef IO_NETLINK_MONITOR_H
#define IO_NETLINK_MONITOR_H

#include "base/addr.h"
#include "io/failure.h"

struct netlink_monitor;

/* Changes of skip_ifindex (our own TUN; 0: none) do not count. NULL: why. */
struct netlink_monitor *netlink_monitor_open(int skip_ifindex,
					     char why[static FAILURE_MAX]) MUST_USE;
void netlink_monitor_close(struct netlink_monitor *m);   /* NULL is allowed */
int netlink_monitor_fd(const struct netlink_monitor *m); /* readable: call netlink_monitor_read */
/* Reads all that is waiting. True: something changed, or the kernel lost messages. */
bool netlink_monitor_read(struct netlink_monitor *m) MUST_USE;
/**
 * netlink_monitor_pref64() - the next NAT64 prefix that a router advertised
 * @lifetime_s:	0: the router takes the prefix back
 *
 * Of those that netlink_monitor_read has read, the oldest first. If more wait than there is room
 * for (4), the oldest is lost.
 * Source: RFC 8781; netcheck.md 10.6.
 *
 * Return: false, and nothing is set: no more.
 */
bool netlink_monitor_pref64(struct netlink_monitor *m, struct prefix *p,
			    uint32_t *lifetime_s) MUST_USE;

#endif

/* driver/interface.h - the tunnel's place in this machine: its TUN, addresses and routes
 *
 * All of it goes when the TUN is closed: nothing is left behind, however the program ends.
 */
#ifndef DRIVER_INTERFACE_H
#define DRIVER_INTERFACE_H

#include "config/config.h"
#include "io/netlink.h"
#include "io/tun.h"

struct interface {
	struct netlink *nl;
	struct tun *tun;           /* NULL: there is none, we only look */
	int skip;                  /* then: the interface of a daemon beside us; 0: none */
	char warning[FAILURE_MAX]; /* of interface_open: a range is somebody else's on this machine;
				      "": none */
};

/* Makes the interface as cfg says, with a route to each peer's allowed IPs. A range that has a
 * route by another interface already stays there, as in a home that is also reached from afar: that
 * is a warning. False: why, nothing is left. */
bool interface_open(struct interface *n, const struct config *cfg,
		    char why[static FAILURE_MAX]) MUST_USE;
/* Makes nothing: for who only wants to see the machine's other interfaces. An ordinary user may. */
bool interface_open_to_look(struct interface *n, const struct config *cfg,
			    char why[static FAILURE_MAX]) MUST_USE;
void interface_close(struct interface *n);
int interface_tun_index(
	const struct interface *n); /* of the interface that is the tunnel's; 0: none */
/* Routes that `now` has and `was` has not are added, the others taken away. False: why, of the last
 * failure. */
bool interface_reroute(struct interface *n, const struct config *was, const struct config *now,
		       char why[static FAILURE_MAX]) MUST_USE;
/* Addresses of the machine's other interfaces. Returns how many. */
size_t interface_interfaces(struct interface *n, struct own_address *v, size_t max);
/* The default gateways, towards the internet (netlink_gateways). Returns how many. */
size_t interface_gateways(struct interface *n, struct uplink v[static UPLINKS_MAX]);

#endif

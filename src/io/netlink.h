/* io/netlink.h - interfaces, addresses and routes, by rtnetlink
 *
 * Calls wait for the kernel's answer, which comes at once.  "There already" (adding) and "not
 * there" (removing) are successes; but a route that is there already by another interface is not
 * ours, and packets would go there: that is a failure.  Source: rtnetlink(7); over libmnl.
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include "base/place.h"
#include "io/failure.h"

struct netlink;

struct netlink *netlink_open(char why[static FAILURE_MAX]) MUST_USE;
void netlink_close(struct netlink *nl); /* NULL is allowed */

bool netlink_link_up(struct netlink *nl, int ifindex, uint32_t mtu,
		     char why[static FAILURE_MAX]) MUST_USE;
/* Gives the interface an address with a subnet of `bits`. */
bool netlink_address_add(struct netlink *nl, int ifindex, const struct ip *ip, uint8_t bits,
			 char why[static FAILURE_MAX]) MUST_USE;
/* A route to the prefix by way of the interface, without a gateway. */
bool netlink_route_add(struct netlink *nl, int ifindex, const struct prefix *to,
		       char why[static FAILURE_MAX]) MUST_USE;
/* It has one in the main table, but by another interface than this. */
bool netlink_route_is_foreign(struct netlink *nl, int ifindex, const struct prefix *to);
bool netlink_route_remove(struct netlink *nl, int ifindex, const struct prefix *to,
			  char why[static FAILURE_MAX]) MUST_USE;

/* Addresses of all interfaces that are up, but for skip_ifindex (0: none skipped). Without IPv6
 * addresses that are tentative, deprecated or failed. The rest beyond max is left out.
 * False: why; n is not set. */
bool netlink_interfaces(struct netlink *nl, int skip_ifindex, struct own_address *v, size_t max,
			size_t *n, char why[static FAILURE_MAX]) MUST_USE;

/* The gateways to the internet, and the address of ours that the kernel would take towards each:
 * first those by which it goes, for IPv4 and IPv6; then those of other interfaces that have a
 * default route, too (a second uplink). One that leads over skip_ifindex, or by a link without a
 * gateway, is none; so is an IPv6 gateway while we have no global address there, and an IPv4 one of
 * the same address as another. */
size_t netlink_gateways(struct netlink *nl, int skip_ifindex, struct uplink v[static UPLINKS_MAX]);

#endif

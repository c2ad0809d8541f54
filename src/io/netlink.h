/* io/netlink.h - interfaces, addresses and routes, by rtnetlink
 *
 * A call waits for the kernel's answer, which comes at once.  Adding what is there already and
 * removing what is not there are successes.
 *
 * Source: rtnetlink(7); over libmnl.
 */
#ifndef IO_NETLINK_H
#define IO_NETLINK_H

#include "base/place.h"
#include "io/failure.h"

struct netlink;

/* NULL: why. */
struct netlink *netlink_open(char why[static FAILURE_MAX]) MUST_USE;
void netlink_close(struct netlink *nl); /* NULL is allowed */

/* Sets the interface up, with this MTU, without a link-local IPv6 address of its own, and deaf to
 * router advertisements. False: why. */
bool netlink_link_up(struct netlink *nl, int ifindex, uint32_t mtu,
		     char why[static FAILURE_MAX]) MUST_USE;
/* Gives the interface an address with a subnet of `bits`. False: why. */
bool netlink_address_add(struct netlink *nl, int ifindex, const struct ip *ip, uint8_t bits,
			 char why[static FAILURE_MAX]) MUST_USE;
/**
 * netlink_route_add() - adds a route to the main table: to a prefix, by an interface, no gateway
 *
 * A route of that prefix stands in the way if it has the metric that ours would get. If it leads by
 * another interface or by several, or drops packets (blackhole, unreachable), then packets do not
 * come to us: that is a failure. A route with a higher metric does no harm, for the kernel prefers
 * ours.
 *
 * Return: true: added, or the interface has that route already. False: why.
 */
bool netlink_route_add(struct netlink *nl, int ifindex, const struct prefix *to,
		       char why[static FAILURE_MAX]) MUST_USE;
/* Does such a route of somebody else stand in the way, and is there none of ours? False also when
 * the kernel does not say. */
bool netlink_route_is_foreign(struct netlink *nl, int ifindex, const struct prefix *to);
/* False: why. */
bool netlink_route_remove(struct netlink *nl, int ifindex, const struct prefix *to,
			  char why[static FAILURE_MAX]) MUST_USE;

/**
 * netlink_interfaces() - lists the addresses of all interfaces that are up
 * @skip_ifindex:	left out; 0: none is
 * @v, @max:	set; what is beyond max is left out
 *
 * Without IPv6 addresses that are tentative, deprecated or failed.
 *
 * Return: false, and *n is not set: why.
 */
bool netlink_interfaces(struct netlink *nl, int skip_ifindex, struct own_address *v, size_t max,
			size_t *n, char why[static FAILURE_MAX]) MUST_USE;

/**
 * netlink_uplinks() - lists the ways out to the internet, each with our address towards it
 *
 * First come those that the kernel would use now, for IPv4 and IPv6. Then come those of other
 * interfaces that have a default route, too (a second uplink). Not listed are:
 *   - what leads over skip_ifindex (our own TUN; 0: none)
 *   - a link without a gateway (PPP and the like: gateway's family is 0), unless it is the way that
 *     the kernel would use now
 *   - an IPv6 gateway while we have no global address on its link
 *   - an IPv4 gateway with the same address as one before it
 *
 * Return: how many; 0 also when the kernel does not say.
 */
size_t netlink_uplinks(struct netlink *nl, int skip_ifindex, struct uplink v[static UPLINKS_MAX]);

#endif

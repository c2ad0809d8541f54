/* driver/tun_inside.h - the system as the inside of a node: a TUN with its addresses and routes
 *
 * The kernel removes addresses and routes with the TUN, however the program ends.
 */
#ifndef DRIVER_TUN_INSIDE_H
#define DRIVER_TUN_INSIDE_H

#include "driver/inside.h"

/* Adds a route to each prefix of each peer, but no default route.  A prefix that has a route by
 * another interface keeps that route: `open` warns of it, and `change` reports it as a failure. */
extern const struct inside_ops tun_inside;

#endif

/* driver/tun_inside.h - the system as the inside of a node: a TUN with its addresses and routes
 *
 * All of it goes when the TUN is closed: nothing is left behind, however the program ends.
 */
#ifndef DRIVER_TUN_INSIDE_H
#define DRIVER_TUN_INSIDE_H

#include "driver/inside.h"

/* Makes a route to each peer's allowed IPs.  A range that has a route by another interface already
 * stays there, as in a home that is also reached from afar: that is the warning of open. */
extern const struct inside_ops tun_inside;

#endif

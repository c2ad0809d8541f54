/* base/datagram.h - a UDP datagram: a packet, and the endpoint it came from or goes to */
#ifndef BASE_DATAGRAM_H
#define BASE_DATAGRAM_H

#include "base/addr.h"
#include "base/packet.h"

struct datagram {
	struct packet packet;
	struct endpoint at; /* where it came from, or goes to */
	struct ip from;     /* our address that it leaves from; family 0: any that fits */
	bool dont_fragment; /* going out: routers drop it where it does not fit whole */
	uint16_t socket;    /* our socket: 0 the main port, else an extra one (socket_wish.h) */
};

#endif

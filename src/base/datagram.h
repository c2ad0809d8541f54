/* base/datagram.h - a UDP datagram: a packet, and the endpoint it came from or goes to */
#ifndef BASE_DATAGRAM_H
#define BASE_DATAGRAM_H

#include "base/addr.h"
#include "base/packet.h"

struct datagram {
	struct packet packet;
	struct endpoint at; /* where it came from, or goes to */
	struct ip from; /* the address of ours that it is to leave from; family 0: any that fits */
	bool dont_fragment; /* going out: it must not be cut on its way, and is lost rather */
	uint16_t socket; /* of ours, by which it came or goes: 0 the main port, else an extra socket
			  */
};

#endif

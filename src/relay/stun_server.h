/* relay/stun_server.h - what a STUN server answers, and from which of its ports and addresses
 *
 * A plain binding request is answered from the place where it arrived, with the asker's address and
 * nothing else, as stock clients expect.  A request with CHANGE-REQUEST is answered from the other
 * port or address (RFC 5780), with RESPONSE-ORIGIN and OTHER-ADDRESS.  For a request with
 * RESPONSE-PORT the answer goes to another port of the asker's address: so a client finds out how
 * long its NAT keeps a mapping.
 *
 * Nothing is remembered.  An answer goes to the asker's address only, and an answer that is not
 * plain is never longer than its question.  So a forged source address gains nothing: the forger
 * could as well send to that address itself.
 *
 * Source: stun.md 4.
 */
#ifndef RELAY_STUN_SERVER_H
#define RELAY_STUN_SERVER_H

#include "wire/stun.h"

enum { STUN_RESPONSE_PORT_MIN = 1024 }; /* services live below, mappings do not */

struct stun_places {
	uint16_t port[2];    /* second 0: there is none */
	struct ip second[2]; /* another address of this machine, IPv4 and IPv6; family 0: none */
};

struct stun_way {
	struct endpoint leave, to;
};

/**
 * stun_server_answer() - answers one datagram
 * @at:		where it arrived. Family 0: that is unknown, and is neither told nor changed
 * @from:	the asker
 * @way:	set: the place from which the answer must leave, and where it goes
 *
 * Return: false: send nothing. It is no question, or asks for a place that we do not have.
 */
bool stun_server_answer(const struct stun_places *places, const struct endpoint *at,
			const struct endpoint *from, struct bytes question, struct stun_way *way,
			struct wr *answer) MUST_USE;

#endif

/* relay/stun_server.h - what a STUN server answers, and from which of its ports and addresses
 *
 * A plain binding request is answered from where it arrived, with the asker's address and nothing
 * else, as stock clients expect.  One with CHANGE-REQUEST is answered from the other port or
 * address (RFC 5780), with RESPONSE-ORIGIN and OTHER-ADDRESS.  One with RESPONSE-PORT is answered
 * to another port of the asker's address, by which he finds out how long his NAT keeps a mapping.
 *
 * Nothing is remembered.  An answer goes to the address of the asker and to no other, and what is
 * more than plain is never longer than its question: who writes another's address into a question
 * gains nothing that he could not have by sending to that address himself.
 */
#ifndef RELAY_STUN_SERVER_H
#define RELAY_STUN_SERVER_H

#include "wire/stun.h"

enum { STUN_RESPONSE_PORT_MIN = 1024 }; /* services live below, mappings do not */

struct stun_places {
	uint16_t port[2]; /* second 0: there is none */
	struct ip second
		[2]; /* by family, IPv4 and IPv6: another address of this machine; family 0: none */
};

struct stun_way {
	struct endpoint leave, to;
};

/**
 * stun_server_answer() - answers one datagram
 * @at:		where it arrived: an address without family is unknown, and then is not told nor
 * changed
 * @from:	the asker
 * @way:	set: from where the answer has to leave, and to where it goes
 *
 * Return: false: it is no question, or asks for what we do not have: be silent.
 */
bool stun_server_answer(const struct stun_places *places, const struct endpoint *at,
			const struct endpoint *from, struct bytes question, struct stun_way *way,
			struct wr *answer) MUST_USE;

#endif

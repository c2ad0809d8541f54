/* relay/stun_server.h - what a STUN server answers, and from which of its ports and addresses
 *
 * A plain binding request is answered from where it arrived, with the asker's address and nothing else,
 * as stock clients expect.  One with CHANGE-REQUEST is answered from the other port or address (RFC
 * 5780), with RESPONSE-ORIGIN and OTHER-ADDRESS.  The answer goes to the asker and nobody else, and is
 * never longer than such a request: a shorter one is ignored.
 */
#ifndef RELAY_STUN_SERVER_H
#define RELAY_STUN_SERVER_H

#include "wire/stun.h"

struct stun_places {
	uint16_t port[2];    /* second 0: there is none */
	struct ip second[2]; /* by family, IPv4 and IPv6: another address of this machine; family 0: none */
};

/**
 * stun_server_answer() - answers one datagram
 * @at:		where it arrived: an address without family is unknown, and then is not told nor changed
 * @from:	the asker
 * @leave:	set: from where the answer has to leave
 *
 * Return: false: it is no question, or asks for what we do not have: be silent.
 */
bool stun_server_answer(const struct stun_places *places, const struct endpoint *at,
			const struct endpoint *from, struct bytes question, struct endpoint *leave,
			struct wr *answer) MUST_USE;

#endif

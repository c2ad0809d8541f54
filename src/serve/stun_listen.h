/* serve/stun_listen.h - a STUN server: tells every client from which address its question came
 *
 * UDP sockets for IPv4 and for IPv6 are bound separately, so that IPv4 clients are told IPv4
 * addresses.  A second port, and a second address of the machine, let clients find out what their
 * NAT does (relay/stun_server.h).  The answer leaves from the address that was asked, unless the
 * question wants it from another one.
 *
 * Source: RFC 8489, RFC 5780; docs/protocol/stun.md 4.
 */
#ifndef SERVE_STUN_LISTEN_H
#define SERVE_STUN_LISTEN_H

#include "base/addr.h"
#include "io/failure.h"
#include "io/loop.h"

struct stun_listen;

struct stun_listen_config {
	struct endpoint at;   /* family 0: all addresses of both families; the port is not 0 */
	uint16_t second_port; /* 0: none */
	struct ip second[2];  /* IPv4, IPv6: another address of this machine; family 0: none */
};
/* The loop is kept, the configuration copied. NULL: why. */
struct stun_listen *stun_listen_open(struct loop *l, const struct stun_listen_config *cfg,
				     char why[static FAILURE_MAX]) MUST_USE;
void stun_listen_close(struct stun_listen *s); /* NULL is allowed */

struct stun_listen_stats {
	uint64_t answered;
	uint64_t ignored; /* no question, or one that this server cannot answer as it wants */
	uint64_t failed;  /* the kernel did not send the answer */
};
/* Borrowed. */
const struct stun_listen_stats *stun_listen_stats(const struct stun_listen *s);

#endif

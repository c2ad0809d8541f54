/* io/stun_listen.h - a STUN server: tells whoever asks from which address the question came
 *
 * Two UDP sockets, IPv4 and IPv6, bound separately, so that IPv4 clients are told IPv4 addresses.
 * The answer leaves from the address that was asked.  Source: RFC 8489; reference, data plane 4.2.
 */
#ifndef IO_STUN_LISTEN_H
#define IO_STUN_LISTEN_H

#include "base/addr.h"
#include "io/loop.h"
#include "io/why.h"

struct stun_listen;

/* at: without an address, all of both families. NULL: why. */
struct stun_listen *stun_listen_open(struct loop *l, const struct endpoint *at,
				     char why[static WHY_MAX]) MUST_USE;
void stun_listen_close(struct stun_listen *s); /* NULL is allowed */

struct stun_listen_stats {
	uint64_t answered;
	uint64_t ignored; /* not a binding request */
	uint64_t failed;  /* could not be answered: the kernel said no */
};
const struct stun_listen_stats *stun_listen_stats(const struct stun_listen *s);

#endif

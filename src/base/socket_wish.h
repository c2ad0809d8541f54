/* base/socket_wish.h - the extra sockets that a node wants to have open now
 *
 * Beside its main port a node may use extra sockets, of both families, on ports that the system
 * chooses: to get through a hard NAT, and to find out what a NAT does.  A number names each, never
 * a port, and a number is not soon given to another socket.
 *
 * The list says what shall be open now.  Before the owner sends the node's datagrams, it closes the
 * sockets that are no longer on the list and opens those that are new.  A socket that cannot be
 * opened is left out, and datagrams for it are lost.
 */
#ifndef BASE_SOCKET_WISH_H
#define BASE_SOCKET_WISH_H

#include "base/def.h"

enum {
	SOCKETS_MAX = 256,
	/* Numbers from 1 to here are for hard NATs, those above for netcheck. */
	SOCKETS_HARD_LAST = 0xfdff,
	SOCKETS_LIFETIME4 = 0xfe00, /* to measure lifetimes of bindings */
	SOCKETS_LIFETIME6 = 0xfe80,
	SOCKETS_LIFETIME_N = 0x80, /* of each */
	SOCKETS_NETCHECK_FIRST = 0xff00,
	SOCKETS_NETCHECK_LAST = 0xffff
};

struct socket_wish {
	uint16_t v[SOCKETS_MAX]; /* never 0, each once */
	size_t n;
	uint32_t version; /* differs after each change */
};

static inline bool socket_wished(const struct socket_wish *w, uint16_t number)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i] == number)
			return true;
	return false;
}

/* A full list stays as it is. */
static inline void socket_wish_add(struct socket_wish *w, uint16_t number)
{
	if (w->n < SOCKETS_MAX && !socket_wished(w, number))
		w->v[w->n++] = number;
}

#endif

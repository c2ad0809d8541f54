/* base/socket_wish.h - the extra sockets that a node wants to have open now
 *
 * Beside its main port a node may use extra sockets, of both families, on ports that the system
 * chooses: for finding a way through a hard NAT, and for finding out what a NAT does.  They are
 * named by numbers, never by ports, and a number is not used again soon for another socket.  The
 * wish is a level: its owner compares it with what is open, before he sends what the node wants
 * sent, closes what is not on it, and opens what is new.  A socket that cannot be opened is left
 * out: what goes to it is lost.
 */
#ifndef BASE_SOCKET_WISH_H
#define BASE_SOCKET_WISH_H

#include "base/def.h"

enum {
	SOCKETS_MAX = 256,
	/* Numbers up to here are for crossing hard NATs; above are those of netcheck. */
	SOCKETS_HARD_LAST = 0xfdff,
	SOCKETS_LIFETIME4 = 0xfe00, /* for measuring lifetimes of bindings */
	SOCKETS_LIFETIME6 = 0xfe80,
	SOCKETS_LIFETIME_N = 0x80, /* of each */
	SOCKETS_NETCHECK_FIRST = 0xff00,
	SOCKETS_NETCHECK_LAST = 0xffff
};

struct socket_wish {
	uint16_t v[SOCKETS_MAX]; /* never 0, each once */
	size_t n;
	uint32_t version; /* another one after each change */
};

static inline bool socket_wished(const struct socket_wish *w, uint16_t number)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i] == number)
			return true;
	return false;
}

/* Where there is no room it is left out. */
static inline void socket_wish_add(struct socket_wish *w, uint16_t number)
{
	if (w->n < SOCKETS_MAX && !socket_wished(w, number))
		w->v[w->n++] = number;
}

#endif

/* io/socket_address.h - between struct endpoint and the kernel's socket addresses */
#ifndef IO_SOCKET_ADDRESS_H
#define IO_SOCKET_ADDRESS_H

#include <sys/socket.h>

#include "base/addr.h"

/* False: sa is neither IPv4 nor IPv6, and *e is not set. */
bool socket_address_read(struct endpoint *e, const struct sockaddr_storage *sa) MUST_USE;
/* Sets *sa and gives its length; 0: the endpoint has no address. */
socklen_t socket_address_write(struct sockaddr_storage *sa, const struct endpoint *e);

/* True: this machine has lost the socket's own address. False also if the socket has none yet. */
bool socket_is_stranded(int fd);

#endif

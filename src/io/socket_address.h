/* io/socket_address.h - between struct endpoint and the kernel's socket addresses */
#ifndef IO_SOCKET_ADDRESS_H
#define IO_SOCKET_ADDRESS_H

#include <sys/socket.h>

#include "base/addr.h"

/* False: neither IPv4 nor IPv6. */
bool socket_address_read(struct endpoint *e, const struct sockaddr_storage *sa) MUST_USE;
/* Gives the length; 0 if the endpoint has no address. */
socklen_t socket_address_write(struct sockaddr_storage *sa, const struct endpoint *e);

/* The socket's own address is not one of this machine any more. False if it has none yet. */
bool socket_is_stranded(int fd);

#endif

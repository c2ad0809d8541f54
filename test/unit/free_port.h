/* free_port.h - a port for UDP on the loopback that was free a moment ago */
#ifndef UNIT_FREE_PORT_H
#define UNIT_FREE_PORT_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"

/* 0: there is none. */
static inline uint16_t free_udp_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	bool bound = bind(fd, (struct sockaddr *)&at, n) == 0 &&
		     getsockname(fd, (struct sockaddr *)&at, &n) == 0;
	close(fd);
	return bound ? ntohs(at.sin_port) : 0;
}

#endif

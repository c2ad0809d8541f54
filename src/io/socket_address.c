#include "io/socket_address.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

bool socket_address_read(struct endpoint *e, const struct sockaddr_storage *sa)
{
	if (sa->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;
		*e = (struct endpoint){.ip = ip_v4_from((const uint8_t *)&in->sin_addr),
				       .port = ntohs(in->sin_port)};
		return true;
	}
	if (sa->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)sa;
		*e = (struct endpoint){.ip = ip_v6_from(in->sin6_addr.s6_addr),
				       .port = ntohs(in->sin6_port)};
		if (e->ip.family == 6 && ip_is_link_local(&e->ip))
			e->scope = in->sin6_scope_id;
		return true;
	}
	return false;
}

socklen_t socket_address_write(struct sockaddr_storage *sa, const struct endpoint *e)
{
	memset(sa, 0, sizeof(*sa));
	if (e->ip.family == 4) {
		struct sockaddr_in *in = (struct sockaddr_in *)sa;
		in->sin_family = AF_INET;
		in->sin_port = htons(e->port);
		memcpy(&in->sin_addr, e->ip.b, 4);
		return sizeof(*in);
	}
	if (e->ip.family == 6) {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)sa;
		in->sin6_family = AF_INET6;
		in->sin6_port = htons(e->port);
		memcpy(&in->sin6_addr, e->ip.b, 16);
		in->sin6_scope_id = e->scope;
		return sizeof(*in);
	}
	return 0;
}

/* We try to bind the address, and do not look into our list of addresses: that list leaves out
 * deprecated ones, which still work. */
bool socket_is_stranded(int fd)
{
	struct sockaddr_storage sa = {0};
	socklen_t len = sizeof(sa);
	struct endpoint own;
	if (getsockname(fd, (struct sockaddr *)&sa, &len) || !socket_address_read(&own, &sa))
		return false;
	own.port = 0;
	len = socket_address_write(&sa, &own);
	int probe = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (probe < 0)
		return false;
	bool gone = bind(probe, (struct sockaddr *)&sa, len) && errno == EADDRNOTAVAIL;
	close(probe);
	return gone;
}

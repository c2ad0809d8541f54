/* Every host is a member of both groups, on every interface, so we join nothing. */
#include "io/announcements.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/socket_address.h"
#include "wire/pcp.h"

enum {
	FAMILIES = 2,
	AT_ONCE = 16 /* datagrams of one turn */
};

struct announcements {
	struct announcements_call call;
	struct ear {
		struct announcements *of;
		int fd; /* -1: none */
		struct loop_fd *watch;
	} ears[FAMILIES];
};

static bool listen_one(const struct ear *ear)
{
	uint8_t b[PCP_MESSAGE_MAX];
	struct sockaddr_storage sender;
	socklen_t len = sizeof(sender);
	struct endpoint from;
	ssize_t n = recvfrom(ear->fd, b, sizeof(b), MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)&sender, &len);
	if (n < 0)
		return false;
	if ((size_t)n <= sizeof(b) && socket_address_read(&from, &sender))
		ear->of->call.fn(ear->of->call.self, &from, (struct bytes){b, (size_t)n});
	return true;
}

static void on_ready(void *self, unsigned ready)
{
	for (int i = 0; i < AT_ONCE && listen_one(self); i++)
		;
}

/* IPv4 is bound to the group, and receives nothing else. To bind ff02::1 we would have to name one
 * link, so IPv6 is bound to the wildcard. */
static int bind_shared(int family)
{
	static const int on = 1;
	const struct endpoint groups[] = {{ip_v4(224, 0, 0, 1), PCP_ANNOUNCE_PORT},
					  {{.family = 6}, PCP_ANNOUNCE_PORT}};
	struct sockaddr_storage sa;
	socklen_t len = socket_address_write(&sa, &groups[family == AF_INET6]);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on))) ||
	    bind(fd, (const struct sockaddr *)&sa, len)) {
		int keep = errno;
		close(fd);
		errno = keep;
		return -1;
	}
	return fd;
}

static bool open_ear(struct announcements *a, struct loop *l, struct ear *ear, int family)
{
	*ear = (struct ear){.of = a, .fd = bind_shared(family)};
	if (ear->fd < 0)
		return false;
	ear->watch = loop_fd_new(l, ear->fd, (struct loop_fd_call){on_ready, ear});
	if (ear->watch)
		loop_fd_want(ear->watch, LOOP_READ);
	return ear->watch != NULL;
}

struct announcements *announcements_open(struct loop *l, const struct announcements_call *call,
					 char why[static FAILURE_MAX])
{
	struct announcements *a = calloc(1, sizeof(*a));
	if (!a) {
		failure_say(why, "no memory to listen to gateways");
		return NULL;
	}
	a->call = *call;
	bool v4 = open_ear(a, l, &a->ears[0], AF_INET);
	int error = errno; /* of IPv4: without IPv6, that of IPv6 says nothing about the port */
	bool v6 = open_ear(a, l, &a->ears[1], AF_INET6);
	if (v4 || v6)
		return a;
	failure_say(why, "cannot open UDP port %d (%s): the restart of a gateway is noticed later",
		    PCP_ANNOUNCE_PORT, strerror(error));
	announcements_close(a);
	return NULL;
}

void announcements_close(struct announcements *a)
{
	for (int i = 0; a && i < FAMILIES; i++) {
		loop_fd_free(a->ears[i].watch);
		if (a->ears[i].fd >= 0)
			close(a->ears[i].fd);
	}
	free(a);
}

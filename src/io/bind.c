#include "io/bind.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "io/socket_address.h"

enum { BACKLOG = 1024, FREE_PORT_TRIES = 16 };

void bind_close(int fd[static BIND_FAMILIES])
{
	for (int i = 0; i < BIND_FAMILIES; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

uint16_t bind_port_of(const int fd[static BIND_FAMILIES])
{
	for (int i = 0; i < BIND_FAMILIES; i++) {
		struct sockaddr_storage sa;
		socklen_t n = sizeof(sa);
		struct endpoint e;
		if (fd[i] >= 0 && getsockname(fd[i], (struct sockaddr *)&sa, &n) == 0 &&
		    socket_address_read(&e, &sa))
			return e.port;
	}
	return 0;
}

static bool explain(char why[static FAILURE_MAX], const struct endpoint *at, enum bind_kind kind)
{
	const char *protocol = kind == BIND_TCP ? "TCP" : "UDP";
	char text[ENDPOINT_TEXT_MAX];
	endpoint_format(at, text);
	if (errno == EADDRINUSE)
		return failure_say(why,
				   "%s port %u is in use: stop the program that has it (ss -lnp "
				   "shows which), or choose another port",
				   protocol, at->port);
	if (errno == EACCES)
		return failure_say(why,
				   "%s port %u may not be opened by this user: start as root or "
				   "with CAP_NET_BIND_SERVICE, or choose a port above 1023",
				   protocol, at->port);
	if (errno == EADDRNOTAVAIL)
		return failure_say(why, "%s is not an address of this machine", text);
	return failure_say(why, "cannot open %s %s: %s", protocol, text, strerror(errno));
}

/* A socket; -1: errno. */
static int open_one(const struct endpoint *at, enum bind_kind kind)
{
	static const int on = 1;
	bool v6 = at->ip.family == 6;
	struct sockaddr_storage sa;
	socklen_t n = socket_address_write(&sa, at);
	int fd = socket(
		v6 ? AF_INET6 : AF_INET,
		(kind == BIND_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (kind == BIND_TCP)
		(void)!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if ((v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) < 0) ||
	    bind(fd, (struct sockaddr *)&sa, n) < 0 ||
	    (kind == BIND_TCP && listen(fd, BACKLOG) < 0)) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool is_missing_family(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPROTONOSUPPORT;
}

static bool bind_both(int fd[static BIND_FAMILIES], uint16_t port, enum bind_kind kind,
		      char why[static FAILURE_MAX])
{
	struct endpoint any4 = {.ip = {.family = 4}, .port = port},
			any6 = {.ip = {.family = 6}, .port = port};
	fd[0] = open_one(&any4, kind);
	if (fd[0] < 0)
		return explain(why, &any4, kind);
	any6.port = bind_port_of(fd);
	fd[1] = open_one(&any6, kind);
	if (fd[1] >= 0 || is_missing_family(errno))
		return true;
	return explain(why, &any6, kind);
}

bool bind_port(int fd[static BIND_FAMILIES], const struct endpoint *at, enum bind_kind kind,
	       char why[static FAILURE_MAX])
{
	fd[0] = fd[1] = -1;
	if (at->ip.family != 0) {
		int *one = &fd[at->ip.family == 6];
		*one = open_one(at, kind);
		return *one >= 0 || explain(why, at, kind);
	}
	/* A port that is free for IPv4 may be taken for IPv6: then we try another one. */
	int tries = at->port ? 1 : FREE_PORT_TRIES;
	while (tries-- > 0) {
		if (bind_both(fd, at->port, kind, why))
			return true;
		bind_close(fd);
	}
	return false;
}

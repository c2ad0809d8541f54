/* io/udp.c - theory of operation
 *
 * A port is two sockets, IPv4 and IPv6, with the same number.  Where the kernel chooses the number
 * it chooses for IPv4, and that number can be taken for IPv6: then we try again, PORT_TRIES times.
 *
 * Receiving (udp_receive.c): recvmmsg fills up to BATCH_MAX slots of one arena from one socket.
 * With UDP_GRO one message can hold several datagrams of one sender, all of one size but the last.
 * We hand them out one after another, in place, before the next system call.  The sockets take
 * turns.  The arena is large in addresses only: the kernel gives pages to slots that were filled.
 *
 * Sending (udp_send.c): the datagrams of each family, in their order, become messages.  Neighbours
 * of equal size to one destination become one message with UDP_SEGMENT; the kernel gathers the
 * pieces from where they are.  If the device cannot take a merged message, we send its datagrams
 * one by one.  After EIO (the device cannot merge at all), or after several refusals in a row, we
 * stop merging on this socket.
 *
 * Extra sockets (udp_extra.c) hang on one epoll descriptor, and the owner waits for that as for a
 * socket.  It is level-triggered and names one ready socket at a time, each in its turn.
 *
 * Bounded: extra sockets, slots, messages of one call, refusals reported.  Nothing waits: what does
 * not fit is lost.
 *
 * Source: disco.md 3.3.
 */
#include "io/udp_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/socket_address.h"

enum { PORT_TRIES = 32, MESSAGE_MAX = 65536 };

static void set_int(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)))
		return; /* a wish, not a need */
}

static void set_buffer(int fd, int force, int name)
{
	int size = UDP_BUFFER;
	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)))
		set_int(fd, SOL_SOCKET, name, size);
}

/* Allowed, data is fragmented here or on its way, and never lost for its size. */
void udp_socket_fragment(int fd, uint8_t family, bool allowed)
{
	if (family == 4)
		set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
			allowed ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
	else
		set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			allowed ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
}

void udp_socket_tune(struct udp_socket *s, const struct udp_config *cfg)
{
	int one = 1, size = 0;
	socklen_t len = sizeof(size);
	udp_socket_fragment(s->fd, 4, true); /* the other family refuses: a wish, not a need */
	udp_socket_fragment(s->fd, 6, true);
	set_int(s->fd, SOL_SOCKET, SO_MARK, UDP_MARK);
	set_buffer(s->fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(s->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	s->gso = !cfg->no_gso && !getsockopt(s->fd, IPPROTO_UDP, UDP_SEGMENT, &size, &len);
	s->gro = !cfg->no_gro && !setsockopt(s->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one));
}

int udp_socket_bind(enum udp_families families, uint16_t *port)
{
	int family = families == UDP_ONLY_4 ? AF_INET : AF_INET6, only = families != UDP_BOTH;
	struct sockaddr_storage sa = {.ss_family = (sa_family_t)family};
	struct endpoint bound = {0};
	socklen_t len =
		family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (family == AF_INET)
		((struct sockaddr_in *)&sa)->sin_port = htons(*port);
	else
		((struct sockaddr_in6 *)&sa)->sin6_port = htons(*port);
	if ((family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof(only))) ||
	    bind(fd, (struct sockaddr *)&sa, len) ||
	    getsockname(fd, (struct sockaddr *)&sa, &len)) {
		int keep = errno;
		close(fd);
		errno = keep;
		return -1;
	}
	if (socket_address_read(&bound, &sa))
		*port = bound.port;
	return fd;
}

enum bound { BOUND, BOUND_TAKEN, BOUND_FAILED };

/* port 0: the kernel chooses it for IPv4, and IPv6 has to take the same. */
static enum bound bind_both(struct udp *u, uint16_t port)
{
	u->port = port;
	u->v4.fd = udp_socket_bind(UDP_ONLY_4, &u->port);
	if (u->v4.fd < 0)
		return BOUND_FAILED;
	u->v6.fd = udp_socket_bind(UDP_ONLY_6, &u->port);
	if (u->v6.fd >= 0 || errno != EADDRINUSE)
		return BOUND;
	close(u->v4.fd);
	u->v4.fd = -1;
	return BOUND_TAKEN;
}

static bool open_sockets(struct udp *u, uint16_t port, char *why)
{
	enum bound b = bind_both(u, port);
	for (int i = 1; port == 0 && b == BOUND_TAKEN && i < PORT_TRIES; i++)
		b = bind_both(u, 0);
	if (b == BOUND)
		return true;
	if (b == BOUND_TAKEN && port == 0)
		return failure_say(why,
				   "no UDP port is free for IPv4 and IPv6 together, after %d tries",
				   PORT_TRIES);
	if (b == BOUND_TAKEN || errno == EADDRINUSE)
		return failure_say(why,
				   "UDP port %u is in use by another program: stop it (`ss -lunp` "
				   "names it), choose another port, or port 0 for any that is free",
				   port);
	return failure_say(why, "cannot open UDP port %u: %s", port, strerror(errno));
}

static bool open_arena(struct udp *u)
{
	bool gro = u->v4.gro || u->v6.gro;
	u->slot_size = PACKET_HEADROOM + PACKET_TAILROOM + (gro ? MESSAGE_MAX : PACKET_CONTENT_MAX);
	u->arena_size = u->slot_size * BATCH_MAX;
	void *p = mmap(NULL, u->arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	if (p == MAP_FAILED)
		return false;
	u->arena = p;
	return true;
}

struct udp *udp_open(const struct udp_config *cfg, char why[static FAILURE_MAX])
{
	struct udp *u = calloc(1, sizeof(*u));
	if (!u) {
		failure_say(why, "no memory for the UDP port");
		return NULL;
	}
	u->v4.fd = u->v6.fd = -1;
	u->cfg = *cfg;
	u->extra_fd = epoll_create1(EPOLL_CLOEXEC);
	if (u->extra_fd < 0) {
		failure_say(why, "cannot make an epoll descriptor for UDP sockets: %s",
			    strerror(errno));
		udp_close(u);
		return NULL;
	}
	if (!open_sockets(u, cfg->port, why)) {
		udp_close(u);
		return NULL;
	}
	udp_socket_tune(&u->v4, cfg);
	if (u->v6.fd >= 0)
		udp_socket_tune(&u->v6, cfg);
	if (!open_arena(u)) {
		failure_say(why, "no memory for received datagrams");
		udp_close(u);
		return NULL;
	}
	return u;
}

void udp_close(struct udp *u)
{
	if (!u)
		return;
	if (u->v4.fd >= 0)
		close(u->v4.fd);
	if (u->v6.fd >= 0)
		close(u->v6.fd);
	udp_follow(u, NULL, 0);
	if (u->extra_fd >= 0)
		close(u->extra_fd);
	if (u->arena)
		munmap(u->arena, u->arena_size);
	free(u);
}

uint16_t udp_port(const struct udp *u)
{
	return u->port;
}

int udp_fd4(const struct udp *u)
{
	return u->v4.fd;
}

int udp_fd6(const struct udp *u)
{
	return u->v6.fd;
}

int udp_fd_extra(const struct udp *u)
{
	return u->extra_fd;
}

const struct udp_stats *udp_stats(const struct udp *u)
{
	return &u->stats;
}

/* Theory of operation: io/udp.c. */
#include "io/udp_inside.h"

#include <sys/epoll.h>
#include <unistd.h>

struct udp_extra *udp_extra_of(struct udp *u, uint16_t number)
{
	for (size_t i = 0; i < u->n_extra; i++)
		if (u->extra[i].number == number)
			return &u->extra[i];
	return NULL;
}

static void extra_open(struct udp *u, uint16_t number)
{
	struct udp_extra e = {.number = number, .socket.fd = -1};
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = number};
	/* Both families: through a NAT64, IPv4 endpoints are reached by IPv6. */
	if (u->n_extra < UDP_EXTRA_MAX)
		e.socket.fd = udp_socket_bind(u->v6.fd >= 0 ? UDP_BOTH : UDP_ONLY_4, &e.port);
	if (e.socket.fd < 0 || epoll_ctl(u->extra_fd, EPOLL_CTL_ADD, e.socket.fd, &ev)) {
		u->stats.extra_failed++;
		if (e.socket.fd >= 0)
			close(e.socket.fd);
		return;
	}
	udp_socket_tune(&e.socket, &u->cfg);
	e.socket.gro = e.socket.gro && (u->v4.gro || u->v6.gro); /* the size of a slot */
	u->extra[u->n_extra++] = e;
}

static bool is_among(uint16_t number, const uint16_t *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i] == number)
			return true;
	return false;
}

void udp_follow(struct udp *u, const uint16_t *numbers, size_t n)
{
	for (size_t i = 0; i < u->n_extra;) {
		if (is_among(u->extra[i].number, numbers, n)) {
			i++;
			continue;
		}
		close(u->extra[i].socket.fd); /* this takes it out of the epoll set */
		u->extra[i] = u->extra[--u->n_extra];
	}
	for (size_t i = 0; i < n; i++)
		if (!udp_extra_of(u, numbers[i]))
			extra_open(u, numbers[i]);
}

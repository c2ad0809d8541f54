/* Theory of operation: io/udp.c. */
#include "io/udp_inside.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "io/socket_address.h"

/* A socket reports the error of an earlier datagram once, in place of what is waiting. */
enum { RECV_TRIES = 4 };

static void slot_prepare(struct udp *u, size_t i, bool gro)
{
	u->in_iov[i] = (struct iovec){
		.iov_base = u->arena + i * u->slot_size + PACKET_HEADROOM,
		.iov_len = u->slot_size - PACKET_HEADROOM - PACKET_TAILROOM,
	};
	u->in[i].msg_hdr = (struct msghdr){
		.msg_name = &u->in_from[i],
		.msg_namelen = sizeof(u->in_from[i]),
		.msg_iov = &u->in_iov[i],
		.msg_iovlen = 1,
		.msg_control = gro ? &u->in_control[i] : NULL,
		.msg_controllen = gro ? sizeof(u->in_control[i]) : 0,
	};
}

static bool receive_from(struct udp *u, const struct udp_socket *s)
{
	if (s->fd < 0)
		return false;
	for (size_t i = 0; i < BATCH_MAX; i++)
		slot_prepare(u, i, s->gro);
	int n = -1;
	for (int i = 0; i < RECV_TRIES && n < 0; i++) {
		n = recvmmsg(s->fd, u->in, BATCH_MAX, MSG_DONTWAIT, NULL);
		u->stats.rx_calls++;
		if (n < 0 && errno == EAGAIN)
			break;
	}
	u->n_in = n > 0 ? (size_t)n : 0;
	u->at_in = u->at_byte = 0;
	return n > 0;
}

/* One of the extra sockets that are ready. */
static bool receive_extra(struct udp *u)
{
	struct epoll_event ev;
	if (u->n_extra == 0 || epoll_wait(u->extra_fd, &ev, 1, 0) != 1)
		return false;
	const struct udp_extra *e = udp_extra_of(u, (uint16_t)ev.data.u32);
	u->in_socket = (uint16_t)ev.data.u32;
	return e && receive_from(u, &e->socket);
}

/* One batch of the first socket that has something, beginning with the one whose turn it is. */
static bool receive(struct udp *u)
{
	for (int i = 0; i < 3; i++) {
		u->turn = (u->turn + 1) % 3;
		if (u->turn == 2 && receive_extra(u))
			return true;
		if (u->turn == 2)
			continue;
		u->in_socket = 0;
		if (receive_from(u, u->turn == 1 ? &u->v6 : &u->v4))
			return true;
	}
	return false;
}

/* The size of the datagrams in one message; len: the kernel merged nothing. */
static size_t segment_size(struct msghdr *m, size_t len)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			int size;
			memcpy(&size, CMSG_DATA(c), sizeof(size));
			if (size > 0 && (size_t)size < len)
				return (size_t)size;
		}
	return len;
}

/* Sets *d to the next datagram of the message, in place, and moves on. False: the caller must not
 * have it; counted. */
static bool take_segment(struct udp *u, struct datagram *d)
{
	struct mmsghdr *m = &u->in[u->at_in];
	const struct iovec *iov = &u->in_iov[u->at_in];
	size_t len = m->msg_len, at = u->at_byte, size = segment_size(&m->msg_hdr, len);
	*d = (struct datagram){.socket = u->in_socket};
	bool fits = !(m->msg_hdr.msg_flags & MSG_TRUNC) && size <= PACKET_CONTENT_MAX &&
		    socket_address_read(&d->at, &u->in_from[u->at_in]);
	if (at == 0 && size < len)
		u->stats.rx_merged++;
	size_t n = size < len - at ? size : len - at;
	bool last = at + n >= len;
	d->packet = (struct packet){
		.data = (uint8_t *)iov->iov_base + at,
		.len = (uint32_t)n,
		.head = at == 0 ? PACKET_HEADROOM : 0,
		.tail = last ? (uint32_t)(iov->iov_len - len + PACKET_TAILROOM) : 0,
	};
	u->at_byte = last ? 0 : at + n;
	u->at_in += last;
	u->stats.rx_too_long += !fits;
	return fits;
}

size_t udp_recv(struct udp *u, struct datagram *v, size_t max)
{
	if (!udp_more(u) && !receive(u))
		return 0;
	size_t n = 0;
	while (n < max && n < BATCH_MAX && udp_more(u))
		n += take_segment(u, &v[n]);
	u->stats.rx += n;
	return n;
}

bool udp_more(const struct udp *u)
{
	return u->at_in < u->n_in;
}

/* io/udp.c - theory of operation
 *
 * Receiving: recvmmsg fills up to BATCH_MAX slots of one arena from one socket.  With UDP_GRO one
 * message can be several datagrams of one sender merged, all of one size but the last; they are
 * handed out one after another, in place, before the next system call.  The two sockets take turns.
 * The arena is large only in addresses: the kernel gives pages to slots that were really filled.
 *
 * Sending: the datagrams of each family, in their order, become messages; neighbours of equal size
 * to one destination become one message with UDP_SEGMENT.  The pieces are gathered by the kernel
 * from where they are.  A message that the device cannot take merged is sent again one by one; if
 * that is the device's nature (EIO), merging ends for this socket.
 *
 * Extra sockets hang on one epoll descriptor, which the owner waits for as for a socket; it names
 * one that is ready, in turns (level-triggered, the kernel goes round).
 *
 * Bounded: extra sockets, slots, messages of one call, refusals told.  Nothing waits: what does not
 * fit is lost.
 */
#include "io/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/socket_address.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO     104
#endif

enum {
	PORT_TRIES = 32,
	RECV_TRIES = 4,
	MERGED_MAX = 64,      /* segments of one message: the kernel's limit before 6.9 */
	MERGED_BYTES = 65000, /* below 65535 less all headers of both families */
	MERGED_FAILURES =
		8, /* so often in a row a merged message may be refused before we stop merging */
	MESSAGE_MAX = 65536
};

struct udp_socket {
	int fd; /* -1: none */
	bool gso, gro;
	unsigned merged_failed; /* in a row */
};

/* Room for one control message: the size of the segments, or the address to leave from. */
struct localapi {
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct udp_extra {
	struct udp_socket socket;
	uint16_t number, port;
};

struct udp {
	struct udp_socket v4, v6;
	struct udp_extra extra[UDP_EXTRA_MAX];
	size_t n_extra;
	int extra_fd; /* epoll */
	struct udp_config cfg;
	uint16_t port;
	unsigned turn;      /* who is to receive next */
	uint16_t in_socket; /* of the messages received */
	struct udp_stats stats;

	uint8_t *arena;
	size_t arena_size, slot_size;
	struct mmsghdr in[BATCH_MAX];
	struct iovec in_iov[BATCH_MAX];
	struct sockaddr_storage in_from[BATCH_MAX];
	struct localapi in_control[BATCH_MAX];
	size_t n_in, at_in; /* messages received, and the one being handed out */
	size_t at_byte;     /* how much of that was handed out */

	struct mmsghdr out[BATCH_MAX];
	struct iovec out_iov[BATCH_MAX * 4];
	struct sockaddr_storage out_to[BATCH_MAX];
	struct localapi out_control[BATCH_MAX];
	const struct datagram *out_first[BATCH_MAX]; /* of each message, for the refusals */
	size_t n_out, n_iov;
};

/* --- opening --- */

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

/* Data is cut where the path is narrow, here or on its way: never lost for its size. */
static void set_cutting(int fd, uint8_t family, bool may_be_cut)
{
	if (family == 4)
		set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER,
			may_be_cut ? IP_PMTUDISC_DONT : IP_PMTUDISC_PROBE);
	else
		set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
			may_be_cut ? IPV6_PMTUDISC_DONT : IPV6_PMTUDISC_PROBE);
}

static void socket_tune(struct udp_socket *s, const struct udp_config *cfg)
{
	int one = 1, size = 0;
	socklen_t len = sizeof(size);
	set_cutting(s->fd, 4, true); /* one of the two is of this socket */
	set_cutting(s->fd, 6, true);
	set_int(s->fd, SOL_SOCKET, SO_MARK, UDP_MARK);
	set_buffer(s->fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(s->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	s->gso = !cfg->no_gso && !getsockopt(s->fd, IPPROTO_UDP, UDP_SEGMENT, &size, &len);
	s->gro = !cfg->no_gro && !setsockopt(s->fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one));
}

enum families { ONLY_4, ONLY_6, BOTH };

/* Gives the fd, or -1 and errno. *port 0: chosen, and set. */
static int socket_bind(enum families families, uint16_t *port)
{
	int family = families == ONLY_4 ? AF_INET : AF_INET6, only = families != BOTH;
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

/* Both families on one port; the kernel chooses it for IPv4 if it is 0. */
static enum bound bind_both(struct udp *u, uint16_t port)
{
	u->port = port;
	u->v4.fd = socket_bind(ONLY_4, &u->port);
	if (u->v4.fd < 0)
		return BOUND_FAILED;
	u->v6.fd = socket_bind(ONLY_6, &u->port);
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
				   "names it), choose "
				   "another port, or port 0 for any that is free",
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
	socket_tune(&u->v4, cfg);
	if (u->v6.fd >= 0)
		socket_tune(&u->v6, cfg);
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

/* --- extra sockets --- */

static struct udp_extra *extra_of(const struct udp *u, uint16_t number)
{
	for (size_t i = 0; i < u->n_extra; i++)
		if (u->extra[i].number == number)
			return (struct udp_extra *)&u->extra[i];
	return NULL;
}

uint16_t udp_extra_port(const struct udp *u, uint16_t number)
{
	const struct udp_extra *e = extra_of(u, number);
	return e ? e->port : 0;
}

static void extra_open(struct udp *u, uint16_t number)
{
	struct udp_extra e = {.number = number, .socket.fd = -1};
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = number};
	/* What goes by a NAT64 is of IPv6. */
	if (u->n_extra < UDP_EXTRA_MAX)
		e.socket.fd = socket_bind(u->v6.fd >= 0 ? BOTH : ONLY_4, &e.port);
	if (e.socket.fd < 0 || epoll_ctl(u->extra_fd, EPOLL_CTL_ADD, e.socket.fd, &ev)) {
		u->stats.extra_failed++;
		if (e.socket.fd >= 0)
			close(e.socket.fd);
		return;
	}
	socket_tune(&e.socket, &u->cfg);
	e.socket.gro = e.socket.gro && (u->v4.gro || u->v6.gro); /* the arena was made for that */
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
		close(u->extra[i].socket.fd); /* leaves the epoll set by that */
		u->extra[i] = u->extra[--u->n_extra];
	}
	for (size_t i = 0; i < n; i++)
		if (!extra_of(u, numbers[i]))
			extra_open(u, numbers[i]);
}

/* --- receiving --- */

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
			break; /* other errors were left behind by an earlier datagram, and are told
				  once */
	}
	u->n_in = n > 0 ? (size_t)n : 0;
	u->at_in = u->at_byte = 0;
	return n > 0;
}

static bool receive_extra(struct udp *u)
{
	struct epoll_event ev;
	if (u->n_extra == 0 || epoll_wait(u->extra_fd, &ev, 1, 0) != 1)
		return false;
	const struct udp_extra *e = extra_of(u, (uint16_t)ev.data.u32);
	u->in_socket = (uint16_t)ev.data.u32;
	return e && receive_from(u, &e->socket);
}

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

/* Size of the datagrams in one message; all of it, if the kernel merged nothing. */
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

/* The next datagram of the message, in place; moves on. False: it was not fit to be handed out. */
static bool take_segment(struct udp *u, struct datagram *d)
{
	struct mmsghdr *m = &u->in[u->at_in];
	const struct iovec *iov = &u->in_iov[u->at_in];
	size_t len = m->msg_len, at = u->at_byte, size = segment_size(&m->msg_hdr, len);
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
	d->socket = u->in_socket;
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

/* --- sending --- */

static void refuse(struct udp_refused *r, const struct endpoint *ep)
{
	for (size_t i = 0; i < r->n; i++)
		if (endpoint_equal(&r->v[i], ep))
			return;
	if (r->n < UDP_REFUSED_MAX)
		r->v[r->n++] = *ep;
}

/* EPERM is not among them: a firewall's queue or a full connection table says it in passing. */
static bool says_no_way(int error)
{
	return error == ENETUNREACH || error == EHOSTUNREACH || error == ENETDOWN ||
	       error == EHOSTDOWN || error == EACCES || error == EADDRNOTAVAIL ||
	       error == ECONNREFUSED || error == EAFNOSUPPORT;
}

static void send_each(struct udp *u, const struct udp_socket *s, const struct msghdr *m,
		      struct udp_refused *r, const struct datagram *first)
{
	for (size_t i = 0; i < m->msg_iovlen; i++) {
		struct msghdr one = {.msg_name = m->msg_name,
				     .msg_namelen = m->msg_namelen,
				     .msg_iov = &m->msg_iov[i],
				     .msg_iovlen = 1};
		u->stats.tx_calls++;
		if (sendmsg(s->fd, &one, MSG_DONTWAIT) >= 0) {
			u->stats.tx++;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			u->stats.tx_full++;
		} else {
			u->stats.tx_refused++;
			if (says_no_way(errno))
				refuse(r, &first->at);
		}
	}
}

/* The message out[at] could not be sent. */
static void message_failed(struct udp *u, struct udp_socket *s, size_t at, int error,
			   struct udp_refused *r)
{
	const struct msghdr *m = &u->out[at].msg_hdr;
	if (m->msg_iovlen > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE)) {
		u->stats.gso_failed++;
		if (error == EIO || ++s->merged_failed >= MERGED_FAILURES)
			s->gso = false;
		send_each(u, s, m, r, u->out_first[at]);
		return;
	}
	u->stats.tx_refused += m->msg_iovlen;
	if (says_no_way(error))
		refuse(r, &u->out_first[at]->at);
}

static void messages_sent(struct udp *u, struct udp_socket *s, size_t at, size_t n)
{
	for (size_t i = at; i < at + n; i++) {
		size_t pieces = u->out[i].msg_hdr.msg_iovlen;
		u->stats.tx += pieces;
		u->stats.tx_merged += pieces > 1;
		if (pieces > 1)
			s->merged_failed = 0;
	}
}

static void send_messages(struct udp *u, struct udp_socket *s, struct udp_refused *r)
{
	size_t at = 0;
	while (at < u->n_out) {
		int n = sendmmsg(s->fd, u->out + at, (unsigned)(u->n_out - at), MSG_DONTWAIT);
		u->stats.tx_calls++;
		if (n > 0) {
			messages_sent(u, s, at, (size_t)n);
			at += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS)
			break;
		message_failed(u, s, at, errno, r);
		at++;
	}
	for (; at < u->n_out; at++)
		u->stats.tx_full += u->out[at].msg_hdr.msg_iovlen;
	u->n_out = u->n_iov = 0;
}

/* How many datagrams from v on make one message: the same destination and size, but for the last,
 * which may be shorter. */
static size_t run_length(const struct datagram *v, size_t n, bool gso)
{
	size_t bytes = v->packet.len, k = 1;
	if (!gso || bytes == 0)
		return 1;
	while (k < n && !v->dont_fragment && !v[k].dont_fragment && v->from.family == 0 &&
	       v[k].from.family == 0 && k < MERGED_MAX && endpoint_equal(&v[k].at, &v->at) &&
	       v[k].socket == v->socket && v[k].packet.len > 0 &&
	       v[k].packet.len <= v->packet.len && bytes + v[k].packet.len <= MERGED_BYTES) {
		bytes += v[k].packet.len;
		if (v[k++].packet.len < v->packet.len)
			break;
	}
	return k;
}

static void say_segment_size(struct msghdr *m, struct localapi *c, uint16_t size)
{
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(sizeof(size));
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = IPPROTO_UDP;
	h->cmsg_type = UDP_SEGMENT;
	h->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(h), &size, sizeof(size));
}

static void say_source(struct msghdr *m, struct localapi *c, const struct ip *from)
{
	struct in_pktinfo in = {0};
	struct in6_pktinfo in6 = {0};
	bool is6 = from->family == 6;
	size_t n = is6 ? sizeof(in6) : sizeof(in);
	memcpy(is6 ? (void *)&in6.ipi6_addr : (void *)&in.ipi_spec_dst, from->b, ip_len(from));
	m->msg_control = c;
	m->msg_controllen = CMSG_SPACE(n);
	struct cmsghdr *h = CMSG_FIRSTHDR(m);
	h->cmsg_level = is6 ? IPPROTO_IPV6 : IPPROTO_IP;
	h->cmsg_type = is6 ? IPV6_PKTINFO : IP_PKTINFO;
	h->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(h), is6 ? (void *)&in6 : (void *)&in, n);
}

static void add_message(struct udp *u, const struct datagram *v, size_t n)
{
	size_t i = u->n_out++;
	struct msghdr *m = &u->out[i].msg_hdr;
	*m = (struct msghdr){
		.msg_name = &u->out_to[i],
		.msg_namelen = socket_address_write(&u->out_to[i], &v->at),
		.msg_iov = &u->out_iov[u->n_iov],
		.msg_iovlen = n,
	};
	u->out_first[i] = v;
	for (size_t k = 0; k < n; k++)
		u->out_iov[u->n_iov++] = (struct iovec){v[k].packet.data, v[k].packet.len};
	if (v->from.family == v->at.ip.family)
		say_source(m, &u->out_control[i], &v->from);
	else if (n > 1)
		say_segment_size(m, &u->out_control[i], (uint16_t)v->packet.len);
}

/* In its turn, and alone: the option is the whole socket's. */
static void send_whole(struct udp *u, struct udp_socket *s, const struct datagram *d,
		       struct udp_refused *r)
{
	if (u->n_out > 0)
		send_messages(u, s, r);
	add_message(u, d, 1);
	set_cutting(s->fd, d->at.ip.family, false);
	send_messages(u, s, r);
	set_cutting(s->fd, d->at.ip.family, true);
}

static void send_family(struct udp *u, struct udp_socket *s, uint16_t number, uint8_t family,
			const struct datagram *v, size_t n, struct udp_refused *r)
{
	for (size_t i = 0; i < n;) {
		if (v[i].at.ip.family != family || v[i].socket != number) {
			i++;
			continue;
		}
		if (s->fd < 0) {
			u->stats.tx_refused++;
			refuse(r, &v[i++].at);
			continue;
		}
		size_t k = run_length(v + i, n - i, s->gso);
		if (v[i].dont_fragment) {
			send_whole(u, s, &v[i++], r);
			continue;
		}
		if (u->n_out == BATCH_MAX || u->n_iov + k > ARRAY_LEN(u->out_iov))
			send_messages(u, s, r);
		add_message(u, v + i, k);
		i += k;
	}
	if (u->n_out > 0)
		send_messages(u, s, r);
}

static void send_extra_families(struct udp *u, struct udp_extra *e, const struct datagram *v,
				size_t n, struct udp_refused *r)
{
	send_family(u, &e->socket, e->number, 4, v, n, r);
	send_family(u, &e->socket, e->number, 6, v, n, r);
}

/* Datagrams of one extra socket that stand side by side go together. */
static void send_extra(struct udp *u, const struct datagram *v, size_t n, struct udp_refused *r)
{
	size_t k;
	for (size_t i = 0; i < n; i = k) {
		for (k = i + 1; k < n && v[k].socket == v[i].socket;)
			k++;
		struct udp_extra *e = extra_of(u, v[i].socket);
		if (e)
			send_extra_families(u, e, v + i, k - i, r);
		else if (v[i].socket != 0)
			u->stats.tx_no_socket += k - i;
	}
}

void udp_send(struct udp *u, const struct datagram *v, size_t n, struct udp_refused *refused)
{
	refused->n = 0;
	send_family(u, &u->v4, 0, 4, v, n, refused);
	send_family(u, &u->v6, 0, 6, v, n, refused);
	send_extra(u, v, n, refused);
}

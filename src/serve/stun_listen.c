/* stun_listen.c - the sockets of a STUN server
 *
 * Each port has a socket for IPv4 and one for IPv6.  With each datagram the kernel tells to which
 * of this machine's addresses it came.  With each answer the kernel is told from which address it
 * shall leave.  A server that is bound to one address has further sockets at the second address.
 *
 * Bounded: SOCKETS_MAX sockets, AT_ONCE questions a turn for each; nothing is remembered.
 */
#include "serve/stun_listen.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/bind.h"
#include "io/socket_address.h"
#include "relay/stun_server.h"

enum {
	AT_ONCE = 64, /* questions of one turn: the relay's streams want their turn too */
	QUESTION_MAX = 1500,
	SOCKETS_MAX = 4 * BIND_FAMILIES, /* two ports at two addresses */
	CONTROL_MAX = CMSG_SPACE(sizeof(struct in6_pktinfo))
};

struct stun_socket {
	struct stun_listen *s;
	int fd;
	struct ip ip; /* it is bound to this; family 0: to all addresses of its family */
	uint8_t family;
	uint16_t port;
	struct loop_fd *watch;
};

struct stun_listen {
	struct stun_socket sockets[SOCKETS_MAX];
	size_t n_sockets;
	struct stun_places places;
	struct stun_listen_stats stats;
};

/* --- the address that was asked, and the one that answers --- */

/* What the kernel tells of a datagram; else the address that the socket is bound to. */
static struct ip asked_at(const struct stun_socket *socket, struct msghdr *m, unsigned *ifindex)
{
	struct ip at = socket->ip;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			at = ip_v4_from((const uint8_t *)&info.ipi_addr);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			at = ip_v6_from(info.ipi6_addr.s6_addr);
			*ifindex = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
		}
	}
	return at;
}

/* One control message that makes the answer leave from this address. */
static void leave_from(struct msghdr *m, char *memory, const struct ip *ip, unsigned ifindex)
{
	struct in_pktinfo info4 = {0};
	struct in6_pktinfo info6 = {.ipi6_ifindex = ifindex};
	bool v4 = ip->family == 4;
	m->msg_control = NULL;
	m->msg_controllen = 0;
	if (ip->family == 0)
		return;
	memcpy(v4 ? (void *)&info4.ipi_spec_dst : (void *)&info6.ipi6_addr, ip->b, ip_len(ip));
	m->msg_control = memory;
	m->msg_controllen = v4 ? CMSG_SPACE(sizeof(info4)) : CMSG_SPACE(sizeof(info6));
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
	c->cmsg_type = v4 ? IP_PKTINFO : IPV6_PKTINFO;
	c->cmsg_len = v4 ? CMSG_LEN(sizeof(info4)) : CMSG_LEN(sizeof(info6));
	memcpy(CMSG_DATA(c), v4 ? (const void *)&info4 : (const void *)&info6,
	       v4 ? sizeof(info4) : sizeof(info6));
}

/* The socket from which that can be sent; NULL: there is none. */
static struct stun_socket *socket_for(struct stun_listen *s, const struct stun_socket *asked,
				      const struct endpoint *leave)
{
	for (size_t i = 0; i < s->n_sockets; i++) {
		struct stun_socket *socket = &s->sockets[i];
		if (socket->port != leave->port || socket->family != asked->family)
			continue;
		if (socket->ip.family == 0 || leave->ip.family == 0 ||
		    ip_equal(&socket->ip, &leave->ip))
			return socket;
	}
	return NULL;
}

/* --- a question --- */

struct question {
	uint8_t b[QUESTION_MAX];
	size_t n;
	struct endpoint at, from;
	unsigned ifindex; /* of the interface, for link-local addresses; else 0 */
};

/* False: none was waiting. */
static bool receive(const struct stun_socket *socket, struct question *q)
{
	char control[CONTROL_MAX] __attribute__((aligned(8)));
	struct sockaddr_storage sender;
	struct iovec in = {q->b, sizeof(q->b)};
	struct msghdr m = {.msg_name = &sender,
			   .msg_namelen = sizeof(sender),
			   .msg_iov = &in,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(socket->fd, &m, 0);
	if (n < 0)
		return false;
	q->n = (size_t)n;
	q->ifindex = 0;
	q->at = (struct endpoint){asked_at(socket, &m, &q->ifindex), socket->port};
	if (!socket_address_read(&q->from, &sender))
		q->n = 0; /* nobody to answer: an empty question is none */
	return true;
}

static bool send_answer(const struct stun_socket *out, const struct stun_way *way, unsigned ifindex,
			uint8_t *answer, size_t n)
{
	char control[CONTROL_MAX] __attribute__((aligned(8))) = {0};
	struct sockaddr_storage to;
	struct iovec iov = {answer, n};
	struct msghdr m = {.msg_name = &to, .msg_iov = &iov, .msg_iovlen = 1};
	m.msg_namelen = socket_address_write(&to, &way->to);
	leave_from(&m, control, &way->leave.ip, ifindex);
	return sendmsg(out->fd, &m, 0) >= 0;
}

/* False: none was waiting. */
static bool answer_one(struct stun_socket *socket)
{
	struct stun_listen *s = socket->s;
	struct question q;
	struct stun_way way;
	uint8_t answer[STUN_ANSWER_MAX];
	struct wr w = wr_of(answer, sizeof(answer));
	const struct stun_socket *out = NULL;
	if (!receive(socket, &q))
		return false;
	if (stun_server_answer(&s->places, &q.at, &q.from, (struct bytes){q.b, q.n}, &way, &w))
		out = socket_for(s, socket, &way.leave);
	if (!out)
		s->stats.ignored++;
	else if (send_answer(out, &way, q.ifindex, answer, w.n))
		s->stats.answered++;
	else
		s->stats.failed++;
	return true;
}

static void on_questions(void *self, unsigned ready)
{
	for (int i = 0; i < AT_ONCE && answer_one(self); i++)
		;
}

/* --- beginning and end --- */

/* Takes the fd in any case. */
static bool open_socket(struct stun_listen *s, struct loop *l, int fd, const struct endpoint *at,
			uint8_t family, char why[static FAILURE_MAX])
{
	static const int on = 1;
	struct stun_socket *socket = &s->sockets[s->n_sockets++];
	*socket = (struct stun_socket){
		.s = s, .fd = fd, .ip = at->ip, .family = family, .port = at->port};
	/* Without these the answer leaves from an address of the kernel's choice. */
	(void)!setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	(void)!setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	socket->watch = loop_fd_new(l, fd, (struct loop_fd_call){on_questions, socket});
	if (!socket->watch)
		return failure_say(why, "out of memory for the STUN server");
	loop_fd_want(socket->watch, LOOP_READ);
	return true;
}

static bool open_place(struct stun_listen *s, struct loop *l, const struct endpoint *at,
		       char why[static FAILURE_MAX])
{
	int fd[BIND_FAMILIES];
	bool ok = true;
	if (!bind_port(fd, at, BIND_UDP, why))
		return false;
	for (int i = 0; i < BIND_FAMILIES; i++)
		if (fd[i] >= 0)
			ok &= open_socket(s, l, fd[i], at, i == 0 ? 4 : 6, why);
	return ok;
}

static bool open_places(struct stun_listen *s, struct loop *l, const struct stun_listen_config *cfg,
			char why[static FAILURE_MAX])
{
	for (int i = 0; i < 2; i++) {
		struct endpoint at = {cfg->at.ip, s->places.port[i]};
		struct ip second = cfg->second[at.ip.family == 6];
		if (i == 1 && at.port == 0)
			continue;
		if (!open_place(s, l, &at, why))
			return false;
		at.ip = second;
		if (cfg->at.ip.family != 0 && second.family != 0 && !open_place(s, l, &at, why))
			return false;
	}
	return true;
}

struct stun_listen *stun_listen_open(struct loop *l, const struct stun_listen_config *cfg,
				     char why[static FAILURE_MAX])
{
	struct stun_listen *s = calloc(1, sizeof(*s));
	if (!s) {
		(void)failure_say(why, "out of memory for the STUN server");
		return NULL;
	}
	s->places = (struct stun_places){.port = {cfg->at.port, cfg->second_port},
					 .second = {cfg->second[0], cfg->second[1]}};
	if (open_places(s, l, cfg, why))
		return s;
	stun_listen_close(s);
	return NULL;
}

void stun_listen_close(struct stun_listen *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n_sockets; i++) {
		loop_fd_free(s->sockets[i].watch);
		close(s->sockets[i].fd);
	}
	free(s);
}

const struct stun_listen_stats *stun_listen_stats(const struct stun_listen *s)
{
	return &s->stats;
}

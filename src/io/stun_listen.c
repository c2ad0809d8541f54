#include "io/stun_listen.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/bind.h"
#include "io/socket_address.h"
#include "wire/stun.h"

enum {
	AT_ONCE = 64, /* questions of one turn: the relay's streams want their turn too */
	QUESTION_MAX = 1500
};

struct lane {
	struct stun_listen *s;
	int fd;
	struct loop_fd *watch;
};

struct stun_listen {
	struct lane lane[BIND_FAMILIES];
	struct stun_listen_stats stats;
};

/* Sent back as it came, the control message makes the answer leave from the address that was asked. */
static void leave_from_there(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			info = (struct in_pktinfo){.ipi_spec_dst = info.ipi_addr};
			memcpy(CMSG_DATA(c), &info, sizeof(info));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			if (!IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
				info.ipi6_ifindex = 0;
			memcpy(CMSG_DATA(c), &info, sizeof(info));
		}
	}
}

/* False: none was waiting. */
static bool answer_one(struct lane *lane)
{
	uint8_t question[QUESTION_MAX], answer[STUN_RESPONSE_MAX];
	char control[CMSG_SPACE(sizeof(struct in6_pktinfo))] __attribute__((aligned(8)));
	struct sockaddr_storage from;
	struct iovec in = {question, sizeof(question)};
	struct msghdr m = {.msg_name = &from,
			   .msg_namelen = sizeof(from),
			   .msg_iov = &in,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(lane->fd, &m, 0);
	if (n < 0)
		return false;

	struct stun_txid txid;
	struct endpoint reflexive;
	struct wr w = wr_of(answer, sizeof(answer));
	if (!stun_read_request((struct bytes){question, (size_t)n}, &txid) ||
	    !socket_address_read(&reflexive, &from)) {
		lane->s->stats.ignored++;
		return true;
	}
	stun_write_response(&w, &txid, &reflexive);
	struct iovec out = {answer, w.n};
	m.msg_iov = &out;
	leave_from_there(&m);
	if (m.msg_controllen == 0)
		m.msg_control = NULL;
	if (sendmsg(lane->fd, &m, 0) < 0)
		lane->s->stats.failed++;
	else
		lane->s->stats.answered++;
	return true;
}

static void on_questions(void *self, unsigned ready)
{
	for (int i = 0; i < AT_ONCE && answer_one(self); i++)
		;
}

static bool open_lane(struct stun_listen *s, struct loop *l, int i, char why[static WHY_MAX])
{
	static const int on = 1;
	struct lane *lane = &s->lane[i];
	lane->s = s;
	if (lane->fd < 0)
		return true;
	/* Where the kernel does not tell, the answer leaves from the address it chooses. */
	(void)!setsockopt(lane->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	(void)!setsockopt(lane->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	lane->watch = loop_fd_new(l, lane->fd, (struct loop_fd_call){on_questions, lane});
	if (!lane->watch)
		return why_say(why, "out of memory for the STUN server");
	loop_fd_want(lane->watch, LOOP_READ);
	return true;
}

struct stun_listen *stun_listen_open(struct loop *l, const struct endpoint *at, char why[static WHY_MAX])
{
	int fd[BIND_FAMILIES];
	if (!bind_port(fd, at, BIND_UDP, why))
		return NULL;
	struct stun_listen *s = calloc(1, sizeof(*s));
	if (!s) {
		bind_close(fd);
		(void)why_say(why, "out of memory for the STUN server");
		return NULL;
	}
	for (int i = 0; i < BIND_FAMILIES; i++)
		s->lane[i].fd = fd[i];
	for (int i = 0; i < BIND_FAMILIES; i++) {
		if (!open_lane(s, l, i, why)) {
			stun_listen_close(s);
			return NULL;
		}
	}
	return s;
}

void stun_listen_close(struct stun_listen *s)
{
	if (!s)
		return;
	for (int i = 0; i < BIND_FAMILIES; i++) {
		loop_fd_free(s->lane[i].watch);
		if (s->lane[i].fd >= 0)
			close(s->lane[i].fd);
	}
	free(s);
}

const struct stun_listen_stats *stun_listen_stats(const struct stun_listen *s)
{
	return &s->stats;
}

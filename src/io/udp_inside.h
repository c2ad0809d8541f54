/* io/udp_inside.h - the parts of one UDP port, for the files of io/ named udp_* alone
 *
 *   udp.c          opens and closes, sets the options of sockets
 *   udp_receive.c  recvmmsg, and datagrams out of merged messages
 *   udp_send.c     datagrams into merged messages, and sendmmsg
 *   udp_extra.c    the extra sockets
 */
#ifndef IO_UDP_INSIDE_H
#define IO_UDP_INSIDE_H

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "io/udp.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#define UDP_GRO     104
#endif

struct udp_socket {
	int fd;                 /* -1: none */
	bool gso, gro;          /* it sends merged messages; it may receive them */
	unsigned merged_failed; /* merged messages refused in a row */
};

/* Room for one control message: the size of the segments, or the address to leave from. */
struct udp_control {
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct udp_extra {
	struct udp_socket socket; /* of both families where there is IPv6, otherwise of IPv4 */
	uint16_t number, port;
};

struct udp {
	struct udp_socket v4, v6;
	struct udp_extra extra[UDP_EXTRA_MAX];
	size_t n_extra;
	int extra_fd; /* epoll */
	struct udp_config cfg;
	uint16_t port;
	struct udp_stats stats;

	unsigned turn;      /* which socket receives next */
	uint16_t in_socket; /* the number of the socket that `in` came by */
	uint8_t *arena;
	size_t arena_size, slot_size;
	struct mmsghdr in[BATCH_MAX];
	struct iovec in_iov[BATCH_MAX];
	struct sockaddr_storage in_from[BATCH_MAX];
	struct udp_control in_control[BATCH_MAX];
	size_t n_in, at_in; /* messages received, and the one being handed out */
	size_t at_byte;     /* how much of that one was handed out */

	struct mmsghdr out[BATCH_MAX];
	struct iovec out_iov[BATCH_MAX * 4];
	struct sockaddr_storage out_to[BATCH_MAX];
	struct udp_control out_control[BATCH_MAX];
	const struct datagram *out_first[BATCH_MAX]; /* of each message, for the refusals */
	size_t n_out, n_iov;
};

/* --- udp.c --- */

enum udp_families { UDP_ONLY_4, UDP_ONLY_6, UDP_BOTH };

/* A bound, nonblocking socket. *port 0: the kernel chooses, and *port is set. -1: errno. */
int udp_socket_bind(enum udp_families families, uint16_t *port) MUST_USE;
/* The mark, the buffers, and what merging the kernel knows. */
void udp_socket_tune(struct udp_socket *s, const struct udp_config *cfg);
/* May the kernel and routers fragment what this socket sends? family: 4 or 6. */
void udp_socket_fragment(int fd, uint8_t family, bool allowed);

/* --- udp_extra.c --- */

/* NULL: it is not open. */
struct udp_extra *udp_extra_of(struct udp *u, uint16_t number);

#endif

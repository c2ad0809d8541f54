/* io/udp.h - the one UDP port of a node, for IPv4 and IPv6, in batches; and extra sockets beside it
 *
 * Two nonblocking sockets with the same port number; IPv6 may be missing.  They carry the firewall
 * mark 0x80000 where that is permitted, so that policy routing can keep them off the tunnel.  The
 * port receives with recvmmsg and UDP_GRO, and sends with sendmmsg and UDP_SEGMENT, where the
 * kernel has them.
 *
 * An extra socket has a port that the kernel chooses, and a number that the owner chooses
 * (base/datagram.h: `socket`).  Extra sockets come and go at any time; one file descriptor is
 * readable when any of them is.
 *
 * Datagrams may be fragmented where the path is narrow.  A datagram with `dont_fragment` set
 * carries DF, and is lost where it does not fit.
 *
 * Source: disco.md 3.3; ip(7) (IP_MTU_DISCOVER), udp(7) (UDP_SEGMENT, UDP_GRO).
 */
#ifndef IO_UDP_H
#define IO_UDP_H

#include "base/datagram.h"
#include "io/failure.h"

enum {
	UDP_MARK = 0x80000,
	UDP_BUFFER = 7 << 20, /* bytes of kernel buffer asked for, each way */
	UDP_REFUSED_MAX = 16,
	UDP_EXTRA_MAX = 256
};

struct udp;

struct udp_config {
	uint16_t port;       /* 0: one that is free for both families */
	bool no_gso, no_gro; /* for tests, and for devices that merge wrongly */
};

/* cfg is copied. NULL: the port is in use, or there is no IPv4; why. */
struct udp *udp_open(const struct udp_config *cfg, char why[static FAILURE_MAX]) MUST_USE;
void udp_close(struct udp *u); /* NULL is allowed */
uint16_t udp_port(const struct udp *u);
int udp_fd4(const struct udp *u);
int udp_fd6(const struct udp *u);      /* -1: no IPv6 */
int udp_fd_extra(const struct udp *u); /* readable when any extra socket is */

/**
 * udp_follow() - opens and closes extra sockets, until exactly these are open
 * @numbers:	borrowed; none is 0
 * @n:	more than UDP_EXTRA_MAX are left out
 *
 * A socket whose number stays keeps its port. A socket that cannot be opened is counted
 * (extra_failed), and what is sent by it is lost (tx_no_socket).
 */
void udp_follow(struct udp *u, const uint16_t *numbers, size_t n);

/**
 * udp_recv() - receives what is waiting at all sockets
 * @v:	set; its memory is borrowed until the next udp_recv
 * @max:	at most BATCH_MAX are given
 *
 * The first datagram of a message has PACKET_HEADROOM before it. A datagram that the kernel merged
 * behind another one has no room before it but what the caller takes off its front. Datagrams over
 * PACKET_CONTENT_MAX are dropped and counted.
 *
 * Return: how many; 0: none for the caller. If more is waiting, a socket stays readable.
 */
size_t udp_recv(struct udp *u, struct datagram *v, size_t max) MUST_USE;
/* True: the kernel gave us more than udp_recv has handed out. Call udp_recv again without waiting.
 */
bool udp_more(const struct udp *u);

/* Endpoints that the system has no way to (no route, host unreachable, prohibited); each once. */
struct udp_refused {
	struct endpoint v[UDP_REFUSED_MAX];
	size_t n;
};
/* Sends all, in order for each destination; v is borrowed. *refused is set. Never waits: what finds
 * the kernel's buffer full is dropped and counted. */
void udp_send(struct udp *u, const struct datagram *v, size_t n, struct udp_refused *refused);

/* Counted since udp_open, all sockets together. */
struct udp_stats {
	uint64_t rx, tx;             /* datagrams handed out, and datagrams the kernel took */
	uint64_t rx_calls, tx_calls; /* system calls, those that gave or took nothing too */
	uint64_t rx_merged;          /* messages in which the kernel had merged several datagrams */
	uint64_t tx_merged;          /* messages in which we merged several datagrams */
	uint64_t rx_too_long;        /* datagrams dropped: longer than PACKET_CONTENT_MAX */
	uint64_t tx_full;            /* datagrams dropped: the kernel's buffer was full */
	uint64_t tx_refused;         /* datagrams dropped: the system refused them */
	uint64_t extra_failed;       /* extra sockets that could not be opened */
	uint64_t tx_no_socket;       /* datagrams dropped: their extra socket is not open */
	uint64_t gso_failed;         /* merged messages that had to be sent one by one */
};
const struct udp_stats *udp_stats(const struct udp *u);

#endif

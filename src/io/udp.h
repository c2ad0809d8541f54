/* io/udp.h - the one UDP port of a node, for IPv4 and IPv6, in batches; and extra sockets beside it
 *
 * Two nonblocking sockets with the same port number; IPv6 may be missing.  Marked 0x80000 where
 * that is permitted, so that policy routing can keep them off the tunnel.  Receives with recvmmsg
 * and UDP_GRO, sends with sendmmsg and UDP_SEGMENT, where the kernel has them.
 *
 * Extra sockets are of both families, on ports that the kernel chooses, and named by numbers
 * (base/datagram.h: `socket`). They come and go at any time; one file descriptor tells of all of
 * them.
 *
 * Datagrams may be cut where the path is narrow, but for those that must go whole (`whole`): these
 * carry DF, and are lost where they do not fit.
 *
 * Source: ip(7) (IP_MTU_DISCOVER), udp(7), reference, data plane 7.2 and 9.1.
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
	uint16_t port;       /* 0: one that is free for both */
	bool no_gso, no_gro; /* for tests, and for devices that lie */
};

/* NULL: the port is in use, or there is no IPv4; why. */
struct udp *udp_open(const struct udp_config *cfg, char why[static FAILURE_MAX]) MUST_USE;
void udp_close(struct udp *u); /* NULL is allowed */
uint16_t udp_port(const struct udp *u);
int udp_fd4(const struct udp *u);
int udp_fd6(const struct udp *u);      /* -1: no IPv6 */
int udp_fd_extra(const struct udp *u); /* readable when any extra socket is */

/* These extra sockets are to be open and no others (none of them 0; more than UDP_EXTRA_MAX are
 * left out). One that cannot be opened is left out and counted; what is sent by it is lost. */
void udp_follow(struct udp *u, const uint16_t *numbers, size_t n);
uint16_t udp_extra_port(const struct udp *u, uint16_t number); /* 0: it is not open */

/* Receives up to max (at most BATCH_MAX) datagrams of both sockets; 0: none is waiting. Memory is
 * borrowed until the next udp_recv. Each has PACKET_HEADROOM before it, but for one that the kernel
 * had merged behind another: it has what is taken off its front and no more. Datagrams over
 * PACKET_CONTENT_MAX are dropped and counted. */
size_t udp_recv(struct udp *u, struct datagram *v, size_t max) MUST_USE;
/* Is there more that the kernel gave us already? Then call udp_recv again without waiting. */
bool udp_more(const struct udp *u);

/* Endpoints for which the system said that there is no way to them (no route, host unreachable,
 * prohibited); each once. */
struct udp_refused {
	struct endpoint v[UDP_REFUSED_MAX];
	size_t n;
};
/* Sends them all, in order for each destination. What finds the kernel's buffer full is dropped and
 * counted: never waits. */
void udp_send(struct udp *u, const struct datagram *v, size_t n, struct udp_refused *refused);

struct udp_stats {
	uint64_t rx, tx;             /* datagrams */
	uint64_t rx_calls, tx_calls; /* system calls */
	uint64_t rx_merged;          /* messages that the kernel had merged of several datagrams */
	uint64_t tx_merged;          /* messages that we merged of several datagrams */
	uint64_t rx_too_long;        /* dropped: longer than a packet */
	uint64_t tx_full;            /* dropped: the kernel's buffer was full */
	uint64_t tx_refused;         /* no way there, or the system said no */
	uint64_t extra_failed;       /* extra sockets that could not be opened */
	uint64_t tx_no_socket;       /* dropped: its extra socket is not open */
	uint64_t gso_failed;         /* merged messages that had to be sent one by one */
};
const struct udp_stats *udp_stats(const struct udp *u);

#endif

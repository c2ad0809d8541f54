/* io/tun.h - a TUN device: IP packets from and to the kernel, in batches
 *
 * Not persistent: the device goes when it is closed.  Today one system call reads one packet; the
 * virtio-net header with the kernel's offloads can come later behind the same two functions, which
 * is why packets are read in arrays and may be written to in front (PACKET_HEADROOM).
 */
#ifndef IO_TUN_H
#define IO_TUN_H

#include "base/packet.h"
#include "io/failure.h"

enum { TUN_NAME_MAX = 16, TUN_QUEUE = 1000 };

struct tun;

/* name may hold one %d for a number that the kernel chooses. NULL: why. */
struct tun *tun_open(const char *name, char why[static FAILURE_MAX]) MUST_USE;
void tun_close(struct tun *t); /* NULL is allowed */
const char *tun_name(const struct tun *t);
int tun_index(const struct tun *t); /* interface index */
int tun_fd(const struct tun *t);

/* Reads up to max (at most BATCH_MAX) packets; 0: none is waiting. Memory is borrowed until the
 * next tun_read; each packet has PACKET_HEADROOM and at least PACKET_TAILROOM around it. */
size_t tun_read(struct tun *t, struct packet *v, size_t max) MUST_USE;
/* Somebody removed the interface: nothing will ever be read again, and the fd is ready for ever.
 * Known after a tun_read. */
bool tun_is_gone(const struct tun *t);
/* Writes them all; what the kernel does not take is dropped and counted. May write to the headroom.
 */
void tun_write(struct tun *t, struct packet *v, size_t n);

struct tun_stats {
	uint64_t rx, tx;      /* packets */
	uint64_t rx_too_long; /* dropped: longer than PACKET_CONTENT_MAX */
	uint64_t tx_dropped;  /* the kernel's queue was full, or the device is down */
};
const struct tun_stats *tun_stats(const struct tun *t);

#endif

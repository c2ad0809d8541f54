/* io/tun.h - a TUN device: IP packets from and to the kernel, in batches
 *
 * The device is not persistent: the kernel removes it when we close it.  Today one system call
 * reads one packet.  The virtio-net header with the kernel's offloads can come later behind the
 * same two functions; for that packets come in arrays, and have room before them (PACKET_HEADROOM).
 *
 * Source: Linux, Documentation/networking/tuntap.rst.
 */
#ifndef IO_TUN_H
#define IO_TUN_H

#include "base/packet.h"
#include "io/failure.h"

enum { TUN_NAME_MAX = 16 };

struct tun;

/* name is copied; it may hold one %d for a number that the kernel chooses. NULL: why. */
struct tun *tun_open(const char *name, char why[static FAILURE_MAX]) MUST_USE;
void tun_close(struct tun *t); /* NULL is allowed */
const char *tun_name(const struct tun *t);
int tun_index(const struct tun *t); /* interface index */
int tun_fd(const struct tun *t);

/* Reads up to max (at most BATCH_MAX) packets; 0: none is waiting. Their memory is borrowed until
 * the next tun_read. Each has PACKET_HEADROOM before it and at least PACKET_TAILROOM after it. */
size_t tun_read(struct tun *t, struct packet *v, size_t max) MUST_USE;
/* True: the interface was removed. No packet will come any more, and the fd stays readable. The
 * last tun_read found that out. */
bool tun_is_gone(const struct tun *t);
/* Writes all; v is borrowed, and the room before each packet may be overwritten. What the kernel
 * does not take is dropped and counted. */
void tun_write(struct tun *t, struct packet *v, size_t n);

/* Counted since tun_open. rx is from the kernel, tx to the kernel. */
struct tun_stats {
	uint64_t rx, tx;      /* packets handed out, and packets the kernel took */
	uint64_t rx_too_long; /* packets dropped: longer than PACKET_CONTENT_MAX */
	uint64_t tx_dropped;  /* packets dropped: malformed, the queue full, or the device down */
};
const struct tun_stats *tun_stats(const struct tun *t);

#endif

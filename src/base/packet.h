/* base/packet.h - one packet in a buffer with room around it, so that headers go on in place
 *
 *   |<- head ->|<-- len -->|<- tail ->|
 *   [  room    |  content  |   room   ]
 *              ^ data
 *
 * Packets travel in arrays ("batches") between TUN, tunnel and sockets.  A struct packet is a view:
 * the owner of the memory says how long the view is valid.
 */
#ifndef BASE_PACKET_H
#define BASE_PACKET_H

#include "base/bytes.h"

enum {
	PACKET_HEADROOM = 64, /* 16 WireGuard + 8 Geneve + 10 virtio-net, rounded to a cache line */
	PACKET_TAILROOM = 64, /* 15 padding + 16 tag, rounded */
	PACKET_SIZE = 2048,   /* memory of one ordinary packet, both rooms included */
	PACKET_CONTENT_MAX = PACKET_SIZE - PACKET_HEADROOM - PACKET_TAILROOM,
	BATCH_MAX = 64 /* packets handled in one turn */
};

struct packet {
	uint8_t *data;
	uint32_t len;
	uint32_t head;
	uint32_t tail;
};

/* An empty packet in `size` bytes of memory, with `headroom` bytes before its content. */
struct packet packet_in(uint8_t *memory, size_t size, size_t headroom);
struct bytes packet_bytes(const struct packet *p);
/* Each gives a pointer to the n bytes that it added or took away. NULL, and no change: there is not
 * so much room or content. */
uint8_t *packet_push(struct packet *p, size_t n) MUST_USE;   /* grow at the front */
uint8_t *packet_pull(struct packet *p, size_t n) MUST_USE;   /* shrink at the front */
uint8_t *packet_append(struct packet *p, size_t n) MUST_USE; /* grow at the end */
bool packet_trim(struct packet *p, size_t len) MUST_USE;     /* shrink to len at the end */

#endif

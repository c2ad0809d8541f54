/* relay/outbox.h - frames that wait to be written to a stream
 *
 * A frame is one piece of memory from malloc: made when the frame is queued, freed when its last
 * byte was written.  A slab would be a little faster, but as large as the worst moment of all
 * streams together.  What waits is bounded by the owner in number and in bytes, and is nothing most
 * of the time.
 */
#ifndef RELAY_OUTBOX_H
#define RELAY_OUTBOX_H

#include "base/time.h"
#include "wire/derp.h"

struct outbox_frame {
	struct outbox_frame *next;
	struct outbox_queue *queue;         /* the queue in which it waits */
	struct outbox_frame *older, *newer; /* for the owner of many queues: among all frames */
	mono_ns queued_at;                  /* for the owner; 0 at first */
	uint32_t n;
	uint8_t b[];
};

struct outbox_queue {
	struct outbox_frame *first, *last;
	uint32_t n;
};

/* The frame that is being written. A stream may take it in pieces. */
struct outbox_writing {
	struct outbox_frame *frame;
	uint32_t at;
};

struct outbox_frame *
outbox_frame_new(const struct derp_frame *f) MUST_USE; /* NULL: out of memory */
/* The memory of a frame, for a bound on all queues together. */
size_t outbox_cost(const struct outbox_frame *f);

void outbox_push(struct outbox_queue *q, struct outbox_frame *f); /* consumed */
struct outbox_frame *outbox_pop(struct outbox_queue *q);          /* NULL: empty */
/* Copies up to cap bytes of the frame being written, and frees it with its last byte. */
size_t outbox_write(struct outbox_writing *w, uint8_t *out, size_t cap);
void outbox_clear(struct outbox_queue *q);

#endif

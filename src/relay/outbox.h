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

/* Whose frame it is, as the owner tells senders apart. */
struct outbox_sender {
	uint64_t host, key;
};

struct outbox_frame {
	struct outbox_frame *next;
	struct outbox_queue *queue;         /* the queue in which it waits */
	struct outbox_frame *older, *newer; /* for the owner of many queues: among all frames */
	mono_ns queued_at;                  /* for the owner; 0 at first */
	struct outbox_sender sender;        /* for outbox_take_fair; 0 at first */
	uint32_t n;
	uint8_t b[];
};

enum { OUTBOX_FAIR_MAX = 32 };

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
/* Takes the frame that makes room for one of `next`: of the host that has most in the queue, that
 * one included, of its key that has most, the oldest. Among equals, the one whose oldest frame came
 * first. The queue holds at most OUTBOX_FAIR_MAX. NULL: empty. */
struct outbox_frame *outbox_take_fair(struct outbox_queue *q, const struct outbox_sender *next);
/* Copies up to cap bytes of the frame being written, and frees it with its last byte. */
size_t outbox_write(struct outbox_writing *w, uint8_t *out, size_t cap);
void outbox_clear(struct outbox_queue *q);

#endif

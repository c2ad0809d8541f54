/* The frames under way are in slots of one array, allocated at the start.  A heap orders the
 * slots by arrival; free slots are a stack.  No frame overtakes the one before it, unless that
 * one is held back (reorder).  Two frames that would arrive at the same moment are one nanosecond
 * apart. */
#include "lab/cable.h"

#include <stdlib.h>
#include <string.h>

#include "base/heap.h"

#define REORDER_BY (10 * MSEC)

struct frame {
	enum cable_way way;
	uint16_t n;
	uint8_t b[CABLE_FRAME_MAX];
};

struct cable {
	struct rng rng;
	bool is_cut;
	struct cable_quality quality[2];
	mono_ns last[2]; /* arrival of the frame before, unless it was held back */
	struct cable_stats stats[2];
	struct heap due;
	uint32_t free[CABLE_UNDER_WAY_MAX];
	uint32_t n_free;
	struct frame frames[CABLE_UNDER_WAY_MAX];
};

struct cable *cable_new(const struct rng *r)
{
	struct cable *c = calloc(1, sizeof(*c));
	if (!c || !heap_init(&c->due, CABLE_UNDER_WAY_MAX)) {
		free(c);
		return NULL;
	}
	c->rng = *r;
	for (uint32_t i = 0; i < CABLE_UNDER_WAY_MAX; i++)
		c->free[i] = i;
	c->n_free = CABLE_UNDER_WAY_MAX;
	return c;
}

void cable_free(struct cable *c)
{
	if (!c)
		return;
	heap_fini(&c->due);
	free(c);
}

void cable_set(struct cable *c, enum cable_way way, const struct cable_quality *q)
{
	c->quality[way] = *q;
	c->last[way] = 0;
}

const struct cable_quality *cable_get(const struct cable *c, enum cable_way way)
{
	return &c->quality[way];
}

void cable_cut(struct cable *c)
{
	uint32_t slot;
	c->is_cut = true;
	while (heap_due(&c->due, MONO_NEVER - 1, &slot)) {
		c->stats[c->frames[slot].way].cut++;
		c->free[c->n_free++] = slot;
	}
}

void cable_mend(struct cable *c)
{
	c->is_cut = false;
}

static mono_ns arrival(struct cable *c, enum cable_way way, mono_ns now)
{
	const struct cable_quality *q = &c->quality[way];
	mono_ns at = now + q->delay + (q->jitter ? rng_below(&c->rng, q->jitter + 1) : 0);
	if (rng_below(&c->rng, CABLE_PPM) < q->reorder_ppm) {
		c->stats[way].reordered++;
		return at + (q->reorder_by ? q->reorder_by : REORDER_BY);
	}
	c->last[way] = mono_max(at, c->last[way] + 1);
	return c->last[way];
}

static bool count(uint64_t *counter)
{
	++*counter;
	return true;
}

/* Is this frame lost?  Counts the reason. */
static bool is_dropped(struct cable *c, enum cable_way way, size_t n)
{
	struct cable_stats *s = &c->stats[way];
	if (n > CABLE_FRAME_MAX)
		return count(&s->too_long);
	if (c->is_cut)
		return count(&s->cut);
	if (rng_below(&c->rng, CABLE_PPM) < c->quality[way].loss_ppm)
		return count(&s->lost);
	if (c->n_free == 0)
		return count(&s->full);
	return false;
}

static void carry(struct cable *c, enum cable_way way, struct bytes frame, mono_ns now)
{
	uint32_t slot = c->free[--c->n_free];
	struct frame *f = &c->frames[slot];
	f->way = way;
	f->n = (uint16_t)frame.n;
	memcpy(f->b, frame.p, frame.n);
	heap_set(&c->due, slot, arrival(c, way, now));
}

void cable_input(struct cable *c, enum cable_way way, struct bytes frame, mono_ns now)
{
	if (is_dropped(c, way, frame.n))
		return;
	carry(c, way, frame, now);
	if (rng_below(&c->rng, CABLE_PPM) >= c->quality[way].duplicate_ppm || c->n_free == 0)
		return;
	c->stats[way].duplicated++;
	carry(c, way, frame, now);
}

bool cable_output(struct cable *c, enum cable_way *way, struct bytes *frame, mono_ns now)
{
	uint32_t slot;
	if (!heap_due(&c->due, now, &slot))
		return false;
	/* The slot is free at once: nothing is put into it before the owner's next call. */
	c->free[c->n_free++] = slot;
	*way = c->frames[slot].way;
	*frame = (struct bytes){c->frames[slot].b, c->frames[slot].n};
	c->stats[*way].carried++;
	return true;
}

mono_ns cable_deadline(const struct cable *c)
{
	return heap_first(&c->due);
}

const struct cable_stats *cable_stats(const struct cable *c, enum cable_way way)
{
	return &c->stats[way];
}

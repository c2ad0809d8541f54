/* base/heap.h - the earliest of many deadlines
 *
 * A binary min-heap over ids 0..cap-1: each id has at most one deadline.  All operations are
 * O(log n) and allocate nothing after heap_init.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include "base/time.h"

struct heap {
	struct heap_entry {
		mono_ns at;
		uint32_t id;
	} * v;           /* heap order */
	uint32_t *place; /* id -> index in v plus one; 0: not in the heap */
	uint32_t n, cap;
};

bool heap_init(struct heap *h, uint32_t cap) MUST_USE; /* false: out of memory */
void heap_fini(struct heap *h);
/* Sets or moves the deadline of id; MONO_NEVER takes it out. */
void heap_set(struct heap *h, uint32_t id, mono_ns at);
/* The earliest deadline there is, or MONO_NEVER. */
mono_ns heap_first(const struct heap *h);
/* Takes out an id whose deadline is at or before now; false when there is none. */
bool heap_due(struct heap *h, mono_ns now, uint32_t *id) MUST_USE;

#endif

/* base/ready.h - a queue of ids that wait for their turn: each stands there once, the first to come
 * is served first */
#ifndef BASE_READY_H
#define BASE_READY_H

#include "base/def.h"

struct ready {
	uint32_t *ring;
	bool *waits; /* by id */
	uint32_t first, n, cap;
};

bool ready_init(struct ready *t,
		uint32_t cap) MUST_USE; /* for ids below cap; false: out of memory */
void ready_fini(struct ready *t);
void ready_add(struct ready *t, uint32_t id); /* an id that waits already keeps its place */
bool ready_next(struct ready *t, uint32_t *id) MUST_USE;

#endif

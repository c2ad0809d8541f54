/* base/ready.h - ids that wait for their turn, each once, first come first served */
#ifndef BASE_READY_H
#define BASE_READY_H

#include "base/def.h"

struct turns {
	uint32_t *ring;
	bool *waits; /* by id */
	uint32_t first, n, cap;
};

bool turns_init(struct turns *t,
		uint32_t cap) MUST_USE; /* for ids below cap; false: out of memory */
void turns_fini(struct turns *t);
void turns_add(struct turns *t, uint32_t id); /* one that waits already keeps its place */
bool turns_next(struct turns *t, uint32_t *id) MUST_USE;

#endif

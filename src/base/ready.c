#include "base/ready.h"

#include <assert.h>
#include <stdlib.h>

bool ready_init(struct ready *t, uint32_t cap)
{
	*t = (struct ready){.cap = cap};
	t->ring = calloc(cap ? cap : 1, sizeof(*t->ring));
	t->waits = calloc(cap ? cap : 1, sizeof(*t->waits));
	if (t->ring && t->waits)
		return true;
	ready_fini(t);
	return false;
}

void ready_fini(struct ready *t)
{
	free(t->ring);
	free(t->waits);
	*t = (struct ready){0};
}

void ready_add(struct ready *t, uint32_t id)
{
	if (id >= t->cap || t->waits[id])
		return;
	assert(t->n < t->cap); /* each id waits once */
	t->waits[id] = true;
	t->ring[(uint32_t)(((uint64_t)t->first + t->n++) % t->cap)] = id;
}

bool ready_next(struct ready *t, uint32_t *id)
{
	if (t->n == 0)
		return false;
	*id = t->ring[t->first];
	assert(t->waits[*id]);
	t->first = (t->first + 1) % t->cap;
	t->n--;
	t->waits[*id] = false;
	return true;
}

#include "base/ready.h"

#include <stdlib.h>

bool turns_init(struct turns *t, uint32_t cap)
{
	*t = (struct turns){.cap = cap};
	t->ring = calloc(cap ? cap : 1, sizeof(*t->ring));
	t->waits = calloc(cap ? cap : 1, sizeof(*t->waits));
	if (t->ring && t->waits)
		return true;
	turns_fini(t);
	return false;
}

void turns_fini(struct turns *t)
{
	free(t->ring);
	free(t->waits);
	*t = (struct turns){0};
}

void turns_add(struct turns *t, uint32_t id)
{
	if (id >= t->cap || t->waits[id])
		return;
	t->waits[id] = true;
	t->ring[(uint32_t)(((uint64_t)t->first + t->n++) % t->cap)] = id;
}

bool turns_next(struct turns *t, uint32_t *id)
{
	if (t->n == 0)
		return false;
	*id = t->ring[t->first];
	t->first = (t->first + 1) % t->cap;
	t->n--;
	t->waits[*id] = false;
	return true;
}

#include "base/index.h"

#include <stdlib.h>

static uint32_t slots_for(uint32_t n)
{
	uint32_t slots = 16;
	while (slots / 2 < n && slots < UINT32_C(1) << 31)
		slots *= 2;
	return slots;
}

bool index_init(struct index *ix, uint32_t expected)
{
	uint32_t slots = slots_for(expected);
	*ix = (struct index){.mask = slots - 1};
	ix->slots = calloc(slots, sizeof(*ix->slots));
	return ix->slots != NULL;
}

void index_fini(struct index *ix)
{
	free(ix->slots);
	*ix = (struct index){0};
}

static void place(struct index *ix, uint64_t hash, uint32_t id_plus_one)
{
	uint32_t at = (uint32_t)hash & ix->mask;
	while (ix->slots[at].id)
		at = (at + 1) & ix->mask;
	ix->slots[at] = (struct index_slot){hash, id_plus_one};
	ix->n++;
}

static bool grow(struct index *ix)
{
	struct index bigger;
	if (!index_init(&bigger, ix->mask + 1))
		return false;
	for (uint32_t i = 0; i <= ix->mask; i++)
		if (ix->slots[i].id)
			place(&bigger, ix->slots[i].hash, ix->slots[i].id);
	index_fini(ix);
	*ix = bigger;
	return true;
}

bool index_add(struct index *ix, uint64_t hash, uint32_t id)
{
	if (ix->n >= (ix->mask + 1) / 4 * 3 && !grow(ix))
		return false;
	place(ix, hash, id + 1);
	return true;
}

void index_remove(struct index *ix, uint64_t hash, uint32_t id)
{
	uint32_t at = (uint32_t)hash & ix->mask;
	while (ix->slots[at].id && (ix->slots[at].hash != hash || ix->slots[at].id != id + 1))
		at = (at + 1) & ix->mask;
	if (!ix->slots[at].id)
		return;
	ix->slots[at].id = 0;
	ix->n--;
	/* An entry behind the hole may have been pushed past it: place it again. */
	for (at = (at + 1) & ix->mask; ix->slots[at].id; at = (at + 1) & ix->mask) {
		struct index_slot s = ix->slots[at];
		ix->slots[at].id = 0;
		ix->n--;
		place(ix, s.hash, s.id);
	}
}

struct index_walk index_walk(const struct index *ix, uint64_t hash)
{
	return (struct index_walk){ix, hash, (uint32_t)hash & ix->mask};
}

bool index_next(struct index_walk *w, uint32_t *id)
{
	while (w->ix->slots[w->at].id) {
		struct index_slot s = w->ix->slots[w->at];
		w->at = (w->at + 1) & w->ix->mask;
		if (s.hash == w->hash) {
			*id = s.id - 1;
			return true;
		}
	}
	return false;
}

#include "base/heap.h"

#include <assert.h>
#include <stdlib.h>

bool heap_init(struct heap *h, uint32_t cap)
{
	*h = (struct heap){.cap = cap};
	h->v = calloc(cap ? cap : 1, sizeof(*h->v));
	h->place = calloc(cap ? cap : 1, sizeof(*h->place));
	if (h->v && h->place)
		return true;
	heap_fini(h);
	return false;
}

void heap_fini(struct heap *h)
{
	free(h->v);
	free(h->place);
	*h = (struct heap){0};
}

static void put(struct heap *h, uint32_t i, struct heap_entry e)
{
	h->v[i] = e;
	h->place[e.id] = i + 1;
}

static void sift_up(struct heap *h, uint32_t i)
{
	struct heap_entry e = h->v[i];
	while (i > 0 && h->v[(i - 1) / 2].at > e.at) {
		put(h, i, h->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(h, i, e);
}

static void sift_down(struct heap *h, uint32_t i)
{
	struct heap_entry e = h->v[i];
	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= h->n)
			break;
		if (child + 1 < h->n && h->v[child + 1].at < h->v[child].at)
			child++;
		if (h->v[child].at >= e.at)
			break;
		put(h, i, h->v[child]);
		i = child;
	}
	put(h, i, e);
}

static void take_out(struct heap *h, uint32_t i)
{
	assert(i < h->n && h->place[h->v[i].id] == i + 1);
	h->place[h->v[i].id] = 0;
	struct heap_entry last = h->v[--h->n];
	if (i == h->n)
		return;
	put(h, i, last);
	sift_up(h, i);
	sift_down(h, h->place[last.id] - 1);
}

void heap_set(struct heap *h, uint32_t id, mono_ns at)
{
	if (id >= h->cap)
		return;
	uint32_t place = h->place[id];
	if (at == MONO_NEVER) {
		if (place)
			take_out(h, place - 1);
		return;
	}
	if (!place) {
		assert(h->n < h->cap); /* each id is there once */
		put(h, h->n, (struct heap_entry){at, id});
		place = ++h->n;
	}
	h->v[place - 1].at = at;
	sift_up(h, place - 1);
	sift_down(h, h->place[id] - 1);
}

mono_ns heap_first(const struct heap *h)
{
	return h->n ? h->v[0].at : MONO_NEVER;
}

bool heap_due(struct heap *h, mono_ns now, uint32_t *id)
{
	if (h->n == 0 || h->v[0].at > now)
		return false;
	*id = h->v[0].id;
	take_out(h, 0);
	return true;
}

#include <stdlib.h>
#include <string.h>

#include "relay/clients.h"

enum { RECEIVERS_FIRST = 4 };

void receivers_fini(struct receivers *r)
{
	free(r->v);
	*r = (struct receivers){0};
}

static bool grow(struct receivers *r)
{
	uint32_t cap = r->cap ? 2 * r->cap : RECEIVERS_FIRST;
	if (r->cap >= RECEIVERS_MAX)
		return false;
	struct receiver *v = realloc(r->v, cap * sizeof(*v));
	if (!v)
		return false;
	r->v = v;
	r->cap = cap;
	return true;
}

static uint32_t place_of(struct receivers *r, uint32_t client)
{
	uint32_t i = 0;
	while (i < r->n && r->v[i].client != client)
		i++;
	if (i < r->n)
		return i;
	if (r->n == r->cap && !grow(r))
		return r->n - 1; /* full: the least recent one makes room */
	return r->n++;
}

void receivers_note(struct receivers *r, uint32_t client, uint32_t generation)
{
	struct receiver now = {client, generation};
	if (r->n && r->v[0].client == client) {
		r->v[0] = now;
		return;
	}
	uint32_t i = place_of(r, client);
	if (i >= r->cap)
		return; /* no memory at all: this receiver will not be told */
	memmove(r->v + 1, r->v, i * sizeof(*r->v));
	r->v[0] = now;
}

void receivers_move(struct receivers *to, struct receivers *from)
{
	for (uint32_t i = from->n; i > 0; i--)
		receivers_note(to, from->v[i - 1].client, from->v[i - 1].generation);
	receivers_fini(from);
}

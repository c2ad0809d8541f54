#include "sim/flows.h"

#include <stdlib.h>

#include "sim/events.h"

/* FNV-1a */
static uint64_t hash_of(uint16_t port, const struct endpoint *to)
{
	const uint8_t ports[4] = {(uint8_t)(port >> 8), (uint8_t)port, (uint8_t)(to->port >> 8),
				  (uint8_t)to->port};
	uint64_t h = 0xcbf29ce484222325u;
	for (size_t i = 0; i < sizeof(to->ip.b); i++)
		h = (h ^ to->ip.b[i]) * 0x100000001b3u;
	for (size_t i = 0; i < sizeof(ports); i++)
		h = (h ^ ports[i]) * 0x100000001b3u;
	return h;
}

void flows_fini(struct flows *f)
{
	free(f->v);
	*f = (struct flows){0};
}

void flows_note(struct flows *f, uint16_t port, const struct endpoint *to, mono_ns now)
{
	uint64_t hash = hash_of(port, to);
	if (!f->v)
		f->v = sim_alloc(FLOWS_SLOTS * sizeof(*f->v));
	struct flow *slot = &f->v[(hash ^ hash >> 32) % FLOWS_SLOTS];
	if (slot->used == 0 || slot->hash != hash || mono_since(slot->used, now) >= FLOW_LASTS)
		f->begun++;
	*slot = (struct flow){hash, now};
}

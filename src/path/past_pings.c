#include "path/past_pings.h"

#include <string.h>

bool past_pings_take(struct past_pings *p, const struct disco_txid *txid, bool is_proven)
{
	uint64_t id;
	memcpy(&id, txid->b, sizeof(id));
	for (size_t i = 0; i < p->n; i++) {
		if (p->ids[i] != id)
			continue;
		bool overtaken = is_proven && !p->is_proven[i];
		p->is_proven[i] |= is_proven;
		return overtaken;
	}
	p->ids[p->next] = id;
	p->is_proven[p->next] = is_proven;
	p->next = (uint8_t)((p->next + 1) % PAST_PINGS_MAX);
	p->n = p->n < PAST_PINGS_MAX ? (uint8_t)(p->n + 1) : PAST_PINGS_MAX;
	return true;
}

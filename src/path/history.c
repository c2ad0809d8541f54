#include "path/history.h"

void history_note(struct history *h, const struct paths_event *ev, mono_ns now)
{
	if (ev->kind != PATHS_MOVED && ev->kind != PATHS_DOUBT)
		return;
	if (h->n == PATHS_HISTORY_MAX) {
		h->first = (uint8_t)((h->first + 1) % PATHS_HISTORY_MAX);
		h->n--;
		h->forgotten++;
	}
	h->v[(h->first + h->n++) % PATHS_HISTORY_MAX] = (struct paths_past){.at = now,
									    .was = ev->was,
									    .via = ev->via,
									    .rtt = ev->rtt,
									    .reason = ev->reason,
									    .doubt = ev->kind == PATHS_DOUBT};
}

const struct paths_past *history_at(const struct history *h, size_t i)
{
	return &h->v[(h->first + i) % PATHS_HISTORY_MAX];
}

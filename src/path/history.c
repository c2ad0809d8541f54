#include "path/history.h"

void history_note(struct history *h, const struct path_event *ev, mono_ns now)
{
	if (ev->kind != PATH_MOVED && ev->kind != PATH_DOUBT)
		return;
	if (h->n == PATH_HISTORY_MAX) {
		h->first = (uint8_t)((h->first + 1) % PATH_HISTORY_MAX);
		h->n--;
		h->forgotten++;
	}
	h->v[(h->first + h->n++) % PATH_HISTORY_MAX] =
		(struct path_past){.at = now,
				   .was = ev->was,
				   .via = ev->via,
				   .rtt = ev->rtt,
				   .reason = ev->reason,
				   .doubt = ev->kind == PATH_DOUBT};
}

const struct path_past *history_at(const struct history *h, size_t i)
{
	return &h->v[(h->first + i) % PATH_HISTORY_MAX];
}

/* path/history.h - what became of one peer's way, for a person who asks why
 *
 * The last HISTORY_MAX changes are kept; older ones are forgotten, and counted.
 */
#ifndef PATH_HISTORY_H
#define PATH_HISTORY_H

#include "path/paths.h"

struct history {
	struct paths_past v[PATHS_HISTORY_MAX]; /* ring */
	uint8_t first, n;
	uint32_t forgotten;
};

/* Takes PATHS_MOVED and PATHS_DOUBT; other events are no part of it. */
void history_note(struct history *h, const struct paths_event *ev, mono_ns now);
/* Oldest first; i below h->n. Borrowed. */
const struct paths_past *history_at(const struct history *h, size_t i);

#endif

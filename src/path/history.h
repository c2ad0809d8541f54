/* path/history.h - the changes of one peer's way, for a person who asks for them
 *
 * Bounded: the last PATH_HISTORY_MAX changes are kept; older ones are forgotten, and counted.
 */
#ifndef PATH_HISTORY_H
#define PATH_HISTORY_H

#include "path/types.h"

struct history {
	struct path_past v[PATH_HISTORY_MAX]; /* ring */
	uint8_t first, n;
	uint32_t forgotten;
};

/* Takes PATH_MOVED and PATH_DOUBT, and ignores other events. */
void history_note(struct history *h, const struct path_event *ev, mono_ns now);
/* Oldest first; i below h->n. Borrowed. */
const struct path_past *history_at(const struct history *h, size_t i);

#endif

/* path/events.h - the events that wait for the owner of `paths`
 *
 * Bounded: PATH_EVENTS_MAX events.  A full ring loses its oldest event.
 */
#ifndef PATH_EVENTS_H
#define PATH_EVENTS_H

#include "path/types.h"

enum { PATH_EVENTS_MAX = 1024 };

struct path_events {
	struct path_event *v; /* ring */
	uint32_t first, n;
};

bool path_events_init(struct path_events *e) MUST_USE; /* false: out of memory */
void path_events_fini(struct path_events *e);
void path_events_emit(struct path_events *e, const struct path_event *ev);
bool path_events_next(struct path_events *e, struct path_event *ev) MUST_USE; /* until false */

#endif

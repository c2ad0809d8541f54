#include "path/events.h"

#include <stdlib.h>

bool path_events_init(struct path_events *e)
{
	*e = (struct path_events){.v = calloc(PATH_EVENTS_MAX, sizeof(*e->v))};
	return e->v != NULL;
}

void path_events_fini(struct path_events *e)
{
	free(e->v);
}

void path_events_emit(struct path_events *e, const struct path_event *ev)
{
	if (e->n == PATH_EVENTS_MAX) {
		e->first = (e->first + 1) % PATH_EVENTS_MAX;
		e->n--;
	}
	e->v[(e->first + e->n++) % PATH_EVENTS_MAX] = *ev;
}

bool path_events_next(struct path_events *e, struct path_event *ev)
{
	if (e->n == 0)
		return false;
	*ev = e->v[e->first];
	e->first = (e->first + 1) % PATH_EVENTS_MAX;
	e->n--;
	return true;
}

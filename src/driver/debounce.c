#include "driver/debounce.h"

mono_ns debounce_event(struct debounce *s, mono_ns now)
{
	if (!s->waiting)
		*s = (struct debounce){.waiting = true, .first = now};
	return mono_min(now + DEBOUNCE_PAUSE, s->first + DEBOUNCE_MOST);
}

void debounce_done(struct debounce *s)
{
	*s = (struct debounce){0};
}

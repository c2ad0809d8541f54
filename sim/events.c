#include "sim/events.h"

#include <stdlib.h>

void *sim_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);
	if (!p)
		abort();
	return p;
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct event *a, struct event *b)
{
	struct event c = *a;
	*a = *b;
	*b = c;
}

void events_init(struct events *e, mono_ns now)
{
	*e = (struct events){.now = now};
}

void events_fini(struct events *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->v[i].arg);
	free(e->v);
	*e = (struct events){0};
}

static void grow(struct events *e)
{
	e->cap = e->cap ? 2 * e->cap : 64;
	e->v = realloc(e->v, e->cap * sizeof(*e->v));
	if (!e->v)
		abort();
}

void events_at(struct events *e, mono_ns at, void (*run)(void *self, void *arg, mono_ns now),
	       void *self, void *arg)
{
	if (e->n == e->cap)
		grow(e);
	size_t i = e->n++;
	e->v[i] = (struct event){mono_max(at, e->now), e->planned++, run, self, arg};
	for (; i > 0 && before(&e->v[i], &e->v[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&e->v[i], &e->v[(i - 1) / 2]);
}

static struct event take_first(struct events *e)
{
	struct event first = e->v[0];
	e->v[0] = e->v[--e->n];
	for (size_t i = 0, least;; i = least) {
		least = i;
		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < e->n; child++)
			if (before(&e->v[child], &e->v[least]))
				least = child;
		if (least == i)
			return first;
		swap(&e->v[i], &e->v[least]);
	}
}

bool events_step(struct events *e, mono_ns until)
{
	if (e->n == 0 || e->v[0].at > until) {
		e->now = mono_max(e->now, until);
		return false;
	}
	struct event ev = take_first(e);
	e->now = ev.at;
	ev.run(ev.self, ev.arg, ev.at);
	free(ev.arg);
	return true;
}

struct alarm alarm_of(struct events *e, void (*ring)(void *self, mono_ns now), void *self)
{
	return (struct alarm){.events = e, .ring = ring, .self = self, .at = MONO_NEVER};
}

static void alarm_due(void *self, void *arg, mono_ns now)
{
	struct alarm *a = self;
	if (a->at != now) /* it was set to an earlier time since */
		return;
	a->at = MONO_NEVER;
	a->ring(a->self, now);
}

void alarm_set(struct alarm *a, mono_ns at)
{
	if (at >= a->at)
		return;
	a->at = mono_max(at, a->events->now);
	events_at(a->events, a->at, alarm_due, a, NULL);
}

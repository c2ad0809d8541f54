#include "path/gather.h"

void gather_init(struct gather *g, const struct rng *rng, uint16_t port)
{
	*g = (struct gather){.local = {.port = port}};
	reflexive_init(&g->stun, rng, port);
	portmap_init(&g->portmap, rng, port);
	/* In the order in which a call-me-maybe lists what they found. */
	g->all[0] = (struct gather_entry){&portmap_finder, &g->portmap};
	g->all[1] = (struct gather_entry){&reflexive_finder, &g->stun};
	g->all[2] = (struct gather_entry){&fixed_finder, &g->fixed};
	g->all[3] = (struct gather_entry){&local_finder, &g->local};
}

void gather_set_port(struct gather *g, uint16_t port)
{
	g->local.port = port;
	g->stun.port = port;
	portmap_set_port(&g->portmap, port);
}

bool gather_input(struct gather *g, const struct endpoint *from, struct bytes datagram, mono_ns now)
{
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->input && e.finder->input(e.self, from, datagram, now))
			return true;
	}
	return false;
}

bool gather_output(struct gather *g, struct endpoint *to, struct wr *out)
{
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->output && e.finder->output(e.self, to, out))
			return true;
	}
	return false;
}

mono_ns gather_deadline(const struct gather *g)
{
	mono_ns first = MONO_NEVER;
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->deadline)
			first = mono_min(first, e.finder->deadline(e.self));
	}
	return first;
}

void gather_tick(struct gather *g, mono_ns now)
{
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->tick)
			e.finder->tick(e.self, now);
	}
}

void gather_refresh(struct gather *g, bool forget, mono_ns now)
{
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->refresh)
			e.finder->refresh(e.self, forget, now);
	}
}

void gather_want(struct gather *g, bool wanted, mono_ns now)
{
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->want)
			e.finder->want(e.self, wanted, now);
	}
}

bool gather_fresh(const struct gather *g, mono_ns since)
{
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		if (e.finder->fresh && !e.finder->fresh(e.self, since))
			return false;
	}
	return true;
}

bool gather_merge(struct gather *g)
{
	struct candidates before = g->found, seen = {.n = 0};
	reflexive_finder.candidates(&g->stun, &seen);
	portmap_set_seen(&g->portmap, &seen);
	g->found.n = 0;
	for (int i = 0; i < FINDERS; i++) {
		const struct gather_entry e = g->all[i];
		e.finder->candidates(e.self, &g->found);
	}
	return !candidates_same_set(&before, &g->found);
}

#include "path/hard/attempts.h"

static struct crossing *last(struct crossings *c)
{
	struct crossing *v = c->n > 0 ? &c->v[(c->first + c->n - 1) % CROSSINGS_KEPT] : NULL;
	return v && v->end == CROSSING_UNDER_WAY ? v : NULL;
}

void crossing_begin(struct crossings *c, bool asked_by_peer, mono_ns now)
{
	if (c->n == CROSSINGS_KEPT) {
		c->first = (uint8_t)((c->first + 1) % CROSSINGS_KEPT);
		c->n--;
		c->forgotten++;
	}
	c->v[(c->first + c->n++) % CROSSINGS_KEPT] = (struct crossing){
		.began = now, .ended = MONO_NEVER, .asked_by_peer = asked_by_peer};
}

void crossing_sampled(struct crossings *c)
{
	struct crossing *v = last(c);
	if (v)
		v->samples++;
}

void crossing_planned(struct crossings *c, const struct hard_plan *plan)
{
	struct crossing *v = last(c);
	if (!v)
		return;
	v->planned = true;
	v->slow = plan->slowly.limit > 0;
	v->ours = plan->ours.kind;
	v->theirs = plan->theirs.kind;
	v->our_mapping = plan->our_mapping;
	v->their_mapping = plan->their_mapping;
	v->sockets = plan->sockets;
}

void crossing_sent(struct crossings *c, enum plan_way way)
{
	struct crossing *v = last(c);
	if (v)
		v->sent[way]++;
}

void crossing_end(struct crossings *c, enum crossing_end end, mono_ns now)
{
	struct crossing *v = last(c);
	if (!v)
		return;
	v->end = end;
	v->ended = now;
}

const struct crossing *crossing_at(const struct crossings *c, size_t i)
{
	return &c->v[(c->first + i) % CROSSINGS_KEPT];
}

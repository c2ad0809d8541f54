#include "path/hard/attempts.h"

static struct attempt *last(struct attempts *c)
{
	struct attempt *v = c->n > 0 ? &c->v[(c->first + c->n - 1) % ATTEMPTS_KEPT] : NULL;
	return v && v->end == ATTEMPT_UNDER_WAY ? v : NULL;
}

void attempts_begin(struct attempts *c, bool asked_by_peer, mono_ns now)
{
	if (c->n == ATTEMPTS_KEPT) {
		c->first = (uint8_t)((c->first + 1) % ATTEMPTS_KEPT);
		c->n--;
		c->forgotten++;
	}
	c->v[(c->first + c->n++) % ATTEMPTS_KEPT] =
		(struct attempt){.began = now, .ended = MONO_NEVER, .asked_by_peer = asked_by_peer};
}

void attempts_sampled(struct attempts *c)
{
	struct attempt *v = last(c);
	if (v)
		v->samples++;
}

void attempts_planned(struct attempts *c, const struct hard_plan *plan)
{
	struct attempt *v = last(c);
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

void attempts_sent(struct attempts *c, enum hard_plan_way way)
{
	struct attempt *v = last(c);
	if (v)
		v->sent[way]++;
}

void attempts_end(struct attempts *c, enum attempt_end end, mono_ns now)
{
	struct attempt *v = last(c);
	if (!v)
		return;
	v->end = end;
	v->ended = now;
}

const struct attempt *attempts_at(const struct attempts *c, size_t i)
{
	return &c->v[(c->first + i) % ATTEMPTS_KEPT];
}

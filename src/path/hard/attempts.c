#include "path/hard/attempts.h"

static struct attempt *last(struct attempts *a)
{
	struct attempt *v = a->n > 0 ? &a->v[(a->first + a->n - 1) % ATTEMPTS_KEPT] : NULL;
	return v && v->end == ATTEMPT_UNDER_WAY ? v : NULL;
}

void attempts_begin(struct attempts *a, bool asked_by_peer, mono_ns now)
{
	if (a->n == ATTEMPTS_KEPT) {
		a->first = (uint8_t)((a->first + 1) % ATTEMPTS_KEPT);
		a->n--;
		a->forgotten++;
	}
	a->v[(a->first + a->n++) % ATTEMPTS_KEPT] =
		(struct attempt){.began = now, .ended = MONO_NEVER, .asked_by_peer = asked_by_peer};
}

void attempts_sampled(struct attempts *a)
{
	struct attempt *v = last(a);
	if (v)
		v->samples++;
}

void attempts_planned(struct attempts *a, const struct hard_plan *plan)
{
	struct attempt *v = last(a);
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

void attempts_sent(struct attempts *a, enum hard_plan_stream stream)
{
	struct attempt *v = last(a);
	if (v)
		v->sent[stream]++;
}

void attempts_end(struct attempts *a, enum attempt_end end, mono_ns now)
{
	struct attempt *v = last(a);
	if (!v)
		return;
	v->end = end;
	v->ended = now;
}

const struct attempt *attempts_at(const struct attempts *a, size_t i)
{
	return &a->v[(a->first + i) % ATTEMPTS_KEPT];
}

#include "path/call.h"

void call_init(struct call *c)
{
	*c = (struct call){.by = MONO_NEVER, .sent_at = MONO_NEVER, .answered_at = MONO_NEVER};
}

void call_plan(struct call *c, mono_ns not_before, mono_ns now)
{
	mono_ns young = now > CALL_YOUNG ? now - CALL_YOUNG : 0;
	c->needs = mono_max(young, not_before);
	c->from = c->sent_at == MONO_NEVER ? now : mono_max(now, c->sent_at + CALL_APART);
	c->by = c->from + CALL_WAIT;
}

void call_cancel(struct call *c)
{
	c->by = MONO_NEVER;
}

/* A call that we sent just now is no answer: while the peer did not know our disco key, it could
 * not read that call. */
bool call_on_call(struct call *c, mono_ns now)
{
	if (call_is_planned(c) || mono_since(c->answered_at, now) < CALL_ANSWER_APART)
		return false;
	c->answered_at = now;
	return true;
}

mono_ns call_deadline(const struct call *c, bool fresh)
{
	if (!call_is_planned(c))
		return MONO_NEVER;
	return fresh ? c->from : c->by;
}

bool call_tick(struct call *c, bool fresh, mono_ns now)
{
	if (call_deadline(c, fresh) > now)
		return false;
	c->by = MONO_NEVER;
	c->sent_at = now;
	return true;
}

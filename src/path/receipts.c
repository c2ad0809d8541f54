#include "path/receipts.h"

void signs_init(struct signs *s)
{
	*s = (struct signs){.due = MONO_NEVER, .given_at = MONO_NEVER};
}

bool signs_data_heard(struct signs *s, const struct via *from, mono_ns now)
{
	s->to = *from;
	s->heard_at = now;
	if (s->due != MONO_NEVER)
		return false;
	s->asked_at = now;
	s->due = s->late ? now : now + SIGN_AFTER;
	if (s->given_at != MONO_NEVER)
		s->due = mono_max(s->due, s->given_at + SIGN_EVERY);
	return true;
}

bool signs_give(struct signs *s, mono_ns spoke_at, mono_ns now)
{
	bool spoke = spoke_at != MONO_NEVER && spoke_at >= s->asked_at;
	s->due = MONO_NEVER;
	s->late = !spoke && mono_since(s->heard_at, now) > SIGN_STALE;
	if (s->late)
		return false;
	s->given_at = spoke ? spoke_at : now;
	return !spoke;
}

void rhythm_init(struct rhythm *r)
{
	*r = (struct rhythm){.unanswered = MONO_NEVER};
}

void rhythm_sent(struct rhythm *r, mono_ns now)
{
	if (r->unanswered == MONO_NEVER)
		r->unanswered = now;
}

void rhythm_heard(struct rhythm *r, mono_ns now)
{
	mono_ns took = mono_since(r->unanswered, now);
	r->unanswered = MONO_NEVER;
	if (took == MONO_NEVER)
		return;
	if (took > RHYTHM_NO_MORE)
		r->answers_in = 0;
	else if (took <= RHYTHM_LATEST) /* else one was lost, and the rhythm may still be right */
		r->answers_in = mono_max(took, r->answers_in - r->answers_in / 32);
}

mono_ns rhythm_patience(const struct rhythm *r, mono_ns since)
{
	if (r->answers_in == 0 ||
	    (r->unanswered != MONO_NEVER && mono_since(r->unanswered, since) > RHYTHM_NO_MORE))
		return 0;
	return r->answers_in + RHYTHM_MARGIN;
}

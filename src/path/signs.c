#include "path/signs.h"

void signs_init(struct signs *s)
{
	*s = (struct signs){.due = MONO_NEVER, .given_at = MONO_NEVER, .unanswered = MONO_NEVER};
}

bool signs_data_heard(struct signs *s, const struct via *from, mono_ns now)
{
	s->to = *from;
	if (s->due != MONO_NEVER)
		return false;
	s->due = now + SIGN_AFTER;
	if (s->given_at != MONO_NEVER)
		s->due = mono_max(s->due, s->given_at + SIGN_EVERY);
	return true;
}

bool signs_give(struct signs *s, mono_ns spoke_at, mono_ns now)
{
	bool spoke = mono_since(spoke_at, now) < SIGN_EVERY;
	s->due = MONO_NEVER;
	s->given_at = spoke ? spoke_at : now;
	return !spoke;
}

void signs_sent(struct signs *s, mono_ns now)
{
	if (s->unanswered == MONO_NEVER)
		s->unanswered = now;
}

void signs_heard(struct signs *s, mono_ns now)
{
	mono_ns took = mono_since(s->unanswered, now);
	s->unanswered = MONO_NEVER;
	if (took == MONO_NEVER)
		return;
	if (took > SIGN_NO_MORE)
		s->answers_in = 0;
	else if (took <= SIGN_LATEST) /* else one was lost, and the rhythm may still be right */
		s->answers_in = mono_max(took, s->answers_in - s->answers_in / 32);
}

mono_ns signs_patience(const struct signs *s, mono_ns since)
{
	if (s->answers_in == 0 ||
	    (s->unanswered != MONO_NEVER && mono_since(s->unanswered, since) > SIGN_NO_MORE))
		return 0;
	return s->answers_in + SIGN_MARGIN;
}

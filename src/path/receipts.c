#include "path/receipts.h"

void receipts_init(struct receipts *s)
{
	*s = (struct receipts){.due = MONO_NEVER, .given_at = MONO_NEVER};
}

bool receipts_on_data(struct receipts *s, const struct way *from, mono_ns now)
{
	s->to = *from;
	s->heard_at = now;
	if (s->due != MONO_NEVER)
		return false;
	s->asked_at = now;
	s->due = s->late ? now : now + RECEIPT_AFTER;
	if (s->given_at != MONO_NEVER)
		s->due = mono_max(s->due, s->given_at + RECEIPT_EVERY);
	return true;
}

bool receipts_give(struct receipts *s, mono_ns spoke_at, mono_ns now)
{
	bool spoke = spoke_at != MONO_NEVER && spoke_at >= s->asked_at;
	s->due = MONO_NEVER;
	s->late = !spoke && mono_since(s->heard_at, now) > RECEIPT_STALE;
	if (s->late)
		return false;
	s->given_at = spoke ? spoke_at : now;
	return !spoke;
}

void expected_receipts_init(struct expected_receipts *r)
{
	*r = (struct expected_receipts){.unanswered = MONO_NEVER};
}

void expected_receipts_on_send(struct expected_receipts *r, mono_ns now)
{
	if (r->unanswered == MONO_NEVER)
		r->unanswered = now;
}

void expected_receipts_on_heard(struct expected_receipts *r, mono_ns now)
{
	mono_ns took = mono_since(r->unanswered, now);
	r->unanswered = MONO_NEVER;
	if (took == MONO_NEVER)
		return;
	if (took > RECEIPT_NO_MORE)
		r->answers_in = 0;
	else if (took <= RECEIPT_LATEST) /* else a receipt was lost, and the interval still holds */
		r->answers_in = mono_max(took, r->answers_in - r->answers_in / 32);
}

mono_ns expected_receipts_patience(const struct expected_receipts *r, mono_ns since)
{
	if (r->answers_in == 0 ||
	    (r->unanswered != MONO_NEVER && mono_since(r->unanswered, since) > RECEIPT_NO_MORE))
		return 0;
	return r->answers_in + RECEIPT_MARGIN;
}

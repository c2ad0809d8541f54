#include "path/liveness.h"

#define WAIT_MAX       (400 * MSEC)
#define WAIT_MIN       (150 * MSEC)
#define DETECT         (700 * MSEC) /* WAITING and PROBING, if the round trip allows */
#define DETECT_RECEIPT (650 * MSEC) /* the same, for a peer that sends receipts */
#define WAIT_RELAY     (3 * SECOND) /* by a relay, for a peer that sends no receipts */
#define ANSWER_MIN     (150 * MSEC)
#define ANSWER_UNKNOWN (500 * MSEC)
#define ANSWER_MARGIN  (50 * MSEC)
#define PROBE_AGAIN    (20 * MSEC) /* after a round trip without an answer */

static void enter(struct liveness *l, enum liveness_state state, mono_ns now)
{
	l->state = state;
	l->since = now;
}

static void heard(struct liveness *l, mono_ns now)
{
	enter(l, LIVENESS_IDLE, now);
	l->trust_until = now + LIVENESS_TRUST;
}

void liveness_init(struct liveness *l)
{
	*l = (struct liveness){0};
	expected_receipts_init(&l->expected);
}

void liveness_begin(struct liveness *l, bool is_relay, mono_ns rtt, mono_ns now)
{
	if (l->is_relay != is_relay)
		expected_receipts_init(&l->expected);
	l->is_relay = is_relay;
	l->rtt = rtt;
	heard(l, now);
}

enum liveness_verdict liveness_on_send(struct liveness *l, mono_ns now)
{
	expected_receipts_on_send(&l->expected, now);
	if (l->state != LIVENESS_IDLE)
		return LIVENESS_FINE;
	if (!l->is_relay && now > l->trust_until)
		return LIVENESS_SILENT;
	enter(l, LIVENESS_WAITING, now);
	return LIVENESS_FINE;
}

void liveness_on_heard(struct liveness *l, mono_ns now)
{
	expected_receipts_on_heard(&l->expected, now);
	if (!liveness_is_called(l))
		heard(l, now);
}

void liveness_on_pong(struct liveness *l, mono_ns rtt, mono_ns now)
{
	l->rtt = rtt;
	heard(l, now);
}

void liveness_probe(struct liveness *l, bool pong_only, mono_ns now)
{
	enter(l, LIVENESS_PROBING, now);
	l->probed_twice = false;
	l->pong_only = pong_only;
}

void liveness_distrust(struct liveness *l)
{
	l->trust_until = 0;
}

static mono_ns usual_answer(const struct liveness *l)
{
	bool unknown = l->is_relay && l->rtt == 0;
	return unknown ? ANSWER_UNKNOWN : mono_max(ANSWER_MIN, 2 * l->rtt + ANSWER_MARGIN);
}

static mono_ns patience(const struct liveness *l)
{
	return expected_receipts_patience(&l->expected, l->since);
}

/* The longer an answer takes, the sooner we ask; but not before a receipt of the peer is overdue.
 */
static mono_ns wait_for(const struct liveness *l)
{
	mono_ns answer = usual_answer(l);
	mono_ns left = answer < DETECT ? DETECT - answer : 0;
	mono_ns ask = mono_min(WAIT_MAX, mono_max(WAIT_MIN, left));
	if (l->is_relay && patience(l) == 0)
		return WAIT_RELAY;
	return mono_max(ask, patience(l));
}

/* After a longer wait there is less time to answer, but enough for the second ping. */
static mono_ns answer_time(const struct liveness *l)
{
	mono_ns usual = usual_answer(l);
	mono_ns left = patience(l) < DETECT_RECEIPT ? DETECT_RECEIPT - patience(l) : 0;
	if (patience(l) == 0)
		return usual;
	return mono_min(usual, mono_max(left, l->rtt + PROBE_AGAIN + ANSWER_MARGIN));
}

mono_ns liveness_deadline(const struct liveness *l)
{
	switch (l->state) {
	case LIVENESS_WAITING:
		return l->since + wait_for(l);
	case LIVENESS_PROBING:
		return l->since + (l->probed_twice
					   ? answer_time(l)
					   : mono_min(answer_time(l), l->rtt + PROBE_AGAIN));
	case LIVENESS_IDLE:
		break;
	}
	return MONO_NEVER;
}

enum liveness_verdict liveness_tick(struct liveness *l, mono_ns now)
{
	if (liveness_deadline(l) > now)
		return LIVENESS_FINE;
	if (l->state == LIVENESS_WAITING)
		liveness_probe(l, false, now);
	else if (now < l->since + answer_time(l))
		l->probed_twice = true;
	else
		return LIVENESS_SILENT;
	return LIVENESS_ASK;
}

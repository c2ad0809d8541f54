#include "path/liveness.h"

#define SILENCE_ASK    (400 * MSEC) /* AWAITING, at most */
#define SILENCE_HASTE  (150 * MSEC) /* AWAITING, at least */
#define SILENCE_TOTAL  (700 * MSEC) /* AWAITING and ASKED, if the round trip allows */
#define PATIENCE_TOTAL (650 * MSEC) /* the same, for a peer with a rhythm of its own */
#define RELAY_ASK      (3 * SECOND) /* AWAITING by a relay, for a peer without one */
#define ANSWER_MIN     (150 * MSEC)
#define ANSWER_UNKNOWN (500 * MSEC)
#define ANSWER_MARGIN  (50 * MSEC)
#define ASK_AGAIN      (20 * MSEC) /* after a round trip without an answer */

static void enter(struct liveness *w, enum liveness_state state, mono_ns now)
{
	w->state = state;
	w->since = now;
}

static void calm_down(struct liveness *w, mono_ns now)
{
	enter(w, LIVENESS_IDLE, now);
	w->trust_until = now + LIVENESS_TRUST;
}

void liveness_init(struct liveness *w)
{
	*w = (struct liveness){0};
	expected_receipts_init(&w->expected);
}

void liveness_begin(struct liveness *w, bool is_relay, mono_ns rtt, mono_ns now)
{
	if (w->is_relay != is_relay)
		expected_receipts_init(&w->expected);
	w->is_relay = is_relay;
	w->rtt = rtt;
	calm_down(w, now);
}

enum liveness_verdict liveness_on_send(struct liveness *w, mono_ns now)
{
	expected_receipts_on_send(&w->expected, now);
	if (w->state != LIVENESS_IDLE)
		return LIVENESS_FINE;
	if (!w->is_relay && now > w->trust_until)
		return LIVENESS_SILENT;
	enter(w, LIVENESS_WAITING, now);
	return LIVENESS_FINE;
}

void liveness_on_heard(struct liveness *w, mono_ns now)
{
	expected_receipts_on_heard(&w->expected, now);
	if (!liveness_is_called(w))
		calm_down(w, now);
}

void liveness_on_pong(struct liveness *w, mono_ns rtt, mono_ns now)
{
	w->rtt = rtt;
	calm_down(w, now);
}

void liveness_probe(struct liveness *w, bool pong_only, mono_ns now)
{
	enter(w, LIVENESS_PROBING, now);
	w->probed_twice = false;
	w->pong_only = pong_only;
}

void liveness_distrust(struct liveness *w)
{
	w->trust_until = 0;
}

static mono_ns usual_answer(const struct liveness *w)
{
	bool unknown = w->is_relay && w->rtt == 0;
	return unknown ? ANSWER_UNKNOWN : mono_max(ANSWER_MIN, 2 * w->rtt + ANSWER_MARGIN);
}

static mono_ns patience(const struct liveness *w)
{
	return expected_receipts_patience(&w->expected, w->since);
}

/* The longer an answer takes, the sooner we ask; but not before the peer may be expected to speak.
 */
static mono_ns ask_after(const struct liveness *w)
{
	mono_ns answer = usual_answer(w);
	mono_ns left = answer < SILENCE_TOTAL ? SILENCE_TOTAL - answer : 0;
	mono_ns ask = mono_min(SILENCE_ASK, mono_max(SILENCE_HASTE, left));
	if (w->is_relay && patience(w) == 0)
		return RELAY_ASK;
	return mono_max(ask, patience(w));
}

/* Whoever was waited for longer is given less time to answer, but enough for the second ping. */
static mono_ns answer_time(const struct liveness *w)
{
	mono_ns usual = usual_answer(w);
	mono_ns left = patience(w) < PATIENCE_TOTAL ? PATIENCE_TOTAL - patience(w) : 0;
	if (patience(w) == 0)
		return usual;
	return mono_min(usual, mono_max(left, w->rtt + ASK_AGAIN + ANSWER_MARGIN));
}

mono_ns liveness_deadline(const struct liveness *w)
{
	switch (w->state) {
	case LIVENESS_WAITING:
		return w->since + ask_after(w);
	case LIVENESS_PROBING:
		return w->since + (w->probed_twice ? answer_time(w)
						   : mono_min(answer_time(w), w->rtt + ASK_AGAIN));
	case LIVENESS_IDLE:
		break;
	}
	return MONO_NEVER;
}

enum liveness_verdict liveness_tick(struct liveness *w, mono_ns now)
{
	if (liveness_deadline(w) > now)
		return LIVENESS_FINE;
	if (w->state == LIVENESS_WAITING)
		liveness_probe(w, false, now);
	else if (now < w->since + answer_time(w))
		w->probed_twice = true;
	else
		return LIVENESS_SILENT;
	return LIVENESS_ASK;
}

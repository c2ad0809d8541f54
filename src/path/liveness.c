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

static void enter(struct watch *w, enum watch_state state, mono_ns now)
{
	w->state = state;
	w->since = now;
}

static void calm_down(struct watch *w, mono_ns now)
{
	enter(w, WATCH_CALM, now);
	w->trust_until = now + WATCH_TRUST;
}

void watch_init(struct watch *w)
{
	*w = (struct watch){0};
	rhythm_init(&w->rhythm);
}

void watch_begin(struct watch *w, bool is_relay, mono_ns rtt, mono_ns now)
{
	if (w->is_relay != is_relay)
		rhythm_init(&w->rhythm);
	w->is_relay = is_relay;
	w->rtt = rtt;
	calm_down(w, now);
}

enum watch_verdict watch_sent(struct watch *w, mono_ns now)
{
	rhythm_sent(&w->rhythm, now);
	if (w->state != WATCH_CALM)
		return WATCH_FINE;
	if (!w->is_relay && now > w->trust_until)
		return WATCH_SILENT;
	enter(w, WATCH_AWAITING, now);
	return WATCH_FINE;
}

void watch_heard(struct watch *w, mono_ns now)
{
	rhythm_heard(&w->rhythm, now);
	if (!watch_is_called(w))
		calm_down(w, now);
}

void watch_ponged(struct watch *w, mono_ns rtt, mono_ns now)
{
	w->rtt = rtt;
	calm_down(w, now);
}

void watch_ask(struct watch *w, bool pong_only, mono_ns now)
{
	enter(w, WATCH_ASKED, now);
	w->asked_twice = false;
	w->pong_only = pong_only;
}

void watch_distrust(struct watch *w)
{
	w->trust_until = 0;
}

static mono_ns usual_answer(const struct watch *w)
{
	bool unknown = w->is_relay && w->rtt == 0;
	return unknown ? ANSWER_UNKNOWN : mono_max(ANSWER_MIN, 2 * w->rtt + ANSWER_MARGIN);
}

static mono_ns patience(const struct watch *w)
{
	return rhythm_patience(&w->rhythm, w->since);
}

/* The longer an answer takes, the sooner we ask; but not before the peer may be expected to speak.
 */
static mono_ns ask_after(const struct watch *w)
{
	mono_ns answer = usual_answer(w);
	mono_ns left = answer < SILENCE_TOTAL ? SILENCE_TOTAL - answer : 0;
	mono_ns ask = mono_min(SILENCE_ASK, mono_max(SILENCE_HASTE, left));
	if (w->is_relay && patience(w) == 0)
		return RELAY_ASK;
	return mono_max(ask, patience(w));
}

/* Whoever was waited for longer is given less time to answer, but enough for the second ping. */
static mono_ns answer_time(const struct watch *w)
{
	mono_ns usual = usual_answer(w);
	mono_ns left = patience(w) < PATIENCE_TOTAL ? PATIENCE_TOTAL - patience(w) : 0;
	if (patience(w) == 0)
		return usual;
	return mono_min(usual, mono_max(left, w->rtt + ASK_AGAIN + ANSWER_MARGIN));
}

mono_ns watch_deadline(const struct watch *w)
{
	switch (w->state) {
	case WATCH_AWAITING:
		return w->since + ask_after(w);
	case WATCH_ASKED:
		return w->since + (w->asked_twice ? answer_time(w)
						  : mono_min(answer_time(w), w->rtt + ASK_AGAIN));
	case WATCH_CALM:
		break;
	}
	return MONO_NEVER;
}

enum watch_verdict watch_tick(struct watch *w, mono_ns now)
{
	if (watch_deadline(w) > now)
		return WATCH_FINE;
	if (w->state == WATCH_AWAITING)
		watch_ask(w, false, now);
	else if (now < w->since + answer_time(w))
		w->asked_twice = true;
	else
		return WATCH_SILENT;
	return WATCH_ASK;
}

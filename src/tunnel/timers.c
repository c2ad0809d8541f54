/* Each timer is a deadline that events start, move and stop:
 *
 *   RETRY       started by an initiation, or by one that must wait; stopped by a confirmed session
 *   KEEPALIVE   started by data received; stopped by anything sent
 *   SILENCE     started by data sent; stopped by anything authentic received
 *   PERSISTENT  moved by anything sent or received; never stops while it is configured
 *   ERASE       moved by the keys of each new session; started by giving up
 */
#include "tunnel/timers.h"

static bool running(const struct timers *t, enum timer which)
{
	return t->at[which] != MONO_NEVER;
}

static void stop(struct timers *t, enum timer which)
{
	t->at[which] = MONO_NEVER;
}

static void start(struct timers *t, enum timer which, mono_ns at)
{
	if (!running(t, which))
		t->at[which] = at;
}

static void move_persistent(struct timers *t, mono_ns now)
{
	t->at[TIMER_PERSISTENT] = t->persistent_s ? now + t->persistent_s * SECOND : MONO_NEVER;
}

void timers_stop(struct timers *t)
{
	mono_ns persistent = t->at[TIMER_PERSISTENT];
	for (enum timer i = 0; i < TIMER_COUNT; i++)
		stop(t, i);
	t->at[TIMER_PERSISTENT] = persistent;
	t->wanted_at = MONO_NEVER;
	t->more_received = false;
}

void timers_init(struct timers *t, uint16_t persistent_s, mono_ns now)
{
	*t = (struct timers){.at[TIMER_PERSISTENT] = MONO_NEVER};
	timers_stop(t);
	timers_set_persistent(t, persistent_s, now);
}

void timers_set_persistent(struct timers *t, uint16_t persistent_s, mono_ns now)
{
	if (persistent_s == t->persistent_s)
		return;
	t->persistent_s = persistent_s;
	t->at[TIMER_PERSISTENT] = persistent_s ? now : MONO_NEVER;
}

void timers_session_wanted(struct timers *t, mono_ns now)
{
	t->wanted_at = now;
}

void timers_wait_until(struct timers *t, mono_ns at)
{
	start(t, TIMER_RETRY, at);
}

void timers_hasten_retry(struct timers *t, mono_ns at)
{
	if (running(t, TIMER_RETRY))
		t->at[TIMER_RETRY] = mono_min(t->at[TIMER_RETRY], at);
}

void timers_initiation_sent(struct timers *t, mono_ns now, mono_ns jitter)
{
	if (t->wanted_at == MONO_NEVER)
		t->wanted_at = now;
	t->jitter = jitter;
	t->at[TIMER_RETRY] = now + REKEY_TIMEOUT + jitter;
}

void timers_session_derived(struct timers *t, mono_ns now, mono_ns jitter)
{
	t->jitter = jitter;
	t->at[TIMER_ERASE] = now + ERASE_AFTER_TIME;
}

void timers_handshake_done(struct timers *t)
{
	stop(t, TIMER_RETRY);
	t->wanted_at = MONO_NEVER;
}

void timers_sent(struct timers *t, mono_ns now)
{
	stop(t, TIMER_KEEPALIVE);
	t->more_received = false;
	move_persistent(t, now);
}

void timers_received(struct timers *t, mono_ns now)
{
	stop(t, TIMER_SILENCE);
	move_persistent(t, now);
}

void timers_data_sent(struct timers *t, mono_ns now)
{
	start(t, TIMER_SILENCE, now + SILENCE_TIMEOUT + t->jitter);
}

void timers_data_received(struct timers *t, mono_ns now)
{
	t->more_received = running(t, TIMER_KEEPALIVE);
	start(t, TIMER_KEEPALIVE, now + KEEPALIVE_TIMEOUT);
}

bool timers_retrying(const struct timers *t)
{
	return running(t, TIMER_RETRY);
}

mono_ns timers_deadline(const struct timers *t)
{
	mono_ns first = MONO_NEVER;
	for (enum timer i = 0; i < TIMER_COUNT; i++)
		first = mono_min(first, t->at[i]);
	return first;
}

static enum timers_due retry(struct timers *t, mono_ns now)
{
	if (t->wanted_at == MONO_NEVER || mono_since(t->wanted_at, now) < REKEY_ATTEMPT_TIME)
		return TIMERS_RETRY;
	t->wanted_at = MONO_NEVER;
	stop(t, TIMER_KEEPALIVE);
	t->more_received = false;
	start(t, TIMER_ERASE, now + ERASE_AFTER_TIME);
	return TIMERS_GIVE_UP;
}

static enum timers_due keepalive(struct timers *t, mono_ns now)
{
	if (t->more_received)
		start(t, TIMER_KEEPALIVE, now + KEEPALIVE_TIMEOUT);
	t->more_received = false;
	return TIMERS_KEEPALIVE;
}

enum timers_due timers_due(struct timers *t, mono_ns now)
{
	enum timer which = 0;
	while (which < TIMER_COUNT && t->at[which] > now)
		which++;
	if (which < TIMER_COUNT)
		stop(t, which);
	switch (which) {
	case TIMER_RETRY:
		return retry(t, now);
	case TIMER_KEEPALIVE:
		return keepalive(t, now);
	case TIMER_SILENCE:
		return TIMERS_SILENCE;
	case TIMER_PERSISTENT:
		move_persistent(t, now);
		return TIMERS_KEEPALIVE;
	case TIMER_ERASE:
		return TIMERS_ERASE;
	case TIMER_COUNT:
		break;
	}
	return TIMERS_NOTHING;
}

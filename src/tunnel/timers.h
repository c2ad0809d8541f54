/* tunnel/timers.h - what WireGuard does by itself, and when: events go in, deadlines come out
 *
 * The code that sends and receives only reports what happened.  This file alone decides what is due
 * because of it, and when.  The caller draws a new `jitter`, 0..REKEY_JITTER_MAX, for each
 * handshake.
 *
 * Source: tunnel.md 4.2; WireGuard paper 6.1 to 6.5.
 */
#ifndef TUNNEL_TIMERS_H
#define TUNNEL_TIMERS_H

#include "base/time.h"

/* From an initiation to the next try; the jitter keeps two sides from trying at the same moments
 * for ever. */
#define REKEY_TIMEOUT    (5 * SECOND)
#define REKEY_JITTER_MAX (334 * MSEC)
/* The same, where it is known that the initiation did not arrive. */
#define UNREACHED_TIMEOUT (1 * SECOND)
/* How long tries go on after a session was last wanted. */
#define REKEY_ATTEMPT_TIME (90 * SECOND)
/* Data came and nothing was sent for so long: send a keepalive. */
#define KEEPALIVE_TIMEOUT (10 * SECOND)
/* Data was sent and nothing came for so long: begin a handshake. */
#define SILENCE_TIMEOUT (KEEPALIVE_TIMEOUT + REKEY_TIMEOUT)
/* 3 x REJECT_AFTER_TIME without a new session: wipe all keys. */
#define ERASE_AFTER_TIME (540 * SECOND)
/* REJECT_AFTER_TIME less SILENCE_TIMEOUT: when an initiator that only receives rekeys. */
#define REKEY_WHEN_RECEIVING (165 * SECOND)

enum timer {
	TIMER_RETRY,
	TIMER_KEEPALIVE,
	TIMER_SILENCE,
	TIMER_PERSISTENT,
	TIMER_ERASE,
	TIMER_COUNT
};

struct timers {
	mono_ns at[TIMER_COUNT]; /* MONO_NEVER: not running */
	mono_ns wanted_at;       /* when a session was last asked for */
	mono_ns jitter;          /* the last one drawn */
	uint16_t persistent_s;
	bool more_received; /* more data came while a keepalive was waiting */
};

/* The first persistent keepalive is due at once. */
void timers_init(struct timers *t, uint16_t persistent_s, mono_ns now);
/* Stops all but the persistent keepalive. */
void timers_stop(struct timers *t);
void timers_set_persistent(struct timers *t, uint16_t persistent_s, mono_ns now);

/* Reports of what happened. */
/* Data, silence or the owner wants a session. A retry does not count. */
void timers_session_wanted(struct timers *t, mono_ns now);
/* An initiation is wanted, but not before `at`. */
void timers_wait_until(struct timers *t, mono_ns at);
/* The last initiation did not arrive: the next try is at `at`, if that is sooner. */
void timers_hasten_retry(struct timers *t, mono_ns at);
void timers_initiation_sent(struct timers *t, mono_ns now, mono_ns jitter);
void timers_session_derived(struct timers *t, mono_ns now, mono_ns jitter);
void timers_handshake_done(struct timers *t);        /* a session is confirmed */
void timers_sent(struct timers *t, mono_ns now);     /* any authentic message */
void timers_received(struct timers *t, mono_ns now); /* any authentic message */
void timers_data_sent(struct timers *t, mono_ns now);
void timers_data_received(struct timers *t, mono_ns now);

bool timers_retrying(const struct timers *t); /* an initiation was sent, or waits for its time */
mono_ns timers_deadline(const struct timers *t);

enum timers_due {
	TIMERS_NOTHING,
	TIMERS_RETRY,     /* send another initiation */
	TIMERS_GIVE_UP,   /* no answer for REKEY_ATTEMPT_TIME */
	TIMERS_KEEPALIVE, /* send an empty packet */
	TIMERS_SILENCE,   /* data that we sent got no answer: begin a handshake */
	TIMERS_ERASE      /* wipe the keys of all sessions */
};
/* One thing that is due now; call until TIMERS_NOTHING. */
enum timers_due timers_due(struct timers *t, mono_ns now) MUST_USE;

#endif

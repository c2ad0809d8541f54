/* tunnel/timers.h - when WireGuard does what it does by itself: events in, deadlines out
 *
 * Whoever sends and receives only reports what happened; this file alone decides when something is
 * due because of it.  `jitter` is drawn by the caller, 0..REKEY_JITTER_MAX, anew for each
 * handshake.
 *
 * Source: WireGuard paper 6.1 to 6.5.
 */
#ifndef TUNNEL_TIMERS_H
#define TUNNEL_TIMERS_H

#include "base/time.h"

#define REKEY_TIMEOUT (5 * SECOND) /* from an initiation to the next try */
#define REKEY_JITTER_MAX \
	(334 * MSEC) /* so that two sides do not try at the same moments for ever */
#define UNREACHED_TIMEOUT (1 * SECOND) /* the same, if it is known that it did not arrive */
#define REKEY_ATTEMPT_TIME \
	(90 * SECOND) /* tries go on for so long after somebody wanted a session */
#define KEEPALIVE_TIMEOUT    (10 * SECOND) /* data came and nothing went: say that we live */
#define SILENCE_TIMEOUT      (KEEPALIVE_TIMEOUT + REKEY_TIMEOUT) /* data went and nothing came */
#define ERASE_AFTER_TIME     (540 * SECOND) /* 3 x REJECT_AFTER_TIME: keys that nobody replaced */
#define REKEY_WHEN_RECEIVING (165 * SECOND) /* REJECT_AFTER_TIME less SILENCE_TIMEOUT */

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
	bool more_received; /* data came again while the keepalive was waiting */
};

/* The first persistent keepalive is due at once. */
void timers_init(struct timers *t, uint16_t persistent_s, mono_ns now);
/* Stops all but the persistent keepalive. */
void timers_stop(struct timers *t);
void timers_set_persistent(struct timers *t, uint16_t persistent_s, mono_ns now);

/* What happened. */
void timers_session_wanted(struct timers *t,
			   mono_ns now); /* by data, silence or the owner; not by a retry */
void timers_wait_until(struct timers *t,
		       mono_ns at); /* an initiation is wanted, but not before this */
/* The initiation that is out did not arrive: the next try is made at `at`, if that is sooner. */
void timers_hasten_retry(struct timers *t, mono_ns at);
void timers_initiation_sent(struct timers *t, mono_ns now, mono_ns jitter);
void timers_session_derived(struct timers *t, mono_ns now, mono_ns jitter);
void timers_handshake_done(struct timers *t);        /* a session is confirmed */
void timers_sent(struct timers *t, mono_ns now);     /* any authentic message */
void timers_received(struct timers *t, mono_ns now); /* any authentic message */
void timers_data_sent(struct timers *t, mono_ns now);
void timers_data_received(struct timers *t, mono_ns now);

bool timers_retrying(const struct timers *t); /* an initiation is out, or waits for its time */
mono_ns timers_deadline(const struct timers *t);

enum timers_due {
	TIMERS_NOTHING,
	TIMERS_RETRY,     /* send another initiation */
	TIMERS_GIVE_UP,   /* nobody answered for REKEY_ATTEMPT_TIME */
	TIMERS_KEEPALIVE, /* send an empty packet */
	TIMERS_SILENCE,   /* what we send is not answered: begin a handshake */
	TIMERS_ERASE      /* wipe the keys of all sessions */
};
/* One thing that is due now; call until TIMERS_NOTHING. */
enum timers_due timers_due(struct timers *t, mono_ns now) MUST_USE;

#endif

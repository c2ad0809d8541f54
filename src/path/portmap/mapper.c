/* Theory of operation.
 *
 *   state     next means            leaves by
 *   OFF       -                     ask
 *   ASKING    the next try          an answer -> KEEPING or REFUSED; no try left -> KEEPING if a
 *                                   mapping is held, else SILENT
 *   KEEPING   the renewal           half of the lifetime that was left is over -> ASKING
 *   REFUSED   a second attempt      -> ASKING
 *   SILENT    a second attempt      -> ASKING
 *
 * Bounded: the tries of an attempt.  Attempts are at least ASK_APART from each other, whatever the
 * gateway says about lifetimes and restarts.
 */
#include "path/portmap/mapper.h"

#define ASK_APART (5 * SECOND)
#define RENEW_MIN (15 * SECOND) /* so that a gateway that grants seconds does not keep us busy */
#define AGAIN_MIN (30 * SECOND)
#define AGAIN_MAX (1800 * SECOND)
/* At least each half day a mapping is renewed: the gateway may have changed. */
#define LIFETIME_MAX (86400 * SECOND)

void mapper_init(struct mapper *m)
{
	*m = (struct mapper){.until = MONO_NEVER, .next = MONO_NEVER, .asked_at = MONO_NEVER};
}

bool mapper_holds(const struct mapper *m)
{
	return endpoint_is_set(&m->outside);
}

bool mapper_is_hopeless(const struct mapper *m)
{
	return m->state == MAPPER_REFUSED || m->state == MAPPER_SILENT;
}

static void drop(struct mapper *m)
{
	m->outside = (struct endpoint){0};
	m->until = MONO_NEVER;
}

void mapper_ask_on(struct mapper *m, mono_ns now)
{
	m->state = MAPPER_ASKING;
	m->tries = 0;
	m->next = now; /* the tick writes it, and plans the next */
}

void mapper_ask(struct mapper *m, mono_ns now)
{
	bool soon = mono_since(m->asked_at, now) < ASK_APART;
	if (soon && m->state == MAPPER_ASKING)
		return;
	m->owed_end = false;
	if (soon) {
		m->next = m->asked_at + ASK_APART;
		return;
	}
	m->asked_at = now;
	mapper_ask_on(m, now);
}

static bool makes_sense(const struct endpoint *outside)
{
	static const uint8_t zero[16];
	return endpoint_is_set(outside) && !ip_is_multicast(&outside->ip) &&
	       !ip_is_loopback(&outside->ip) &&
	       !bytes_equal(BYTES_OF(outside->ip.b), BYTES_OF(zero));
}

static void plan_renewal(struct mapper *m, mono_ns now)
{
	m->state = MAPPER_KEEPING;
	m->owed = false;
	m->next = now + mono_max(mono_since(now, m->until) / 2, RENEW_MIN);
}

bool mapper_granted(struct mapper *m, const struct endpoint *outside, uint32_t lifetime_s,
		    mono_ns now)
{
	if (!makes_sense(outside) || lifetime_s == 0)
		return false;
	m->outside = *outside;
	m->wish = outside->port;
	m->until = now + mono_min(lifetime_s * SECOND, LIFETIME_MAX);
	m->heard = true;
	plan_renewal(m, now);
	return true;
}

void mapper_refused(struct mapper *m, enum mapper_refusal why, uint32_t retry_after_s, mono_ns now)
{
	m->state = MAPPER_REFUSED;
	m->refusal = why;
	m->owed = false;
	m->heard = why != MAPPER_UNSPOKEN;
	m->next = now + mono_min(mono_max(retry_after_s * SECOND, AGAIN_MIN), AGAIN_MAX);
}

void mapper_lost(struct mapper *m)
{
	drop(m);
}

void mapper_forget(struct mapper *m)
{
	uint16_t wish = m->wish;
	mapper_init(m);
	m->wish = wish;
}

void mapper_off(struct mapper *m)
{
	bool heard = m->heard;
	struct epoch epoch = m->epoch;
	mapper_forget(m);
	m->heard = heard;
	m->epoch = epoch;
}

void mapper_release(struct mapper *m)
{
	bool held = mapper_holds(m);
	mapper_off(m);
	m->owed_end = held;
}

/* --- time --- */

mono_ns mapper_deadline(const struct mapper *m)
{
	return mono_min(m->next, m->until);
}

static mono_ns jittered(mono_ns wait, uint32_t percent, const struct rng *rng)
{
	mono_ns most = wait / 100 * percent;
	return percent ? wait - most + rng_below(rng, 2 * most) : wait;
}

static void give_up(struct mapper *m, mono_ns now)
{
	if (mapper_holds(m)) {
		plan_renewal(m, now);
		return;
	}
	m->state = MAPPER_SILENT;
	m->owed = false;
	m->next = now + AGAIN_MAX;
}

static void try(struct mapper *m, const struct mapper_patience *p, const struct rng *rng,
		mono_ns now)
{
	if (m->tries == p->tries) {
		give_up(m, now);
		return;
	}
	mono_ns wait = m->tries == 0 ? p->first : mono_min(2 * m->wait, p->most);
	m->wait = jittered(wait, p->jitter_percent, rng);
	m->tries++;
	m->owed = true;
	m->next = now + m->wait;
}

void mapper_tick(struct mapper *m, const struct mapper_patience *p, const struct rng *rng,
		 mono_ns now)
{
	if (m->until <= now)
		drop(m);
	if (m->next > now)
		return;
	switch (m->state) {
	case MAPPER_ASKING:
		break;
	case MAPPER_KEEPING:
	case MAPPER_REFUSED:
	case MAPPER_SILENT:
		mapper_ask(m, now);
		break;
	case MAPPER_OFF:
		m->next = MONO_NEVER;
		return;
	}
	if (m->state == MAPPER_ASKING && m->next <= now)
		try(m, p, rng, now);
}

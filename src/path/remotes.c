#include "path/remotes.h"

#include "path/choose.h"

#define PROOF_LASTS (150 * SECOND) /* of a path not in use: all are pinged each 60 s */

struct target *targets_find_by(struct targets *t, const struct endpoint *ep, uint16_t socket)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].socket == socket && endpoint_equal(&t->v[i].ep, ep))
			return &t->v[i];
	return NULL;
}

struct target *targets_find(struct targets *t, const struct endpoint *ep)
{
	return targets_find_by(t, ep, 0);
}

/* The one whose place is worth least: told of no more, or only seen, and longest ago. */
static struct target *least_worth(struct targets *t, const struct endpoint *in_use)
{
	struct target *least = NULL;
	mono_ns worth_least = MONO_NEVER;
	for (size_t i = 0; i < t->n; i++) {
		struct target *v = &t->v[i];
		mono_ns worth = v->sources == 0 ? 0 : v->seen_at;
		if (v->sources & (TARGET_HINT | TARGET_CALLED) || endpoint_equal(&v->ep, in_use))
			continue;
		if (worth < worth_least) {
			least = v;
			worth_least = worth;
		}
	}
	return least;
}

/* Finds or makes it; NULL: the table is full. */
static struct target *place_of(struct targets *t, const struct endpoint *ep, uint16_t socket,
			       const struct endpoint *in_use, bool *is_new)
{
	struct target *found = targets_find_by(t, ep, socket);
	*is_new = !found;
	if (found)
		return found;
	found = t->n < TARGETS_MAX ? &t->v[t->n++] : least_worth(t, in_use);
	if (found)
		*found = (struct target){.ep = *ep,
					 .socket = socket,
					 .seen_at = MONO_NEVER,
					 .pinged_at = MONO_NEVER,
					 .ponged_at = MONO_NEVER};
	return found;
}

bool targets_see(struct targets *t, const struct endpoint *ep, const struct endpoint *in_use,
		 mono_ns now)
{
	return targets_see_by(t, ep, 0, in_use, now);
}

bool targets_see_by(struct targets *t, const struct endpoint *ep, uint16_t socket,
		    const struct endpoint *in_use, mono_ns now)
{
	bool is_new;
	struct target *v = place_of(t, ep, socket, in_use, &is_new);
	if (!v)
		return false;
	v->sources |= TARGET_SEEN;
	v->seen_at = now;
	return is_new;
}

/* Takes out the targets that no source stands for any more. */
static void sweep(struct targets *t, const struct endpoint *in_use)
{
	for (size_t i = 0; i < t->n;) {
		if (t->v[i].sources == 0 && !endpoint_equal(&t->v[i].ep, in_use))
			t->v[i] = t->v[--t->n];
		else
			i++;
	}
}

bool targets_tell(struct targets *t, enum target_source source, const struct endpoint *v, size_t n,
		  const struct endpoint *in_use)
{
	bool any_new = false;
	for (size_t i = 0; i < t->n; i++)
		t->v[i].sources &= (uint8_t)~source;
	for (size_t i = 0; i < n; i++) {
		bool is_new;
		struct target *place =
			endpoint_is_set(&v[i]) ? place_of(t, &v[i], 0, in_use, &is_new) : NULL;
		if (!place)
			continue;
		place->sources |= (uint8_t)source;
		any_new |= is_new;
	}
	sweep(t, in_use);
	return any_new;
}

void targets_expire(struct targets *t, const struct endpoint *in_use, mono_ns now)
{
	for (size_t i = 0; i < t->n; i++)
		if (mono_since(t->v[i].seen_at, now) >= TARGET_SEEN_FOR)
			t->v[i].sources &= (uint8_t)~TARGET_SEEN;
	sweep(t, in_use);
}

void targets_drop_sockets(struct targets *t, uint16_t but, mono_ns now)
{
	for (size_t i = 0; i < t->n;) {
		const struct target *v = &t->v[i];
		if (v->socket != 0 && v->socket != but &&
		    mono_since(v->seen_at, now) >= TARGET_SEEN_FOR)
			t->v[i] = t->v[--t->n];
		else
			i++;
	}
}

void targets_drop_unproven(struct targets *t, const struct endpoint *in_use)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].sources == TARGET_SEEN && t->v[i].ponged_at == MONO_NEVER)
			t->v[i].sources = 0;
	sweep(t, in_use);
}

void targets_restart(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct target *v = &t->v[i];
		*v = (struct target){.ep = v->ep,
				     .socket = v->socket,
				     .sources = v->sources & TARGET_HINT,
				     .seen_at = MONO_NEVER,
				     .pinged_at = MONO_NEVER,
				     .ponged_at = MONO_NEVER};
	}
	sweep(t, &(struct endpoint){0});
}

void targets_count_ping(struct targets *t, const struct endpoint *ep, uint16_t socket, bool padded)
{
	struct target *v = targets_find_by(t, ep, socket);
	if (!v)
		return;
	v->pings += !padded;
	v->padded_pings += padded;
}

void target_pinged(struct target *t, mono_ns now)
{
	if (t->ponged_at != MONO_NEVER && t->pinged_at <= t->ponged_at)
		t->rested = now - t->pinged_at;
	t->pinged_at = now;
	t->pings++;
}

/* A shorter round trip is believed at once: nothing but the path can make it short. */
void target_ponged(struct target *t, bool padded, mono_ns rtt, mono_ns now)
{
	if (!target_is_proven(t, now))
		t->quality =
			(struct quality){0}; /* it was dead for long: that is no loss of its own */
	t->rtt = t->rtt == 0 || rtt < t->rtt ? rtt : (t->rtt + rtt) / 2;
	t->ponged_at = now;
	t->pongs += !padded;
	t->padded_pongs += padded;
}

bool target_is_proven(const struct target *t, mono_ns now)
{
	return mono_since(t->ponged_at, now) <= PROOF_LASTS;
}

void targets_judge_anew(struct targets *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->v[i].quality = (struct quality){0};
}

static struct choice choice_of(const struct target *t, mono_ns now)
{
	return (struct choice){.ep = t->ep, .rtt = quality_toll(&t->quality, t->rtt, now)};
}

struct target *targets_second(struct targets *t, const struct endpoint *in_use, mono_ns now)
{
	struct target *best = NULL;
	for (size_t i = 0; i < t->n; i++) {
		struct target *v = &t->v[i];
		if (!target_is_proven(v, now) || endpoint_equal(&v->ep, in_use))
			continue;
		struct choice this = choice_of(v, now),
			      that = best ? choice_of(best, now) : (struct choice){0};
		if (choose_better(&this, &that))
			best = v;
	}
	return best;
}

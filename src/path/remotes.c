#include "path/remotes.h"

#include "path/choose.h"

/* Twice as many as one remote of ours asks for. */
static const struct bucket_rate of_pongs = {25, SECOND, 25};

#define PROOF_LASTS (150 * SECOND) /* of a path that is not in use: all are pinged each 60 s */

struct remote *remotes_find(struct remotes *t, const struct endpoint *ep, uint16_t socket)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].socket == socket && endpoint_equal(&t->v[i].ep, ep))
			return &t->v[i];
	return NULL;
}

static bool has_answered(const struct remote *t)
{
	return t->ponged_at != MONO_NEVER;
}

bool remote_is_only_seen(const struct remote *t)
{
	return t->sources == REMOTE_SEEN && !has_answered(t);
}

/* b is given up before a.  No source is worth least, then comes no answer, then age. */
static bool is_worth_more(const struct remote *a, const struct remote *b)
{
	if ((a->sources == 0) != (b->sources == 0))
		return a->sources != 0;
	if (has_answered(a) != has_answered(b))
		return has_answered(a);
	return a->seen_at > b->seen_at;
}

/* The remote to give up for a new one.  Only what a list names may take the place of a remote that
 * has answered: a ping may be a copy that anybody sent.  NULL: there is none. */
static struct remote *least_worth(struct remotes *t, bool is_named, const struct endpoint *in_use)
{
	struct remote *least = NULL;
	for (size_t i = 0; i < t->n; i++) {
		struct remote *v = &t->v[i];
		if (v->sources & (REMOTE_HINT | REMOTE_CALLED) || endpoint_equal(&v->ep, in_use) ||
		    (!is_named && has_answered(v)))
			continue;
		if (!least || is_worth_more(least, v))
			least = v;
	}
	return least;
}

/* Finds or makes it; NULL: the table is full, or nobody can be there.  is_named: a list names it.
 */
static struct remote *place_of(struct remotes *t, const struct endpoint *ep, uint16_t socket,
			       bool is_named, const struct endpoint *in_use, bool *is_new)
{
	struct remote *found = remotes_find(t, ep, socket);
	*is_new = !found;
	if (found || !endpoint_is_set(ep))
		return found;
	found = t->n < REMOTES_MAX ? &t->v[t->n++] : least_worth(t, is_named, in_use);
	if (found)
		*found = (struct remote){.ep = *ep,
					 .socket = socket,
					 .seen_at = MONO_NEVER,
					 .pinged_at = MONO_NEVER,
					 .ponged_at = MONO_NEVER};
	return found;
}

bool remotes_on_seen(struct remotes *t, const struct endpoint *ep, uint16_t socket,
		     const struct endpoint *in_use, mono_ns now)
{
	bool is_new;
	struct remote *v = place_of(t, ep, socket, false, in_use, &is_new);
	if (!v)
		return false;
	v->sources |= REMOTE_SEEN;
	v->seen_at = now;
	return is_new;
}

/* Takes out the remotes that no source names any more. */
static void sweep(struct remotes *t, const struct endpoint *in_use)
{
	for (size_t i = 0; i < t->n;) {
		if (t->v[i].sources == 0 && !endpoint_equal(&t->v[i].ep, in_use))
			t->v[i] = t->v[--t->n];
		else
			i++;
	}
}

bool remotes_set(struct remotes *t, enum remote_source source, const struct endpoint *v, size_t n,
		 const struct endpoint *in_use)
{
	bool any_new = false;
	for (size_t i = 0; i < t->n; i++)
		t->v[i].sources &= (uint8_t)~source;
	for (size_t i = 0; i < n; i++) {
		bool is_new;
		struct remote *place = place_of(t, &v[i], 0, true, in_use, &is_new);
		if (!place)
			continue;
		place->sources |= (uint8_t)source;
		any_new |= is_new;
	}
	sweep(t, in_use);
	return any_new;
}

void remotes_expire(struct remotes *t, const struct endpoint *in_use, mono_ns now)
{
	for (size_t i = 0; i < t->n; i++)
		if (mono_since(t->v[i].seen_at, now) >= REMOTE_SEEN_FOR)
			t->v[i].sources &= (uint8_t)~REMOTE_SEEN;
	sweep(t, in_use);
}

void remotes_drop_sockets(struct remotes *t, uint16_t but, mono_ns now)
{
	for (size_t i = 0; i < t->n;) {
		const struct remote *v = &t->v[i];
		if (v->socket != 0 && v->socket != but &&
		    mono_since(v->seen_at, now) >= REMOTE_SEEN_FOR)
			t->v[i] = t->v[--t->n];
		else
			i++;
	}
}

void remotes_drop_unproven(struct remotes *t, const struct endpoint *in_use)
{
	for (size_t i = 0; i < t->n; i++)
		if (remote_is_only_seen(&t->v[i]))
			t->v[i].sources = 0;
	sweep(t, in_use);
}

void remotes_restart(struct remotes *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct remote *v = &t->v[i];
		*v = (struct remote){.ep = v->ep,
				     .socket = v->socket,
				     .sources = v->sources & REMOTE_HINT,
				     .seen_at = MONO_NEVER,
				     .pinged_at = MONO_NEVER,
				     .ponged_at = MONO_NEVER};
	}
	sweep(t, &(struct endpoint){0});
}

void remotes_count_ping(struct remotes *t, const struct endpoint *ep, uint16_t socket, bool padded)
{
	struct remote *v = remotes_find(t, ep, socket);
	if (!v)
		return;
	v->pings += !padded;
	v->padded_pings += padded;
}

void remote_on_ping_sent(struct remote *t, mono_ns now)
{
	if (t->ponged_at != MONO_NEVER && t->pinged_at <= t->ponged_at)
		t->rested = now - t->pinged_at;
	t->pinged_at = now;
	t->pings++;
}

size_t remotes_known(const struct remotes *t)
{
	size_t known = 0;
	for (size_t i = 0; i < t->n; i++)
		known += !remote_is_only_seen(&t->v[i]);
	return known;
}

bool remote_may_pong(struct remote *t, mono_ns now)
{
	return bucket_take(&t->pongs_sent, &of_pongs, 1, now);
}

/* A shorter round trip is believed at once: only the path itself can make it short. */
void remote_on_pong(struct remote *t, bool padded, mono_ns rtt, mono_ns now)
{
	/* It was dead for long: what was lost then says nothing of the path now. */
	if (!remote_is_proven(t, now))
		t->quality = (struct quality){0};
	t->rtt = t->rtt == 0 || rtt < t->rtt ? rtt : (t->rtt + rtt) / 2;
	t->ponged_at = now;
	t->pongs += !padded;
	t->padded_pongs += padded;
}

bool remote_is_proven(const struct remote *t, mono_ns now)
{
	return mono_since(t->ponged_at, now) <= PROOF_LASTS;
}

void remotes_judge_anew(struct remotes *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->v[i].quality = (struct quality){0};
}

static struct direct_path as_direct_path(const struct remote *t, mono_ns now)
{
	return (struct direct_path){.ep = t->ep, .rtt = quality_cost_of(&t->quality, t->rtt, now)};
}

struct remote *remotes_second(struct remotes *t, const struct endpoint *in_use, mono_ns now)
{
	struct remote *best = NULL;
	for (size_t i = 0; i < t->n; i++) {
		struct remote *v = &t->v[i];
		if (!remote_is_proven(v, now) || endpoint_equal(&v->ep, in_use))
			continue;
		struct direct_path this = as_direct_path(v, now),
				   that = best ? as_direct_path(best, now)
					       : (struct direct_path){0};
		if (choose_better(&this, &that))
			best = v;
	}
	return best;
}

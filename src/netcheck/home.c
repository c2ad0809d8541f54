#include "netcheck/home.h"

#include <string.h>

static void expire(struct home *h, mono_ns now)
{
	while (h->n > 0 && (h->n == HOME_REPORTS_MAX ||
			    mono_since(h->reports[h->first].at, now) > HOME_HISTORY)) {
		h->first = (h->first + 1) % HOME_REPORTS_MAX;
		h->n--;
	}
}

static void keep(struct home *h, const struct home_latency *v, size_t n, mono_ns now)
{
	expire(h, now);
	struct home_report *r = &h->reports[(h->first + h->n++) % HOME_REPORTS_MAX];
	r->at = now;
	r->n = n;
	if (n)
		memcpy(r->v, v, n * sizeof(*v));
}

/* 0: the region is not among them. */
static mono_ns latency_of(const struct home_latency *v, size_t n, uint16_t region)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].region == region)
			return v[i].latency;
	return 0;
}

static mono_ns best_of(const struct home *h, uint16_t region)
{
	mono_ns best = MONO_NEVER;
	for (size_t i = 0; i < h->n; i++) {
		const struct home_report *r = &h->reports[(h->first + i) % HOME_REPORTS_MAX];
		mono_ns latency = latency_of(r->v, r->n, region);
		if (latency)
			best = mono_min(best, latency);
	}
	return best;
}

/* The old relay is there: is the best one too little nearer to be worth a move?  The division comes
 * first, as in the rule. */
static bool stays(mono_ns old_now, mono_ns best)
{
	return old_now < best + HOME_APART || best > old_now / 3 * 2;
}

static bool heard(const struct home_evidence *s, mono_ns now)
{
	return s->heard != MONO_NEVER &&
	       (s->heard >= s->began || mono_since(s->heard, now) <= HOME_HEARD);
}

uint16_t home_choose(struct home *h, const struct home_latency *v, size_t n,
		     const struct home_evidence *evidence, mono_ns now)
{
	uint16_t candidate = 0, old = h->preferred;
	mono_ns best = MONO_NEVER;
	n = n < HOME_REGIONS_MAX ? n : HOME_REGIONS_MAX;
	keep(h, v, n, now);
	for (size_t i = 0; i < n; i++) {
		mono_ns latency = best_of(h, v[i].region);
		if (latency < best) {
			best = latency;
			candidate = v[i].region;
		}
	}
	if (old != 0 && candidate != 0 && candidate != old) {
		mono_ns old_now = latency_of(v, n, old);
		if ((old_now != 0 || heard(evidence, now)) && stays(old_now, best))
			candidate = old;
	}
	if (candidate == 0 && mono_since(evidence->heard, now) <= HOME_KEPT_ALIVE)
		candidate = old;
	h->preferred = candidate;
	return candidate;
}

void home_forget(struct home *h)
{
	h->first = h->n = 0;
}

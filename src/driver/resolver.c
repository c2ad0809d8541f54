/* driver/resolver.c - theory of operation
 *
 * Each relay that has to be looked up has a place.  A place waits for its time `due`, or a look-up
 * is under way.  One timer serves the place that is due first.
 *
 * An answer replaces the one before.  A failure does not: an address that worked an hour ago is
 * better than none.
 *
 * Bounded: RELAYS_MAX places.
 */
#include "driver/resolver.h"

#include <stdlib.h>
#include <string.h>

#define PAUSE_MIN   (5 * SECOND)
#define PAUSE_MAX   (600 * SECOND)
#define AGAIN_AFTER (3600 * SECOND)

struct place {
	struct resolver *owner;
	uint16_t region; /* 0: free */
	char host[NETMAP_HOST_MAX];
	struct ip ip4, ip6; /* family 0: not known */
	struct lookup *lookup;
	bool answered;         /* once, also with a failure */
	char why[FAILURE_MAX]; /* of the last failure */
	mono_ns due;           /* MONO_NEVER: a look-up is under way */
	mono_ns pause;
};

struct resolver {
	struct dialer *d;
	struct resolver_calls calls;
	struct loop_timer *timer;
	struct lookup64 *nat64; /* under way */
	struct place v[RELAYS_MAX];
};

/* --- look-ups --- */

static void plan(struct resolver *l)
{
	mono_ns first = MONO_NEVER;
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region)
			first = mono_min(first, l->v[i].due);
	loop_timer_set(l->timer, first);
}

/* Takes the first address of each family. True: one of them is new. */
static bool take(struct place *p, const struct ip *v, size_t n)
{
	struct ip ip4 = {0}, ip6 = {0};
	for (size_t i = n; i > 0; i--)
		*(v[i - 1].family == 4 ? &ip4 : &ip6) = v[i - 1];
	bool same = ip_equal(&ip4, &p->ip4) && ip_equal(&ip6, &p->ip6);
	p->ip4 = ip4;
	p->ip6 = ip6;
	return !same;
}

static void on_found(void *self, const struct ip *v, size_t n, const char *why)
{
	struct place *p = self;
	struct resolver *l = p->owner;
	mono_ns now = loop_now(dialer_loop(l->d));
	p->lookup = NULL;
	p->answered = true;
	if (n)
		p->why[0] = '\0';
	else
		failure_say(p->why, "%s", why);
	p->due = now + (n ? AGAIN_AFTER : p->pause);
	p->pause = n ? PAUSE_MIN : mono_min(2 * p->pause, PAUSE_MAX);
	plan(l);
	if (n && take(p, v, n))
		l->calls.relays(l->calls.self);
}

static void ask(struct place *p)
{
	lookup_stop(p->lookup);
	p->due = MONO_NEVER;
	struct lookup *k = lookup_start(p->owner->d, p->host, (struct lookup_call){on_found, p});
	p->lookup = p->due == MONO_NEVER ? k : NULL; /* else the answer has come from inside */
}

static void on_timer(void *self)
{
	struct resolver *l = self;
	mono_ns now = loop_now(dialer_loop(l->d));
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region && l->v[i].due <= now)
			ask(&l->v[i]);
	plan(l);
}

/* Each is due now; the timer asks them. */
static void ask_all(struct resolver *l)
{
	mono_ns now = loop_now(dialer_loop(l->d));
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		l->v[i].due = now;
		l->v[i].pause = PAUSE_MIN;
	}
	plan(l);
}

void resolver_network_changed(struct resolver *l)
{
	ask_all(l);
}

/* --- what is looked up --- */

static bool is_wanted(const struct netmap_relay *r)
{
	return r->stun_port && !r->ip4.family && !r->ip6.family && r->host[0];
}

static void forget(struct place *p)
{
	lookup_stop(p->lookup);
	*p = (struct place){.owner = p->owner};
}

static const struct place *find(const struct resolver *l, const struct netmap_relay *r)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region == r->region && strcmp(l->v[i].host, r->host) == 0)
			return &l->v[i];
	return NULL;
}

static void begin(struct resolver *l, const struct netmap_relay *r)
{
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct place *p = &l->v[i];
		if (p->region)
			continue;
		p->region = r->region;
		memcpy(p->host, r->host, sizeof(p->host));
		p->due = loop_now(dialer_loop(l->d));
		p->pause = PAUSE_MIN;
		return;
	}
}

void resolver_set(struct resolver *l, const struct netmap *map)
{
	for (size_t i = 0; i < RELAYS_MAX; i++) {
		struct place *p = &l->v[i];
		const struct netmap_relay *r = p->region ? netmap_relay(map, p->region) : NULL;
		if (p->region && !(r && is_wanted(r) && strcmp(r->host, p->host) == 0))
			forget(p);
	}
	for (size_t i = 0; i < map->n_relays; i++)
		if (is_wanted(&map->relays[i]) && !find(l, &map->relays[i]))
			begin(l, &map->relays[i]);
	plan(l);
}

bool resolver_settled(const struct resolver *l)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region && !l->v[i].answered)
			return false;
	return l->nat64 == NULL;
}

const char *resolver_failure(const struct resolver *l, uint16_t region)
{
	for (size_t i = 0; i < RELAYS_MAX; i++)
		if (l->v[i].region == region && !l->v[i].ip4.family && !l->v[i].ip6.family)
			return l->v[i].answered ? l->v[i].why : "DNS has not answered yet";
	return "";
}

size_t resolver_relays(const struct resolver *l, const struct netmap *map,
		       const struct prefix *nat64, struct relay_place *v, size_t max)
{
	size_t n = map->n_relays < max ? map->n_relays : max;
	for (size_t i = 0; i < n; i++) {
		const struct netmap_relay *r = &map->relays[i];
		const struct place *p = is_wanted(r) ? find(l, r) : NULL;
		struct ip ip4 = p ? p->ip4 : r->ip4, ip6 = p ? p->ip6 : r->ip6, inside;
		v[i] = (struct relay_place){.region = r->region};
		if (ip4.family && ip6.family && nat64 && nat64_extract(nat64, &ip6, &inside))
			ip6 = (struct ip){0};
		if (r->stun_port && ip4.family)
			v[i].stun4 = (struct endpoint){.ip = ip4, .port = r->stun_port};
		if (r->stun_port && ip6.family)
			v[i].stun6 = (struct endpoint){.ip = ip6, .port = r->stun_port};
	}
	return n;
}

/* --- the prefix --- */

static void on_nat64(void *self, const struct lookup64_answer *a)
{
	struct resolver *l = self;
	l->nat64 = NULL;
	l->calls.nat64(l->calls.self, a);
}

void resolver_ask_nat64(struct resolver *l)
{
	lookup64_stop(l->nat64);
	l->nat64 = lookup64_start(l->d, NAT64_NAME, (struct lookup64_call){on_nat64, l});
}

/* --- life --- */

struct resolver *resolver_new(struct dialer *d, const struct resolver_calls *calls)
{
	struct resolver *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->d = d;
	l->calls = *calls;
	l->timer = loop_timer_new(dialer_loop(d), (struct loop_call){on_timer, l});
	for (size_t i = 0; i < RELAYS_MAX; i++)
		l->v[i].owner = l;
	if (l->timer)
		return l;
	free(l);
	return NULL;
}

void resolver_free(struct resolver *l)
{
	if (!l)
		return;
	lookup64_stop(l->nat64);
	for (size_t i = 0; i < RELAYS_MAX; i++)
		lookup_stop(l->v[i].lookup);
	loop_timer_free(l->timer);
	free(l);
}

/* Each prefix has an end.  The prefix in use is kept while it lives and no better source has
 * another one, so that answers in changing order do not move the traffic.
 *
 * A look-up is made
 *
 *   at once             when there is IPv6 only, and when the link changed
 *   before the end      of the last answer
 *   with longer pauses  after a failure
 *   each NONE_AGAIN     where there is no NAT64
 *
 * Source: netcheck.md 10.2 to 10.8. */
#include "reach/nat64.h"

#include <string.h>

#define TTL_MIN_S  60u
#define TTL_MAX_S  86400u
#define AHEAD_MAX  (60 * SECOND) /* of the end of an answer */
#define PAUSE_MIN  (5 * SECOND)
#define PAUSE_MAX  (600 * SECOND)
#define NONE_AGAIN (600 * SECOND)
#define SHORTLY    (5 * SECOND)  /* what came so soon before a change is of the new network */
#define NO_ANSWER  (30 * SECOND) /* from the owner: ask it again */

void nat64_init(struct nat64 *n)
{
	*n = (struct nat64){.ask_at = MONO_NEVER, .pause = PAUSE_MIN};
}

/* --- when to ask --- */

static bool is_usual(const struct own_address *i)
{
	return i->ip.family != 0 && !i->loopback && !ip_is_loopback(&i->ip) &&
	       !ip_is_link_local(&i->ip);
}

static void decide(struct nat64 *n, mono_ns now)
{
	bool was = n->needed;
	n->needed = n->has6 && (!n->has4 || n->strands4);
	if (!n->needed)
		n->ask_at = MONO_NEVER;
	else if (!was)
		nat64_link_changed(n, now);
}

void nat64_set_interfaces(struct nat64 *n, const struct own_address *v, size_t count, mono_ns now)
{
	n->has4 = n->has6 = false;
	n->n_links = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_usual(&v[i]))
			continue;
		n->has4 |= v[i].ip.family == 4;
		n->has6 |= v[i].ip.family == 6;
		if (v[i].ip.family == 4 && v[i].bits > 0 && n->n_links < NAT64_LINKS_MAX)
			n->links[n->n_links++] = prefix_of(&v[i].ip, v[i].bits);
	}
	decide(n, now);
}

void nat64_set_route4(struct nat64 *n, bool has, mono_ns now)
{
	n->strands4 = !has;
	decide(n, now);
}

void nat64_link_changed(struct nat64 *n, mono_ns now)
{
	n->changed_at = now;
	if (!n->needed)
		return;
	n->ask_at = now;
	n->pause = PAUSE_MIN;
}

bool nat64_wants_lookup(struct nat64 *n, mono_ns now)
{
	if (n->ask_at > now)
		return false;
	n->ask_at = now + NO_ANSWER;
	return true;
}

/* --- what is told --- */

static struct nat64_known *find(struct nat64 *n, const struct prefix *p, enum nat64_source source)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].source == source && prefix_equal(&n->v[i].prefix, p))
			return &n->v[i];
	return NULL;
}

static struct nat64_known *first_to_end(struct nat64 *n)
{
	struct nat64_known *first = &n->v[0];
	for (size_t i = 1; i < n->n; i++)
		if (n->v[i].until < first->until)
			first = &n->v[i];
	return first;
}

static void learn(struct nat64 *n, const struct prefix *p, enum nat64_source source, mono_ns life,
		  mono_ns now)
{
	struct nat64_known *k = find(n, p, source);
	if (!k)
		k = n->n < NAT64_KNOWN_MAX ? &n->v[n->n++] : first_to_end(n);
	*k = (struct nat64_known){*p, source, now, now + life};
}

static void drop_source(struct nat64 *n, enum nat64_source source)
{
	size_t kept = 0;
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].source != source)
			n->v[kept++] = n->v[i];
	n->n = kept;
}

static void ask_after(struct nat64 *n, mono_ns wait, mono_ns now)
{
	n->ask_at = n->needed ? now + wait : MONO_NEVER;
}

void nat64_answer(struct nat64 *n, const struct ip *v, size_t count, uint32_t ttl_s, bool failed,
		  mono_ns now)
{
	struct prefix found[NAT64_PREFIXES_MAX];
	if (failed) {
		ask_after(n, n->pause, now);
		n->pause = mono_min(2 * n->pause, PAUSE_MAX);
		return;
	}
	size_t n_found = nat64_discover(v, count, found);
	uint32_t ttl = ttl_s < TTL_MIN_S ? TTL_MIN_S : ttl_s > TTL_MAX_S ? TTL_MAX_S : ttl_s;
	mono_ns life = ttl * SECOND;
	n->pause = PAUSE_MIN;
	drop_source(n, NAT64_BY_DNS);
	for (size_t i = 0; i < n_found; i++)
		learn(n, &found[i], NAT64_BY_DNS, life, now);
	ask_after(n, n_found ? life - mono_min(life / 5, AHEAD_MAX) : NONE_AGAIN, now);
}

void nat64_advertised(struct nat64 *n, const struct prefix *p, uint32_t lifetime_s, mono_ns now)
{
	struct nat64_known *k = find(n, p, NAT64_BY_ROUTER);
	if (!nat64_prefix_is_good(p))
		return;
	if (lifetime_s > 0)
		learn(n, p, NAT64_BY_ROUTER, lifetime_s * SECOND, now);
	else if (k)
		k->until = now;
}

/* --- time --- */

mono_ns nat64_deadline(const struct nat64 *n)
{
	mono_ns first = n->ask_at;
	for (size_t i = 0; i < n->n; i++)
		first = mono_min(first, n->v[i].until);
	return first;
}

static void expire(struct nat64 *n, mono_ns now)
{
	size_t kept = 0;
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].until > now)
			n->v[kept++] = n->v[i];
	n->n = kept;
}

static bool is_of_this_link(const struct nat64 *n, const struct nat64_known *k)
{
	return k->told_at + SHORTLY >= n->changed_at;
}

/* A prefix that this network told goes first, then the better source.  Of one source the prefix in
 * use goes first, then the one that was told first. */
static bool goes_before(const struct nat64 *n, const struct nat64_known *a,
			const struct nat64_known *b)
{
	if (is_of_this_link(n, a) != is_of_this_link(n, b))
		return is_of_this_link(n, a);
	if (a->source != b->source)
		return a->source > b->source;
	return prefix_equal(&a->prefix, &n->in_use) && !prefix_equal(&b->prefix, &n->in_use);
}

bool nat64_settle(struct nat64 *n, mono_ns now)
{
	const struct nat64_known *best = NULL;
	expire(n, now);
	for (size_t i = 0; n->needed && i < n->n; i++)
		if (!best || goes_before(n, &n->v[i], best))
			best = &n->v[i];
	struct prefix was = n->in_use;
	n->in_use = best ? best->prefix : (struct prefix){0};
	return !prefix_equal(&was, &n->in_use);
}

/* --- translation --- */

const struct prefix *nat64_prefix(const struct nat64 *n)
{
	return n->in_use.ip.family == 6 ? &n->in_use : NULL;
}

/* Both directions ask this, so that one undoes the other. */
static bool goes_through(const struct nat64 *n, const struct prefix *p, const struct ip *v4)
{
	for (size_t i = 0; i < n->n_links; i++)
		if (prefix_contains(&n->links[i], v4))
			return false;
	return nat64_translates(p, v4);
}

struct endpoint nat64_out(const struct nat64 *n, const struct endpoint *to)
{
	const struct prefix *p = nat64_prefix(n);
	if (!p || !goes_through(n, p, &to->ip))
		return *to;
	return (struct endpoint){nat64_embed(p, &to->ip), to->port};
}

struct endpoint nat64_in(const struct nat64 *n, const struct endpoint *from)
{
	const struct prefix *p = nat64_prefix(n);
	struct ip v4;
	if (!p || !nat64_extract(p, &from->ip, &v4) || !goes_through(n, p, &v4))
		return *from;
	return (struct endpoint){v4, from->port};
}

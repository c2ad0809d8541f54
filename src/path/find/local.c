#include "path/find/local.h"

#include <string.h>

/* Candidates are the addresses of the best rank that is there.  A carrier's address, 100.64.0.0/10,
 * is one, too, unless there is a usual IPv4 address: then it is more likely an overlay's. */
enum rank { RANK_USUAL, RANK_CARRIER, RANK_LAST_RESORT, RANK_LOOPBACK, RANK_NEVER };

static bool is_overlay(const struct ip *ip)
{
	static const uint8_t overlay6[6] = {0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0};
	return ip->family == 6 && memcmp(ip->b, overlay6, sizeof(overlay6)) == 0;
}

static enum rank rank_of(const struct own_address *i)
{
	const struct ip *ip = &i->ip;
	if (ip->family == 0 || ip_is_multicast(ip) || is_overlay(ip))
		return RANK_NEVER;
	if (i->loopback || ip_is_loopback(ip))
		return RANK_LOOPBACK;
	if (ip_is_shared(ip))
		return RANK_CARRIER;
	if (ip_is_link_local(ip))
		return ip->family == 4 ? RANK_LAST_RESORT : RANK_NEVER;
	return ip->family == 6 && ip_is_private(ip) ? RANK_LAST_RESORT : RANK_USUAL;
}

static bool has(const struct local_finder *f, const struct own_address *i)
{
	for (size_t k = 0; k < f->n; k++)
		if (ip_equal(&f->v[k].ip, &i->ip) && f->v[k].bits == i->bits)
			return true;
	return false;
}

/* IPv4 first, then by address. */
static bool goes_before(const struct ip *a, const struct ip *b)
{
	return a->family != b->family ? a->family < b->family : memcmp(a->b, b->b, 16) < 0;
}

static void insert_sorted(struct local_finder *f, const struct own_address *i)
{
	size_t at = f->n++;
	for (; at > 0 && goes_before(&i->ip, &f->v[at - 1].ip); at--)
		f->v[at] = f->v[at - 1];
	f->v[at] = *i;
}

static bool has_usual4(const struct own_address *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].ip.family == 4 && rank_of(&v[i]) == RANK_USUAL)
			return true;
	return false;
}

bool local_set(struct local_finder *f, const struct own_address *v, size_t n)
{
	struct local_finder old = *f;
	bool changed = false, usual4 = has_usual4(v, n);
	f->n = 0;
	for (size_t i = 0; i < n && f->n < OWN_ADDRESSES_MAX; i++) {
		enum rank rank = rank_of(&v[i]);
		if (rank == RANK_NEVER || (rank == RANK_CARRIER && usual4) || has(f, &v[i]))
			continue;
		insert_sorted(f, &v[i]);
		changed |= !has(&old, &v[i]);
	}
	return changed || f->n != old.n;
}

static enum rank best_rank(const struct local_finder *f)
{
	enum rank best = RANK_NEVER;
	for (size_t i = 0; i < f->n; i++)
		if (rank_of(&f->v[i]) < best)
			best = rank_of(&f->v[i]);
	return best;
}

/* How many addresses before number `at` are in the same subnet. */
static size_t earlier_in_subnet(const struct local_finder *f, size_t at)
{
	size_t n = 0;
	struct prefix subnet = prefix_of(&f->v[at].ip, f->v[at].bits);
	for (size_t i = 0; i < at; i++)
		n += prefix_contains(&subnet, &f->v[i].ip);
	return n;
}

static void local_candidates(const void *self, struct candidates *out)
{
	const struct local_finder *f = self;
	enum rank wanted = best_rank(f);
	if (f->port == 0)
		return;
	for (size_t i = 0; i < f->n; i++) {
		const struct own_address *v = &f->v[i];
		if (rank_of(v) != wanted && rank_of(v) != RANK_CARRIER)
			continue;
		if (v->ip.family == 6 && earlier_in_subnet(f, i) >= LOCAL_PER_SUBNET6)
			continue;
		candidates_add(out, &(struct endpoint){v->ip, f->port}, CANDIDATE_LOCAL);
	}
}

const struct finder local_finder = {.candidates = local_candidates};

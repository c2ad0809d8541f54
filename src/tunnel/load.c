#include "tunnel/load.h"

static const struct bucket_rate all_rate = {LOAD_HANDSHAKES_PER_S, SECOND, LOAD_HANDSHAKES_PER_S};
static const struct bucket_rate group_rate = {LOAD_GROUP_PER_S, SECOND, LOAD_GROUP_BURST};
static const struct bucket_rate peer_rate = {LOAD_PEER_PER_S, SECOND, LOAD_PEER_BURST};
static const struct bucket_rate host_rate = {LOAD_HOST_PER_S, SECOND, LOAD_HOST_BURST};
static const struct bucket_rate site_rate = {LOAD_SITE_PER_S, SECOND, LOAD_SITE_BURST};

void load_init(struct load *l, const struct rng *rng)
{
	*l = (struct load){0};
	hash_secret_generate(&l->secret, rng);
}

bool load_count(struct load *l, mono_ns now)
{
	if (!bucket_take(&l->all, &all_rate, 1, now))
		l->high_until = now + LOAD_STAYS;
	return now < l->high_until;
}

bool load_admit_peer(struct load *l, enum load_group group, struct bucket *own, mono_ns now)
{
	return bucket_left(&l->groups[group], &group_rate, now) > 0 &&
	       bucket_take(own, &peer_rate, 1, now) &&
	       bucket_take(&l->groups[group], &group_rate, 1, now);
}

/* The bucket of the first `bytes` bytes of an address. */
static struct bucket *bucket_of(const struct load *l, struct bucket table[static LOAD_BUCKETS],
				const struct ip *ip, size_t bytes)
{
	const struct prefix prefix = prefix_of(ip, (uint8_t)(8 * bytes));
	uint8_t key[1 + sizeof(prefix.ip.b)];
	struct wr w = wr_of(key, sizeof(key));
	wr_u8(&w, ip->family);
	wr_put(&w, prefix.ip.b, bytes);
	return &table[hash_bytes(&l->secret, wr_done(&w)) % LOAD_BUCKETS];
}

bool load_admit_stranger(struct load *l, const struct ip *ip, mono_ns now)
{
	struct bucket *host = bucket_of(l, l->hosts, ip, ip->family == 6 ? 8 : ip_len(ip));
	struct bucket *site = bucket_of(l, l->sites, ip, ip->family == 6 ? 6 : ip_len(ip) * 3 / 4);
	struct bucket *all = &l->groups[LOAD_STRANGERS];
	/* A message that one limit refuses takes nothing from the others: a host over its limit
	 * would use up its site's, and a site over its limit would fill the table of hosts. */
	if (!bucket_left(host, &host_rate, now) || !bucket_left(site, &site_rate, now) ||
	    !bucket_left(all, &group_rate, now))
		return false;
	return bucket_take(host, &host_rate, 1, now) && bucket_take(site, &site_rate, 1, now) &&
	       bucket_take(all, &group_rate, 1, now);
}

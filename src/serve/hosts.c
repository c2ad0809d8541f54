#include "serve/hosts.h"

#include <assert.h>
#include <stdlib.h>

bool hosts_init(struct hosts *h, uint32_t max, uint32_t streams_max, const struct rng *rng)
{
	*h = (struct hosts){.max = max, .streams_max = streams_max, .free_first = HOST_NONE};
	hash_secret_generate(&h->secret, rng);
	h->v = calloc(max ? max : 1, sizeof(*h->v)); /* pages that were never used cost nothing */
	return index_init(&h->by_prefix, 0) && h->v;
}

void hosts_fini(struct hosts *h)
{
	index_fini(&h->by_prefix);
	free(h->v);
	*h = (struct hosts){0};
}

static uint32_t find(const struct hosts *h, const struct prefix *p, uint64_t hash)
{
	uint32_t i;
	for (struct index_walk w = index_walk(&h->by_prefix, hash); index_next(&w, &i);)
		if (prefix_equal(&h->v[i].prefix, p))
			return i;
	return HOST_NONE;
}

/* HOST_NONE: out of memory. Places cannot run out, for each has a stream. */
static uint32_t add(struct hosts *h, const struct prefix *p, uint64_t hash)
{
	uint32_t i = h->free_first != HOST_NONE ? h->free_first : h->used;
	if (i >= h->max || !index_add(&h->by_prefix, hash, i))
		return HOST_NONE;
	if (i == h->used)
		h->used++;
	else
		h->free_first = h->v[i].after;
	h->v[i] = (struct host){.prefix = *p, .hash = hash};
	return i;
}

bool hosts_enter(struct hosts *h, const struct ip *ip, uint32_t *host)
{
	*host = HOST_NONE;
	if (ip_is_loopback(ip) || ip->family == 0)
		return true;
	const struct prefix p = prefix_of(ip, ip->family == 6 ? 64 : 32);
	uint64_t hash = hash_bytes(&h->secret, BYTES_OF(p.ip.b));
	uint32_t i = find(h, &p, hash);
	if (i == HOST_NONE)
		i = add(h, &p, hash);
	if (i == HOST_NONE || (h->streams_max && h->v[i].streams >= h->streams_max))
		return false;
	h->v[i].streams++;
	*host = i;
	return true;
}

void hosts_leave(struct hosts *h, uint32_t host)
{
	if (host == HOST_NONE)
		return;
	struct host *v = &h->v[host];
	assert(v->streams > 0);
	if (--v->streams > 0)
		return;
	index_remove(&h->by_prefix, v->hash, host);
	v->after = h->free_first;
	h->free_first = host;
}

#include "tunnel/load.h"

static const struct bucket_rate all_rate = {LOAD_HANDSHAKES_PER_S, SECOND, LOAD_HANDSHAKES_PER_S};
static const struct bucket_rate source_rate = {LOAD_SOURCE_PER_S, SECOND, LOAD_SOURCE_BURST};

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

bool load_admit(struct load *l, struct bytes source, mono_ns now)
{
	struct bucket *b = &l->sources[hash_bytes(&l->secret, source) % LOAD_BUCKETS];
	return bucket_take(b, &source_rate, 1, now);
}

#include "tunnel/load.h"

void load_init(struct load *l, const struct rng *rng)
{
	*l = (struct load){0};
	hash_secret_generate(&l->secret, rng);
}

/* One more takes up `each` of the time to come, which must not reach further than `burst` of them.
 */
static bool admit(mono_ns *until, mono_ns each, unsigned burst, mono_ns now)
{
	mono_ns after = mono_max(*until, now) + each;
	if (after - now > burst * each)
		return false;
	*until = after;
	return true;
}

bool load_count(struct load *l, mono_ns now)
{
	if (!admit(&l->all_until, SECOND / LOAD_HANDSHAKES_PER_S, LOAD_HANDSHAKES_PER_S, now))
		l->high_until = now + LOAD_STAYS;
	return now < l->high_until;
}

bool load_admit(struct load *l, struct bytes source, mono_ns now)
{
	mono_ns *until = &l->source_until[hash_bytes(&l->secret, source) % LOAD_BUCKETS];
	return admit(until, SECOND / LOAD_SOURCE_PER_S, LOAD_SOURCE_BURST, now);
}

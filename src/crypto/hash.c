#include "crypto/hash.h"

#include <sodium.h>

void hash_secret_generate(struct hash_secret *s, const struct rng *rng)
{
	rng_fill(rng, s->k, sizeof(s->k));
}

uint64_t hash_bytes(const struct hash_secret *s, struct bytes b)
{
	uint8_t out[crypto_shorthash_BYTES];
	crypto_shorthash(out, b.p, b.n, s->k);
	struct rd r = rd_of(BYTES_OF(out));
	return rd_le64(&r);
}

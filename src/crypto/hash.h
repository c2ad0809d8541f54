/* crypto/hash.h - a hash with a secret, for tables whose keys strangers choose (SipHash-2-4) */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/bytes.h"
#include "base/rng.h"

struct hash_secret {
	uint8_t k[16];
};

void hash_secret_generate(struct hash_secret *s, const struct rng *rng);
uint64_t hash_bytes(const struct hash_secret *s, struct bytes b);

#endif

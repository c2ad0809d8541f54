/* crypto/seeded.h - randomness that the same seed repeats exactly; for simulations and tests only
 */
#ifndef CRYPTO_SEEDED_H
#define CRYPTO_SEEDED_H

#include "base/rng.h"

struct seeded {
	uint8_t key[32];
	uint64_t n; /* blocks drawn */
};

void seeded_init(struct seeded *s, uint64_t seed);
/* s is borrowed for as long as the source is used. */
struct rng seeded_rng(struct seeded *s);

#endif

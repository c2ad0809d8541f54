/* base/rng.h - the source of a machine's randomness
 *
 * The owner hands in the source: the kernel's in a program, a seeded stream in a simulation.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/def.h"

struct rng {
	void (*fill)(void *self, uint8_t *out, size_t n);
	void *self;
};

void rng_fill(const struct rng *r, void *out, size_t n);
uint32_t rng_u32(const struct rng *r);
/* Uniform in [0, n); 0 if n is 0. */
uint64_t rng_below(const struct rng *r, uint64_t n);

#endif

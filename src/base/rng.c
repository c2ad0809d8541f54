#include "base/rng.h"

void rng_fill(const struct rng *r, void *out, size_t n)
{
	r->fill(r->self, out, n);
}

uint32_t rng_u32(const struct rng *r)
{
	uint32_t v;
	rng_fill(r, &v, sizeof(v));
	return v;
}

uint64_t rng_below(const struct rng *r, uint64_t n)
{
	if (n < 2)
		return 0;
	/* Values past the last whole multiple of n would favour small results: draw again. */
	uint64_t limit = UINT64_MAX - UINT64_MAX % n;
	uint64_t v;
	do
		rng_fill(r, &v, sizeof(v));
	while (v >= limit);
	return v % n;
}

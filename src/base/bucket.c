#include "base/bucket.h"

enum {
	RATE_MAX = INT32_MAX /* bytes a second and burst: so that a product with nanoseconds fits 64
				bits */
};

static uint64_t clamp(int64_t v)
{
	return v > RATE_MAX ? RATE_MAX : (uint64_t)v;
}

struct bucket bucket_of(int64_t per_second, int64_t burst, mono_ns now)
{
	if (per_second <= 0 || burst <= 0)
		return (struct bucket){0};
	return (struct bucket){clamp(per_second), clamp(burst), clamp(burst), now};
}

static void refill(struct bucket *b, mono_ns now)
{
	mono_ns full_after = (b->burst - b->tokens) * SECOND / b->per_second;
	mono_ns passed = mono_since(b->at, now);
	if (passed > full_after) {
		b->tokens = b->burst;
		b->at = now;
		return;
	}
	uint64_t more = passed * b->per_second / SECOND;
	if (more == 0)
		return; /* keep `at`: small steps must add up */
	b->tokens += more;
	b->at += more * SECOND / b->per_second;
}

bool bucket_take(struct bucket *b, uint64_t n, mono_ns now)
{
	if (b->per_second == 0)
		return true;
	refill(b, now);
	if (b->tokens < n)
		return false;
	b->tokens -= n;
	return true;
}

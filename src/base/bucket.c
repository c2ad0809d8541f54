/* In the language of queues this is the generic cell rate algorithm (ITU-T I.371): tokens that are
 * missing are a debt, measured in the time that brings them back.
 */
#include "base/bucket.h"

enum { RATE_MAX = INT32_MAX /* tokens a second, and burst: their product with a second fits */ };

static uint64_t clamp(int64_t v)
{
	return v > RATE_MAX ? RATE_MAX : (uint64_t)v;
}

struct bucket_rate bucket_rate_per_second(int64_t tokens, int64_t burst)
{
	if (tokens <= 0 || burst <= 0)
		return (struct bucket_rate){0};
	return (struct bucket_rate){clamp(tokens), SECOND, clamp(burst)};
}

/* The time that brings n tokens back. Rounding down gives away less than a nanosecond a call. */
static mono_ns time_of(const struct bucket_rate *r, uint64_t n)
{
	return n * r->period / r->tokens;
}

static mono_ns debt(const struct bucket *b, mono_ns now)
{
	return b->full_at > now ? b->full_at - now : 0;
}

bool bucket_take(struct bucket *b, const struct bucket_rate *r, uint64_t n, mono_ns now)
{
	if (r->tokens == 0)
		return true;
	mono_ns owed = debt(b, now), most = time_of(r, r->burst);
	if (n > r->burst || owed > most || time_of(r, n) > most - owed)
		return false;
	b->full_at = now + owed + time_of(r, n);
	return true;
}

uint64_t bucket_left(const struct bucket *b, const struct bucket_rate *r, mono_ns now)
{
	if (r->tokens == 0)
		return UINT64_MAX;
	mono_ns owed = debt(b, now), most = time_of(r, r->burst);
	if (owed > most)
		return 0;
	/* The greatest n whose time_of() still fits. */
	uint64_t n = ((most - owed + 1) * r->tokens - 1) / r->period;
	return n < r->burst ? n : r->burst;
}

mono_ns bucket_when(const struct bucket *b, const struct bucket_rate *r, uint64_t n)
{
	mono_ns allowed = r->tokens && n < r->burst ? time_of(r, r->burst) - time_of(r, n) : 0;
	return r->tokens && b->full_at > allowed ? b->full_at - allowed : 0;
}

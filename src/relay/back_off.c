#include "relay/back_off.h"

void back_off_init(struct back_off *b)
{
	*b = (struct back_off){.used_at = MONO_NEVER, .failed_at = MONO_NEVER};
}

void back_off_failed(struct back_off *b, mono_ns now)
{
	if (b->failures < UINT32_MAX)
		b->failures++;
	b->failed_at = now;
}

void back_off_forget(struct back_off *b)
{
	b->failures = 0;
}

static bool is_in_use(const struct back_off *b, mono_ns now)
{
	return mono_since(b->used_at, now) < BACK_OFF_USED;
}

bool back_off_use(struct back_off *b, mono_ns now)
{
	bool was = is_in_use(b, now);
	b->used_at = now;
	return !was;
}

static mono_ns jittered(const struct rng *rng, mono_ns pause)
{
	return pause / 2 + rng_below(rng, pause + 1);
}

mono_ns back_off_next(const struct back_off *b, const struct rng *rng)
{
	mono_ns n = b->failures < 100 ? b->failures : 100;
	mono_ns most = is_in_use(b, b->failed_at) ? BACK_OFF_IN_USE : BACK_OFF_MAX;
	return b->failed_at +
	       mono_min(jittered(rng, mono_min(n * n * BACK_OFF_UNIT, most)), BACK_OFF_MAX);
}

mono_ns back_off_asked(const struct back_off *b, const struct rng *rng, mono_ns pause)
{
	return b->failed_at + jittered(rng, mono_max(BACK_OFF_UNIT, mono_min(pause, BACK_OFF_MAX)));
}

#include "io/clock.h"

#include <time.h>

static uint64_t clock_read(clockid_t id)
{
	struct timespec t;
	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

mono_ns clock_now(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

mono_ns clock_slept(void)
{
	mono_ns awake = clock_read(CLOCK_MONOTONIC);
	return mono_since(awake, clock_read(CLOCK_BOOTTIME));
}

uint64_t clock_wall_offset_ns(void)
{
	return clock_read(CLOCK_REALTIME) - clock_read(CLOCK_BOOTTIME);
}

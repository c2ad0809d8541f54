/* base/bucket.h - so many bytes a second, and so many at once */
#ifndef BASE_BUCKET_H
#define BASE_BUCKET_H

#include "base/time.h"

struct bucket {
	uint64_t per_second; /* 0: no limit */
	uint64_t burst;
	uint64_t tokens;
	mono_ns at; /* when `tokens` was right */
};

/* A rate or burst that is not positive means that there is no limit. */
struct bucket bucket_of(int64_t per_second, int64_t burst, mono_ns now);
/* False: over the limit; nothing was taken. */
bool bucket_take(struct bucket *b, uint64_t n, mono_ns now) MUST_USE;

#endif
